"""`arami-db distribute`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from arami_db.cli import options
from arami_db.cli.options import Database, Embedded, Format, LockTimeout, LockWait, SqlDir
from arami_db.render.output import OutputFormat, note

if TYPE_CHECKING:
    from arami_db.distribute import Preview


def distribute(
    database: Database = None,
    embedded: Embedded = False,
    sql_dir: SqlDir = None,
    shards: Annotated[
        int, typer.Option(min=1, max=64000, help="Number of shards of each table.")
    ] = 32,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the cluster and the tables; change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    lock_timeout: LockTimeout = None,
    lock_wait: LockWait = None,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Distribute a migrated database over a Citus cluster, by user.

    Run it on the coordinator. All tables move in one transaction, or none does; writes to them wait
    meanwhile. The rows of each table are compared before and after. The next run completes a run
    that was killed; after that, it does nothing. docs/scale.md says when distributing is useful.

    \b
    Examples:
      arami-db distribute --dry-run
      arami-db distribute --shards 64 --yes
    """
    from arami_db import distribute as operation
    from arami_db.render.distribute import show_distributed, show_distribution_preview
    from arami_db.render.progress import progress
    from arami_db.runner.session import MigrateOptions, Session

    chosen = MigrateOptions(
        lock_timeout=options.lock_timeout(lock_timeout), lock_wait=options.lock_wait(lock_wait)
    )
    tree = options.tree(sql_dir)
    conninfo = options.conninfo(database, embedded=embedded)
    with options.connection(conninfo) as connection:
        with progress() as report:
            session = Session(connection, conninfo, chosen, report)
            found = operation.preview(session, tree)
        if dry_run:
            show_distribution_preview(found, output)
            raise typer.Exit(0 if found.is_possible or found.is_done else 1)
        if found.is_possible and not found.is_done and not yes:
            _ask(found)
        with progress() as report:
            session = Session(connection, conninfo, chosen, report)
            result = operation.distribute(session, tree, shards)
    show_distributed(result, output)


def _ask(found: Preview) -> None:
    from arami_db.errors import UsageError
    from arami_db.render.distribute import preview_lines

    if not sys.stdin.isatty():
        raise UsageError(
            "this moves all tables to the workers, and there is no terminal to confirm it",
            hint="Pass --yes if that is what you want; --dry-run shows what would move.",
        )
    for line in preview_lines(found):
        note(line)
    typer.confirm("Distribute these tables? Writes to them wait meanwhile.", abort=True, err=True)
