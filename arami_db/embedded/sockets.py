"""The folder the server's socket is in: private, and short enough to be a socket's address."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from arami_db.embedded.place import ServerPlace
from arami_db.errors import EmbeddedError

_LONGEST = 103  # sun_path less its NUL: 107 bytes on Linux, 103 on macOS
_PRIVATE = 0o700


def trusted(folder: Path, uid: int) -> bool:
    """Whether a recorded folder is still the private one we made for `uid`: /tmp is shared."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    private = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == _PRIVATE
    return private and found.st_uid == uid


def socket_dir(place: ServerPlace) -> Path:
    """The folder for the socket: in the root, or elsewhere if no client could name that.

    Raises:
        EmbeddedError: no temporary directory is short enough and open to the server.
    """
    folder = place.root / "run"
    if not _addressable(folder):
        return _elsewhere(place)
    if not trusted(folder, place.account.uid):
        folder.mkdir(mode=_PRIVATE, exist_ok=True)
        folder.chmod(_PRIVATE)
        place.account.own(folder)
    return folder


def _elsewhere(place: ServerPlace) -> Path:
    last = place.state()
    if last and trusted(last.socket_dir, place.account.uid) and _addressable(last.socket_dir):
        return last.socket_dir
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108
        if _addressable(parent / "arami-db-12345678") and place.account.reaches(parent):
            folder = Path(tempfile.mkdtemp(prefix="arami-db-", dir=parent))
            place.account.own(folder)
            return folder
    raise EmbeddedError(
        f"{place.root}: no name for a socket, and no temporary directory is better.",
        hint="set TMPDIR to a directory with a short, plain name that every user may enter",
    )


def _addressable(folder: Path) -> bool:
    # libpq reads a comma as the end of one host and the start of another.
    return "," not in str(folder) and len(os.fsencode(folder / ".s.PGSQL.65535")) <= _LONGEST
