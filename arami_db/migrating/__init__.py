"""Migrating: pending migrations in order, then the views whose text changed.

What a run with nothing pending does not need is imported when something is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from arami_db import ledger
from arami_db.files import SqlTree
from arami_db.ledger.plan import IN_PLACE, Plan, make_plan
from arami_db.runner.disagreement import notes, require_agreement
from arami_db.runner.gaps import refuse_gaps

if TYPE_CHECKING:
    from arami_db.database.connect import Connection
    from arami_db.files.script import Script
    from arami_db.runner.session import Applied, MigrateOptions, Session


@dataclass(frozen=True)
class MigrateResult:
    """What a run did.

    Attributes:
        applied: the files it applied, in order.
        in_place: how many files were applied before it.
        held_back: how many pending files lie beyond the target.
        notes: what else is to be known: that the database is ahead of the files, for one.
    """

    applied: tuple[Applied, ...]
    in_place: int
    held_back: int = 0
    notes: tuple[str, ...] = ()


def preview(session: Session, tree: SqlTree) -> tuple[Script, ...]:
    """The files a run would execute, in order, checked as it would check them; reads only.

    Raises:
        RefusedFileError, LedgerError, PlatformError, UsageError: as migrate().
    """
    from arami_db.database.server import inspect
    from arami_db.migrating.run import scripts_of
    from arami_db.migrating.stub import stub_for

    state, plan, todo = _check(session.connection, tree, session.options)
    for text in notes(plan, session.options):
        session.report.note(text)
    scripts = scripts_of(todo)
    _refuse_what_is_there(session, tree, state, plan, todo)
    stub = stub_for(inspect(session.connection), tree.auth_stub) if scripts else None
    return (*([stub] if stub else []), *scripts)


def migrate(session: Session, tree: SqlTree) -> MigrateResult:
    """Bring a database to the latest version of its files.

    Args:
        session: the database, the options and the report.
        tree: the SQL files.

    Returns:
        What was done; files applied by another runner meanwhile count as in place.

    Raises:
        RefusedFileError: a file cannot be run as it stands; nothing was run.
        FileFailedError: a statement failed; files before it are applied, its own is not.
        UsageError: it is the first run, into a database that holds tables of somebody else.
        AdministratorError: this role lacks rights; nothing was run.
        LedgerError: files and ledger disagree, or the Supabase CLI has applied some of the files.
        LockBusyError, PlatformError, ConnectionFailedError: as they say.
    """
    options = session.options
    state, plan, todo = _check(session.connection, tree, options)
    if not todo.pending:
        return _result((), plan, options)
    from arami_db.migrating.run import scripts_of

    scripts_of(todo)  # refuse before anything runs, and before waiting for the lock
    _refuse_what_is_there(session, tree, state, plan, todo)
    left = _require_rights(session.connection, tree)
    result = _apply_pending(session, tree)
    return replace(result, notes=(*result.notes, *left))


def _apply_pending(session: Session, tree: SqlTree) -> MigrateResult:
    from arami_db.migrating.alone import refuse_changed
    from arami_db.migrating.run import run, scripts_of
    from arami_db.migrating.stub import stub_for
    from arami_db.runner.locked import locked

    with locked(session) as runner:
        state, plan, todo = _check(runner.connection, tree, session.options)
        if not todo.pending:
            return _result((), plan, session.options)
        stub = stub_for(runner.server, tree.auth_stub)
        if not state.exists:
            ledger.create(runner.connection)
        refuse_changed(runner.connection, scripts_of(todo, "migration"))
        with runner.remembering(scripts_of(todo)):
            return _result(tuple(run(runner, stub, todo, tree)), plan, session.options)


def _check(
    connection: Connection, tree: SqlTree, options: MigrateOptions
) -> tuple[ledger.Ledger, Plan, Plan]:
    """Read the ledger, plan all and what to run, and refuse what disagrees; writes nothing."""
    state = ledger.read(connection)
    plan = make_plan(tree, state)
    require_agreement(plan, options)
    todo = plan.up_to(options.target)
    if not options.allow_gaps:
        refuse_gaps(todo)
    if state.is_distributed:
        from arami_db.migrating.distributed import is_complete

        if any(file.kind != "view" for file in todo.pending) or not is_complete(connection):
            todo = todo.distributing()
    return state, plan, todo


def _refuse_what_is_there(
    session: Session, tree: SqlTree, state: ledger.Ledger, plan: Plan, todo: Plan
) -> None:
    """Refuse to run what another tool applied, or to begin in a database of somebody else."""
    from arami_db.migrating.pushed import refuse_pushed

    refuse_pushed(session, plan, todo.pending)
    if state.rows or session.options.into_existing:
        return
    from arami_db.runner.existing import refuse_foreign_tables

    refuse_foreign_tables(session.connection, tree)


def _require_rights(connection: Connection, tree: SqlTree) -> list[str]:
    """What is left for an administrator to do when all is applied."""
    from arami_db.administrator import block, require
    from arami_db.database.server import inspect

    server = inspect(connection)
    server.require_writable()
    left = require(connection, tree, server)
    return [block(left, server.database)] if left else []


def _result(applied: tuple[Applied, ...], plan: Plan, options: MigrateOptions) -> MigrateResult:
    held_back = len(plan.pending) - len(plan.up_to(options.target).pending)
    in_place = len(plan.of(*IN_PLACE))
    return MigrateResult(applied, in_place, held_back, notes(plan, options))
