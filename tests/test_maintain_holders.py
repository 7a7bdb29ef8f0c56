"""`arami-db maintain` where somebody keeps the dead rows: it says so, names who, and the way out.

Each holder is a real one: a session, a prepared transaction, a standby, a slot that one has left.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from arami_db.embedded.binaries import runnable
from arami_db.embedded.privileges import server_account
from tests import servers
from tests.archive_runs import execute, fill
from tests.conftest import eventually, rows, run_cli, run_json, scalar

TABLE = "public.kept"
_DEAD = (
    "delete from public.kept where id in (select id from public.kept order by id limit 60);"
    " select pg_stat_force_next_flush()"
)


def make(conninfo: str) -> None:
    """A table of 200 rows with long values, autovacuum out of the way."""
    execute(
        conninfo,
        "create table public.kept (id integer, long text) with (autovacuum_enabled = false);"
        " alter table public.kept alter long set storage external;"
        " insert into public.kept select n, repeat('x', 4000) from generate_series(1, 200) as n",
    )
    execute(conninfo, "vacuum (analyze) public.kept")


@pytest.fixture
def kept(database: str) -> str:
    """A database with that table."""
    make(database)
    return database


def maintained(conninfo: str, *names: str, expect: int = 1) -> dict[str, Any]:
    """What maintain says of the table: the table, and who keeps its rows."""
    found = run_json("maintain", *(names or (TABLE,)), "-d", conninfo, expect=expect)
    return {**found["tables"][0], "holders": found["holders"]}


def settle(conninfo: str) -> None:
    """Nothing dead is left, and maintain has nothing to say."""
    after = maintained(conninfo, expect=0)
    assert (after["left"], after["toast_left"], after["holders"]) == (0, 0, [])


def test_an_old_snapshot_is_named_and_nothing_of_its_query(kept: str) -> None:
    named = make_conninfo(kept, application_name="the report")
    with psycopg.connect(named) as holder:
        holder.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        holder.execute("select 'a secret of somebody'")
        pid = holder.info.backend_pid
        execute(kept, _DEAD)
        found = maintained(kept)
        [held_by] = found["holders"]
        assert (found["left"], found["toast_left"], found["held"]) == (60, 180, True)
        assert (held_by["kind"], held_by["name"]) == ("session", str(pid))
        assert held_by["state"] == "idle in transaction"
        assert held_by["application"] == "the report"
        told = run_cli("maintain", TABLE, "-d", kept, expect=1)
        assert f"held      {TABLE}" in told.stdout
        assert "still there: 60 dead rows and 180 dead pieces in TOAST" in told.stdout
        assert "in 1 dead rows are still there" in told.stdout
        assert "secret" not in told.stdout + told.stderr + str(found)
        execute(kept, held_by["fix"])
        with pytest.raises(psycopg.errors.AdminShutdown):
            holder.execute("select 1")
    settle(kept)


def test_a_transaction_that_wrote_and_then_waits_has_no_snapshot_and_holds(kept: str) -> None:
    with psycopg.connect(kept) as holder:
        holder.execute("create table public.mine (id integer)")
        assert not scalar(
            kept,
            "select backend_xmin from pg_stat_activity where pid = %s",
            holder.info.backend_pid,
        )
        execute(kept, _DEAD)
        [held_by] = maintained(kept)["holders"]
        assert held_by["name"] == str(holder.info.backend_pid)
    settle(kept)


def test_the_oldest_comes_first_and_the_innocent_not_at_all(kept: str) -> None:
    isolated = psycopg.IsolationLevel.REPEATABLE_READ
    with psycopg.connect(kept) as old, psycopg.connect(kept) as older:
        other = psycopg.connect(make_conninfo(kept, dbname="postgres"))
        late, idle = psycopg.connect(kept), psycopg.connect(kept)
        with other, late, idle:
            for holder in (older, old, other):
                holder.isolation_level = isolated
                holder.execute("select 1")
                execute(kept, "create table public.t (); drop table public.t")
            execute(kept, _DEAD)
            late.isolation_level = isolated
            late.execute("select 1")
            idle.execute("select 1")
            pids = [str(holder.info.backend_pid) for holder in (older, old)]
            assert [holder["name"] for holder in maintained(kept)["holders"]] == pids


def test_many_holders_are_a_few_lines(kept: str) -> None:
    with psycopg.connect(kept) as holder:
        opened = [holder, *(psycopg.connect(kept) for _ in range(13))]
        for connection in opened:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.execute("select 1")
        execute(kept, _DEAD)
        told = run_cli("maintain", TABLE, "-d", kept, expect=1).stdout
        assert told.count("held by") == 10
        assert "and 4 younger ones" in told
        assert len(maintained(kept)["holders"]) == 14
        for connection in opened[1:]:
            connection.close()


def test_few_rows_that_are_held_are_said_and_no_failure(kept: str) -> None:
    with psycopg.connect(kept) as holder:
        holder.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        execute(kept, _DEAD)
        run_cli("maintain", TABLE, "-d", kept)
        execute(kept, "insert into public.kept select n, 'x' from generate_series(201, 2200) as n")
        holder.execute("select 1")
        execute(kept, "delete from public.kept where id > 2180; select pg_stat_force_next_flush()")
        found = maintained(kept, expect=0)
        assert (found["left"], found["held"], len(found["holders"])) == (20, False, 1)
        assert (
            "still there: 20 dead rows"
            in run_cli("maintain", TABLE, "--threshold", "0", "-d", kept, expect=1).stdout
        )


def test_an_ordinary_role_can_name_them(kept: str) -> None:
    name = f"keeper_{uuid.uuid4().hex[:8]}"
    execute(kept, f"create role {name} login password '{name}'")
    try:
        execute(kept, f"alter table public.kept owner to {name}")
        with psycopg.connect(kept) as holder:
            holder.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            holder.execute("select 1")
            execute(kept, _DEAD)
            [held_by] = maintained(make_conninfo(kept, user=name, password=name))["holders"]
            assert held_by["name"] == str(holder.info.backend_pid)
            assert (held_by["role"], held_by["state"]) == ("postgres", None)
    finally:
        execute(kept, f"drop owned by {name}; drop role {name}")


def test_archive_with_vacuum_says_it_too_and_has_archived(database: str) -> None:
    fill(database, 200)
    with psycopg.connect(database) as holder:
        holder.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        holder.execute("select 1")
        result = run_json("archive", "--vacuum", "-d", database)
        assert result["sessions"] == 200
        [held_by] = result["holders"]  # and none of its own connections
        assert held_by["name"] == str(holder.info.backend_pid)
        assert {table["table"]: table["left"] for table in result["vacuumed"]}[
            "public.daily_sessions"
        ] == 200


def test_a_prepared_transaction() -> None:
    with one_server("-c max_prepared_transactions=2") as conninfo:
        make(conninfo)
        execute(conninfo, "begin; create table public.p (); prepare transaction 'lost ''one'''")
        execute(conninfo, _DEAD)
        [held_by] = maintained(conninfo)["holders"]
        assert (held_by["kind"], held_by["name"]) == ("prepared transaction", "lost 'one'")
        assert held_by["role"] == "postgres"
        execute(conninfo, held_by["fix"])
        settle(conninfo)


@contextmanager
def one_server(options: str) -> Iterator[str]:
    """A server of its own with options of its own."""
    with servers.folder() as place:
        programs = Path(runnable(place, server_account()).tool("postgres")).parent
        with servers.running(programs, place, options=options) as conninfo:
            yield conninfo


def test_standbys_and_slots() -> None:
    """A standby that sends feedback, one with a slot, and the slot that it leaves behind."""
    feedback = "-c hot_standby_feedback=on -c wal_receiver_status_interval=1"
    with servers.replicated(make, standby_options=feedback) as (primary, standby):
        with psycopg.connect(standby) as reading:
            hold(reading, primary)
            execute(primary, _DEAD)
            [held_by] = maintained(primary)["holders"]
            assert held_by["kind"] == "standby"
            assert held_by["application"] == "walreceiver"
            assert "hot_standby_feedback" in held_by["fix"]
        execute(primary, "select pg_create_physical_replication_slot('for_it')")
        execute(standby, "alter system set primary_slot_name = 'for_it'")
        execute(standby, "select pg_reload_conf()")
        with psycopg.connect(standby) as reading:
            hold(reading, primary)
            execute(primary, _DEAD)
            [held_by] = maintained(primary)["holders"]
            assert (held_by["kind"], held_by["name"]) == ("slot", "for_it")
            assert (held_by["state"], held_by["application"]) == ("in use", "walreceiver")
            # Its standby is gone for good, the query with it; what the slot holds stays.
            execute(standby, "alter system set primary_slot_name = ''")
            execute(standby, "select pg_reload_conf()")
            active = "select active from pg_replication_slots"
            eventually("nobody reads the slot", lambda: not scalar(primary, active))
        behind = "select from pg_stat_replication where age(backend_xmin) > 0"
        eventually("the standby itself holds nothing", lambda: not rows(primary, behind))
        [held_by] = maintained(primary)["holders"]
        assert (held_by["kind"], held_by["state"]) == ("slot", "unused")
        execute(primary, held_by["fix"])
        settle(primary)


def hold(reading: psycopg.Connection[Any], primary: str) -> None:
    """Read on the standby, and wait until the primary knows from when on."""
    reading.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    reading.execute("select count(*) from public.kept")
    known = (
        "select from pg_stat_replication where backend_xmin is not null union all"
        " select from pg_replication_slots where xmin is not null and active"
    )
    eventually("feedback", lambda: rows(primary, known))
