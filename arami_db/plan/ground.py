"""The throw-away database: like the target before the pending files, with rows in every table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Composed, Identifier, Literal

from arami_db.database.connect import Connection, connect, query
from arami_db.drift.findings import Finding
from arami_db.facts import QueryFailedError, schemas_of
from arami_db.files import SqlTree, packaged_sql_dir
from arami_db.files.script import load
from arami_db.plan.blame import Rows
from arami_db.plan.comparing import Scope, differences
from arami_db.plan.hidden import Sessions
from arami_db.plan.observe import Observer
from arami_db.plan.older import apply_with_older
from arami_db.plan.state import read_state
from arami_db.rows.filling import fill
from arami_db.shadow import apply, shadow, surroundings

if TYPE_CHECKING:
    from arami_db.files.script import Script


@dataclass(frozen=True)
class Ground:
    """The database on which the pending files are tried.

    Attributes:
        observer: runs statements there.
        drift: how the target differs from it.
        notes: what could not be made the same.
        rows: those for the files.
    """

    observer: Observer
    drift: tuple[Finding, ...]
    notes: tuple[str, ...]
    rows: Rows


@dataclass(frozen=True)
class PlanOptions:
    """How a plan is made.

    Attributes:
        shadow: a database to copy for trying out the files; None for an embedded server.
        fill: puts data into the throw-away database, before its empty tables get a few rows;
            called with a conninfo and the connection.
    """

    shadow: str | None = None
    fill: Callable[[str, Connection], None] | None = None


@contextmanager
def ground(
    target: Connection,
    tree: SqlTree,
    applied: Sequence[Script],
    pending: Sequence[Script],
    wanted: PlanOptions,
) -> Iterator[Ground]:
    """Create the throw-away database.

    Args:
        target: the database to plan for; only read.
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
        views = [script for script in applied if script.file.kind == "view"]
        has_older = any(script.file.kind == "view" for script in pending)
        apply(work, [one for one in applied if not has_older or one not in views], stub, around)
        schemas = schemas_of(work, stating)[0] | {"public"}
        both = target, work
        older = apply_with_older(both, views, schemas, around) if has_older else frozenset()
        scope = Scope(tree, stating, schemas - before, older, around)
        found, notes = _compare(target, work, scope if applied else None)
        _partition(target, work)
        conninfo, settings = _conninfo(wanted.shadow, work), _settings(target, work)
        theirs = _fill(work, conninfo, wanted)
        unfilled = fill(work, schemas)
        notes += [f"no row could be made for {name}: {why}" for name, why in unfilled.items()]
        with closing(connect(conninfo)) as second:
            origin = read_state(work)
            # New tables of the files stay empty, as on the target.
            old = {(one.schema, one.bare) for one in origin.relations.values()}
            rows = Rows(work, origin, lambda: fill(work, schemas, old), theirs)
            observer = Observer(Sessions(work, second), origin, settings)
            yield Ground(observer, found, tuple(notes), rows)


def _fill(work: Connection, conninfo: str, wanted: PlanOptions) -> frozenset[str]:
    """Insert the requested data; returns the tables that have rows."""
    if wanted.fill is None:
        return frozenset()
    wanted.fill(conninfo, work)
    tables = [r.name for r in read_state(work).relations.values() if r.kind == "r"]
    having = SQL("select from {} limit 1")
    return frozenset(
        name for name in tables if work.execute(having.format(SQL(name))).fetchone() is not None
    )


def _compare(
    target: Connection, work: Connection, scope: Scope | None
) -> tuple[tuple[Finding, ...], list[str]]:
    """How the target differs, and reasons why it could not be compared."""
    wanted, major = (one.info.server_version // 10000 for one in (target, work))
    notes = []
    if wanted != major:
        notes.append(f"tried on Postgres {major}; the target is Postgres {wanted}")
    if scope is None:  # no file is applied: nothing is missing
        return (), notes
    try:
        return differences(target, work, scope), notes
    except (QueryFailedError, psycopg.Error) as error:
        if target.closed or work.closed:
            raise
        return (), [*notes, f"not compared with the target: {str(error).splitlines()[0]}"]


def _partition(target: Connection, work: Connection) -> None:
    """Create partitions that the target has and the files do not create: jobs create them."""
    for (made,) in target.execute(query("plan_partitions")).fetchall():
        # Most exist; the parent of another table's partition may be missing.
        with suppress(psycopg.Error), work.transaction():
            work.execute(made.encode())


def _conninfo(url: str | None, opened: Connection) -> str:
    named = {"dbname": opened.info.dbname, "user": opened.info.user}
    return make_conninfo(url or opened.info.dsn, **named)


def _settings(target: Connection, work: Connection) -> list[Composed]:
    """Settings of the target's sessions: the time zone decides what is rewritten."""
    found = []
    for name, value in target.execute(query("plan_settings")).fetchall():
        setting = SQL("set {} = {}").format(Identifier(name), Literal(value))
        with suppress(psycopg.Error):  # a setting of an extension, or of another version
            work.execute(setting)
            found.append(setting)
    return found
