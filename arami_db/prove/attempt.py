"""Attempts: an actor, a statement, and what came of it. Always undone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from arami_db.database.connect import Connection, query
from arami_db.prove.actors import Actor
from arami_db.rows.maker import undone

DENIED = "42501"
TAKEN = "23505"  # by somebody's row, which so is known to be there
# Classes that say something of the attempt, or of the server's day, rather than of its defences.
_NOT_AN_ANSWER = ("08", "24", "25", "34", "40", "42", "53", "54", "55", "57", "58", "XX")
_AN_ANSWER = ("42P17", "55000")  # a policy that calls itself; a relation that cannot do that
_REGARDLESS = ("55P03", "57014", "40P01", "40001")
_BATCH = 400


@dataclass(frozen=True)
class Attempt:
    """One thing somebody tried; outcome is denied, refused, no rows, leak, allowed or failed.

    Attributes:
        actor: who tried.
        action: what.
        object: on what.
        outcome: what came of it; "made up" where a function got arguments of nobody's.
        leaked: whether it reached what is somebody else's.
        detail: what came through, or what the server said.
        evidence: the branch of a policy by which it was tried, or the statement; empty where the
            action says it.
    """

    actor: str
    action: str
    object: str
    outcome: str
    leaked: bool
    detail: str
    evidence: str = ""


@dataclass(frozen=True)
class Attack:
    """What is to be tried.

    Attributes:
        actor: who tries.
        action: what, in a few words.
        object: on what.
        statement: how.
        prepare: run before with full rights; what fails of it is left out.
        reads: whether each row that comes of it is somebody else's: nothing need be judged.
    """

    actor: Actor
    action: str
    object: str
    statement: sql.Composable
    prepare: tuple[sql.Composable, ...] = ()
    reads: bool = False


@dataclass(frozen=True)
class Result:
    """What came of a statement.

    Attributes:
        count: how many rows it returned or touched.
        sqlstate: of the error that refused it.
        message: of that error.
        changed: the tables in which watched rows were not as before.
        rows: what it returned, where it was asked for one by one.
        said: notices and warnings.
    """

    count: int = 0
    sqlstate: str | None = None
    message: str = ""
    changed: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    said: tuple[str, ...] = ()

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


@dataclass(frozen=True)
class Watch:
    """What is to stay as it is.

    Attributes:
        queries: by table, as Postgres numbers it, a query that digests its rows.
        reaches: by object, the tables that a write to it may come to; all for others.
        hooked: objects where something may happen though no row is touched.
    """

    queries: Mapping[str, str]
    reaches: Mapping[str, Sequence[str]]
    hooked: frozenset[str]


def attempts(
    connection: Connection, attacks: Sequence[Attack], watch: Watch
) -> Iterator[tuple[Attack, Result]]:
    """Let actors try, many in one message; judge what was done by what it did to watched rows.

    Args:
        connection: in a transaction, as the privileged role.
        attacks: what is tried.
        watch: the rows that are to stay as they are.
    """
    for start in range(0, len(attacks), _BATCH):
        part = attacks[start : start + _BATCH]
        results = _tried(connection, part, None)
        done = [
            n
            for n, (attack, result) in enumerate(zip(part, results, strict=True))
            if result.sqlstate is None
            and not attack.reads
            and (result.count or attack.object in watch.hooked)
        ]
        judged = _tried(connection, [part[n] for n in done], watch)
        for n, result in zip(done, judged, strict=True):
            results[n] = result
        yield from zip(part, results, strict=True)


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
                    _perhaps(connection, step)
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
        connection.execute("reset role; set local row_security = off")
    return belongings()


def _perhaps(connection: Connection, step: sql.Composable) -> None:
    try:
        connection.execute(sql.SQL("savepoint arami_step; {}; release arami_step").format(step))
    except psycopg.Error:
        if connection.closed:
            raise
        connection.execute("rollback to arami_step; release arami_step")


def _tried(
    connection: Connection, attacks: Sequence[Attack], watch: Watch | None
) -> list[Result]:
    if not attacks:
        return []
    needed: set[str] = set()
    told = []
    for attack in attacks:
        reach = watch.reaches.get(attack.object, list(watch.queries)) if watch else ()
        needed |= {*reach}
        told.append(
            {
                "become": attack.actor.become.as_string(),
                "statement": attack.statement.as_string(),
                "prepare": [step.as_string() for step in attack.prepare],
                "judge": watch is not None,
                "watch": [*reach],
            }
        )
    watched = {oid: watch.queries[oid] for oid in needed} if watch else {}
    script = sql.SQL(query("prove_attacks")).format(
        attacks=sql.Literal(json.dumps(told)), watched=sql.Literal(json.dumps(watched))
    )
    connection.execute(script)
    [(answers,)] = connection.execute("select current_setting('arami_prove.answers')").fetchall()
    return [Result(n or 0, code, said, tuple(at)) for n, code, said, at in json.loads(answers)]


@contextmanager
def noticed(connection: Connection) -> Iterator[list[str]]:
    """What the server says besides, while this lasts."""
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
    """Let an actor ask one question, and take down the rows, and all that the server says.

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
                    connection.execute(step)
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
