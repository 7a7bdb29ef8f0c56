"""Facts of the server that a connection leads to."""

from __future__ import annotations

from dataclasses import dataclass

from arami_db.database.connect import Connection, query
from arami_db.errors import PlatformError


@dataclass(frozen=True)
class Server:
    """Facts of a server.

    Attributes:
        has_auth_schema: a schema auth exists.
        has_auth_uid: auth.uid() exists.
        database: its name on the server; a pooler may use another one.
        role: our role on the server; a pooler may have logged in as another.
        standby: it follows another server, and accepts no writes.
        read_only: this role cannot write here, for that or any other reason.
        pooled: the connection goes through a pooler, so nothing may be set for the session. A
            pooler reports a backend's pid of its own.
        notices_death: it can check during a statement whether its client still exists, so that a
            killed runner's statement ends soon; Windows servers cannot.
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
        """Refuse a server that accepts no writes.

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
                " role; turn it off, or name another role.",
            )


def inspect(connection: Connection) -> Server:
    """Read the facts, in one round trip."""
    row = connection.execute(query("server"), {"pid": connection.info.backend_pid}).fetchone()
    assert row is not None  # noqa: S101
    return Server(*row)
