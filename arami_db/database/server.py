"""What kind of server a connection leads to."""

from __future__ import annotations

from dataclasses import dataclass

from arami_db.database.connect import Connection, query
from arami_db.errors import PlatformError


@dataclass(frozen=True)
class Server:
    """Facts of a server.

    Attributes:
        has_auth_schema: somebody's schema auth exists.
        has_auth_uid: auth.uid() exists.
        database: its name there; a pooler may call it otherwise.
        role: who we are there; a pooler may have logged in as another.
        standby: it follows another server, and takes no writes.
        read_only: this role cannot write here, for that or any other reason.
        pooled: a pooler stands between, so nothing may be set for the session. Told by the
            backend's pid: a pooler's connection reports one of its own making.
        notices_death: it can look, while it works, whether its client is still there, so that a
            killed runner's statement does not go on for long; Windows servers cannot.
    """

    has_auth_schema: bool
    has_auth_uid: bool
    database: str
    role: str
    standby: bool
    read_only: bool
    pooled: bool
    notices_death: bool

    def require_writable(self) -> None:
        """Refuse to go on where nothing can be written.

        Raises:
            PlatformError: the server is a standby, or the database is read-only for this role.
        """
        if self.standby:
            raise PlatformError(
                "this server is a standby: nothing can be written here",
                hint="Name the primary; among several hosts, target_session_attrs=read-write"
                " finds it.",
            )
        if self.read_only:
            raise PlatformError(
                "this database is read-only for this role: nothing can be written here",
                hint="default_transaction_read_only is on, for the server, the database or the"
                " role; take that away, or name another.",
            )


def inspect(connection: Connection) -> Server:
    """Read the facts, in one round trip."""
    row = connection.execute(query("server"), {"pid": connection.info.backend_pid}).fetchone()
    assert row is not None  # noqa: S101
    return Server(*row)
