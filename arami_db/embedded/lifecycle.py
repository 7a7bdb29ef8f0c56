"""Start, find, stop and destroy a server."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from arami_db.embedded import cluster
from arami_db.embedded.binaries import Binaries, majors, runnable
from arami_db.embedded.place import MARKER, ServerPlace, ServerState
from arami_db.embedded.processes import PATIENCE, TICK, halt, listed, processes
from arami_db.embedded.server import EmbeddedServer, answering, prepare
from arami_db.embedded.sockets import socket_dir, trusted
from arami_db.errors import EmbeddedError, UsageError

_PORT = 5432  # only the socket's name, when there is no TCP
_OURS = ("pg[0-9]*.partial-*", "run", "binaries-*", "password*", "state.json*", "server.log*")


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EmbeddedError(
            f"{error.filename or 'The embedded server'}: {error.strerror or error}.",
            hint="check the permissions and the free space there, "
            "or set XDG_DATA_HOME to a directory of yours",
        ) from error


@_explained()
def start(
    *,
    root: Path | None = None,
    tcp_port: int | None = None,
    durable: bool = True,
    major: int | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> EmbeddedServer:
    """Find the running server, or start one; the first time, create it.

    Args:
        root: the directory it lives in; `home()` when None.
        tcp_port: also listen on this port of 127.0.0.1, with a password.
        durable: False for a throw-away server that may lose its data in a crash of the machine.
        major: the version that a new one is made with, where this machine has it.
        note: told whose programs are used, when they are not those of the `embedded` extra.

    Raises:
        EmbeddedError: it cannot be created, started or reached; the message ends with its log.
        UsageError: no such port, or the server already runs without it.
    """
    if tcp_port is not None and not 1024 <= tcp_port <= 65535:
        raise UsageError(f"Port {tcp_port} is not between 1024 and 65535.")
    place = ServerPlace.at(root)
    place.check_reach()
    with place.locked():
        server = _found(place)
        if server is None:
            wanted = cluster.major(place) or (major if major in majors() else None)
            binaries = runnable(place.root, place.account, wanted)
            server = _launched(place, tcp_port, note, binaries, durable=durable)
        elif tcp_port is not None and (server.tcp, server.port) != (True, tcp_port):
            raise UsageError(
                f"The server already runs, and not on TCP port {tcp_port}.",
                hint="stop it first (this ends every connection), then start it with the port",
            )
        prepare(server)
    return server


@_explained()
def status(*, root: Path | None = None) -> EmbeddedServer | None:
    """The server if it runs and answers, else None; changes nothing.

    Args:
        root: the directory it lives in; `home()` when None.

    Raises:
        EmbeddedError: the directory cannot be read, or something else answers there.
    """
    place = ServerPlace.at(root)
    return answering(place) if place.recognised else None


@_explained()
def stop(*, root: Path | None = None) -> bool:
    """Shut the server down, ending its connections, and wait until it is gone.

    Args:
        root: the directory it lives in; `home()` when None.

    Returns:
        Whether there was anything to stop.

    Raises:
        EmbeddedError: it does not stop, or the directory is another user's.
    """
    place = ServerPlace.at(root)
    if not place.recognised:
        return False
    with place.locked():
        return halt(place)


@_explained()
def destroy(*, root: Path | None = None) -> bool:
    """Stop the server and delete everything of it: data, socket folder, copied programs.

    Args:
        root: the directory it lives in; `home()` when None.

    Returns:
        Whether there was anything to delete.

    Raises:
        EmbeddedError: the directory was not made by us (nothing is deleted), or cannot be deleted.
    """
    place = ServerPlace.at(root)
    if not place.recognised:
        if place.root.is_dir() and any(place.root.iterdir()):
            raise EmbeddedError(
                f"{place.root}: not made by arami-db; nothing was deleted.",
                hint="look at what it holds, and delete it yourself",
            )
        return False
    with place.locked():
        halt(place)
        _delete(place)
    return True


def _found(place: ServerPlace) -> EmbeddedServer | None:
    """The running server, waited for while any process of it is starting, ending or orphaned."""
    deadline = time.monotonic() + PATIENCE
    while True:
        server = answering(place)
        pids = processes(place)
        if server or not pids:
            return server
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"{place.root}: its server neither answers nor ends (pids {listed(pids)}).",
                hint=f"stop it, then start it again; its log is {place.log}",
            )
        time.sleep(TICK)


def _launched(
    place: ServerPlace,
    tcp_port: int | None,
    note: Callable[[str], None],
    binaries: Binaries,
    *,
    durable: bool,
) -> EmbeddedServer:
    if binaries.wheel is None:
        note(f"embedded server: PostgreSQL {binaries.version} of this machine, {binaries.folder}")
    data = cluster.ensure(place, binaries, durable=durable)
    state = ServerState(socket_dir(place), tcp_port or _PORT, tcp_port is not None, binaries.folder)
    place.remember(state)
    alive = cluster.launch(place, binaries, data, state, durable=durable)
    try:
        deadline = time.monotonic() + PATIENCE
        while not cluster.ended(alive):
            if server := answering(place):
                return server
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"The server is still not ready; its log ends:\n{cluster.log_tail(place)}",
                    hint="it may be recovering: start it again to wait longer, or stop it",
                )
    finally:
        os.close(alive)
    raise EmbeddedError(
        f"The server did not start; its log ends:\n{cluster.log_tail(place)}",
        hint=f"the whole log is {place.log}",
    )


def _delete(place: ServerPlace) -> None:
    """Delete our own files by name, the marker last, then the directory if that empties it."""
    state = place.state()
    if state and trusted(state.socket_dir, place.account.uid):
        shutil.rmtree(state.socket_dir)
    while data := place.data_dir:  # cut short, this must not leave half a cluster that looks whole
        data.rename(tempfile.mkdtemp(prefix=f"{data.name}.partial-", dir=place.root))
    for path in (found for pattern in _OURS for found in place.root.glob(pattern)):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    (place.root / MARKER).unlink()
    with suppress(OSError):
        place.root.rmdir()
