"""An archive run beside a replica that hangs, is delayed on purpose, or left a slot behind."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator

import pytest

from tests import servers
from tests.archive_runs import execute, fill, said, start, state
from tests.conftest import end, eventually, rows, run_cli, run_json, scalar

HURRY = ("--max-lag", "300ms", "--batch-size", "10", "--format", "json")


@pytest.fixture(scope="module")
def replicated() -> Iterator[tuple[str, str]]:
    """A migrated server and a standby of it."""

    def fill_it(primary: str) -> None:
        run_cli("migrate", "--database", primary)
        fill(primary, 30)

    with servers.replicated(fill_it) as both:
        yield both


@pytest.fixture
def both(replicated: tuple[str, str]) -> tuple[str, str]:
    """The same, with nothing archived and nothing behind."""
    primary, _ = replicated
    run_json("archive", "restore", "--all", "-d", primary)
    caught_up = (
        "select count(*) filter (where flush_lsn = pg_current_wal_flush_lsn()) = 1"
        " from pg_stat_replication"
    )
    eventually("caught up", lambda: scalar(primary, caught_up))
    return replicated


def test_a_replica_that_hangs_is_waited_for(both: tuple[str, str]) -> None:
    primary, standby = both
    receiver = scalar(standby, "select pid from pg_stat_wal_receiver")
    os.kill(receiver, signal.SIGSTOP)
    try:
        process = start(primary, *HURRY)
        line = said(process, "waiting")
        assert "replica walreceiver lags by more than 0.3 s" in line
        assert "replaying" not in line
        before = state(primary)
        assert before[2] < 30
    finally:
        os.kill(receiver, signal.SIGCONT)
    assert json.loads(end(process).stdout)["left"] == 0


def test_a_replica_that_is_delayed_on_purpose_is_not_waited_for_for_ever(
    both: tuple[str, str],
) -> None:
    primary, standby = both
    execute(standby, "alter system set recovery_min_apply_delay = '1h'")
    execute(standby, "select pg_reload_conf()")
    try:
        execute(primary, "create table public.written (id integer)")
        late = "select max(replay_lag) > '300 ms' from pg_stat_replication"
        eventually("lag", lambda: scalar(primary, late))
        process = start(primary, *HURRY)
        said(process, "waiting: replica walreceiver lags by more than 0.3 s in replaying")
        assert "not waiting for its replay" in said(process, "recovery_min_apply_delay")
        assert json.loads(end(process).stdout)["sessions"] == 30
    finally:
        execute(standby, "alter system reset recovery_min_apply_delay")
        execute(standby, "select pg_reload_conf()")
        execute(primary, "drop table public.written")


def test_a_slot_that_nobody_reads_is_said_and_waited_for_when_it_retains_much(
    both: tuple[str, str],
) -> None:
    primary, _ = both
    execute(primary, "select pg_create_physical_replication_slot('gone', true)")
    try:
        done = end(start(primary, "--before", "2020-01-01T00:11", *HURRY))
        assert "slot gone is inactive and retains" in done.stderr
        for _ in range(17):  # each fills a segment of 16 MB
            rows(primary, "select pg_logical_emit_message(false, 'test', 'x'), pg_switch_wal()")
        process = start(primary, *HURRY)
        said(process, "waiting: slot gone")
        assert state(primary)[2] == 10
        process.send_signal(signal.SIGTERM)
        assert json.loads(end(process).stdout)["outcome"] == "stopped early"
        process = start(primary, *HURRY)
        said(process, "waiting: slot gone")
    finally:
        execute(primary, "select pg_drop_replication_slot('gone')")
    assert json.loads(end(process).stdout)["sessions"] == 20
