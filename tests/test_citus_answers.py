"""A distributed database answers as one server does, and refuses what one server refuses."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from tests.citus import (
    EVERYBODY,
    Connection,
    acting_on_citus,
    asked,
    cluster_database,
    copy_rows,
    distribute,
    needs_citus,
)
from tests.conftest import ALICE, BOB, made, rows, run_cli
from tests.pooler import pooled

pytestmark = needs_citus

TABLES = "select tablename from pg_tables where schemaname = 'public' order by 1"
VIEWS = ("user_dashboard", "session_history", "session_history_with_analytics")
READS = (
    "select * from {table}",
    "select * from {table} where {key} = {user}",
    "select count(*) from {table}",
    "select t.* from public.users as u left join {table} as t on t.{key} = u.id"
    " where u.id = {user}",
    # PostgREST embeds so.
    "select u.id, t.n from public.users as u left join lateral (select json_agg(x) as n from"
    " (select * from {table} where {key} = u.id order by 1, 2) as x) as t on true"
    " where u.id = {user}",
)
EARNED = "virtue_name, virtue_icon, times_earned, earned_from_session_id, user_id"
COUNTED = "streak_type, current_streak, longest_streak, last_activity_date, user_id"
STATEMENTS = (
    "select * from public.get_session_summary({user}, {days})",
    "select id, analytics from public.session_history_with_analytics where user_id = {user}"
    " order by session_date desc, id limit 3",
    f"select {EARNED} from public.earn_virtue('courage', session_id => {{session}},"
    " user_uuid => {user})",
    f"select {COUNTED} from public.record_activity('daily_session', user_uuid => {{user}})",
    f"select {COUNTED} from public.record_activity('weekly_goal', now() - interval '{{days}} days',"
    " {user})",
    f"select {COUNTED} from public.record_activity('nonsense', user_uuid => {{user}})",
    "select public.delete_account()",
    "update public.users set name = 'X', phone = '1' where id = {user} returning id, name",
    "update public.users set timezone = 'UTC-167' where id = {user}",
    "delete from public.users where id = {user} returning id",
    "delete from public.daily_sessions where user_id = {user} returning id",
    "update public.user_goals set status = 'paused' returning id, status",
    "insert into public.users (id) values ({user})",
    "insert into public.user_goals (user_id, goal_text) values ({user}, 'g') returning user_id",
    "insert into public.app_settings (user_id, setting_key, setting_value, setting_type)"
    " values ({user}, 'k', '1', 'feature_flag') returning setting_type",
    "select setting_key, user_id from public.app_settings where user_id is null",
    "update public.app_settings set setting_value = '2' where user_id is null",
    "delete from public.app_settings where user_id is null",
)


@pytest.fixture(scope="module")
def pair(server: dict[str, str], template: str) -> Iterator[tuple[Connection, Connection, str]]:
    """One server and a distributed database with the same rows, and the latter's coordinator."""
    with made(server, template) as plain, cluster_database() as machines:
        run_cli("seed", "demo", "--users", "5", "-d", plain)
        run_cli("archive", "--older-than", "1 year", "-d", plain)
        with psycopg.connect(plain, autocommit=True) as one:
            with psycopg.connect(machines[0], autocommit=True) as target:
                copy_rows(one, target)
            distribute(machines[0])
            with psycopg.connect(machines[0], autocommit=True) as many:
                for connection in (one, many):
                    connection.execute("set timezone to 'UTC'")  # rows are compared as Python's
                yield one, many, machines[0]


def same(pair: tuple[Connection, Connection, str], role: str, user: str | None, query: str) -> None:
    """Require that both answer a statement in the same way."""
    one, many, _ = pair
    with acting_on_citus(one, role, user), acting_on_citus(many, role, user):
        expected = asked(one, query)
        got = asked(many, query.replace("user_id is null", f"user_id = '{EVERYBODY}'"))
    if got[0] == "rows":
        got = ("rows", sorted(row.replace(f"UUID('{EVERYBODY}')", "None") for row in got[1]))
    assert got == expected, (role, user, query)


def test_every_table_and_view_shows_everybody_the_same(
    pair: tuple[Connection, Connection, str],
) -> None:
    one = pair[0]
    tables = [*(name for (name,) in one.execute(TABLES)), *VIEWS]
    users = [str(user) for (user,) in one.execute("select id from public.users order by id")]
    assert one.execute("select from public.session_analytics_archive").rowcount > 0
    for table in tables:
        key = "id" if table in ("users", "user_dashboard") else "user_id"
        for place, user in enumerate(users):
            for query in READS:
                text = query.format(table=f"public.{table}", key=key, user=f"'{user}'")
                same(pair, "authenticated", user, text)
                same(pair, "authenticated", users[place - 1], text)
                if "where" in text:
                    same(pair, "service_role", None, text)
        for role in ("anon", "authenticated", "service_role"):
            known = " where id <> '" + EVERYBODY + "'" if table == "users" else ""
            same(pair, role, None, f"select * from public.{table}{known}")


def test_every_statement_does_the_same_for_everybody(
    pair: tuple[Connection, Connection, str],
) -> None:
    one = pair[0]
    users = [str(user) for (user,) in one.execute("select id from public.users order by id")]
    draw = random.Random(17)  # noqa: S311
    sessions = [
        str(session)
        for (session,) in one.execute("select id from public.session_history order by id")
    ]
    for place, user in enumerate(users):
        for query in STATEMENTS:
            text = query.format(
                user=f"'{user}'::uuid",
                days=draw.choice((0, 1, 7, 30, 400, 1000000)),
                session=f"'{draw.choice(sessions)}'::uuid",
            )
            for role, caller in (
                ("authenticated", user),
                ("authenticated", users[place - 1]),
                ("authenticated", None),
                ("service_role", None),
                ("anon", None),
            ):
                same(pair, role, caller, text)


def test_what_is_asked_of_one_user_is_asked_of_one_shard(
    pair: tuple[Connection, Connection, str],
) -> None:
    many = pair[1]
    for view in VIEWS:
        key = "id" if view == "user_dashboard" else "user_id"
        [(user,)] = many.execute("select min(id::text) from public.users").fetchall()
        with acting_on_citus(many, "authenticated", user):
            plan = many.execute(
                f"explain (format json) select * from public.{view} where {key} = %s", [user]
            ).fetchone()
        assert '"Task Count": 1,' in json.dumps(plan), view


def settle(many: Connection) -> None:
    """ALICE and BOB, with a goal and a session each, and a global setting."""
    many.execute("delete from auth.users where id in (%s, %s)", [ALICE, BOB])
    for user in (ALICE, BOB):
        many.execute("insert into auth.users (id, email) values (%s, %s)", [user, f"{user}@x.org"])
        many.execute("insert into public.user_goals (user_id, goal_text) values (%s, 'g')", [user])
        many.execute(
            "insert into public.daily_sessions (user_id, session_type)"
            " values (%s, 'written_clarity')",
            [user],
        )


CLAIMS = (
    None,
    "",
    "{",
    "[]",
    '{"sub": null}',
    '{"sub": "x"}',
    '{"sub": ["' + BOB + '"]}',
    '{"role": "service_role"}',
    '{"sub": "' + ALICE + '", "role": "service_role"}',
    '{"sub": "' + EVERYBODY + '"}',
)


@pytest.mark.parametrize("claims", CLAIMS)
@pytest.mark.parametrize("role", ["anon", "authenticated"])
@pytest.mark.parametrize("said", ["set", "set_config"])
def test_no_claims_whatsoever_reach_another_user(
    pair: tuple[Connection, Connection, str], role: str, claims: str | None, said: str
) -> None:
    _, many, coordinator = pair
    settle(many)
    tables = [name for (name,) in many.execute(TABLES)]
    before = _rows_of_bob(many, tables)
    with psycopg.connect(coordinator) as attacker:
        for table in (*tables, *VIEWS):
            key = "id" if table in ("users", "user_dashboard") else "user_id"
            for condition in (f"where {key} = '{BOB}'", "", f"where {key} <> '{ALICE}'"):
                for attack in (
                    f"select * from public.{table} {condition}",
                    f"update public.{table} set {key} = {key} {condition} returning *",
                    f"update public.{table} set id = id {condition} returning *",
                    f"delete from public.{table} {condition} returning *",
                ):
                    attacker.execute(f"set local role {role}")
                    _claim(attacker, claims, said)
                    assert BOB not in repr(asked(attacker, attack)), attack
                    attacker.commit()
    assert _rows_of_bob(many, tables) == before


def _claim(connection: Connection, claims: str | None, said: str) -> None:
    """Say the claims as one client or another does; not all clients repeat them."""
    if claims is None:
        return
    if said == "set":
        connection.execute(f"set local request.jwt.claims to '{claims}'")
    else:
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])


def _rows_of_bob(many: Connection, tables: list[str]) -> list[Any]:
    return [
        many.execute(
            f"select * from public.{table} where {'id' if table == 'users' else 'user_id'} = %s"
            " order by 1",
            [BOB],
        ).fetchall()
        for table in tables
    ]


def test_a_prepared_statement_answers_whoever_asks(
    pair: tuple[Connection, Connection, str],
) -> None:
    _, many, coordinator = pair
    settle(many)
    with psycopg.connect(coordinator, prepare_threshold=0) as pooled:
        for turn in range(14):
            user = (ALICE, BOB)[turn % 2]
            with acting_on_citus(pooled, "authenticated", user):
                for query in (
                    "select user_id::text from public.user_goals",
                    "select id::text from public.user_dashboard",
                    "select user_id::text from public.session_history where user_id = auth.uid()",
                    "select id::text from public.users where id = (select auth.uid())",
                ):
                    assert pooled.execute(query).fetchall() == [(user,)]
                other = "select 1 from public.user_goals where user_id = %s"
                assert pooled.execute(other, [(BOB, ALICE)[turn % 2]]).fetchall() == []
            pooled.execute("set local role authenticated")
            assert pooled.execute("select 1 from public.users").fetchall() == []
            pooled.rollback()


def test_users_of_one_pool_see_their_own(pair: tuple[Connection, Connection, str]) -> None:
    _, many, coordinator = pair
    settle(many)
    with pooled(coordinator, size=1) as through, ExitStack() as stack:
        clients = {
            user: stack.enter_context(psycopg.connect(through, prepare_threshold=None))
            for user in (ALICE, BOB)
        }
        for _ in range(3):
            for user, client in clients.items():
                with acting_on_citus(client, "authenticated", user):
                    goals = client.execute("select user_id::text from public.user_goals")
                    assert goals.fetchall() == [(user,)]
                client.rollback()
                client.execute("set local role authenticated")
                assert client.execute("select 1 from public.users").fetchall() == []
                client.rollback()


def test_claims_follow_savepoints(pair: tuple[Connection, Connection, str]) -> None:
    many = pair[1]
    settle(many)
    mine = "select id::text from public.users"
    with acting_on_citus(many, "authenticated", ALICE):
        assert many.execute(mine).fetchall() == [(ALICE,)]
        with many.transaction(force_rollback=True):
            _claim(many, json.dumps({"sub": BOB}), "set_config")
            many.execute("select public.repeat_claims()")
            assert many.execute(mine).fetchall() == [(BOB,)]
        assert many.execute(mine).fetchall() == [(ALICE,)]


def test_every_change_is_logged_once_whose_ever_it_is(
    pair: tuple[Connection, Connection, str],
) -> None:
    many = pair[1]
    settle(many)
    many.execute("truncate audit.change_log")
    with acting_on_citus(many, "authenticated", ALICE, keep=True):
        many.execute("set local arami_db.moving to 'on'")
        [(session,)] = many.execute("select id from public.daily_sessions").fetchall()
        many.execute("select public.earn_virtue('calm', session_id => %s)", [session])
        many.execute("update public.users set name = 'Ann', phone = '7'")
        many.execute("update public.user_goals set goal_text = goal_text")
        many.execute("delete from public.daily_sessions where user_id = %s", [ALICE])
        assert asked(many, "select earned_from_session_id from public.virtue_collection") == (
            "rows",
            ["(None,)"],
        )
    logged = many.execute(
        "select table_name, operation, changed_columns, user_id::text, actor_id::text, actor_role"
        " from audit.change_log"
    ).fetchall()
    by = (ALICE, ALICE, "authenticated")
    assert sorted(logged) == [
        ("daily_sessions", "delete", None, *by),
        ("users", "update", ["phone", "name"], *by),
        ("virtue_collection", "update", ["earned_from_session_id"], *by),
    ]
    assert many.execute("select from audit.change_log where user_id = %s", [ALICE]).rowcount == 3


def test_changes_of_tables_that_are_nobodys_are_logged_once() -> None:
    with cluster_database() as machines:
        coordinator = machines[0]
        tables = """
            create table public.country (id uuid primary key default gen_random_uuid(), n int);
            create table public.town (id uuid primary key default gen_random_uuid(), n int);
            create table public.team (
                id uuid primary key default gen_random_uuid(), n int,
                owner_id uuid not null references public.users on delete cascade,
                country_id uuid references public.country
            );
            create table public.task (
                id uuid primary key default gen_random_uuid(), n int, team_id uuid,
                owner_id uuid not null references public.users on delete cascade
            );
            alter table public.team add constraint uq_team unique (owner_id, id);
            alter table public.task add constraint fk_task_team foreign key (owner_id, team_id)
            references public.team (owner_id, id) on delete set null (team_id);
        """
        with psycopg.connect(coordinator, autocommit=True) as many:
            many.execute(tables)
            for name in ("country", "town", "team", "task"):
                many.execute(
                    f"create trigger audit_{name} after update on public.{name} referencing"
                    " old table as old_rows new table as new_rows"
                    " for each statement execute function audit.record_change()"
                )
        distribute(coordinator)
        with psycopg.connect(coordinator, autocommit=True) as many:
            many.execute("insert into public.users (id) values (%s)", [ALICE])
            many.execute("insert into public.country (n) values (1)")
            many.execute("insert into public.town (n) values (1)")
            many.execute("insert into public.team (owner_id) values (%s)", [ALICE])
            many.execute(
                "insert into public.task (owner_id, team_id) select owner_id, id from team"
            )
            for name in ("country", "town", "team"):
                many.execute(f"update public.{name} set n = 2")
            many.execute("delete from public.team")
            logged = many.execute("select table_name, user_id::text from audit.change_log")
            assert sorted(logged.fetchall()) == [
                ("country", EVERYBODY),
                ("task", ALICE),
                ("team", ALICE),
                ("town", EVERYBODY),
            ]
            mine = many.execute("select from audit.change_log where user_id = %s", [ALICE])
            assert mine.rowcount == 2  # as they are looked for: in the shard of the user


def test_an_email_is_free_when_it_is_not_anybodys(pair: tuple[Connection, Connection, str]) -> None:
    _, many, coordinator = pair
    settle(many)
    add = "insert into public.users (id, email) values (gen_random_uuid(), %s) returning id"
    assert asked(many, add, [f"{ALICE}@x.org"]) == ("error", "23505")
    with psycopg.connect(coordinator) as other:
        other.execute(add, ["failed@x.org"])
        assert asked(many, add, ["failed@x.org"]) == ("error", "23505")
        other.rollback()
        assert asked(many, add, ["failed@x.org"])[0] == "rows"
        other.execute("delete from auth.users where id = %s", [ALICE])
        assert asked(many, add, [f"{ALICE}@x.org"]) == ("error", "23505")
        other.rollback()
        assert asked(many, add, [f"{ALICE}@x.org"]) == ("error", "23505")
        other.execute("update public.users set email = 'b@x.org' where id = %s", [BOB])
        other.commit()
        assert asked(many, add, [f"{BOB}@x.org"])[0] == "rows"
        other.execute("delete from auth.users where id = %s", [ALICE])
        other.commit()
        many.execute("insert into auth.users (email) values (%s)", [f"{ALICE}@x.org"])
        found = other.execute("select 1 from public.users where email = %s", [f"{ALICE}@x.org"])
        assert found.rowcount == 1
        other.execute("delete from public.users where email = 'b@x.org'")
        other.commit()
        many.execute("select audit.settle_identifiers()")
        left = many.execute("select from audit.identifier where user_id in (%s, %s)", [ALICE, BOB])
        assert left.rowcount == 0  # of who is gone, nothing stays


def test_an_email_is_one_persons_whatever_happens_at_once(
    pair: tuple[Connection, Connection, str],
) -> None:
    _, many, coordinator = pair
    statements = (
        "insert into auth.users (id, email) values (gen_random_uuid(), %s || gen_random_uuid())",
        "insert into public.users (id, email) values (gen_random_uuid(), %s)",
        "insert into public.users (id, phone)"
        " values (gen_random_uuid(), %s), (gen_random_uuid(), '')",
        "insert into public.users (id, email) select gen_random_uuid(), v"
        " from unnest(array[%s, 'multi']) as v",
        "delete from public.users where email = %s",
    )

    def client(seed: int) -> None:
        draw = random.Random(seed)  # noqa: S311
        with psycopg.connect(coordinator) as mine:
            for _ in range(25):
                try:
                    for statement in draw.sample(statements, 2):
                        mine.execute(statement.encode(), [f"e{draw.randrange(5)}"])
                    (mine.rollback if draw.random() < 0.3 else mine.commit)()
                except psycopg.Error:
                    mine.rollback()

    clients = [threading.Thread(target=client, args=(seed,)) for seed in range(5)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    both = (
        "select 'email' as kind, email as value, id from public.users where email is not null"
        " union all select 'phone', phone, id from public.users where phone is not null"
    )
    assert (
        many.execute(
            f"select kind, value from ({both}) as b group by 1, 2 having count(*) > 1"
        ).fetchall()
        == []
    )
    many.execute("select audit.settle_identifiers()")
    kept = many.execute("select kind, value, user_id from audit.identifier").fetchall()
    assert set(kept) == set(many.execute(both).fetchall())


def test_the_api_reads_nothing_of_citus_on_any_machine() -> None:
    readable = """
        select c.relname from pg_class as c join pg_depend as d on d.objid = c.oid
        join pg_extension as e on e.oid = d.refobjid and e.extname = 'citus'
        where c.relkind in ('r', 'v') and has_table_privilege('anon', c.oid, 'select')
        union all
        select p.proname from pg_proc as p
        where p.proname ~ '^(run_command_on_|master_run_on_worker)'
            and has_function_privilege('authenticated', p.oid, 'execute')
    """
    with cluster_database() as machines:
        distribute(machines[0])
        for machine in machines:
            assert rows(machine, readable) == []
