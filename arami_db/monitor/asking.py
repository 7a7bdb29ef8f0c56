"""Running the queries of monitor/, each in a read-only transaction that does not wait for locks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import psycopg
from psycopg.sql import Identifier

from arami_db.database.connect import Connection, redact
from arami_db.errors import ConnectionFailedError, UsageError
from arami_db.files import SqlTree
from arami_db.files.question import MonitorQuery, questions
from arami_db.monitor.model import Answer, Problem, answer

# Settings that change results, or let a query wait for others or block them. Where row level
# security would hide rows, the query fails instead of counting none.
_SETTINGS = {
    "transaction_read_only": "on",
    "search_path": "pg_catalog, pg_temp",
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "row_security": "off",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "lock_timeout": "500ms",
}
_ASKED = "severity, object, finding, remedy"
# What to do about an error, where the file itself does not say.
_WAYS = {
    "42501": 'A member of pg_monitor sees the most: grant pg_monitor to :"role";',
    "55P03": "Another session is changing what it reads: `arami-db monitor locks` shows which.",
    "57014": "Allow more time with --timeout, or try again when the server is less busy.",
    "42P01": "The query names an object that this database lacks; run `arami-db migrate` first.",
    "25006": "A query of monitor/ must only read.",
}


_ABOUT = """\
select current_user::text, coalesce(jsonb_object_agg(e.extname, n.nspname), '{}')
from pg_extension as e
inner join pg_namespace as n on e.extnamespace = n.oid"""
_LONGEST = 2**31 - 1  # milliseconds, as the server counts them


def chosen(
    tree: SqlTree, topics: Sequence[str], usual: str | None = None
) -> tuple[MonitorQuery, ...]:
    """The queries of some topics.

    Args:
        tree: the SQL files.
        topics: the topics; none for the default one.
        usual: the default topic; None, or one that does not exist, for all.

    Raises:
        UsageError: there are no queries, or none of a topic.
        RefusedFileError: a file, or its comments, cannot be read.
    """
    there = questions(tree.monitor)
    known = sorted({topic for question in there for topic in question.topics})
    if not there:
        raise UsageError(f"{tree.root}: has no queries in monitor/")
    if unknown := [topic for topic in topics if topic not in known]:
        raise UsageError(f"there is no topic {unknown[0]!r}", hint=f"Topics: {', '.join(known)}.")
    wanted = set(topics) or {usual} & {*known} or {*known}
    return tuple(question for question in there if wanted & {*question.topics})


def ask(
    connection: Connection,
    tree: SqlTree,
    asked: Iterable[MonitorQuery],
    *,
    limit: int,
    timeout: float,
) -> Iterator[Answer]:
    """Run queries, one after another.

    Args:
        connection: an idle connection of any role; it may lead to a standby or through a pooler.
        tree: the SQL files, whose checks a query may run.
        asked: the result of chosen().
        limit: the maximum number of rows for each.
        timeout: how long each may take, in seconds.

    Yields:
        An answer for each, also when it failed.

    Raises:
        ConnectionFailedError: the connection broke.
    """
    try:
        _, [(role, extensions)] = _rows(connection, _ABOUT, timeout)
    except psycopg.Error as error:
        if connection.closed:
            raise _lost(error) from error
        raise
    on_citus = questions(tree.distributed_monitor) if "citus" in extensions else ()
    replaced = {question.file.version: question for question in on_citus}
    for named in asked:
        question = replaced.get(named.file.version, named)
        schema = extensions.get(question.extension)
        text = _text(question, tree, schema)
        if isinstance(text, Problem):
            yield Answer(question, problem=text)
            continue
        try:
            columns, rows = _rows(connection, text, timeout)
        except psycopg.Error as error:
            if connection.closed:
                raise _lost(error) from error
            names = {"role": role, **({"schema": schema} if schema else {})}
            yield Answer(question, problem=_problem(question, error, names))
        else:
            yield answer(question, columns, rows, limit)


def _lost(error: psycopg.Error) -> ConnectionFailedError:
    return ConnectionFailedError(redact(str(error).strip()) or "the connection was lost")


def _text(question: MonitorQuery, tree: SqlTree, schema: str | None) -> str | Problem:
    """A query as it is sent, or why it cannot be sent."""
    text = question.file.text.rstrip().rstrip(";")
    if question.extension and schema is None:
        message = f"{question.extension} is not installed in this database"
        return Problem(None, message, f"create extension {question.extension};")
    if schema is not None:
        text = _named(text, {"schema": schema})
    if question.asks is None:
        return text
    check = next((c for c in tree.checks if c.path.stem == question.asks), None)
    if check is None:
        return Problem(None, f"there is no checks/{question.asks}.sql in {tree.root}", None)
    asked = check.text.rstrip().rstrip(";")
    prelude = tree.prelude.text if tree.prelude else ""
    return (
        f"with asked as materialized (\n{prelude}\nselect * from (\n{asked}\n) as x ({_ASKED})\n)"  # noqa: S608
        f" select * from (\n{text}\n) as answered"
    )


def _rows(
    connection: Connection, text: str, timeout: float
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Send the settings and the query in one message, which is one transaction.

    The settings do not use SET, which Citus would send to the workers with the whole message.
    """
    settings = {**_SETTINGS, "statement_timeout": f"{min(max(int(timeout * 1000), 1), _LONGEST)}ms"}
    begin = "select " + ", ".join(
        f"pg_catalog.set_config('{name}', '{value}', true)" for name, value in settings.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{begin};\n{text}".encode())
        while cursor.nextset():
            pass
        columns = [column.name for column in cursor.description or ()]
        return columns, cursor.fetchall() if columns else []


def _problem(question: MonitorQuery, error: psycopg.Error, names: Mapping[str, str]) -> Problem:
    state = error.sqlstate or ""
    message = redact((error.diag.message_primary or str(error)).strip())
    way = question.ways.get(state) or _WAYS.get(state)
    return Problem(
        error.sqlstate, f"{question.file.label}: {message}", _named(way, names) if way else None
    )


def _named(text: str, names: Mapping[str, str]) -> str:
    """A text with its psql variables replaced by names."""
    for variable, name in names.items():
        text = text.replace(f':"{variable}"', Identifier(name).as_string())
    return text
