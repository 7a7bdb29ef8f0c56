"""The transactions in which a person's data is read and erased, and the record of either."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import IsolationLevel, errors

from arami_db import ledger
from arami_db.database.connect import Connection, lost, query, redact
from arami_db.database.execute import no_time_limit
from arami_db.database.server import inspect
from arami_db.errors import AramiError, PendingError, PlatformError, StatementError
from arami_db.runner.failure import hint_for

# The same person gives the same bytes in every session; rows that a policy would hide are an error.
_SETTINGS = (
    "set local search_path = pg_catalog, pg_temp",
    "set local row_security = off",
    "set local timezone = 'UTC'",
    "set local datestyle = 'ISO, YMD'",
    "set local intervalstyle = 'iso_8601'",
    "set local bytea_output = 'hex'",
    "set local extra_float_digits = 1",
    "set local statement_timeout = 0",
    "set local idle_in_transaction_session_timeout = 0",
)
# Worth another try: a lock that somebody held too long, and a deadlock.
BUSY = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """A transaction that sees one moment of the database and writes nothing.

    Raises:
        AramiError: the server refused something; see _told().
    """
    connection.isolation_level, connection.read_only = IsolationLevel.REPEATABLE_READ, True
    try:
        with _telling(connection), connection.transaction():
            _set(connection)
            yield
    finally:
        if not connection.closed:
            connection.isolation_level = connection.read_only = None


@contextmanager
def changing(connection: Connection, *, lock_timeout: str, undone: bool) -> Iterator[None]:
    """A transaction that changes something, or only tries to.

    Args:
        connection: an idle one.
        lock_timeout: as Postgres takes it.
        undone: whether it is rolled back at the end.

    Raises:
        psycopg.Error: one of BUSY.
        AramiError: the server refused something; see _told().
    """
    connection.isolation_level = IsolationLevel.READ_COMMITTED
    try:
        with _telling(connection), connection.transaction(force_rollback=undone):
            _set(connection)
            connection.execute("select set_config('lock_timeout', %s, true)", [lock_timeout])
            yield
    finally:
        if not connection.closed:
            connection.isolation_level = None


def record(connection: Connection, kind: str, *, tables: int, rows: int) -> int:
    """Write down that it was done, with nothing that says whose data it was.

    Args:
        connection: in a transaction or not.
        kind: "export" or "erase".
        tables: how many had rows.
        rows: how many.

    Returns:
        The number of the record.

    Raises:
        AramiError: see require_record().
    """
    values = {"kind": kind, "tables": tables, "rows": rows, **ledger.actor()}
    with _telling(connection):
        return int(connection.execute(query("userdata_record"), values).fetchall()[0][0])


def require_record(connection: Connection) -> None:
    """Find out before anything is done whether it can be written down.

    Raises:
        PendingError: there is no table for it.
        PlatformError: this role may not write to it, or nobody may write here.
    """
    inspect(connection).require_writable()
    found = connection.execute(
        "select quote_ident(current_user), to_regclass('audit.user_data_run') is not null,"
        " coalesce(has_table_privilege(to_regclass('audit.user_data_run'), 'insert'), false)"
    ).fetchall()
    [(role, is_there, may_write)] = found
    if not is_there:
        raise PendingError(
            "there is no table audit.user_data_run, where this would be recorded",
            hint="arami-db migrate",
        )
    if not may_write:
        raise PlatformError(
            f"{role} may not write to audit.user_data_run, where this is recorded",
            hint=f"grant usage on schema audit to {role};"
            f" grant select, insert on audit.user_data_run to {role};",
        )


def _set(connection: Connection) -> None:
    connection.execute("; ".join((*_SETTINGS, *no_time_limit(connection))).encode())


@contextmanager
def _telling(connection: Connection) -> Iterator[None]:
    try:
        yield
    except BUSY:
        raise
    except psycopg.Error as error:
        if connection.closed:
            raise lost(error) from error
        raise _told(error) from error


def _told(error: psycopg.Error) -> AramiError:
    """What a refusal of the server means here; never its detail, which quotes rows."""
    diag = error.diag
    message = redact(diag.message_primary or str(error))
    if isinstance(error, errors.ForeignKeyViolation | errors.RestrictViolation):
        return StatementError(
            f"{diag.schema_name}.{diag.table_name} has rows that are not only this person's, and"
            f" its key {diag.constraint_name} keeps what they refer to: nothing was erased",
            hint="Clear that column in those rows, delete them, or give the key"
            " `on delete set null` or `on delete cascade` in a migration.",
        )
    if isinstance(error, errors.InsufficientPrivilege):
        return PlatformError(
            message, hint=diag.message_hint or "Run it as the owner of the tables."
        )
    return StatementError(
        message, hint=diag.message_hint or hint_for(error.sqlstate or "", message)
    )
