"""`arami-db wait`."""

from __future__ import annotations

from typing import Annotated

import typer

from arami_db.cli import options
from arami_db.cli.options import Database, Duration, Embedded, Format
from arami_db.render.output import OutputFormat


def wait(
    database: Database = None,
    embedded: Embedded = False,
    timeout: Annotated[
        Duration, typer.Option(metavar="TIME", help="Maximum time to wait.", parser=Duration)
    ] = Duration("30s"),
    output: Format = OutputFormat.TEXT,
) -> None:
    """Wait until the server accepts queries; exit 7 after the timeout.

    \b
    Examples:
      arami-db wait --timeout 2min && arami-db migrate
    """
    from arami_db.database.connect import wait_until_ready
    from arami_db.render.results import show_ready

    conninfo = options.conninfo(database, embedded=embedded)
    show_ready(wait_until_ready(conninfo, timeout), output)
