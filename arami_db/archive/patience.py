"""Questions that may meet a lock: asked a few times, saying who is in the way, then given up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from psycopg import errors

from arami_db.archive.failure import LockedOutError, unfiltered
from arami_db.database.blockers import BlockerWatch
from arami_db.database.connect import Connection
from arami_db.database.server import inspect

_TRIES = 4
_UNNOTICED = 0.3  # seconds that nobody needs to hear of

Answer = TypeVar("Answer")


def patiently(
    connection: Connection,
    conninfo: str,
    question: Callable[[Connection], Answer],
    *,
    note: Callable[[str], None],
    stopped: Callable[[], bool] = lambda: False,
) -> Answer:
    """Ask in a transaction of its own that sees every row.

    Args:
        connection: idle, in autocommit.
        conninfo: how to open another one, to see who is in the way.
        question: what to ask.
        note: told who is in the way; from another thread.
        stopped: whether to try no further.

    Raises:
        LockedOutError: somebody held a lock all the time.
        PlatformError: this role lacks the rights.
    """
    pid = None if inspect(connection).pooled else connection.info.backend_pid
    seen: list[str] = []
    with BlockerWatch(conninfo, pid=pid, delay=_UNNOTICED, on_blocked=note) as watch:
        for _ in range(_TRIES):
            watch.file_started()
            try:
                with unfiltered(connection):
                    return question(connection)
            except errors.LockNotAvailable:
                seen = watch.file_ended() or seen
            if stopped():
                break
    raise LockedOutError(_TRIES, seen)
