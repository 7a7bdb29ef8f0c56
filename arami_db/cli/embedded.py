"""`arami-db embedded`: the private server for development."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from arami_db.cli.options import Format
from arami_db.render.output import OutputFormat, note

_AS_PSQL_TAKES_THEM = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "help_option_names": ["--help"],
}

embedded = typer.Typer(
    help="A private Postgres under your user's data directory, for development.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@embedded.command()
def start(
    tcp: Annotated[
        int | None,
        typer.Option(metavar="PORT", help="Also listen on 127.0.0.1:PORT, with a password."),
    ] = None,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Start the server, if it does not run yet.

    \b
    Examples:
      arami-db embedded start --tcp 55432
    """
    from arami_db import embedded as server
    from arami_db.render.results import show_server

    show_server(server.start(tcp_port=tcp, note=note), output)


@embedded.command()
def stop(output: Format = OutputFormat.TEXT) -> None:
    """Stop the server; its data stays.

    \b
    Examples:
      arami-db embedded stop
    """
    from arami_db import embedded as server
    from arami_db.render.results import show_outcome

    show_outcome("stopped" if server.stop() else "not running", output)


@embedded.command()
def status(output: Format = OutputFormat.TEXT) -> None:
    """Show whether the server runs and where; exit 1 when it does not.

    \b
    Examples:
      arami-db embedded status --format json
    """
    from arami_db import embedded as server
    from arami_db.render.results import show_outcome, show_server

    found = server.status()
    if found is None:
        show_outcome(f"not running; its data directory is {server.home()}", output)
        raise typer.Exit(1)
    show_server(found, output)


@embedded.command()
def url(output: Format = OutputFormat.TEXT) -> None:
    """Print the URL of the server, for other tools; start it if it does not run.

    \b
    Examples:
      psql "$(arami-db embedded url)"
    """
    from arami_db import embedded as server
    from arami_db.render.results import show_value

    show_value("url", server.start(note=note).url, output)


@embedded.command(context_settings=_AS_PSQL_TAKES_THEM)
def psql(context: typer.Context) -> None:
    """Open the psql of the server; further arguments go to psql.

    The extra's psql has no line editing; your own has: psql "$(arami-db embedded url)".

    \b
    Examples:
      arami-db embedded psql
      arami-db embedded psql -c 'select * from user_dashboard'
    """
    from arami_db import embedded as server

    command = [*server.psql_command(server.start(note=note)), *context.args]
    os.execv(command[0], command)  # noqa: S606


@embedded.command()
def destroy(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Stop the server and delete all its data.

    \b
    Examples:
      arami-db embedded destroy --yes
    """
    from arami_db import embedded as server
    from arami_db.render.results import show_outcome

    if not yes:
        typer.confirm(f"Delete the embedded server in {server.home()}?", abort=True, err=True)
    show_outcome("destroyed" if server.destroy() else "there was none", output)
