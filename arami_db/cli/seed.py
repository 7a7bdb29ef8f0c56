"""`arami-db seed` and `seed demo`."""

from __future__ import annotations

import sys
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from arami_db.cli import options
from arami_db.cli.options import Database, Embedded, Format, SqlDir
from arami_db.render.output import OutputFormat

if TYPE_CHECKING:
    from arami_db.database.connect import Connection
    from arami_db.files import SqlTree

Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask when the database holds other users.")
]


class _NamesOrDemo(TyperGroup):
    """`seed demo` is its own command; other words after `seed` are names and options."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Allow names and options in any order, unless `demo` comes first."""
        if args[:1] == ["demo"]:
            self.params = [p for p in self.params if p.param_type_name != "argument"]
        else:
            ctx.allow_interspersed_args = True
        return super().parse_args(ctx, args)


seed = typer.Typer(
    cls=_NamesOrDemo,
    invoke_without_command=True,
    rich_markup_mode=None,
    subcommand_metavar="| demo",
)


@seed.callback()
def files(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Seeds by name or number; default: all."),
    ] = None,
    database: Database = None,
    embedded: Embedded = False,
    sql_dir: SqlDir = None,
    yes: Yes = False,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Insert the development data; running it again changes nothing.

    \b
    Examples:
      arami-db seed --embedded
      arami-db seed test_user --yes
      arami-db seed demo --users 1000
    """
    if context.invoked_subcommand is not None:
        return
    from arami_db import seed as operation
    from arami_db.render.progress import progress
    from arami_db.render.results import show_seeded
    from arami_db.runner.session import MigrateOptions, Session

    if "demo" in (names or []):
        raise typer.BadParameter("write options after it: arami-db seed demo …")
    tree = options.tree(sql_dir)
    conninfo = options.conninfo(database, embedded=embedded)
    with options.connection(conninfo) as connection:
        seeds = operation.select(tree, names or [])
        _ask(connection, tree, "Seed it?", yes=yes)
        with progress() as report:
            waits = MigrateOptions(
                lock_timeout=options.lock_timeout(), lock_wait=options.lock_wait()
            )
            session = Session(connection, conninfo, waits, report)
            result = operation.seed(session, seeds)
    show_seeded(result, output)


@seed.command()
def demo(
    users: Annotated[
        int | None,
        typer.Option(
            min=0, max=100_000_000, metavar="N", help="Number of demo users in all; default: 100."
        ),
    ] = None,
    years: Annotated[
        float | None,
        typer.Option(min=0.01, max=100, metavar="Y", help="Years of data; default: 3."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Data ends before this day; default: today, in UTC."),
    ] = None,
    random_seed: Annotated[
        int | None,
        typer.Option(
            min=0, max=2**53, metavar="S", help="Another seed makes other data; default: 1."
        ),
    ] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove all demo data, and nothing else.")
    ] = False,
    database: Database = None,
    embedded: Embedded = False,
    sql_dir: SqlDir = None,
    yes: Yes = False,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Make demo users with all data of a wellness app: about 23 sessions each, over years.

    The same --random-seed, --years and --until make the same rows everywhere, and user 7 is the
    same with any number of users: a larger number adds users. An interrupted run can be continued.
    Their e-mails are demo-N@example.com, their ids begin with de300000.

    \b
    Examples:
      arami-db seed demo --embedded
      arami-db seed demo --users 40000 --years 3
      arami-db seed demo --remove
    """
    from arami_db import seed as operation
    from arami_db.render.demo import demo_progress, show_demo
    from arami_db.runner.session import MigrateOptions, Session

    recipe = {"--users": users, "--years": years, "--until": until, "--random-seed": random_seed}
    if remove and (given := [name for name, value in recipe.items() if value is not None]):
        raise typer.BadParameter(f"--remove removes all demo data; leave out {', '.join(given)}")
    wish = operation.Wish(100 if users is None else users, years, _day(until), random_seed)
    tree = options.tree(sql_dir)
    conninfo = options.conninfo(database, embedded=embedded)
    with options.connection(conninfo) as connection:
        if not remove:
            _ask(connection, tree, "Add demo users?", yes=yes)
        waits = MigrateOptions(lock_timeout=options.lock_timeout(), lock_wait=options.lock_wait())
        with demo_progress() as report:
            session = Session(connection, conninfo, waits, report)
            make = partial(operation.fill, files=tree.demo, wish=wish)
            result = (operation.remove if remove else make)(session, report)
    show_demo(result, output)


def _ask(connection: Connection, tree: SqlTree, what: str, *, yes: bool) -> None:
    """Continue only if all users are those of seeds, or after a yes.

    Raises:
        UsageError: there are other users, and no terminal to ask at.
    """
    from arami_db.errors import UsageError
    from arami_db.seed import other_users

    others = 0 if yes else other_users(connection, tree)
    if others:
        question = f"{connection.info.dbname} holds {others} other users. {what}"
        if not sys.stdin.isatty():
            raise UsageError(question, hint="Pass --yes if that is what you want.")
        typer.confirm(question, abort=True, err=True)


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"--until {text!r} is not a date; write 2026-01-31") from error
