"""`arami-db erase`."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from arami_db.cli import options
from arami_db.cli.export import UserId
from arami_db.cli.options import Database, Embedded, Format, LockTimeout
from arami_db.render.output import OutputFormat, note

if TYPE_CHECKING:
    from arami_db.userdata import Erased

erase = typer.Typer(
    help="Erase the personal data of a user.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@erase.callback()
def _group() -> None:
    pass


@erase.command()
def user(
    person: UserId,
    database: Database = None,
    embedded: Embedded = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be erased; erase nothing.")
    ] = False,
    lock_timeout: LockTimeout = None,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Erase a person: show what would be deleted, ask, delete it in one transaction, prove it.

    Live rows, archive, login and their lines in the change log are deleted together, or nothing is.
    The preview is a real run that was rolled back. docs/user-data.md says what is deleted and what
    stays.

    \b
    Examples:
      arami-db erase user 550e8400-e29b-41d4-a716-446655440000 --dry-run
      arami-db erase user 550e8400-e29b-41d4-a716-446655440000
    """
    from arami_db.render.userdata import show_erased
    from arami_db.runner.session import MigrateOptions
    from arami_db.userdata import erase as operation

    waits = MigrateOptions(lock_timeout=options.lock_timeout(lock_timeout))
    conninfo = options.conninfo(database, embedded=embedded)
    if not (yes or dry_run):
        _require_somebody_to_ask()
    with options.connection(conninfo) as connection:
        run = partial(
            operation, connection, person, lock_timeout=waits.lock_timeout_setting, note=note
        )
        if not (yes or dry_run):
            _ask(run(dry=True))
        erased = run(dry=dry_run)
    show_erased(erased, output)


def _require_somebody_to_ask() -> None:
    from arami_db.errors import UsageError

    if not sys.stdin.isatty():
        raise UsageError(
            "this erases a person for good, and there is no terminal to confirm it",
            hint="Pass --yes if that is what you want; --dry-run shows what would be erased.",
        )


def _ask(erased: Erased) -> None:
    from arami_db.render.userdata import erased_lines

    for line in erased_lines(erased):
        note(line)
    typer.confirm(f"Erase these {erased.rows} rows for good?", abort=True, err=True)
