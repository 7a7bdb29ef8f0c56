"""The commands on a distributed database: what they find, and that they do their work."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from arami_db.files import packaged_sql_dir
from tests import citus
from tests.conftest import rows, run_cli, run_json, unfolded

pytestmark = citus.needs_citus
DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def machines() -> Iterator[list[str]]:
    """A distributed database of its own: the coordinator's and the workers' connection strings."""
    with citus.cluster_database() as made:
        citus.distribute(made[0])
        yield made


def run(conninfo: str, *statements: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def found(coordinator: str) -> list[tuple[str, str]]:
    """Source and object of what verify finds, what follows from it included."""
    report = run_json("verify", "-d", coordinator, expect=4)
    return [(one["source"], one["object"]) for one in unfolded(report["findings"])]


def assert_clean(coordinator: str) -> None:
    run_cli("verify", "-d", coordinator)


def shard_of_users(machines: list[str]) -> tuple[str, int]:
    """A worker, and the number of a shard of public.users there."""
    [(place, number)] = rows(
        machines[0],
        "select n.groupid, s.shardid from pg_dist_shard as s join pg_dist_placement as p"
        " using (shardid) join pg_dist_node as n using (groupid)"
        " where s.logicalrelid = 'public.users'::regclass order by s.shardid limit 1",
    )
    return machines[place], number


def test_what_was_distributed_is_clean_and_has_the_facts_of_its_snapshot(
    machines: list[str], tmp_path: Path
) -> None:
    assert_clean(machines[0])
    root = packaged_sql_dir()
    (tmp_path / "distributed" / "catalog").mkdir(parents=True)
    for folder in ("catalog", "distributed/catalog"):
        (tmp_path / folder).mkdir(exist_ok=True)
        for file in (root / folder).glob("*.sql"):
            (tmp_path / folder / file.name).write_bytes(file.read_bytes())
    run_cli("snapshot", "-d", machines[0], "--sql-dir", str(tmp_path))
    made = (tmp_path / "distributed" / "schema.snapshot").read_bytes()
    assert made == (root / "distributed" / "schema.snapshot").read_bytes()


@pytest.mark.parametrize(
    ("broken", "mended", "source"),
    [
        (
            "create table public.users_{shard} (a int)",
            "set citus.enable_manual_changes_to_shards to on;; drop table public.users_{shard}",
            "facts",
        ),
        (
            "create table public.notes (id uuid primary key,"
            " user_id uuid not null references public.users on delete cascade)",
            "drop table public.notes",
            "101_not_distributed",
        ),
        (
            "create function public.leak() returns int language sql as 'select 1';;"
            " alter extension citus add function public.leak()",
            "alter extension citus drop function public.leak();; drop function public.leak()",
            "facts",
        ),
        (
            "grant select on citus_tables to public",
            "revoke select on citus_tables from public",
            "103_environment_citus",
        ),
        (
            "do $$ begin execute format('alter database %I reset citus.propagate_set_commands',"
            " current_database()); end $$",
            "do $$ begin execute format('alter database %I set citus.propagate_set_commands to"
            " local', current_database()); end $$",
            "103_environment_citus",
        ),
    ],
)
def test_drift_on_the_coordinator_is_found(
    machines: list[str], broken: str, mended: str, source: str
) -> None:
    _, shard = shard_of_users(machines)
    run(machines[0], *broken.format(shard=shard).split(";; "))
    try:
        assert source in [name for name, _ in found(machines[0])]
    finally:
        run(machines[0], *mended.format(shard=shard).split(";; "))
    assert_clean(machines[0])


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        (
            "alter table {shard} disable row level security",
            "alter table {shard} enable row level security",
        ),
        ("grant select on {shard} to anon", "revoke select on {shard} from anon"),
        ("alter table {shard} disable trigger user", "alter table {shard} enable trigger user"),
    ],
)
def test_what_somebody_changed_on_a_worker_is_found(
    machines: list[str], broken: str, mended: str
) -> None:
    worker, number = shard_of_users(machines)
    by_hand = "set citus.enable_manual_changes_to_shards to on"
    run(worker, by_hand, broken.format(shard=f"public.users_{number}"))
    try:
        assert ("102_workers", "public.users") in found(machines[0])
    finally:
        run(worker, by_hand, mended.format(shard=f"public.users_{number}"))
    assert_clean(machines[0])


def test_the_commands_do_there_what_they_do_elsewhere(machines: list[str], tmp_path: Path) -> None:
    named = ("-d", machines[0])
    run_cli("seed", "--yes", *named)
    run_cli("seed", "--yes", *named)
    assert run_json("seed", "demo", "--users", "12", "--yes", *named)["users"] == 12
    [(user, sessions)] = rows(
        machines[0],
        "select user_id::text, count(*) from public.daily_sessions where user_id::text ~ '^de3'"
        " group by 1 order by 2 desc limit 1",
    )
    exported = run_json("export", "user", user, "--output", str(tmp_path / "theirs"), *named)
    counts = {table["table"]: table["rows"] for table in exported["tables"]}
    assert counts["public.daily_sessions"] == sessions
    erased = run_json("erase", "user", user, "--yes", *named)
    gone = {table["table"]: table["deleted"] for table in erased["tables"]}
    assert gone["public.daily_sessions"] == sessions
    assert "there is no user" in run_cli("erase", "user", user, "--yes", *named, expect=1).stderr
    assert run_json("seed", "demo", "--remove", "--yes", *named)["users"] == 0
    vacuumed = run_json("maintain", "--threshold", "1%", *named)
    assert rows(machines[0], "select from audit.identifier where value like 'demo-%'") == []
    assert "public.daily_sessions" in [job["table"] for job in vacuumed["tables"]]
    run_cli("monitor", "overview", "archive", *named)
    [sizes] = [
        question
        for question in run_json("monitor", "tables", "--limit", "100", *named)["answers"]
        if question["name"] == "size"
    ]
    monitored = {row["relation"]: row["total_bytes"] for row in sizes["rows"]}
    standing = run_json("status", *named)["distribution"]["tables"]
    assert {one["name"]: one["bytes"] for one in standing} == {
        one["name"]: monitored[one["name"]] for one in standing
    }
    run_cli("docs", "--output", str(tmp_path / "docs"), *named)
    assert_clean(machines[0])


def test_row_level_security_is_proved_role_by_role(machines: list[str]) -> None:
    report = run_json("verify", "--prove-rls", *("-d", machines[0]))
    assert (report["findings"], report["checked"]["attempts"] > 1000) == ([], True)


def old_sessions(coordinator: str) -> tuple[int, int]:
    """How many sessions of demo users are live and older than two years, and how many archived."""
    [counts] = rows(
        coordinator,
        "select (select count(*) from public.daily_sessions"
        " where created_at < now() - interval '2 years'),"
        " (select count(*) from public.daily_sessions_archive)",
    )
    return counts


def test_a_shard_that_moves_keeps_no_session_from_the_archive(machines: list[str]) -> None:
    named = ("-d", machines[0])
    run_cli("seed", "demo", "--users", "40", "--years", "4", "--yes", *named)
    live, _ = old_sessions(machines[0])
    [(user,)] = rows(
        machines[0],
        "select user_id from public.daily_sessions where created_at < now() - interval '2 years'"
        " limit 1",
    )
    [(place, shard)] = rows(
        machines[0],
        "select p.groupid, p.shardid from pg_dist_placement as p where p.shardid ="
        " get_shard_id_for_distribution_column('public.daily_sessions', %s::uuid)",
        user,
    )
    with psycopg.connect(machines[place]) as mover:  # as one does whose last rows are copied
        mover.execute("select lock_shard_metadata(7, %s)", [[shard]])
        left = run_cli("archive", *named)
    assert f"shard {shard} is moving to another machine" in left.stderr
    assert 0 < old_sessions(machines[0])[0] < live
    ended = run_json("archive", *named)
    assert ended["left"] == 0
    assert old_sessions(machines[0]) == (0, live)

    [(source, target)] = rows(
        machines[0],
        "select array[s.nodename, s.nodeport::text], array[t.nodename, t.nodeport::text]"
        " from pg_dist_node as s, pg_dist_node as t where s.groupid = %s"
        " and t.groupid not in (0, %s)",
        place,
        place,
    )
    with psycopg.connect(machines[0], autocommit=True) as mover:
        mover.execute(
            "select citus_move_shard_placement(%s, %s, %s::int, %s, %s::int, 'block_writes')",
            [shard, *source, *target],
        )
    with pytest.raises(psycopg.errors.ObjectInUse, match="has moved to another machine"):
        rows(machines[place], f"select audit.hold_shard({shard})")
    run_cli("archive", "restore", "--all", *named)
    assert old_sessions(machines[0]) == (live, 0)
    run_cli("seed", "demo", "--remove", "--yes", *named)


def test_an_address_of_the_coordinator_leads_to_no_worker(machines: list[str]) -> None:
    named = ("-d", machines[0])
    run_cli("seed", "demo", "--users", "20", "--years", "4", "--yes", *named)
    live, _ = old_sessions(machines[0])
    address = conninfo_to_dict(machines[0])["host"]
    assert run_json("archive", "-d", make_conninfo(machines[0], hostaddr=address))["left"] == 0
    assert old_sessions(machines[0]) == (0, live)
    run_cli("seed", "demo", "--remove", "--yes", *named)


def test_the_role_of_the_pages_archives(machines: list[str]) -> None:
    name, named = f"archivist_{uuid.uuid4().hex[:8]}", ("-d", machines[0])
    blocks = [
        block
        for page in ("operations.md", "scale.md")
        for block in re.findall(r"```sql\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
        if "arami_archivist" in block and "pg_maintain" not in block
    ]
    assert len(blocks) == 2
    run_cli("seed", "demo", "--users", "20", "--years", "4", "--yes", *named)
    live, _ = old_sessions(machines[0])
    run(machines[0], *(block.replace("arami_archivist", name) for block in blocks))
    try:
        run_cli("archive", "-d", make_conninfo(machines[0], user=name))
        assert old_sessions(machines[0]) == (0, live)
    finally:
        run(machines[0], f"drop owned by {name}", f"drop role {name}")
        run_cli("seed", "demo", "--remove", "--yes", *named)


@pytest.mark.parametrize("command", ["archive", "archive history"])
def test_a_worker_that_is_away_is_told_as_no_connection(machines: list[str], command: str) -> None:
    port = "update pg_dist_node set nodeport = nodeport %s where groupid = 1"
    run(machines[0], port % "- 10000")
    try:
        told = run_cli(*command.split(), "-d", machines[0], expect=7).stderr
    finally:
        run(machines[0], port % "+ 10000")
    assert "connection to the remote node" in told
    assert "citus_check_cluster_node_health()" in told
