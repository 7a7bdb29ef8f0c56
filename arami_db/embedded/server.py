"""A running server: how to reach it, whether it answers, what it must hold."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from arami_db.embedded.place import ServerPlace, ServerState, write_private
from arami_db.embedded.processes import postmaster
from arami_db.embedded.sockets import trusted
from arami_db.errors import EmbeddedError

if TYPE_CHECKING:
    import psycopg

_HAS_STATISTICS = """
    select from pg_available_extensions
    where
        name = 'pg_stat_statements'
        and current_setting('shared_preload_libraries') like '%pg_stat_statements%'
"""
_PASSWORD = "password"  # noqa: S105 (a file's name)


@dataclass(frozen=True)
class EmbeddedServer:
    """A running embedded server; `programs` is the directory of those it was started with."""

    data_dir: Path
    socket_dir: Path
    port: int
    pid: int
    version: str
    tcp: bool
    programs: Path

    @property
    def conninfo(self) -> str:
        """The libpq connection string, through the socket: never a password in it."""
        from psycopg.conninfo import make_conninfo

        return make_conninfo(
            host=str(self.socket_dir), port=self.port, user="postgres", dbname="arami"
        )

    @property
    def url(self) -> str:
        """The URL: through the socket, or with TCP on, 127.0.0.1 and the password."""
        if not self.tcp:
            folder = quote(str(self.socket_dir), safe="")
            return f"postgresql://postgres@{folder}:{self.port}/arami"
        password = (self.data_dir.parent / _PASSWORD).read_text()
        return f"postgresql://postgres:{password}@127.0.0.1:{self.port}/arami"


def psql_command(server: EmbeddedServer) -> list[str]:
    """The argv of the psql that belongs to `server`; append psql's own options.

    Raises:
        EmbeddedError: it has none, and there is none on PATH.
    """
    beside = server.programs / "psql"
    psql = str(beside) if beside.exists() else shutil.which("psql")
    if psql is None:
        raise EmbeddedError(
            f"There is no psql in {server.programs}, and none on PATH.",
            hint="install the package of your system that has it, such as postgresql-client",
        )
    return [psql, f"--dbname={server.conninfo}"]


def answering(place: ServerPlace) -> EmbeddedServer | None:
    """The server, if it really takes a connection now.

    Raises:
        EmbeddedError: something answers that is not a process of this server.
    """
    import psycopg

    state, data = place.state(), place.data_dir
    if state is None or data is None or not trusted(state.socket_dir, place.account.uid):
        return None
    try:
        with _connect(state) as connection:
            version = connection.info.parameter_status("server_version") or "unknown"
            pid = postmaster(place)
            connection.execute("select 1")  # still there: so a pid not found is not a shutdown's
    except psycopg.OperationalError:
        return None
    if pid is None:
        raise EmbeddedError(
            f"{place.root}: its server runs where it cannot be seen from here.",
            hint="stop it where it was started, perhaps in another container",
        )
    return EmbeddedServer(
        data, state.socket_dir, state.port, pid, version, state.tcp, state.programs
    )


def prepare(server: EmbeddedServer) -> None:
    """Make what every session counts on: the database, its extension, a password for TCP."""
    state = ServerState(server.socket_dir, server.port, server.tcp, server.programs)
    with _connect(state) as connection:
        if server.tcp:
            _set_password(connection, server.data_dir.parent / _PASSWORD)
        found = connection.execute("select from pg_database where datname = 'arami'").fetchone()
        if found is None:
            connection.execute("create database arami template template0")
    with _connect(state, "arami") as connection:
        connection.execute("set client_min_messages = warning")
        connection.execute("create schema if not exists extensions")  # as on Supabase
        if connection.execute(_HAS_STATISTICS).fetchone() is not None:
            connection.execute(
                "create extension if not exists pg_stat_statements schema extensions"
            )


def _set_password(connection: psycopg.Connection[Any], file: Path) -> None:
    if not file.exists():
        write_private(file, secrets.token_urlsafe(24))
    # Hashed here: a password in the statement would be kept by pg_stat_statements.
    verifier = connection.pgconn.encrypt_password(
        file.read_bytes(), b"postgres", b"scram-sha-256"
    ).decode()
    connection.execute(f"alter role postgres password '{verifier}'")


def _connect(state: ServerState, dbname: str = "postgres") -> psycopg.Connection[Any]:
    import psycopg

    return psycopg.connect(
        host=str(state.socket_dir),
        port=state.port,
        user="postgres",
        dbname=dbname,
        connect_timeout=5,
        autocommit=True,
    )
