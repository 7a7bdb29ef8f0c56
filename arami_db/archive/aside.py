"""Work beside a run that a signal ends: the vacuum afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import psycopg
from psycopg import errors

from arami_db.archive.stop import Ears
from arami_db.database.connect import Connection

_TICK = 0.1

Answer = TypeVar("Answer")


def unless_signalled(
    ears: Ears, connection: Connection, work: Callable[[], Answer]
) -> Answer | None:
    """Do it on another thread, and cancel what the connection does when a signal comes.

    Returns:
        What it returns; None when a signal had come before, or it had nothing to tell.
    """
    if ears.signals:
        return None
    answers: list[Answer] = []
    failures: list[BaseException] = []

    def do() -> None:
        try:
            answers.append(work())
        except BaseException as error:  # for the thread that waits
            failures.append(error)

    thread = threading.Thread(target=do, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_TICK)
        if ears.signals and thread.is_alive():
            with suppress(psycopg.Error):
                connection.cancel_safe(timeout=2)
    if failures and not (ears.signals and isinstance(failures[0], errors.QueryCanceled)):
        raise failures[0]
    return answers[0] if answers else None
