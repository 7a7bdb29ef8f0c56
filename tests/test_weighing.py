"""What a plan says of the target: who is in the way, how much there is, and for how long."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from arami_db.database.connect import connect
from arami_db.files.script import load
from arami_db.files.sqlfile import SqlFile
from arami_db.plan.model import Observed
from arami_db.plan.speed import Speed
from arami_db.plan.state import MODES, conflict
from arami_db.plan.target import Target, TargetServer, TargetTable, read_target, sample
from arami_db.plan.weighing import Weighed, weigh
from arami_db.rows.filling import fill
from tests import servers
from tests.conftest import made, rows, run_cli, scalar

Project = Callable[[dict[str, str]], Path]
TABLE = TargetTable("public.t", 10_000_000, 0, 1000, 0, None, 0, 0, 3, prevents_wraparound=False)


def weighed(sql: str, target: Target, **seen: Any) -> Weighed:
    """A statement that did this, weighed."""
    file = SqlFile(Path("migrations/001_x.sql"), "migration", 1, "x", sql, "")
    [statement] = load(file).statements
    return weigh(Observed(file, statement, **seen), target, Speed(1e6, 1e6))


def target_of(conninfo: str) -> Target:
    """What a database is like."""
    with connect(conninfo) as connection:
        return read_target(connection, sample(connection))


def test_indexes_count_for_what_is_rewritten() -> None:
    server = TargetServer("d", "18", "r", 0, 0, 9)
    target = Target(server, {"public.t": TABLE}, {"public.t": (7.0, 0.0)}, ())
    seen: dict[str, Any] = {"blocks_writes": ("public.t",), "scanned": ("public.t",)}
    found = weighed("create index t_a on public.t (a);", target, **seen)
    assert "about 10 s" in str(found.estimate)
    assert found.traffic == ()  # readers are not blocked
    seen |= {"blocks_reads": ("public.t",), "rewritten": ("public.t",)}
    found = weighed("alter table public.t alter column a type bigint;", target, **seen)
    assert "about 40 s" in str(found.estimate)
    assert found.traffic == ("7 reads a second in public.t",)


def test_modes_conflict_as_the_server_has_it(empty_database: str) -> None:
    with (
        psycopg.connect(empty_database) as first,
        psycopg.connect(empty_database, autocommit=True) as second,
    ):
        second.execute("create table public.t (id integer)")
        for held, wanted in itertools.product(MODES.values(), repeat=2):
            first.execute(f"lock table public.t in {held} mode".encode())
            refused = False
            try:
                with second.transaction():
                    second.execute(f"lock table public.t in {wanted} mode nowait".encode())
            except psycopg.errors.LockNotAvailable:
                refused = True
            first.rollback()
            assert conflict(held, wanted) == refused, (held, wanted)


def test_only_whose_lock_is_in_the_way_is_waited_for(empty_database: str) -> None:
    with (
        psycopg.connect(empty_database) as reader,
        psycopg.connect(empty_database) as writer,
        psycopg.connect(empty_database, autocommit=True) as asking,
    ):
        asking.execute("create table public.t (id integer)")
        reader.execute("select from public.t")
        writer.execute("insert into public.t values (1)")
        found = target_of(empty_database)
        pids = {one: one.info.backend_pid for one in (reader, writer)}
        index: dict[str, Any] = {
            "locks": {"public.t": "SHARE"},
            "takes": frozenset({"public.t"}),
            "blocks_writes": ("public.t",),
        }
        [only] = weighed("create index t_id on public.t (id);", found, **index).waits
        assert only.startswith(f"pid {pids[writer]}, idle in transaction")
        column: dict[str, Any] = {**index, "locks": {"public.t": "ACCESS EXCLUSIVE"}}
        waits = weighed("alter table public.t add column b integer;", found, **column).waits
        assert {wait.split(",")[0] for wait in waits} == {f"pid {pid}" for pid in pids.values()}


def test_an_index_made_concurrently_waits_for_old_snapshots(empty_database: str) -> None:
    sql = "-- arami: no-transaction\ncreate index concurrently t_id on public.t (id);"
    seen: dict[str, Any] = {"locks": {"public.t": "SHARE UPDATE EXCLUSIVE"}}
    with psycopg.connect(empty_database) as reader:
        reader.execute("set transaction isolation level repeatable read")
        reader.execute("select 1")
        found = weighed(sql, target_of(empty_database), **seen)
        assert found.waits[0].startswith(f"pid {reader.info.backend_pid}, ")
        assert found.risk == "watch"
    assert weighed(sql, target_of(empty_database), **seen).risk == "none"


@pytest.mark.skipif(not servers.installed(), reason="needs an installed Postgres")
def test_a_role_without_rights_is_told_who_is_in_the_way() -> None:
    bin_dir = next(iter(servers.installed().values()))
    options = "-c max_prepared_transactions=2 -c max_connections=20"
    with servers.folder() as place, servers.running(bin_dir, place, options=options) as there:
        with psycopg.connect(there, autocommit=True) as connection:
            connection.execute("create role nobody login connection limit 7")
            connection.execute("create table public.t (id integer)")
            connection.execute("begin; insert into public.t values (1)")
            connection.execute("prepare transaction 'left behind'")
        with psycopg.connect(there) as other:
            other.execute("select from public.t")
            found = target_of(make_conninfo(there, user="nobody"))
            [prepared] = [one for one in found.sessions if one.pid is None]
            assert prepared.state == "prepared as 'left behind'"
            assert prepared.relations == ["public.t"]
            [busy] = [one for one in found.sessions if one.pid == other.info.backend_pid]
            assert busy.modes == ["AccessShareLock"]
            assert found.server.free_connections == 6
            kept = int(scalar(there, "show superuser_reserved_connections"))
            assert target_of(there).server.free_connections <= 20 - kept - 2


def test_partitions_that_only_the_target_has_count(
    server: dict[str, str], project: Project
) -> None:
    root = project(
        {
            "migrations/001_p.sql": "create table public.p (id integer, t text)"
            " partition by range (id);",
            "migrations/002_n.sql": "alter table public.p alter column t set not null;",
        }
    )
    with made(server) as there, made(server) as shadow:
        named = ("--sql-dir", str(root), "--database", there)
        run_cli("migrate", "--target", "1", *named)
        with psycopg.connect(there, autocommit=True) as connection:
            connection.execute("create table public.p_1 partition of public.p default")
            connection.execute("insert into public.p select 1, 'x' from generate_series(1, 999)")
            for statement in (b"select pg_stat_force_next_flush()", b"analyze public.p"):
                connection.execute(statement)  # what was counted is in before it is counted again
        assert target_of(there).tables["public.p"].heap_bytes == 0
        said = run_cli("plan", "--shadow", shadow, *named).stdout
    assert "inherits public.p differs" in said
    assert "long-read-write-block" in said
    assert "999 rows of public.p_1" in " ".join(said.split())


def test_a_target_without_a_ledger_is_said_to_be_one(
    server: dict[str, str], project: Project
) -> None:
    root = project({"migrations/001_t.sql": "create table public.t (id integer);"})
    with made(server) as there, made(server) as shadow:
        named = ("--sql-dir", str(root), "--database", there)
        said = run_cli("plan", "--shadow", shadow, *named).stderr
    assert "note: no ledger here, so no file counts as applied" in said


def test_rows_are_made_for_children_of_rows_that_are_there(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(
            "create table public.users (id uuid primary key); "
            "create table public.notes (id integer, user_id uuid references public.users not null,"
            " unique (user_id, id)); "
            "create table public.words (user_id uuid not null, note integer not null,"
            " foreign key (user_id, note) references public.notes (user_id, id)); "
            "insert into public.users select gen_random_uuid() from generate_series(1, 5); "
            "insert into public.notes select 7, u.id from public.users as u"
        )
        assert fill(connection, ["public"]) == {}
    assert rows(empty_database, "select count(*) > 0 from public.words") == [(True,)]
    assert rows(empty_database, "select count(*) from public.notes") == [(5,)]
