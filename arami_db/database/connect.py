"""Connecting to a database without ever showing a password."""

from __future__ import annotations

import logging
import math
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from arami_db.database.unreachable import unreachable
from arami_db.errors import AramiError, ConnectionFailedError, PlatformError

Connection: TypeAlias = psycopg.Connection[TupleRow]
AsyncConnection: TypeAlias = psycopg.AsyncConnection[TupleRow]
# psycopg logs errors at the end of a pipeline that it has raised already.
logging.getLogger("psycopg").setLevel(logging.ERROR)

MINIMUM_VERSION = 150000
_TRANSACTION_TIMEOUT = "25P04"


def connect(conninfo: str) -> Connection:
    """Open a connection in autocommit that also works through a transaction-mode pooler.

    Nothing is prepared, nothing is set for the session, and no startup options are sent.

    Args:
        conninfo: the result of resolve().

    Raises:
        ConnectionFailedError: the server refused or could not be reached.
        UsageError: libpq rejects the name of the database: a port, an sslmode, a service.
        PlatformError: the server is older than Postgres 15.
    """
    with _reaching(conninfo) as tried:
        connection = Connection.connect(tried, autocommit=True, prepare_threshold=None)
    if connection.info.server_version < MINIMUM_VERSION:
        version = connection.info.server_version // 10000
        connection.close()
        raise PlatformError(
            f"the server runs Postgres {version}; Postgres 15 or newer is needed",
            hint="security_invoker views and column lists in ON DELETE SET NULL came with 15.",
        )
    return connection


async def connect_async(conninfo: str) -> AsyncConnection:
    """Open a further connection for an event loop, with the settings of connect().

    Args:
        conninfo: the result of resolve().

    Raises:
        ConnectionFailedError: the server refused or could not be reached.
        UsageError: libpq rejects the name of the database: a port, an sslmode, a service.
    """
    with _reaching(conninfo) as tried:
        return await AsyncConnection.connect(tried, autocommit=True, prepare_threshold=None)


@contextmanager
def _reaching(conninfo: str) -> Iterator[str]:
    """The connection string; errors raised in the block contain no password."""
    parameters = conninfo_to_dict(conninfo)
    defaults = {
        "connect_timeout": os.environ.get("PGCONNECT_TIMEOUT", "10"),
        "fallback_application_name": f"arami-db {os.getpid()}@{socket.gethostname()}"[:63],
        "keepalives_idle": "60",  # the lock connection sends nothing while a long file runs
    }
    parameters = {**defaults, **parameters, "client_encoding": "utf8"}
    tried = make_conninfo("", **parameters)
    try:
        yield tried
    except (psycopg.OperationalError, psycopg.ProgrammingError, UnicodeError) as error:
        secrets = (parameters.get("password"), parameters.get("sslpassword"))
        raise unreachable(redact(str(error), *secrets), tried) from None


def wait_until_ready(conninfo: str, limit: float) -> float:
    """Retry to connect until the server answers a query.

    Args:
        conninfo: the result of resolve().
        limit: how long to try, in seconds.

    Returns:
        How long it took, in seconds.

    Raises:
        ConnectionFailedError: it did not within the limit; names the last reason.
    """
    started = time.monotonic()
    while True:
        try:
            patience = max(limit - (time.monotonic() - started), 1)
            with connect(make_conninfo(conninfo, connect_timeout=math.ceil(patience))) as opened:
                opened.execute("select")
            return time.monotonic() - started
        except (ConnectionFailedError, psycopg.OperationalError) as error:
            waited = time.monotonic() - started
            if waited >= limit:
                raise ConnectionFailedError(
                    f"no answer within {limit:g} s: {redact(str(error).strip())}",
                    hint=getattr(error, "hint", None),
                ) from None
        time.sleep(min(0.2, limit - waited))


def redact(message: str, *secrets: object) -> str:
    """The message without the given secrets, PGPASSWORD, and passwords of URLs in it."""
    for secret in (*secrets, os.environ.get("PGPASSWORD")):
        if secret:
            # A short one may be part of other words; removing it there would reveal it.
            edge = r"\b" if len(str(secret)) < 4 else ""
            message = re.sub(f"{edge}{re.escape(str(secret))}{edge}", "***", message)
    return re.sub(r"(://[^:@/\s]*):[^@\s]*@", r"\1:***@", message)


@cache
def query(name: str) -> str:
    """The text of a query this package ships in queries/NAME.sql."""
    path = os.path.join(os.path.dirname(os.path.dirname(__file__)), "queries", f"{name}.sql")
    with open(path, encoding="utf-8") as file:
        return file.read()


def lost(error: psycopg.Error) -> AramiError:
    """The error for a connection that broke during use."""
    hint = "Run `arami-db status` to see what was applied, then run the command again."
    if error.sqlstate == _TRANSACTION_TIMEOUT:
        hint = (
            "A timeout of the role or database applies; begin the file with:"
            " set local transaction_timeout = 0;"
        )
    message = redact(error.diag.message_primary or str(error).strip())  # without its place
    return ConnectionFailedError(message or "the connection was lost", hint=hint)
