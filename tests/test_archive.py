"""`arami-db archive`, `restore` and `history`: what they move, say, record and refuse."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from arami_db.archive.pacing import BatchSize
from arami_db.render.archive_progress import MinuteReport
from tests import servers
from tests.archive_runs import (
    at_gate,
    batches,
    closed_gate,
    execute,
    fill,
    moved,
    runs,
    said,
    session,
    slow,
    start,
    state,
)
from tests.conftest import (
    ALICE,
    BOB,
    LIMIT,
    clean_environment,
    end,
    eventually,
    rows,
    run_cli,
    run_json,
    scalar,
)
from tests.pooler import pooled


def contents(conninfo: str) -> list[str]:
    """Every row of every table a move touches, as text."""
    found = []
    for table in (
        "daily_sessions",
        "session_analytics",
        "virtue_collection",
        "daily_sessions_archive",
        "session_analytics_archive",
    ):
        query = f"select '{table}' || t::text from public.{table} as t order by t.id"
        found += [text for (text,) in rows(conninfo, query)]
    return found


# --- what moves ---------------------------------------------------------------------------------


def test_what_is_older_than_two_years_moves_with_all_that_hangs_on_it(database: str) -> None:
    fill(database, 40, young=20)
    result = run_json("archive", "-d", database)
    assert state(database) == moved(40, of=40, young=20)
    assert (result["outcome"], result["sessions"], result["left"]) == ("done", 40, 0)
    assert result["rows"] == {"public.session_analytics": 80, "public.virtue_collection": 4}
    age = datetime.now(UTC) - datetime.fromisoformat(result["cutoff"])
    assert timedelta(days=729) < age < timedelta(days=732)
    assert run_json("archive", "-d", database)["sessions"] == 0


def test_the_cutoff_is_shown_and_the_report_is_in_words(database: str) -> None:
    fill(database, 40)
    done = run_cli("archive", "--before", "2020-01-01T00:21", "-d", database)
    assert "created before 2020-01-01 00:21:00+00" in done.stderr
    assert done.stdout.startswith(
        "archived 20 sessions with 40 session_analytics and 2 virtue_collection, in 1 transaction"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-01-01T00:10", 9),
        ("2020-01-01 00:10:00Z", 9),
        ("2020-01-01T01:10+01:00", 9),
        ("2020-01-02", 20),
        ("2020-01-01", 0),
    ],
)
def test_a_moment_without_a_zone_is_utc(text: str, expected: int, database: str) -> None:
    fill(database, 20)
    options = ["--before", text, "-d", database]
    assert run_json("archive", *options, PGTZ="Asia/Tokyo", TZ="Asia/Tokyo")["sessions"] == expected


def test_an_interval_is_taken_from_the_servers_clock(database: str) -> None:
    fill(database, 10)
    age = "update public.daily_sessions set created_at = now() - interval"
    execute(database, f"{age} '99 days' where id = '{session(1)}'")
    execute(database, f"{age} '101 days' where id = '{session(2)}'")
    assert run_json("archive", "--older-than", "100 days", "-d", database)["sessions"] == 9
    assert rows(database, "select id::text from public.daily_sessions") == [(session(1),)]


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--older-than", "two yeers"], "'two yeers' is not an interval"),
        (["--older-than", "-1 year"], "is in the future"),
        (["--older-than", "89 days"], "younger than 90 days"),
        (["--before", "31.12.2023"], "'31.12.2023' is not a date"),
        (["--before", "2999-01-01"], "is in the future"),
        (["--before", "2999-01-01", "--force"], "is in the future"),
        (["--before", "2020-01-01", "--older-than", "2 years"], "two cutoffs"),
        (["--batch-size", "0"], "--batch-size"),
        (["--batch-size", "many"], "--batch-size"),
        (["--jobs", "0"], "--jobs"),
        (["--max-duration", "soon"], "'soon' is not a duration"),
        (["--dry-run", "restore", "--all"], "--dry-run after 'restore'"),
        (["restore"], "--session"),
        (["restore", "--all", "--user", ALICE], "--all"),
        (["restore", "--session", "1"], "'1' is not a UUID"),
        (["restore", "--from", "yesterday"], "'yesterday' is not a date"),
        (["restore", "--from", "2020-01-02", "--until", "2020-01-01"], "not before --until"),
        (["--older-than", ""], "'' is not an interval"),
        (["--before", "2999-01-01"], "--before: the cutoff"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    options: list[str], message: str, database: str
) -> None:
    fill(database, 10)
    place = ["-d", database]
    done = run_cli("archive", *options, *place, expect=2)
    assert message in " ".join(done.stderr.replace("│", " ").split())
    assert state(database) == moved(0, of=10)
    assert runs(database) == []


def test_a_young_cutoff_needs_force(database: str) -> None:
    fill(database, 10, young=10)
    options = ["archive", "--older-than", "1 hour", "-d", database]
    assert "--force" in run_cli(*options, expect=2).stderr
    assert run_json(*options, "--force")["sessions"] == 20


@pytest.mark.parametrize(
    "command", [["archive"], ["archive", "restore", "--all"], ["archive", "history"], ["maintain"]]
)
def test_no_database_is_an_error_and_never_a_silent_success(command: list[str]) -> None:
    assert "no database named" in run_cli(*command, expect=2).stderr


def test_a_database_that_is_not_migrated_says_so(empty_database: str, database: str) -> None:
    for command in (["archive"], ["archive", "restore", "--all"], ["archive", "history"]):
        error = run_json(*command, "-d", empty_database, expect=3)["error"]
        assert "arami-db migrate" in error["hint"]
    execute(database, "drop view audit.archive_history")
    run_cli("archive", "-d", database, expect=3)


def test_a_role_that_would_not_see_all_rows_gets_an_error(database: str) -> None:
    fill(database, 10)
    with psycopg.connect(database, autocommit=True) as connection:
        name = f"half_blind_{uuid.uuid4().hex[:8]}"
        connection.execute(f"create role {name} login password '{name}'")
        connection.execute(f"grant usage on schema public, audit to {name}")
        connection.execute(f"grant all on all tables in schema public, audit to {name}")
        blind = make_conninfo(database, user=name, password=name)
        for command in (["archive"], ["archive", "--dry-run"], ["archive", "history"]):
            error = run_json(*command, "-d", blind, expect=1)["error"]
            assert "row-level security" in error["message"]
            assert "docs/operations.md" in error["hint"]
        connection.execute(f"drop owned by {name}; drop role {name}")
    assert state(database) == moved(0, of=10)


def test_no_password_is_printed(database: str) -> None:
    url = "postgresql://postgres:Tr0ub4dor@127.0.0.1:1/nowhere"
    for command in (["archive"], ["archive", "restore", "--all"], ["maintain"]):
        done = run_cli(*command, "-d", url, expect=7)
        assert "Tr0ub4dor" not in done.stdout + done.stderr


# --- dry run ------------------------------------------------------------------------------------


def test_a_dry_run_tells_all_and_writes_nothing(database: str) -> None:
    fill(database, 1200, young=5)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("update public.daily_sessions set conversation_transcript = 'x'")
    before = contents(database)
    found = run_json("archive", "--dry-run", "-d", database)
    assert found["sessions"] == 1200
    assert found["rows"] == {"public.session_analytics": 2400, "public.virtue_collection": 120}
    assert found["oldest"] == "2020-01-01T00:01:00+00:00"
    assert found["newest"] == "2020-01-01T20:00:00+00:00"
    assert found["seconds"] is None
    text = run_cli("archive", "--dry-run", "-d", database).stdout
    assert "nothing was changed" in text
    assert "there is no earlier run" in text
    assert contents(database) == before
    assert runs(database) == []
    assert batches(database) == []


# How long the transcripts of sessions are: n is which, and t is text that does not compress.
DISTRIBUTIONS = {
    "all short": "'x'",
    "all long": "t",
    "the newest long": "case when n > 1800 then t end",
    "few very long": "case when n % 400 = 7 then repeat(t, 20) end",
    "compressed": "repeat('and then I said to him ', 2000)",
}


@pytest.mark.parametrize("transcript", DISTRIBUTIONS.values(), ids=DISTRIBUTIONS)
def test_a_dry_run_knows_bytes_wal_and_disk_within_a_factor_of_two(
    transcript: str, database: str
) -> None:
    fill(database, 2000)
    execute(
        database,
        f"update public.daily_sessions set conversation_transcript = {transcript} from ("
        " select n, (select string_agg(md5(g::text || n), '') from generate_series(1, 100) as g)"
        " as t"
        " from generate_series(1, 2000) as n) as x where id ="
        " ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid;"
        " analyze",
    )
    written = "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
    grown = (
        "select (pg_table_size('{0}') + pg_table_size('{1}'))::bigint,"
        " (pg_indexes_size('{0}') + pg_indexes_size('{1}'))::bigint"
    ).format("public.daily_sessions_archive", "public.session_analytics_archive")
    found = run_json("archive", "--dry-run", "-d", database)
    before, (data_before, indexes_before) = scalar(database, written), rows(database, grown)[0]
    run_cli("archive", "-d", database)
    data, indexes = rows(database, grown)[0]
    wal = scalar(database, written) - before
    assert 0.5 < found["bytes"] / (data - data_before) < 2
    assert 0.5 < found["disk_bytes"] / (data - data_before + indexes - indexes_before) < 2
    if "ARAMI_TEST_SERVER" not in os.environ:  # else others write there, too
        assert 0.5 < found["wal_bytes"] / wal < 2


def test_a_dry_run_finds_what_a_run_would_refuse(database: str) -> None:
    fill(database, 10)
    execute(
        database,
        "alter table public.daily_sessions add column mood text;"
        " create table public.notes (session_id uuid, user_id uuid,"
        " foreign key (user_id, session_id) references public.daily_sessions (user_id, id))",
    )
    found = run_json("archive", "--dry-run", "-d", database, expect=1)
    assert found["sessions"] == 10
    named = [obstacle["object"] for obstacle in found["obstacles"]]
    assert [name.split()[0] for name in named] == ["column", "foreign"]
    error = run_json("archive", "-d", database, expect=1)["error"]
    assert [obstacle["object"] for obstacle in error["obstacles"]] == named
    told = run_cli("archive", "-d", database, expect=1).stderr
    assert "column mood" in told
    assert "public.notes" in told
    assert state(database) == moved(0, of=10)


def test_a_dry_run_knows_the_indexes_of_partitions_and_any_name(database: str) -> None:
    fill(database, 10)
    execute(
        database,
        'create table public."odd ""one""" (session_id uuid references public.daily_sessions (id))'
        " partition by hash (session_id); create table public.part partition of"
        ' public."odd ""one""" for values with (modulus 1, remainder 0);'
        ' create table public."odd ""one""_archive" (session_id uuid);'
        ' insert into public."odd ""one""" select id from public.daily_sessions',
    )
    found = run_json("archive", "--dry-run", "-d", database)
    assert found["rows"]['public."odd ""one"""'] == 10
    execute(database, 'create index on public."odd ""one""" (session_id)')
    assert run_json("archive", "--dry-run", "-d", database)["disk_bytes"] > found["disk_bytes"]
    assert run_json("archive", "-d", database)["sessions"] == 10


def test_a_dry_run_estimates_by_the_rate_of_past_runs(database: str) -> None:
    fill(database, 40)
    run_json("archive", "--before", "2020-01-01T00:21", "-d", database)
    execute(database, "update audit.archive_batch set duration = '10 s'")
    assert run_json("archive", "--dry-run", "-d", database)["seconds"] == 10.0
    assert run_json("archive", "restore", "--all", "--dry-run", "-d", database)["seconds"] is None


# --- batches ------------------------------------------------------------------------------------


def test_a_batch_size_is_kept(database: str) -> None:
    fill(database, 50)
    assert run_json("archive", "--batch-size", "20", "-d", database)["batches"] == 3
    assert batches(database) == [20, 20, 10]


def test_the_size_of_a_batch_follows_the_time_it_took() -> None:
    size = BatchSize(None)
    assert size.present == 100
    for seconds, expected in ((0.075, 200), (0.001, 400), (0.15, 400), (0.18, 333), (60, 166)):
        size.took(seconds)
        assert size.present == expected
    for _ in range(20):
        size.took(0.001)
    assert size.present == 20_000
    for _ in range(20):
        size.took(60)
    assert size.present == 10
    fixed = BatchSize(100)
    fixed.took(0.001)
    fixed.took(60)
    assert fixed.present == 100
    fixed.disturbed()
    assert fixed.present == 50
    fixed.took(60)
    assert fixed.present == 100


# Of each full batch but the last two: its size, the size of the next one, and by the server's clock
# the seconds that it took at least, and at most, from the end of the one before it to the begin of
# the one after it.
SIZES = """
select sessions, lead(sessions) over w, extract(epoch from duration)::float8,
    extract(epoch from lead(occurred_at - duration) over w - lag(occurred_at) over w)::float8
from audit.archive_batch
window w as (order by id)
order by id
"""


def test_an_automatic_size_keeps_a_transaction_near_a_seventh_of_a_second(database: str) -> None:
    fill(database, 300)
    slow(database, 0.005)  # 30 of them take that long
    run_json("archive", "--before", "2021-01-01", "-d", database)
    (first, second, *_), *found = rows(database, SIZES)[:-2]
    assert (first, second) == (100, 50)

    def following(size: int, seconds: float) -> int:
        return max(10, round(size * min(2, max(0.5, 0.15 / seconds))))

    assert found
    for size, following_it, least, most in found:
        assert following(size, most) <= following_it <= following(size, least), found


def test_jobs_share_the_work(database: str) -> None:
    fill(database, 60)
    with closed_gate(database) as open_gate:
        process = start(database, "--jobs", "3", "--batch-size", "10", "--format", "json")
        assert len(set(at_gate(database, 3))) == 3
        open_gate()
        result = json.loads(end(process).stdout)
    assert (result["sessions"], result["left"]) == (60, 0)
    assert state(database) == moved(60, of=60)


def short(*command: str) -> dict[str, Any]:
    """A run with pauses of an hour, and a limit in which this machine moves the first batch."""
    for limit in ("300ms", "3s", "30s"):
        result = run_json(*command, "--pause", "1h", "--max-duration", limit)
        assert (result["outcome"], result["reason"]) == ("stopped early", "--max-duration is over")
        if result["sessions"]:
            return dict(result)
    raise AssertionError("it moved nothing")


def test_a_run_ends_early_when_its_time_is_over(database: str) -> None:
    fill(database, 30)
    result = short("archive", "--batch-size", "10", "-d", database)
    assert (result["sessions"], result["left"]) == (10, 20)
    assert set(runs(database)) == {("archive", "stopped early")}
    assert run_json("archive", "-d", database)["sessions"] == 20


def test_whoever_waits_for_a_batch_makes_the_next_ones_smaller(database: str) -> None:
    fill(database, 400)
    with closed_gate(database) as open_gate, psycopg.connect(database) as user:
        process = start(database, "--batch-size", "100")
        [worker] = at_gate(database)
        user.execute("set statement_timeout = '60s'")
        pid = user.info.backend_pid
        waiting = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import psycopg, sys; psycopg.connect(sys.argv[1]).execute(sys.argv[2])",
                database,
                f"update public.daily_sessions set virtue_earned = 'x' where id = '{session(1)}'",
            ]
        )
        query = f"select exists (select from pg_locks where {worker} = any(pg_blocking_pids(pid)))"
        eventually("somebody waits", lambda: scalar(database, query))
        assert pid
        open_gate()
        result = end(process)
        assert waiting.wait(LIMIT) == 0
    assert batches(database) == [100, 50, 100, 100, 50]
    assert "another session waits for rows of a batch" in result.stderr


# --- what is in the way -------------------------------------------------------------------------


def test_what_somebody_has_locked_is_left_and_said(database: str) -> None:
    fill(database, 20)
    with psycopg.connect(database) as user:
        user.execute("select from public.daily_sessions where id = %s for update", [session(3)])
        done = run_cli("archive", "-d", database)
        assert "left 1 session, locked by other sessions" in done.stdout
        assert state(database)[2] == 19
    assert runs(database) == [("archive", "done")]
    assert "locked" in scalar(database, "select message from audit.archive_run")
    assert run_json("archive", "-d", database)["sessions"] == 1


def test_a_batch_of_which_nothing_can_move_is_gone_past(database: str) -> None:
    fill(database, 30)
    with psycopg.connect(database) as user:
        user.execute(
            "select from public.session_analytics where session_id::text <= %s for update",
            [session(10)],
        )
        result = run_json("archive", "--batch-size", "10", "-d", database)
    assert (result["sessions"], result["left"]) == (20, 10)


def test_what_was_locked_is_tried_again_at_the_end(database: str) -> None:
    fill(database, 20)
    with closed_gate(database) as open_gate, psycopg.connect(database) as user:
        user.execute("select from public.daily_sessions where id = %s for update", [session(3)])
        process = start(database, "--batch-size", "10", "--format", "json")
        at_gate(database)
        user.rollback()
        open_gate()
        result = json.loads(end(process).stdout)
    assert (result["sessions"], result["left"]) == (20, 0)
    assert batches(database)[-1] == 1


def test_a_lock_on_a_table_is_waited_for_with_smaller_batches(database: str) -> None:
    fill(database, 100)
    with psycopg.connect(database) as user:
        user.execute("lock table public.session_analytics in share mode")
        process = start(database, "--batch-size", "40", "--format", "json")
        said(process, "again with 20")
        user.rollback()
        result = json.loads(end(process).stdout)
    assert (result["sessions"], result["outcome"]) == (100, "done")
    assert batches(database)[0] == 20


def test_a_statement_timeout_makes_batches_smaller(database: str) -> None:
    fill(database, 100)
    execute(
        database,
        "create function public.hurry() returns trigger language plpgsql as $$ begin"
        " if (select count(*) from fresh) > 30 then"
        " raise sqlstate '57014' using message = 'canceling statement due to statement timeout';"
        " end if; return null; end $$;"
        " create trigger hurry after insert on public.daily_sessions_archive"
        " referencing new table as fresh for each statement execute function public.hurry();"
        " comment on trigger hurry on public.daily_sessions_archive is 'archive: it is in a hurry'",
    )
    result = run_json("archive", "--batch-size", "100", "-d", database)
    assert (result["sessions"], result["left"]) == (100, 0)
    assert batches(database)[0] == 25


def test_a_batch_that_never_goes_through_is_a_clear_error(database: str) -> None:
    fill(database, 20)
    limited = make_conninfo(database, options="-c statement_timeout=500ms")
    with closed_gate(database):
        done = run_json("archive", "--batch-size", "2", "-d", limited, expect=1)
    error = done["error"]
    assert (error["type"], error["sqlstate"]) == ("BatchFailed", "57014")
    assert "was rolled back" in error["message"]
    assert "statement_timeout" in error["hint"]
    assert runs(database) == [("archive", "failed")]
    assert "57014" in run_cli("archive", "history", "-d", database).stdout
    assert state(database) == moved(0, of=20)


def test_a_batch_that_somebody_cancelled_is_not_said_to_have_timed_out(database: str) -> None:
    fill(database, 20)
    with closed_gate(database):
        process = start(database, "--format", "json")
        [backend] = at_gate(database)
        execute(database, f"select pg_cancel_backend({backend})")
        error = json.loads(end(process, expect=1).stdout)["error"]
    assert error["sqlstate"] == "57014"
    assert "statement_timeout" not in error["hint"]
    assert state(database) == moved(0, of=20)


def test_an_error_is_told_without_the_row_it_speaks_of(database: str) -> None:
    fill(database, 30)
    execute(
        database,
        "alter table public.daily_sessions_archive add constraint chk_made_here"
        " check (conversation_transcript <> 'session 25')",
    )
    done = run_cli("archive", "--batch-size", "10", "-d", database, expect=1)
    assert "1 session: SQLSTATE 23514" in done.stdout
    assert "chk_made_here" in done.stdout
    assert session(25) in done.stdout
    assert "session 25" not in done.stdout + done.stderr
    assert "session 25" not in scalar(database, "select message from audit.archive_run")
    assert state(database)[2] == 29
    execute(database, "alter table public.daily_sessions_archive drop constraint chk_made_here")
    assert run_json("archive", "-d", database)["sessions"] == 1


def test_a_column_on_one_side_stops_the_run_before_it_is_lost(database: str) -> None:
    fill(database, 10)
    execute(database, "alter table public.daily_sessions add column mood text")
    error = run_json("archive", "-d", database, expect=1)["error"]
    assert "mood" in error["message"]
    assert state(database) == moved(0, of=10)


# --- replicas -----------------------------------------------------------------------------------


@contextmanager
def lagging() -> Iterator[tuple[str, str]]:
    """A migrated server, and a standby of it that has stopped to replay."""

    def fill_it(primary: str) -> None:
        run_cli("migrate", "--database", primary)
        fill(primary, 30)

    with servers.replicated(fill_it) as (primary, standby):
        eventually(
            "streaming",
            lambda: rows(primary, "select from pg_stat_replication where state = 'streaming'"),
        )
        execute(standby, "select pg_wal_replay_pause()")
        execute(primary, "create table public.written (id integer)")
        late = "select max(replay_lag) > '500 ms' from pg_stat_replication"
        eventually("lag", lambda: scalar(primary, late))
        yield primary, standby


def test_a_run_waits_for_replicas_that_lag(database: str) -> None:
    with lagging() as (primary, standby):
        process = start(primary, "--max-lag", "500ms", "--format", "json")
        assert "replica walreceiver lags by more than 0.5 s in replaying" in said(
            process, "waiting"
        )
        asked = "select query_start from pg_stat_activity where pid <> pg_backend_pid()"
        asked += " and query like '%how far replicas are behind%'"
        first = eventually("it asks", lambda: rows(primary, asked))
        eventually("it asks again", lambda: rows(primary, asked) != first)
        assert len(rows(primary, asked)) == 1
        ended = asked.replace("query_start", "pg_terminate_backend(pid, 5000)")
        assert rows(primary, ended) == [(True,)]
        assert "stays moved" in json.loads(end(process, 7).stdout)["error"]["hint"]

        process = start(primary, "--max-lag", "500ms", "--format", "json")
        said(process, "waiting")
        assert state(primary) == moved(0, of=30)
        execute(standby, "select pg_wal_replay_resume()")
        assert json.loads(end(process).stdout)["sessions"] == 30

        run_json("archive", "restore", "--all", "-d", primary)
        execute(standby, "select pg_wal_replay_pause()")
        assert run_json("archive", "--max-lag", "0", "-d", primary)["sessions"] == 30
        execute(standby, "select pg_wal_replay_resume()")
        run_json("archive", "restore", "--all", "-d", primary)

        execute(primary, "create role unseeing login bypassrls")
        execute(primary, "grant pg_read_all_data, pg_write_all_data to unseeing")
        execute(primary, "grant execute on all functions in schema public, audit to unseeing")
        unseeing = make_conninfo(primary, user="unseeing")
        done = run_cli("archive", "-d", unseeing)
        assert "may not see how far replicas lag" in done.stderr
        error = run_json("archive", "-d", standby, expect=1)["error"]
        assert "standby" in error["message"]
        eventually(
            "replayed",
            lambda: (
                len(run_json("archive", "history", "-d", standby)["runs"])
                == len(run_json("archive", "history", "-d", primary)["runs"])
            ),
        )
        restorable = run_json("archive", "restore", "--all", "--dry-run", "-d", standby)
        assert restorable["sessions"] == 30
        run_json("archive", "--dry-run", "-d", standby)


def test_a_run_works_through_a_transaction_mode_pooler(database: str) -> None:
    fill(database, 60)
    with pooled(database) as through:
        result = run_json("archive", "--batch-size", "10", "-d", through)
        assert (result["sessions"], result["left"]) == (60, 0)
    assert state(database) == moved(60, of=60)


def test_a_run_that_waits_for_itself_behind_a_pool_of_one_can_be_ended(database: str) -> None:
    fill(database, 10)
    with pooled(database, size=1) as through:
        early = run_json("archive", "--max-duration", "500ms", "-d", through)
        assert (early["outcome"], early["reason"]) == ("stopped early", "--max-duration is over")
        process = start(through, "--format", "json")
        said(process, "waiting for a second connection")
        process.send_signal(signal.SIGTERM)
        assert json.loads(end(process).stdout)["reason"] == "SIGTERM"
    assert state(database) == moved(0, of=10)


# --- back again ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--session", session(1), "--session", session(2)], 2),
        (["--user", ALICE], 20),
        (["--from", "2020-01-01T00:05"], 16),
        (["--until", "2020-01-01T00:05"], 4),
        (["--from", "2020-01-01T00:05", "--until", "2020-01-01T00:08"], 3),
        (["--user", ALICE, "--session", session(7), "--until", "2020-01-01T00:07"], 0),
        (["--all"], 20),
    ],
)
def test_what_is_asked_for_comes_back(options: list[str], expected: int, database: str) -> None:
    fill(database, 20)
    before = contents(database)
    run_json("archive", "-d", database)
    archived = contents(database)
    assert (
        run_json("archive", "restore", *options, "--dry-run", "-d", database)["sessions"]
        == expected
    )
    assert contents(database) == archived
    result = run_json("archive", "restore", *options, "--batch-size", "7", "-d", database)
    assert (result["sessions"], result["left"]) == (expected, 0)
    assert result["rows"].get("public.session_analytics", 0) == 2 * expected
    assert state(database)[:2] == (expected, 2 * expected)
    run_json("archive", "restore", "--all", "-d", database)
    assert contents(database) == before


def test_what_is_not_in_the_archive_is_named_and_all_else_comes_back(database: str) -> None:
    fill(database, 20, young=1)
    run_json("archive", "-d", database)
    asked = ["--session", session(3), "--session", session(21), "--session", BOB]
    named = [f"session {session(21)} is not archived: it is live", f"session {BOB} is not known"]
    elsewhere = ["archive", "restore", "--session", session(3), "--user", BOB, "-d", database]
    assert run_json(*elsewhere, expect=1)["unknown"] == [
        f"session {session(3)} is archived, and not of user {BOB}", f"user {BOB} is not known",
    ]  # fmt: skip
    command = ["archive", "restore", *asked, "-d", database]
    assert run_json(*command, "--dry-run", expect=1)["unknown"] == named
    result = run_json(*command, expect=1)
    assert (result["sessions"], result["outcome"], result["unknown"]) == (1, "failed", named)
    assert named[0] in run_cli(*command, expect=1).stdout
    error = run_json("archive", "restore", "--user", BOB, "-d", database, expect=1)
    assert error["unknown"] == [f"user {BOB} is not known"]
    run_json("archive", "restore", "--user", ALICE, "-d", database)
    error = run_json("archive", "restore", "--user", ALICE, "-d", database, expect=1)
    assert error["unknown"] == [f"user {ALICE} has nothing archived"]


def test_a_restore_is_limited_and_paced_as_an_archive_is(database: str) -> None:
    fill(database, 60)
    run_json("archive", "-d", database)
    restore = ["archive", "restore", "--all", "--batch-size", "10", "-d", database]
    assert short(*restore)["sessions"] == 10
    assert run_json(*restore, "--jobs", "2", "--max-lag", "1s")["sessions"] == 50


def test_a_restore_is_recorded_with_what_it_was_asked(database: str) -> None:
    fill(database, 20)
    run_json("archive", "-d", database)
    run_json("archive", "restore", "--user", ALICE, "--from", "2020-01-01T00:15", "-d", database)
    restored, archived = run_json("archive", "history", "-d", database)["runs"]
    assert (restored["kind"], restored["sessions"], restored["cutoff"]) == ("restore", 6, None)
    assert restored["selection"] == f"user {ALICE}, from 2020-01-01 00:15:00+00:00"
    assert (archived["kind"], archived["sessions"], archived["selection"]) == ("archive", 20, None)


# --- the history --------------------------------------------------------------------------------


def test_the_history_says_who_what_and_how_it_ended(database: str) -> None:
    assert "nothing was archived" in run_cli("archive", "history", "-d", database).stdout
    fill(database, 40)
    first = run_json("archive", "--before", "2020-01-01T00:11", "-d", database)
    run_json("archive", "--before", "2020-01-01T00:21", "-d", database)
    execute(database, "select audit.archive_daily_sessions('2020-01-01 00:31+00')")
    by_hand, second, oldest = run_json("archive", "history", "-d", database)["runs"]
    assert (by_hand["run_id"], by_hand["sessions"], by_hand["os_user"]) == (None, 10, None)
    assert second["sessions"] == 10
    assert oldest["run_id"] == first["run_id"]
    assert oldest["cutoff"] == first["cutoff"] == "2020-01-01T00:11:00+00:00"
    rows_moved = {"public.session_analytics": 20, "public.virtue_collection": 1}
    assert (oldest["sessions"], oldest["rows"]) == (10, rows_moved)
    assert (oldest["outcome"], oldest["batches"]) == ("done", 1)
    assert oldest["database_role"] == conninfo_to_dict(database)["user"]
    assert oldest["os_user"]
    assert oldest["host"]
    assert 0 < oldest["seconds"] < LIMIT
    assert len(run_json("archive", "history", "--limit", "1", "-d", database)["runs"]) == 1
    lines = run_cli("archive", "history", "-d", database).stdout.splitlines()
    assert len(lines) == 4
    assert lines[1].split()[0] == "-"
    assert "done" in lines[3]


# --- afterwards ---------------------------------------------------------------------------------


def test_vacuum_cleans_the_live_tables_afterwards(database: str) -> None:
    fill(database, 100)
    result = run_json("archive", "--vacuum", "-d", database)
    names = ["public.daily_sessions", "public.session_analytics", "public.virtue_collection"]
    assert [table["table"] for table in result["vacuumed"]] == names
    assert [table["failure"] for table in result["vacuumed"]] == [None] * 3
    query = (
        "select count(*) from pg_stat_user_tables where vacuum_count = 1 and analyze_count = 1"
        " and n_dead_tup = 0 and schemaname || '.' || relname = any(%s)"
    )
    assert scalar(database, query, names) == 3


# --- what is seen of it -------------------------------------------------------------------------


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    MinuteReport(every=0).progress(2500, 10_000, 5.0)
    expected = "moved 2500 of 10000 sessions (25%), 500/s, 0:00:15 left\n"
    assert capsys.readouterr().err == expected
    MinuteReport().progress(2500, 10_000, 5.0)
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar_with_rate_and_time_left(database: str) -> None:
    fill(database, 60)
    master, slave = pty.openpty()
    with closed_gate(database) as open_gate:
        process = subprocess.Popen(
            [sys.executable, "-m", "arami_db", "archive", "-d", database, "--batch-size", "10"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=slave,
            text=True,
            env=clean_environment(TERM="xterm"),
        )
        os.close(slave)
        at_gate(database)
        open_gate()
        drawn = "".join(_written(master))
        stdout, _ = process.communicate(timeout=LIMIT)
    assert process.returncode == 0
    assert "60/60" in drawn
    assert "/s" in drawn
    assert "0:00:00 left" in drawn
    assert stdout.startswith("archived 60 sessions")


def _written(master: int) -> Iterator[str]:
    """What is written to a terminal, until its last writer is gone."""
    try:
        while text := os.read(master, 4096):
            yield text.decode(errors="replace")
    except OSError:
        return  # Linux reports the end so
    finally:
        os.close(master)


@pytest.mark.parametrize("command", [["archive"], ["archive", "history"], ["maintain"]])
def test_no_command_loads_what_it_does_not_need(command: list[str], database: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "arami_db", *command, "-d", database],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT,
    )
    loaded: set[Any] = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert "arami_db.database.connect" in loaded
    assert not {"rich", "postgast", "arami_db.runner.apply", "arami_db.embedded"} & loaded
