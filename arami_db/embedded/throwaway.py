"""A server for the length of one command: made for it and gone with it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from arami_db.embedded.lifecycle import destroy, start
from arami_db.embedded.server import EmbeddedServer
from arami_db.errors import EmbeddedError

_PREFIX = "arami-db-shadow-"
_LOCK = "in-use"  # held by whoever made the folder, for as long as that process lives


@contextmanager
def throwaway(major: int | None = None) -> Iterator[EmbeddedServer]:
    """Start a server that nobody else uses and whose data goes with it.

    What a killed command left behind is deleted by the next one.

    Args:
        major: the version that is wanted; where this machine has none of it, it is another.

    Raises:
        EmbeddedError: it cannot be started.
    """
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix="arami-db-new-"))
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _locks(lock)
        folder.chmod(0o711)  # the server's account, when root runs the command, must get in
        folder = folder.rename(folder.with_name(folder.name.replace("arami-db-new-", _PREFIX)))
        yield start(root=folder / "server", durable=False, major=major)
    finally:
        _remove(folder)
        os.close(lock)


def _sweep() -> None:
    """Delete the folders of commands that no longer live."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError, EmbeddedError):  # somebody else's, or at work still: the next will
            if folder.lstat().st_uid != os.geteuid() or folder.is_symlink():
                continue
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
            try:
                if _locks(lock):
                    _remove(folder)
            finally:
                os.close(lock)


def _locks(lock: int) -> bool:
    """Lock the folder, unless another process has it."""
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove(folder: Path) -> None:
    destroy(root=folder / "server")
    shutil.rmtree(folder, ignore_errors=True)
