"""What a run is at, and who stands in its way, asked meanwhile: afterwards nobody knows.

The questions need a connection of their own: the working one is busy, and a statement on the
lock's connection would give its transaction a snapshot that CREATE INDEX CONCURRENTLY waits for.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import psycopg

from arami_db.database.connect import Connection, connect, query
from arami_db.errors import AramiError

if TYPE_CHECKING:
    from psycopg.rows import TupleRow

    from arami_db.files.script import Script, Statement

_INTERVAL = 0.2


@dataclass(frozen=True)
class FileProgress:
    """How far a file is.

    Attributes:
        script: the file; None where a question is asked, and no file is run.
        statement: the one at work; None for one of the runner's own.
        since: when the file began, by the monotonic clock.
        statement_since: when the statement did.
        phase: what the server says that it is doing; None where it counts nothing.
        share: how much of the phase is done, in percent; None where nobody knows.
    """

    script: Script | None
    statement: Statement | None
    since: float
    statement_since: float
    phase: str | None = None
    share: float | None = None


class Watch:
    """A thread that looks at the file at work, once that has taken a while.

    Use as a context manager around a run; call began() and ended() around each file, and at() with
    each of its statements.
    """

    def __init__(  # noqa: PLR0913
        self,
        conninfo: str,
        *,
        pid: int | None,
        after: float,
        on_blocked: Callable[[str], None],
        every: float = math.inf,
        on_standing: Callable[[FileProgress], None] = lambda _: None,
    ) -> None:
        """Prepare the watch; it connects only when a file takes longer than `after`.

        Args:
            conninfo: how to reach the database; where no further connection is to be had, blockers
                and phases are not known, files and statements are.
            pid: the backend at work; None behind a pooler, where any of this name may be blocked,
                and none can be told to be at work.
            after: how long a file may run before anybody asks, in seconds.
            on_blocked: told once a file about each new set of blockers.
            every: how often to say where a file stands, in seconds from its begin.
            on_standing: told where it stands.
        """
        self._conninfo, self._pid, self._after = conninfo, pid, after
        self._on_blocked, self._every, self._on_standing = on_blocked, every, on_standing
        self._standing: FileProgress | None = None
        self._told = -math.inf
        self._seen: list[str] = []
        self._connection: Connection | None = None
        self._has_failed = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watch:
        """Start watching."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        self._stop.set()
        self._thread.join()

    def began(self, script: Script | None = None) -> None:
        """A file begins to run; forget who blocked the one before."""
        self._seen = []
        now = time.monotonic()
        self._standing = FileProgress(script, None, now, now)

    def at(
        self, script: Script, statement: Statement | None
    ) -> tuple[Script, Statement, float] | None:
        """A statement of a file begins, or one of the runner's own when None.

        Returns:
            The file and statement before it, which has ended, and how long it took in seconds; None
            for one of the runner's own.
        """
        standing, now = self._standing, time.monotonic()
        if standing is None:
            return None
        self._standing = replace(standing, script=script, statement=statement, statement_since=now)
        if standing.script is None or standing.statement is None:
            return None
        return standing.script, standing.statement, now - standing.statement_since

    def ended(self) -> list[str]:
        """The file has ended; who was last seen blocking it, as text."""
        self._standing = None
        return self._seen

    def _run(self) -> None:
        try:
            while not self._stop.wait(min(_INTERVAL, self._after)):
                standing = self._standing
                if standing is not None and time.monotonic() - standing.since >= self._after:
                    self._look(standing)
        finally:
            if self._connection is not None:
                self._connection.close()

    def _look(self, standing: FileProgress) -> None:
        blockers = [str(text) for _, text in self._ask("blockers")]
        if blockers and self._standing is not None:
            if not self._seen:
                self._on_blocked("waiting for a lock held by " + "; ".join(blockers))
            self._seen = blockers
        if time.monotonic() - max(standing.since, self._told) < self._every:
            return
        self._told = time.monotonic()
        for phase, share in self._ask("phase")[:1] if self._pid else ():
            standing = replace(standing, phase=phase, share=share)
        if self._standing is not None:
            self._on_standing(standing)

    def _ask(self, name: str) -> list[TupleRow]:
        """The rows of a query; none from the first failure on, which loses only explanations."""
        if self._has_failed:
            return []
        try:
            self._connection = self._connection or connect(self._conninfo)
            return self._connection.execute(query(name), {"pid": self._pid}).fetchall()
        except (psycopg.Error, AramiError):
            self._has_failed = True
            return []
