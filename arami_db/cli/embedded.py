"""`arami-db embedded`: the private server for development."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from arami_db import render
from arami_db.cli.options import Format

embedded_app = typer.Typer(
    help="A private Postgres under your user's data directory, for development.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@embedded_app.command()
def start(
    tcp: Annotated[
        int | None,
        typer.Option(metavar="PORT", help="Listen on 127.0.0.1:PORT too, with a password."),
    ] = None,
    output: Format = render.Format.TEXT,
) -> None:
    """Start the server, or find it running."""
    from arami_db import embedded

    render.server(embedded.start(tcp_port=tcp), output)


@embedded_app.command()
def stop(output: Format = render.Format.TEXT) -> None:
    """Stop the server; its data stays."""
    from arami_db import embedded

    render.outcome("stopped" if embedded.stop() else "not running", output)


@embedded_app.command()
def status(output: Format = render.Format.TEXT) -> None:
    """Show whether it runs and where; exit 1 when it does not."""
    from arami_db import embedded

    server = embedded.status()
    if server is None:
        render.outcome(f"not running; its data would live in {embedded.home()}", output)
        raise typer.Exit(1)
    render.server(server, output)


@embedded_app.command()
def url(output: Format = render.Format.TEXT) -> None:
    """Start the server if need be and print its URL, for other tools.

    \b
    Examples:
      psql "$(arami-db embedded url)"
    """
    from arami_db import embedded

    render.value("url", embedded.start().url, output)


@embedded_app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(context: typer.Context) -> None:
    """Open the psql that came with the server; further arguments go to psql.

    \b
    Examples:
      arami-db embedded psql
      arami-db embedded psql -c 'select * from user_dashboard'
    """
    from arami_db import embedded

    command = [*embedded.psql_command(embedded.start()), *context.args]
    os.execv(command[0], command)  # noqa: S606


@embedded_app.command()
def destroy(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    output: Format = render.Format.TEXT,
) -> None:
    """Stop the server and delete all its data."""
    from arami_db import embedded

    if not yes:
        typer.confirm(f"Delete the embedded server in {embedded.home()}?", abort=True, err=True)
    render.outcome("destroyed" if embedded.destroy() else "there was none", output)
