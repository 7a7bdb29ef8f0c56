"""Asking a database for its facts and for what its checks find, in one read-only transaction."""

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
# What a file's query returns, and what is made of it: a check may return more columns.
_FACT = ("kind", "object", "property", "value")
_FINDING = ("severity", "object", "finding", "remedy")
_STATED = ", ".join(f"x.{column}::pg_catalog.text" for column in _FACT) + ", null::pg_catalog.jsonb"
_FOUND = "null, null, null, null, pg_catalog.to_jsonb(x)"


class QueryFailedError(AramiError):
    """A query of the verification itself could not be run."""


@dataclass(frozen=True)
class FactsReading:
    """What a database says of itself.

    Attributes:
        facts: every fact that the catalog's files state.
        found: a check, and the columns of a row it returned: severity, object, finding, remedy,
            and those it adds to them.
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
    """State the facts of a database and ask its checks, in one transaction that leaves no trace.

    Args:
        connection: any role that may connect will do; a standby or a pooler too.
        tree: the SQL files.
        asked: which of its files to ask; None for all of catalog/ and checks/.
        made: what the files make; checks are milder with what they do not.

    Raises:
        QueryFailedError: a query failed, or does not return what it should; names the file.
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
    """State the facts and ask every check in the transaction at work, as it has changed things.

    Args:
        connection: in a transaction; its settings are afterwards what they were.
        tree: the SQL files.
        made: as read() has it.

    Raises:
        QueryFailedError: a fact lacks something; names the file.
        psycopg.Error: as the server says it.
    """
    with connection.transaction(force_rollback=True):
        connection.execute(SET.encode())
        name_made(connection, made)
        name_distributed(connection, tree)
        return ask_files(connection, tree.prelude, tree.catalog, tree.checks)


def facts_within(
    connection: Connection, tree: SqlTree, schemas: Collection[str]
) -> frozenset[Fact]:
    """State the facts of further schemas, too, in the transaction at work.

    Args:
        connection: in a transaction; its settings are afterwards what they were.
        tree: the SQL files.
        schemas: what counts as ours besides public, audit and arami_db.

    Raises:
        QueryFailedError: a fact lacks something; names the file.
        psycopg.Error: as the server says it.
    """
    with connection.transaction(force_rollback=True):
        connection.execute(SET.encode())
        set_list(connection, "arami_db.schemas", schemas)
        name_distributed(connection, tree)
        return ask_files(connection, tree.prelude, tree.catalog, ()).facts


def schemas_of(connection: Connection, tree: SqlTree) -> tuple[frozenset[str], frozenset[str]]:
    """The schemas of a database: those of whoever uses it, and the platform's, by name.

    Args:
        connection: to the database.
        tree: the SQL files, whose prelude says which are the platform's.

    Raises:
        psycopg.Error: as the server says it.
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
    """Run some files as one query behind the prelude, which is stated and planned once.

    A file's query is a sub-select there, so that it may have a WITH of its own.

    Args:
        connection: in a transaction that SETTINGS have been set for.
        prelude: what the files may name.
        catalog: queries that return facts.
        checks: queries that return findings.

    Raises:
        QueryFailedError: a fact lacks something; names the file.
        psycopg.Error: as the server says it.
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
    """What to raise when a table was not to be had: it says who is in the way."""
    holders = "; ".join(str(text) for (text,) in connection.execute(query("exclusive_locks")))
    return QueryFailedError(
        f"a table is locked by whoever is changing it: {holders or 'they are done by now'}",
        hint="Verify when they are done, or end that transaction.",
    )


def _failure(connection: Connection, tree: SqlTree, error: psycopg.Error) -> QueryFailedError:
    """Say who is in the way, or ask file after file to learn which one fails."""
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
