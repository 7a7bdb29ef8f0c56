"""The data directory: made whole or not at all, and launched as a server."""

from __future__ import annotations

import os
import re
import select
import shutil
import tempfile
from pathlib import Path

from arami_db.embedded.binaries import Binaries
from arami_db.embedded.place import ServerPlace, ServerState
from arami_db.embedded.processes import first_line
from arami_db.errors import EmbeddedError

_INITDB = (
    "--username=postgres",
    "--encoding=UTF8",
    "--locale=C",
    "--auth-local=trust",  # the socket's folder is private to the server's account
    "--auth-host=scram-sha-256",
    "--no-instructions",
)
_LOCALE = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")  # since 17
# In postgresql.conf rather than on the command line, so that ALTER SYSTEM can change them.
_SETTINGS = ("shared_buffers = '64MB'", "timezone = 'UTC'", "log_timezone = 'UTC'")
_STATISTICS = "pg_stat_statements"
_DISPOSABLE = {"fsync": "off", "full_page_writes": "off"}
_TAIL = 20


def ensure(place: ServerPlace, binaries: Binaries, *, durable: bool) -> Path:
    """The data directory, created if there is none.

    Raises:
        EmbeddedError: initdb failed.
    """
    for partial in place.root.glob("pg*.partial-*"):
        shutil.rmtree(partial, ignore_errors=True)
    return place.data_dir or _create(place, binaries, durable=durable)


def major(place: ServerPlace) -> int | None:
    """The version of Postgres that made the data; None when there is none."""
    found = first_line(place.data_dir / "PG_VERSION") if place.data_dir else ""
    return int(found) if found.isdigit() else None


def _create(place: ServerPlace, binaries: Binaries, *, durable: bool) -> Path:
    name = f"pg{binaries.major}"
    partial = Path(tempfile.mkdtemp(prefix=f"{name}.partial-", dir=place.root))
    place.account.own(partial)
    options = [*_INITDB, *(_LOCALE if binaries.major >= 17 else ())]
    options += [] if durable else ["--no-sync"]
    initdb = [binaries.tool("initdb"), "-D", str(partial)]
    done = place.account.run([*initdb, *options])
    if done.returncode != 0:
        shutil.rmtree(partial, ignore_errors=True)
        raise EmbeddedError(f"initdb failed in {place.root}:\n{_last_lines(done.stdout)}")
    settings = [*_SETTINGS]
    share = re.search("^share_path=(.*)$", place.account.run([*initdb, "--show"]).stdout, re.M)
    # Distributions have it in a package of its own, without which the server would not start.
    if share and Path(share[1], "extension", f"{_STATISTICS}.control").exists():
        settings.append(f"shared_preload_libraries = '{_STATISTICS}'")
    append = ["/bin/sh", "-c", 'printf "%s\\n" "$@" >> "$0"', f"{partial}/postgresql.conf"]
    place.account.run([*append, *settings])
    return partial.rename(place.root / name)


def launch(
    place: ServerPlace, binaries: Binaries, data: Path, state: ServerState, *, durable: bool
) -> int:
    """Start the postmaster in the background, a child of nobody here.

    Call it with the lock held and none of the server's processes alive.

    Returns:
        A descriptor that reaches end of file when the postmaster has ended; close it.
    """
    socket = f".s.PGSQL.{state.port}"
    for stale in (data / "postmaster.pid", state.socket_dir / f"{socket}.lock"):
        # Postgres would refuse to start if its pid now belongs to any process of the same user.
        stale.unlink(missing_ok=True)
    if place.log.exists():
        place.log.replace(place.log.with_name("server.log.1"))
    log = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    alive, held = os.pipe()
    argv = [binaries.tool("postgres"), "-D", str(data), *_options(state, durable=durable)]
    try:
        place.account.run(["/bin/sh", "-c", '"$@" &', "sh", *argv], output=log, keep=(held,))
    finally:
        os.close(held)
        os.close(log)
    return alive


def ended(alive: int) -> bool:
    """Whether the postmaster has ended; waits a moment for it."""
    return bool(select.select([alive], [], [], 0.05)[0])


def log_tail(place: ServerPlace) -> str:
    """The end of the server's log."""
    return _last_lines(place.log.read_text(errors="replace"))


def _options(state: ServerState, *, durable: bool) -> list[str]:
    folder = str(state.socket_dir).replace('"', '""')
    settings = {
        "port": str(state.port),
        "listen_addresses": "127.0.0.1" if state.tcp else "",
        "unix_socket_directories": f'"{folder}"',
        "unix_socket_permissions": "0700",
        **({} if durable else _DISPOSABLE),
    }
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _last_lines(text: str) -> str:
    return "\n".join(text.rstrip().splitlines()[-_TAIL:])
