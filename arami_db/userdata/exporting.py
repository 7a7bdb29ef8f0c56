"""Writing all that a database holds about a person, as it was at one moment."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from arami_db import __version__
from arami_db.database.connect import Connection
from arami_db.errors import UsageError
from arami_db.files.writing import PrivateFile, private_folder
from arami_db.userdata.conditions import Conditions
from arami_db.userdata.finding import filled, find, unknown
from arami_db.userdata.transaction import record, require_record, snapshot
from arami_db.userdata.writing import File, TableExport, file_name, write_table


@dataclass(frozen=True)
class UserExport:
    """What was written.

    Attributes:
        directory: where.
        record: the number of its row in audit.user_data_run.
        snapshot_at: the moment that it shows, as the server writes it.
        database, server_version: whence.
        tables: those that keys reach, and what of others has rows.
        not_looked_into: tables that this role may not read and no key reaches.
    """

    directory: Path
    record: int
    snapshot_at: str
    database: str
    server_version: str
    tables: tuple[TableExport, ...]
    not_looked_into: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many in all."""
        return sum(part.rows for part in self.tables)


def export(
    connection: Connection, person: str, directory: Path, on_table: Callable[[str], None]
) -> UserExport:
    """Write what the database holds about a person into a new directory, whole or not at all.

    Args:
        connection: an idle one, of a role that sees all rows.
        person: the id of a user.
        directory: there must be nothing of this name.
        on_table: told each table as it begins.

    Raises:
        UsageError: the directory is there, or cannot be written.
        PendingError: the tables are not there.
        PlatformError: this role may not see or do what is needed.
        AramiError: nobody has this id, or the server refused something.
        ConnectionFailedError: the connection broke.
    """
    if os.path.lexists(directory):
        raise UsageError(
            f"{directory} is there, and nothing is written over", hint="Name another: --output DIR"
        )
    require_record(connection)
    try:
        with private_folder(directory) as folder:
            with snapshot(connection):
                about = _about(connection)
                conditions = Conditions(find(connection), person)
                parts = _write_tables(connection, conditions, folder, on_table)
            rows = sum(part.rows for part in parts)
            filled = sum(part.rows > 0 for part in parts)
            number = record(connection, "export", tables=filled, rows=rows)
            unseen = [str(t) for t in conditions.holdings.claimed if not t.is_readable]
            exported = UserExport(directory, number, *about, tuple(parts), tuple(unseen))
            _write_manifest(folder, person, exported)
    except OSError as error:
        where = error.filename or directory
        raise UsageError(f"{where}: cannot be written: {error.strerror}") from error
    return exported


def _about(connection: Connection) -> tuple[str, str, str]:
    """When and where: as the first query of the transaction, it is the moment of its snapshot."""
    return connection.execute(
        "select to_json(statement_timestamp()) #>> '{}', current_database()::text,"
        " current_setting('server_version')"
    ).fetchall()[0]


def _write_tables(
    connection: Connection,
    conditions: Conditions,
    folder: Path,
    on_table: Callable[[str], None],
) -> list[TableExport]:
    named = filled(connection, conditions)
    parts, names = list[TableExport](), set[str]()
    for table in (*conditions.holdings.reached, *named):
        on_table(str(table))
        name = file_name(table, names)
        parts.append(write_table(connection, conditions, table, folder / name))
    if not any(part.rows for part in parts):
        raise unknown(conditions)
    return parts


def _write_manifest(folder: Path, person: str, exported: UserExport) -> None:
    """What there is, and the checksums of it as `sha256sum --check` reads them."""
    data = {
        "user": person,
        "tool_version": __version__,
        **{key: value for key, value in _data(exported).items() if key != "directory"},
    }
    with PrivateFile(folder / "manifest.json") as manifest:
        manifest.write(json.dumps(data, indent=2, ensure_ascii=False).encode() + b"\n")
    files = [file for part in exported.tables for file in part.files]
    own = File("manifest.json", manifest.sha256, manifest.size)
    with PrivateFile(folder / "SHA256SUMS") as sums:
        sums.write("".join(f"{f.sha256}  {f.name}\n" for f in (*files, own)).encode())


def _data(exported: UserExport) -> dict[str, Any]:
    return {**asdict(exported), "rows": exported.rows}
