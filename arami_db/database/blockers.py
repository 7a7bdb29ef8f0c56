"""Who stands in the way, asked while we wait: afterwards the server no longer knows.

The question needs a connection of its own: the working one is waiting, and a statement on the
lock's connection would give its transaction a snapshot that CREATE INDEX CONCURRENTLY waits for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psycopg

from arami_db.database.connect import connect, query
from arami_db.errors import AramiError

_INTERVAL = 0.2


class BlockerWatch:
    """A thread that looks for blockers once the present file has run for a while.

    Use as a context manager around a run; call file_started() and file_ended() around each file.
    """

    def __init__(
        self,
        conninfo: str,
        *,
        pid: int | None,
        delay: float,
        on_blocked: Callable[[str], None],
    ) -> None:
        """Prepare the watch; it connects only when a file takes longer than delay.

        Args:
            conninfo: how to reach the database.
            pid: the backend that may be blocked; None behind a pooler, where any of this name may.
            delay: how long a file may run before that, in seconds.
            on_blocked: told once a file about each new set of blockers.
        """
        self._conninfo = conninfo
        self._pid = pid
        self._delay = delay
        self._on_blocked = on_blocked
        self._since: float | None = None
        self._seen: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> BlockerWatch:
        """Start watching."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        self._stop.set()
        self._thread.join()

    def file_started(self) -> None:
        """A file begins to run; forget who blocked the one before."""
        self._seen = []
        self._since = time.monotonic()

    def file_ended(self) -> list[str]:
        """The file has ended; who was last seen blocking it, as text."""
        self._since = None
        return self._seen

    def _run(self) -> None:
        connection = None
        try:
            while not self._stop.wait(min(_INTERVAL, self._delay)):
                since = self._since
                if since is None or time.monotonic() - since < self._delay:
                    continue
                connection = connection or connect(self._conninfo)
                rows = connection.execute(query("blockers"), {"pid": self._pid}).fetchall()
                self._report([str(text) for _, text in rows])
        except (psycopg.Error, AramiError):
            return  # only the explanation is lost; the file's own error still tells what happened
        finally:
            if connection is not None:
                connection.close()

    def _report(self, blockers: list[str]) -> None:
        if blockers and self._since is not None:
            if not self._seen:
                self._on_blocked("waiting for a lock held by " + "; ".join(blockers))
            self._seen = blockers
