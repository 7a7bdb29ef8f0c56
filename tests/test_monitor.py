"""`monitor`: every question against a real server, asked as the roles that have to ask it."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from arami_db.database.connect import connect
from arami_db.files import discover, packaged_sql_dir
from arami_db.files.question import questions
from arami_db.monitor.asking import ask, chosen
from arami_db.render.columns import cells
from arami_db.render.monitor.openmetrics import exposition
from arami_db.render.monitor.text import as_lines
from tests import pooler, servers
from tests.archive_runs import execute, fill
from tests.conftest import (
    LIMIT,
    clean_environment,
    end,
    eventually,
    rows,
    run_cli,
    run_json,
    scalar,
    start_cli,
)
from tests.exposition import families

Project = Callable[[dict[str, str]], Path]
Answers = dict[str, dict[str, Any]]
QUESTIONS = questions(discover(packaged_sql_dir()).monitor)
TOPICS = ("overview", "tables", "queries", "indexes", "locks", "archive", "replication")


def answers(conninfo: str, *words: str) -> Answers:
    """What `monitor` says, by the name of the question."""
    found = run_json("monitor", *words, "-d", conninfo)
    return {f"{a['topic']}_{a['name']}": a for a in found["answers"]}


def row(answer: dict[str, Any], **where: Any) -> dict[str, Any]:
    """The one row of an answer that has these values."""
    assert answer["problem"] is None, answer["problem"]
    [found] = [r for r in answer["rows"] if where.items() <= r.items()]
    return dict(found)


@contextmanager
def role(conninfo: str, *grants: str) -> Iterator[str]:
    """A connection string of a role with these grants; it is gone at the end."""
    name = f"watcher_{os.getpid()}"
    execute(conninfo, f"create role {name} login")
    try:
        for grant in grants:
            execute(conninfo, f"grant {grant} to {name}")
        yield make_conninfo(conninfo, user=name)
    finally:
        execute(conninfo, f"drop owned by {name}")
        execute(conninfo, f"drop role {name}")


@contextmanager
def waiting(conninfo: str, statement: str) -> Iterator[int]:
    """A session that waits for a lock with a statement; its pid."""
    connection = psycopg.connect(conninfo)
    pid = connection.info.backend_pid

    def work() -> None:
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute(statement.encode())

    thread = threading.Thread(target=work)
    thread.start()
    try:
        waits = "select from pg_locks where pid = %s and not granted"
        eventually("it waits", lambda: rows(conninfo, waits, pid))
        yield pid
    finally:
        execute(conninfo, f"select pg_cancel_backend({pid})")
        thread.join(LIMIT)
        connection.close()


# --- what there is ------------------------------------------------------------------------------


def test_every_topic_is_there_and_the_owner_is_answered_everything(database: str) -> None:
    assert {question.topic for question in QUESTIONS} == set(TOPICS)
    execute(database, "create extension if not exists pg_stat_statements")
    found = answers(database)
    assert [a["problem"] for a in found.values()] == [None] * len(QUESTIONS)
    text = run_cli("monitor", *TOPICS, "-d", database, COLUMNS="80").stdout
    assert "not answered" not in text
    assert [line for line in text.splitlines() if cells(line) > 80] == []
    for question in QUESTIONS:
        assert question.title in text
        assert question.file.text.startswith(f"-- {question.file.path.stem}: ")
    overview = run_cli("monitor", "-d", database).stdout
    shown = [question.title in overview for question in QUESTIONS]
    assert shown == ["overview" in question.topics for question in QUESTIONS]


def test_sizes_are_those_the_server_measures(database: str) -> None:
    fill(database, 50)
    execute(database, "create table public.long (t text)")
    execute(
        database,
        "insert into public.long select string_agg(md5(random()::text), '')"
        " from generate_series(1, 2000)",
    )
    found = answers(database, "tables")["tables_size"]
    assert "public.long" in {r["relation"] for r in found["rows"]}
    for one in found["rows"]:
        measured = rows(
            database,
            "select pg_total_relation_size(c.oid), pg_relation_size(c.oid), pg_indexes_size(c.oid)"
            " from pg_class as c where c.oid = %s::regclass",
            one["relation"],
        )[0]
        assert (one["total_bytes"], one["index_bytes"]) == (measured[0], measured[2])
        assert one["heap_bytes"] >= measured[1]
        parts = one["heap_bytes"] + one["index_bytes"] + one["toast_bytes"]
        assert parts == one["total_bytes"]
    assert row(found, relation="public.long")["toast_bytes"] > 60_000
    totals = [r["total_bytes"] for r in found["rows"]]
    assert totals == sorted(totals, reverse=True)


def test_a_table_is_due_by_its_own_thresholds(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "create table public.busy (i int) with (autovacuum_enabled = off,"
            " autovacuum_vacuum_threshold = 10, autovacuum_vacuum_scale_factor = 0,"
            " autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 20,"
            " autovacuum_analyze_scale_factor = 0)"
        )
        connection.execute("create table public.quiet (i int)")
        connection.execute("insert into public.busy select generate_series(1, 40)")
        connection.execute("delete from public.busy where i <= 15")
        connection.execute("select pg_stat_force_next_flush()")
    found = answers(database, "tables")["tables_vacuum"]
    busy, quiet = row(found, relation="public.busy"), row(found, relation="public.quiet")
    assert (busy["dead_rows"], busy["dead_ratio"], busy["auto"]) == (15, 0.375, "off")
    assert (busy["vacuum_due_ratio"], busy["analyze_due_ratio"]) == (1.5, 55 / 20)
    assert (quiet["dead_rows"], quiet["vacuum_due_ratio"], quiet["auto"]) == (0, 0, "on")
    assert busy["vacuumed_age_seconds"] is None
    execute(database, "vacuum analyze public.busy")
    after = row(answers(database, "tables")["tables_vacuum"], relation="public.busy")
    assert (after["dead_rows"], after["vacuum_due_ratio"]) == (0, 0)
    assert after["vacuumed_age_seconds"] < LIMIT
    assert after["analyzed_age_seconds"] < LIMIT


def test_inserts_count_against_what_is_not_frozen_since_postgres_18(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in (
            "create table public.grown (i int) with (autovacuum_enabled = off)",
            "insert into public.grown select generate_series(1, 10000)",
            "select pg_stat_force_next_flush()",
            "vacuum (freeze) public.grown",
            "insert into public.grown select generate_series(1, 500)",
            "select pg_stat_force_next_flush()",
        ):
            connection.execute(statement.encode())
        base = 1000 if connection.info.server_version >= 180000 else 3000
    grown = row(answers(database, "tables")["tables_vacuum"], relation="public.grown")
    assert grown["vacuum_due_ratio"] == pytest.approx(500 / base)


def test_indexes_that_are_unused_duplicate_invalid_or_bloated(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in (
            "create table public.t (i bigint, j bigint)",
            "insert into public.t select n, 1 from generate_series(1, 20000) as n",
            "create index kept on public.t (i)",
            "create index copied on public.t (i)",
            "create index other on public.t (i desc)",
            "create index partial on public.t (i) where j = 2",
            "delete from public.t where i % 10 <> 0",
            "vacuum analyze public.t",
        ):
            connection.execute(statement.encode())
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("create unique index concurrently broken on public.t (j)")
    found = answers(database, "indexes", "--limit", "1000")
    copies = [r for r in found["indexes_duplicate"]["rows"] if r["copy_of"] == "kept"]
    assert [r["index"] for r in copies] == ["public.copied"]
    broken = row(found["indexes_invalid"], index="public.broken")
    assert (broken["invalid"], broken["on_table"]) == (1, "t")
    assert broken["what_to_do"] == "reindex index concurrently public.broken;"
    unused = {r["index"] for r in found["indexes_unused"]["rows"]}
    assert {"public.kept", "public.copied"} <= unused
    assert "public.broken" not in unused
    assert not any("pkey" in index for index in unused)
    bloated = row(found["indexes_bloat"], index="public.kept")
    assert bloated["bloat_ratio"] > 0.8
    execute(database, "reindex index public.kept")
    execute(database, "vacuum analyze public.t")
    after = answers(database, "indexes", "--limit", "1000")["indexes_bloat"]
    left = [r["bloat_ratio"] for r in after["rows"] if r["index"] == "public.kept"]
    assert max(left, default=0) < 0.2


def test_a_copy_is_what_can_go_without_loss(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        for statement in (
            "create table public.t (i int not null, j int, k int)",
            "create unique index older on public.t (i)",
            "create table public.of_t (i int references public.t (i))",
            "alter table public.t add constraint t_key primary key (i)",
            "create unique index nulls_differ on public.t (j)",
            "create unique index nulls_are_one on public.t (j) nulls not distinct",
            "alter table public.t add constraint later unique (j) deferrable",
            "alter table public.t add constraint excluded exclude using btree (j with =)",
            "create index plain on public.t (j)",
            "create unique index early on public.t (k)",
            "alter table public.t add constraint named unique (k)",
            "create table public.p (i int, j int) partition by range (i)",
            "create table public.p1 partition of public.p for values from (0) to (9)",
            "create table public.p2 partition of public.p for values from (9) to (99)",
            "create index p_i on public.p (i)",
            "create index p_i_again on public.p (i)",
            "create index p_j on public.p (j)",
            "insert into public.p select n, n from generate_series(0, 98) as n",
            "analyze",
            "set enable_seqscan = off",
            "select from public.p1 where j = 5",
            "select pg_stat_force_next_flush()",
        ):
            connection.execute(statement.encode())
    found = answers(empty_database, "indexes")
    copies = {r["index"]: r["copy_of"] for r in found["indexes_duplicate"]["rows"]}
    assert copies.pop("public.plain") in {"later", "excluded"}
    assert copies == {
        "public.older": "t_key",
        "public.early": "named",
        "public.p_i_again": "p_i",
    }
    both = row(found["indexes_duplicate"], index="public.p_i_again")
    assert both["duplicate_bytes"] == 4 * 8192
    unused = {r["index"] for r in found["indexes_unused"]["rows"]}
    assert {"public.p1_i_idx", "public.p2_i_idx"} <= unused
    assert not {"public.p1_j_idx", "public.p2_j_idx"} & unused


def test_who_blocks_whom_is_a_tree_and_old_transactions_are_named(database: str) -> None:
    execute(database, "create table public.t (i int)")
    with psycopg.connect(database) as holder:
        holder.execute("select from public.t")
        top = holder.info.backend_pid
        with (
            waiting(database, "alter table public.t add j int") as second,
            waiting(database, "select * from public.t -- behind") as third,
        ):
            found = answers(database, "locks")
            text = run_cli("monitor", "locks", "-d", database).stdout
        tree = [(r["tree"], r["pid"], r["blocked_by"]) for r in found["locks_tree"]["rows"]]
        assert tree == [
            ("", str(top), None),
            ("└", str(second), str(top)),
            ("  └", str(third), str(second)),
        ]
        last = found["locks_tree"]["rows"][2]
        assert last["query"].startswith("wants AccessShareLock on public.t: select * from")
        assert re.search(rf"^  └ +{second} +{top} ", text, re.MULTILINE)
        now = row(found["locks_now"])
        assert (now["waiting"], now["idle_in_transaction"]) == (2, 1)
        assert now["transactions"] == 3
        old = "now() - xact_start > '1 second' and pid = %s"
        eventually(
            "a second", lambda: rows(database, f"select from pg_stat_activity where {old}", top)
        )
        open_ones = answers(database, "locks")["locks_transactions"]["rows"]
        idle = next(r for r in open_ones if r["pid"] == str(top))
        assert (idle["state"], idle["query"]) == ("idle in transaction", "select from public.t")


def test_a_queue_of_many_is_a_tree_in_which_each_stands_once(database: str) -> None:
    execute(database, "create table public.t (i int)")
    with psycopg.connect(database) as holder:
        holder.execute("lock table public.t in access exclusive mode")
        with ExitStack() as stack:
            lock = "lock table public.t in access exclusive mode"
            pids = [stack.enter_context(waiting(database, lock)) for _ in range(20)]
            tree = answers(database, "locks")["locks_tree"]
    behind = {r["pid"]: r["behind"] for r in tree["rows"]}
    assert [behind[str(pid)] for pid in pids] == list(range(1, 21))
    assert len(tree["rows"]) == 21


def test_a_wait_for_a_row_names_its_table(database: str) -> None:
    execute(database, "create table public.t (i int); insert into public.t values (1)")
    with psycopg.connect(database) as holder:
        holder.execute("update public.t set i = 2")
        with (
            waiting(database, "update public.t set i = 3"),
            waiting(database, "update public.t set i = 4") as second,
        ):
            tree = answers(database, "locks")["locks_tree"]
            waits = row(tree, pid=str(second))["query"]
    assert waits.startswith("wants ExclusiveLock on a tuple of public.t: update")


def test_what_somebody_locks_does_not_hang_the_rest(database: str) -> None:
    execute(database, "vacuum analyze public.daily_sessions")
    with psycopg.connect(database) as blocker:
        blocker.execute("alter table public.daily_sessions add column extra text")
        found = answers(database)
        left = {name for name, a in found.items() if a["problem"]}
        assert left - {"queries_slow"} == {"archive_backlog"}
        assert found["archive_backlog"]["problem"]["sqlstate"] == "55P03"
        assert "monitor locks" in found["archive_backlog"]["problem"]["remedy"]
        sized = {r["relation"] for r in found["tables_size"]["rows"]}
        assert "public.daily_sessions" in sized


# --- slow queries -------------------------------------------------------------------------------


@pytest.mark.parametrize(("schema", "version"), [("public", "1.8"), ('the "stats"', None)])
def test_slow_queries_are_found_in_whatever_schema_and_version(
    empty_database: str, schema: str, version: str | None
) -> None:
    if "pg_stat_statements" not in scalar(empty_database, "show shared_preload_libraries"):
        pytest.skip("this server does not preload pg_stat_statements")
    absent = answers(empty_database, "queries")["queries_slow"]["problem"]
    assert absent["message"] == "pg_stat_statements is not installed in this database"
    assert absent["remedy"] == "create extension pg_stat_statements;"
    quoted = '"' + schema.replace('"', '""') + '"'
    execute(empty_database, f"create schema if not exists {quoted}")
    chosen = f" version '{version}'" if version else ""
    execute(empty_database, f"create extension pg_stat_statements schema {quoted}{chosen}")
    for _ in range(3):
        execute(empty_database, "select pg_sleep(0.05) as looked_for")
    found = answers(empty_database, "queries")["queries_slow"]
    [slow] = [r for r in found["rows"] if "looked_for" in r["query"]]
    assert slow["calls"] == 3
    assert slow["time_seconds"] > 0.15
    assert slow["mean_seconds"] == pytest.approx(slow["time_seconds"] / 3)
    assert sum(r["share_ratio"] for r in found["rows"]) == pytest.approx(1)
    times = [r["time_seconds"] for r in found["rows"]]
    assert times == sorted(times, reverse=True)
    with role(empty_database, f"usage on schema {quoted}") as blind:
        hidden = answers(blind, "queries")["queries_slow"]
        assert hidden["problem"] is None
        assert not any("looked_for" in r["query"] for r in hidden["rows"])
        [note] = hidden["notes"]
        assert "hidden: grant pg_read_all_stats to" in note
    with role(empty_database, f"usage on schema {quoted}", "pg_monitor") as seeing:
        seen = answers(seeing, "queries")["queries_slow"]
        assert any("looked_for" in r["query"] for r in seen["rows"])
        assert seen["notes"] == []


# --- the roles that ask -------------------------------------------------------------------------


def test_a_member_of_pg_monitor_is_told_the_grant_for_all_that_is_left(database: str) -> None:
    fill(database, old=3, young=2)
    execute(database, "create schema if not exists extensions")
    execute(database, "create extension pg_stat_statements schema extensions")
    with role(database, "pg_monitor") as watcher:
        found = answers(watcher)
        left = {name: a["problem"] for name, a in found.items() if a["problem"]}
        assert set(left) == {
            "overview_migrations",
            "queries_slow",
            "archive_backlog",
            "archive_record",
            "archive_runs",
        }
        assert {problem["sqlstate"] for problem in left.values()} == {"42501"}
        assert "was not looked at" in found["overview_logins"]["notes"][0]
        run_cli("monitor", *TOPICS, "-d", watcher)
        for problem in left.values():
            execute(database, problem["remedy"])
        after = answers(watcher)
        assert [a["problem"] for a in after.values()] == [None] * len(QUESTIONS)
        assert row(after["archive_backlog"])["backlog_sessions"] == 3
        with psycopg.connect(watcher) as connection, pytest.raises(psycopg.Error, match="denied"):
            connection.execute("select conversation_transcript from public.daily_sessions")


def test_a_role_without_any_right_is_told_what_it_does_not_see(database: str) -> None:
    with role(database) as stranger, psycopg.connect(database) as somebody:
        somebody.execute("select 1")
        found = answers(stranger, "locks", "overview")
        text = run_cli("monitor", "-d", stranger).stdout
    assert any("hidden: grant pg_monitor to" in note for note in found["locks_now"]["notes"])
    assert row(found["overview_server"])["connections"] >= 2
    assert "grant pg_monitor" in text


def test_sign_ups_are_counted_by_the_check(database: str) -> None:
    before = row(answers(database, "overview")["overview_logins"])
    assert before == {"logins_without_profile": 0, "logins_differing": 0}
    for name in ("a", "b"):
        execute(
            database, f"insert into auth.users (id, email) values (gen_random_uuid(), '{name}@x')"
        )
    execute(database, "delete from public.users where email = 'a@x'")
    execute(database, "update public.users set email = 'c@x' where email = 'b@x'")
    after = row(answers(database, "overview")["overview_logins"])
    assert after == {"logins_without_profile": 1, "logins_differing": 1}


def test_the_archive_shows_backlog_and_runs(database: str) -> None:
    fill(database, old=30, young=5)
    assert row(answers(database, "archive")["archive_backlog"])["backlog_sessions"] == 30
    run_cli("archive", "-d", database)
    found = answers(database, "archive")
    assert row(found["archive_backlog"])["backlog_sessions"] == 0
    record = row(found["archive_record"])
    assert (record["archived_sessions"], record["failed_runs"], record["open_runs"]) == (30, 0, 0)
    assert record["done_age_seconds"] < LIMIT
    [run] = found["archive_runs"]["rows"]
    assert (run["kind"], run["sessions"], run["outcome"]) == ("archive", 30, "done")


def test_a_database_without_the_schema_says_so(empty_database: str) -> None:
    found = answers(empty_database)
    left = {name for name, a in found.items() if a["problem"]}
    assert left - {"queries_slow"} == {
        "overview_migrations",
        "archive_backlog",
        "archive_record",
        "archive_runs",
    }
    for name in left - {"queries_slow"}:
        assert "`arami-db migrate` creates it" in found[name]["problem"]["remedy"]


def test_two_thousand_tables_are_counted_and_ten_shown(empty_database: str) -> None:
    execute(
        empty_database,
        "do $$ begin for n in 1..2000 loop"
        " execute format('create unlogged table public.t%s (i int)', n); end loop; end $$",
    )
    found = answers(empty_database, "tables", "--limit", "25")["tables_size"]
    assert (len(found["rows"]), found["left_out"]) == (25, 1975)
    text = run_cli("monitor", "tables", "-d", empty_database).stdout
    assert "and 1990 more rows; --limit shows them" in text
    assert len(text.splitlines()) < 60


def test_it_works_through_a_pooler_and_leaves_no_setting(database: str) -> None:
    execute(database, "create extension if not exists pg_stat_statements")
    with pooler.pooled(database) as through:
        found = answers(through)
        assert [a["problem"] for a in found.values()] == [None] * len(QUESTIONS)
        for name in ("statement_timeout", "lock_timeout", "transaction_read_only"):
            assert scalar(through, f"select current_setting('{name}')") in {"0", "off"}


def test_a_question_may_take_no_longer_than_it_is_told(database: str, project: Project) -> None:
    files = {
        "monitor/010_slow_sleep.sql": "-- 010_slow_sleep: Sleep.\nselect pg_sleep(60)::text as s",
        "monitor/020_slow_write.sql": "create table public.made (i int)",
        "monitor/030_slow_not.sql": "select current_setting('statement_timeout') as most;",
    }
    named = ("--sql-dir", str(project(files)), "--timeout", "1s")
    with role(database) as limited:
        execute(limited, "alter role current_user set statement_timeout = '1min'")
        found = answers(limited, "slow", *named)
    assert found["slow_sleep"]["problem"]["sqlstate"] == "57014"
    assert "--timeout" in found["slow_sleep"]["problem"]["remedy"]
    assert found["slow_write"]["problem"]["sqlstate"] == "25006"
    assert found["slow_not"]["rows"] == [{"most": "1s"}]
    assert scalar(database, "select to_regclass('public.made')") is None


def test_on_a_primary_its_standby_and_where_the_extension_is_not_loaded() -> None:
    def fill_it(primary: str) -> None:
        run_cli("migrate", "--database", primary)
        execute(primary, "create extension pg_stat_statements")
        execute(primary, "select pg_create_physical_replication_slot('unread', true)")

    with servers.replicated(fill_it) as (primary, standby):
        streams = "select from pg_stat_replication where state = 'streaming'"
        eventually("streaming", lambda: rows(primary, streams))
        found = answers(primary)
        [replica] = found["replication_replicas"]["rows"]
        assert (replica["streaming"], replica["address"]) == (1, "local")
        slot = row(found["replication_slots"], slot="unread")
        assert (slot["active"], slot["lost"]) == (0, 0)
        assert slot["retained_bytes"] > 0
        now = row(found["replication_now"])
        assert (now["replicas"], now["slots_inactive"], now["standby_paused"]) == (1, 1, None)
        unloaded = found["queries_slow"]["problem"]
        assert unloaded["sqlstate"] == "55000"
        assert "shared_preload_libraries" in unloaded["remedy"]
        there = answers(standby)
        assert {name for name, a in there.items() if a["problem"]} == {"queries_slow"}
        assert row(there["replication_now"])["standby_receiving"] == 1
        execute(standby, "select pg_wal_replay_pause()")
        execute(primary, "create table public.written (i int)")
        eventually(
            "behind",
            lambda: row(answers(standby, "replication")["replication_now"])["standby_behind_bytes"],
        )
        assert row(answers(standby, "replication")["replication_now"])["standby_paused"] == 1
        lagging = answers(primary, "replication")["replication_replicas"]["rows"]
        assert lagging[0]["lag_bytes"] > 0
        execute(primary, "alter system set autovacuum = off")
        execute(primary, "select pg_reload_conf()")
        eventually(
            "autovacuum is off for all",
            lambda: {r["auto"] for r in answers(primary)["tables_vacuum"]["rows"]} == {"off"},
        )
        with role(primary) as stranger:
            [note] = answers(stranger, "replication")["replication_replicas"]["notes"]
        assert "grant pg_monitor" in note


# --- files of one's own -------------------------------------------------------------------------

OWN = """\
-- 900_mood_swings: How moods swing.
-- Why: asked by nobody else.
-- labels: mood
-- gauge swings_ratio: of all moods
-- counter seen: how often
select m.mood, m.swings_ratio, m.seen, null as note
from (values (E'so "so"\\n\\\\', 0.25, 7), ('well', 0.5, null)) as m (mood, swings_ratio, seen)
union all
select null, null, null, 'One is not counted.'
"""


def test_a_file_of_ones_own_needs_no_python(empty_database: str, project: Project) -> None:
    named = ("-d", empty_database, "--sql-dir", str(project({"monitor/900_mood_swings.sql": OWN})))
    text = run_cli("monitor", "mood", *named).stdout
    assert text.startswith("How moods swing.\n")
    assert "25.0 %" in text
    assert "One is not counted." in text
    [found] = run_json("monitor", *named)["answers"]
    assert (found["topic"], found["name"]) == ("mood", "swings")
    assert found["rows"][1] == {"mood": "well", "swings_ratio": 0.5, "seen": None}
    assert [c["metric"] for c in found["columns"]] == [
        None,
        "arami_mood_swings_ratio",
        "arami_mood_seen_total",
    ]
    series = exposed("-d", empty_database, "--sql-dir", named[-1])
    database = scalar(empty_database, "select current_database()")
    labels = {"database": database, "mood": 'so "so"\n\\'}
    assert (labels, 7.0) in series["arami_mood_seen_total"]
    assert len(series["arami_mood_seen_total"]) == 1
    assert len(series["arami_mood_swings_ratio"]) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "-- guage x: y\n-- gauge X: y\nselect 1 as x",
            "001_a_b.sql:2:1: has a comment that cannot be",
        ),
        ("-- gauge x:\nselect 1 as x", "001_a_b.sql:1:1"),
        ("-- labels: a b\nselect 1 as a", "001_a_b.sql:1:1"),
        ("-- labels: database\nselect 1 as database", "database is a label that every series has"),
    ],
)
def test_a_comment_that_cannot_be_made_out_is_refused(
    text: str, said: str, empty_database: str, project: Project
) -> None:
    named = ("-d", empty_database, "--sql-dir", str(project({"monitor/001_a_b.sql": text})))
    assert said in run_cli("monitor", *named, expect=1).stderr


def test_what_a_file_promises_and_does_not_keep_is_its_own_problem(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            "monitor/001_a_typo.sql": "-- gauge x: y\nselect 1 as z",
            "monitor/002_a_text.sql": "-- gauge t: y\nselect 'one' as t",
            "monitor/003_a_error.sql": "-- on 42703: Mend it.\nselect nonsense",
            "monitor/004_a_asks.sql": "-- asks: checks/001_none\nselect * from asked",
            "monitor/005_a_good.sql": "-- gauge g: good\nselect 1 as g",
        }
    )
    found = answers(empty_database, "--sql-dir", str(root))
    told = {name: a["problem"]["message"] for name, a in found.items() if a["problem"]}
    assert "declares the column x, and returns z" in told["a_typo"]
    assert "is not a number: one" in told["a_text"]
    assert "nonsense" in told["a_error"]
    assert found["a_error"]["problem"]["remedy"] == "Mend it."
    assert "no checks/001_none.sql" in told["a_asks"]
    assert found["a_good"]["rows"] == [{"g": 1}]
    project({"monitor/006_a_again.sql": "-- gauge g: again\nselect 2 as g"})
    refused = run_cli("monitor", "-d", empty_database, "--sql-dir", str(root), expect=1)
    assert "arami_a_g" in refused.stderr
    other = str(project({"other/migrations/001_a.sql": "select 1;"}) / "other")
    assert "overview_server" in answers(empty_database, "overview", "--sql-dir", other)
    unknown = run_cli("monitor", "b", "-d", empty_database, expect=2)
    assert "Topics: archive, indexes" in unknown.stderr


# --- OpenMetrics --------------------------------------------------------------------------------


def exposed(*words: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    """The series of an exposition, by name, as a parser reads them."""
    text = run_cli("monitor", "--format", "openmetrics", *words).stdout
    assert text.endswith("# EOF\n")
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in families(text).values():
        assert family.documentation
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def test_the_exposition_is_one_and_names_nobody(database: str) -> None:
    fill(database, 20)
    execute(database, "create extension if not exists pg_stat_statements")
    execute(database, "select 'secret' as looked_for")
    text = run_cli("monitor", "--format", "openmetrics", "-d", database).stdout
    series = exposed("-d", database)
    assert all(name.startswith("arami_") for name in series)
    assert "looked_for" not in text
    assert "Alice" not in text
    name = scalar(database, "select current_database()")
    assert series["arami_archive_backlog_sessions"] == [({"database": name}, 20.0)]
    assert {"database": name, "topic": "archive", "question": "backlog"} in [
        labels for labels, value in series["arami_monitor_answered"] if value == 1
    ]
    assert len(series["arami_monitor_answered"]) == len(QUESTIONS)
    declared = {metric.sample for question in QUESTIONS for metric in question.metrics}
    assert declared | {"arami_monitor_answered", "arami_monitor_left_out"} >= set(series)
    assert max(map(len, series.values())) <= 100
    units = [line.split()[2:] for line in text.splitlines() if line.startswith("# UNIT")]
    assert all(family.endswith(f"_{unit}") for family, unit in units)


def test_what_fails_is_missing_and_said(empty_database: str) -> None:
    series = exposed("-d", empty_database)
    assert "arami_archive_backlog_sessions" not in series
    unanswered = {
        (labels["topic"], labels["question"])
        for labels, value in series["arami_monitor_answered"]
        if value == 0
    }
    assert ("archive", "backlog") in unanswered
    done = run_cli("monitor", "--format", "openmetrics", "-d", "host=127.0.0.1 port=1", expect=7)
    assert done.stdout == ""
    refused = run_cli("monitor", "--format", "openmetrics", "--watch", "1s", expect=2)
    assert "the collector runs the command again" in refused.stderr
    assert "needs a pause" in run_cli("monitor", "--watch", "0", expect=2).stderr


def test_odd_names_fit_any_width_and_any_format(empty_database: str) -> None:
    name = 'we"ird\n\\tab\x1b[31m \u6771\u4eac ' + "x" * 20
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(SQL("create table {} (i int primary key)").format(Identifier(name)))
    tree = discover(packaged_sql_dir())
    asked = chosen(tree, ())
    with connect(empty_database) as connection:
        found = list(ask(connection, tree, asked, limit=5, timeout=60))
    for width in (30, 40, 66, 80, 200):
        lines = [line.text for line in as_lines(found, width)]
        assert [line for line in lines if cells(line) > width] == []
        assert [line for line in lines if line != line.rstrip()] == []
        assert "".join(lines).isprintable()
    sizes = families(exposition(found, 'the "base"'))["arami_tables_total_bytes"].samples
    quoted = '"' + name.replace('"', '""') + '"'
    assert {"database": 'the "base"', "relation": f"public.{quoted}"} in [s.labels for s in sizes]


# --- watching -----------------------------------------------------------------------------------


def test_on_a_pipe_there_is_a_block_each_time_and_ctrl_c_ends_it(database: str) -> None:
    process = start_cli("monitor", "locks", "--watch", "50ms", "-d", database)
    assert process.stdout
    title = "Sessions that wait, and transactions that stay open.\n"
    seen = 0
    while seen < 3:
        seen += process.stdout.readline() == title
    process.send_signal(signal.SIGINT)
    done = end(process)
    assert "Traceback" not in done.stderr


def test_json_is_a_line_each_time(database: str) -> None:
    process = start_cli("monitor", "locks", "--watch", "50ms", "--format", "json", "-d", database)
    assert process.stdout
    for _ in range(2):
        assert len(json.loads(process.stdout.readline())["answers"]) == 4
    process.send_signal(signal.SIGTERM)
    end(process)


def test_a_connection_that_is_lost_is_said_and_made_again(empty_database: str) -> None:
    process = start_cli("monitor", "locks", "--watch", "50ms", "-d", empty_database)
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    kill = (
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where application_name like %s and datname = current_database()"
    )
    mine = f"arami-db {process.pid}@%"
    assert rows(empty_database, kill, mine)
    while "no connection: " not in process.stderr.readline():
        pass
    again = kill.replace("pg_terminate_backend(pid)", "pid")
    eventually("it is back", lambda: rows(empty_database, again, mine))
    process.send_signal(signal.SIGINT)
    end(process)


@contextmanager
def on_terminal(*words: str) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[bytes], bytes]]]:
    """A command on a terminal of 80 columns, and what reads it up to some bytes."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "arami_db", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=clean_environment(TERM="xterm", COLUMNS="80", LINES="24"),
    )
    os.close(theirs)
    said = b""

    def until(mark: bytes) -> bytes:
        nonlocal said
        while mark not in said:
            said += os.read(ours, 4096)
        read, _, said = said.partition(mark)
        return read

    try:
        yield process, until
    finally:
        process.kill()
        os.close(ours)


def test_a_terminal_is_drawn_in_place_on_a_screen_of_its_own(database: str) -> None:
    with on_terminal("monitor", "--watch", "50ms", "-d", database) as (process, until):
        until(b"\x1b[?1049h")
        first = until(b"\x1b[H")
        frames = [until(b"\x1b[H") for _ in range(3)]
        assert b"\x1b[2J" not in b"".join([first, *frames][1:])  # cleared, it would flicker
        shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", frames[-1].decode())
        assert "Ctrl-C ends" in shown
        assert "more lines: enlarge the window, or name a topic" in shown
        assert len(shown.splitlines()) <= 24
        process.send_signal(signal.SIGINT)
        until(b"\x1b[?1049l")
        assert process.wait(LIMIT) == 0


def test_the_screen_has_all_of_why_there_is_no_connection(empty_database: str) -> None:
    other = make_conninfo(empty_database, dbname="postgres")
    name = scalar(empty_database, "select current_database()::text")
    with on_terminal("monitor", "locks", "--watch", "50ms", "-d", empty_database) as (
        process,
        until,
    ):
        until(b"Ctrl-C ends")
        execute(other, f"alter database {name} allow_connections false")
        execute(
            other,
            f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'",
        )
        until(b"no connection:")
        until(b"accepting connections")
        execute(other, f"alter database {name} allow_connections true")
        until(b"Who blocks whom")
        process.send_signal(signal.SIGINT)
        until(b"\x1b[?1049l")
        assert process.wait(LIMIT) == 0
