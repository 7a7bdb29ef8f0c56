"""Every command that works on a database begins by naming it, on stderr."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests import pooler, servers
from tests.conftest import run_cli, run_json, scalar

Project = Callable[[dict[str, str]], Path]
TABLE = {"migrations/001_t.sql": "create table public.t (id int);"}


def target(*args: str, expect: int = 0, **environment: str) -> str:
    """What a command says first; no line of stdout says it."""
    done = run_cli(*args, expect=expect, **environment)
    first = done.stderr.splitlines()[0]
    assert first not in done.stdout
    return first


def version(conninfo: str) -> str:
    """What the server calls its version, without what a distribution adds."""
    return str(scalar(conninfo, "show server_version")).split()[0]


@pytest.mark.parametrize(
    "command",
    [
        ["migrate"],
        ["migrate", "--dry-run"],
        ["migrate", "--format", "json"],
        ["status"],
        ["status", "--format", "json"],
        ["seed"],
        ["baseline", "22"],
        ["archive"],
        ["archive", "--dry-run"],
        ["archive", "restore", "--all"],
        ["archive", "history"],
        ["verify"],
        ["maintain"],
    ],
    ids=" ".join,
)
def test_the_first_line_says_where(command: list[str], database: str) -> None:
    name, host, port, role = (
        conninfo_to_dict(database)[key] for key in ("dbname", "host", "port", "user")
    )
    expected = f"{name} on {host}:{port} as {role}: PostgreSQL {version(database)}"
    assert target(*command, "-d", database) == expected


def test_json_stays_alone_on_stdout(database: str) -> None:
    for command in (["migrate"], ["migrate", "--dry-run"], ["status"], ["seed", "--yes"]):
        json.loads(run_cli(*command, "-d", database, "--format", "json").stdout)


@pytest.fixture(scope="module")
def tcp() -> Iterator[str]:
    """A server on TCP."""
    installed = servers.installed()
    bin_dir = next(iter(installed.values()), None) or pytest.skip("needs an installed Postgres")
    port = servers.free_port()
    options = f"-c listen_addresses=127.0.0.1,::1 -c port={port}"
    with servers.folder() as place, servers.running(bin_dir, place, options=options):
        yield f"port={port} user=postgres dbname=postgres"


def test_the_host_is_the_one_really_connected_to(tcp: str, tmp_path: Path) -> None:
    port, dead = conninfo_to_dict(tcp)["port"], servers.free_port()
    services = tmp_path / "services.conf"
    services.write_text(f"[here]\nhost=127.0.0.1\nport={port}\nuser=postgres\ndbname=postgres\n")
    expected = f"postgres on 127.0.0.1:{port} as postgres: PostgreSQL "
    for named in (
        f"{tcp} host=127.0.0.1",
        f"{tcp} hostaddr=127.0.0.1",
        f"postgresql://postgres@127.0.0.1:{dead},127.0.0.1:{port}/postgres",
        "service=here",
    ):
        found = target("status", "-d", named, PGSERVICEFILE=str(services))
        assert found.startswith(expected)
        assert len(found) <= 80
    by_name = target("status", "-d", f"{tcp} host=localhost")
    assert by_name.startswith(f"postgres on localhost:{port} as ")


def test_nothing_of_the_name_can_be_a_line_of_its_own(tcp: str) -> None:
    named = f"{tcp} host=127.0.0.1"
    with psycopg.connect(named, autocommit=True) as connection:
        connection.execute('create database "a\nerror: b\x1b[31m"')
    found = target("status", "-d", make_conninfo(named, dbname="a\nerror: b\x1b[31m"))
    assert found.startswith(r"a\nerror: b\x1b[31m on ")


def test_the_role_is_the_one_that_works(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"alter database {connection.info.dbname} set role = service_role")
    assert " as service_role: " in target("maintain", "--dry-run", "-d", database)


def test_a_pooler_is_named(database: str) -> None:
    with pooler.pooled(database) as through:
        for command in (["status"], ["migrate"], ["archive"]):
            found = target(*command, "-d", through)
            assert found.endswith(", pooled")
            assert " on 127.0.0.1:" in found
            assert len(found) <= 80


def test_a_standby_is_named_and_read_and_nothing_else(project: Project) -> None:
    root = str(project(TABLE))

    def fill(primary: str) -> None:
        run_cli("migrate", "-d", primary, "--sql-dir", root)

    with servers.replicated(fill) as (_, standby):
        named = ("-d", standby, "--sql-dir", root)
        assert target("status", *named).endswith(", standby")
        assert target("migrate", *named).endswith(", standby")  # nothing to do, and so said
        project({"migrations/002_u.sql": "create table public.u (id int);"})
        project({"seeds/001_s.sql": "select 1;"})
        assert target("migrate", "--dry-run", *named).endswith(", standby")
        for command in (["migrate"], ["seed"], ["baseline", "2"], ["repair", "--applied", "2"]):
            assert target(*command, *named, expect=1).endswith(", standby")
            error = run_json(*command, *named, expect=1)["error"]
            assert "standby" in error["message"]
            assert "target_session_attrs" in error["hint"]


def test_a_read_only_database_is_named_so(empty_database: str, project: Project) -> None:
    frozen = make_conninfo(empty_database, options="-c default_transaction_read_only=on")
    named = ("-d", frozen, "--sql-dir", str(project(TABLE)))
    assert target("status", *named).endswith(", read-only")
    error = run_json("migrate", *named, expect=1)["error"]
    assert "read-only" in error["message"]
    assert "default_transaction_read_only" in error["hint"]
