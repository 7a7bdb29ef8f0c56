"""A server for one command: created for it and deleted at its end."""

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
_LOCK = "in-use"  # locked by the process that created the folder, as long as it runs


@contextmanager
def throwaway(major: int | None = None) -> Iterator[EmbeddedServer]:
    """Start a private server whose data is deleted with it.

    The next command deletes what a killed command left.

    Args:
        major: the wanted version; another one where this machine lacks it.

    Raises:
        EmbeddedError: it cannot be started.
    """
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix="arami-db-new-"))
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _locks(lock)
        folder.chmod(0o711)  # the server's account must be able to enter when root runs the command
        folder = folder.rename(folder.with_name(folder.name.replace("arami-db-new-", _PREFIX)))
        yield start(root=folder / "server", durable=False, major=major)
    finally:
        _remove(folder)
        os.close(lock)


def _sweep() -> None:
    """Delete the folders of commands that have ended."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(
            OSError, EmbeddedError
        ):  # another user's, or in use: a later command deletes it
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
