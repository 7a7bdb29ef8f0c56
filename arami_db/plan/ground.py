"""The throw-away database as the target is before the pending files, with rows in every table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Composed, Identifier, Literal

from arami_db.database.connect import Connection, connect, query
from arami_db.drift.beside import apart
from arami_db.drift.causes import fold
from arami_db.drift.comparing import drift
from arami_db.drift.findings import Finding, gravity
from arami_db.drift.neighbours import neighbours_of
from arami_db.drift.versions import has, written_here
from arami_db.facts import Fact, QueryFailedError, facts_within, schemas_of
from arami_db.files import SqlTree, packaged_sql_dir
from arami_db.files.script import load
from arami_db.plan.hidden import Sessions
from arami_db.plan.observe import Observer
from arami_db.plan.state import read_state
from arami_db.rows.filling import fill
from arami_db.shadow import Surroundings, apply, shadow, surroundings

if TYPE_CHECKING:
    from arami_db.files.script import Script


@dataclass(frozen=True)
class Ground:
    """Where the pending files are tried.

    Attributes:
        observer: runs statements there.
        drift: how the target differs from it.
        notes: what could not be made alike.
        refill: makes rows in tables that have none.
    """

    observer: Observer
    drift: tuple[Finding, ...]
    notes: tuple[str, ...]
    refill: Callable[[], dict[str, str]]


@dataclass(frozen=True)
class Wanted:
    """How a plan is made.

    Attributes:
        shadow: a database to copy for trying out the files; None for an embedded server.
        fill: puts data into the throw-away database before its empty tables get a few rows, if
            anything does: told how to connect, and the connection.
    """

    shadow: str | None = None
    fill: Callable[[str, Connection], None] | None = None


@contextmanager
def ground(
    target: Connection,
    tree: SqlTree,
    applied: Sequence[Script],
    pending: Sequence[Script],
    wanted: Wanted,
) -> Iterator[Ground]:
    """Make the throw-away database.

    Args:
        target: the database that is planned for; it is only read.
        tree: the SQL files.
        applied: those that it has.
        pending: those that it lacks.
        wanted: how to make it.

    Raises:
        ShadowError, EmbeddedError: the applied files could not be tried out.
        ConnectionFailedError: the server at the URL cannot be reached.
    """
    stating = tree if tree.catalog else SqlTree(packaged_sql_dir())
    _, platform = schemas_of(target, stating)
    stub = load(tree.auth_stub) if tree.auth_stub else None
    every = [*applied, *pending, *([stub] if stub else [])]
    around = surroundings(target, every, platform)
    major = target.info.server_version // 10000
    with shadow(wanted.shadow, around, major) as work:
        before, _ = schemas_of(work, stating)
        apply(work, applied, stub, around)
        made = schemas_of(work, stating)[0]
        there = made | {"public"}
        replaced = _bring_views(target, work, there) if _has_views(pending) else frozenset()
        notes, found = _notes(target, work), tuple[Finding, ...]()
        try:
            found = _drift((target, work), (tree, stating), (made - before, replaced), around)
        except (QueryFailedError, psycopg.Error) as error:
            if target.closed or work.closed:
                raise
            notes.append(f"not compared with the target: {str(error).splitlines()[0]}")
        conninfo, settings = _conninfo(wanted.shadow, work), _settings(target, work)
        if wanted.fill:
            wanted.fill(conninfo, work)
        unfilled = fill(work, there)
        notes += [f"no row could be made for {name}: {why}" for name, why in unfilled.items()]
        with closing(connect(conninfo)) as aside:
            yield Ground(
                Observer(Sessions(work, aside), read_state(work), settings),
                found,
                tuple(notes),
                lambda: fill(work, there),
            )


def _conninfo(url: str | None, opened: Connection) -> str:
    named = {"dbname": opened.info.dbname, "user": opened.info.user}
    return make_conninfo(url or opened.info.dsn, **named)


def _settings(target: Connection, work: Connection) -> list[Composed]:
    """What makes a session as the target's would be: its time zone decides what is rewritten."""
    found = []
    for name, value in target.execute(query("plan_settings")).fetchall():
        setting = SQL("set {} = {}").format(Identifier(name), Literal(value))
        with suppress(psycopg.Error):  # a setting of an extension, or of another version
            work.execute(setting)
            found.append(setting)
    return found


def _has_views(pending: Sequence[Script]) -> bool:
    return any(script.file.kind == "view" for script in pending)


def _bring_views(target: Connection, work: Connection, schemas: Collection[str]) -> frozenset[str]:
    """Make the views and functions as the target has them that pending files are to replace.

    The ledger knows of an older file only its checksum.
    """
    there = {name for name, _ in work.execute(query("plan_views"), [list(schemas)])}
    brought = set()
    with target.transaction():
        target.execute("set local search_path = ''")
        found = target.execute(query("plan_views"), [list(schemas)]).fetchall()
    for name, sql in found:
        if name not in there:
            with suppress(psycopg.Error), work.transaction():
                work.execute("set local check_function_bodies = off")
                work.execute(sql.encode())
                brought.add(str(name))
    return frozenset(brought)


def _notes(target: Connection, work: Connection) -> list[str]:
    wanted, has_now = (c.info.server_version // 10000 for c in (target, work))
    if wanted == has_now:
        return []
    return [f"tried on Postgres {has_now}; the target is Postgres {wanted}"]


def _drift(
    connections: tuple[Connection, Connection],
    trees: tuple[SqlTree, SqlTree],
    schemas: tuple[frozenset[str], frozenset[str]],
    around: Surroundings,
) -> tuple[Finding, ...]:
    """How the target differs from what the applied files make; neighbours are no difference."""
    target, work = connections
    tree, stating = trees
    made, replaced = schemas
    with target.transaction():
        target.execute("set transaction isolation level repeatable read, read only")
        there = facts_within(target, stating, made)
    with work.transaction(force_rollback=True):
        expected = facts_within(work, stating, made)
        there = written_here(work, there, expected)
    oldest = min(one.info.server_version for one in connections)

    def own(facts: frozenset[Fact]) -> frozenset[Fact]:
        return frozenset(
            fact
            for fact in facts
            if has(oldest, fact)
            and not (fact.kind == "extension" and fact.object in around.has("extension"))
            and not (fact.kind == "default privilege" and around.has("default privilege"))
            and not _is_of(fact, replaced)
        )

    found = drift(own(expected), own(there))
    ours, _ = apart(found, neighbours_of(found, own(expected)), tree, paths=True)
    return tuple(sorted(fold(ours), key=gravity))


def _is_of(fact: Fact, names: Collection[str]) -> bool:
    """Whether a fact is of one of these objects, or of a part of it."""
    return any(
        fact.object == name or fact.object.startswith((f"{name}.", f"{name}(")) for name in names
    )
