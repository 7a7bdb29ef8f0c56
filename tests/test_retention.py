"""`arami-db maintain --audit-retention`: what is old goes, totals stay, who did it is recorded."""

from __future__ import annotations

import signal
import uuid
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo

from tests.archive_runs import execute, fill
from tests.conftest import end, eventually, rows, run_cli, run_json, scalar, start_cli

CHANGES = "select count(*) from audit.change_log"
BATCHES = "select count(*) from audit.archive_batch"
RECORD = "select outcome, message from audit.archive_run where kind = 'retention' order by id"
TWO_YEARS = ("maintain", "--audit-retention", "2 years")


def change(conninfo: str, number: int, age: str) -> None:
    """So many rows of the change log, all of that age."""
    execute(
        conninfo,
        "insert into audit.change_log (occurred_at, actor_role, operation, table_name, row_id)"
        f" select now() - interval '{age}', 'x', 'delete', 'users', gen_random_uuid()"
        f" from generate_series(1, {number})",
    )


def move(conninfo: str, number: int) -> None:
    """Move so many of fill()'s sessions in batches of four, as pg_cron would, without a run."""
    execute(
        conninfo,
        "select audit.archive_daily_sessions('2021-01-01', 4)"
        f" from generate_series(1, {number // 4})",
    )


def age(conninfo: str, years: int) -> None:
    """All batches are that much older."""
    execute(
        conninfo,
        f"update audit.archive_batch set occurred_at = occurred_at - interval '{years} years'",
    )


def totals(conninfo: str) -> list[tuple[Any, ...]]:
    """What history tells of each archive and restore, but for the runs' numbers and times."""
    return rows(
        conninfo,
        "select kind, cutoff, selection, database_role, os_user, sessions, rows,"
        " batches, outcome from audit.archive_history where kind <> 'retention'"
        " order by kind, os_user, cutoff, sessions",
    )


def deleted(conninfo: str, *args: str, **options: Any) -> dict[str, int]:
    """How many rows of each table it deleted, or would."""
    found = run_json(*TWO_YEARS, *args, "-d", conninfo, **options)["retention"]
    return {table["table"].removeprefix("audit."): table["rows"] for table in found["tables"]}


def test_old_changes_go_and_younger_ones_stay(database: str) -> None:
    change(database, 30, "730 days 1 hour")
    change(database, 20, "729 days")
    change(database, 5, "3 years")
    told = run_cli(*TWO_YEARS, "--dry-run", "-d", database).stdout
    oldest = scalar(database, "select date_trunc('second', min(occurred_at)) from audit.change_log")
    assert "35 rows to delete" in told
    assert f"from {oldest:%Y-%m-%d %H:%M:%S}+00 until" in told
    assert scalar(database, CHANGES) == 55
    assert rows(database, RECORD) == []
    assert deleted(database) == {"change_log": 35, "archive_batch": 0}
    youngest = "select max(now() - occurred_at) < '730 days' from audit.change_log"
    assert (scalar(database, CHANGES), scalar(database, youngest)) == (20, True)
    assert rows(database, RECORD) == [("done", "deleted 35 changes and 0 batches")]
    # What there is nothing to say of is not recorded.
    assert deleted(database) == {"change_log": 0, "archive_batch": 0}
    assert len(rows(database, RECORD)) == 1
    assert "nothing from before" in run_cli(*TWO_YEARS, "-d", database).stdout


def test_the_totals_of_runs_stay(database: str) -> None:
    fill(database, 100)
    move(database, 20)
    execute(database, "select audit.archive_daily_sessions('2020-02-02', 4)")
    run_cli("archive", "--batch-size", "7", "-d", database)
    age(database, 3)
    run_cli(
        "archive", "restore", "--until", "2020-01-01T00:30", "--batch-size", "7", "-d", database
    )
    before = totals(database)
    assert [(run[0], run[5]) for run in before] == [
        ("archive", 76),
        ("archive", 4),
        ("archive", 20),
        ("restore", 29),
    ]
    number = scalar(database, BATCHES)
    assert deleted(database)["archive_batch"] == number - 5
    assert totals(database) == before
    assert scalar(database, BATCHES) == 5
    # What is deleted later is added.
    age(database, 3)
    assert deleted(database)["archive_batch"] == 5
    assert totals(database) == before
    assert scalar(database, BATCHES) == 0
    assert rows(
        database, "select sessions, rows, batches from audit.archive_run where kind = 'restore'"
    ) == [(29, {"public.session_analytics": 58, "public.virtue_collection": 2}, 5)]


def test_batches_without_a_run_are_summed_up_by_day_and_cutoff(database: str) -> None:
    execute(
        database,
        "insert into audit.archive_batch (kind, cutoff, occurred_at, duration, sessions, rows,"
        " oldest, newest, database_role)"
        " select 'archive', c.cutoff, d.day + n * interval '1 hour', '1 s', n,"
        " jsonb_build_object('public.notes', 2 * n), d.day, d.day, 'somebody'"
        " from generate_series(0, 23) as n,"
        " generate_series('2020-03-28 00:00+00'::timestamptz, '2020-03-31 00:00+00', '24 h') as d"
        " (day),"
        " (values ('2018-01-01'::timestamptz), ('2018-01-02')) as c (cutoff)",
    )
    query = (
        "select kind, cutoff, started_at, finished_at, database_role, sessions, rows,"
        " batches from audit.archive_history where kind <> 'retention' order by started_at, cutoff"
    )
    before = rows(database, query)
    assert len(before) == 8
    assert deleted(make_conninfo(database, options="-c timezone=Europe/Berlin")) == {
        "change_log": 0,
        "archive_batch": 192,
    }
    assert rows(database, query) == before


def test_a_run_at_work_keeps_its_batches(database: str) -> None:
    fill(database, 40)
    run_cli("archive", "--batch-size", "10", "-d", database)
    age(database, 3)
    execute(database, "update audit.archive_run set finished_at = null, outcome = null")
    assert deleted(database, "--dry-run")["archive_batch"] == 0
    assert deleted(database)["archive_batch"] == 0
    assert scalar(database, BATCHES) == 4


def test_who_did_it_is_in_the_history(database: str) -> None:
    change(database, 3, "3 years")
    told = run_cli(*TWO_YEARS, "-d", database).stdout
    [run] = run_json("archive", "history", "-d", database)["runs"]
    assert f"recorded as run {run['run_id']}" in told
    assert run["kind"] == "retention"
    assert run["outcome"] == "done"
    assert run["message"] == "deleted 3 changes and 0 batches"
    assert all(run[name] for name in ("database_role", "os_user", "host", "cutoff", "started_at"))
    assert "retention" in run_cli("archive", "history", "-d", database).stdout
    # Neither is it a run that has archived, nor one that the next archive finds broken off.
    fill(database, 1)
    run_cli("archive", "-d", database)
    assert rows(database, RECORD) == [("done", "deleted 3 changes and 0 batches")]


def test_its_dead_rows_are_vacuumed_in_the_same_run(database: str) -> None:
    execute(database, "alter table audit.change_log set (autovacuum_enabled = false)")
    change(database, 200, "3 years")
    counted = "select n_tup_ins from pg_stat_user_tables where relname = 'change_log'"
    eventually("200 rows", lambda: scalar(database, counted) == 200)
    execute(database, "vacuum (analyze) audit.change_log")
    found = run_json(*TWO_YEARS, "-d", database)
    why = {table["table"]: table["why"] for table in found["tables"]}
    assert why["audit.change_log"] == "100% dead rows (200 of 200)"


def test_what_is_refused(database: str) -> None:
    change(database, 3, "30 days")

    def refused(*args: str) -> str:
        return run_cli("maintain", *args, "-d", database, expect=2).stderr

    assert "shorter than 90 days" in refused("--audit-retention", "89 days")
    assert "--force" in refused("--audit-retention", "0 days")
    assert "is not an interval" in refused("--audit-retention", "long")
    assert "future" in refused("--audit-retention", "-2 years", "--force")
    assert "--audit-retention" in refused("--force")
    assert scalar(database, CHANGES) == 3
    run_cli("maintain", "--audit-retention", "20 days", "--force", "-d", database)
    assert scalar(database, CHANGES) == 0


def test_a_database_without_the_record(empty_database: str) -> None:
    assert "migrate" in run_cli(*TWO_YEARS, "-d", empty_database, expect=3).stderr


def test_a_role_that_may_not_is_told_what_it_lacks(database: str) -> None:
    change(database, 3, "3 years")
    name = f"keeper_{uuid.uuid4().hex[:8]}"
    execute(database, f"create role {name} login password '{name}'")
    limited = make_conninfo(database, user=name, password=name)
    try:
        lacking = run_json(*TWO_YEARS, "-d", limited, expect=1)["error"]["hint"]
        assert f"grant usage on schema audit to {name};" in lacking
        assert f"grant select, delete on audit.change_log to {name};" in lacking
        # Row level security would hide all of it, without a word.
        assert f"alter role {name} bypassrls;" in lacking
        execute(database, lacking)
        assert run_json(*TWO_YEARS, "users", "-d", limited)["retention"]["run_id"]
        assert scalar(database, "select database_role from audit.archive_run") == name
    finally:
        execute(database, f"drop owned by {name}; drop role {name}")


def test_rows_that_the_application_keeps_are_said(database: str) -> None:
    change(database, 3, "3 years")
    execute(
        database,
        "create function public.keep() returns trigger language plpgsql as"
        " $$ begin return case when old.id % 2 = 0 then old end; end $$;"
        " create trigger keep before delete on audit.change_log"
        " for each row execute function public.keep()",
    )
    told = run_cli(*TWO_YEARS, "-d", database, expect=1).stderr
    assert "audit.change_log: 2 of 3 rows stay: a trigger or a rule of the application" in told
    assert scalar(database, CHANGES) == 3
    assert rows(database, RECORD) == [("stopped early", "deleted 0 changes and 0 batches")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_rolls_one_batch_back_and_the_next_run_goes_on(
    database: str, number: signal.Signals
) -> None:
    change(database, 15_000, "3 years")
    execute(
        database,
        "create function public.wait() returns trigger language plpgsql as $$ begin"
        " if (select count(*) from audit.change_log) < 5000 then perform pg_sleep(1000); end if;"
        " return null; end $$;"
        " create trigger wait after delete on audit.change_log"
        " for each statement execute function public.wait()",
    )
    process = start_cli(*TWO_YEARS, "-d", database)
    assert process.stderr
    # It has taken a second by then, and the second batch is at work.
    while "audit.change_log, 10000 of 15000" not in (line := process.stderr.readline()):
        assert line, "it ended"
    process.send_signal(number)
    told = end(process, 130).stderr
    assert "interrupted: deleted 10000 changes and 0 batches" in told
    assert "run it again" in told
    assert scalar(database, CHANGES) == 5000
    interrupted = ("stopped early", "deleted 10000 changes and 0 batches")
    assert rows(database, RECORD) == [interrupted]
    execute(database, "drop trigger wait on audit.change_log")
    assert deleted(database)["change_log"] == 5000
    assert rows(database, RECORD) == [interrupted, ("done", "deleted 5000 changes and 0 batches")]


def test_a_batch_that_fails_is_said_and_rolled_back(database: str) -> None:
    change(database, 3, "3 years")
    execute(
        database,
        "create function public.refuse() returns trigger language plpgsql as"
        " $$ begin raise 'the lawyer said no'; end $$;"
        " create trigger refuse before delete on audit.change_log"
        " for each statement execute function public.refuse()",
    )
    told = run_cli(*TWO_YEARS, "-d", database, expect=1).stderr
    assert "audit.change_log: the lawyer said no (SQLSTATE P0001)" in told
    assert scalar(database, CHANGES) == 3
    assert rows(database, RECORD) == [("stopped early", "deleted 0 changes and 0 batches")]


def test_two_at_a_time_delete_everything_once(database: str) -> None:
    change(database, 45_000, "3 years")
    fill(database, 100)
    move(database, 100)
    age(database, 3)
    before = totals(database)
    both = [start_cli(*TWO_YEARS, "-d", database, "--format", "json") for _ in range(2)]
    for process in both:
        end(process)
    assert (scalar(database, CHANGES), scalar(database, BATCHES)) == (0, 0)
    assert totals(database) == before
    said = "select sum(substring(message from 'deleted (\\d+) changes')::int),"
    said += " sum(substring(message from '(\\d+) batches')::int) from audit.archive_run"
    assert rows(database, f"{said} where kind = 'retention'") == [(45_000, 25)]
