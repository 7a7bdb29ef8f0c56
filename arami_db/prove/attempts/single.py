"""Send attempts one by one: for answers that are read as a whole, and for all attempts on Citus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from arami_db.database.connect import Connection
from arami_db.prove.attempts.actors import RESET, Actor
from arami_db.prove.attempts.model import Attack, Result
from arami_db.rows.savepoints import undone


@contextmanager
def noticed(connection: Connection) -> Iterator[list[str]]:
    """Collect the notices that the server sends meanwhile."""
    said: list[str] = []

    def note(diagnostic: psycopg.errors.Diagnostic) -> None:
        said.append(f"{diagnostic.message_primary} {diagnostic.message_detail or ''}".strip())

    connection.add_notice_handler(note)
    try:
        yield said
    finally:
        connection.remove_notice_handler(note)


def asked(
    connection: Connection,
    actor: Actor,
    statement: sql.Composable,
    *,
    prepare: Sequence[sql.Composable] = (),
    cursors: bool = False,
) -> Result:
    """Let an actor send a statement, and return its rows and the notices.

    Args:
        connection: in a transaction, as the privileged role.
        actor: who asks.
        statement: the question.
        prepare: run first, with full rights.
        cursors: whether what the answer leaves open is read, too.
    """
    with noticed(connection) as said:
        try:
            with undone(connection, "arami_asked"):
                for step in prepare:
                    connection.execute(sql.SQL("{}").format(step))
                cursor = connection.execute(sql.SQL("; ").join([actor.become, statement]))
                while cursor.nextset():
                    pass
                rows = cursor.fetchall() if cursor.description else []
                if cursors:
                    rows += _opened(connection)
                return Result(cursor.rowcount, rows=tuple(rows), said=tuple(said))
        except psycopg.Error as error:
            if connection.closed:
                raise
            diag = error.diag
            texts = (diag.message_primary or str(error), diag.message_detail, diag.message_hint)
            message = " ".join(text for text in texts if text)
            return Result(sqlstate=error.sqlstate or "XX000", message=message, said=tuple(said))


def _opened(connection: Connection) -> list[tuple[Any, ...]]:
    """The first rows of every cursor that a function has left open."""
    names = connection.execute("select name from pg_catalog.pg_cursors where name <> ''")
    rows: list[tuple[Any, ...]] = []
    for (name,) in names.fetchall():
        fetch = sql.SQL("fetch 100 from {}").format(sql.Identifier(name))
        rows += [(str(row),) for row in connection.execute(fetch).fetchall()]
    return rows


def one_by_one(
    connection: Connection,
    attacks: Sequence[Attack],
    belongings: Callable[[], frozenset[tuple[str, ...]]],
) -> Iterator[tuple[Attack, Result]]:
    """Let actors of one role try, a message each: on Citus, where a block cannot change roles.

    Args:
        connection: in a transaction that has the role.
        attacks: what is tried.
        belongings: what is to stay as it is; it takes on the right to look itself.
    """
    for attack in attacks:
        try:
            with undone(connection, "arami_attack"):
                for step in attack.prepare:
                    perhaps(connection, step)
                result = _done(connection, attack, belongings)
        except psycopg.Error as error:
            if connection.closed:
                raise
            said = error.diag.message_primary or str(error)
            result = Result(sqlstate=error.sqlstate or "XX000", message=said)
        yield attack, result


def _done(
    connection: Connection, attack: Attack, belongings: Callable[[], frozenset[tuple[str, ...]]]
) -> Result:
    after = None
    with undone(connection, "arami_tried"):
        cursor = connection.execute(sql.SQL("; ").join([attack.actor.become, attack.statement]))
        while cursor.nextset():
            pass
        # A look takes as long as ten attempts, and a shard's triggers had no row.
        if not attack.reads and (cursor.rowcount or not attack.actor.on_citus):
            after = _looked(connection, attack.actor, belongings)
    changed: set[str] = set()
    if after is not None:
        changed = {row[0] for row in _looked(connection, attack.actor, belongings) ^ after}
    return Result(max(cursor.rowcount, 0), changed=tuple(sorted(changed)))


def _looked(
    connection: Connection, actor: Actor, belongings: Callable[[], frozenset[tuple[str, ...]]]
) -> frozenset[tuple[str, ...]]:
    if not actor.on_citus:
        connection.execute(RESET)
    return belongings()


def perhaps(connection: Connection, step: sql.Composable) -> list[tuple[Any, ...]]:
    """Run a statement that may fail, and return its rows; none where it does.

    Args:
        connection: in a transaction.
        step: the statement.
    """
    try:
        with connection.transaction():
            cursor = connection.execute(sql.SQL("{}").format(step))
            return cursor.fetchall() if cursor.description else []
    except psycopg.Error:
        if connection.closed:
            raise
        return []
