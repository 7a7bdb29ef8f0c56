"""`seed demo`: the same rows everywhere, at one with each other, and exactly those away again."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from arami_db.seed.recipe import id_of
from tests import pooler
from tests.conftest import (
    ALICE,
    end,
    eventually,
    made,
    rows,
    run_cli,
    run_json,
    scalar,
    start_cli,
)

Connection = psycopg.Connection[Any]
UNTIL = ("--until", "2026-11-01")
# Of all rows of 60 users until then. A change of sql/demo changes it; a server must not.
DIGEST = "fe0aa9b89913da05d755692d5df046dd682bb0e4e004cbcb5a0bb5456281f55b"
ARCHIVES = {"public.daily_sessions_archive", "public.session_analytics_archive"}


def tables(conninfo: str) -> list[str]:
    """The tables that hold what is known of people, and the change log."""
    query = """
        select format('%I.%I', schemaname, tablename) from pg_tables
        where schemaname = 'public' or tablename = 'change_log' order by 1"""
    return [row[0] for row in rows(conninfo, query)]


def content(conninfo: str) -> dict[str, list[str]]:
    """Every row of every table, but for the numbers of the change log."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("set timezone = 'UTC'; set datestyle = 'ISO'")
        return {
            table: sorted(
                json.dumps(row[0], sort_keys=True)
                for row in connection.execute(
                    f"select to_jsonb(t) {'- $$id$$' * table.startswith('audit')}"
                    f" from {table} as t".encode()
                )
            )
            for table in tables(conninfo)
        }


def digest(conninfo: str) -> str:
    """A hash of all of it."""
    return hashlib.sha256(json.dumps(content(conninfo)).encode()).hexdigest()


@pytest.fixture(scope="module")
def filled(server: dict[str, str], template: str) -> Iterator[str]:
    """A database with 250 demo users; only to be read."""
    with made(server, template) as conninfo:
        run_cli("seed", "demo", "--users", "250", "--until", "2026-11-01", "-d", conninfo)
        yield conninfo


@pytest.fixture
def copied(server: dict[str, str], filled: str) -> Iterator[str]:
    """A copy of it."""
    with made(server, str(conninfo_to_dict(filled)["dbname"])) as conninfo:
        yield conninfo


def test_every_table_has_rows(copied: str) -> None:
    empty = {name for name, found in content(copied).items() if not found}
    assert empty == ARCHIVES
    run_cli("archive", "--before", "2025-01-01", "-d", copied)
    assert all(content(copied).values())


def test_every_value_that_a_check_lists_occurs(filled: str) -> None:
    query = """
        select k.conrelid::regclass::text, a.attname, pg_get_constraintdef(k.oid)
        from pg_constraint as k join pg_attribute as a
            on a.attrelid = k.conrelid and k.conkey = array[a.attnum]
        where k.contype = 'c' and k.connamespace = 'public'::regnamespace
            and a.atttypid = 'text'::regtype and k.conrelid::regclass::text !~ '_archive$'"""
    found = rows(filled, query)
    assert len(found) >= 15
    for table, column, definition in found:
        listed = {part for part in definition.split("'")[1::2] if part != "text"}
        occurring = {row[0] for row in rows(filled, f"select distinct {column} from {table}")}
        assert occurring == listed, (table, column)


def test_the_same_parameters_make_the_same_rows_on_every_server(database: str) -> None:
    name = conninfo_to_dict(database)["dbname"]
    with psycopg.connect(database, autocommit=True) as connection:
        for setting in (
            "timezone = 'America/New_York'",
            "datestyle = 'German'",
            "intervalstyle = 'sql_standard'",
            "bytea_output = 'escape'",
            "search_path = 'pg_temp'",
        ):
            connection.execute(f'alter database "{name}" set {setting}'.encode())
    run_cli("seed", "demo", "--users", "25", *UNTIL, "-d", database)
    run_cli("seed", "demo", "--users", "60", "-d", database)
    assert digest(database) == DIGEST


def test_another_random_seed_makes_others(database: str) -> None:
    run_cli("seed", "demo", "--users", "60", *UNTIL, "--random-seed", "2", "-d", database)
    assert digest(database) != DIGEST


def test_nothing_happens_before_the_sign_up_or_after_the_end(filled: str) -> None:
    columns = rows(
        filled,
        """
        select format('%I.%I', n.nspname, c.relname), quote_ident(a.attname),
            exists (select from pg_attribute as o where o.attrelid = c.oid
                and o.attname = 'user_id')
        from pg_attribute as a join pg_class as c on c.oid = a.attrelid
            join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relkind = 'r' and a.attnum > 0
            and a.atttypid = 'timestamptz'::regtype""",
    )
    assert len(columns) > 20
    for table, column, of_user in columns:
        latest = scalar(filled, f"select max({column}) from {table}")
        if latest is not None:
            assert latest.isoformat() <= "2026-11-01T00:00:00+00:00", (table, column)
        if of_user:
            query = f"""select count(*) from {table} as t join public.users as u
                on u.id = t.user_id where t.{column} < u.created_at"""
            assert scalar(filled, query) == 0, (table, column)
    late = """select count(*) from public.daily_sessions as s join public.users as u
        on u.id = s.user_id where s.session_date <> (s.started_at at time zone u.timezone)::date
        or s.session_date <> (s.completed_at at time zone u.timezone)::date"""
    assert scalar(filled, late) == 0


ACTIVITIES = """
    select s.user_id, s.completed_at, s.id, s.virtue_earned, row_number() over (
        partition by s.user_id, date_trunc('week', s.session_date) order by s.completed_at, s.id
    ) as in_week
    from public.daily_sessions as s where s.completed_at is not null
    order by s.completed_at, s.id"""


def test_streaks_and_virtues_are_what_the_functions_make_of_the_sessions(copied: str) -> None:
    streaks = """select user_id, streak_type, current_streak, longest_streak, last_activity_date,
        streak_start_date from public.user_streaks order by 1, 2"""
    virtues = """select user_id, virtue_name, virtue_description, virtue_icon, times_earned,
        earned_from_session_id from public.virtue_collection order by 1, 2"""
    with psycopg.connect(copied) as connection:
        connection.execute("delete from public.users where id > %s", [id_of(90)])
        before = [connection.execute(query.encode()).fetchall() for query in (streaks, virtues)]
        told = {row[1]: row[2:4] for row in before[1]}
        connection.execute("delete from public.user_streaks")
        connection.execute("delete from public.virtue_collection")
        call = "select public.record_activity(%s, occurred_at => %s, user_uuid => %s)"
        for user, when, session, virtue, in_week in connection.execute(ACTIVITIES).fetchall():
            connection.execute(call, ["daily_session", when, user])
            if in_week >= 3:
                connection.execute(call, ["weekly_goal", when, user])
            if virtue:
                connection.execute(call, ["monthly_virtue", when, user])
                connection.execute(
                    "select public.earn_virtue(%s, %s, %s, session_id => %s, user_uuid => %s)",
                    [virtue, *told[virtue], session, user],
                )
        after = [connection.execute(query.encode()).fetchall() for query in (streaks, virtues)]
    assert len(before[0]) > 100
    assert len(before[1]) > 100
    assert before == after


def test_virtues_were_earned_when_their_sessions_ended(filled: str) -> None:
    query = """
        select count(*) from public.virtue_collection as v
        cross join lateral (
            select min(completed_at) as first, max(completed_at) as last, count(*) as times
            from public.daily_sessions as s
            where s.user_id = v.user_id and s.virtue_earned = v.virtue_name
        ) as s
        where (first_earned_at, last_earned_at, times_earned) = (s.first, s.last, s.times)"""
    assert scalar(filled, query) == scalar(filled, "select count(*) from public.virtue_collection")


def test_people_are_as_people_are(filled: str) -> None:
    per_user = [
        row[0]
        for row in rows(
            filled,
            """select count(s.id) from public.users as u left join public.daily_sessions as s
            on s.user_id = u.id group by u.id order by 1 desc""",
        )
    ]
    assert sum(per_user[:25]) > sum(per_user) / 2, "a tenth has more than half"
    assert per_user.count(0) > 25, "some are silent"
    weekday, weekend = rows(
        filled,
        """select count(*) filter (where extract(isodow from session_date) < 6) / 5.0,
            count(*) filter (where extract(isodow from session_date) > 5) / 2.0
        from public.daily_sessions""",
    )[0]
    assert weekend * 10 < weekday * 9
    early = """select avg(extract(hour from s.started_at at time zone u.timezone))::int
        from public.daily_sessions as s join public.users as u on u.id = s.user_id
        join public.ritual_preferences as r on r.user_id = u.id where r.timing = %s"""
    assert scalar(filled, early, "morning_person") < 9
    assert scalar(filled, early, "evening_person") > 17
    halves = """select count(*) filter (where created_at < '2025-05-01'), count(*)
        from public.users"""
    first, all_of_them = rows(filled, halves)[0]
    assert 0 < first < all_of_them / 2.5, "more sign up later"
    assert scalar(filled, "select count(distinct timezone) from public.users") > 8
    lengths = """select percentile_disc(array[0.1, 0.9]) within group
        (order by length(conversation_transcript)) from public.daily_sessions"""
    short, long = scalar(filled, lengths)
    assert 100 < short < 1000 < long < 10000
    longest = "select max(longest_streak) from public.user_streaks where streak_type like 'daily%'"
    assert scalar(filled, longest) > 20


def test_the_same_again_changes_nothing_and_other_parameters_are_refused(copied: str) -> None:
    before = content(copied)
    for again in (["--users", "250"], ["--users", "0"], ["--users", "250", "--years", "3", *UNTIL]):
        assert run_json("seed", "demo", *again, "-d", copied)["added"] == 0
    for other in (["--years", "2"], ["--until", "2026-10-01"], ["--random-seed", "2"]):
        said = run_cli("seed", "demo", "--users", "300", *other, "-d", copied, expect=2).stderr
        assert "--years 3 --until 2026-11-01 --random-seed 1" in said
        assert "--remove" in said
    assert content(copied) == before


def test_what_cannot_be_is_refused(database: str, project: Callable[..., Path]) -> None:
    for wrong in (
        ["--until", "2999-01-01"],
        ["--until", "yesterday"],
        ["--until", "0001-01-02"],
        ["--years", "nan"],
        ["--years", "0"],
        ["--users", "-1"],
        ["--remove", "--users", "3"],
        ["--sql-dir", str(project({"seeds/001_s.sql": "select 1;"}))],
    ):
        assert run_json("seed", "demo", *wrong, "-d", database, expect=2)["error"]
    assert "seed demo" in run_cli("seed", "--yes", "demo", "-d", database, expect=2).stderr
    assert scalar(database, "select count(*) from public.users") == 0
    assert scalar(database, "select count(*) from public.app_settings") == 0


def test_before_any_migration_it_is_said_what_to_do(empty_database: str) -> None:
    for command in (["--users", "3"], ["--remove"]):
        assert "migrate" in run_cli("seed", "demo", *command, "-d", empty_database, expect=3).stderr


def test_half_a_year_of_one_user(database: str) -> None:
    found = run_json("seed", "demo", "--users", "1", "--years", "0.5", "-d", database)
    assert (found["users"], found["added"]) == (1, 1)
    run_cli("seed", "demo", "--remove", "-d", database)
    found = run_json("seed", "demo", "--users", "40", "--years", "0.01", "-d", database)
    assert (found["users"], found["recipe"]["years"]) == (40, 0.01)


def test_exactly_that_is_taken_away(database: str) -> None:
    run_cli("seed", "-d", database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("insert into public.users (id, name) values (%s, 'Alice')", [ALICE])
        connection.execute(
            """insert into public.daily_sessions (user_id, session_type, created_at)
            values (%s, 'written_clarity', '2020-01-01'), (%s, 'written_clarity', now())""",
            [ALICE, ALICE],
        )
        connection.execute("update public.users set name = 'Alicia' where id = %s", [ALICE])
        connection.execute(
            "insert into public.app_settings (user_id, setting_key, setting_value, setting_type)"
            " values (null, 'theme', '1', 'system')"
        )
    run_cli("archive", "-d", database)
    before = content(database)
    said = run_cli("seed", "demo", "--users", "250", "-d", database, expect=2).stderr
    assert "holds 1 other users" in said
    run_cli("seed", "demo", "--users", "130", *UNTIL, "--yes", "-d", database)
    run_cli("seed", "-d", database, "--yes")
    run_cli("archive", "-d", database)
    assert len(content(database)["public.daily_sessions_archive"]) > 20
    found = run_json("seed", "demo", "--remove", "-d", database)
    assert (found["removed"], found["users"], found["sessions"]) == (130, 0, 0)
    assert found["recipe"] is None
    assert content(database) == before
    assert "nothing to do" in run_cli("seed", "demo", "--remove", "-d", database).stdout


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_what_was_interrupted_goes_on(how: signal.Signals, database: str) -> None:
    running = start_cli("seed", "demo", "--users", "3000", *UNTIL, "-d", database)
    count = "select count(*) from public.users"
    eventually("the first users are there", lambda: scalar(database, count))
    running.send_signal(how)
    said = end(running, 130 if how is signal.SIGTERM else -how).stderr
    assert ("continues from there" in said) == (how is signal.SIGTERM)
    idle = "select count(*) from pg_stat_activity where datname = current_database()"
    eventually("the server has noticed", lambda: scalar(database, idle) == 1)
    there = scalar(database, count)
    assert there % 100 == 0
    assert 0 < there < 3000
    goes_on = run_json("seed", "demo", "--users", str(there + 50), "-d", database)
    assert (goes_on["users"], goes_on["added"]) == (there + 50, 50)
    lost = """select count(*) from public.users as u where onboarding_completed and not exists
        (select from public.ritual_preferences as r where r.user_id = u.id)"""
    assert scalar(database, lost) == 0
    assert run_json("seed", "demo", "--remove", "-d", database)["removed"] == there + 50
    assert not any(content(database).values())


def test_a_table_that_was_empty_when_it_was_analyzed_has_new_statistics(database: str) -> None:
    """Else the foreign key of each metric reads all of its user's sessions, for minutes."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("alter table public.daily_sessions set (autovacuum_enabled = off)")
        connection.execute(
            "update pg_class set reltuples = 0, relpages = 1000"
            " where oid = 'public.daily_sessions'::regclass"
        )
    made = run_json("seed", "demo", "--users", "30", *UNTIL, "-d", database)
    known = "select reltuples from pg_class where oid = 'public.daily_sessions'::regclass"
    assert scalar(database, known) == made["sessions"]


def test_years_of_many_digits_are_the_same_when_said_again(database: str) -> None:
    third = str(1 / 3)
    run_cli("seed", "demo", "--users", "1", "--years", third, *UNTIL, "-d", database)
    found = run_json("seed", "demo", "--users", "2", "--years", third, *UNTIL, "-d", database)
    assert found["recipe"]["years"] == 1 / 3


def test_logins_that_profiles_refer_to_go_after_these(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("alter table public.users add foreign key (id) references auth.users")
    run_cli("seed", "demo", "--users", "5", *UNTIL, "-d", database)
    assert scalar(database, "select count(*) from auth.users") == 5
    assert run_json("seed", "demo", "--remove", "-d", database)["removed"] == 5
    assert scalar(database, "select count(*) from auth.users") == 0


def test_a_batch_that_fails_leaves_those_before_it(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "alter table public.users"
            " add constraint full_disk check (email <> 'demo-150@example.com')"
        )
        said = run_cli("seed", "demo", "--users", "200", *UNTIL, "-d", database, expect=1).stderr
        assert "demo/020_users.sql" in said
        assert "next run continues" in said
        assert scalar(database, "select count(*) from public.users") == 100
        connection.execute("alter table public.users drop constraint full_disk")
        assert run_json("seed", "demo", "--users", "200", "-d", database)["added"] == 100


def test_the_pages_commands_run_as_they_stand(database: str) -> None:
    page = (Path(__file__).parents[1] / "docs" / "demo.md").read_text()
    [block] = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    for line in block.splitlines():
        run_cli(*shlex.split(line)[1:], DATABASE_URL=database)
    assert not any(content(database).values())


def test_through_a_pooler(database: str) -> None:
    with pooler.pooled(database) as through:
        run_cli("seed", "demo", "--users", "60", *UNTIL, "-d", through)
        assert digest(database) == DIGEST
        assert run_json("seed", "demo", "--remove", "-d", through)["removed"] == 60
