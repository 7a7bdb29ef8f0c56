"""Finding a database the way libpq does, and connecting to it without ever showing a password."""

from __future__ import annotations

import logging
import math
import os
import re
import socket
import time
from functools import cache
from typing import TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from arami_db.errors import AramiError, ConnectionFailedError, PlatformError, UsageError

Connection: TypeAlias = psycopg.Connection[TupleRow]
# It warns of errors at the end of a pipeline that it has raised already.
logging.getLogger("psycopg").setLevel(logging.ERROR)

MINIMUM_VERSION = 150000
_TRANSACTION_TIMEOUT = "25P04"
_NAMING_VARIABLES = ("PGDATABASE", "PGHOST", "PGHOSTADDR", "PGSERVICE")
NO_DATABASE = (
    "no database named: pass --database URL, or set DATABASE_URL or PGHOST/PGDATABASE/PGSERVICE,",
    "or pass --embedded to use a private server of your own.",
)


_FORMS = (
    "Write postgresql://user@host:5432/name or 'host=… dbname=…';"
    " percent-encode special characters in a URL."
)


def resolve(database: str | None, *, embedded: bool = False) -> str:
    """Turn what the user said into libpq connection parameters.

    Args:
        database: a postgresql:// URL, key=value pairs, "embedded", or None for DATABASE_URL and
            then libpq's own PG* variables.
        embedded: the same as database="embedded".

    Returns:
        A key=value connection string.

    Raises:
        UsageError: no database is named, two are, or the name cannot be read.
        EmbeddedError: the embedded server cannot be started.
    """
    if database and embedded and database != "embedded":
        raise UsageError("--database and --embedded name two databases", hint="Say one of them.")
    named = "embedded" if embedded else database or os.environ.get("DATABASE_URL") or ""
    if named == "embedded":
        from arami_db.embedded import start

        return start().conninfo
    if not named and not any(os.environ.get(variable) for variable in _NAMING_VARIABLES):
        raise UsageError("\n".join(NO_DATABASE))
    try:
        parameters = conninfo_to_dict(named)
    except psycopg.Error as error:
        raise _unreadable(error) from None
    strays = "://" in named and named.partition("?")[0].count("@") > 1
    if strays or any("@" in str(parameters.get(key, "")) for key in ("host", "hostaddr")):
        # What follows the first @ of a URL is the host: this one begins inside a password.
        raise UsageError("the database name cannot be read: there is an @ in its host", hint=_FORMS)
    return make_conninfo("", **parameters)


def _unreadable(error: psycopg.Error) -> UsageError:
    """libpq quotes the piece it stumbled over, which may be (part of) a password: cut it off."""
    reason = re.split(r"[\"'«„“]", str(error).strip())[0].strip()
    return UsageError(f"the database name cannot be read: {reason} …", hint=_FORMS)


def connect(conninfo: str) -> Connection:
    """Open a connection in autocommit, with settings that a transaction-mode pooler survives.

    Nothing is prepared, nothing is set for the session, and no startup options are sent.

    Args:
        conninfo: as resolve() returns it.

    Raises:
        ConnectionFailedError: the server refused or could not be reached.
        PlatformError: the server is older than Postgres 15.
    """
    parameters = conninfo_to_dict(conninfo)
    defaults = {
        "connect_timeout": os.environ.get("PGCONNECT_TIMEOUT", "10"),
        "fallback_application_name": f"arami-db {os.getpid()}@{socket.gethostname()}"[:63],
        "keepalives_idle": "60",  # the lock connection is silent while a long file runs
    }
    parameters = {**defaults, **parameters, "client_encoding": "utf8"}
    try:
        connection = Connection.connect(
            make_conninfo("", **parameters), autocommit=True, prepare_threshold=None
        )
    except psycopg.ProgrammingError as error:
        raise _unreadable(error) from None
    except psycopg.OperationalError as error:
        raise ConnectionFailedError(
            redact(str(error).strip(), parameters.get("password")), hint=_hint(str(error))
        ) from None
    if connection.info.server_version < MINIMUM_VERSION:
        version = connection.info.server_version // 10000
        connection.close()
        raise PlatformError(
            f"the server runs Postgres {version}; Postgres 15 or newer is needed",
            hint="security_invoker views and column lists in ON DELETE SET NULL came with 15.",
        )
    return connection


def wait_until_ready(conninfo: str, limit: float) -> float:
    """Connect again and again until the server answers a query.

    Args:
        conninfo: as resolve() returns it.
        limit: how long to try, in seconds.

    Returns:
        How long it took, in seconds.

    Raises:
        ConnectionFailedError: it did not within the limit; tells the last reason.
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
                    f"no answer within {limit:g} s: {redact(str(error).strip())}"
                ) from None
        time.sleep(min(0.2, limit - waited))


def redact(message: str, password: object = None) -> str:
    """The message without the password, and without the one in any URL it quotes."""
    for secret in (password, os.environ.get("PGPASSWORD")):
        if secret:
            # A short one stands in other words, too, and would be told by what is missing there.
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
    """The error for a connection that broke while it was in use."""
    hint = "Run `arami-db status` to see what was applied, then run the command again."
    if error.sqlstate == _TRANSACTION_TIMEOUT:
        hint = (
            "A timeout of the role or database applies; begin the file with:"
            " set local transaction_timeout = 0;"
        )
    return ConnectionFailedError(redact(str(error).strip()) or "the connection was lost", hint=hint)


def _hint(message: str) -> str | None:
    if "no password supplied" in message or "password authentication failed" in message:
        return "Put the password in ~/.pgpass or PGPASSWORD."
    if "could not translate host name" in message or "refused" in message:
        return "Is the server up, and host and port right? `arami-db wait` waits for it."
    return None
