"""Reading the facts of a database and running its checks, in one read-only transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from arami_db.database.connect import Connection, lost, query
from arami_db.database.execute import no_time_limit
from arami_db.errors import AramiError
from arami_db.facts.session import SET, name_distributed, name_made, set_list
from arami_db.facts.snapshot import Fact
from arami_db.files import SqlFile, SqlTree

_BEGIN = f"begin isolation level repeatable read read only; {SET}"
# The columns of a file's query, and of the combined query: a check may return more columns.
_FACT = ("kind", "object", "property", "value")
_FINDING = ("severity", "object", "finding", "remedy")
_STATED = ", ".join(f"x.{column}::pg_catalog.text" for column in _FACT) + ", null::pg_catalog.jsonb"
_FOUND = "null, null, null, null, pg_catalog.to_jsonb(x)"


class QueryFailedError(AramiError):
    """A query of the verification itself could not be run."""


@dataclass(frozen=True)
class FactsReading:
    """The facts of a database and the results of its checks.

    Attributes:
        facts: every fact that the files of catalog/ state.
        found: a check, and the columns of a row it returned: severity, object, finding, remedy,
            and further ones.
    """

    facts: frozenset[Fact]
    found: tuple[tuple[SqlFile, dict[str, Any]], ...]


def read(
    connection: Connection,
    tree: SqlTree,
    asked: Sequence[SqlFile] | None = None,
    *,
    made: Collection[Fact] = (),
) -> FactsReading:
    """Read the facts of a database and run its checks, in one read-only transaction.

    Args:
        connection: of any role that may connect; it may lead to a standby or through a pooler.
        tree: the SQL files.
        asked: the files to run; None for all of catalog/ and checks/.
        made: the facts that the files make; checks are less strict with other objects.

    Raises:
        QueryFailedError: a query failed, or returned wrong columns; names the file.
        ConnectionFailedError: the connection broke.
    """
    try:
        with _transaction(connection):
            name_made(connection, made)
            name_distributed(connection, tree)
            files = (*tree.catalog, *tree.checks) if asked is None else asked
            facts = [file for file in files if file.kind == "catalog"]
            checks = [file for file in files if file.kind == "check"]
            return ask_files(connection, tree.prelude, facts, checks)
    except psycopg.Error as error:
        if connection.closed:
            raise lost(error) from error
        raise _failure(connection, tree, error) from error


def ask_within(connection: Connection, tree: SqlTree, made: Collection[Fact] = ()) -> FactsReading:
    """Read the facts and run every check in the current transaction, with its changes.

    Args:
        connection: in a transaction; its settings are restored afterwards.
        tree: the SQL files.
        made: as for read().

    Raises:
        QueryFailedError: a fact has a null; names the file.
        psycopg.Error: a query failed.
    """
    with connection.transaction(force_rollback=True):
        connection.execute(SET.encode())
        name_made(connection, made)
        name_distributed(connection, tree)
        return ask_files(connection, tree.prelude, tree.catalog, tree.checks)


def facts_within(
    connection: Connection, tree: SqlTree, schemas: Collection[str]
) -> frozenset[Fact]:
    """Read the facts of further schemas, too, in the current transaction.

    Args:
        connection: in a transaction; its settings are restored afterwards.
        tree: the SQL files.
        schemas: the schemas to include besides public, audit and arami_db.

    Raises:
        QueryFailedError: a fact has a null; names the file.
        psycopg.Error: a query failed.
    """
    with connection.transaction(force_rollback=True):
        connection.execute(SET.encode())
        set_list(connection, "arami_db.schemas", schemas)
        name_distributed(connection, tree)
        return ask_files(connection, tree.prelude, tree.catalog, ()).facts


def schemas_of(connection: Connection, tree: SqlTree) -> tuple[frozenset[str], frozenset[str]]:
    """The schemas of a database by name: those of its users, and those of the platform.

    Args:
        connection: to the database.
        tree: the SQL files, whose prelude names the schemas of the platform.

    Raises:
        psycopg.Error: a query failed.
    """
    prelude = tree.prelude.text if tree.prelude else ""
    found = connection.execute(f"{prelude}\n{query('schemas')}".encode()).fetchall()
    own = frozenset(str(name) for name, is_platform in found if not is_platform)
    return own, frozenset(str(name) for name, is_platform in found if is_platform)


def ask_files(
    connection: Connection,
    prelude: SqlFile | None,
    catalog: Sequence[SqlFile],
    checks: Sequence[SqlFile],
) -> FactsReading:
    """Run files as one query with the prelude, which is parsed and planned once.

    Each file is a sub-select, so that it may have its own WITH.

    Args:
        connection: in a transaction with SETTINGS.
        prelude: the definitions that the files use.
        catalog: queries that return facts.
        checks: queries that return findings.

    Raises:
        QueryFailedError: a fact has a null; names the file.
        psycopg.Error: a query failed.
    """
    files = (*catalog, *checks)
    queries = [_query(number, file, _FACT, _STATED) for number, file in enumerate(catalog)]
    queries += [_query(n, file, _FINDING, _FOUND) for n, file in enumerate(checks, len(catalog))]
    if not queries:
        return FactsReading(frozenset(), ())
    text = (f"{prelude.text}\n" if prelude else "") + "\nunion all\n".join(queries)
    rows = connection.execute(text.encode()).fetchall()
    for number, *fact, found in rows:
        if found is None and None in fact:
            raise QueryFailedError(f"{files[number].label}: a fact lacks something: {fact}")
    return FactsReading(
        frozenset(Fact(*fact) for _, *fact, found in rows if found is None),
        tuple((files[number], found) for number, *_, found in rows if found is not None),
    )


def _query(number: int, file: SqlFile, columns: Sequence[str], row: str) -> str:
    text = file.text.rstrip("; \n")
    return f"select {number}, {row} from (\n{text}\n) as x ({', '.join(columns)})"  # noqa: S608


@contextmanager
def _transaction(connection: Connection) -> Iterator[None]:
    connection.execute("; ".join((_BEGIN, *no_time_limit(connection))).encode())
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("rollback")


def locked(connection: Connection) -> QueryFailedError:
    """The error for a lock timeout: it names the blocking sessions."""
    holders = "; ".join(str(text) for (text,) in connection.execute(query("exclusive_locks")))
    return QueryFailedError(
        f"a table is locked by a session that changes it: {holders or 'it is done by now'}",
        hint="Verify when it is done, or end that transaction.",
    )


def _failure(connection: Connection, tree: SqlTree, error: psycopg.Error) -> QueryFailedError:
    """Name the blocking sessions, or run file after file to find the one that fails."""
    if isinstance(error, psycopg.errors.LockNotAvailable):
        return locked(connection)
    for file, is_fact in ((f, f in tree.catalog) for f in (*tree.catalog, *tree.checks)):
        try:
            with _transaction(connection):
                name_distributed(connection, tree)
                ask_files(connection, tree.prelude, *(([file], []) if is_fact else ([], [file])))
        except psycopg.Error as own:
            columns = ", ".join(_FACT if is_fact else _FINDING)
            message = own.diag.message_primary or own
            return QueryFailedError(f"{file.label}: {message}", hint=f"It returns {columns}.")
    return QueryFailedError(f"the verification: {error.diag.message_primary or error}")
