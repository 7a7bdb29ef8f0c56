"""The stand-in for Supabase's auth schema: what it means, and what it leaves alone."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from arami_db import embedded
from tests.conftest import ALICE, BOB, LIMIT, acting_as, made, run_cli, start_cli
from tests.documented import (
    API_ROLES,
    MALFORMED,
    REFUSED,
    TABLES,
    Connection,
    names,
    outcome,
    tables,
    value,
)

STUB_APPLIED = "the auth stub was applied"
ROLES = (*API_ROLES, "authenticator")
APP_OWNER = "app_owner"  # a login of one test's cluster, and its password


@pytest.fixture(scope="module")
def stub(server: dict[str, str], template: str) -> Iterator[Connection]:
    with made(server, template) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        yield opened


@pytest.fixture
def connection(stub: Connection) -> Iterator[Connection]:
    with stub.transaction(force_rollback=True):
        yield stub


@pytest.fixture
def cluster() -> Iterator[str]:
    """A server of the test's own: nobody has made a role there yet."""
    root = Path(tempfile.mkdtemp(prefix="arami-test-"))
    root.chmod(0o711)  # the server's account, when root runs the tests, must get in
    yield embedded.start(root=root, durable=False).conninfo
    embedded.destroy(root=root)
    shutil.rmtree(root, ignore_errors=True)


def claim(connection: Connection, **claims: str) -> None:
    """Set request.jwt.<name> for the transaction; a dot in the name is written __."""
    for name, content in claims.items():
        setting = f"request.jwt.{name.replace('__', '.')}"
        connection.execute("select set_config(%s, %s, true)", [setting, content])


def roles(connection: Connection) -> set[str]:
    """Which of the four roles the cluster has."""
    query = "select rolname from pg_roles where rolname = any (%s::text[])"
    return set(names(connection, query, list(ROLES)))


def new_databases(cluster: str, count: int) -> list[str]:
    found = [f"db_{number}" for number in range(count)]
    with psycopg.connect(cluster, autocommit=True) as connection:
        for name in found:
            connection.execute(f"create database {name}")
    return [make_conninfo(cluster, dbname=name) for name in found]


def migrate_at_once(databases: list[str]) -> list[str]:
    """Migrate all of them beside each other; what each said on stderr."""
    running = [start_cli("migrate", "--database", database) for database in databases]
    said = [process.communicate(timeout=LIMIT)[1] for process in running]
    assert [process.returncode for process in running] == [0] * len(running), said
    return said


# What the functions say


def test_without_claims_nobody_is_signed_in(database: str) -> None:
    with psycopg.connect(database) as fresh:  # where the settings were never heard of
        query = "select auth.uid(), auth.role(), auth.email(), auth.jwt()"
        assert fresh.execute(query).fetchone() == (None, None, None, None)


def test_the_claims_of_the_request_are_read_from_their_json(connection: Connection) -> None:
    claims = {"sub": ALICE, "role": "authenticated", "email": "a@example.com", "exp": 1}
    claim(connection, claims=json.dumps(claims))
    query = "select auth.uid()::text, auth.role(), auth.email(), auth.jwt()"
    assert connection.execute(query).fetchone() == (ALICE, "authenticated", "a@example.com", claims)


USER = st.sampled_from([ALICE, BOB])
FUNCTIONS = {"sub": "uid", "role": "role", "email": "email"}


@given(
    key=st.sampled_from(sorted(FUNCTIONS)),
    legacy=st.none() | st.just("") | USER,
    claims=st.none()
    | st.just("")
    | st.fixed_dictionaries({}, optional={"sub": USER, "role": USER, "email": USER}),
)
def test_a_legacy_claim_that_is_not_empty_wins_and_else_the_json_speaks(
    stub: Connection, key: str, legacy: str | None, claims: dict[str, str] | str | None
) -> None:
    with stub.transaction(force_rollback=True):
        if legacy is not None:
            claim(stub, **{f"claim__{key}": legacy})
        if claims is not None:
            claim(stub, claims=claims if isinstance(claims, str) else json.dumps(claims))
        said = value(stub, f"select auth.{FUNCTIONS[key]}()::text")
    spoken = claims.get(key) if isinstance(claims, dict) else None
    assert said == (legacy or spoken)


def test_all_claims_may_come_in_the_legacy_setting_too(connection: Connection) -> None:
    claim(connection, claims='{"from": "claims"}', claim="")
    assert value(connection, "select auth.jwt() ->> 'from'") == "claims"
    claim(connection, claim='{"from": "legacy"}')
    assert value(connection, "select auth.jwt() ->> 'from'") == "legacy"


def test_a_claim_of_json_null_is_unset(connection: Connection) -> None:
    claim(connection, claims='{"sub": null, "role": null, "email": null}')
    query = "select auth.uid(), auth.role(), auth.email()"
    assert connection.execute(query).fetchone() == (None, None, None)


@pytest.mark.parametrize("claims", ["not json", "{", "{'sub': 1}"])
@pytest.mark.parametrize("function", ["uid", "role", "email", "jwt"])
def test_malformed_json_raises(connection: Connection, claims: str, function: str) -> None:
    claim(connection, claims=claims)
    assert outcome(connection, f"select auth.{function}()") == MALFORMED


@pytest.mark.parametrize(
    "claims", [{"claims": '{"sub": "me"}'}, {"claims": '{"sub": ""}'}, {"claim__sub": "me"}]
)
def test_a_malformed_user_raises(connection: Connection, claims: dict[str, str]) -> None:
    claim(connection, **claims)
    assert outcome(connection, "select auth.uid()") == MALFORMED


@pytest.mark.parametrize("role", API_ROLES)
def test_api_roles_may_ask_who_they_are_and_read_no_account(
    connection: Connection, role: str
) -> None:
    with acting_as(connection, role, ALICE):
        query = "select auth.uid()::text, auth.role(), auth.email(), auth.jwt() ->> 'sub'"
        assert connection.execute(query).fetchone() == (ALICE, role, None, ALICE)
        for statement in (
            "select from auth.users",
            "delete from auth.users",
            "create table auth.mine ()",
            "create function auth.mine() returns integer return 1",
        ):
            assert outcome(connection, statement) == REFUSED


# The roles


def test_the_roles_have_the_attributes_of_supabases_own(connection: Connection) -> None:
    found = connection.execute(
        "select rolname, rolcanlogin, rolinherit, rolbypassrls, rolsuper or rolcreaterole"
        " or rolcreatedb or rolreplication from pg_roles where rolname = any (%s)",
        [list(ROLES)],
    ).fetchall()
    assert set(found) == {
        ("anon", False, False, False, False),
        ("authenticated", False, False, False, False),
        ("service_role", False, False, True, False),
        ("authenticator", True, False, False, False),
    }


def test_authenticator_may_become_each_api_role_and_has_no_rights_before(
    connection: Connection,
) -> None:
    for role in API_ROLES:
        member = "select pg_has_role('authenticator', %s, 'member')"
        inherits = "select pg_has_role('authenticator', %s, 'usage')"
        assert (value(connection, member, role), value(connection, inherits, role)) == (True, False)
    with connection.transaction(force_rollback=True):
        connection.execute("set local role authenticator")
        assert outcome(connection, "select from public.users") == REFUSED


# When it is applied


@pytest.mark.usefixtures("template")
def test_applying_the_stub_is_said_once(empty_database: str) -> None:
    first = run_cli("migrate", "--database", empty_database)
    second = run_cli("migrate", "--database", empty_database)
    assert STUB_APPLIED in first.stderr
    assert STUB_APPLIED not in first.stdout
    assert STUB_APPLIED not in second.stderr + second.stdout


THEIR_AUTH = """
    create schema auth;
    create function auth.uid() returns uuid language sql stable
    as $$ select nullif(current_setting('their.user', true), '')::uuid $$;
    create table auth.users (id uuid primary key, encrypted_password text);
    create table auth.sessions (id uuid primary key, user_id uuid references auth.users);
    insert into auth.users values (gen_random_uuid(), 'secret');
    grant usage on schema auth to public;
    comment on schema auth is 'theirs';
"""

# Every catalog row of the schema and its objects, with the transaction that last wrote it.
FINGERPRINT = """
    with objects as (
        select 'pg_namespace'::regclass as class, oid from pg_namespace where nspname = 'auth'
        union all
        select 'pg_class'::regclass, oid from pg_class where relnamespace = to_regnamespace('auth')
        union all
        select 'pg_proc'::regclass, oid from pg_proc where pronamespace = to_regnamespace('auth')
    )
    select n.xmin::text, to_jsonb(n)::text from pg_namespace as n
        join objects as o on (o.class, o.oid) = ('pg_namespace'::regclass, n.oid)
    union all
    select c.xmin::text, (to_jsonb(c)
            - array['relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'relfrozenxid',
                'relminmxid'])::text from pg_class as c
        join objects as o on (o.class, o.oid) = ('pg_class'::regclass, c.oid)
    union all
    select p.xmin::text, to_jsonb(p)::text from pg_proc as p
        join objects as o on (o.class, o.oid) = ('pg_proc'::regclass, p.oid)
    union all
    select a.xmin::text, to_jsonb(a)::text from pg_attribute as a
        join objects as o on (o.class, o.oid) = ('pg_class'::regclass, a.attrelid)
    union all
    select t.xmin::text, to_jsonb(t)::text from pg_trigger as t
        join objects as o on (o.class, o.oid) = ('pg_class'::regclass, t.tgrelid)
    union all
    select d.xmin::text, to_jsonb(d)::text from pg_description as d
        join objects as o on (o.class, o.oid) = (d.classoid::regclass, d.objoid)
"""


def fingerprint(connection: Connection) -> list[Any]:
    return sorted(connection.execute(FINGERPRINT).fetchall())


@pytest.mark.usefixtures("template")  # it made the roles
def test_an_auth_schema_that_is_somebody_elses_is_used_and_never_touched(
    empty_database: str,
) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(THEIR_AUTH)
        before = fingerprint(connection)
        assert len(before) > 10
        said = run_cli("migrate", "--database", empty_database).stderr
        assert STUB_APPLIED not in said
        after = fingerprint(connection)
        assert set(before) <= set(after)
        # Triggers, as Supabase lets everybody have there: see migration 023.
        added = [json.loads(row) for _, row in set(after) - set(before)]
        assert sorted(row["tgname"] for row in added) == [
            f"zz_sync_profile_{event}" for event in ("delete", "insert", "truncate", "update")
        ]
        connection.execute("insert into public.users (id) values (%s), (%s)", [ALICE, BOB])
        with connection.transaction(force_rollback=True):
            connection.execute("select set_config('their.user', %s, true)", [BOB])
            connection.execute("set local role authenticated")
            assert names(connection, "select id from public.users") == [BOB]


@pytest.mark.usefixtures("template")
def test_an_auth_schema_without_uid_is_refused_and_nothing_is_touched(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(THEIR_AUTH)
        connection.execute("drop function auth.uid()")
        before = fingerprint(connection)
        refused = run_cli("migrate", "--database", empty_database, expect=1)
        assert "schema auth exists but has no function auth.uid()" in refused.stderr
        assert "never altered" in " ".join(refused.stderr.split())
        assert fingerprint(connection) == before
        assert tables(connection) == []
        assert value(connection, "select to_regnamespace('audit')") is None


def test_where_auth_is_somebody_elses_the_roles_are_too_and_none_is_made(cluster: str) -> None:
    (database,) = new_databases(cluster, 1)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(THEIR_AUTH)
        before = fingerprint(connection)
        refused = run_cli("migrate", "--database", database, expect=1)
        assert "create role service_role nologin noinherit bypassrls;" in refused.stderr
        assert roles(connection) == set()
        assert fingerprint(connection) == before
        assert tables(connection) == []


def test_four_databases_of_a_cluster_without_the_roles_migrate_at_once(cluster: str) -> None:
    databases = new_databases(cluster, 4)
    said = migrate_at_once(databases)
    assert [STUB_APPLIED in text for text in said] == [True] * 4
    for database in databases:
        with psycopg.connect(database, autocommit=True) as connection:
            assert roles(connection) == set(ROLES)
            assert set(tables(connection)) == set(TABLES)
            for role in API_ROLES:
                member = "select pg_has_role('authenticator', %s, 'member')"
                assert value(connection, member, role)


def test_a_role_that_another_transaction_commits_meanwhile_is_taken_as_it_is(cluster: str) -> None:
    (database,) = new_databases(cluster, 1)
    blocked = "select count(*) from pg_stat_activity where %s = any (pg_blocking_pids(pid))"
    with (
        psycopg.connect(cluster) as other,
        psycopg.connect(cluster, autocommit=True) as watcher,
    ):
        other.execute("create role anon nologin noinherit")
        running = start_cli("migrate", "--database", database)
        while running.poll() is None and not value(watcher, blocked, other.info.backend_pid):
            pass  # it ends: migrate gives up waiting after its lock timeout
        other.commit()
        _, said = running.communicate(timeout=LIMIT)
        assert running.returncode == 0, said
        assert "failed" not in said
        assert roles(watcher) == set(ROLES)


@pytest.mark.usefixtures("template")
def test_four_databases_of_a_cluster_with_the_roles_migrate_at_once(
    server: dict[str, str],
) -> None:
    with (
        made(server) as first,
        made(server) as second,
        made(server) as third,
        made(server) as fourth,
    ):
        said = migrate_at_once([first, second, third, fourth])
    assert [STUB_APPLIED in text for text in said] == [True] * 4


def test_one_who_may_create_no_roles_is_told_what_an_administrator_must_run(cluster: str) -> None:
    with psycopg.connect(cluster, autocommit=True) as administrator:
        administrator.execute(f"create role {APP_OWNER} login password '{APP_OWNER}'")
        administrator.execute(f"create database app owner {APP_OWNER}")
        database = make_conninfo(cluster, dbname="app", user=APP_OWNER, password=APP_OWNER)
        refused = run_cli("migrate", "--database", database, expect=1)
        assert f"{APP_OWNER} lacks rights that the files need" in refused.stderr
        assert "auth_stub.sql" not in refused.stderr  # nothing was begun
        assert roles(administrator) == set()
        for name, attributes in (
            ("anon", "nologin noinherit"),
            ("authenticated", "nologin noinherit"),
            ("service_role", "nologin noinherit bypassrls"),
            ("authenticator", "login noinherit"),
        ):
            assert f"create role {name} {attributes};" in refused.stderr
            administrator.execute(f"create role {name} {attributes}")
        assert STUB_APPLIED in run_cli("migrate", "--database", database).stderr
        with psycopg.connect(database, autocommit=True) as owner:
            assert set(tables(owner)) == set(TABLES)


def test_the_roles_that_exist_keep_their_attributes(cluster: str) -> None:
    (database,) = new_databases(cluster, 1)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create role anon nologin inherit connection limit 3")
        attributes = "select to_jsonb(r) from pg_roles as r where rolname = 'anon'"
        before = value(connection, attributes)
        run_cli("migrate", "--database", database)
        assert value(connection, attributes) == before
