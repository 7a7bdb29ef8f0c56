"""Deleting the local copies that distributed tables left on the coordinator."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from psycopg import errors

from arami_db.database.backoff import backoff
from arami_db.database.connect import query

if TYPE_CHECKING:
    from arami_db.runner.session import Session


def release(session: Session) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Truncate the local copies, which no query can see any more.

    Returns:
        The tables whose copy was deleted, and notes on those that were in use.
    """
    released, notes = [], []
    for (name,) in session.connection.execute(query("distribution_local")).fetchall():
        if _truncated(session, name):
            released.append(name)
        else:
            notes.append(
                f"{name}: its copy on the coordinator stays, since it is in use;"
                " run arami-db distribute again"
            )
    return tuple(released), tuple(notes)


def _truncated(session: Session, name: str) -> bool:
    """Whether it was truncated; retried while others hold a lock on the table."""
    connection, options = session.connection, session.options
    for attempt in range(options.retries + 1):
        try:
            with connection.transaction():
                connection.execute(f"set local lock_timeout = '{options.lock_timeout_setting}'")
                connection.execute(
                    "select truncate_local_data_after_distributing_table(%s)", [name]
                )
        except (errors.LockNotAvailable, errors.DeadlockDetected):
            time.sleep(backoff(attempt))
        else:
            return True
    return False
