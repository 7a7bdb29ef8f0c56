"""`arami-db export user` and `erase user`: all about a person, nothing of others, none left."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import pty
import re
import shutil
import signal
import stat
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from arami_db import userdata
from arami_db.database.connect import connect
from arami_db.errors import AramiError
from arami_db.files import packaged_sql_dir
from arami_db.userdata.conditions import Conditions, source
from arami_db.userdata.finding import find
from arami_db.userdata.removing import remove
from tests import gotrue, pooler
from tests.archiving import CUTOFF, add_session, archive
from tests.conftest import (
    ALICE,
    BOB,
    LIMIT,
    Run,
    clean_environment,
    end,
    eventually,
    made,
    read_terminal,
    run_cli,
    run_json,
    run_shell,
    scalar,
    start_cli,
)
from tests.documented import Connection, names, owner_column, settle, tables, value

OWNER = f"app_{uuid.uuid4().hex[:8]}"  # who migrates as hosted: no superuser
NOBODY = "00000000-0000-4000-8000-00000000dead"


def live_well(connection: Connection, user: str) -> None:
    """Rows in every table, some of them archived, with a virtue earned on both sides."""
    settle(connection, user)
    add_session(connection, user, 0, virtue="Patience")
    archive(connection, cutoff=CUTOFF)
    add_session(connection, user, 1, virtue="Courage")


def rows_of(connection: Connection, user: str) -> dict[str, int]:
    """How many rows of a person each table of schema public holds, where there are any."""
    found = {
        table: value(
            connection,
            f"select count(*) from public.{table} where {owner_column(table)} = %s",
            user,
        )
        for table in tables(connection)
    }
    return {table: rows for table, rows in found.items() if rows}


def all_text(connection: Connection) -> str:
    """Every row of every table there is, as text."""
    query = (
        "select c.oid::regclass::text from pg_class as c where relkind in ('r', 'p')"
        " and relnamespace::regnamespace::text !~ '^pg_|^information_schema'"
    )
    found = (names(connection, f"select t::text from {t} as t") for t in names(connection, query))
    return "\n".join(line for lines in found for line in lines)


def export(conninfo: str, user: str, into: Path, expect: int = 0) -> Run:
    return run_cli("export", "user", user, "--output", str(into), "-d", conninfo, expect=expect)


def erase(conninfo: str, user: str, *more: str, expect: int = 0) -> Run:
    return run_cli("erase", "user", user, "--yes", *more, "-d", conninfo, expect=expect)


def refused(conninfo: str, user: str, *more: str, expect: int = 1) -> dict[str, Any]:
    """The error that erasing ends with."""
    error = run_json("erase", "user", user, "--yes", *more, "-d", conninfo, expect=expect)["error"]
    assert isinstance(error, dict)
    return error


def export_here(conninfo: str, user: str, into: Path) -> None:
    """Export without a process of its own, where that is not what a test is about."""
    with connect(conninfo) as opened:
        userdata.export(opened, user, into, print)


def erase_here(conninfo: str, user: str, *, dry: bool = False) -> userdata.Erased:
    """Likewise."""
    with connect(conninfo) as opened:
        return userdata.erase(opened, user, lock_timeout="3s", note=print, dry=dry)


def refused_here(conninfo: str, user: str) -> str:
    """Likewise; the message of the error."""
    with pytest.raises(AramiError) as raised:
        erase_here(conninfo, user)
    return str(raised.value)


def waiting(conninfo: str) -> Callable[[], Any]:
    query = (
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        " and datname = current_database()"
    )
    return lambda: scalar(conninfo, query)


def manifest_of(folder: Path) -> dict[str, Any]:
    found = json.loads((folder / "manifest.json").read_text())
    assert isinstance(found, dict)
    return found


def counts(folder: Path) -> dict[str, int]:
    """How many rows an export has of each table, where it has any."""
    return {t["table"]: t["rows"] for t in manifest_of(folder)["tables"] if t["rows"]}


def written(folder: Path, table: str) -> list[dict[str, Any]]:
    """The rows of a table, as the JSON of an export has them, once the CSV was found to agree."""
    found = json.loads((folder / f"{table}.json").read_text())
    with (folder / f"{table}.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == len(found)
    assert isinstance(found, list)
    return found


def everything(folder: Path) -> str:
    return "".join(path.read_text() for path in sorted(folder.iterdir()))


# What is written


def test_all_of_a_person_is_written_and_nothing_of_another(database: str, tmp_path: Path) -> None:
    into = tmp_path / "new" / "hers"
    with psycopg.connect(database, autocommit=True) as connection:
        for user in (ALICE, BOB):
            live_well(connection, user)
        export(database, ALICE, into)
        expected = rows_of(connection, ALICE)
        assert set(expected) == set(tables(connection))
        assert {t: n for t, n in counts(into).items() if t != "audit.change_log"} == {
            f"public.{table}": rows for table, rows in expected.items()
        }
        for table in expected:
            column = owner_column(table)
            query = (
                f"select row_to_json(t)::text from public.{table} as t where {column} = %s"
                " order by t.id::text"
            )
            connection.execute("set timezone = 'UTC'")
            same = [json.loads(text) for text in names(connection, query, ALICE)]
            found = written(into, f"public.{table}")
            assert sorted(found, key=lambda row: str(row["id"])) == same
    assert BOB not in everything(into)
    held = (into / "SHA256SUMS").read_text().splitlines()
    assert len(held) == len(list(into.iterdir())) - 1
    for checksum, name in (line.split("  ") for line in held):
        assert hashlib.sha256((into / name).read_bytes()).hexdigest() == checksum
    assert {stat.S_IMODE(path.stat().st_mode) for path in into.iterdir()} == {0o600}
    assert stat.S_IMODE(into.stat().st_mode) == 0o700


def test_the_csv_is_what_postgres_reads_back(database: str, tmp_path: Path) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        live_well(connection, ALICE)
        odd = 'a "quote", a line\nbreak, \\n, ümläut, \U0001f600'
        connection.execute("update public.daily_sessions set conversation_transcript = %s", [odd])
        export(database, ALICE, tmp_path / "x")
        connection.execute("create temp table again (like public.daily_sessions)")
        with connection.cursor().copy("copy again from stdin (format csv, header)") as copy:
            copy.write((tmp_path / "x" / "public.daily_sessions.csv").read_bytes())
        same = "table again except table public.daily_sessions"
        assert connection.execute(same).fetchall() == []
        assert value(connection, "select count(*) from again") == 2
    found = written(tmp_path / "x", "public.daily_sessions")
    assert {row["conversation_transcript"] for row in found} == {odd}


def test_the_same_rows_give_the_same_bytes(database: str, tmp_path: Path) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        live_well(connection, ALICE)
        name = conninfo_to_dict(database)["dbname"]
        export(database, ALICE, tmp_path / "a")
        connection.execute(f"alter database {name} set timezone = 'Asia/Tokyo'")
        connection.execute(f"alter database {name} set datestyle = 'German'")
        connection.execute("update public.enneagram_assessments set id = id")
        connection.execute("delete from audit.change_log")
        export(database, ALICE, tmp_path / "b")
    first, second = (
        {p.name: p.read_bytes() for p in (tmp_path / f).glob("public.*")} for f in "ab"
    )
    assert first == second


def test_an_export_holds_no_more_in_memory_than_a_row(database: str, tmp_path: Path) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        settle(connection, ALICE)

    def peak(into: Path) -> int:
        process = start_cli("export", "user", ALICE, "--output", str(into), "-d", database)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        end(process)
        return usage.ru_maxrss

    small = peak(tmp_path / "small")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "insert into public.daily_sessions (user_id, session_type, conversation_transcript)"
            " select %s, 'written_clarity', repeat(md5(n::text), 32768)"
            " from generate_series(1, 60) as n",
            [ALICE],
        )
    large = peak(tmp_path / "large")
    assert sum(path.stat().st_size for path in (tmp_path / "large").iterdir()) > 120 * 2**20
    assert large - small < 40 * 2**10  # kilobytes


def test_an_export_is_of_one_moment(database: str, tmp_path: Path) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        settle(connection, ALICE)
    with psycopg.connect(database) as other:
        other.execute("lock table public.user_goals in access exclusive mode")
        into = tmp_path / "x"
        process = start_cli("export", "user", ALICE, "--output", str(into), "-d", database)
        eventually("the export waits", waiting(database))
        with psycopg.connect(database) as connection:
            statement = "update public.user_streaks set current_streak = 9999"
            assert connection.execute(statement.encode()).rowcount == 1
    end(process)
    [streak] = written(into, "public.user_streaks")
    assert streak["current_streak"] != 9999
    assert "audit.change_log" not in counts(into)


def test_what_is_in_the_way_is_not_written_over(database: str, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("nowhere")
    with psycopg.connect(database, autocommit=True) as connection:
        settle(connection, ALICE)
    for name in ("theirs", "file", "link"):
        said = export(database, ALICE, tmp_path / name, expect=2).stderr
        assert "nothing is overwritten" in said
    said = export(database, ALICE, tmp_path / "file" / "x", expect=2).stderr
    assert "cannot be written" in said
    assert not list((tmp_path / "theirs").iterdir())
    cannot_record = f"{database} options='-c default_transaction_read_only=on'"
    assert "read-only" in export(cannot_record, ALICE, tmp_path / "x", expect=1).stderr
    assert scalar(database, "select count(*) from audit.user_data_run") == 0


def test_an_interrupted_export_leaves_nothing(database: str, tmp_path: Path) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        settle(connection, ALICE)
    with psycopg.connect(database) as other:
        other.execute("lock table public.virtue_collection in access exclusive mode")
        into = tmp_path / "x"
        process = start_cli("export", "user", ALICE, "--output", str(into), "-d", database)
        eventually("the export waits", waiting(database))
        [apart] = tmp_path.iterdir()
        assert stat.S_IMODE(apart.stat().st_mode) == 0o700
        process.send_signal(signal.SIGTERM)
        end(process, 130)
    assert list(tmp_path.iterdir()) == []
    assert scalar(database, "select count(*) from audit.user_data_run") == 0


def test_nobody_is_said_to_be_unknown_and_an_id_must_be_one(database: str, tmp_path: Path) -> None:
    for answer in (export(database, NOBODY, tmp_path / "x", 1), erase(database, NOBODY, expect=1)):
        assert f"there is no user {NOBODY}" in answer.stderr
    for answer in (export(database, "ada", tmp_path / "x", 2), erase(database, "ada", expect=2)):
        assert "not a UUID" in answer.stderr
    assert list(tmp_path.iterdir()) == []
    assert scalar(database, "select count(*) from audit.user_data_run") == 0


# What is erased


def test_all_of_a_person_is_erased_and_nothing_of_another(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for user in (ALICE, BOB):
            live_well(connection, user)
        connection.execute("insert into auth.users (id, email) values (%s, 'a@a.a')", [ALICE])
        hers, his = rows_of(connection, ALICE), rows_of(connection, BOB)
        tried = run_json("erase", "user", ALICE, "--dry-run", "-d", database)
        assert rows_of(connection, ALICE) == hers
        erased = run_json("erase", "user", ALICE, "--yes", "-d", database)
        assert tried["tables"] == erased["tables"]
        gone = {one["table"]: one["deleted"] for one in erased["tables"]}
        assert gone.pop("auth.users") == 1
        assert gone.pop("audit.change_log") > 0
        assert gone == {f"public.{table}": rows for table, rows in hers.items()}
        assert rows_of(connection, ALICE) == {}
        assert rows_of(connection, BOB) == his
        assert ALICE not in all_text(connection)
    assert "there is no user" in erase(database, ALICE, expect=1).stderr


def test_both_are_recorded_and_nothing_recorded_says_whose(database: str, tmp_path: Path) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        live_well(connection, ALICE)
        exported = run_json(
            "export", "user", ALICE, "--output", str(tmp_path / "x"), "-d", database
        )
        erased = run_json("erase", "user", ALICE, "--yes", "-d", database)
        query = "select id, kind, row_count, tables from audit.user_data_run order by id"
        assert connection.execute(query).fetchall() == [
            (exported["record"], "export", exported["rows"], len(counts(tmp_path / "x"))),
            (erased["record"], "erase", erased["rows"], len(erased["tables"])),
        ]
        assert manifest_of(tmp_path / "x")["record"] == exported["record"]
        text = "".join(names(connection, "select r::text from audit.user_data_run as r"))
        for known in (ALICE, ALICE.replace("-", ""), uuid.UUID(ALICE).bytes.hex()):
            assert known not in text
            assert hashlib.sha256(known.encode()).hexdigest() not in text


def test_the_change_log_keeps_what_others_rows_went_through(database: str, tmp_path: Path) -> None:
    lines = "select count(*) from audit.change_log where {}"
    with psycopg.connect(database, autocommit=True) as connection:
        for user in (ALICE, BOB):
            live_well(connection, user)
        connection.execute("delete from audit.change_log")
        his = value(connection, "select id from public.user_goals where user_id = %s", BOB)
        connection.execute("update public.daily_sessions_archive set virtue_earned = 'Hope'")
        with connection.transaction():  # what she did, to rows of his as well
            claims = json.dumps({"sub": ALICE})
            connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
            connection.execute("update public.user_goals set goal_text = 'x'")
            connection.execute("delete from public.user_streaks where user_id = %s", [ALICE])
        theirs = value(connection, lines.format("actor_id = %s"), ALICE)
        assert theirs == 3
        archived = rows_of(connection, ALICE)["daily_sessions_archive"]
        export(database, ALICE, tmp_path / "x")
        # The archived sessions, which nobody is said to have changed, and what she did.
        assert counts(tmp_path / "x")["audit.change_log"] == archived + 3
        erased = run_json("erase", "user", ALICE, "--yes", "-d", database)
        [log] = [one for one in erased["tables"] if one["table"] == "audit.change_log"]
        assert (log["deleted"], log["changed"]) == (archived + 2, 1)
        left = connection.execute("select actor_id, row_id from audit.change_log").fetchall()
        assert all(actor is None for actor, _ in left)
        assert his in {row for _, row in left}
        # Of her streaks, deleted before, no id was left to find their lines by.
        assert value(connection, lines.format("operation = 'delete'")) == 0


def test_without_a_terminal_and_yes_nothing_is_erased(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        settle(connection, ALICE)
        before = rows_of(connection, ALICE)
        said = run_cli("erase", "user", ALICE, "-d", database, expect=2).stderr
        assert "--yes" in said
        assert rows_of(connection, ALICE) == before


@pytest.mark.parametrize("answer", ["n", "y"])
def test_at_a_terminal_it_shows_what_would_go_and_asks(database: str, answer: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        settle(connection, ALICE)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "arami_db", "erase", "user", ALICE, "-d", database],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=clean_environment(),
    )
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    told = read_terminal(ours).decode()
    assert process.wait(LIMIT) == (answer == "n"), told
    shown = re.findall(r"public.daily_sessions +(\d+) row", told)
    assert shown == ["1"] * (2 if answer == "y" else 1)  # what would go, and what went
    assert "for good? [y/N]" in told
    assert scalar(database, "select count(*) from public.users") == (answer == "n")
    assert scalar(database, "select count(*) from audit.user_data_run") == (answer == "y")


# Tables of others' making

SHAPES = """
create schema care;
-- Two keys away, by a composite key, in another schema; no column says whose.
create table public.plans (
    user_id uuid not null references public.users (id) on delete cascade,
    number integer not null,
    primary key (user_id, number)
);
create table care.steps (
    id uuid primary key default gen_random_uuid(),
    plan_user uuid not null,
    plan_number integer not null,
    text text,
    foreign key (plan_user, plan_number) references public.plans (user_id, number)
);
create table care."Odd / name" (
    step_id uuid references care.steps (id) on delete cascade,
    picture bytea,
    worth numeric,
    text text
);
-- A tree that refers to one of them, and a circle of two tables.
create table care.notes (
    id uuid primary key default gen_random_uuid(),
    step_id uuid references care.steps (id),
    parent_id uuid references care.notes (id),
    text text
);
create table care.threads (
    id uuid primary key default gen_random_uuid(),
    note_id uuid references care.notes (id) on delete restrict,
    first_id uuid,
    text text
);
create table care.posts (
    id uuid primary key default gen_random_uuid(),
    thread_id uuid not null references care.threads (id),
    text text
);
alter table care.threads add foreign key (first_id) references care.posts (id);
-- No key at all, one to the login, one that restricts, partitions.
create table public.visits (user_id uuid, text text);
create table public.devices (owner_id varchar(40) not null, text text);
create table public.tickets (id bigint primary key, by_user uuid, text text);
create table public.badges (
    login_id uuid not null references auth.users (id) on delete restrict, text text
);
create table public.moods (
    user_id uuid not null references public.users (id), day date, text text
) partition by range (day);
create table public.moods_old partition of public.moods for values from (minvalue) to (now());
create table public.moods_new partition of public.moods default;
"""

FILL_SHAPES = """
insert into auth.users (id, email) values (%(u)s, %(u)s || '@example.com');
insert into public.plans values (%(u)s, 1), (%(u)s, 2);
insert into care.steps (plan_user, plan_number, text)
select user_id, number, 'of ' || user_id from public.plans where user_id = %(u)s;
insert into care."Odd / name" select id, 'x', 'NaN', text from care.steps where plan_user = %(u)s;
insert into care.notes (step_id, text) select id, text from care.steps where plan_user = %(u)s;
insert into care.notes (parent_id, text) select id, text from care.notes where text ~ %(u)s;
insert into care.notes (parent_id, text)
select id, text from care.notes where parent_id is not null and text ~ %(u)s;
insert into care.threads (note_id, text)
select id, text from care.notes where text ~ %(u)s and step_id is null;
insert into care.posts (thread_id, text) select id, text from care.threads where text ~ %(u)s;
insert into care.threads (first_id, text) select id, text from care.posts where text ~ %(u)s;
update care.threads as t set first_id = p.id from care.posts as p where p.thread_id = t.id;
insert into public.visits values (%(u)s, 'of ' || %(u)s);
insert into public.devices values (%(u)s, 'of ' || %(u)s);
insert into public.tickets select count(*), %(u)s, 'of ' || %(u)s from public.tickets;
insert into public.badges values (%(u)s, 'of ' || %(u)s);
insert into public.moods values (%(u)s, '2020-01-01', 'of ' || %(u)s), (%(u)s, now(), 'x');
"""
SHAPED = {
    "public.plans": 2,
    "care.steps": 2,
    "care.Odd / name": 2,
    "care.notes": 6,
    "care.threads": 8,
    "care.posts": 4,
    "public.visits": 1,
    "public.devices": 1,
    "public.tickets": 1,
    "public.badges": 1,
    "public.moods": 2,
}


def test_tables_that_a_migration_adds_are_found_by_both(
    empty_database: str, tmp_path: Path
) -> None:
    root = tmp_path / "sql"
    shutil.copytree(packaged_sql_dir(), root)
    text = SHAPES.replace("now()", "'2026-01-01'")
    (root / "migrations" / "900_shapes.sql").write_text(text)
    named = ("-d", empty_database, "--sql-dir", str(root), "--allow-gaps")
    run_cli("migrate", *named)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        filler = psycopg.ClientCursor(connection)
        for user in (ALICE, BOB):
            filler.execute(FILL_SHAPES, {"u": user})
        into = tmp_path / "x"
        export(empty_database, ALICE, into)
        found = counts(into)
        assert SHAPED.items() <= found.items()
        assert found.keys() - SHAPED.keys() <= {"public.users", "auth.users", "audit.change_log"}
        assert BOB not in everything(into)
        odd = written(
            into,
            "care.Odd%20%2F%20name"
            if not (into / "care.Odd %2F name.json").exists()
            else "care.Odd %2F name",
        )
        assert [(row["picture"], row["worth"]) for row in odd] == [("\\x78", "NaN")] * 2
        before = all_text(connection).count(BOB)
        erased = run_json("erase", "user", ALICE, "--yes", "-d", empty_database)
        gone = {one["table"]: one["deleted"] for one in erased["tables"]}
        assert SHAPED.items() <= gone.items()
        assert ALICE not in all_text(connection)
        assert all_text(connection).count(BOB) == before


KEYS = {
    # key of the second column; what becomes of: her row, her row with his name, his with hers
    "on delete cascade": ("gone", "gone", "gone"),
    "on delete set null": ("kept", "gone", "kept"),
    "on delete no action": ("gone", "gone", "refused"),
    "on delete restrict": ("gone", "gone", "refused"),
    "on delete no action deferrable initially deferred": ("gone", "gone", "refused"),
}


@pytest.mark.parametrize("action", KEYS)
def test_what_a_key_says_becomes_of_the_rows_that_two_people_share(
    connection: Connection, database: str, tmp_path: Path, action: str
) -> None:
    connection.execute(
        "create table public.posts (name text, author uuid references public.users on delete"
        f" cascade, reviewer uuid references public.users {action}); insert into public.users (id)"
        f" values ('{ALICE}'), ('{BOB}'); insert into public.posts values ('reviewed', null,"
        f" '{ALICE}'), ('hers', '{ALICE}', '{BOB}'), ('his', '{BOB}', null)"
    )
    alone, shared, his = KEYS[action]
    tried = erase_here(database, ALICE, dry=True)
    [change] = [one for one in tried.tables if one.table == "public.posts"]
    stays = int(alone == "kept")
    assert (change.deleted, change.changed) == (2 - stays, stays)
    connection.execute("insert into public.posts values ('shared', %s, %s)", [BOB, ALICE])
    export_here(database, ALICE, tmp_path / "x")
    [posts] = [t for t in manifest_of(tmp_path / "x")["tables"] if t["table"] == "public.posts"]
    assert (posts["rows"], posts["rows_naming_others"]) == (3, 2)
    if his == "refused":
        message = refused_here(database, ALICE)
        assert "public.posts has rows that also belong to other people" in message
        assert "posts_reviewer_fkey" in message
        assert value(connection, "select count(*) from public.posts") == 4
        connection.execute("delete from public.posts where name = 'shared'")
    erase_here(database, ALICE)
    left = {"reviewed": alone, "hers": shared, "his": "kept"}
    left |= {} if his == "refused" else {"shared": his}
    expected = sorted(name for name, what in left.items() if what == "kept")
    assert names(connection, "select name from public.posts order by name") == expected
    assert value(connection, "select count(*) from public.posts where reviewer = %s", ALICE) == 0


def test_who_was_invited_stays_and_is_not_told_of(
    connection: Connection, database: str, tmp_path: Path
) -> None:
    connection.execute(
        "alter table public.users add invited_by uuid references public.users on delete set null,"
        " add helper uuid; create table public.loose (user_id uuid not null, helper uuid not null)"
    )
    query = "insert into public.users (id, name, invited_by, helper) values (%s, 'Bob', %s, %s)"
    connection.execute("insert into public.users (id) values (%s)", [ALICE])
    connection.execute(query, [BOB, ALICE, ALICE])
    export_here(database, ALICE, tmp_path / "x")
    assert counts(tmp_path / "x") == {"public.users": 1}
    connection.execute("insert into public.loose values (%s, %s)", [BOB, ALICE])
    assert "helper" in refused_here(database, ALICE)
    connection.execute("alter table public.loose alter helper drop not null")
    erase_here(database, ALICE)
    kept = connection.execute("select name, invited_by, helper from public.users").fetchall()
    assert kept == [("Bob", None, None)]
    assert connection.execute("select user_id::text, helper from public.loose").fetchall() == [
        (BOB, None)
    ]


OBSTACLES = {
    "keeps the row": (
        "create function public.keep() returns trigger language plpgsql as"
        " $$ begin return null; end $$;"
        " create trigger keep before delete on public.user_goals"
        " for each row execute function public.keep()",
        "public.user_goals",
    ),
    "puts it back": (
        "create table public.gone (user_id uuid);"
        " create function public.keep() returns trigger language plpgsql as"
        " $$ begin insert into public.gone values (old.user_id); return null; end $$;"
        " create trigger keep after delete on public.user_goals"
        " for each row execute function public.keep();"
        " alter table public.gone add other uuid; create function public.again() returns trigger"
        " language plpgsql as $$ begin insert into public.gone values (old.user_id, old.user_id);"
        " return null; end $$;"
        " create trigger again after delete on public.gone"
        " for each row execute function public.again()",
        "public.gone",
    ),
    "key disabled": (
        "create table public.gone (user_id uuid references public.users on delete set null);"
        f" insert into public.gone values ('{ALICE}');"
        " alter table public.users disable trigger all",
        "public.gone (1)",
    ),
}


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_what_would_be_left_undoes_the_erasure(
    connection: Connection, database: str, obstacle: str
) -> None:
    live_well(connection, ALICE)
    statement, named = OBSTACLES[obstacle]
    connection.execute(statement.encode())
    before = all_text(connection)
    assert named in refused_here(database, ALICE)
    assert all_text(connection) == before


# Any tables, any keys: found is what a walk from row to row finds

ACTIONS = ("cascade", "set null", "no action")


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[tuple[int, int, str]], list[list[int | None]]]:
    """Keys between tables (0 is users), and rows of these tables with what they refer to."""
    count = draw(st.integers(1, 4))
    any_table = st.integers(0, count)
    key = st.tuples(st.integers(1, count), any_table, st.sampled_from(ACTIONS))
    keys = draw(st.lists(key, min_size=1, max_size=6))
    reference = st.none() | st.integers(0, 1)
    return keys, [draw(st.lists(reference, min_size=6, max_size=6)) for _ in range(2 * count)]


@given(world=worlds())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_found_is_what_a_walk_from_row_to_row_finds(
    connection: Connection, world: tuple[list[tuple[int, int, str]], list[list[int | None]]]
) -> None:
    keys, references = world
    with connection.transaction(force_rollback=True):
        rows = build(connection, keys, references)
        theirs = walk(keys, rows)
        conditions = Conditions(find(connection), ALICE)
        found = {
            (int(table.name[1:]), int(place))
            for table in conditions.holdings.tables.values()
            if re.fullmatch(r"t\d", table.name)
            for place in places(connection, conditions, table)
        }
        assert found == theirs
        erasing = Conditions(conditions.holdings, ALICE, erasing=True)
        try:
            with connection.transaction():
                remove(connection, erasing)
                left = connection.execute("select count(*) from public.users").fetchone()
                assert left == (1,)
        except psycopg.errors.ForeignKeyViolation:
            assert any(action == "no action" for _, _, action in keys)


def build(
    connection: Connection, keys: list[tuple[int, int, str]], references: list[list[int | None]]
) -> dict[tuple[int, int], list[tuple[int, int] | None]]:
    """Make the tables, two rows each; what each row refers to, by its keys in order."""
    count = len(references) // 2
    connection.execute(f"insert into public.users (id) values ('{ALICE}'), ('{BOB}')".encode())
    ids = {(0, 0): ALICE, (0, 1): BOB}
    rows: dict[tuple[int, int], list[tuple[int, int] | None]] = {}
    for table in range(1, count + 1):
        connection.execute(
            f"create table public.t{table} (id uuid primary key, place int)".encode()
        )
        for place in range(2):
            ids[table, place] = str(uuid.UUID(int=table * 10 + place))
            rows[table, place] = [None] * len(keys)
            values = (ids[table, place], place)
            connection.execute(f"insert into public.t{table} values (%s, %s)".encode(), values)
    for number, (child, parent, action) in enumerate(keys):
        connection.execute(
            f"alter table public.t{child} add k{number} uuid references"
            f" public.{'users' if parent == 0 else f't{parent}'} on delete {action}".encode()
        )
        for place in range(2):
            chosen = references[(child - 1) * 2 + place][number]
            if chosen is not None:
                rows[child, place][number] = (parent, chosen)
                values = (ids[parent, chosen], place)
                connection.execute(
                    f"update public.t{child} set k{number} = %s where place = %s".encode(), values
                )
    connection.execute("set constraints all immediate")
    return rows


def walk(
    keys: list[tuple[int, int, str]], rows: dict[tuple[int, int], list[tuple[int, int] | None]]
) -> set[tuple[int, int]]:
    """The rows about Alice, by the rule as docs/user-data.md puts it."""
    people = {row: {r[1] for r in refers if r and r[0] == 0} for row, refers in rows.items()}
    theirs = {row for row, named in people.items() if 0 in named}
    while True:
        more = {
            row for row, refers in rows.items()
            if not people[row] and any(r in theirs for r in refers if r)
        }  # fmt: skip
        if more <= theirs:
            return theirs
        theirs |= more


def places(connection: Connection, conditions: Conditions, table: Any) -> list[str]:
    from psycopg.sql import SQL

    query = SQL("select a.place from {} where {}")
    asked = query.format(source(table, "a"), conditions.theirs(table))
    return [str(place) for (place,) in connection.execute(asked)]


# On Supabase


LOGINS = """
create table auth.identities (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users (id) on delete cascade,
    identity_data jsonb
);
create table auth.refresh_tokens (
    id bigint primary key, token varchar(255), parent varchar(255), user_id varchar(255),
    session_id uuid references auth.sessions (id) on delete cascade
);
create table auth.mfa_factors (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users (id) on delete cascade,
    secret text, friendly_name text
);
create table auth.flow_state (id uuid primary key, user_id uuid, auth_code text, method text);
create table auth.audit_log_entries (id uuid primary key, payload json, ip_address text);
create schema storage;
create table storage.objects (id uuid primary key, name text, owner uuid, owner_id text);
create schema vault;
create table vault.secrets (id uuid primary key, user_id uuid);
"""
LOGIN = """
insert into auth.identities (user_id, identity_data) values (%(u)s, '{"sub": "from google"}');
insert into auth.sessions values (gen_random_uuid(), %(u)s);
insert into auth.refresh_tokens
select 1, 'SECRET-1', 'SECRET-2', user_id, id from auth.sessions where user_id = %(u)s;
insert into auth.refresh_tokens values (2, 'SECRET-3', null, %(u)s, null);
insert into auth.mfa_factors (user_id, secret, friendly_name) values (%(u)s, 'SECRET-4', 'phone');
insert into auth.flow_state values (gen_random_uuid(), %(u)s, 'SECRET-5', 'pkce');
insert into auth.audit_log_entries values
(gen_random_uuid(), json_build_object('actor_id', %(u)s, 'actor_username', 'ada@example.com'), ''),
(gen_random_uuid(), json_build_object('traits', json_build_object('user_id', %(u)s)), ''),
(gen_random_uuid(), '{"actor_id": "another"}', '');
update auth.users set encrypted_password = 'SECRET-6', recovery_token = 'SECRET-7'
where id = %(u)s;
"""


@pytest.fixture(scope="module")
def hosted(server: dict[str, str], template: str) -> Iterator[str]:
    """A migrated database as Supabase has it, with a login, as the role that owns the schema."""
    admin = make_conninfo("", **{**server, "dbname": "postgres"})
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"create role {OWNER} login createrole")
    with made(server) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            gotrue.install(connection)
            connection.execute(LOGINS.encode())
            gotrue.adopt(connection, OWNER)
            connection.execute(f"grant usage on schema storage to {OWNER}")
            connection.execute(f"grant all on storage.objects to {OWNER}")
        run_cli("migrate", "-d", make_conninfo(conninfo, user=OWNER))
        yield conninfo
    with psycopg.connect(admin, autocommit=True) as connection:
        for role in (OWNER, gotrue.GOTRUE):
            connection.execute(f"drop owned by {role} cascade; drop role {role}")


@contextmanager
def as_found(hosted: str) -> Iterator[tuple[Connection, str]]:
    """A superuser's connection, and the owner's connection string."""
    with psycopg.connect(hosted, autocommit=True) as connection:
        yield connection, make_conninfo(hosted, user=OWNER)


def test_what_the_platform_knows_is_part_of_it_but_no_secret(hosted: str, tmp_path: Path) -> None:
    with as_found(hosted) as (connection, owner):
        ada = gotrue.sign_up(connection, "ada@example.com", metadata={"name": "Ada"})
        filler = psycopg.ClientCursor(connection)
        filler.execute(LOGIN, {"u": ada})
        gotrue.sign_up(connection, "bob@example.com")
        exported = run_json("export", "user", ada, "--output", str(tmp_path / "x"), "-d", owner)
        assert counts(tmp_path / "x") == {
            "public.users": 1,
            "auth.users": 1,
            "auth.identities": 1,
            "auth.sessions": 1,
            "auth.refresh_tokens": 2,
            "auth.mfa_factors": 1,
            "auth.flow_state": 1,
            "auth.audit_log_entries": 2,
        }
        assert exported["not_looked_into"] == ["vault.secrets"]
        text = everything(tmp_path / "x")
        assert "from google" in text
        assert "SECRET" not in text
        assert "bob@" not in text
        withheld = {t["table"]: t["withheld"] for t in manifest_of(tmp_path / "x")["tables"]}
        assert withheld["auth.mfa_factors"] == ["secret"]
        assert withheld["auth.refresh_tokens"] == ["token", "parent"]
        assert {"encrypted_password", "recovery_token"} < set(withheld["auth.users"])
        assert withheld["public.users"] == []
        file = "insert into storage.objects values (gen_random_uuid(), 'me.png', %s, null)"
        connection.execute(file, [ada])
        assert "Storage" in refused(owner, ada)["hint"]
        connection.execute("delete from storage.objects")
        erase(owner, ada)
        assert ada not in all_text(connection)
        assert names(connection, "select email from auth.users") == ["bob@example.com"]


@pytest.mark.parametrize("without", ["public", "auth"])
def test_a_login_without_profile_and_a_profile_without_login(
    hosted: str, tmp_path: Path, without: str
) -> None:
    other = {"public": "auth", "auth": "public"}[without]
    with as_found(hosted) as (connection, owner):
        ada = gotrue.sign_up(connection, "one@example.com")
        connection.execute("set session_replication_role = replica")
        connection.execute(f"delete from {without}.users where id = %s", [ada])
        export(owner, ada, tmp_path / "x")
        assert counts(tmp_path / "x") == {f"{other}.users": 1}
        erase(owner, ada)
        assert "there is no user" in erase(owner, ada, expect=1).stderr


def test_a_role_that_does_not_see_everything_is_told_what_it_lacks(
    hosted: str, tmp_path: Path
) -> None:
    with as_found(hosted) as (connection, owner):
        ada = gotrue.sign_up(connection, "two@example.com")
        connection.execute(f"alter role {OWNER} nobypassrls")
        connection.execute(f"revoke all on auth.mfa_factors from {OWNER}")
        for words in (("export", "user", ada, "--output", str(tmp_path / "x")),
                      ("erase", "user", ada, "--yes")):  # fmt: skip
            error = run_json(*words, "-d", owner, expect=1)["error"]
            assert "auth.users" in error["message"]
            assert "auth.mfa_factors" in error["message"]
            granted = error["hint"].partition("administrator run: ")[2]
        connection.execute(granted.encode())
        export(owner, ada, tmp_path / "x")
        connection.execute(f"revoke delete on auth.users from {OWNER}")
        assert "auth.users (1)" in refused(owner, ada)["message"]
        connection.execute(f"grant delete on auth.users to {OWNER}")
        connection.execute("alter table audit.user_data_run owner to current_user")
        assert "audit.user_data_run" in refused(owner, ada)["message"]
        connection.execute(f"alter table audit.user_data_run owner to {OWNER}")
        erase(owner, ada)


# Beside others


def test_what_the_person_adds_meanwhile_goes_as_well(connection: Connection, database: str) -> None:
    live_well(connection, ALICE)
    connection.execute("create table public.late (user_id uuid references public.users)")
    with psycopg.connect(database) as other:
        add_session(other, ALICE, 2)
        other.execute("insert into public.late values (%s)", [ALICE])
        process = start_cli(
            "erase", "user", ALICE, "--yes", "--lock-timeout", "60s", "-d", database
        )
        eventually("it waits for her", waiting(database))
        other.commit()
    end(process)
    assert rows_of(connection, ALICE) == {}
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        add_session(connection, ALICE, 3)


def test_through_a_pooler_as_well(connection: Connection, database: str, tmp_path: Path) -> None:
    live_well(connection, ALICE)
    expected = rows_of(connection, ALICE)
    with pooler.pooled(database) as through:
        export(through, ALICE, tmp_path / "x")
        erase(through, ALICE)
    found = counts(tmp_path / "x")
    assert {table: found[f"public.{table}"] for table in expected} == expected
    assert rows_of(connection, ALICE) == {}


def test_two_that_erase_the_same_person(connection: Connection, database: str) -> None:
    live_well(connection, ALICE)
    with psycopg.connect(database) as other:
        other.execute("select from public.users for update")
        words = ("erase", "user", ALICE, "--yes", "--lock-timeout", "60s", "-d", database)
        processes = [start_cli(*words) for _ in range(2)]
        eventually("both wait", lambda: waiting(database)() == 2)
    for process in processes:
        process.communicate(timeout=LIMIT)
    assert sorted(process.returncode for process in processes) == [0, 1]
    assert rows_of(connection, ALICE) == {}


def test_a_lock_that_nobody_gives_up_ends_it(connection: Connection, database: str) -> None:
    live_well(connection, ALICE)
    before = rows_of(connection, ALICE)
    with psycopg.connect(database) as other:
        other.execute("lock table public.user_goals")
        error = refused(database, ALICE, "--lock-timeout", "10ms", expect=5)
    assert "Nothing was erased" in error["hint"]
    assert rows_of(connection, ALICE) == before


def test_an_archive_at_work_and_an_erasure_lose_nothing_of_each_other(
    connection: Connection, database: str
) -> None:
    for user in (ALICE, BOB):
        settle(connection, user)
        for day in range(30):
            add_session(connection, user, day)
    his = value(connection, "select count(*) from public.session_history where user_id = %s", BOB)
    moving = start_cli("archive", "--batch-size", "1", "-d", database)
    archived = "select count(*) from public.daily_sessions_archive"
    eventually("some are moved", lambda: scalar(database, archived) > 4)
    erase(database, ALICE)
    end(moving)
    assert rows_of(connection, ALICE) == {}
    left = "select count(*) from public.session_history where user_id = %s"
    assert value(connection, left, BOB) == his


# docs/user-data.md

ROOT = Path(__file__).parents[1]


def test_the_commands_of_the_page_do_what_it_says(
    connection: Connection, database: str, tmp_path: Path
) -> None:
    page = (ROOT / "docs" / "user-data.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    [ident] = set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", "".join(blocks)))
    live_well(connection, ident)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = clean_environment(DATABASE_URL=database, PATH=path, PYTHONPATH=str(ROOT))
    told = [run_shell(block, environment, tmp_path).stdout for block in blocks]
    assert "manifest.json: OK" in told[0]
    assert "nothing was changed" in told[1]
    assert ident not in all_text(connection)
    for query in re.findall(r"```sql\n(.*?)```", page, re.DOTALL):
        assert connection.execute(query.encode()).fetchall()
