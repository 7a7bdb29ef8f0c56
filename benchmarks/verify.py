"""Time a clean `verify` against `pg_dump --schema-only` plus diff, in one run on one server.

python benchmarks/verify.py [--runs N] [--analyze]

The facts are also timed alone.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from arami_db import embedded
from arami_db.database.connect import connect
from arami_db.embedded.binaries import usable
from arami_db.facts import read
from arami_db.files import discover, packaged_sql_dir
from arami_db.verifying.operation import verify

TARGET = 1.2
REFERENCE = "pg_dump and diff"


def main() -> None:
    """Print medians and minimums, and their ratios to the reference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--analyze", action="store_true", help="with statistics of the catalogs")
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="arami-bench-"))
    root.chmod(0o711)
    conninfo = embedded.start(root=root).conninfo
    try:
        cli = [sys.executable, "-m", "arami_db"]
        subprocess.run([*cli, "migrate", "-d", conninfo], check=True, capture_output=True)
        if options.analyze:
            with connect(conninfo) as connection:
                connection.execute("analyze")
        _report(conninfo, [*cli, "verify", "-d", conninfo], options.runs)
    finally:
        embedded.destroy(root=root)


def _report(conninfo: str, process: list[str], runs: int) -> None:
    dump = [next(usable()).tool("pg_dump"), "--schema-only", f"--dbname={conninfo}"]
    tree = discover(packaged_sql_dir())
    with connect(conninfo) as connection, tempfile.NamedTemporaryFile("w") as known:
        known.write(_output(dump))
        known.flush()
        ways: dict[str, Callable[[], object]] = {
            REFERENCE: lambda: _output(["diff", "--unified", known.name, "-"], _output(dump)),
            "verify, connected": lambda: verify(connection, tree),
            "facts and checks": lambda: read(connection, tree),
            "facts": lambda: read(connection, tree, tree.catalog),
            "verify, whole process": lambda: _output(process),
        }
        times = _times(ways, runs)
    base = times[REFERENCE]
    print(f"{'target ' + str(TARGET):<24}{'median':>10}{'ratio':>8}{'minimum':>12}{'ratio':>8}")
    for name, found in times.items():
        print(name.ljust(24), end="")
        for of, width in ((statistics.median, 7), (min, 9)):
            ratio = of(found) / of(base)
            print(f"{of(found) * 1000:{width}.0f} ms{ratio:8.2f}", end="")
        print()


def _times(ways: dict[str, Callable[[], object]], runs: int) -> dict[str, list[float]]:
    """In turn, round after round, so that a drift of the machine hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(runs + 1):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            if number:  # the first round warms up
                times[name].append(time.perf_counter() - started)
    return times


def _output(argv: Sequence[str | Path], text: str | None = None) -> str:
    result = subprocess.run(argv, input=text, check=False, capture_output=True, text=True)
    if result.returncode and result.stderr:
        sys.exit(result.stderr)
    return result.stdout


if __name__ == "__main__":
    main()
