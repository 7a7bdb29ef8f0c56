"""Which processes are the server's: asked of the system, never believed of a file.

The data directory is writable by the server's account, so a pid found in it is only a claim.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from arami_db.embedded.place import ServerPlace
from arami_db.errors import EmbeddedError

PATIENCE = 60.0  # seconds for a start, a recovery or a shutdown's checkpoint
TICK = 0.05

_PROC = Path("/proc")


def first_line(path: Path) -> str:
    """The first line of a file in the data directory; '' when it is not an ordinary file.

    Neither a link (to a file only root may read) nor a pipe (that never answers) is followed.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    try:
        text = os.read(descriptor, 64).decode("ascii", "replace")
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    return text.partition("\n")[0].strip()


def processes(place: ServerPlace) -> set[int]:
    """The pids of every process of this server, orphans of a killed postmaster included."""
    data = place.data_dir
    if data is None:
        return set()
    if not (_PROC / "self/cwd").exists():
        return _postmaster_by_ps(data, place.account.uid)
    pids = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
    return {pid for pid in pids if _serves(pid, data, place.account.uid)}


def postmaster(place: ServerPlace) -> int | None:
    """The pid of the running postmaster; None when the one on file is not one of ours."""
    data = place.data_dir
    claim = first_line(data / "postmaster.pid") if data else ""
    return int(claim) if claim.isdigit() and int(claim) in processes(place) else None


def halt(place: ServerPlace) -> bool:
    """End the server (fast shutdown) or what is left of it, and wait until it is gone.

    Returns:
        Whether there was anything to end.

    Raises:
        EmbeddedError: it does not end.
    """
    told: set[int] = set()
    deadline = time.monotonic() + PATIENCE
    while pids := processes(place):
        main = postmaster(place)
        for pid in ({main} if main else pids) - told:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT if main else signal.SIGTERM)
            told.add(pid)
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"The server does not stop (pids {listed(pids)}).", hint=f"see {place.log}"
            )
        time.sleep(TICK)
    return bool(told)


def listed(pids: set[int]) -> str:
    """Pids, for a message."""
    return ", ".join(map(str, sorted(pids)))


def _serves(pid: int, data: Path, uid: int) -> bool:
    entry = _PROC / str(pid)
    try:
        if entry.stat().st_uid != uid or (entry / "cwd").readlink() != data:
            return False
    except OSError:  # it ended, or it is not ours to look at
        return False
    try:
        return (entry / "exe").readlink().name.startswith("postgres")
    except OSError:  # it is ending: its memory is gone already, its files are still open
        return True


def _postmaster_by_ps(data: Path, uid: int) -> set[int]:
    pid = first_line(data / "postmaster.pid")
    if not pid.isdigit():
        return set()
    ps = ["/bin/ps", "-ww", "-o", "uid=,command=", "-p", pid]
    line = subprocess.run(ps, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    return {int(pid)} if line.startswith(f"{uid} ") and f"-D {data} " in line else set()
