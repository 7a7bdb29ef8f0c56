"""Connections that are not made: each says why and the way out, with the right exit code."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from arami_db.embedded.privileges import server_account
from tests import servers
from tests.conftest import Run, eventually, missing, run_cli, run_json

SECRET = "Tr0ub4dor"  # noqa: S105
_HBA = """\
local all all trust
hostssl tls all 127.0.0.1/32 trust
host secret all 127.0.0.1/32 scram-sha-256
host postgres,elsewhere,ones,closed,narrow all 127.0.0.1/32 trust
"""
_SETUP = (
    "create role one login connection limit 1",
    "create database ones owner one",
    "create role several login",
    "create role asleep nologin",
    "create database tls",
    "create database secret",
    "create database closed",
    "create database narrow connection limit 0",
    "revoke connect on database closed from public",
)


@dataclass(frozen=True)
class Server:
    """A server of 15 or newer on TCP and a socket: eight connections, TLS or none."""

    socket: str
    port: int

    def named(self, **parameters: str) -> str:
        """Its connection string through TCP."""
        return make_conninfo(
            "", **{"host": "127.0.0.1", "port": str(self.port), "user": "postgres", **parameters}
        )

    @property
    def admin(self) -> str:
        """Its connection string for a superuser, through the socket."""
        return f"{self.socket} port={self.port}"


def made(folder: Path, *, tls: bool) -> Iterator[Server]:
    """Start a server whose pg_hba.conf is ours."""
    installed = servers.installed()
    if not installed:
        missing("a Postgres of the distribution, 15 or newer: apt install postgresql")
    port = servers.free_port()
    limits = "-c max_connections=8 -c superuser_reserved_connections=1"
    options = f"-c listen_addresses=127.0.0.1 -c port={port} {limits}"
    with servers.running(next(iter(installed.values())), folder, options=options) as conninfo:
        server = Server(conninfo, port)
        data = folder / "server" / "data"
        (data / "pg_hba.conf").write_text(_HBA if tls else _HBA.replace("hostssl", "host"))
        if tls:
            certify(data)
        with psycopg.connect(server.admin, autocommit=True) as admin:
            for statement in (*_SETUP, f"alter system set ssl = {'on' if tls else 'off'}"):
                admin.execute(statement.encode())
            admin.execute("select pg_reload_conf()")
        wanted = server.named(dbname="unheard_of")
        eventually("the server reads its pg_hba.conf", lambda: "no pg_hba.conf" in said(wanted))
        yield server


def certify(data: Path) -> None:
    """Give a server a certificate that it signed itself."""
    made = {"-keyout": data / "server.key", "-out": data / "server.crt"}
    files = [str(part) for pair in made.items() for part in pair]
    argv = ["openssl", "req", "-new", "-x509", "-nodes", "-subj", "/CN=localhost", *files]
    subprocess.run(argv, check=True, capture_output=True)
    for path in made.values():
        path.chmod(0o600)
        server_account().own(path)


def said(conninfo: str) -> str:
    """Why a connection fails; nothing when it does not."""
    try:
        psycopg.connect(conninfo).close()
    except psycopg.OperationalError as error:
        return str(error)
    return ""


def lets_in(conninfo: str) -> bool:
    """Whether a connection can be made."""
    return not said(conninfo)


@pytest.fixture(scope="module")
def plain() -> Iterator[Server]:
    """A server without TLS."""
    with servers.folder() as folder:
        yield from made(folder, tls=False)


@pytest.fixture(scope="module")
def encrypted() -> Iterator[Server]:
    """A server with TLS that lets nobody into database tls without it."""
    with servers.folder() as folder:
        yield from made(folder, tls=True)


def refused(*command: str, expect: int = 7, **environment: str) -> Run:
    """Run a command in vain: nothing on stdout, an error with a way out, no traceback."""
    done = run_cli(*command, expect=expect, **environment)
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert "\nhint: " in done.stderr
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stderr
    return done


def test_what_the_server_refuses(plain: Server) -> None:
    for parameters, way_out in (
        ({"dbname": "elsewhere"}, 'createdb "elsewhere"'),
        ({"dbname": "postgres", "user": "nobody_here"}, 'create role "nobody_here" login;'),
        ({"dbname": "postgres", "user": "asleep"}, 'alter role "asleep" login;'),
        ({"dbname": "closed", "user": "several"}, 'grant connect on database "closed"'),
        ({"dbname": "narrow", "user": "several"}, 'alter database "narrow" connection limit'),
        ({"dbname": "secret", "password": SECRET}, "PGPASSWORD"),
        ({"dbname": "postgres", "sslmode": "require"}, "sslmode=prefer"),
        ({"dbname": "template0"}, "pg_hba.conf"),
        ({"dbname": "postgres", "target_session_attrs": "standby"}, "target_session_attrs"),
    ):
        assert way_out in refused("status", "-d", plain.named(**parameters)).stderr


def test_tls_where_there_is_nothing_else(encrypted: Server) -> None:
    for parameters, way_out in (
        ({"sslmode": "disable"}, "sslmode=require"),
        ({"sslmode": "verify-full"}, "sslrootcert="),
        ({"sslmode": "verify-full", "sslrootcert": "system"}, "sslrootcert="),
    ):
        named = encrypted.named(dbname="tls", **parameters)
        assert way_out in refused("status", "-d", named, HOME="/nowhere").stderr
    run_cli("status", "-d", encrypted.named(dbname="tls", sslmode="require"))


def test_a_role_with_one_connection_is_told_how_many_a_run_needs(
    plain: Server, project: Callable[[dict[str, str]], Path]
) -> None:
    root = project({"migrations/001_t.sql": "create table t (id int);"})
    named = ("-d", plain.named(dbname="ones", user="one"), "--sql-dir", str(root))
    run_cli("status", *named)
    error = run_json("migrate", *named, expect=1)["error"]
    assert "alter role one connection limit 3;" in error["block"]
    with psycopg.connect(plain.admin) as admin:
        admin.execute("alter role one connection limit 2")
    run_cli("migrate", *named)


def test_a_server_with_no_connection_left(plain: Server) -> None:
    for user, kept in (("several", "slots are reserved"), ("postgres", "too many clients")):
        with ExitStack() as taken:
            named = plain.named(dbname="postgres", user=user)
            refusals = 0
            while refusals < 5:  # who was refused holds a place a moment longer
                try:
                    taken.enter_context(psycopg.connect(named))
                    refusals = 0
                except psycopg.OperationalError:
                    refusals += 1
                    time.sleep(0.1)
            run = refused("status", "-d", named)
            assert kept in run.stderr
            assert "max_connections" in run.stderr
        eventually("the connections are gone", partial(lets_in, named))


def test_where_nobody_answers(plain: Server, tmp_path: Path) -> None:
    port = servers.free_port()
    for named, way_out in (
        ("host=nowhere.invalid dbname=d", "DNS"),
        (f"host=127.0.0.1 port={port} dbname=d", "arami-db wait"),
        (f"host=127.0.0.1,127.0.0.1 port={port},{port} dbname=d", "arami-db wait"),
        (f"host={tmp_path} dbname=d", "host=localhost"),
        (f"{plain.socket} port={port}", "host=localhost"),
    ):
        assert way_out in refused("status", "-d", named).stderr
        assert way_out in refused("wait", "--timeout", "0s", "-d", named).stderr


def test_a_socket_nobody_listens_on_any_more(tmp_path: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / ".s.PGSQL.5432"))
    run = refused("status", "-d", f"host={tmp_path} dbname=d")
    assert "refused" in run.stderr
    assert "host=localhost" in run.stderr


@pytest.mark.parametrize(
    ("named", "what"),
    [
        ("host=nowhere.invalid port=abc", "port"),
        ("postgresql://nowhere.invalid:99999/d", "port"),
        ("host=127.0.0.1 port=0", "port"),
        ("host=nowhere.invalid sslmode=always", "verify-full"),
        ("service=there", "there"),
        ("host=a..b dbname=d", "host"),
        ("host=/" + "x" * 120 + " dbname=d", "socket path"),
        ("mydb", "dbname=mydb"),
        (f"mysql://u:{SECRET}@h/d", "mysql://"),
        (f"sqlite:///{SECRET}", "sqlite://"),
        (f"jdbc:postgresql://u:{SECRET}@h/d", "jdbc:postgresql://"),
        (f"postgresql+psycopg://u:{SECRET}@h/d", "postgresql+psycopg://"),
        (f"POSTGRES://u:{SECRET}@h/d", "small letters"),
        (f"u:{SECRET}@h:5432/d", "key=value"),
        (f"host=h password=a {SECRET}", "key=value"),
        (f"postgresql://u:12/{SECRET}@h/d", "percent-encode"),
    ],
)
def test_a_name_that_is_none_is_a_wrong_command_line(named: str, what: str) -> None:
    for run in (
        run_cli("status", "-d", named, expect=2),
        run_cli("wait", "--timeout", "1min", expect=2, DATABASE_URL=named),
    ):
        assert what in run.stderr
        assert "missing" not in run.stderr
        assert "Traceback" not in run.stderr
        assert SECRET not in run.stderr


def test_what_the_environment_says_wrongly_is_a_wrong_command_line() -> None:
    for environment in ({"PGPORT": "abc"}, {"PGSSLMODE": "always"}, {"PGSERVICE": "there"}):
        run_cli("status", expect=2, **{"PGHOST": "127.0.0.1", **environment})
    run_cli("status", "-d", "host=127.0.0.1 connect_timeout=soon", expect=2)
    assert "--database is empty" in run_cli("status", "-d", "", expect=2).stderr
