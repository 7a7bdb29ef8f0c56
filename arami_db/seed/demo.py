"""Demo data: users with all that belongs to them, in batches, and exactly that away again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import psycopg
from psycopg.sql import SQL

from arami_db.database.connect import Connection, lost, query, redact
from arami_db.errors import StatementError, UsageError
from arami_db.files import SqlFile
from arami_db.files.script import Script, load_all
from arami_db.runner.apply import Runner
from arami_db.runner.failure import FileFailedError, hint_for
from arami_db.runner.locked import locked
from arami_db.runner.session import RunReport, Session
from arami_db.seed.recipe import SPAN, Recipe, Wish, id_of, read_state

_REMAINS = "None of these users was made; those before them stay, and the next run goes on there."
_BATCH = 100  # users a transaction: some 2,500 sessions, half a second
# The rows must not depend on the session, nor the plans on statistics that nobody has made yet.
_SETTINGS = (
    "set local timezone = 'UTC'",
    "set local search_path = ''",
    "set local row_security = off",
    "set local enable_seqscan = off",
    "set local jit = off",
)


class DemoReport(RunReport, Protocol):
    """What is told meanwhile."""

    def reached(self, users: int) -> None:
        """So many of the planned users are done."""


@dataclass(frozen=True)
class Filled:
    """What demo data there is now.

    Attributes:
        recipe: what it was made from; None where there is none.
        users: how many demo users there are.
        sessions: how many sessions they have, live and archived.
        added, removed: how many users this run added or removed.
        seconds: how long it took.
    """

    recipe: Recipe | None
    users: int
    sessions: int
    added: int
    removed: int
    seconds: float


def fill(session: Session, report: DemoReport, files: Sequence[SqlFile], wish: Wish) -> Filled:
    """Make demo users, those that are not there yet; each batch is a transaction.

    Args:
        session: the database and the options.
        report: told how it goes.
        files: what makes a batch of users, in order.
        wish: how many, and from what.

    Raises:
        UsageError: there are no such files, or see Wish.recipe().
        PendingError: the tables are not there.
        RefusedFileError: a file cannot be run as it stands; nothing was run.
        FileFailedError, StatementError: a batch failed; those before it are in.
        LockBusyError, ConnectionFailedError: as they say.
    """
    scripts = load_all(files)
    if not scripts:
        raise UsageError(
            "this SQL directory has no demo/ with files that make demo data",
            hint="The Arami schema has; without --sql-dir, it is meant.",
        )
    started = time.monotonic()
    with locked(session) as runner, _telling(report):
        state = read_state(runner.connection)
        recipe = wish.recipe(state)
        numbers = range(state.last + 1, wish.users + 1)
        report.plan(len(numbers))
        for first in numbers[::_BATCH]:
            last = min(first + _BATCH - 1, wish.users)
            with _batch(runner, id_of(first), id_of(last)) as connection:
                _make(connection, scripts, recipe)
            report.reached(last - state.last)
        return _result(runner.connection, started, added=len(numbers))


def remove(session: Session, report: DemoReport) -> Filled:
    """Delete the demo users and all that is theirs, in batches; nobody else's.

    Args:
        session: the database and the options.
        report: told how it goes.

    Raises:
        PendingError: the tables are not there.
        StatementError: a batch failed; those before it are gone.
        LockBusyError, ConnectionFailedError: as they say.
    """
    started = time.monotonic()
    with locked(session) as runner, _telling(report):
        users = read_state(runner.connection).users
        report.plan(users)
        for number, (first, last) in enumerate(_remaining(runner.connection), start=1):
            _delete(runner, first, last)
            report.reached(min(number * _BATCH, users))
        # What they were made from, and logins whose profile had gone.
        _delete(runner, id_of(0), SPAN["last"])
        return _result(runner.connection, started, removed=users)


@contextmanager
def _telling(report: DemoReport) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        report.note("interrupted; what is done stays, and the same command goes on from there")
        raise


@contextmanager
def _batch(runner: Runner, first: str, last: str) -> Iterator[Connection]:
    """A transaction for the users with these ids and those between, or none of them."""
    runner.require_lock()
    connection = runner.connection
    try:
        with connection.transaction():
            for setting in _SETTINGS:
                connection.execute(setting.encode())
            _set(connection, "lock_timeout", runner.options.lock_timeout_setting)
            _set(connection, "arami_db.demo_first", first)
            _set(connection, "arami_db.demo_last", last)
            yield connection
    except psycopg.Error as error:
        if connection.closed:
            raise lost(error) from error
        message = redact(error.diag.message_primary or str(error))
        hint = error.diag.message_hint or hint_for(error.sqlstate or "", message)
        raise StatementError(f"demo data: {message}", hint=hint) from error


def _set(connection: Connection, name: str, value: object) -> None:
    """By SET, each for itself: so Citus sends it on to the workers, which read it, too."""
    statement = SQL("set local {} to {}").format(SQL(name), str(value))
    connection.execute(statement)


def _make(connection: Connection, scripts: Sequence[Script], recipe: Recipe) -> None:
    _set(connection, "arami_db.demo_random_seed", recipe.random_seed)
    _set(connection, "arami_db.demo_begin", recipe.begin)
    _set(connection, "arami_db.demo_end", recipe.until)
    recorded = {
        "key": id_of(0),
        "random_seed": recipe.random_seed,
        "years": str(recipe.years),
        "until": recipe.until.isoformat(),
    }
    connection.execute(query("demo_record"), recorded)
    for script in scripts:
        for statement in script.statements:
            try:
                connection.execute(statement.text.encode())
            except psycopg.Error as error:
                if connection.closed:
                    raise
                failed = FileFailedError(script, statement, error)
                failed.remains = _REMAINS
                raise failed from error


def _remaining(connection: Connection) -> Iterator[tuple[str, str]]:
    """The ids between which the next demo users are, again and again, until there are none."""
    values = {**SPAN, "batch": _BATCH}
    while (row := connection.execute(query("demo_next"), values).fetchone()) and row[0]:
        yield SPAN["first"], str(row[0])


def _delete(runner: Runner, first: str, last: str) -> None:
    with _batch(runner, first, last) as connection:
        connection.execute(query("demo_remove").encode())


def _result(connection: Connection, started: float, *, added: int = 0, removed: int = 0) -> Filled:
    state = read_state(connection)
    row = connection.execute(query("demo_sessions"), SPAN).fetchone()
    sessions = int(row[0]) if row else 0
    seconds = time.monotonic() - started
    return Filled(state.recipe, state.users, sessions, added, removed, seconds)
