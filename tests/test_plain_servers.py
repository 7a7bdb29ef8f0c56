"""A plain Postgres and an owner who is not a superuser: one visit to an administrator is enough.

Each walk begins on a server without the API's roles, takes the block of SQL from what `migrate`
says, runs it as a superuser, twice, and goes on as the owner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from arami_db.embedded.binaries import runnable
from arami_db.embedded.privileges import server_account
from tests import servers
from tests.conftest import missing, rows, run_cli, run_json, scalar

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "plain-servers.md").read_text(encoding="utf-8")
API = ("anon", "authenticated", "service_role")


@dataclass(frozen=True)
class Keeper:
    """A role that keeps a database: its attributes, and what else is set up, in order.

    Attributes:
        attributes: of the role.
        owner: who owns the database.
        within: statements run in it.
    """

    attributes: str = ""
    owner: str = "keeper"
    within: tuple[str, ...] = ()


KEEPERS = {
    "CREATEROLE and BYPASSRLS": Keeper("createrole bypassrls"),
    "CREATEROLE": Keeper("createrole"),
    "nothing but the database": Keeper(),
    "may create in a database of somebody else's": Keeper(
        owner="postgres",
        within=(
            "grant create on database kept to keeper",
            "grant create on schema public to keeper",
        ),
    ),
    "may do nothing": Keeper(
        owner="postgres",
        within=(
            "revoke all on database kept from public",
            "revoke all on schema public from public",
            "grant connect on database kept to keeper",
        ),
    ),
    "schema public as a dump of an old server has it": Keeper(
        within=("alter schema public owner to postgres", "grant create on schema public to public")
    ),
    "no schema public": Keeper(within=("drop schema public",)),
    "what was there before": Keeper(
        "connection limit 1",
        within=(
            "create role authenticator login",
            "do $$ begin if exists (select from pg_available_extensions where name = 'pgcrypto')"
            " then create extension pgcrypto schema public; end if; end $$",
        ),
    ),
}


@pytest.fixture(scope="module")
def installation(request: pytest.FixtureRequest) -> str:
    """Which Postgres: "installed" or "embedded"."""
    return str(request.param)


@pytest.fixture(scope="module")
def cluster(installation: str) -> Iterator[str]:
    """A server that nobody has made a role on: this machine's oldest, or the embedded one's."""
    with servers.folder() as place:
        found = list(servers.installed().values())
        if installation == "embedded":
            found = [Path(runnable(place, server_account()).tool("postgres")).parent]
        if not found:
            missing("a Postgres of the distribution, 15 or newer: apt install postgresql")
        with servers.running(found[0], place) as conninfo:
            yield conninfo


def execute(conninfo: str, *statements: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def keep(cluster: str, keeper: Keeper) -> tuple[str, str]:
    """Set a database up, after taking down what the last one left: as its keeper, and as admin."""
    execute(cluster, "drop database if exists kept with (force)")
    roles = (*API, "authenticator", "keeper")
    for role in (*roles, *reversed(roles)):  # some have granted others
        with suppress(psycopg.Error):
            execute(cluster, f"drop role if exists {role}")
    assert scalar(cluster, "select count(*) from pg_roles where rolname = any(%s)", [*roles]) == 0
    execute(cluster, f"create role keeper login {keeper.attributes}")
    execute(cluster, f"create database kept owner {keeper.owner}")
    admin = make_conninfo(cluster, dbname="kept")
    execute(admin, *keeper.within)
    return make_conninfo(admin, user="keeper"), admin


def visit(owner: str, admin: str) -> str:
    """Let an administrator run what `migrate` asks for, twice; the block."""
    error = run_json("migrate", "-d", owner, expect=1)["error"]
    block: str = error["block"]
    assert rows(admin, "select from pg_namespace where nspname in ('arami_db', 'auth')") == []
    execute(admin, block, block)
    return block


# Of the proof it takes long to see, once a server, that these memberships are all it needs.
PROVING = {"embedded": "CREATEROLE and BYPASSRLS", "installed": "nothing but the database"}


# What Postgres 16 has changed is who may make and grant roles.
_CHANGED = (*list(KEEPERS)[:3], "what was there before")
WALKS = [*(("installed", kind) for kind in KEEPERS), *(("embedded", kind) for kind in _CHANGED)]


@pytest.mark.parametrize(("installation", "kind"), WALKS, indirect=["installation"])
def test_after_one_visit_of_an_administrator_an_owner_works_alone(
    cluster: str, installation: str, kind: str
) -> None:
    keeper = KEEPERS[kind]
    owner, admin = keep(cluster, keeper)
    recent = scalar(admin, "select current_setting('server_version_num')::int >= 160000")
    if recent and "bypassrls" in keeper.attributes:
        run_cli("migrate", "-d", owner)  # since Postgres 16 it may make all of them by itself
    else:
        block = visit(owner, admin)
        assert "create role service_role nologin noinherit bypassrls;" in block
        if kind == "nothing but the database" and not recent:
            assert f"```sql\n{block}\n```" in PAGE
        assert "grant anon to authenticator" in block
        assert ("grant anon to keeper with set true, inherit false;" in block) == recent
        assert "administrator" not in run_cli("migrate", "-d", owner).stderr
    proving = ("--prove-rls",) if kind == PROVING[installation] else ()
    report = run_json("verify", *proving, "-d", owner)
    assert (report["findings"], report["skipped"]) == ([], [])
    for role in API:
        execute(owner, f"set role {role}")
    assert run_json("doctor", "-d", owner)["needs"] == []
    run_cli("seed", "--yes", "-d", owner)
    run_cli("seed", "demo", "--users", "20", "-d", owner)
    run_cli("archive", "--vacuum", "-d", owner)
    assert run_json("seed", "demo", "--remove", "-d", owner)["removed"] == 20
    run_cli("maintain", "--threshold", "0", "-d", owner)


@pytest.mark.parametrize("installation", ["installed"], indirect=True)
def test_an_extension_that_only_a_superuser_may_create_is_asked_for(
    cluster: str, project: Callable[[dict[str, str]], Path]
) -> None:
    made = "create extension if not exists %s schema extensions;"
    untrusted, trusted = made % "pg_stat_statements", made % '"uuid-ossp"'
    root = str(project({"migrations/001_extensions.sql": f"{untrusted}\n{trusted}"}))
    owner, admin = keep(cluster, KEEPERS["nothing but the database"])
    block = run_json("migrate", "-d", owner, "--sql-dir", root, expect=1)["error"]["block"]
    assert f"create schema if not exists extensions;\n{untrusted}" in block
    assert "uuid-ossp" not in block
    execute(admin, block, block)
    run_cli("migrate", "-d", owner, "--sql-dir", root)
