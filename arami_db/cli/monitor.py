"""`arami-db monitor`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from arami_db.cli import options
from arami_db.cli.options import Database, Duration, Embedded, SqlDir
from arami_db.errors import UsageError
from arami_db.files import SqlTree, discover, packaged_sql_dir
from arami_db.render.monitor.writing import MonitorFormat
from arami_db.render.output import choose_report_format

if TYPE_CHECKING:
    from arami_db.database.connect import Connection
    from arami_db.monitor.model import Answer

_LIMITS = {MonitorFormat.TEXT: 10, MonitorFormat.JSON: 100, MonitorFormat.OPENMETRICS: 100}
_FIRST = "overview"


def monitor(
    topics: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TOPIC]...",
            help="overview, tables, queries, indexes, locks, archive, replication, or one of your"
            " own; default: overview as text, else all.",
        ),
    ] = None,
    database: Database = None,
    embedded: Embedded = False,
    sql_dir: SqlDir = None,
    watch: Annotated[
        Duration | None,
        typer.Option(
            metavar="TIME",
            help="Repeat with this pause, until Ctrl-C.",
            parser=Duration,
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Maximum rows per query; default: 10 as text, else 100.",
            show_default=False,
        ),
    ] = None,
    timeout: Annotated[
        Duration,
        typer.Option(metavar="TIME", help="Maximum time of a query.", parser=Duration),
    ] = Duration("5s"),
    output: Annotated[
        MonitorFormat,
        typer.Option("--format", help="Format of stdout.", callback=choose_report_format),
    ] = MonitorFormat.TEXT,
) -> None:
    """Show how a database is doing: sizes, slow queries, indexes, locks, archive, replicas.

    It only reads, as any role that may connect; a member of pg_monitor sees the most. Where a role
    may not see something, the output names the missing grant and shows the rest. Each query is a
    file of monitor/ in the SQL directory, or of the Arami schema if that has none.

    \b
    Examples:
      arami-db monitor --embedded
      arami-db monitor locks --watch 2s
      arami-db monitor tables --limit 50 --format json
      arami-db monitor --format openmetrics
    """
    from arami_db.monitor.asking import chosen

    if watch is not None and output is MonitorFormat.OPENMETRICS:
        raise UsageError(
            "--watch cannot be used with openmetrics",
            hint="Leave out --watch; the collector runs the command again.",
        )
    if watch is not None and not watch:
        raise UsageError("--watch needs a pause", hint="Write --watch 2s.")
    tree = _tree(sql_dir)
    asked = chosen(tree, topics or (), usual=_FIRST if output is MonitorFormat.TEXT else None)
    most = limit or _LIMITS[output]

    def take(connection: Connection) -> list[Answer]:
        from arami_db.monitor.asking import ask

        return list(ask(connection, tree, asked, limit=most, timeout=timeout))

    _run(options.conninfo(database, embedded=embedded), take, output, watch)


def _tree(sql_dir: Path | None) -> SqlTree:
    """The project's own queries, or those of the Arami schema where it has none."""
    own = options.tree(sql_dir, may_be_empty=True)
    return own if own.monitor else discover(packaged_sql_dir())


def _run(
    conninfo: str,
    take: Callable[[Connection], list[Answer]],
    output: MonitorFormat,
    every: float | None,
) -> None:
    from arami_db.render.monitor.screen import EndedError, end_on_signals
    from arami_db.render.monitor.writing import show_answers

    if every is not None:
        end_on_signals()
    with suppress(EndedError), options.connection(conninfo) as opened:
        [(database,)] = opened.execute(b"select pg_catalog.current_database()::text").fetchall()
        if every is None:
            show_answers(take(opened), database, output)
        else:
            _watch(opened, conninfo, database, take, output, every)


def _watch(
    opened: Connection,
    conninfo: str,
    database: str,
    take: Callable[[Connection], list[Answer]],
    output: MonitorFormat,
    every: float,
) -> NoReturn:
    from arami_db.database.connect import connect
    from arami_db.render.monitor.screen import watch
    from arami_db.render.monitor.writing import show_answers

    held = [opened]

    def again() -> list[Answer]:
        if held[0].closed:
            held[0] = connect(conninfo)
        return take(held[0])

    def write(answers: Sequence[Answer]) -> None:
        show_answers(answers, database, output, in_a_row=True)

    in_place = output is MonitorFormat.TEXT and sys.stdout.isatty()
    watch(again, write, every, f"{database} on {opened.info.host}", in_place=in_place)
