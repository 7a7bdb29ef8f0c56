"""Asking a database for its facts and for what its checks find, in one read-only transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from arami_db.database.connect import Connection, lost, query
from arami_db.database.execute import no_time_limit
from arami_db.errors import AramiError
from arami_db.facts.snapshot import Fact
from arami_db.files import SqlFile, SqlTree

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
}
_SET = "select " + ", ".join(
    f"pg_catalog.set_config('{name}', '{value}', true)" for name, value in SETTINGS.items()
)
_BEGIN = f"begin isolation level repeatable read read only; {_SET}"
# What a file's query returns, and what is made of it: a check may add columns by name.
_FACT = (
    "kind, object, property, value",
    "array[x.kind, x.object, x.property, x.value]::pg_catalog.text[]",
)
_FINDING = ("severity, object, finding, remedy", "pg_catalog.to_jsonb(x)")


class QueryFailedError(AramiError):
    """A query of the verification itself could not be run."""


@dataclass(frozen=True)
class Answer:
    """What a database says of itself.

    Attributes:
        facts: every fact that the catalog's files state.
        found: a check, and the columns of a row it returned: severity, object, finding, remedy,
            and those it adds to them.
    """

    facts: frozenset[Fact]
    found: tuple[tuple[SqlFile, dict[str, Any]], ...]


def read(connection: Connection, tree: SqlTree, *, checks: bool = True) -> Answer:
    """State the facts of a database and ask every check, in one transaction that leaves no trace.

    Args:
        connection: any role that may connect will do; a standby or a pooler too.
        tree: the SQL files.
        checks: whether to ask the checks, too.

    Raises:
        QueryFailedError: a query failed, or does not return what it should; names the file.
        ConnectionFailedError: the connection broke.
    """
    try:
        with _transaction(connection):
            return ask(connection, tree, checks=checks)
    except psycopg.Error as error:
        if connection.closed:
            raise lost(error) from error
        raise _failure(connection, tree, error) from error


def ask(connection: Connection, tree: SqlTree, *, checks: bool = True) -> Answer:
    """The same in the transaction at work, which SETTINGS must have been set for.

    Raises:
        psycopg.Error: as the server says it; read() says which file it comes from.
    """
    stated = _rows(connection, tree.prelude, tree.catalog, _FACT)
    found = _rows(connection, tree.prelude, tree.checks if checks else (), _FINDING)
    return Answer(
        frozenset(Fact(*row) for _, row in stated),
        tuple((tree.checks[number], row) for number, row in found),
    )


def ask_within(connection: Connection, tree: SqlTree, *, checks: bool = True) -> Answer:
    """The same in the transaction at work, whose settings are what they were when it returns.

    Raises:
        psycopg.Error: as the server says it.
    """
    with connection.transaction(force_rollback=True):
        connection.execute(_SET.encode())
        return ask(connection, tree, checks=checks)


def _rows(
    connection: Connection, prelude: SqlFile | None, files: Sequence[SqlFile], form: tuple[str, str]
) -> list[tuple[int, Any]]:
    """What all files return, in one query behind the prelude: the file's number and a row.

    A file's query is a sub-select there, so that it may have a WITH of its own.
    """
    if not files:
        return []
    columns, row = form
    queries = (
        f"select {number}, {row} from (\n{text}\n) as x ({columns})"  # noqa: S608
        for number, text in enumerate(file.text.rstrip("; \n") for file in files)
    )
    text = (f"{prelude.text}\n" if prelude else "") + "\nunion all\n".join(queries)
    return connection.execute(text.encode()).fetchall()


@contextmanager
def _transaction(connection: Connection) -> Iterator[None]:
    connection.execute("; ".join((_BEGIN, *no_time_limit(connection))).encode())
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("rollback")


def _failure(connection: Connection, tree: SqlTree, error: psycopg.Error) -> QueryFailedError:
    """Say who is in the way, or ask file after file to learn which one fails."""
    if isinstance(error, psycopg.errors.LockNotAvailable):
        holders = "; ".join(str(text) for (text,) in connection.execute(query("exclusive_locks")))
        return QueryFailedError(
            f"a table is locked by whoever is changing it: {holders or 'they are done by now'}",
            hint="Verify when they are done, or end that transaction.",
        )
    for files, form in ((tree.catalog, _FACT), (tree.checks, _FINDING)):
        for file in files:
            try:
                with _transaction(connection):
                    _rows(connection, tree.prelude, [file], form)
            except psycopg.Error as own:
                message = own.diag.message_primary or own
                return QueryFailedError(f"{file.label}: {message}", hint=f"It returns {form[0]}.")
    return QueryFailedError(f"the verification: {error.diag.message_primary or error}")
