"""Which tables maintain looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from psycopg.rows import class_row, dict_row

from arami_db.database.connect import Connection, query
from arami_db.errors import UsageError
from arami_db.maintain.model import TableStatistics

_OURS = ("public", "audit", "arami_db")


def tables(
    connection: Connection, names: Sequence[str] = (), schemas: Sequence[str] = ()
) -> list[TableStatistics]:
    """Tables with what the statistics say of them, partitioned ones last.

    Args:
        connection: in autocommit.
        names: tables, with their schema, whichever it is, or without, in one of the schemas; a
            partitioned one stands for its partitions, too. Empty for all of the schemas.
        schemas: which; empty for those of the Arami schema.

    Raises:
        UsageError: there is no such table or schema.
    """
    _require(connection, schemas)
    found = _read(connection, schemas or _OURS)
    within = [table for table in found if table.in_schemas]
    if not names:
        return within
    chosen = {table.id for name in names for table in [_named(name, found, within)]}
    return [table for table in found if chosen.intersection({table.id, *table.ancestors})]


def again(connection: Connection, table: TableStatistics) -> TableStatistics | None:
    """The same table as it is now; None when it is gone."""
    return next(iter(_read(connection, (), table.id)), None)


def _read(
    connection: Connection, schemas: Sequence[str], oid: int | None = None
) -> list[TableStatistics]:
    values = {"schemas": list(schemas), "id": oid}
    with connection.cursor(row_factory=class_row(TableStatistics)) as cursor:
        found = cursor.execute(query("maintain_tables"), values).fetchall()
    if not any(table.is_distributed for table in found):
        return found
    with connection.cursor(row_factory=dict_row) as shards:
        counted = shards.execute(query("maintain_shards").encode()).fetchall()
    figures = {row.pop("name"): row for row in counted}
    return [
        replace(table, **figures.get(table.quoted, {})) if table.is_distributed else table
        for table in found
    ]


def _named(
    name: str, found: Sequence[TableStatistics], within: Sequence[TableStatistics]
) -> TableStatistics:
    in_full = [table for table in found if name in {table.name, table.quoted}]
    bare = [table for table in within if name == table.bare_name]
    if in_full or bare:
        return (in_full or bare)[0]
    elsewhere = [table.name for table in found if name == table.bare_name]
    known = ", ".join(elsewhere or [table.name for table in within]) or "none"
    raise UsageError(f"there is no table {name!r}", hint=f"There is {known}.")


def _require(connection: Connection, schemas: Sequence[str]) -> None:
    known = {
        name for (name,) in connection.execute("select nspname::text from pg_catalog.pg_namespace")
    }
    for schema in schemas:
        if schema not in known:
            listed = ", ".join(sorted(n for n in known if not n.startswith("pg_t")))
            raise UsageError(f"there is no schema {schema!r}", hint=f"There is {listed}.")
