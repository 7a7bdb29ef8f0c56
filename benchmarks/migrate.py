"""Time `arami-db migrate` against other tools, side by side on one server of its own.

python benchmarks/migrate.py [--runs N] [--sizes N …] [--format json] [--check]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from contestants import Contestant, contestants
from report import APPLY, NO_OP, Timing, as_data, as_text, machine, ratios
from workload import COUNT_TABLES, migrations

from arami_db import embedded

LIMIT = 600  # seconds after which a tool that hangs is killed


class ToolFailedError(Exception):
    """A tool did not do what it was started for."""


@dataclass
class Bench:
    """One run of the benchmark: the server, the files, the tools that work.

    Attributes:
        admin: a superuser's connection to the server, in autocommit.
        base: the server's URL, without a database.
        folder: where the tools' files lie.
        tools: who still takes part; a tool that fails once is out.
        notes: what the reader has to know.
    """

    admin: psycopg.Connection[Any]
    base: str
    folder: Path
    tools: list[Contestant]
    notes: list[str] = field(default_factory=list)

    def files(self, tool: Contestant, size: int) -> Path:
        """The tool's folder of that many migrations, written when first asked for."""
        folder = self.folder / f"{tool.name}-{size}"
        if not folder.exists():
            folder.mkdir()
            tool.write(folder, migrations(size))
        return folder

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new, empty database, dropped afterwards.

        The checkpoint leaves no writing behind that would fall into the time measured next.
        """
        name = f"bench_{uuid.uuid4().hex}"
        self.admin.execute(f"create database {name} template template0")
        self.admin.execute("checkpoint")
        try:
            yield f"{self.base}/{name}?sslmode=disable"
        finally:
            self.admin.execute(f"drop database {name} with (force)")

    def run(self, tool: Contestant, size: int, url: str) -> float:
        """Run a tool's whole process and see that the database then holds every table.

        Returns:
            How long the process took, in seconds.

        Raises:
            ToolFailedError: it failed, or it did not apply everything.
        """
        folder = self.files(tool, size)
        seconds = _timed(tool.command(folder, url), folder)
        with psycopg.connect(url) as connection:
            row = connection.execute(COUNT_TABLES).fetchone()
        if row != (size,):
            raise ToolFailedError(f"{tool.name} left {row and row[0]} of {size} tables")
        return seconds

    def rounds(
        self,
        action: str,
        size: int,
        runs: int,
        once: Callable[[Contestant], float],
        names: Sequence[str],
    ) -> list[Timing]:
        """Let the tools so named take turns, round after round; the first round is not counted."""
        times: dict[str, list[float]] = {name: [] for name in names}
        for number in range(runs + 1):
            _say(f"{action} of {size}, round {number} of {runs}" + ("" if number else " (warm-up)"))
            for tool in [tool for tool in self.tools if tool.name in times]:
                try:
                    times[tool.name].append(once(tool))
                except ToolFailedError as error:
                    self.drop(tool, str(error))
                    del times[tool.name]
        return [Timing(action, size, name, tuple(found[1:])) for name, found in times.items()]

    def drop(self, tool: Contestant, reason: str) -> None:
        """Continue without a tool."""
        self.tools.remove(tool)
        self.notes.append(f"{tool.name} skipped: {reason}")
        _say(self.notes[-1])


def _timed(command: Sequence[str], folder: Path) -> float:
    started = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=folder,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise ToolFailedError(f"exit code {done.returncode}: {' '.join(last)}")
    return seconds


def _environment() -> dict[str, str]:
    """The environment without anything that names a database.

    And bytecode is kept, as where a tool was installed: else a tool that is run from its checkout
    would be compiled again at each start, and those in site-packages would not.
    """
    left_out = {"DATABASE_URL", "PYTHONDONTWRITEBYTECODE"}
    return {k: v for k, v in os.environ.items() if not k.startswith("PG") and k not in left_out}


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def fresh_apply(bench: Bench, size: int, runs: int) -> list[Timing]:
    """Time applying everything to an empty database, a new one each time."""

    def once(tool: Contestant) -> float:
        with bench.database() as url:
            return bench.run(tool, size, url)

    return bench.rounds(APPLY, size, runs, once, [tool.name for tool in bench.tools])


def no_op(bench: Bench, size: int, runs: int) -> list[Timing]:
    """Time a run that finds nothing pending, on a database the tool itself has migrated."""
    with ExitStack() as stack:
        urls = {}
        for tool in [tool for tool in bench.tools if tool.has_ledger]:
            urls[tool.name] = stack.enter_context(bench.database())
            with suppress(ToolFailedError):  # it fails again below, and is dropped there
                bench.run(tool, size, urls[tool.name])
        return bench.rounds(
            NO_OP, size, runs, lambda tool: bench.run(tool, size, urls[tool.name]), list(urls)
        )


@contextmanager
def server() -> Iterator[embedded.EmbeddedServer]:
    """A server of our own with fsync on, listening on TCP; gone afterwards."""
    root = Path(tempfile.mkdtemp(prefix="arami-bench-"))
    root.chmod(0o711)  # the server's account, when root runs this, must get in
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    try:
        yield embedded.start(root=root, tcp_port=port, durable=True)
    finally:
        embedded.destroy(root=root)
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def opened() -> Iterator[Bench]:
    """A server, a folder and the tools that are installed."""
    with (
        server() as found,
        tempfile.TemporaryDirectory(prefix="arami-bench-files-") as folder,
        psycopg.connect(found.conninfo, autocommit=True) as admin,
    ):
        bench = Bench(admin, found.url.rpartition("/")[0], Path(folder), contestants())
        for tool in [tool for tool in bench.tools if tool.version is None]:
            bench.drop(tool, "not installed")
        versions = ", ".join(f"{tool.package} {tool.version}" for tool in bench.tools)
        bench.notes += [f"PostgreSQL {found.version}, fsync on", versions, machine()]
        yield bench


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="rounds that count (5)")
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=[100, 300],
        metavar="N",
        help="how many migrations (100 300); targets and the no-op are about the largest",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is missed")
    options = parser.parse_args()
    if options.runs < 1 or not all(1 <= size <= 9999 for size in options.sizes):
        parser.error("--runs is 1 or more, --sizes are 1 to 9999")
    return options


def main() -> int:
    """Measure, print, and with --check judge."""
    options = _options()
    sizes = sorted(set(options.sizes))
    with opened() as bench:
        timings = [t for size in sizes for t in fresh_apply(bench, size, options.runs)]
        timings += no_op(bench, max(sizes), options.runs)
    found = ratios(timings, sizes)
    if options.format == "json":
        print(json.dumps({"notes": bench.notes, **as_data(timings, found)}, indent=2))
    else:
        print("\n".join([*bench.notes, "", as_text(timings, found)]))
    missed = any(ratio.binding and not ratio.met for ratio in found)
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
