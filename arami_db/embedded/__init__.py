"""A private Postgres for development and tests: no Docker, no system service, no open port.

Every function takes `root`, the directory the server lives in; `home()` when None.
"""

from __future__ import annotations

from arami_db.embedded.lifecycle import destroy, start, status, stop
from arami_db.embedded.place import home
from arami_db.embedded.server import EmbeddedServer, psql_command

__all__ = ["EmbeddedServer", "destroy", "home", "psql_command", "start", "status", "stop"]
