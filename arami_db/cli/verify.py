"""`arami-db verify` and `arami-db snapshot`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from arami_db.cli import options
from arami_db.cli.options import Database, Embedded, Format, SqlDir
from arami_db.render.output import OutputFormat
from arami_db.verify.findings import Severity


class ReportFormat(StrEnum):
    """What verify writes to stdout."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    GITHUB = "github"
    SARIF = "sarif"


def verify(
    database: Database = None,
    embedded: Embedded = False,
    sql_dir: SqlDir = None,
    prove_rls: Annotated[
        bool,
        typer.Option("--prove-rls", help="Attempt, and roll back, what nobody must manage."),
    ] = False,
    fail_on: Annotated[
        Severity, typer.Option(help="Exit 4 only for findings this grave or graver.")
    ] = Severity.COSMETIC,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="Set findings aside by source/object or /message, such as 'facts/public.x*'.",
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
        ReportFormat, typer.Option("--format", help="What to write to stdout.")
    ] = ReportFormat.TEXT,
) -> None:
    """Prove the schema: ledger, every fact of the catalog, checks, and how auth.uid() behaves.

    Reads only: any role that may read schema arami_db will do, on a standby and through a pooler
    too. --prove-rls and --remedies write, in a transaction that is rolled back; while --remedies
    tries, the tables that it mends are locked.

    \b
    Examples:
      arami-db verify --embedded
      arami-db verify --prove-rls --fail-on integrity
      arami-db verify --remedies remedies.sql
      arami-db verify --format github --ignore 'facts/public.scratch*'
    """
    from arami_db import verify as operation
    from arami_db.render.findings import show_report
    from arami_db.render.remedies import show_trial

    tree = options.tree(sql_dir)
    with options.connection(options.conninfo(database, embedded=embedded)) as connection:
        report = operation.verify(connection, tree, ignore=tuple(ignore or ()), prove_rls=prove_rls)
        if remedies is not None:
            trial = operation.try_remedies(connection, tree, report)
            options.write(remedies, trial.script)
            show_trial(trial, remedies)
    show_report(report, output)
    if report.at_least(fail_on):
        raise typer.Exit(4)


def snapshot(
    database: Database = None,
    embedded: Embedded = False,
    sql_dir: SqlDir = None,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Write schema.snapshot: the facts that `verify` expects, from a database just migrated.

    \b
    Examples:
      arami-db migrate --embedded && arami-db snapshot --embedded --sql-dir sql
    """
    from arami_db import verify as operation
    from arami_db.errors import UsageError
    from arami_db.render.results import show_created

    tree = options.tree(sql_dir)
    with options.connection(options.conninfo(database, embedded=embedded)) as connection:
        text = operation.snapshot(connection, tree)
    if text is None:
        raise UsageError(f"{tree.root} has no catalog/, the queries a snapshot is made with")
    tree.snapshot.write_text(text, encoding="utf-8")
    show_created(tree.snapshot, output)
