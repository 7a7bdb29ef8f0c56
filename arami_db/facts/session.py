"""The session for facts and checks: fixed settings, and parameters of the prelude."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from arami_db.database.connect import Connection, query
from arami_db.facts.snapshot import Fact
from arami_db.files import SqlTree

# Settings that change how names, numbers, times and strings are written.
SETTINGS = {
    # Only pg_catalog is visible: with '' Postgres would still search pg_temp first.
    "search_path": "pg_catalog, pg_temp",
    "quote_all_identifiers": "off",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",
    "lc_monetary": "C",
    # Time limits are meant for requests; this may be slow on a busy server.
    "statement_timeout": "0",
    # Reading a definition waits for sessions that change its table.
    "lock_timeout": "5s",
    # JIT costs more than it saves for queries this small.
    "jit": "off",
    # Without this Citus hides relations named like shards from readers of pg_class.
    "citus.override_table_visibility": "off",
    # Further schemas to include, the objects that the files make, and the distributed tables:
    # see the prelude.
    "arami_db.schemas": "",
    "arami_db.own": "",
    "arami_db.distributed": "",
    "arami_db.shards": "",
}
SET = "select " + ", ".join(
    f"pg_catalog.set_config('{name}', '{value}', true)" for name, value in SETTINGS.items()
)


def name_made(connection: Connection, made: Collection[Fact]) -> None:
    """Set the names of what the files make, for the checks; empty where that is unknown.

    Args:
        connection: in a transaction.
        made: the facts of the snapshot.

    Raises:
        psycopg.Error: a query failed.
    """
    if made:
        set_list(connection, "arami_db.own", sorted({fact.object for fact in made}))


def read_for(connection: Connection, tree: SqlTree) -> SqlTree:
    """The files for a database: with Citus there are more, and another snapshot.

    Args:
        connection: to the database.
        tree: the SQL files.

    Raises:
        psycopg.Error: a query failed.
    """
    [(is_distributed,)] = connection.execute(
        "select exists (select from pg_catalog.pg_class as c"
        " inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid"
        " where n.nspname = 'audit' and c.relname = 'distribution' and c.relkind = 'v')"
    ).fetchall()
    return replace(tree, is_distributed=is_distributed) if is_distributed else tree


def name_distributed(connection: Connection, tree: SqlTree) -> None:
    """Set the names of distributed tables, and of their shards on this node.

    Args:
        connection: in a transaction in which SET has run.
        tree: the result of read_for() for this database.

    Raises:
        psycopg.Error: a query failed.
    """
    if tree.is_distributed:
        [found] = connection.execute(query("citus_own")).fetchall()
        connection.execute(
            "select pg_catalog.set_config('arami_db.distributed', %s, true),"
            " pg_catalog.set_config('arami_db.shards', %s, true)",
            found,
        )


def set_list(connection: Connection, setting: str, names: Collection[str]) -> None:
    """Set a setting to an array of names until the transaction ends.

    Args:
        connection: in a transaction.
        setting: its name.
        names: what it holds.

    Raises:
        psycopg.Error: a query failed.
    """
    connection.execute(
        "select pg_catalog.set_config(%s, %s::pg_catalog.text[]::pg_catalog.text, true)",
        [setting, list(names)],
    )
