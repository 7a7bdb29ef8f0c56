"""The session that facts and checks are asked in: settings pinned, and what the prelude is told."""

from __future__ import annotations

from collections.abc import Collection

from arami_db.database.connect import Connection
from arami_db.facts.snapshot import Fact

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
    # What besides public, audit and arami_db counts as ours, and what of it the files make: see
    # the prelude.
    "arami_db.schemas": "",
    "arami_db.own": "",
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
