"""The session that facts and checks are asked in: settings pinned, and what the prelude is told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from arami_db.database.connect import Connection, query
from arami_db.facts.snapshot import Fact
from arami_db.files import SqlTree

# What a session could bend: how names, numbers, times and strings are written.
SETTINGS = {
    # Nothing is visible but pg_catalog: '' would still look into pg_temp first.
    "search_path": "pg_catalog, pg_temp",
    "quote_all_identifiers": "off",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",
    "lc_monetary": "C",
    # Limits are meant for requests, and this may be slow on a server in need.
    "statement_timeout": "0",
    # Writing a definition out waits for whoever is changing its table.
    "lock_timeout": "5s",
    # Compiling queries this small costs more than it saves.
    "jit": "off",
    # Else Citus hides whatever is called like a shard from those who read pg_class.
    "citus.override_table_visibility": "off",
    # What besides public, audit and arami_db counts as ours, and what of it the files make,
    # and what is distributed: see the prelude.
    "arami_db.schemas": "",
    "arami_db.own": "",
    "arami_db.distributed": "",
    "arami_db.shards": "",
}
SET = "select " + ", ".join(
    f"pg_catalog.set_config('{name}', '{value}', true)" for name, value in SETTINGS.items()
)


def name_made(connection: Connection, made: Collection[Fact]) -> None:
    """Name what the files make, for the checks; nothing where that is not known.

    Args:
        connection: in a transaction.
        made: the facts of the snapshot.

    Raises:
        psycopg.Error: as the server says it.
    """
    if made:
        set_list(connection, "arami_db.own", sorted({fact.object for fact in made}))


def read_for(connection: Connection, tree: SqlTree) -> SqlTree:
    """The files to ask a database with: on Citus more of them, and another snapshot.

    Args:
        connection: to the database.
        tree: the SQL files.

    Raises:
        psycopg.Error: as the server says it.
    """
    [(is_distributed,)] = connection.execute(
        "select exists (select from pg_catalog.pg_class as c"
        " inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid"
        " where n.nspname = 'audit' and c.relname = 'distribution' and c.relkind = 'v')"
    ).fetchall()
    return replace(tree, is_distributed=is_distributed) if is_distributed else tree


def name_distributed(connection: Connection, tree: SqlTree) -> None:
    """Name what Citus distributes, and what of that it keeps on this machine.

    Args:
        connection: in a transaction that SET has been run in.
        tree: as read_for() has it for this database.

    Raises:
        psycopg.Error: as the server says it.
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
        psycopg.Error: as the server says it.
    """
    connection.execute(
        "select pg_catalog.set_config(%s, %s::pg_catalog.text[]::pg_catalog.text, true)",
        [setting, list(names)],
    )
