"""`arami-db verify` and `arami-db snapshot`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from arami_db.cli import options
from arami_db.cli.options import Database, Embedded, Format, SqlDir
from arami_db.drift.findings import Severity
from arami_db.render.output import OutputFormat, choose_report_format


class ReportFormat(StrEnum):
    """The formats of verify's stdout."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    GITHUB = "github"
    SARIF = "sarif"
    MARKDOWN = "markdown"
    HTML = "html"


def verify(
    database: Database = None,
    embedded: Embedded = False,
    sql_dir: SqlDir = None,
    prove_rls: Annotated[
        bool,
        typer.Option(
            "--prove-rls", help="Attack row level security as every API role, then roll back."
        ),
    ] = False,
    fail_on: Annotated[
        Severity, typer.Option(help="Exit 4 only for findings of this severity or higher.")
    ] = Severity.COSMETIC,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="Ignore findings by source/object or source/message; * and ? are wildcards.",
        ),
    ] = None,
    remedies: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the remedies as a SQL script, tried in a transaction that is rolled back.",
        ),
    ] = None,
    output: Annotated[
        ReportFormat,
        typer.Option("--format", help="Format of stdout.", callback=choose_report_format),
    ] = ReportFormat.TEXT,
) -> None:
    """Verify a database: ledger, every fact of the catalog, and checks.

    It only reads, as any role that may read the ledger, on a standby and through a pooler too.
    --prove-rls and --remedies write, in a transaction that is rolled back; while --remedies tries
    them, it locks the tables concerned. A deployment declares its own objects, with reasons, in
    arami-db.toml of the working directory.

    \b
    Examples:
      arami-db verify --embedded
      arami-db verify --prove-rls --fail-on integrity
      arami-db verify --remedies remedies.sql
      arami-db verify --format github --ignore 'facts/public.scratch*'
      arami-db verify --prove-rls --format html > who-may-do-what.html
    """
    from arami_db.render.findings import require, show_report
    from arami_db.render.progress import waiting
    from arami_db.render.remedies import show_trial
    from arami_db.verifying import operation
    from arami_db.verifying.aside import Wishes

    require(output)
    wishes = Wishes(tuple(ignore or ()), options.settings().accept)
    tree = options.tree(sql_dir)
    trial = None
    with waiting("verifying") as begin:
        begin("connecting")
        with options.connection(options.conninfo(database, embedded=embedded)) as connection:
            report = operation.verify(
                connection, tree, wishes=wishes, prove_rls=prove_rls, begin=begin
            )
            if remedies is not None:
                begin("trying the remedies")
                trial = operation.try_remedies(connection, tree, wishes, report)
    show_report(report, output)
    if trial is not None and remedies is not None:
        options.write(remedies, trial.script)
        show_trial(trial, remedies)
    if report.at_least(fail_on):
        raise typer.Exit(4)


def snapshot(
    database: Database = None,
    embedded: Embedded = False,
    sql_dir: SqlDir = None,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Write schema.snapshot: the facts that `verify` expects, from a newly migrated database.

    From a distributed database it writes those of distributed/ instead.

    \b
    Examples:
      arami-db migrate --embedded && arami-db snapshot --embedded --sql-dir sql
    """
    from arami_db.errors import UsageError
    from arami_db.render.results import show_created
    from arami_db.verifying import operation

    tree = options.tree(sql_dir)
    with options.connection(options.conninfo(database, embedded=embedded)) as connection:
        made = operation.snapshot(connection, tree)
    if made is None:
        raise UsageError(f"{tree.root} has no catalog/, whose queries make a snapshot")
    path, text = made
    path.write_text(text, encoding="utf-8")
    show_created(path, output)
