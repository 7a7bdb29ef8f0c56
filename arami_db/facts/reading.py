"""Asking a database for its facts and for what its checks find, in one read-only transaction."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
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
_BEGIN = "begin isolation level repeatable read read only; select " + ", ".join(
    f"pg_catalog.set_config('{name}', '{value}', true)" for name, value in SETTINGS.items()
)
_OWN = "verification"  # the label of what is no file's
_Query = tuple[str, str]  # a label and its SQL
_Rows = list[tuple[Any, ...]]


class QueryFailedError(AramiError):
    """A query of the verification itself could not be run."""


def behind(prelude: SqlFile | None, file: SqlFile) -> str:
    """The query of a file, run behind the prelude; it may have a WITH of its own."""
    text = file.text.rstrip("; \n")
    return f"{prelude.text}\n(\n{text}\n)" if prelude else text


@dataclass(frozen=True)
class Answer:
    """What a database says of itself.

    Attributes:
        facts: every fact that the catalog's files state.
        found: the rows of each check, in the order of the checks.
    """

    facts: frozenset[Fact]
    found: tuple[tuple[SqlFile, _Rows], ...]


def read(connection: Connection, tree: SqlTree, *, checks: bool = True) -> Answer:
    """State the facts of a database and ask every check, in one transaction that leaves no trace.

    Each file of catalog/ and checks/ is a query that is run behind the prelude, so that it can
    name what the prelude states.

    Args:
        connection: any role that may connect will do; a standby or a pooler too.
        tree: the SQL files.
        checks: whether to ask the checks, too.

    Raises:
        QueryFailedError: a query failed, or does not return what it should; names the file.
        ConnectionFailedError: the connection broke.
    """
    files = (*tree.catalog, *(tree.checks if checks else ()))
    # Begun by itself: a message is read as a whole before any of it is done, and how strings are
    # read is one of the settings.
    _run(connection, [(_OWN, "; ".join((_BEGIN, *no_time_limit(connection))))])
    queries = [(file.label, behind(tree.prelude, file)) for file in files]
    answers = _run(connection, [*queries, (_OWN, "rollback")])
    stated = zip(tree.catalog, answers, strict=False)
    facts = frozenset(_fact(file, row) for file, rows in stated for row in rows)
    return Answer(facts, tuple(zip(files, answers, strict=False))[len(tree.catalog) :])


def _fact(file: SqlFile, row: tuple[Any, ...]) -> Fact:
    if len(row) != len(Fact._fields) or not all(isinstance(value, str) for value in row):
        raise QueryFailedError(
            f"{file.label}: a fact is kind, object, property and value, each text; got {row}"
        )
    return Fact(*row)


def _run(connection: Connection, queries: Sequence[_Query]) -> list[_Rows]:
    """The rows of each query, all asked in one round trip."""
    cursors: list[psycopg.Cursor[tuple[Any, ...]]] = []
    try:
        # A pipeline takes one statement a message, and what begins is several.
        with connection.pipeline() if len(queries) > 1 else nullcontext():
            for _, text in queries:
                cursors.append(connection.cursor())
                cursors[-1].execute(text)
    except psycopg.Error as error:
        if connection.closed:
            raise lost(error) from error
        connection.rollback()
        failed = [q for q, c in zip(queries, cursors, strict=False) if c.pgresult is None]
        raise _failure(connection, failed[0][0] if failed else _OWN, error) from error
    return [_rows(label, cursor) for (label, _), cursor in zip(queries, cursors, strict=True)]


def _rows(label: str, cursor: psycopg.Cursor[tuple[Any, ...]]) -> _Rows:
    if cursor.description:
        return cursor.fetchall()
    if label == _OWN:
        return []
    raise QueryFailedError(f"{label}: is no query: it returns nothing")


def _failure(connection: Connection, label: str, error: psycopg.Error) -> QueryFailedError:
    if not isinstance(error, psycopg.errors.LockNotAvailable):
        return QueryFailedError(f"{label}: {error.diag.message_primary or error}")
    holders = "; ".join(str(text) for (text,) in connection.execute(query("exclusive_locks")))
    return QueryFailedError(
        f"a table is locked by whoever is changing it: {holders or 'they are done by now'}",
        hint="Verify when they are done, or end that transaction.",
    )
