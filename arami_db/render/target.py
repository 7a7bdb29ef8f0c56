"""Which database a command works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arami_db.escape import visible
from arami_db.render.output import note

if TYPE_CHECKING:
    from arami_db.database.connect import Connection
    from arami_db.database.server import Server


def show_target(connection: Connection, server: Server) -> None:
    """Name the database, the real host of the connection, the role, and special facts."""
    info = connection.info
    host = f"[{info.host}]" if ":" in info.host else info.host
    version = (info.parameter_status("server_version") or "?").split()[0]
    special = (
        "standby" if server.standby else "read-only" if server.read_only else "",
        "pooled" if server.pooled else "",
    )
    facts = (f"PostgreSQL {version}", *filter(None, special))
    text = f"{server.database} on {host}:{info.port} as {server.role}: {', '.join(facts)}"
    note(visible(text))
