"""Who may see and write what: every table and view, as every actor, by trying."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from tests.conftest import ALICE, BOB, acting_as, made
from tests.documented import (
    API_ROLES,
    FOREIGN_KEY_VIOLATION,
    MALFORMED,
    REFUSED,
    SIGNED_IN_ROLES,
    UNIQUE_VIOLATION,
    VIEWS,
    Connection,
    insert,
    names,
    outcome,
    owner_column,
    row_for,
    settle,
    tables,
    value,
)

pytestmark = pytest.mark.quick

CAROL = "ca201000-0000-4000-8000-000000000003"  # signed in, without a row anywhere


@pytest.fixture(scope="module")
def world(server: dict[str, str], template: str) -> Iterator[Connection]:
    """A database where ALICE and BOB have a row in every table; tests roll back what they do."""
    with made(server, template) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        settle(opened, ALICE)
        settle(opened, BOB)
        yield opened


@pytest.fixture
def connection(world: Connection) -> Iterator[Connection]:
    with world.transaction(force_rollback=True):
        yield world


@contextmanager
def claiming(connection: Connection, role: str, claims: str) -> Iterator[Connection]:
    """Be a role with these very claims, well formed or not."""
    with connection.transaction(force_rollback=True):
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        connection.execute(f"set local role {role}")
        yield connection


def counts(connection: Connection, user: str | None = None) -> dict[str, int]:
    """How many rows of each table are seen, of one user or of all."""
    return {
        table: value(
            connection,
            f"select count(*) from public.{table}"
            f" where %s::uuid is null or {owner_column(table)} = %s",
            user,
            user,
        )
        for table in tables(connection)
    }


def contents(connection: Connection, user: str) -> dict[str, list[Any]]:
    """Every row of a user, whole."""
    return {
        table: connection.execute(
            f"select to_jsonb(t) from public.{table} as t"
            f" where {owner_column(table)} = %s order by id",
            [user],
        ).fetchall()
        for table in tables(connection)
    }


def everywhere(connection: Connection, result: int | str) -> dict[str, int | str]:
    return dict.fromkeys(tables(connection), result)


def attempts(connection: Connection, template: str, *parameters: object) -> dict[str, int | str]:
    """Try a statement on every table; each attempt is undone."""
    results: dict[str, int | str] = {}
    for table in tables(connection):
        statement = template.format(table=f"public.{table}", owner=owner_column(table))
        with connection.transaction(force_rollback=True):
            results[table] = outcome(connection, statement, *parameters)
    return results


def insertions(connection: Connection, user: str, suffix: str = "") -> dict[str, int | str]:
    """Try to insert a row for a user into every table; each attempt is undone."""
    results: dict[str, int | str] = {}
    for table in tables(connection):
        row = row_for(table, user)
        places = ", ".join(["%s"] * len(row))
        statement = f"insert into public.{table} ({', '.join(row)}) values ({places}) {suffix}"
        with connection.transaction(force_rollback=True):
            results[table] = outcome(connection, statement, *row.values())
    return results


# Reading


def test_the_world_has_rows_of_both_users_in_every_table(connection: Connection) -> None:
    for user in (ALICE, BOB):
        assert [table for table, rows in counts(connection, user).items() if not rows] == []


def test_a_user_sees_all_of_their_own_rows_and_no_others(connection: Connection) -> None:
    own = counts(connection, ALICE)
    with acting_as(connection, "authenticated", ALICE):
        assert counts(connection) == own
        assert counts(connection, BOB) == everywhere(connection, 0)


@pytest.mark.parametrize("claims", ["", "{}", '{"role": "authenticated"}', '{"sub": null}'])
def test_authenticated_without_a_user_in_the_claims_sees_and_reaches_nothing(
    connection: Connection, claims: str
) -> None:
    with claiming(connection, "authenticated", claims):
        assert counts(connection) == everywhere(connection, 0)
        assert attempts(connection, "delete from {table}") == everywhere(connection, 0)
        assert insertions(connection, ALICE) == everywhere(connection, REFUSED)
        seen = [value(connection, f"select count(*) from public.{view}") for view in VIEWS]
        assert seen == [0] * len(VIEWS)


def test_a_signed_in_user_without_rows_sees_nothing(connection: Connection) -> None:
    with acting_as(connection, "authenticated", CAROL):
        assert counts(connection) == everywhere(connection, 0)


@pytest.mark.parametrize("user", [None, ALICE])
def test_anon_is_refused_everything_whatever_the_claims_say(
    connection: Connection, user: str | None
) -> None:
    with acting_as(connection, "anon", user):
        for statement in (
            "select from {table}",
            "select id from {table}",
            "update {table} set id = id",
            "delete from {table}",
            "truncate {table} cascade",
        ):
            assert attempts(connection, statement) == everywhere(connection, REFUSED), statement
        assert insertions(connection, ALICE) == everywhere(connection, REFUSED)
        for view in VIEWS:
            assert outcome(connection, f"select from public.{view}") == REFUSED
        summary = "select * from public.get_session_summary(%s)"
        assert outcome(connection, summary, ALICE) == REFUSED


def test_service_role_sees_and_writes_the_rows_of_everybody(connection: Connection) -> None:
    everything = counts(connection)
    views = {view: value(connection, f"select count(*) from public.{view}") for view in VIEWS}
    with acting_as(connection, "service_role"):
        assert counts(connection) == everything
        seen = {view: value(connection, f"select count(*) from public.{view}") for view in VIEWS}
        assert seen == views
        assert attempts(connection, "update {table} set id = id") == everything
        assert attempts(connection, "delete from {table}") == everything
        insert(connection, "users", row_for("users", CAROL))
        others = {**everywhere(connection, 1), "users": UNIQUE_VIOLATION}
        assert insertions(connection, CAROL) == others


@pytest.mark.parametrize("role", API_ROLES)
def test_no_api_role_may_truncate(connection: Connection, role: str) -> None:
    with acting_as(connection, role, ALICE):
        refused = everywhere(connection, REFUSED)
        assert attempts(connection, "truncate {table} cascade") == refused


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_shows_a_user_their_own_rows_only(connection: Connection, view: str) -> None:
    owner = "id" if view == "user_dashboard" else "user_id"
    query = f"select to_jsonb(v) from public.{view} as v where {owner} = %s order by id"
    own = connection.execute(query, [ALICE]).fetchall()
    assert own
    with acting_as(connection, "authenticated", ALICE):
        assert connection.execute(query, [ALICE]).fetchall() == own
        assert connection.execute(query, [BOB]).fetchall() == []
        assert value(connection, f"select count(*) from public.{view}") == len(own)


def test_the_summary_of_somebody_else_counts_no_sessions(connection: Connection) -> None:
    query = "select * from public.get_session_summary(%s, 100000)"
    with acting_as(connection, "authenticated", ALICE):
        assert connection.execute(query, [ALICE]).fetchall() == [(2, 10, "patience", ["calm"])]
        assert connection.execute(query, [BOB]).fetchall() == [(0, None, None, None)]
    with acting_as(connection, "service_role"):
        assert value(connection, query, BOB) == 2


# Writing


def test_a_user_may_not_insert_for_somebody_else(connection: Connection) -> None:
    before = contents(connection, BOB)
    with acting_as(connection, "authenticated", ALICE):
        assert insertions(connection, BOB) == everywhere(connection, REFUSED)
        ignored = "on conflict do nothing"
        assert insertions(connection, BOB, ignored) == everywhere(connection, REFUSED)
        assert insertions(connection, CAROL) == everywhere(connection, REFUSED)
    assert contents(connection, BOB) == before


def test_a_user_takes_no_row_over_by_an_upsert_on_its_key(connection: Connection) -> None:
    before = contents(connection, BOB)
    theirs = {table: rows[0][0]["id"] for table, rows in before.items()}
    keys = dict(
        connection.execute(
            "select conrelid::regclass::text, substring(pg_get_constraintdef(oid), '\\(.*\\)')"
            " from pg_constraint where contype = 'p' and connamespace = 'public'::regnamespace"
        ).fetchall()
    )
    results: dict[str, int | str] = {}
    with connection.transaction(force_rollback=True):
        connection.execute("set local role authenticated")
        claims = json.dumps({"sub": ALICE})
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        for table in tables(connection):
            row = {**row_for(table, ALICE), "id": theirs[table]}
            places = ", ".join(["%s"] * len(row))
            results[table] = outcome(
                connection,
                f"insert into public.{table} ({', '.join(row)}) values ({places})"
                f" on conflict {keys[table]}"
                f" do update set {owner_column(table)} = excluded.{owner_column(table)}",
                *row.values(),
            )
        connection.execute("reset role")
        assert contents(connection, BOB) == before
    # In an archive the same id under another user is another row, so nothing is there to take.
    archives = {table: 1 for table in results if table.endswith("_archive")}
    assert results == {**everywhere(connection, REFUSED), **archives}


def test_a_user_updates_and_deletes_no_row_of_anybody_else(connection: Connection) -> None:
    own = counts(connection, ALICE)
    with acting_as(connection, "authenticated", ALICE):
        for of_bob in (
            "update {table} set id = id where {owner} = %s",
            "delete from {table} where {owner} = %s",
            "select from {table} where {owner} = %s for update",
        ):
            assert attempts(connection, of_bob, BOB) == everywhere(connection, 0), of_bob
        for unbounded in ("update {table} set id = id", "delete from {table}"):
            assert attempts(connection, unbounded) == own, unbounded


def test_a_user_gives_no_row_away(connection: Connection) -> None:
    before = contents(connection, BOB)
    with acting_as(connection, "authenticated", ALICE):
        given_away = attempts(connection, "update {table} set {owner} = %s", BOB)
        assert given_away == everywhere(connection, REFUSED)
    assert contents(connection, BOB) == before


def test_a_user_deletes_inserts_and_updates_their_own_rows(connection: Connection) -> None:
    own = contents(connection, ALICE)
    for table, rows in own.items():
        copy = f"select (jsonb_populate_record(null::public.{table}, %s)).*"
        with acting_as(connection, "authenticated", ALICE):
            changed = outcome(
                connection, f"update public.{table} set id = id where id = %s", rows[0][0]["id"]
            )
            deleted = outcome(connection, f"delete from public.{table}")
            inserted = [
                outcome(connection, f"insert into public.{table} {copy}", Jsonb(row))
                for (row,) in rows
            ]
            seen = value(connection, f"select count(*) from public.{table}")
        assert (changed, deleted, inserted, seen) == (1, len(rows), [1] * len(rows), len(rows)), (
            table
        )


# Sessions and what hangs on them


def session_of(connection: Connection, user: str, table: str = "daily_sessions") -> Any:
    return value(connection, f"select id from public.{table} where user_id = %s", user)


@pytest.mark.parametrize("role", SIGNED_IN_ROLES)
@pytest.mark.parametrize(
    ("table", "pointer", "sessions"),
    [
        ("session_analytics", "session_id", "daily_sessions"),
        ("session_analytics_archive", "session_id", "daily_sessions_archive"),
        ("virtue_collection", "earned_from_session_id", "daily_sessions"),
        ("virtue_collection", "earned_from_archived_session_id", "daily_sessions_archive"),
    ],
)
def test_nothing_attaches_to_the_session_of_another_user(
    connection: Connection, role: str, table: str, pointer: str, sessions: str
) -> None:
    theirs = session_of(connection, BOB, sessions)
    name = "virtue_name" if table == "virtue_collection" else "metric_name"
    insertion = f"insert into public.{table} ({pointer}, {name}, user_id) values (%s, 'new', %s)"
    update = (
        f"update public.{table} set {pointer} = %s, {name} = 'new'"
        f" where {pointer} is not null and user_id = %s"
    )
    with acting_as(connection, role, ALICE):
        tried = [outcome(connection, query, theirs, ALICE) for query in (insertion, update)]
    assert tried == [FOREIGN_KEY_VIOLATION] * 2


def test_an_unknown_session_and_one_of_another_user_are_refused_alike(
    connection: Connection,
) -> None:
    theirs = session_of(connection, BOB)
    query = (
        "insert into public.session_analytics (user_id, session_id, metric_name)"
        " values (%s, %s, 'new')"
    )
    messages = []
    with acting_as(connection, "authenticated", ALICE):
        for session in (theirs, uuid.uuid4()):
            with (
                pytest.raises(psycopg.errors.ForeignKeyViolation) as refused,
                connection.transaction(),
            ):
                connection.execute(query, [ALICE, session])
            text = f"{refused.value.diag.message_primary} {refused.value.diag.message_detail}"
            messages.append(text.replace(str(session), "<session>"))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("role", SIGNED_IN_ROLES)
@pytest.mark.parametrize(
    ("sessions", "analytics", "pointer"),
    [
        ("daily_sessions", "session_analytics", "earned_from_session_id"),
        (
            "daily_sessions_archive",
            "session_analytics_archive",
            "earned_from_archived_session_id",
        ),
    ],
)
def test_deleting_a_session_takes_its_analytics_and_leaves_its_virtue_without_a_pointer(
    connection: Connection, role: str, sessions: str, analytics: str, pointer: str
) -> None:
    pointing = (
        f"select id from public.virtue_collection where {pointer} is not null and user_id = %s"
    )
    virtue = value(connection, pointing, ALICE)
    kept = "select user_id, times_earned from public.virtue_collection where id = %s"
    before = connection.execute(kept, [virtue]).fetchall()
    with acting_as(connection, role, ALICE):
        deletion = f"delete from public.{sessions} where user_id = %s"
        assert outcome(connection, deletion, ALICE) == 1
        assert connection.execute(pointing, [ALICE]).fetchall() == []
        assert connection.execute(kept, [virtue]).fetchall() == before
        left = f"select count(*) from public.{analytics} where user_id = %s"
        assert value(connection, left, ALICE) == 0


# Accounts


@pytest.mark.parametrize("role", SIGNED_IN_ROLES)
def test_deleting_an_account_deletes_everything_of_it_archives_too_and_nothing_else(
    connection: Connection, role: str
) -> None:
    others = contents(connection, BOB)
    connection.execute(
        "select set_config('request.jwt.claims', %s, true)", [f'{{"sub":"{ALICE}"}}']
    )
    connection.execute(f"set local role {role}")
    assert outcome(connection, "delete from public.users where id = %s", ALICE) == 1
    connection.execute("reset role")
    assert counts(connection, ALICE) == everywhere(connection, 0)
    assert contents(connection, BOB) == others


# Settings

SETTING = "insert into public.app_settings (user_id, setting_key, setting_value, setting_type)"


@pytest.fixture
def settings(connection: Connection) -> Connection:
    """Beside the users' own: a global setting and flag, and flags the app set for both users."""
    connection.execute(
        f"{SETTING} values (null, 'motd', '1', 'system'), (null, 'dark_mode', '1', 'feature_flag'),"
        " (%s, 'beta', 'false', 'feature_flag'), (%s, 'beta', 'true', 'feature_flag')",
        [ALICE, BOB],
    )
    return connection


def test_a_user_reads_their_own_settings_of_every_type_and_the_global_ones(
    settings: Connection,
) -> None:
    with acting_as(settings, "authenticated", ALICE):
        seen = settings.execute("select setting_key, user_id::text from public.app_settings")
        assert set(seen) == {("theme", ALICE), ("beta", ALICE), ("motd", None), ("dark_mode", None)}
    with acting_as(settings, "authenticated", CAROL):
        assert set(names(settings, "select setting_key from public.app_settings")) == {
            "motd",
            "dark_mode",
        }


@pytest.mark.parametrize("kind", ["feature_flag", "system"])
def test_a_user_can_neither_create_nor_become_a_setting_that_is_not_theirs_to_write(
    settings: Connection, kind: str
) -> None:
    with acting_as(settings, "authenticated", ALICE):
        assert outcome(settings, f"{SETTING} values (%s, 'new', '1', %s)", ALICE, kind) == REFUSED
        assert outcome(settings, f"{SETTING} values (null, 'new', '1', %s)", kind) == REFUSED
        retyped = "update public.app_settings set setting_type = %s where setting_key = 'theme'"
        assert outcome(settings, retyped, kind) == REFUSED
        globalized = "update public.app_settings set user_id = null where setting_key = 'theme'"
        assert outcome(settings, globalized) == REFUSED
        upsert = (
            f"{SETTING} values (%s, 'beta', 'true', 'user') on conflict (user_id, setting_key)"
            " do update set setting_value = excluded.setting_value"
        )
        assert outcome(settings, upsert, ALICE) == REFUSED


@pytest.mark.parametrize("key", ["motd", "dark_mode", "beta"])
def test_a_user_changes_and_deletes_no_setting_that_is_global_or_a_flag(
    settings: Connection, key: str
) -> None:
    with acting_as(settings, "authenticated", ALICE):
        changes = (
            "update public.app_settings set setting_value = '0' where setting_key = %s",
            "update public.app_settings set setting_type = 'user' where setting_key = %s",
            "delete from public.app_settings where setting_key = %s",
        )
        assert [outcome(settings, change, key) for change in changes] == [0, 0, 0]


def test_a_user_writes_their_own_settings_of_type_user(settings: Connection) -> None:
    with acting_as(settings, "authenticated", ALICE):
        assert outcome(settings, f"{SETTING} values (%s, 'font', '12', 'user')", ALICE) == 1
        assert outcome(settings, "update public.app_settings set setting_value = '14'") == 2
        assert outcome(settings, "delete from public.app_settings") == 2


def test_a_global_setting_is_not_duplicated_even_by_service_role(settings: Connection) -> None:
    with acting_as(settings, "service_role"):
        again = f"{SETTING} values (null, 'motd', '2', 'system')"
        assert outcome(settings, again) == UNIQUE_VIOLATION


# What the API has no business in


@pytest.mark.parametrize("role", API_ROLES)
def test_the_audit_log_and_the_ledger_are_out_of_reach(connection: Connection, role: str) -> None:
    relations = names(
        connection,
        "select oid::regclass from pg_class where relkind in ('r', 'p', 'v', 'm', 'S')"
        " and relnamespace::regnamespace::text in ('audit', 'arami_db')",
    )
    functions = names(
        connection,
        "select oid::regproc from pg_proc"
        " where pronamespace::regnamespace::text in ('audit', 'arami_db')",
    )
    assert {"audit.change_log", "arami_db.migration"} <= set(relations)
    with acting_as(connection, role, ALICE):
        statements = {
            f"select from {relation}": outcome(connection, f"select from {relation}")
            for relation in relations
        } | {
            f"select {function}()": outcome(connection, f"select {function}()")
            for function in functions
        }
        for forbidden in (
            "create table public.mine ()",
            "create table audit.mine ()",
            "insert into audit.change_log (actor_role, operation, table_name, row_id)"
            " values ('x', 'delete', 'users', gen_random_uuid())",
            "delete from audit.change_log",
            "alter table public.users disable row level security",
            'drop policy "Users can only access their own data" on public.users',
            "create trigger mine after update on public.users"
            " for each row execute function public.update_updated_at_column()",
        ):
            statements[forbidden] = outcome(connection, forbidden)
    assert statements == dict.fromkeys(statements, REFUSED)


# Claims


@pytest.mark.parametrize(
    "claims", ["not json", "{", '{"sub": "not-a-uuid"}', '{"sub": ""}', '{"sub": 7}', "'"]
)
def test_malformed_claims_are_refused_and_never_taken_for_somebody(
    connection: Connection, claims: str
) -> None:
    with claiming(connection, "authenticated", claims):
        assert attempts(connection, "select id from {table}") == everywhere(connection, MALFORMED)
        assert attempts(connection, "delete from {table}") == everywhere(connection, MALFORMED)
        assert insertions(connection, ALICE) == everywhere(connection, MALFORMED)


USERS = st.sampled_from([ALICE, BOB, CAROL])
STYLE = st.sampled_from(["legacy", "json", "both", "overruled"])


@given(owner=USERS, actor=USERS, style=STYLE, role=st.sampled_from(SIGNED_IN_ROLES))
def test_a_row_is_seen_exactly_by_its_owner_and_service_role_however_the_claims_are_sent(
    world: Connection, owner: str, actor: str, style: str, role: str
) -> None:
    there = counts(world, owner)
    legacy = actor if style != "json" else ""
    claimed = {"legacy": None, "json": actor, "both": actor, "overruled": owner}[style]
    with world.transaction(force_rollback=True):
        world.execute(
            "select set_config('request.jwt.claim.sub', %s, true),"
            " set_config('request.jwt.claims', %s, true)",
            [legacy, json.dumps({"sub": claimed, "role": role})],
        )
        world.execute(f"set local role {role}")
        seen = counts(world, owner)
        written = attempts(world, "update {table} set id = id where {owner} = %s", owner)
    visible = there if role == "service_role" or actor == owner else everywhere(world, 0)
    assert seen == visible
    assert written == visible


@given(actor=USERS, victim=USERS, rows=st.integers(1, 3))
def test_an_insert_of_several_rows_is_refused_for_one_row_of_somebody_else(
    world: Connection, actor: str, victim: str, rows: int
) -> None:
    with acting_as(world, "authenticated", actor):
        values = ", ".join(["(%s, 'walk')"] * (rows + 1))
        result = outcome(
            world,
            f"insert into public.user_goals (user_id, goal_text) values {values}",
            *([actor] * rows),
            victim,
        )
    known = FOREIGN_KEY_VIOLATION if actor == CAROL else rows + 1
    assert result == (known if actor == victim else REFUSED)
