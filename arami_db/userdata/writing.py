"""The rows of one table that are about a person, as JSON and as CSV."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from psycopg.sql import SQL, Composable, Composed, Identifier

from arami_db.database.connect import Connection
from arami_db.files.writing import PrivateFile
from arami_db.userdata.conditions import Conditions, source
from arami_db.userdata.model import UserTable

_LONGEST = 180  # characters of a file's name, before its ending


@dataclass(frozen=True)
class File:
    """One file of an export: its name there, its checksum, its size."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class TableExport:
    """What an export has of one table.

    Attributes:
        table: schema and name.
        rows: how many are about the person; without any there are no files.
        rows_naming_others: how many of them name somebody else, too.
        withheld: columns that were left out because they let somebody in.
        files: as JSON and as CSV.
    """

    table: str
    rows: int
    rows_naming_others: int
    withheld: tuple[str, ...]
    files: tuple[File, ...]


def file_name(table: UserTable, names: set[str]) -> str:
    """A name that every file system takes, and that no other table has, whatever its case.

    Args:
        table: what the file is to hold.
        names: those that are taken, to which this one is added.
    """
    plain = quote(str(table), safe=" ")
    name, number = plain[:_LONGEST], 1
    while name.casefold() in names:
        number += 1
        name = f"{plain[:_LONGEST]}~{number}"
    names.add(name.casefold())
    return name


def write_table(
    connection: Connection, conditions: Conditions, table: UserTable, path: Path
) -> TableExport:
    """Write a table's rows about a person, one after another as they come.

    Args:
        connection: in a transaction that sees one moment.
        conditions: whose rows.
        table: of these.
        path: where, without ending; nothing is written where there are no rows.

    Raises:
        OSError: a file cannot be written.
    """
    theirs = conditions.theirs(table)
    count = SQL("select count(*), count(*) filter (where {}) from {} where {}")
    others = conditions.names_others(table)
    asked = count.format(others, source(table, "a"), theirs)
    [(rows, naming_others)] = connection.execute(asked).fetchall()
    files: tuple[File, ...] = ()
    if rows:
        chosen = _chosen(table, theirs)
        files = (_as_json(connection, chosen, path), _as_csv(connection, chosen, path))
    return TableExport(str(table), rows, naming_others, table.withheld, files)


def _chosen(table: UserTable, theirs: Composable) -> Composed:
    """The rows about the person, in the order of their key."""
    columns = SQL(", ").join(Identifier("a", name) for name in table.shown)
    key = SQL(", ").join(Identifier("a", name) for name in table.key)
    order = SQL(" order by {}").format(key) if table.key else SQL("")
    chosen = SQL("select {} from {} where {}{}")
    return chosen.format(columns, source(table, "a"), theirs, order)


def _as_json(connection: Connection, chosen: Composed, path: Path) -> File:
    """An array of objects, one a row; written row by row as they come."""
    statement = SQL("copy (select row_to_json(x)::text from ({}) as x) to stdout").format(chosen)
    with (
        PrivateFile(path.with_name(f"{path.name}.json")) as file,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        before = "[\n"
        copy.set_types(["text"])
        for (row,) in copy.rows():
            file.write(f"{before}{row}".encode())
            before = ",\n"
        file.write(b"\n]\n")
    return File(file.path.name, file.sha256, file.size)


def _as_csv(connection: Connection, chosen: Composed, path: Path) -> File:
    """As Postgres writes it: no quotes around null, quotes around an empty text."""
    statement = SQL("copy ({}) to stdout with (format csv, header)").format(chosen)
    with (
        PrivateFile(path.with_name(f"{path.name}.csv")) as file,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for piece in copy:
            file.write(piece)
    return File(file.path.name, file.sha256, file.size)
