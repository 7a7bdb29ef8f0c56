"""Time `arami-db plan` of ten files on a schema of thirty tables, the whole process.

python benchmarks/plan.py [--runs N]

Beside it `eugene trace` of the same files, where it is on the PATH.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from arami_db import embedded

_TABLES, _FILES = 30, 10
_TABLE = """
create table public.t{n} (
    id bigint generated always as identity primary key,
    parent_id bigint references public.t{parent},
    name text not null,
    amount numeric(10, 2) check (amount >= 0),
    created_at timestamptz not null default now()
);
create index t{n}_parent_id on public.t{n} (parent_id);
"""
_PENDING = (
    "alter table public.t{n} add column note text;",
    "create index t{n}_name on public.t{n} (name);",
    "alter table public.t{n} alter column amount type numeric(8, 2);",
    "alter table public.t{n} add constraint c{n} check (name <> '');",
    "update public.t{n} set name = lower(name);",
)


def main() -> None:
    """Print medians and minimums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="arami-bench-"))
    root.chmod(0o711)
    conninfo = embedded.start(root=root / "server").conninfo
    try:
        _report(conninfo, root / "sql", options.runs)
    finally:
        embedded.destroy(root=root / "server")
        shutil.rmtree(root, ignore_errors=True)


def _report(conninfo: str, sql: Path, runs: int) -> None:
    cli = [sys.executable, "-m", "arami_db"]
    named = ["--database", conninfo, "--sql-dir", str(sql)]
    folder = sql / "migrations"
    folder.mkdir(parents=True)
    for number in range(1, _TABLES + 1):
        text = _TABLE.format(n=number, parent=max(number - 1, 1))
        (folder / f"{number:03}_t{number}.sql").write_text(text)
    subprocess.run([*cli, "migrate", "-q", *named], check=True)
    files = []
    for number in range(1, _FILES + 1):
        files.append(folder / f"{_TABLES + number:03}_pending.sql")
        files[-1].write_text(_PENDING[number % len(_PENDING)].format(n=number))
    ways = {"arami-db plan": [*cli, "plan", "-q", *named]}
    if shutil.which("eugene"):
        ways["eugene trace"] = ["eugene", "trace", *map(str, sorted(folder.iterdir()))]
    for name, command in ways.items():
        taken = [_time(command) for _ in range(runs)]
        print(f"{name}: median {statistics.median(taken):.2f} s, minimum {min(taken):.2f} s")


def _time(command: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=False, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
