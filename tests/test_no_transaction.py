"""Files marked no-transaction: several statements, each survived, settings that hold and go."""

from __future__ import annotations

import random
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from arami_db.files import discover
from arami_db.files.script import load

from . import pooler
from .conftest import LIMIT, end, eventually, rows, run_cli, run_json, scalar
from .test_concurrency import (
    NO_TRANSACTION,
    applied,
    index_state,
    kill,
    lock_is_free,
    migrate,
    runner_at,
    start,
)

Project = Callable[[dict[str, str]], Path]

TABLE = "create table big as select id from generate_series(1, 9) as id;\n"
# An index over it takes longer than the time limit below.
SLOW = """\
create function slow(int) returns int immutable language plpgsql
as $$begin perform pg_sleep(0.001); return $1; end$$;
create table big as select id from generate_series(1, 1500) as id;
"""
LIMITS = ("statement_timeout", "transaction_timeout")


def limit(conninfo: str, *names: str) -> None:
    """Give the database time limits that a migration would break."""
    name = conninfo_to_dict(conninfo)["dbname"]
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for setting in names:
            connection.execute(f"alter database {name} set {setting} = '700ms'")


def history(conninfo: str, version: int = 2) -> list[tuple[str, int | None]]:
    """Event and statement of every line of a migration's history."""
    return rows(
        conninfo,
        "select event, statement from arami_db.event"
        " where kind = 'migration' and version = %s order by id",
        version,
    )


@contextmanager
def writing(conninfo: str) -> Iterator[psycopg.Connection[Any]]:
    """A transaction that has written to the table, and that an index build waits for."""
    with psycopg.connect(conninfo) as connection:
        connection.execute("insert into big values (0)")
        yield connection


def kill_at(conninfo: str, root: Path, query: str, *, notices: bool = True) -> None:
    """Kill a run while it waits for a lock in a statement like this, and see its session gone."""
    process = start(conninfo, root)
    pid = runner_at(conninfo, query, "Lock")
    kill(process)
    if not notices:  # that its client has died, until the lock is there
        scalar(conninfo, "select pg_terminate_backend(%s)", pid)
    eventually("the lock is free", lambda: lock_is_free(conninfo))
    gone = "select count(*) = 0 from pg_stat_activity where pid = %s"
    eventually("the orphan is gone", lambda: scalar(conninfo, gone, pid))


# --- time limits --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LIMITS)
def test_no_time_limit_of_the_database_stops_a_build(
    name: str, empty_database: str, project: Project
) -> None:
    version = int(scalar(empty_database, "select current_setting('server_version_num')"))
    if name == "transaction_timeout" and version < 170000:
        pytest.skip("new in Postgres 17")
    root = project(
        {
            "migrations/001_table.sql": SLOW,
            "migrations/002_index.sql": f"{NO_TRANSACTION}"
            "create index concurrently i on big (slow(id));\nreindex index concurrently i;\n",
            "migrations/003_probe.sql": "create table probe as"
            " select current_setting('statement_timeout') as value;",
        }
    )
    migrate(empty_database, root, "--target", "1")
    limit(empty_database, name)
    migrate(empty_database, root)
    assert scalar(empty_database, "select bool_and(indisvalid) from pg_index")
    expected = "700ms" if name == "statement_timeout" else "0"
    assert scalar(empty_database, "select value from probe") == expected


def test_no_time_limit_stops_a_build_through_a_pooler_nor_is_lifted_for_others(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            "migrations/001_table.sql": SLOW,
            "migrations/002_index.sql": f"{NO_TRANSACTION}set maintenance_work_mem = '77MB';\n"
            "create index concurrently i on big (slow(id));\nreindex index concurrently i;\n",
            "migrations/003_fails.sql": f"{NO_TRANSACTION}set maintenance_work_mem = '78MB';\n"
            "create index concurrently j on big (slow(id), (1 / (id - 3)));",
        }
    )
    migrate(empty_database, root, "--target", "1")
    limit(empty_database, "statement_timeout")
    query = "select current_setting('statement_timeout'), current_setting('maintenance_work_mem')"
    with pooler.pooled(empty_database) as through:
        untouched = rows(empty_database, query)
        migrate(through, root, "--target", "2")
        run_cli("migrate", "-d", through, "--sql-dir", str(root), expect=1)
        clients = [
            psycopg.connect(through, autocommit=True, prepare_threshold=None) for _ in range(3)
        ]
        for client in clients:  # at once, so that all of the pool's sessions are asked
            client.execute("begin")
            assert client.execute(query).fetchall() == untouched
        for client in clients:
            client.close()
    assert scalar(
        empty_database,
        "select indisvalid from pg_index where indrelid = 'big'::regclass"
        " and indexrelid = 'i'::regclass",
    )


def test_a_limit_that_the_file_sets_itself_holds(empty_database: str, project: Project) -> None:
    root = project(
        {
            "migrations/001_table.sql": SLOW,
            "migrations/002_index.sql": f"{NO_TRANSACTION}set statement_timeout = '300ms';\n"
            "create index concurrently i on big (slow(id));\n",
        }
    )
    stderr = end(start(empty_database, root), 1).stderr
    assert "SQLSTATE: 57014" in stderr
    assert "The file sets this statement_timeout itself" in stderr
    assert "Index public.i stays, INVALID; the next run drops it and builds it again." in stderr
    project(
        {
            "migrations/002_index.sql": f"{NO_TRANSACTION}"
            "create index concurrently i on big (slow(id));\n",
        }
    )
    migrate(empty_database, root)
    assert scalar(empty_database, "select bool_and(indisvalid) from pg_index")


# --- several statements -------------------------------------------------------------------------

SEVERAL = f"""\
{NO_TRANSACTION}
set search_path = app;
create index concurrently one on big (id);

set maintenance_work_mem = '77MB';
create unique index concurrently two on big (id);
drop index concurrently if exists one;
reset search_path;
vacuum app.big;
"""
APP = {
    "migrations/001_table.sql": "create schema app;\nset search_path = app;\n" + TABLE,
    "migrations/002_several.sql": SEVERAL,
    "migrations/003_probe.sql": "create table public.probe as"
    " select current_setting('maintenance_work_mem') as memory, current_schemas(false) as path;",
}


def test_each_statement_is_recorded_and_settings_hold_in_the_file_only(
    empty_database: str, project: Project
) -> None:
    found = migrate(empty_database, project(APP))
    assert [file["version"] for file in found["applied"]] == [1, 2, 3]
    assert history(empty_database) == [
        *[(event, n) for n in (1, 2, 3) for event in ("started", "finished")],
        ("started", 4),
        ("applied", None),
    ]
    assert index_state(empty_database, "app.one") is None
    assert index_state(empty_database, "app.two") is not None
    default = scalar(empty_database, "select current_setting('maintenance_work_mem')")
    assert rows(empty_database, "select * from probe") == [(default, ["public"])]


def test_settings_hold_through_a_pooler(empty_database: str, project: Project) -> None:
    with pooler.pooled(empty_database) as through:
        migrate(through, project(APP))
    assert index_state(empty_database, "app.two") is not None
    assert rows(empty_database, "select path from probe") == [(["public"],)]


def test_a_setting_that_fails_stops_the_statement_after_it(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            "migrations/001_table.sql": TABLE,
            "migrations/002_role.sql": f"{NO_TRANSACTION}create index concurrently one on big (id);"
            "\nset role nobody_at_all;\ncreate index concurrently two on big (id);\n",
        }
    )
    error = run_json("migrate", "-d", empty_database, "--sql-dir", str(root), expect=1)["error"]
    assert (error["line"], error["sqlstate"]) == (3, "22023")
    assert "1 of 2 statements" in error["remains"]
    assert "line 4" in error["remains"]
    assert index_state(empty_database, "two") is None
    assert index_state(empty_database, "one") is not None


def test_what_stands_is_told_and_the_rest_may_be_mended(
    empty_database: str, project: Project
) -> None:
    text = (
        f"{NO_TRANSACTION}create index concurrently one on big (id);\n"
        "create unique index concurrently two on big ({});\nvacuum big;\n"
    )
    root = project(
        {
            "migrations/001_table.sql": TABLE,
            "migrations/002_index.sql": text.format("(id / 5)"),
        }
    )
    stderr = end(start(empty_database, root), 1).stderr
    assert "002_index.sql:3:1: could not create unique index" in stderr
    assert "Index public.two stays, INVALID; the next run drops it and builds it again." in stderr
    assert "1 of 3 statements of" in stderr
    assert "the next run goes on with line 3." in stderr
    one = index_state(empty_database, "one")
    project({"migrations/002_index.sql": "set a.b = 1;\n" + text.format("id")})
    migrate(empty_database, root)
    assert index_state(empty_database, "one") == one
    assert scalar(empty_database, "select bool_and(indisvalid) from pg_index")
    assert applied(empty_database) == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        f"{NO_TRANSACTION}create index concurrently one on big (id, id);\nvacuum big;\n",
        f"{NO_TRANSACTION}vacuum big;\n",
        "create index three on big (id);\n",
    ],
    ids=["edited", "removed", "in a transaction"],
)
def test_a_change_of_what_is_applied_is_noticed(
    text: str, empty_database: str, project: Project
) -> None:
    first = f"{NO_TRANSACTION}create index concurrently one on big (id);\n"
    failing = first + "create unique index concurrently two on big ((id / 5));\n"
    root = project({"migrations/001_table.sql": TABLE, "migrations/002_index.sql": failing})
    end(start(empty_database, root), 1)
    project({"migrations/002_index.sql": text})
    stderr = end(start(empty_database, root), 6).stderr
    assert "changed after a run applied 1 statement of it" in stderr
    assert applied(empty_database) == [1]
    assert index_state(empty_database, "three") is None
    project({"migrations/002_index.sql": first})  # the rest may go
    migrate(empty_database, root)
    assert applied(empty_database) == [1, 2]


# --- death --------------------------------------------------------------------------------------


def test_a_run_killed_in_the_second_statement_does_not_repeat_the_first(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            "migrations/001_table.sql": TABLE + "create table idle (id int);",
            "migrations/002_index.sql": f"{NO_TRANSACTION}set search_path = pg_catalog;\n"
            "create index concurrently one on public.idle (id);\n"
            "set search_path = public;\n"
            "create index concurrently two on big (id);\n",
        }
    )
    migrate(empty_database, root, "--target", "1")
    with writing(empty_database):
        kill_at(empty_database, root, "create index concurrently two")
    assert history(empty_database) == [("started", 1), ("finished", 1), ("started", 2)]
    one = index_state(empty_database, "one")
    invalid = index_state(empty_database, "two")
    assert invalid is not None
    assert not invalid[1]
    assert "left invalid" in end(start(empty_database, root)).stderr
    assert index_state(empty_database, "one") == one
    assert history(empty_database)[3:] == [("started", 2), ("applied", None)]
    assert scalar(empty_database, "select bool_and(indisvalid) from pg_index")


REPEATED = {
    "create index": ("", "create index concurrently done on big (id)", "completed by"),
    "drop index": ("create index done on big (id);", "drop index concurrently done", "did it"),
    "reindex": ("create index done on big (id);", "reindex index concurrently done", ""),
    "vacuum": ("", "vacuum big", ""),
    "add value": ("create type kind as enum ('a');", "alter type kind add value 'b'", "did it"),
    "detach": (
        "create table parted (id int) partition by list (id);"
        "create table part partition of parted for values in (1);",
        "alter table parted detach partition part concurrently",
        "did it",
    ),
    "finalize": (
        "create table parted (id int) partition by list (id);"
        "create table part partition of parted for values in (1);",
        "alter table parted detach partition part finalize",
        "",
    ),
    "database setting": ("", "alter system set work_mem = '4MB'", ""),
}


@pytest.mark.parametrize(("before", "sql", "told"), REPEATED.values(), ids=REPEATED.keys())
def test_a_death_between_a_statement_and_its_record_is_made_good(
    before: str, sql: str, told: str, empty_database: str, project: Project
) -> None:
    """The run is killed, and its session ended, as it waits to record that it finished."""
    root = project(
        {
            "migrations/001_table.sql": TABLE + before,
            "migrations/002_it.sql": f"{NO_TRANSACTION}{sql};\nvacuum big;\n",
        }
    )
    migrate(empty_database, root, "--target", "1")
    if "finalize" in sql:
        _leave_pending(empty_database)
    with psycopg.connect(empty_database) as blocker:
        blocker.execute(
            "create function hold() returns trigger language plpgsql as"
            " $$begin perform pg_advisory_xact_lock(7); return new; end$$"
        )
        blocker.execute(
            "create trigger hold before insert on arami_db.event for each row"
            " when (new.event = 'finished') execute function hold()"
        )
        blocker.commit()
        blocker.execute("select pg_advisory_lock(7)")
        blocker.commit()
        kill_at(empty_database, root, "insert into arami_db.event", notices=False)
        blocker.execute("drop trigger hold on arami_db.event")
        blocker.commit()
    assert history(empty_database) == [("started", 1)]
    found = end(start(empty_database, root))
    assert told in found.stderr
    assert applied(empty_database) == [1, 2]
    assert scalar(empty_database, "select coalesce(bool_and(indisvalid), true) from pg_index")


def _leave_pending(conninfo: str) -> None:
    """Break off a concurrent detach between its two transactions."""
    with psycopg.connect(conninfo) as reader, psycopg.connect(conninfo, autocommit=True) as other:
        reader.execute("select * from parted")
        other.execute("set lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("alter table parted detach partition part concurrently")


def test_deaths_at_random_moments_lose_nothing_and_repeat_nothing(
    empty_database: str, project: Project
) -> None:
    tables = [
        f"create table t{n} as select id from generate_series(1, 100) as id;" for n in range(8)
    ]
    builds = "".join(
        f"create index concurrently i{n} on t{n} (slow(id));\nvacuum t{n};\n" for n in range(8)
    )
    root = project(
        {
            "migrations/001_tables.sql": "create schema app;\nset search_path = app;\n"
            + SLOW.replace("create table big", "create table app.big")
            + "\n".join(tables),
            "migrations/002_indexes.sql": f"{NO_TRANSACTION}set search_path = app;\n{builds}"
            "reindex index concurrently i0;\ndrop index concurrently i1;\n",
        }
    )
    migrate(empty_database, root, "--target", "1")
    moments = random.Random(8)  # noqa: S311
    for death in range(10):
        process = start(empty_database, root)
        try:
            process.communicate(timeout=moments.uniform(0.4, 0.9))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT) if death % 3 == 0 else process.kill()
            process.communicate(timeout=LIMIT)
    migrate(empty_database, root)
    names = (
        "select count(*), bool_and(indisvalid) from pg_index where indrelid::regclass::text ~ %s"
    )
    assert rows(empty_database, names, r"^app\.t\d$") == [(7, True)]
    once = "select count(*), count(distinct statement) from arami_db.event where event = 'finished'"
    assert rows(empty_database, once) == [(17, 17)]
    assert applied(empty_database) == [1, 2]


def test_a_reindex_that_was_killed_leaves_nothing_behind(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            "migrations/001_table.sql": TABLE + "create index i on big (id);",
            "migrations/002_index.sql": f"{NO_TRANSACTION}vacuum big;\n"
            "reindex table concurrently big;\n",
        }
    )
    migrate(empty_database, root, "--target", "1")
    with writing(empty_database):
        kill_at(empty_database, root, "reindex table concurrently")
    invalid = "select count(*) from pg_index where not indisvalid"
    assert scalar(empty_database, invalid) == 1
    assert "i_ccnew, left invalid" in end(start(empty_database, root)).stderr
    assert scalar(empty_database, invalid) == 0
    assert scalar(empty_database, "select count(*) from pg_class where relname ~ 'ccnew'") == 0


def test_a_detach_that_is_pending_is_finalized(empty_database: str, project: Project) -> None:
    before, sql, _ = REPEATED["detach"]
    root = project(
        {
            "migrations/001_table.sql": TABLE + before,
            "migrations/002_detach.sql": f"{NO_TRANSACTION}vacuum big;\n{sql};\n",
        }
    )
    migrate(empty_database, root, "--target", "1")
    _leave_pending(empty_database)
    assert "finalizing" in end(start(empty_database, root)).stderr
    assert scalar(empty_database, "select count(*) from pg_inherits") == 0


def test_an_interrupted_run_says_that_a_part_is_applied(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            "migrations/001_table.sql": TABLE,
            "migrations/002_index.sql": f"{NO_TRANSACTION}vacuum big;\n"
            "create index concurrently one on big (id);\n",
        }
    )
    migrate(empty_database, root, "--target", "1")
    with writing(empty_database):
        process = start(empty_database, root)
        runner_at(empty_database, "create index concurrently", "Lock")
        process.send_signal(signal.SIGINT)
        assert "interrupted; not all of it was applied" in end(process, 130).stderr
    assert history(empty_database)[-1] == ("interrupted", None)
    migrate(empty_database, root)
    assert history(empty_database)[-2:] == [("started", 2), ("applied", None)]
    assert scalar(empty_database, "select bool_and(indisvalid) from pg_index")


# --- the page that states the rule --------------------------------------------------------------

PAGE = (Path(__file__).parents[1] / "docs" / "no-transaction.md").read_text(encoding="utf-8")
TABLED = [
    statement
    for row in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    for statement in re.findall(r"`([^`]+)`", row)
    if (" " in statement and not statement.startswith("if ")) or statement == "checkpoint"
]


@pytest.mark.parametrize("statement", TABLED)
def test_what_the_page_lists_may_share_a_file(statement: str, project: Project) -> None:
    root = project({"migrations/001_it.sql": f"{NO_TRANSACTION}vacuum x;\n{statement};\n"})
    [file] = discover(root).migrations
    assert not load(file).in_transaction


def test_the_example_of_the_page_runs(empty_database: str, project: Project) -> None:
    [example] = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    root = project(
        {
            "migrations/001_table.sql": "create table sessions (user_id int, created_at date);\n"
            "create index idx_sessions_old on sessions (user_id, created_at);",
            "migrations/002_it.sql": example,
        }
    )
    migrate(empty_database, root)
    found = (
        "select array_agg(indexrelid::regclass::text) from pg_index where indrelid = %s::regclass"
    )
    assert sorted(scalar(empty_database, found, "sessions")) == [
        "idx_sessions_created_at",
        "idx_sessions_user_id",
    ]
