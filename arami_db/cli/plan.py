"""`arami-db plan`."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from arami_db.cli import options
from arami_db.cli.options import AllowNewer, Database, Embedded, Shadow, SqlDir
from arami_db.files.effects import Risk
from arami_db.render.output import choose_report_format

if TYPE_CHECKING:
    from collections.abc import Callable

    from arami_db.database.connect import Connection
    from arami_db.files import SqlTree
    from arami_db.plan import Planned, PlanOptions
    from arami_db.runner.session import MigrateOptions


class PlanFormat(StrEnum):
    """What plan writes to stdout."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    GITHUB = "github"
    SARIF = "sarif"


def plan(
    database: Database = None,
    embedded: Embedded = False,
    sql_dir: SqlDir = None,
    shadow: Shadow = None,
    target: Annotated[
        int | None, typer.Option(metavar="N", help="Stop after version N.", show_default=False)
    ] = None,
    allow_out_of_order: Annotated[
        bool,
        typer.Option("--allow-out-of-order", help="Plan files numbered below one applied, too."),
    ] = False,
    allow_newer: AllowNewer = False,
    with_data: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Fill the throw-away database with demo data of N users first.",
            show_default=False,
        ),
    ] = None,
    fail_on: Annotated[
        Risk | None,
        typer.Option(
            help="Exit 4 for a statement of this risk or a greater one.", show_default=False
        ),
    ] = None,
    output: Annotated[
        PlanFormat,
        typer.Option("--format", help="What to write to stdout.", callback=choose_report_format),
    ] = PlanFormat.TEXT,
) -> None:
    """Say what pending files will do to this database: what they lock, rewrite, lose and break.

    The files are run on a throw-away database that is like this one, and what each statement does
    there is weighed with the sizes and the traffic here. This one is only read, and of it only
    catalogs, statistics and the ledger. A file accepts what it does by a line of its own:
    -- arami: accept CLASS RELATION: REASON.

    \b
    Examples:
      arami-db plan --database postgresql://db.example.com/arami
      arami-db plan --fail-on outage --format github
      arami-db plan --format markdown > comment.md
      arami-db plan --with-data 1000
    """
    from arami_db.plan import PlanOptions
    from arami_db.render.plan import show_plan
    from arami_db.runner.session import MigrateOptions

    tree = options.tree(sql_dir)
    chosen = MigrateOptions(
        target=target, allow_out_of_order=allow_out_of_order, allow_newer=allow_newer
    )
    fill = filling(tree, with_data) if with_data is not None else None
    wanted = PlanOptions(shadow_of(shadow), fill)
    found = planned(options.conninfo(database, embedded=embedded), tree, chosen, wanted)
    show_plan(found, tree.root, output)
    if fail_on is not None and found.at_least(fail_on):
        raise typer.Exit(4)


def planned(conninfo: str, tree: SqlTree, chosen: MigrateOptions, wanted: PlanOptions) -> Planned:
    """Make a plan, saying meanwhile what takes its time."""
    from arami_db import plan as operation
    from arami_db.render.progress import waiting

    with waiting("planning") as begin:
        begin("connecting")
        with options.connection(conninfo) as connection:
            return operation.plan(connection, tree, chosen, wanted, begin)


def shadow_of(named: str | None) -> str | None:
    """The database to copy, if one is named."""
    from arami_db.naming import read_name

    return read_name(named, "--shadow") if named else None


def filling(tree: SqlTree, users: int) -> Callable[[str, Connection], None]:
    """What fills a throw-away database with demo data."""
    from arami_db import seed
    from arami_db.render.demo import PlainDemoReport
    from arami_db.runner.session import MigrateOptions, Session

    def fill(conninfo: str, connection: Connection) -> None:
        report = PlainDemoReport()
        session = Session(connection, conninfo, MigrateOptions(), report)
        seed.fill(session, report, tree.demo, seed.Wish(users))

    return fill
