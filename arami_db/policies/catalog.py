"""The catalog that policies need: tables, functions with their bodies, policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg.rows import dict_row

from arami_db.database.connect import Connection, query
from arami_db.rows.tables import Path, Table, read_tables

_SCHEMAS = """
    select nspname::text from pg_catalog.pg_namespace
    where nspname !~ '^pg_' and nspname <> 'information_schema'
"""
_SEARCHED = "select array_to_json(current_schemas(false))"
_VIEWS = """
    select n.nspname::text, c.relname::text, pg_get_viewdef(c.oid)
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    where c.relkind in ('v', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
"""
_GENERATED = """
    select n.nspname::text, c.relname::text, a.attname::text, pg_get_expr(d.adbin, d.adrelid)
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    inner join pg_catalog.pg_class as c on a.attrelid = c.oid
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    where a.attgenerated <> ''
"""
# Without a path every name is written with its schema.
_PLAIN = """
    select
        set_config('search_path', '', true),
        set_config('quote_all_identifiers', 'off', true)
"""


@dataclass(frozen=True)
class Function:
    """A function in SQL or PL/pgSQL; most and least are how many arguments it takes."""

    path: Path
    language: str
    body: str
    returns_set: bool
    arguments: tuple[str, ...]
    types: tuple[str, ...]
    most: int
    least: int
    defaults: str
    search_path: tuple[str, ...]


@dataclass(frozen=True)
class Catalog:
    """Tables and functions by name; a name has as many functions as it has signatures."""

    tables: dict[Path, Table]
    functions: dict[Path, tuple[Function, ...]]
    policies: tuple[dict[str, Any], ...]
    views: dict[Path, str]
    generated: dict[Path, dict[str, str]]


def read_catalog(connection: Connection) -> Catalog:
    """Read all of it.

    Args:
        connection: to the database; it is left as it was.

    Raises:
        psycopg.Error: as the server says it.
    """
    schemas = [str(name) for (name,) in connection.execute(_SCHEMAS).fetchall()]
    tables = read_tables(connection, schemas)
    (searched,) = connection.execute(_SEARCHED).fetchone() or ([],)
    with connection.transaction(force_rollback=True):
        connection.execute(_PLAIN)
        functions = _rows(connection, "policies_functions")
        policies = _rows(connection, "policies_read")
        views = connection.execute(_VIEWS).fetchall()
        generated: dict[Path, dict[str, str]] = {}
        for schema, table, column, text in connection.execute(_GENERATED).fetchall():
            generated.setdefault((schema, table), {})[column] = text
    named: dict[Path, tuple[Function, ...]] = {}
    for row in functions:
        function = _function(row, tuple(searched))
        named[function.path] = (*named.get(function.path, ()), function)
    shown = {(schema, view): text.rstrip().rstrip(";") for schema, view, text in views}
    return Catalog(tables, named, tuple(policies), shown, generated)


def _rows(connection: Connection, name: str) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query(name)).fetchall()


def _function(row: dict[str, Any], searched: tuple[str, ...]) -> Function:
    stated = row["search_path"]
    path = searched
    if stated is not None:
        path = tuple(name.strip().strip('"') for name in stated.split(",") if name.strip(' "'))
    return Function(
        path=(row["schema"], row["name"]),
        language=row["language"],
        body=row["body"] or "",
        returns_set=row["returns_set"],
        arguments=tuple(name or "" for name in row["arguments"] or ()),
        types=tuple(row["types"]),
        most=row["most"],
        least=row["least"],
        defaults=row["defaults"] or "",
        search_path=path,
    )
