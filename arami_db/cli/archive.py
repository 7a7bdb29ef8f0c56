"""`arami-db archive`, `archive restore` and `archive history`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from arami_db.cli import options
from arami_db.cli.archiving import (
    BatchSize,
    DryRun,
    Jobs,
    MaxDuration,
    MaxLag,
    Pause,
    asked,
    estimate,
    ready,
    run,
    size,
)
from arami_db.cli.options import Database, Duration, Embedded, Format
from arami_db.render.output import OutputFormat

if TYPE_CHECKING:
    from datetime import datetime

_SAMPLE, _EVERYBODY = 100, 2**31  # users that --verify looks at

archive = typer.Typer(
    invoke_without_command=True, rich_markup_mode=None, subcommand_metavar="[restore|history]"
)


@archive.callback()
def move(
    context: typer.Context,
    older_than: Annotated[
        str | None,
        typer.Option(metavar="INTERVAL", help="Age from which to archive; default: '2 years'."),
    ] = None,
    before: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Archive what was created before; UTC without a zone."),
    ] = None,
    batch_size: BatchSize = "auto",
    max_duration: MaxDuration = None,
    pause: Pause = Duration("0s"),
    max_lag: MaxLag = Duration("10s"),
    jobs: Jobs = 1,
    vacuum: Annotated[
        bool, typer.Option("--vacuum", help="VACUUM (ANALYZE) the live tables afterwards.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Prove on 100 users that all answers are as before.")
    ] = False,
    verify_all: Annotated[
        bool, typer.Option("--verify-all", help="Prove it on all who have something to move.")
    ] = False,
    dry_run: DryRun = False,
    force: Annotated[
        bool, typer.Option("--force", help="Accept a cutoff younger than 90 days.")
    ] = False,
    database: Database = None,
    embedded: Embedded = False,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Move old sessions with all that is theirs into the archive, in batches, while users work.

    No answer changes: history, summaries and dashboards read both. Each batch is a transaction of
    its own that waits for nobody. SIGTERM or Ctrl-C finishes the batch and exits 0, twice breaks it
    off; running again goes on from there. A second archive at the same time exits 5.

    \b
    Examples:
      arami-db archive --dry-run
      arami-db archive --older-than '2 years' --max-duration 4h --vacuum
      arami-db archive --before 2024-01-01 --jobs 2 --format json
      arami-db archive restore --user a11ce000-0000-4000-8000-000000000001
      arami-db archive history
    """
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return
    from arami_db import archive as operation

    users = _EVERYBODY if verify_all else _SAMPLE * verify
    chosen = operation.ArchiveOptions(size(batch_size), max_duration, pause, max_lag, jobs, users)
    age, moment = _age(older_than, before)
    conninfo = options.conninfo(database, embedded=embedded)
    with ready(conninfo, writing=not dry_run) as connection:
        selection = operation.fix_cutoff(connection, older_than=age, before=moment, force=force)
        if dry_run:
            estimate(conninfo, selection, output)
        else:
            run(connection, conninfo, selection, chosen, output=output, vacuum=vacuum)


@archive.command()
def restore(
    session: Annotated[
        list[str] | None, typer.Option(metavar="UUID", help="This session; may be repeated.")
    ] = None,
    user: Annotated[str | None, typer.Option(metavar="UUID", help="Sessions of this user.")] = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Created then or later.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Created before.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is archived.")] = False,
    batch_size: BatchSize = "auto",
    max_duration: MaxDuration = None,
    pause: Pause = Duration("0s"),
    max_lag: MaxLag = Duration("10s"),
    jobs: Jobs = 1,
    dry_run: DryRun = False,
    database: Database = None,
    embedded: Embedded = False,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Bring archived sessions back, exactly as they were: those that meet every criterion given.

    \b
    Examples:
      arami-db archive restore --session 5e551000-0000-4000-8000-000000000001
      arami-db archive restore --from 2023-01-01 --until 2023-02-01 --dry-run
    """
    from arami_db import archive as operation

    selection = operation.Selection(
        operation.RESTORE,
        tuple(options.uuid(text) for text in session or []),
        options.uuid(user) if user is not None else None,
        operation.moment(since) if since is not None else None,
        operation.moment(until) if until is not None else None,
    )
    if (selection == operation.Selection(operation.RESTORE)) != everything:
        raise typer.BadParameter("say --session, --user, --from, --until, or else --all")
    if since and until and operation.moment(since) >= operation.moment(until):
        raise typer.BadParameter("--from is not before --until: that would select nothing")
    chosen = operation.ArchiveOptions(size(batch_size), max_duration, pause, max_lag, jobs)
    conninfo = options.conninfo(database, embedded=embedded)
    with ready(conninfo, writing=not dry_run) as connection:
        if dry_run:
            estimate(conninfo, selection, output)
        else:
            run(connection, conninfo, selection, chosen, output=output, vacuum=False)


@archive.command()
def history(
    limit: Annotated[int, typer.Option(min=1, help="How many runs.")] = 20,
    database: Database = None,
    embedded: Embedded = False,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Show past runs, newest first: who, what, how many rows, how long, how it ended.

    \b
    Examples:
      arami-db archive history --limit 5
    """
    from arami_db import archive as operation
    from arami_db.render.archive import show_history

    conninfo = options.conninfo(database, embedded=embedded)
    with ready(conninfo, writing=False):
        runs = asked(conninfo, lambda c: operation.past_runs(c, limit))
    show_history(runs, output)


def _age(older_than: str | None, before: str | None) -> tuple[str, datetime | None]:
    from arami_db.archive import moment

    if older_than is not None and before is not None:
        raise typer.BadParameter("--older-than and --before name two cutoffs; say one of them")
    return "2 years" if older_than is None else older_than, None if before is None else moment(
        before
    )


def _refuse_options(context: typer.Context) -> None:
    """Options before a subcommand would mean nothing to it: --dry-run restore must not restore."""
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if source is not None and source.name == "COMMANDLINE":
            after = context.invoked_subcommand
            raise typer.BadParameter(f"write {parameter.opts[0]} after '{after}', or leave it out")
