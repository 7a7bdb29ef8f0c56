"""Runners beside each other, locks in the way, death at any moment: nothing twice or lost."""

from __future__ import annotations

import hashlib
import random
import signal
import subprocess
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
import pytest

from .conftest import (
    LIMIT,
    WHOLE,
    Process,
    end,
    eventually,
    rows,
    run_cli,
    run_json,
    scalar,
    start_cli,
)

Project = Callable[[dict[str, str]], Path]

LOCK_KEY = -4350385361971871709
NO_TRANSACTION = "-- arami: no-transaction\n"


def start(conninfo: str, root: Path, *args: str) -> Process:
    """Start a migration."""
    return start_cli("migrate", "-d", conninfo, "--sql-dir", str(root), *args)


def migrate(conninfo: str, root: Path, *args: str) -> Any:
    """Run a migration that must succeed; its result as data."""
    return run_json("migrate", "-d", conninfo, "--sql-dir", str(root), *args)


def kill(process: Process) -> None:
    """Kill without a chance to tidy up."""
    process.kill()
    process.communicate(timeout=LIMIT)


def runner_at(conninfo: str, query: str, wait: str | None = None) -> int:
    """The pid of a runner's backend at work on a statement like this, maybe waiting so."""
    found = eventually(
        f"a runner at {query} ({wait})",
        lambda: scalar(
            conninfo,
            "select pid from pg_stat_activity where datname = current_database()"
            " and state = 'active' and query like %s and application_name like 'arami-db%%'"
            " and (%s::text is null or wait_event_type = %s)",
            f"%{query}%",
            wait,
            wait,
        ),
    )
    return int(found)


def events(conninfo: str, version: int = 1) -> list[str]:
    """The history of a migration."""
    return [
        event
        for (event,) in rows(
            conninfo,
            "select event from arami_db.event"
            " where kind = 'migration' and version = %s order by id",
            version,
        )
    ]


def applied(conninfo: str) -> list[int]:
    """The migrations of the ledger."""
    return [v for (v,) in rows(conninfo, "select version from arami_db.migration order by 1")]


def index_state(conninfo: str, name: str) -> tuple[int, bool] | None:
    """An index's oid and whether it is valid."""
    found = rows(
        conninfo,
        "select indexrelid::int8, indisvalid from pg_index where indexrelid = to_regclass(%s)",
        name,
    )
    return found[0] if found else None


# --- a table lock in the way --------------------------------------------------------------------

ALTER = {
    "migrations/001_table.sql": "create table busy (id int);",
    "migrations/002_alter.sql": "create table side ();\nalter table busy add column n int;\n",
}
QUICK = ("--lock-timeout", "300ms")
DEATHS = 20 if WHOLE else 6


def test_a_lock_that_stays_fails_the_run_and_names_who_holds_it(
    empty_database: str, project: Project
) -> None:
    root = project(ALTER)
    migrate(empty_database, root, "--target", "1")
    with psycopg.connect(empty_database) as blocker:
        blocker.execute("lock table busy in access share mode")
        pid = blocker.info.backend_pid
        process = start(empty_database, root, *QUICK, "--retries", "1", "--format", "json")
        result = end(process, 1)
    assert "attempt 2 of 2" in result.stderr
    assert f"pid {pid}" in result.stderr
    assert "lock table busy in access share mode" in result.stderr
    assert "SQLSTATE: 55P03" in result.stderr
    assert "002_alter.sql:2:1" in result.stderr
    assert f'"pid {pid} ' in result.stdout
    assert scalar(empty_database, "select to_regclass('side')") is None
    assert events(empty_database, 2) == ["failed"]


def test_a_lock_given_up_in_time_is_waited_for(empty_database: str, project: Project) -> None:
    root = project(ALTER)
    migrate(empty_database, root, "--target", "1")
    with psycopg.connect(empty_database) as blocker:
        blocker.execute("lock table busy in access share mode")
        pid = blocker.info.backend_pid
        process = start(empty_database, root, *QUICK, "--retries", "40")
        assert process.stderr is not None
        said = ""
        while "rolled back" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        blocker.rollback()
    end(process)
    assert f"pid {pid}" in said
    assert applied(empty_database) == [1, 2]
    assert events(empty_database, 2) == ["applied"]


def test_readers_get_in_between_two_attempts(empty_database: str, project: Project) -> None:
    root = project(ALTER)
    migrate(empty_database, root, "--target", "1")
    with psycopg.connect(empty_database) as blocker:
        blocker.execute("lock table busy in access share mode")
        process = start(empty_database, root, *QUICK, "--retries", "40")
        runner_at(empty_database, "alter table busy", "Lock")
        with psycopg.connect(empty_database) as reader:
            reader.execute("select count(*) from busy")  # queues behind the runner, and gets in
        blocker.rollback()
    end(process)
    assert applied(empty_database) == [1, 2]


def test_a_deadlock_is_tried_again(empty_database: str, project: Project) -> None:
    root = project(
        {
            "migrations/001_tables.sql": "create table a (); create table b ();",
            "migrations/002_both.sql": "lock table a in access exclusive mode;\n"
            "lock table b in access exclusive mode;\n",
        }
    )
    migrate(empty_database, root, "--target", "1")
    with psycopg.connect(empty_database) as other:
        other.execute("set deadlock_timeout = '1h'")  # the runner is to be the victim
        other.execute("lock table b in access exclusive mode")
        process = start(empty_database, root, "--lock-timeout", "60s")
        runner_at(empty_database, "lock table b", "Lock")
        other.execute("lock table a in access exclusive mode")
        other.rollback()
    assert "deadlock detected" in end(process).stderr
    assert applied(empty_database) == [1, 2]


def test_a_blocked_drop_while_views_are_rebuilt_is_tried_again(
    empty_database: str, project: Project
) -> None:
    view = "create or replace view v as select 1 as {name};"
    root = project({"views/001_v.sql": view.format(name="one")})
    migrate(empty_database, root)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create materialized view m as select * from v")
    project({"views/001_v.sql": view.format(name="one") + "-- again"})
    migrate(empty_database, root)
    project({"views/001_v.sql": "create or replace view v as select 2::int8 as one;"})
    with psycopg.connect(empty_database) as blocker:
        blocker.execute("select * from m")
        pid = blocker.info.backend_pid
        result = end(start(empty_database, root, *QUICK, "--retries", "1"), 1)
    assert "attempt 2 of 2" in result.stderr
    assert f"pid {pid}" in result.stderr
    assert "001_v.sql" in result.stderr
    failures = run_json("status", "-d", empty_database, "--sql-dir", str(root))["failures"]
    assert [failure["sqlstate"] for failure in failures] == ["55P03"]
    migrate(empty_database, root)
    assert scalar(empty_database, "select one from m") == 2


# --- the runner lock ----------------------------------------------------------------------------


def test_a_busy_runner_lock_names_its_holder(empty_database: str, project: Project) -> None:
    root = project({"migrations/001_a.sql": "create table a ();"})
    with psycopg.connect(empty_database) as holder:
        holder.execute(f"select pg_advisory_xact_lock({LOCK_KEY})")
        result = end(start(empty_database, root, "--lock-wait", "200ms"), 5)
        assert f"pid {holder.info.backend_pid}" in result.stderr
        assert "--lock-wait" in result.stderr
        # nothing pending, or nothing written: no lock needed
        run_cli("migrate", "-d", empty_database, "--sql-dir", str(root), "--dry-run")
        run_cli("status", "-d", empty_database, "--sql-dir", str(root))
    assert scalar(empty_database, "select to_regnamespace('arami_db')") is None


def test_the_runner_lock_of_another_database_is_no_obstacle(
    empty_database: str, database: str, project: Project
) -> None:
    root = project({"migrations/001_a.sql": "create table a ();"})
    with psycopg.connect(database) as holder:
        holder.execute(f"select pg_advisory_xact_lock({LOCK_KEY})")
        end(start(empty_database, root, "--lock-wait", "0"))


def numbered(count: int) -> dict[str, str]:
    """Migrations that each fail when they run twice, and leave one row in a table."""
    files = {"migrations/001_log.sql": "create table log (n int, x xid8);"}
    for n in range(2, count + 1):
        files[f"migrations/{n:03}_t.sql"] = (
            f"create table t{n} (id int);\n"
            f"insert into log values ({n}, pg_current_xact_id());\n"
            f"create index t{n}_id on t{n} (id);\n"
        )
    return files


def require_once(conninfo: str, count: int) -> None:
    """Every migration is applied exactly once, and schema and ledger agree."""
    versions = list(range(1, count + 1))
    assert applied(conninfo) == versions
    done = rows(conninfo, "select version from arami_db.event where event = 'applied' order by 1")
    assert [version for (version,) in done] == versions
    assert [n for (n,) in rows(conninfo, "select n from log order by n")] == versions[1:]
    tables = scalar(conninfo, "select count(*) from pg_class where relname ~ '^t[0-9]+(_id)?$'")
    assert tables == 2 * (count - 1)


def test_eight_runners_apply_everything_once(empty_database: str, project: Project) -> None:
    root = project(numbered(12))
    runners = [start(empty_database, root, "--format", "json") for _ in range(8)]
    results = [end(runner) for runner in runners]
    counts = sorted(result.stdout.count('"checksum"') for result in results)
    assert counts == [0, 0, 0, 0, 0, 0, 0, 12]
    require_once(empty_database, 12)


CONCURRENT = {
    "migrations/001_table.sql": "create table big as select id from generate_series(1, 9) as id;",
    "migrations/002_index.sql": f"{NO_TRANSACTION}create index concurrently big_id on big (id);\n",
    "migrations/003_after.sql": "create table after_it ();",
}


def test_runners_wait_while_one_builds_an_index_held_up_by_a_long_transaction(
    empty_database: str, project: Project
) -> None:
    root = project(CONCURRENT)
    migrate(empty_database, root, "--target", "1")
    with psycopg.connect(empty_database) as long:
        long.execute("insert into big values (0)")
        runners = [start(empty_database, root) for _ in range(4)]
        runner_at(empty_database, "create index concurrently", "Lock")
        eventually(
            "three more runners connected",
            lambda: scalar(
                empty_database,
                "select count(distinct application_name) = 4 from pg_stat_activity"
                " where datname = current_database() and application_name like 'arami-db%%'",
            ),
        )
        long.commit()
    for runner in runners:
        end(runner)
    assert applied(empty_database) == [1, 2, 3]
    assert events(empty_database, 2) == ["started", "applied"]
    state = index_state(empty_database, "big_id")
    assert state is not None
    assert state[1]


# --- death --------------------------------------------------------------------------------------


def lock_is_free(conninfo: str) -> bool:
    """Whether nobody holds the runner lock."""
    return bool(scalar(conninfo, f"select pg_try_advisory_lock({LOCK_KEY})"))


def test_a_runner_killed_in_a_long_statement_frees_the_lock_and_the_next_completes(
    empty_database: str, project: Project
) -> None:
    root = project({"migrations/001_slow.sql": "create table a ();\nselect pg_sleep(600);"})
    process = start(empty_database, root)
    runner_at(empty_database, "pg_sleep(600)")
    kill(process)
    eventually("the lock is free", lambda: lock_is_free(empty_database))
    project({"migrations/001_slow.sql": "create table a ();"})
    assert len(migrate(empty_database, root)["applied"]) == 1
    assert events(empty_database) == ["applied"]


def test_a_runner_killed_while_blocked_does_not_hinder_the_next(
    empty_database: str, project: Project
) -> None:
    root = project(ALTER)
    migrate(empty_database, root, "--target", "1")
    with psycopg.connect(empty_database) as blocker:
        blocker.execute("lock table busy in access share mode")
        process = start(empty_database, root, "--lock-timeout", "0")
        runner_at(empty_database, "alter table busy", "Lock")
        kill(process)
        eventually("the lock is free", lambda: lock_is_free(empty_database))
    migrate(empty_database, root)
    assert applied(empty_database) == [1, 2]


def test_a_file_whose_killed_runner_left_it_to_be_finished_is_no_disagreement(
    empty_database: str, project: Project
) -> None:
    """The server has the whole file already, and may commit it after its client's death."""
    root = project(
        {
            "migrations/001_slow.sql": "set local client_connection_check_interval = 0;\n"
            "select pg_advisory_xact_lock(7);\ncreate table a ();",
            "migrations/002_next.sql": "create table b ();",
        }
    )
    with psycopg.connect(empty_database) as blocker:
        blocker.execute("select pg_advisory_lock(7)")
        blocker.commit()
        process = start(empty_database, root, "--lock-timeout", "0")
        runner_at(empty_database, "pg_advisory_xact_lock(7)", "Lock")
        kill(process)
        second = start(empty_database, root, "--lock-timeout", "0")
        runner_at(empty_database, "insert into arami_db.migration", "Lock")
        blocker.execute("select pg_advisory_unlock(7)")
        blocker.commit()
    end(second)
    assert applied(empty_database) == [1, 2]
    assert events(empty_database) == ["applied"]


def test_deaths_at_random_moments_lose_nothing_and_repeat_nothing(
    empty_database: str, project: Project
) -> None:
    slow = {name: f"{text}select pg_sleep(0.2);\n" for name, text in numbered(30).items()}
    root = project(slow)
    moments = random.Random(20)  # noqa: S311
    progress = []
    for _ in range(DEATHS):
        process = start(empty_database, root)
        try:
            process.communicate(timeout=moments.uniform(0.2, 0.5))
        except subprocess.TimeoutExpired:
            kill(process)
        exists = scalar(empty_database, "select to_regclass('arami_db.migration')")
        progress.append(len(applied(empty_database)) if exists else 0)
    migrate(empty_database, root)
    require_once(empty_database, 30)
    assert migrate(empty_database, root)["applied"] == []
    assert sum(done < 30 for done in progress) >= DEATHS // 2  # so often death left work behind


@pytest.mark.parametrize("after", [3, 11, 24])
def test_a_death_after_a_number_of_files_is_survived(
    after: int, empty_database: str, project: Project
) -> None:
    root = project(numbered(30))
    process = start(empty_database, root)
    assert process.stderr is not None
    said = (line for line in process.stderr if line.startswith("applied"))
    assert len(list(islice(said, after))) == after
    kill(process)
    migrate(empty_database, root)
    require_once(empty_database, 30)


def test_a_runner_killed_while_it_builds_an_index_leaves_work_the_next_completes(
    empty_database: str, project: Project
) -> None:
    root = project(CONCURRENT)
    migrate(empty_database, root, "--target", "1")
    with psycopg.connect(empty_database) as long:
        long.execute("insert into big values (0)")
        process = start(empty_database, root)
        pid = runner_at(empty_database, "create index concurrently", "Lock")
        kill(process)
        eventually("the lock is free", lambda: lock_is_free(empty_database))
        eventually(
            "the orphan notices its client's death",
            lambda: scalar(
                empty_database, "select count(*) = 0 from pg_stat_activity where pid = %s", pid
            ),
        )
    migrate(empty_database, root)
    assert applied(empty_database) == [1, 2, 3]
    assert index_state(empty_database, "big_id") is not None
    assert scalar(empty_database, "select bool_and(indisvalid) from pg_index")


def test_the_next_runner_waits_for_an_index_its_dead_predecessor_still_builds(
    empty_database: str, project: Project
) -> None:
    root = project(CONCURRENT)
    migrate(empty_database, root, "--target", "1")
    with psycopg.connect(empty_database) as long:
        long.execute("insert into big values (0)")
        first = start(empty_database, root)
        runner_at(empty_database, "create index concurrently", "Lock")
        kill(first)
        second = start(empty_database, root)
        eventually(
            "the second runner holds the lock",
            lambda: scalar(
                empty_database,
                "select count(*) from pg_locks where locktype = 'advisory' and granted",
            ),
        )
        long.commit()
    end(second)
    assert applied(empty_database) == [1, 2, 3]
    assert scalar(empty_database, "select bool_and(indisvalid) from pg_index")


def test_a_failed_unique_build_is_dropped_and_built_again(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            "migrations/001_table.sql": "create table people (name text);\n"
            "insert into people values ('Ada'), ('Ada');",
            "migrations/002_unique.sql": f"{NO_TRANSACTION}\ncreate unique index concurrently"
            " people_name on people (name);\n",
        }
    )
    process = start(empty_database, root)
    stderr = end(process, 1).stderr
    assert "002_unique.sql:3:1: could not create unique index" in stderr
    assert "SQLSTATE: 23505" in stderr
    invalid = index_state(empty_database, "people_name")
    assert invalid is not None
    assert not invalid[1]
    assert events(empty_database, 2) == ["started", "failed"]
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("delete from people where ctid = '(0,1)'")
    found = end(start(empty_database, root))
    assert "left invalid" in found.stderr
    rebuilt = index_state(empty_database, "people_name")
    assert rebuilt is not None
    assert rebuilt[1]
    assert rebuilt[0] != invalid[0]
    assert applied(empty_database) == [1, 2]


def simulate(conninfo: str, root: Path, *names: str) -> None:
    """Finish the index by hand and write the history of a runner that then died."""
    file = next(
        entry
        for entry in run_json("status", "-d", conninfo, "--sql-dir", str(root))["files"]
        if entry["version"] == 2
    )
    statement = (root / f"migrations/002_{file['name']}.sql").read_text().split("\n")[1]
    only = hashlib.sha256(f"{statement.rstrip(';')};\n".encode()).hexdigest()
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("create index concurrently big_id on big (id)")
        for name in names:
            number, checksum = (1, only) if name == "started" else (None, file["checksum"])
            connection.execute(
                "insert into arami_db.event"
                " (event, kind, version, name, statement, checksum, os_user, host, tool_version)"
                " values (%s, 'migration', 2, %s, %s, %s, 'me', 'here', '0')",
                [name, file["name"], number, checksum],
            )


@pytest.mark.parametrize("history", [("started",), ("started", "interrupted")])
def test_a_death_between_a_finished_index_and_its_ledger_row_is_made_good(
    history: tuple[str, ...], empty_database: str, project: Project
) -> None:
    root = project(CONCURRENT)
    migrate(empty_database, root, "--target", "1")
    simulate(empty_database, root, *history)
    before = index_state(empty_database, "big_id")
    result = end(start(empty_database, root))
    assert "completed by an earlier run" in result.stderr
    assert index_state(empty_database, "big_id") == before
    assert applied(empty_database) == [1, 2, 3]


def test_an_index_somebody_else_made_is_not_taken_for_ours(
    empty_database: str, project: Project
) -> None:
    root = project(CONCURRENT)
    migrate(empty_database, root, "--target", "1")
    simulate(empty_database, root)
    assert "already exists" in end(start(empty_database, root), 1).stderr
    assert applied(empty_database) == [1]


def test_an_index_already_dropped_by_a_run_that_died_is_made_good(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            "migrations/001_table.sql": "create table big (id int);",
            "migrations/002_drop.sql": f"{NO_TRANSACTION}drop index concurrently big_id;",
        }
    )
    migrate(empty_database, root, "--target", "1")
    simulate(empty_database, root, "started")
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("drop index big_id")
    migrate(empty_database, root)
    assert applied(empty_database) == [1, 2]


# --- being asked to stop ------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_rolls_the_file_back_and_is_remembered(
    number: signal.Signals, empty_database: str, project: Project
) -> None:
    root = project(
        {
            "migrations/001_good.sql": "create table good ();",
            "migrations/002_slow.sql": "create table half ();\nselect pg_sleep(600);",
        }
    )
    process = start(empty_database, root)
    runner_at(empty_database, "pg_sleep(600)")
    process.send_signal(number)
    result = end(process, 130)
    assert "Traceback" not in result.stderr
    assert applied(empty_database) == [1]
    assert scalar(empty_database, "select to_regclass('half')") is None
    assert events(empty_database, 2) == ["interrupted"]
    assert lock_is_free(empty_database)
    failures = run_json("status", "-d", empty_database, "--sql-dir", str(root))["failures"]
    assert [(failure["version"], failure["event"]) for failure in failures] == [(2, "interrupted")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_while_waiting_for_another_runner_ends_the_wait(
    number: signal.Signals, empty_database: str, project: Project
) -> None:
    root = project({"migrations/001_a.sql": "create table a ();"})
    with psycopg.connect(empty_database) as holder:
        holder.execute(f"select pg_advisory_xact_lock({LOCK_KEY})")
        process = start(empty_database, root)
        assert process.stderr is not None
        pid = f"pid {holder.info.backend_pid}"
        assert any(pid in line for line in process.stderr)
        process.send_signal(number)
        end(process, 130)
    assert scalar(empty_database, "select to_regnamespace('arami_db')") is None


def test_a_signal_while_an_index_is_built_leaves_work_the_next_completes(
    empty_database: str, project: Project
) -> None:
    root = project(CONCURRENT)
    migrate(empty_database, root, "--target", "1")
    with psycopg.connect(empty_database) as long:
        long.execute("insert into big values (0)")
        process = start(empty_database, root)
        runner_at(empty_database, "create index concurrently", "Lock")
        process.send_signal(signal.SIGINT)
        end(process, 130)
    assert events(empty_database, 2) == ["started", "interrupted"]
    migrate(empty_database, root)
    assert applied(empty_database) == [1, 2, 3]
    assert scalar(empty_database, "select bool_and(indisvalid) from pg_index")
