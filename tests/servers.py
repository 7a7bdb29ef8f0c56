"""Throw-away servers of any installation of Postgres, beside the one that the tests share."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from arami_db.embedded.privileges import server_account

_INITDB = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
_OPTIONS = "-c listen_addresses='' -c fsync=off -c max_connections=200"


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


def run(argv: list[str]) -> None:
    """Run a program of Postgres as the account that servers run as."""
    server_account().run(argv, output=subprocess.DEVNULL).check_returncode()
