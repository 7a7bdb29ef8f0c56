"""What kind of server a connection leads to."""

from __future__ import annotations

from dataclasses import dataclass

from arami_db.database.connect import Connection, query


@dataclass(frozen=True)
class Server:
    """Facts of a server.

    Attributes:
        has_auth_schema: somebody's schema auth exists.
        has_auth_uid: auth.uid() exists.
        pooled: a pooler stands between, so nothing may be set for the session. Told by the
            backend's pid: a pooler's connection reports one of its own making.
        notices_death: it can look, while it works, whether its client is still there, so that a
            killed runner's statement does not go on for long; Windows servers cannot.
    """

    has_auth_schema: bool
    has_auth_uid: bool
    pooled: bool
    notices_death: bool


def inspect(connection: Connection) -> Server:
    """Read the facts, in one round trip."""
    row = connection.execute(query("server")).fetchone()
    has_auth_schema, has_auth_uid, backend_pid, notices_death = row or (False, False, 0, False)
    pooled = backend_pid != connection.info.backend_pid
    return Server(has_auth_schema, has_auth_uid, pooled, notices_death)
