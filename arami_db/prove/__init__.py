"""Row level security, proved by trying: two users, everything anybody could try, all undone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import psycopg
from psycopg import sql

from arami_db.database.connect import Connection, lost
from arami_db.prove import outside
from arami_db.prove.actors import API_ROLES
from arami_db.prove.catalog import Catalog, read
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


# The same on Citus, which sends each to the workers, one at a time.
_SENT = (
    "set local lock_timeout = '3s'",
    "set local datestyle = 'ISO, YMD'",
    "set local intervalstyle = 'postgres'",
    "set local citus.enable_ddl_propagation = off",  # temporary objects are the session's own
)


def prove(
    connection: Connection, beside: frozenset[Path] = frozenset(), *, on_citus: bool = False
) -> Proof:
    """Try to reach one user's rows as everybody else, in a transaction that is rolled back.

    Citus refuses two roles in one transaction: there each role has its own, in which its users make
    the rows; anon, who may not, is tried on rows that are there.

    Args:
        connection: as a superuser, or as the owner of the tables and member of the API roles.
        beside: tables of public whose rows are not tried: whose they are, others say.
        on_citus: whether the tables are distributed.

    Raises:
        ConnectionFailedError: the connection was lost; the server has rolled back.
    """
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(_SETTINGS)
            if connection.execute("show transaction_read_only").fetchone() == ("on",):
                return Proof((), (READ_ONLY,))
            catalog = read(connection, beside)
            if not on_citus:
                stage = Stage(connection, catalog)
                play(stage)
                return Proof(tuple(stage.attempts), tuple(stage.unattempted))
            there = outside.somebody(connection, catalog)
            definers = tuple(f for f in catalog.functions if f.is_definer)
            stages = [Stage(connection, replace(catalog, views=(), functions=definers))]
            outside.play_definers(stages[0], there)
        invokers = tuple(f for f in catalog.functions if not f.is_definer)
        catalog = replace(catalog, functions=invokers)
        stages += [_role_by_role(connection, catalog, role, there) for role in API_ROLES]
        return Proof(
            tuple(attempt for stage in stages for attempt in stage.attempts),
            tuple(reason for stage in stages for reason in stage.unattempted),
        )
    except psycopg.Error as error:
        if connection.closed:
            raise lost(error) from None
        return Proof((), (f"the proof was cut short: {str(error).strip()}",))


def _role_by_role(
    connection: Connection, catalog: Catalog, role: str, there: outside.Somebody | None
) -> Stage:
    """Let those of one role try, in a transaction of their own."""
    stage = Stage(connection, catalog, role)
    with connection.transaction(force_rollback=True):
        for setting in _SENT:
            connection.execute(setting)
        try:
            connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        except psycopg.errors.InsufficientPrivilege as error:
            stage.skip(f"everything as {role}: {error.diag.message_primary}")
            return stage
        if role == "anon":
            outside.play(stage, there)
        else:
            play(stage)
    return stage
