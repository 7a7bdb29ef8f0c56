"""pgrls on a migrated database, `make check` runs it: every lint, and the verifier in all modes.

What its lints find and is meant to be so stands in .pgrls.toml; what its verifier cannot decide,
here. Both are complaints once they no longer hold.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arami_db import embedded

CONFIG = Path(__file__).parents[1] / ".pgrls.toml"
MODES = ("anon", "cross-tenant", "write", "escalation", "reachability")
UNDECIDED = {
    # Global settings, without a user, are for every signed-in user: they belong to no person.
    ("anon", "public.app_settings"),
    ("cross-tenant", "public.app_settings"),
    # Rows without a user: their policies name no column that tells one person's from another's.
    *(
        (mode, f"audit.{table}")
        for mode in ("cross-tenant", "write")
        for table in (
            "archive_batch",
            "archive_failure",
            "archive_run",
            "change_log",
            "user_data_run",
        )
    ),
}


def main() -> int:
    """Run pgrls; return 0 when all it says is known."""
    with _migrated() as conninfo:
        lint = _pgrls("lint", conninfo)
        print(lint.stdout, end="")
        verdicts = {key: v for mode in MODES for key, v in _verdicts(mode, conninfo).items()}
    undecided = {key for key, verdict in verdicts.items() if verdict != "isolated"}
    for mode, table in sorted(undecided ^ UNDECIDED):
        print(f"{table}, {mode}: {verdicts.get((mode, table), 'no verdict')}, which is new")
    print(f"pgrls verify: {len(verdicts)} verdicts, {len(undecided)} undecided")
    return int(lint.returncode != 0 or undecided != UNDECIDED)


def _verdicts(mode: str, conninfo: str) -> dict[tuple[str, str], str]:
    """What the verifier says of each table in one mode."""
    report = json.loads(_pgrls("verify", conninfo, "--mode", mode, "--format", "json").stdout)
    return {(mode, table["table"]): table["verdict"] for table in report["tables"]}


def _pgrls(command: str, conninfo: str, *options: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "pgrls", command, "--config", str(CONFIG)]
    run = subprocess.run(
        [*argv, "--database-url", conninfo, *options], capture_output=True, text=True, check=False
    )
    if run.returncode > 1:  # 1: it found something
        raise SystemExit(f"pgrls {command}: {run.stderr}")
    return run


@contextmanager
def _migrated() -> Iterator[str]:
    """A throw-away server with a migrated database, as a connection string."""
    root = Path(tempfile.mkdtemp(prefix="arami-pgrls-"))
    root.chmod(0o711)  # the server's account, when root runs this, must get in
    try:
        conninfo = embedded.start(root=root, durable=False).conninfo
        migrate = [sys.executable, "-m", "arami_db", "migrate", "--database", conninfo]
        subprocess.run(migrate, capture_output=True, check=True)
        yield conninfo
    finally:
        embedded.destroy(root=root)
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
