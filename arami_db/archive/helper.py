"""Threads with a connection of their own, so that the main one is free to hear signals."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Generic, TypeVar

import psycopg

from arami_db.archive.patience import patiently
from arami_db.database.connect import Connection, connect
from arami_db.errors import AramiError

Answer = TypeVar("Answer")


class NotConnected:
    """A helper ended before it began: there is no connection for it."""

    def __init__(self, error: AramiError) -> None:
        """Keep the reason."""
        self.error = error


class Helper(threading.Thread):
    """Does something with a connection, then says how that ended: None, an error, NotConnected."""

    def __init__(self, conninfo: str, events: SimpleQueue[object]) -> None:
        """Prepare; start() begins."""
        super().__init__(daemon=True)
        self._conninfo = conninfo
        self._events = events
        self._opened: Connection | None = None

    @property
    def connection(self) -> Connection:
        """The connection at work."""
        assert self._opened is not None  # noqa: S101
        return self._opened

    def run(self) -> None:
        """Work to the end, and put into the queue how it ended."""
        end: object = None
        try:
            try:
                self.connect()
            except AramiError as error:
                end = NotConnected(error)
            else:
                self.work()
        except BaseException as error:  # whatever it is, the run must learn of it
            end = error if isinstance(error, Exception) else RuntimeError(repr(error))
        finally:
            if self._opened is not None:
                self._opened.close()
            self._events.put(end)

    def connect(self) -> None:
        """Open the connection, or a new one when it was closed."""
        self._opened = connect(self._conninfo)

    def work(self) -> None:
        """Do it."""
        raise NotImplementedError

    def unwanted(self) -> bool:
        """Whether to break off what it does at this moment."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Break it off; called from another thread."""
        if self._opened is not None and not self._opened.closed:
            with suppress(psycopg.Error):
                self._opened.cancel_safe(timeout=2)


class Errand(Helper, Generic[Answer]):
    """One question, asked patiently."""

    def __init__(
        self,
        conninfo: str,
        events: SimpleQueue[object],
        question: Callable[[Connection], Answer],
        unwanted: Callable[[], bool],
    ) -> None:
        """Prepare."""
        super().__init__(conninfo, events)
        self._question = question
        self._unwanted = unwanted
        self._answers: list[Answer] = []
        self._error: Exception | None = None

    def work(self) -> None:
        """Ask."""
        try:
            self._answers.append(
                patiently(
                    self.connection,
                    self._conninfo,
                    self._question,
                    note=self._events.put,
                    stopped=self._unwanted,
                )
            )
        except Exception as error:  # for whoever asked
            self._error = error

    def unwanted(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self._unwanted()

    @property
    def answer(self) -> Answer:
        """The answer, once it has ended."""
        if self._error is not None:
            raise self._error
        return self._answers[0]
