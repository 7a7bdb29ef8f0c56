"""The change log: who changed which columns of which row, and when; never what they held."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

from tests.conftest import ALICE, BOB, acting_as, made
from tests.documented import (
    API_ROLES,
    COLUMNS,
    REFUSED,
    ROWS,
    SIGNED_IN_ROLES,
    STAMPED,
    Connection,
    another,
    insert,
    names,
    outcome,
    owner_column,
    row_for,
    settle,
    tables,
    value,
)

SENTINEL = "the-most-private-thing"


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


def log(connection: Connection, columns: str = "operation, changed_columns") -> list[Any]:
    """What the change log holds, in order of writing."""
    query = f"select {columns} from audit.change_log order by id"
    return connection.execute(query).fetchall()


def row_of(connection: Connection, table: str, user: str) -> Any:
    """The id of a user's row that no other row refers to."""
    query = f"select id from public.{table} where {owner_column(table)} = %s order by id limit 1"
    return value(connection, query, user)


@contextmanager
def signed_in(connection: Connection, role: str, user: str) -> Iterator[None]:
    """Act as an API role and return to the owner with the changes still there."""
    connection.execute("select set_config('request.jwt.claims', %s, true)", [f'{{"sub":"{user}"}}'])
    connection.execute(f"set local role {role}")
    yield
    connection.execute("reset role")
    connection.execute("select set_config('request.jwt.claims', '', true)")


def add_goals(connection: Connection, *texts: str) -> list[Any]:
    return [
        insert(connection, "user_goals", row_for("user_goals", ALICE, goal_text=text))
        for text in texts
    ]


def test_inserting_is_no_change(connection: Connection) -> None:
    assert log(connection) == []  # the world itself was only inserted


def test_an_update_of_each_column_of_every_table_names_that_column_alone(
    connection: Connection,
) -> None:
    for table in tables(connection):
        changed, expected = {}, {}
        row = row_of(connection, table, ALICE)
        for column in ROWS[table].keys() - {"updated_at"}:
            with connection.transaction(force_rollback=True):
                query = f"update public.{table} set {column} = %s where id = %s"
                assert outcome(connection, query, another(table, column), row) == 1
                changed[column] = log(connection, "operation, table_name, row_id, changed_columns")
                expected[column] = [("update", table, row, [column])]
        assert changed == expected


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("session_analytics", ["session_id"]),
        ("session_analytics_archive", ["session_id"]),
        ("virtue_collection", ["earned_from_session_id"]),
        ("virtue_collection", ["earned_from_archived_session_id"]),
        ("user_goals", ["user_id"]),
    ],
)
def test_a_changed_reference_is_a_change(
    connection: Connection, table: str, columns: list[str]
) -> None:
    (column,) = columns
    new = BOB if column == "user_id" else None
    query = f"update public.{table} set {column} = %s where user_id = %s and {column} is not null"
    assert outcome(connection, query, new, ALICE) == 1
    assert log(connection) == [("update", columns)]


def test_several_columns_are_named_in_table_order(connection: Connection) -> None:
    connection.execute(
        "update public.user_goals set source = 'onboarding', status = 'paused', goal_text = 'run'"
        " where user_id = %s",
        [ALICE],
    )
    assert log(connection) == [("update", ["goal_text", "status", "source"])]


def test_a_delete_from_every_table_records_each_row_gone(connection: Connection) -> None:
    for table in tables(connection):
        with connection.transaction(force_rollback=True):
            query = f"delete from public.{table} where {owner_column(table)} = %s returning id"
            gone = connection.execute(query, [ALICE]).fetchall()
            assert gone
            found = connection.execute(
                "select row_id from audit.change_log where operation = 'delete'"
                " and table_name = %s and changed_columns is null",
                [table],
            ).fetchall()
            assert sorted(found) == sorted(gone)


def test_deleting_an_account_records_every_row_of_it_in_every_table(connection: Connection) -> None:
    there = {
        (table, row[0])
        for table in tables(connection)
        for row in connection.execute(
            f"select id from public.{table} where {owner_column(table)} = %s", [ALICE]
        )
    }
    with signed_in(connection, "authenticated", ALICE):
        connection.execute("delete from public.users")
    deleted = connection.execute(
        "select table_name, row_id, actor_id::text, actor_role from audit.change_log"
        " where operation = 'delete'"
    ).fetchall()
    assert sorted(deleted) == sorted((*row, ALICE, "authenticated") for row in there)


def test_a_deleted_session_records_its_analytics_and_the_virtue_it_leaves(
    connection: Connection,
) -> None:
    connection.execute("delete from public.daily_sessions where user_id = %s", [ALICE])
    assert sorted(log(connection, "table_name, operation, changed_columns")) == [
        ("daily_sessions", "delete", None),
        ("session_analytics", "delete", None),
        ("virtue_collection", "update", ["earned_from_session_id"]),
    ]


def test_the_log_says_who_and_when(connection: Connection) -> None:
    goal = row_of(connection, "user_goals", ALICE)
    with signed_in(connection, "authenticated", ALICE):
        connection.execute("update public.user_goals set status = 'completed'")
    assert log(
        connection, "occurred_at = now(), actor_id::text, actor_role, table_name, row_id"
    ) == [(True, ALICE, "authenticated", "user_goals", goal)]


@pytest.mark.parametrize("role", SIGNED_IN_ROLES)
def test_the_role_is_the_one_that_set_role_chose(connection: Connection, role: str) -> None:
    with signed_in(connection, role, ALICE):
        connection.execute("delete from public.user_goals where user_id = %s", [ALICE])
    assert log(connection, "actor_id::text, actor_role") == [(ALICE, role)]


def test_the_legacy_claim_names_the_actor_too(connection: Connection) -> None:
    connection.execute("select set_config('request.jwt.claim.sub', %s, true)", [BOB])
    connection.execute("delete from public.user_goals where user_id = %s", [ALICE])
    connection.execute("select set_config('request.jwt.claim.sub', '', true)")
    assert log(connection, "actor_id::text") == [(BOB,)]


def test_without_set_role_the_role_is_the_one_that_logged_in(database: str) -> None:
    login = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(database, autocommit=True) as owner:
        settle(owner, ALICE)
        owner.execute(f"create role {login} login bypassrls password '{login}'")
        try:
            owner.execute(f"grant select, delete on public.user_goals to {login}")
            direct = make_conninfo(database, user=login, password=login)
            with psycopg.connect(direct) as connection:
                connection.execute("delete from public.user_goals")
            assert log(owner, "actor_id, actor_role") == [(None, login)]
        finally:
            owner.execute(f"drop owned by {login}")
            owner.execute(f"drop role {login}")


def test_a_statement_over_many_rows_records_those_it_really_changed(
    connection: Connection,
) -> None:
    connection.execute("delete from public.user_goals")
    connection.execute("delete from audit.change_log")
    first, second, third = add_goals(connection, "walk", "run", "rest")
    connection.execute(
        "update public.user_goals set goal_text = 'walk', target_date = '2024-12-31'"
    )
    assert sorted(log(connection, "row_id, changed_columns")) == sorted(
        [(second, ["goal_text"]), (third, ["goal_text"])]
    )
    assert first not in {row for (row,) in log(connection, "row_id")}


def test_an_update_that_changes_nothing_records_nothing(connection: Connection) -> None:
    for table in tables(connection):
        columns = [line.split()[0] for line in COLUMNS[table]]
        same = ", ".join(f"{column} = {column}" for column in columns)
        updated = outcome(connection, f"update public.{table} set {same}")
        assert isinstance(updated, int)
        assert updated > 0
    assert log(connection) == []


@pytest.mark.parametrize("table", STAMPED)
def test_a_new_updated_at_alone_is_no_change(connection: Connection, table: str) -> None:
    column = owner_column(table)
    before = f"select updated_at from public.{table} where {column} = %s"
    stamp = value(connection, before, ALICE)
    connection.execute(f"update public.{table} set {column} = {column}")
    assert value(connection, before, ALICE) != stamp
    assert log(connection) == []


def test_statements_that_reach_no_row_record_nothing(connection: Connection) -> None:
    for table in tables(connection):
        assert outcome(connection, f"update public.{table} set id = id where false") == 0
        assert outcome(connection, f"delete from public.{table} where false") == 0
    assert log(connection) == []


def test_an_upsert_records_the_row_it_updated_and_not_the_one_it_inserted(
    connection: Connection,
) -> None:
    connection.execute(
        "insert into public.virtue_collection (user_id, virtue_name) values"
        " (%(user)s, 'patience'), (%(user)s, 'wisdom') on conflict (user_id, virtue_name)"
        " do update set times_earned = virtue_collection.times_earned + 1",
        {"user": ALICE},
    )
    patience = value(
        connection,
        "select id from public.virtue_collection where virtue_name = 'patience' and user_id = %s",
        ALICE,
    )
    assert log(connection, "row_id, operation, changed_columns") == [
        (patience, "update", ["times_earned"])
    ]


def test_from_sql_null_to_json_null_and_back_is_a_change(connection: Connection) -> None:
    update = "update public.onboarding_profiles set personality_insights = %s where user_id = %s"
    contents = (None, Jsonb(None), None)
    for content in contents:
        connection.execute(update, [content, ALICE])
    assert log(connection) == [("update", ["personality_insights"])] * len(contents)


def test_json_of_another_spelling_and_the_same_meaning_is_no_change(connection: Connection) -> None:
    update = "update public.app_settings set setting_value = %s where user_id = %s"
    connection.execute(update, ['{"a": 1, "b": 2}', ALICE])
    connection.execute(update, ['{"b":2,   "a":1}', ALICE])
    assert len(log(connection)) == 1


def test_a_changed_id_is_on_record_under_the_id_it_had(connection: Connection) -> None:
    goal = row_of(connection, "user_goals", ALICE)
    connection.execute(
        "update public.user_goals set id = gen_random_uuid() where user_id = %s", [ALICE]
    )
    assert log(connection, "row_id, changed_columns") == [(goal, ["id"])]


@pytest.mark.parametrize("table", ["daily_sessions_archive", "session_analytics_archive"])
def test_archived_rows_of_two_users_with_one_id_are_told_apart(
    connection: Connection, table: str
) -> None:
    # The archives' key is (user_id, id), so one id may stand there for a row of each user.
    shared = row_of(connection, table, ALICE)
    insert(connection, table, row_for(table, BOB, id=shared))
    column = "metric_name" if table == "session_analytics_archive" else "virtue_earned"
    connection.execute(f"update public.{table} set {column} = 'new' where id = %s", [shared])
    assert log(connection, "row_id, changed_columns") == [(shared, [column])] * 2


def test_no_value_ever_enters_the_log(connection: Connection) -> None:
    for table in tables(connection):
        for column, held in ROWS[table].items():
            private = Jsonb({"said": SENTINEL}) if isinstance(held, Jsonb) else SENTINEL
            update = f"update public.{table} set {column} = %s where {owner_column(table)} = %s"
            for content in (private, Jsonb([SENTINEL]), another(table, column)):
                outcome(connection, update, content, ALICE)
    said = value(
        connection, "select count(*) from public.user_goals where goal_text like %s", "%changed%"
    )
    assert said == 1  # the statements did reach the rows
    connection.execute("update public.user_goals set goal_text = %s", [SENTINEL])
    connection.execute("update public.daily_sessions set conversation_transcript = %s", [SENTINEL])
    connection.execute("delete from public.users")
    whole = value(connection, "select string_agg(c::text, ' ') from audit.change_log as c")
    assert "goal_text" in whole
    assert "delete" in whole
    for word in (SENTINEL, "slept", "patience", "example.com", "(changed)"):
        assert word not in whole


def test_the_log_outlives_the_account(connection: Connection) -> None:
    with signed_in(connection, "authenticated", ALICE):
        connection.execute("update public.user_goals set status = 'paused'")
        connection.execute("delete from public.users")
    updates = "select count(*) from audit.change_log where operation = 'update' and actor_id = %s"
    assert value(connection, updates, ALICE) >= 1


def test_what_is_rolled_back_is_not_on_record(connection: Connection) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute("delete from public.user_goals")
        assert len(log(connection)) == 2
    assert log(connection) == []


WIDGETS = """
    create table public.widgets (
        id uuid not null default gen_random_uuid(),
        shelf text,
        "Odd's name" numeric,
        moved_at timestamptz,
        content jsonb,
        updated_at timestamptz,
        primary key (shelf, id)
    );
    create trigger audit_widgets_update after update on public.widgets
    referencing old table as old_rows new table as new_rows
    for each statement execute function audit.record_change();
    insert into public.widgets (shelf, "Odd's name", content) values ('a', 1.0, '{"b": 1}');
"""
# Of another table: what an update sets, and the columns on record. One row is compared as JSON,
# many by a statement that names the columns; the answers are the same.
SETS = {
    '"Odd\'s name" = 1.00': [],
    '"Odd\'s name" = 2, moved_at = now()': ["Odd's name", "moved_at"],
    '"Odd\'s name" = null': ["Odd's name"],
    """content = '{"b": null}'""": ["content"],
    """content = '{"b" : 1.0}'""": [],
    "content = 'null'": ["content"],
    "content = null": ["content"],
    "added = 'null'": ["added"],
    "added = 'a, \"b\" (null)', updated_at = now()": ["added"],
    "updated_at = now()": [],
}


@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("change", SETS)
def test_any_table_is_recorded_whatever_its_key_and_a_column_it_gained(
    connection: Connection, change: str, rows: int
) -> None:
    connection.execute(WIDGETS)
    if rows == 2:  # of one id, in two places
        connection.execute(
            "insert into public.widgets select id, 'c', \"Odd's name\", moved_at, content"
            " from public.widgets"
        )
    connection.execute("update public.widgets set content = content")  # planned before
    connection.execute("alter table public.widgets add added text, drop moved_at")
    connection.execute("alter table public.widgets add moved_at timestamptz")
    connection.execute("update public.widgets set shelf = shelf || 'x'")
    connection.execute("delete from audit.change_log")
    connection.execute(f"update public.widgets set {change}")
    found = log(connection, "array(select unnest(changed_columns) order by 1)")
    assert found == [(SETS[change],)] * (rows if SETS[change] else 0)


@given(
    texts=st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=8
    )
)
def test_exactly_the_rows_that_differ_are_recorded_whatever_the_update(
    world: Connection, texts: list[tuple[str, str]]
) -> None:
    with world.transaction(force_rollback=True):
        goals = add_goals(world, *(before for before, _ in texts))
        world.execute(
            "update public.user_goals as g set goal_text = new.goal_text"
            " from unnest(%s::uuid[], %s::text[]) as new (id, goal_text) where g.id = new.id",
            [goals, [after for _, after in texts]],
        )
        expected = [g for g, (old, new) in zip(goals, texts, strict=True) if old != new]
        assert sorted(log(world, "row_id, changed_columns")) == sorted(
            (goal, ["goal_text"]) for goal in expected
        )


@pytest.mark.parametrize("role", API_ROLES)
def test_api_roles_neither_read_nor_write_the_log_nor_call_its_function(
    connection: Connection, role: str
) -> None:
    statements = (
        "select from audit.change_log",
        "insert into audit.change_log (actor_role, operation, table_name, row_id)"
        " values ('postgres', 'delete', 'users', gen_random_uuid())",
        "update audit.change_log set actor_id = null",
        "delete from audit.change_log",
        "truncate audit.change_log",
        "select nextval('audit.change_log_id_seq')",
        "select audit.record_change()",
    )
    with acting_as(connection, role, ALICE):
        tried = {statement: outcome(connection, statement) for statement in statements}
    assert tried == dict.fromkeys(statements, REFUSED)


def test_even_with_a_careless_grant_the_log_stays_empty_for_api_roles(
    connection: Connection,
) -> None:
    connection.execute("delete from public.user_goals")
    connection.execute("grant usage on schema audit to authenticated")
    connection.execute("grant select, delete on audit.change_log to authenticated")
    with acting_as(connection, "authenticated", ALICE):
        assert names(connection, "select id from audit.change_log") == []
        assert outcome(connection, "delete from audit.change_log") == 0
        assert outcome(connection, "select audit.record_change()") == REFUSED


@pytest.mark.parametrize("name", ["text", "uuid", "jsonb", "int4"])
def test_a_temporary_type_of_the_writer_runs_nothing_as_the_owner(
    connection: Connection, name: str
) -> None:
    """The check of a domain runs as the role that makes a value one, and that was the definer."""
    connection.execute(
        f"create function pg_temp.seen(pg_catalog.{name}) returns boolean language sql as"
        " $$ select set_config('test.seen', current_user, true) is not null $$;"
        f"create domain pg_temp.{name} as pg_catalog.{name} check (pg_temp.seen(value))"
    )
    with acting_as(connection, "authenticated", ALICE):
        assert connection.execute("update public.users set name = 'b'").rowcount == 1
        assert connection.execute("delete from public.users").rowcount == 1
        seen = connection.execute("select current_setting('test.seen', true)").fetchone()
    assert seen in {(None,), ("",), ("authenticated",)}
