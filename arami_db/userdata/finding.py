"""Reading from the catalog where a database keeps what it knows of people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from psycopg.rows import dict_row
from psycopg.sql import SQL

from arami_db.database.connect import Connection, query
from arami_db.errors import AramiError, PendingError, PlatformError
from arami_db.userdata.conditions import Conditions, source
from arami_db.userdata.model import Holdings, UserColumn, UserReference, UserTable

_ROOTS = ("public.users", "auth.users")


def find(connection: Connection) -> Holdings:
    """Read tables and foreign keys.

    Args:
        connection: in the transaction that is to work with what is found.

    Raises:
        PendingError: there is no public.users.
        PlatformError: this role does not see all rows of a table that a key reaches.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(query("userdata_tables")).fetchall()
    tables = {
        row["oid"]: UserTable(**{**row, "columns": tuple(UserColumn(**c) for c in row["columns"])})
        for row in found
    }
    roots = [t for name in _ROOTS for t in tables.values() if str(t) == name and t.has_id]
    if not roots or str(roots[0]) != _ROOTS[0]:
        raise PendingError(
            "there is no table public.users with an id here, so nobody is known",
            hint="arami-db migrate",
        )
    keys = connection.execute(query("userdata_references")).fetchall()
    references = [
        UserReference(name, child, parent, tuple(columns), tuple(parents), action)
        for name, child, parent, columns, parents, action in keys
    ]
    holdings = Holdings(tables, tuple(roots), _leading_to(roots, references))
    _require_readable(connection, holdings.reached)
    return holdings


def filled(connection: Connection, conditions: Conditions) -> list[UserTable]:
    """The tables that no key reaches and that have rows about the person.

    Args:
        connection: in the transaction that is to work with them.
        conditions: whose rows.
    """
    tables = [table for table in conditions.holdings.claimed if table.is_readable]
    asked = [
        SQL("select {} where exists (select 1 from {} where {})").format(
            table.oid, source(table, "a"), conditions.theirs(table)
        )
        for table in tables
    ]
    if not asked:
        return []
    found = connection.execute(SQL(" union all ").join(asked)).fetchall()
    return [table for table in tables if (table.oid,) in found]


def unknown(conditions: Conditions) -> AramiError:
    """The error for an id of which nothing is known."""
    return AramiError(
        f"there is no user {conditions.person} in this database: no profile, no login, and no row"
        " that refers to one"
    )


def _leading_to(
    roots: Iterable[UserTable], references: Sequence[UserReference]
) -> tuple[UserReference, ...]:
    """The keys that lead to the roots, over however many tables."""
    reached, before = {root.oid for root in roots}, 0
    while len(reached) > before:
        before = len(reached)
        reached |= {r.child for r in references if r.parent in reached}
    return tuple(r for r in references if r.parent in reached)


def _require_readable(connection: Connection, tables: Iterable[UserTable]) -> None:
    """Refuse to go on where rows would be missed."""
    unseen = [table for table in tables if not table.is_readable]
    if not unseen:
        return
    role = connection.execute("select quote_ident(current_user)").fetchall()[0][0]
    ways = {
        f"grant usage on schema {t.schema} to {role}; grant select on {t} to {role};"
        for t in unseen
        if not t.may_read
    }
    if any(table.may_read for table in unseen):
        ways.add(f"alter role {role} bypassrls;")
    named = ", ".join(map(str, unseen))
    raise PlatformError(
        f"{role} does not see every row of {named}, where a person's data is",
        hint="Run it as the owner of the tables, or let an administrator run: "
        + " ".join(sorted(ways)),
    )
