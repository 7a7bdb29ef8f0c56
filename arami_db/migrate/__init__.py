"""Migrating: pending migrations in order, then the views whose text changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arami_db import ledger
from arami_db.database.connect import Connection
from arami_db.database.server import inspect
from arami_db.files import SqlFile, SqlTree
from arami_db.migrate.alone import apply_alone
from arami_db.migrate.plan import Plan, State, make_plan
from arami_db.migrate.stub import apply_stub, stub_for
from arami_db.migrate.views import apply_views
from arami_db.runner import Applied, Options, Runner, Session, locked

if TYPE_CHECKING:
    from arami_db.files.script import Script

__all__ = ["Applied", "Options", "Result", "Session", "migrate", "preview"]


@dataclass(frozen=True)
class Result:
    """What a run did.

    Attributes:
        applied: the files it applied, in order.
        in_place: how many files were applied before it.
        held_back: how many pending files lie beyond the target.
    """

    applied: tuple[Applied, ...]
    in_place: int
    held_back: int = 0


def preview(session: Session, tree: SqlTree) -> tuple[SqlFile, ...]:
    """The files a run would execute, in order, checked as it would check them; reads only.

    Raises:
        RefusedFileError, LedgerError, PlatformError, UsageError: as migrate().
    """
    todo = _check(session.connection, tree, session.options)[1].up_to(session.options.target)
    scripts = [script for kind in ("migration", "view") for script in _load(todo, kind)]
    stub = stub_for(inspect(session.connection), tree.auth_stub) if scripts else None
    return (*([stub] if stub else []), *(script.file for script in scripts))


def migrate(session: Session, tree: SqlTree) -> Result:
    """Bring a database to the latest version of its files.

    Args:
        session: the database, the options and the report.
        tree: the SQL files.

    Returns:
        What was done; files applied by another runner meanwhile count as in place.

    Raises:
        RefusedFileError: a file cannot be run as it stands; nothing was run.
        FileFailedError: a statement failed; files before it are applied, its own is not.
        LedgerError, LockBusyError, PlatformError, ConnectionFailedError: as they say.
    """
    options = session.options
    _, plan = _check(session.connection, tree, options)
    todo = plan.up_to(options.target)
    if not todo.pending:
        return _result((), plan, options)
    for kind in ("migration", "view"):
        _load(todo, kind)  # refuse before anything runs, and before waiting for the lock
    with locked(session) as runner:
        state, plan = _check(runner.connection, tree, options)
        todo = plan.up_to(options.target)
        if not todo.pending:
            return _result((), plan, options)
        if not state.exists:
            ledger.create(runner.connection)
        return _result(tuple(_run(runner, tree, todo)), plan, options)


def _check(connection: Connection, tree: SqlTree, options: Options) -> tuple[ledger.Ledger, Plan]:
    """Read the ledger, plan, and refuse what disagrees; one round trip, nothing written."""
    state = ledger.read(connection)
    plan = make_plan(tree, state)
    plan.require_agreement(allow_out_of_order=options.allow_out_of_order)
    return state, plan


def _run(runner: Runner, tree: SqlTree, plan: Plan) -> Iterator[Applied]:
    migrations, views = _load(plan, "migration"), _load(plan, "view")
    stub = stub_for(runner.server, tree.auth_stub)
    runner.report.plan(len(migrations) + len(views))
    if stub is not None:
        apply_stub(runner, stub)
    for number, script in enumerate(migrations, start=1):
        if script.in_transaction:
            yield runner.apply(script, durable=not views and number == len(migrations))
        else:
            yield apply_alone(runner, script)
    yield from apply_views(runner, views)


def _load(plan: Plan, kind: str) -> list[Script]:
    from arami_db.files.script import load

    return [load(file) for file in plan.pending if file.kind == kind]


def _result(applied: tuple[Applied, ...], plan: Plan, options: Options) -> Result:
    held_back = len(plan.pending) - len(plan.up_to(options.target).pending)
    return Result(applied, len(plan.of(State.APPLIED)), held_back)
