"""Row level security, proved by trying: two users, everything anybody could try, all undone."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from arami_db.database.connect import Connection, lost
from arami_db.prove.catalog import read
from arami_db.prove.play import play
from arami_db.prove.stage import Attempt, Stage
from arami_db.rows.tables import Path

__all__ = ["Attempt", "Proof", "prove"]

READ_ONLY = "nothing can be tried: the server or its database is read-only; name the primary"


@dataclass(frozen=True)
class Proof:
    """Everything that was tried, and why anything was not."""

    attempts: tuple[Attempt, ...]
    unattempted: tuple[str, ...]

    @property
    def leaks(self) -> tuple[Attempt, ...]:
        """Attempts that reached somebody else's rows."""
        return tuple(attempt for attempt in self.attempts if attempt.leaked)

    @property
    def failures(self) -> tuple[Attempt, ...]:
        """What a user must be able to do with own rows, and could not."""
        return tuple(attempt for attempt in self.attempts if attempt.outcome == "failed")

    @property
    def holds(self) -> bool:
        """Whether nothing leaked, nothing failed and nothing went untried."""
        return not (self.leaks or self.failures or self.unattempted)


# What could stop or bend it, and what the answers are read by.
_SETTINGS = """
    set local lock_timeout = '3s';
    set local row_security = off;
    set local datestyle = 'ISO, YMD';
    set local intervalstyle = 'postgres';
    set local quote_all_identifiers = off;
"""


def prove(connection: Connection, beside: frozenset[Path] = frozenset()) -> Proof:
    """Try to reach one user's rows as everybody else, in a transaction that is rolled back.

    Args:
        connection: as a superuser, or as the owner of the tables and member of the API roles.
        beside: tables of public whose rows are not tried: whose they are, others say.

    Raises:
        ConnectionFailedError: the connection was lost; the server has rolled back.
    """
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(_SETTINGS)
            if connection.execute("show transaction_read_only").fetchone() == ("on",):
                return Proof((), (READ_ONLY,))
            stage = Stage(connection, read(connection, beside))
            play(stage)
            return Proof(tuple(stage.attempts), tuple(stage.unattempted))
    except psycopg.Error as error:
        if connection.closed:
            raise lost(error) from None
        return Proof((), (f"the proof was cut short: {str(error).strip()}",))
