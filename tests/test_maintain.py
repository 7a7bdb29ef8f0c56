"""`arami-db maintain`: which tables it vacuums, why, and that it knows when it did not."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.archive_runs import execute
from tests.conftest import (
    ALICE,
    VACUUM_REFUSED,
    eventually,
    rows,
    run_cli,
    run_json,
    scalar,
    start_cli,
)

ROWS = 200
SESSIONS = "public.daily_sessions"


@pytest.fixture
def settled(database: str) -> str:
    """A database with rows, all of it vacuumed and analyzed, autovacuum out of the way."""
    execute(
        database,
        f"insert into public.users (id, name) values ('{ALICE}', 'Alice');"
        " insert into public.daily_sessions (user_id, session_type)"
        f" select '{ALICE}', 'written_clarity' from generate_series(1, {ROWS});"
        " alter table public.daily_sessions set (autovacuum_enabled = false);"
        # The change log would grow along with every change, and need upkeep itself.
        " alter table public.daily_sessions disable trigger user",
    )
    execute(database, "vacuum (analyze)")
    return database


def figures(conninfo: str, table: str = SESSIONS) -> dict[str, int]:
    """What the statistics say of a table."""
    names = "n_live_tup, n_dead_tup, n_mod_since_analyze, n_ins_since_vacuum, vacuum_count"
    query = f"select {names} from pg_stat_user_tables where relid = %s::regclass"
    return dict(zip(names.split(", "), rows(conninfo, query, table)[0], strict=True))


def change(conninfo: str, statement: str, **expected: int) -> None:
    """Change rows, and wait until the statistics tell of it."""
    execute(conninfo, statement)
    eventually(f"{expected}", lambda: expected.items() <= figures(conninfo).items())


def delete(conninfo: str, number: int) -> None:
    """Delete so many sessions; the rows are dead then."""
    change(
        conninfo,
        "delete from public.daily_sessions where id in"
        f" (select id from public.daily_sessions limit {number})",
        n_dead_tup=number,
    )


def maintained(conninfo: str, *args: str, **options: Any) -> list[tuple[str, str]]:
    """The tables vacuumed, and why."""
    found = run_json("maintain", *args, "-d", conninfo, **options)
    return [(table["table"], table["why"]) for table in found["tables"]]


def test_a_settled_database_needs_nothing(settled: str) -> None:
    before = scalar(settled, "select sum(vacuum_count) from pg_stat_user_tables")
    assert maintained(settled) == []
    assert "nothing to do" in run_cli("maintain", "-d", settled).stdout
    assert scalar(settled, "select sum(vacuum_count) from pg_stat_user_tables") == before


def test_dead_rows_are_cleaned_up(settled: str) -> None:
    delete(settled, 60)
    done = run_cli("maintain", "-d", settled)
    assert f"{SESSIONS}: 30% dead rows (60 of 200)" in done.stderr
    assert "vacuumed 1 table" in done.stdout
    assert figures(settled) == {
        "n_live_tup": 140,
        "n_dead_tup": 0,
        "n_mod_since_analyze": 0,
        "n_ins_since_vacuum": 0,
        "vacuum_count": 2,
    }
    assert maintained(settled) == []


def test_a_dry_run_says_what_and_why_and_does_nothing(settled: str) -> None:
    delete(settled, 60)
    before = figures(settled)
    assert maintained(settled, "--dry-run") == [(SESSIONS, "30% dead rows (60 of 200)")]
    assert "would vacuum 1 table" in run_cli("maintain", "--dry-run", "-d", settled).stdout
    assert figures(settled) == before


def test_the_threshold_decides(settled: str) -> None:
    delete(settled, 60)
    assert maintained(settled, "--dry-run", "--threshold", "50%") == []
    assert len(maintained(settled, "--dry-run", "--threshold", "30%")) == 1
    everything = scalar(
        settled,
        "select count(*) from pg_stat_user_tables"
        " where schemaname in ('public', 'audit', 'arami_db')",
    )
    assert len(maintained(settled, "--dry-run", "--threshold", "0%")) == everything
    for wrong in ("much", "-1%", "101%"):
        assert "write 10%" in run_cli("maintain", "--threshold", wrong, expect=2).stderr


def test_a_few_dead_rows_are_not_worth_it(settled: str) -> None:
    delete(settled, 49)
    assert maintained(settled, "--dry-run") == []


def test_statistics_gone_stale_are_a_reason(settled: str) -> None:
    change(
        settled,
        "update public.daily_sessions set virtue_earned = 'x' where ctid < '(0,60)'",
        n_mod_since_analyze=59,
    )
    execute(settled, "vacuum public.daily_sessions")
    eventually("clean", lambda: figures(settled)["n_dead_tup"] == 0)
    assert maintained(settled) == [(SESSIONS, "59 rows changed since the last analyze")]


def test_rows_inserted_since_the_last_vacuum_are_a_reason(settled: str) -> None:
    change(
        settled,
        "insert into public.daily_sessions (user_id, session_type)"
        f" select '{ALICE}', 'written_clarity' from generate_series(1, 1000)",
        n_ins_since_vacuum=1000,
    )
    execute(settled, "analyze public.daily_sessions")
    assert maintained(settled) == [(SESSIONS, "1000 rows inserted since the last vacuum")]
    assert maintained(settled) == []


def test_a_table_never_analyzed_is_a_reason(settled: str) -> None:
    execute(settled, "create table public.fresh (id integer)")
    execute(settled, "alter table public.fresh set (autovacuum_enabled = false)")
    execute(settled, "insert into public.fresh select generate_series(1, 60)")
    eventually("60 rows", lambda: figures(settled, "public.fresh")["n_live_tup"] == 60)
    assert maintained(settled) == [("public.fresh", "never analyzed (60 rows)")]


def test_tables_can_be_named(settled: str) -> None:
    delete(settled, 60)
    assert maintained(settled, "users", "--dry-run") == []
    for name in ("daily_sessions", SESSIONS):
        assert len(maintained(settled, name, "--dry-run")) == 1
    error = run_json("maintain", "daily", "-d", settled, expect=2)["error"]
    assert "'daily'" in error["message"]
    assert SESSIONS in error["hint"]


def test_names_that_need_quotes_and_other_schemas(settled: str) -> None:
    execute(settled, 'create table public."A ""b"".c" (id integer); create schema other')
    execute(settled, "create table other.t (id integer)")
    found = maintained(settled, "--threshold", "0%")
    assert 'public.A "b".c' in [name for name, _ in found]
    assert scalar(
        settled, "select vacuum_count from pg_stat_user_tables where relname = 'A \"b\".c'"
    )
    assert "other.t" not in [name for name, _ in found]
    assert {"audit.archive_batch", "arami_db.migration"} <= {name for name, _ in found}


def test_other_schemas_on_request(settled: str) -> None:
    execute(settled, 'create schema other; create schema "No.1"; create table other.t (id integer)')
    execute(settled, 'create table "No.1".u (id integer); create table public.t (id integer)')
    everything = ("--threshold", "0%")
    assert maintained(settled, "--schema", "other", *everything) == [
        ("other.t", "0% dead rows (0 of 0)")
    ]
    found = maintained(settled, "--schema", "other", "--schema", "No.1", *everything)
    assert [name for name, _ in found] == ["No.1.u", "other.t"]
    for named, table in (
        (["other.t"], "other.t"),
        (["t"], "public.t"),
        (["t", "--schema", "other"], "other.t"),
        (['"No.1".u'], "No.1.u"),
    ):
        assert [name for name, _ in maintained(settled, *named, *everything)] == [table]
    assert "There is No.1.u" in run_cli("maintain", "u", "-d", settled, expect=2).stderr
    told = run_cli("maintain", "--schema", "ohter", "-d", settled, expect=2).stderr
    assert "no schema 'ohter'" in told
    assert "other" in told.partition("There is")[2]
    catalog = maintained(settled, "--schema", "pg_catalog", "--dry-run", *everything)
    assert "pg_catalog.pg_attribute" in [name for name, _ in catalog]
    assert "pg_catalog.pg_authid" not in [name for name, _ in catalog]  # of every database


def test_dead_pieces_of_long_values_are_a_reason(settled: str) -> None:
    execute(settled, "create table public.long (id integer, text text)")
    execute(
        settled,
        "alter table public.long set (autovacuum_enabled = false);"
        " alter table public.long set (toast.autovacuum_enabled = false);"
        " alter table public.long alter text set storage external;"
        " insert into public.long select n, case when n <= 20 then repeat('x', 20000) else '' end"
        " from generate_series(1, 1000) as n",
    )
    execute(settled, "vacuum (analyze) public.long")
    # Two in a hundred rows have changed, and all that is long.
    execute(settled, "update public.long set text = text || 'x' where id <= 20")
    dead = "select pg_stat_get_dead_tuples(reltoastrelid) from pg_class where relname = 'long'"
    eventually("dead pieces", lambda: scalar(settled, dead) == 220)
    reason = "50% dead in TOAST (220 of 440 pieces)"
    assert maintained(settled, "long") == [("public.long", reason)]
    assert scalar(settled, dead) == 0
    assert maintained(settled, "long") == []


def test_a_materialized_view_is_a_table(settled: str) -> None:
    execute(settled, "create materialized view public.sums as select 1 from generate_series(1, 60)")
    eventually("60 rows", lambda: figures(settled, "public.sums")["n_live_tup"] == 60)
    assert maintained(settled, "sums") == [("public.sums", "never analyzed (60 rows)")]
    assert maintained(settled, "sums") == []


def test_a_partitioned_table_is_analyzed_and_its_partitions_vacuumed(settled: str) -> None:
    execute(
        settled,
        "create schema parts; create table public.parted (id integer) partition by range (id);"
        " create table parts.low partition of public.parted for values from (0) to (1000)"
        " partition by range (id);"
        " create table parts.lowest partition of parts.low for values from (0) to (500)"
        " with (autovacuum_enabled = false);"
        " create table parts.high partition of public.parted for values from (1000) to (2000)"
        " with (autovacuum_enabled = false);"
        " insert into public.parted select * from generate_series(1, 400);"
        " insert into public.parted select * from generate_series(1000, 1399)",
    )
    eventually("400 rows", lambda: figures(settled, "parts.high")["n_live_tup"] == 400)
    never = "never analyzed (400 rows)"
    assert maintained(settled, "parted") == [
        ("parts.high", never),
        ("parts.lowest", never),
        ("parts.low", never),
        ("public.parted", "never analyzed (800 rows)"),
    ]
    analyzed = "select count(*) from pg_stats where tablename = 'parted' and inherited"
    assert scalar(settled, analyzed) == 1
    assert maintained(settled, "parted") == []
    execute(settled, "delete from public.parted where id between 1 and 100")
    eventually("dead rows", lambda: figures(settled, "parts.lowest")["n_dead_tup"] == 100)
    changed = "100 rows changed since the last analyze"
    assert maintained(settled, "public.parted") == [
        ("parts.lowest", "25% dead rows (100 of 400)"),
        ("parts.low", changed),
        ("public.parted", changed),
    ]
    assert figures(settled, "parts.lowest")["n_dead_tup"] == 0
    assert [name for name, _ in maintained(settled, "--threshold", "0%", "parts.high")] == [
        "parts.high"
    ]


def test_a_table_it_may_not_vacuum_is_a_failure_and_the_others_go_on(settled: str) -> None:
    delete(settled, 60)
    name = f"upkeep_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(settled, autocommit=True) as connection:
        connection.execute(f"create role {name} login password '{name}'")
        connection.execute("create table public.theirs (id integer)")
        connection.execute(f"alter table public.theirs owner to {name}")
        limited = make_conninfo(settled, user=name, password=name)
        found = run_json("maintain", "--threshold", "0%", "-d", limited, expect=1)
        failures = {table["table"]: table["failure"] for table in found["tables"]}
        assert failures.pop("public.theirs") is None
        assert all(VACUUM_REFUSED.search(why) for why in failures.values())
        text = run_cli("maintain", "-d", limited, expect=1).stdout
        assert f"failed    {SESSIONS}" in text
        assert "1 failed" in text
        connection.execute(f"drop owned by {name}; drop role {name}")
    assert figures(settled)["n_dead_tup"] == 60


@pytest.mark.parametrize("limit", ["statement_timeout", "transaction_timeout"])
def test_a_timeout_meant_for_requests_does_not_stop_it(settled: str, limit: str) -> None:
    if not rows(settled, f"select from pg_settings where name = '{limit}'"):
        pytest.skip("came with Postgres 17")
    delete(settled, 60)
    hurried = make_conninfo(settled, options=f"-c {limit}=200ms")
    with psycopg.connect(settled) as other:
        other.execute("lock table public.daily_sessions in share mode")
        process = start_cli("maintain", "-d", hurried)
        waiting = (
            "select extract(epoch from clock_timestamp() - query_start) > 0.5"
            " from pg_stat_activity where query like 'vacuum%' and wait_event_type = 'Lock'"
            " and datname = current_database()"
        )
        eventually("it waits", lambda: rows(settled, waiting) == [(True,)])
        other.rollback()
        stdout, stderr = process.communicate()
    assert process.returncode == 0, stderr
    assert "vacuumed 1 table" in stdout


def test_a_server_that_counts_nothing_is_an_error(settled: str) -> None:
    uncounted = make_conninfo(settled, options="-c track_counts=off")
    assert "track_counts" in run_cli("maintain", "-d", uncounted, expect=1).stderr
