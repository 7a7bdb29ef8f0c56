"""What stands around the work: server, role, database, connections, extensions, settings, clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from psycopg.rows import class_row

from arami_db.database.connect import Connection, query

_MONITORING = "pg_stat_statements"  # `monitor queries` reads it where it is


@dataclass(frozen=True)
class ServerView:
    """The server as a role sees it.

    Attributes:
        version: of the server, such as 15.20.
        platform: "supabase", "plain", or whose schema auth is.
        role: whose rights count.
        login: who logged in; only that role's memberships let it become another.
        attributes: those of power: superuser, createrole and the like.
        member_of: the roles it is a direct member of.
        database_owner: who owns the database.
        owns_database: whether the role has the rights of that owner.
        may_create_schemas: whether it may make schemas in the database.
        may_create_in_public: whether it may make tables in schema public.
        tables_of: who migrated, None where nobody has.
        owns_tables: whether the role has the rights of that one, or nobody has migrated.
        may_archive: whether it may archive without them.
        may_maintain: whether it may vacuum without them.
        limited_by: what limits its connections most.
        most: how many that limit allows.
        free: how many of them are left, besides the one that asked.
        now: the server's clock.
        time_zone: of the session.
        counts: whether the server counts rows, for maintain and autovacuum.
    """

    version: str
    platform: str
    role: str
    login: str
    attributes: list[str]
    member_of: list[str]
    database_owner: str
    owns_database: bool
    may_create_schemas: bool
    may_create_in_public: bool
    tables_of: str | None
    owns_tables: bool
    may_archive: bool
    may_maintain: bool
    limited_by: str
    most: int
    free: int
    now: datetime
    time_zone: str
    counts: bool


@dataclass(frozen=True)
class Extension:
    """An extension: the version that is installed and its schema, and the one that could be."""

    name: str
    installed: str | None
    schema: str | None
    available: str | None


@dataclass(frozen=True)
class ServerSetting:
    """A setting in force for this session, and what set it, as pg_settings says it."""

    name: str
    value: str
    source: str


def read_around(connection: Connection) -> tuple[ServerView, timedelta]:
    """Read it, and by how much the server's clock is ahead of ours, to half a round trip."""
    before = datetime.now(UTC)
    with connection.cursor(row_factory=class_row(ServerView), binary=True) as cursor:
        around = cursor.execute(query("doctor")).fetchone()
    after = datetime.now(UTC)
    assert around is not None  # noqa: S101
    return around, around.now - (before + (after - before) / 2)


def read_extensions(connection: Connection, names: Iterable[str]) -> tuple[Extension, ...]:
    """Read how it stands with extensions, by name, and with the one that monitoring reads."""
    wanted = {"names": sorted({*names, _MONITORING})}
    with connection.cursor(row_factory=class_row(Extension)) as cursor:
        return tuple(cursor.execute(query("doctor_extensions"), wanted))


def read_settings(connection: Connection) -> tuple[ServerSetting, ...]:
    """Read the settings that bear on the work."""
    with connection.cursor(row_factory=class_row(ServerSetting)) as cursor:
        return tuple(cursor.execute(query("doctor_settings")))
