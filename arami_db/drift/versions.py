"""Facts of servers of different versions: what the older cannot have, or writes differently."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from arami_db.database.connect import Connection
    from arami_db.facts import Fact

_MAINTAIN = 170000  # `grant all` includes one privilege more
_NOT_NULL = 180000  # NOT NULL is a constraint, whose name stays when its table is renamed
_SAME = """
    select pg_catalog.pg_get_viewdef('pg_temp.arami_db_view'::pg_catalog.regclass)
    = pg_catalog.pg_get_viewdef(%s::pg_catalog.regclass)
"""


def has(version: int, fact: Fact) -> bool:
    """Whether a server of a version can have a fact.

    Args:
        version: server_version_num.
        fact: a fact of any server.
    """
    if fact.kind in {"grant", "default privilege"} and fact.property.endswith(" maintain"):
        return version >= _MAINTAIN
    return version >= _NOT_NULL or (fact.kind, fact.property) != ("constraint", "not null")


def written_here(
    connection: Connection, expected: frozenset[Fact], there: frozenset[Fact]
) -> frozenset[Fact]:
    """Expected facts, with equal views rewritten in the notation of this server.

    PostgreSQL 15 qualifies more names, so this server formats the definition.

    Args:
        connection: to the database of `there`, in a transaction.
        expected: facts of another server.
        there: facts of this one.
    """
    found = {fact[:3]: fact for fact in there if fact.property == "definition"}
    return frozenset(
        found[fact[:3]]
        if fact.kind in {"view", "materialized view"}
        and fact not in there
        and fact[:3] in found
        and _is_same(connection, fact)
        else fact
        for fact in expected
    )


def _is_same(connection: Connection, fact: Fact) -> bool:
    with suppress(psycopg.Error), connection.transaction(force_rollback=True):
        connection.execute("set local search_path = pg_catalog")
        connection.execute(f"create temporary view arami_db_view as {fact.value}".encode())
        row = connection.execute(_SAME, [fact.object]).fetchone()
        return row is not None and bool(row[0])
    return False
