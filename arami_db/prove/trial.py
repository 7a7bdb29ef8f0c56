"""One attempt: a savepoint, an actor, a statement, and what it left behind. Always undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from arami_db.database.connect import Connection
from arami_db.prove.actors import Actor
from arami_db.rows.maker import undo, undone

DENIED = "42501"
# Classes that say something of the attempt, or of the server's day, rather than of its defences.
_NOT_AN_ANSWER = ("08", "24", "25", "40", "42", "53", "54", "55", "57", "58", "XX")
_AN_ANSWER = ("42P17", "55000")  # a policy that calls itself; a relation that cannot do that
FULL_RIGHTS = sql.SQL("reset role; set constraints all immediate; set local row_security = off")
_REGARDLESS = ("55P03", "57014", "40P01", "40001")


@dataclass(frozen=True)
class Result:
    """What came of a statement: its rows, what the judge saw, or the error that refused it."""

    rows: tuple[tuple[Any, ...], ...] = ()
    count: int = 0
    before: Any = None
    after: Any = None
    sqlstate: str | None = None
    message: str = ""

    @property
    def outcome(self) -> str:
        """The result in a word or two."""
        if self.sqlstate is None:
            return "no rows"
        return "denied" if self.sqlstate == DENIED else "refused"

    @property
    def answered(self) -> bool:
        """Whether this says anything of the defences; if not, nothing was proved."""
        code = self.sqlstate or ""
        if code in (DENIED, *_AN_ANSWER):
            return True
        return not code.startswith(_NOT_AN_ANSWER)

    @property
    def interrupted(self) -> bool:
        """Whether a timeout or a deadlock cut the attempt short."""
        return self.sqlstate in _REGARDLESS


Step = Callable[[], object]


def attempt(
    connection: Connection,
    actor: Actor,
    statement: sql.Composed,
    *,
    prepare: Step | None = None,
    judge: Step | None = None,
) -> Result:
    """Let an actor try a statement and undo whatever it did.

    Args:
        connection: in a transaction, as the privileged role.
        actor: who tries.
        statement: what is tried.
        prepare: run first, with full rights.
        judge: run with full rights after the statement, and once more without it: a difference is
            an effect. On Citus it takes on the right to look itself.
    """
    try:
        if prepare is None:
            return _tried(connection, actor, statement, judge)
        with undone(connection, "arami_prepared"):
            prepare()
            return _tried(connection, actor, statement, judge)
    except psycopg.Error as error:
        if connection.closed:
            raise
        return Result(sqlstate=error.sqlstate or "XX000", message=_message(error))


def _tried(
    connection: Connection, actor: Actor, statement: sql.Composed, judge: Step | None
) -> Result:
    after = None
    script = [sql.SQL("savepoint arami_tried"), actor.become, statement]
    try:
        cursor = connection.execute(sql.SQL("; ").join(script))
        while cursor.nextset():
            pass
        rows = tuple(cursor.fetchall()) if cursor.description else ()
        if actor.on_citus and cursor.rowcount == 0:
            judge = None  # a look takes as long as ten attempts, and a shard's triggers had no row
        if judge:
            if not actor.on_citus:
                connection.execute(FULL_RIGHTS)
            after = judge()
    finally:
        undo(connection, "arami_tried")
    # Everything is as it was before: the same judge now says what that was.
    return Result(rows, cursor.rowcount, judge() if judge else None, after)


def copied(connection: Connection, actor: Actor, statement: sql.Composed) -> Result:
    """Let an actor try a COPY … TO STDOUT; each line it yields is a row."""
    try:
        with undone(connection, "arami_copied"), connection.cursor() as cursor:
            connection.execute(actor.become)
            with cursor.copy(statement) as copy:
                rows = tuple((bytes(line),) for line in copy)
    except psycopg.Error as error:
        if connection.closed:
            raise
        return Result(sqlstate=error.sqlstate or "XX000", message=_message(error))
    return Result(rows, len(rows))


def _message(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error)
