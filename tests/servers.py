"""Throw-away servers of any installation of Postgres, beside the one that the tests share."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from arami_db.embedded.binaries import runnable
from arami_db.embedded.privileges import server_account

_INITDB = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
_OPTIONS = "-c listen_addresses='' -c fsync=off -c max_connections=200"


def installed() -> dict[str, Path]:
    """This machine's own Postgres 15 and newer: each version, and where its programs are."""
    folders = set(Path("/usr/lib/postgresql").glob("*/bin"))
    if shutil.which("pg_config"):
        named = subprocess.run(
            ["pg_config", "--bindir"], check=True, capture_output=True, text=True
        )
        folders.add(Path(named.stdout.strip()))
    found = {_version(path): path for path in folders if (path / "postgres").exists()}
    return {name: found[name] for name in sorted(found) if re.match(r"1[5-9]|[2-9]\d", name)}


def _version(bin_dir: Path) -> str:
    """What the server in a directory says it is, such as 15.20."""
    postgres = [str(bin_dir / "postgres"), "--version"]
    said = subprocess.run(postgres, check=True, capture_output=True, text=True).stdout
    return said.split()[2]


@contextmanager
def folder() -> Iterator[Path]:
    """A directory the server's account may enter, deleted at the end."""
    made = Path(tempfile.mkdtemp(prefix="arami-server-"))
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made)


@contextmanager
def running(
    bin_dir: Path, place: Path, *, options: str = "", create: Callable[[Path], None] | None = None
) -> Iterator[str]:
    """Start a server and stop it at the end.

    Args:
        bin_dir: where initdb, pg_ctl and postgres are.
        place: a directory as folder() makes it.
        options: more options for postgres.
        create: makes the data directory; None for initdb.

    Yields:
        Its connection string, as superuser.
    """
    home = place / "server"
    home.mkdir(parents=True)
    server_account().own(home)
    data = home / "data"
    if create is None:
        run([str(bin_dir / "initdb"), "-D", str(data), *_INITDB])
    else:
        create(data)
    control = [str(bin_dir / "pg_ctl"), "-D", str(data), "-w"]
    started = f"{_OPTIONS} {options} -c unix_socket_directories={home}"
    run([*control, "-l", str(home / "log"), "-o", started, "start"])
    try:
        yield f"host={home} user=postgres dbname=postgres"
    finally:
        run([*control, "-m", "immediate", "stop"])


@contextmanager
def replicated(
    fill: Callable[[str], object], *, standby_options: str = ""
) -> Iterator[tuple[str, str]]:
    """A server of the embedded one's programs, filled, and its hot standby, as superuser."""
    with folder() as first, folder() as second:
        binaries = runnable(first, server_account())
        bin_dir = Path(binaries.tool("postgres")).parent
        with running(bin_dir, first) as primary:
            fill(primary)

            def copy(data: Path) -> None:
                options = ["-R", "--checkpoint=fast", "--no-sync", "-D", str(data)]
                run([binaries.tool("pg_basebackup"), "-d", primary, *options])

            with running(bin_dir, second, options=standby_options, create=copy) as standby:
                yield primary, standby


def run(argv: list[str]) -> None:
    """Run a program of Postgres as the account that servers run as."""
    server_account().run(argv, output=subprocess.DEVNULL).check_returncode()


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
