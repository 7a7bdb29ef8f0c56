"""`arami-db migrate`."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated

import typer

from arami_db.cli import options
from arami_db.cli.options import (
    AllowNewer,
    Database,
    Embedded,
    Format,
    LockTimeout,
    LockWait,
    Shadow,
    SqlDir,
)
from arami_db.render.output import OutputFormat

if TYPE_CHECKING:
    from arami_db.files import SqlTree
    from arami_db.runner.session import MigrateOptions


def migrate(
    database: Database = None,
    embedded: Embedded = False,
    sql_dir: SqlDir = None,
    target: Annotated[
        int | None, typer.Option(metavar="N", help="Stop after version N.", show_default=False)
    ] = None,
    show_plan: Annotated[
        bool,
        typer.Option("--plan", help="Show what `arami-db plan` says of the files, and ask first."),
    ] = False,
    shadow: Shadow = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the SQL that would run; touch nothing.")
    ] = False,
    allow_out_of_order: Annotated[
        bool,
        typer.Option("--allow-out-of-order", help="Apply files numbered below one applied."),
    ] = False,
    allow_gaps: Annotated[
        bool,
        typer.Option("--allow-gaps", help="Apply files between which numbers are missing."),
    ] = False,
    allow_newer: AllowNewer = False,
    into_existing: Annotated[
        bool,
        typer.Option(
            "--into-existing",
            help="Begin although the database holds tables that no file here makes.",
        ),
    ] = False,
    lock_timeout: LockTimeout = None,
    lock_wait: LockWait = None,
    retries: Annotated[
        int, typer.Option(min=0, help="Further attempts after a lock timeout or deadlock.")
    ] = 5,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Apply pending migrations in order, then views whose text changed.

    Each file is one transaction together with its ledger row: applied and recorded, or neither.
    Runs beside each other wait; the second finds nothing left to do.

    \b
    Examples:
      arami-db migrate --embedded
      arami-db migrate --database postgresql://owner@db.example.com/arami
      arami-db migrate --dry-run > pending.sql
      arami-db migrate --plan
      arami-db migrate --target 12 --lock-timeout 500ms
    """
    from arami_db import migrating as operation
    from arami_db.render.progress import progress
    from arami_db.render.results import show_migrated, show_preview
    from arami_db.runner.session import MigrateOptions, Session

    chosen = MigrateOptions(
        target=target,
        allow_out_of_order=allow_out_of_order,
        allow_gaps=allow_gaps,
        allow_newer=allow_newer,
        into_existing=into_existing,
        lock_timeout=options.lock_timeout(lock_timeout),
        lock_wait=options.lock_wait(lock_wait),
        retries=retries,
    )
    tree = options.tree(sql_dir)
    conninfo = options.conninfo(database, embedded=embedded)
    if show_plan:
        _ask(conninfo, tree, chosen, shadow, dry_run=dry_run)
    with options.connection(conninfo) as connection, progress() as report:
        session = Session(connection, conninfo, chosen, report)
        if dry_run:
            scripts = operation.preview(session, tree)
        else:
            result = operation.migrate(session, tree)
    if dry_run:
        show_preview(scripts, output)
    else:
        show_migrated(result, output)


def _ask(
    conninfo: str, tree: SqlTree, chosen: MigrateOptions, shadow: str | None, *, dry_run: bool
) -> None:
    """Show the plan, and go on only where somebody says yes; nothing pending is no question."""
    from arami_db.cli.plan import planned, shadow_of
    from arami_db.errors import UsageError
    from arami_db.plan import PlanOptions
    from arami_db.render.plan import show_plan

    if dry_run:
        raise UsageError("--plan and --dry-run exclude each other", hint="arami-db plan")
    found = planned(conninfo, tree, chosen, PlanOptions(shadow_of(shadow)))
    if not found.files:
        return
    with redirect_stdout(sys.stderr):  # it belongs to the question
        show_plan(found, tree.root, "text")
    typer.confirm("Apply them?", abort=True, err=True)
