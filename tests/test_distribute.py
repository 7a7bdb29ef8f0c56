"""Distributing over a Citus cluster; what can be known without one is tested without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import postgast
import psycopg
import pytest

from arami_db.files import SqlTree, packaged_sql_dir
from arami_db.files.policies import as_citus_takes_it, without_subqueries
from arami_db.files.script import load
from arami_db.files.split import split
from tests.citus import cluster_database, needs_citus
from tests.conftest import Process, eventually, run_cli, run_json, scalar, start_cli
from tests.test_json_shapes import hold

TREE = SqlTree(packaged_sql_dir())
# What a server without the extension lacks: its tables and functions, and what stands on them.
WITHOUT_CITUS = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedObject,
)
OVERRIDES = sorted((TREE.root / "distributed" / "views").glob("*.sql"))


@pytest.mark.parametrize("file", TREE.distributed, ids=lambda file: str(file.name))
def test_each_file_says_why_and_what_it_costs_and_can_be_parsed(file: Any) -> None:
    header = re.split(r"\n(?!--)", file.text)[0]
    assert header.startswith(f"-- {file.path.stem}: ")
    assert re.search(r"^-- Why: ", header, re.MULTILINE)
    assert re.search(r"^-- What it costs: ", header, re.MULTILINE)
    assert load(file).in_transaction


def test_all_of_it_is_sql_and_pl_pgsql(connection: psycopg.Connection[Any]) -> None:
    connection.autocommit = False
    block = re.compile(r"\Ado (?=\$\$)", re.IGNORECASE)
    for script in map(load, TREE.distributed):
        for statement in script.statements:
            # A block is not run, but its body is checked as a function's is.
            made = "create or replace function pg_temp.block() returns void language plpgsql as "
            text = block.sub(made, statement.text)
            with suppress(*WITHOUT_CITUS), connection.transaction():
                connection.execute(text.encode())
    connection.rollback()


def test_what_replaces_a_view_on_citus_bears_its_number_and_its_name() -> None:
    assert {path.name for path in OVERRIDES} <= {file.path.name for file in TREE.views}
    replaced = {file.label for file in TREE.distributed_views}
    assert {f"distributed/views/{path.name}" for path in OVERRIDES} <= replaced
    assert len(replaced) == len(TREE.views)


def test_a_plain_server_is_no_coordinator(database: str) -> None:
    for options in ((), ("--dry-run",), ("--yes",)):
        error = run_json("distribute", "-d", database, *options, expect=1)["error"]
        assert "not a Citus coordinator" in error["message"]
        assert "citus_add_node" in error["hint"]
    assert run_json("status", "-d", database)["distribution"] is None


POLICIES = {
    "using ((select auth.uid()) = id)": "using ((       auth.uid()) = id)",
    'using (((SELECT ALL f() as "x")) = id)': "using (((           f()       )) = id)",
    "using ('é' = (\n--select\nselect f() r))": "using ('é' = (\n--select\n       f()  ))",
    "using (id in (select a.id from a))": "using (id in (select a.id from a))",
    "using (exists (select 1))": "using (exists (select 1))",
    "with check ((select max(id) from a) = id)": "with check ((select max(id) from a) = id)",
}


@pytest.mark.parametrize("policy", POLICIES, ids=range(len(POLICIES)))
def test_a_bare_subquery_of_a_later_policy_is_blanked_out(policy: str) -> None:
    for beginning in ("create policy p on public.a ", "alter policy p on public.a "):
        [statement] = split(beginning + policy)
        assert without_subqueries(statement).text == beginning + POLICIES[policy]
    [other] = split("select (select 1)")
    assert without_subqueries(other) is other


def test_a_policy_that_tests_for_null_begins_closed_on_citus() -> None:
    beginning = 'create policy "for ( as" on public.as_for '
    tested = "using (f() is null) with check ((select a)\n is not true)"
    [statement] = split(f"{beginning}as restrictive for all to authenticated {tested}")
    closed, altered = as_citus_takes_it(statement)
    assert closed.text == (
        f"{beginning}as restrictive for all to authenticated using (false) with check (false)"
    )
    assert altered.text == (
        beginning.replace("create", "alter ")
        + " " * len("as restrictive for all")
        + f" to authenticated {tested.replace('select', '      ')}"
    )
    for closing in (closed, altered):
        postgast.parse(closing.text)
    [plain] = split("create policy p on a using (f() = b)")
    assert as_citus_takes_it(plain) == (plain,)


# What a policy says, and whether nothing of it is left that Citus refuses.
SAID = {
    "(select auth.uid()) = id": True,
    "(select (select auth.uid()) as x) = id": True,
    "(select auth.jwt() ->> 'it''s ( SELECT ') = 'FROM'": True,
    "(select case when auth.uid() is null then 'AS' else auth.role() end) = 'a'": True,
    "(select auth.uid() where true) = id": False,
    "id in (select auth.uid())": False,
    "(id, id) = (select id, id)": False,
    "exists (select from public.users as u where u.id = (select auth.uid()))": False,
}


@pytest.mark.parametrize("said", SAID, ids=range(len(SAID)))
def test_the_subqueries_of_policies_that_are_there_are_left_out(
    connection: psycopg.Connection[Any], said: str
) -> None:
    create = next(s for s in load(TREE.distributed[0]).statements if "without_sub" in s.text)
    connection.execute(create.text.encode())
    read = "select {} from pg_policy where polname = 'said'"
    expression = "pg_get_expr(polqual, polrelid)"
    connection.execute(f"create policy said on public.users using ({said})".encode())
    [(bare,)] = connection.execute(
        read.format(f"audit.without_subqueries({expression})").encode()
    ).fetchall()
    connection.execute("drop policy said on public.users")
    connection.execute(f"create policy said on public.users using ({bare})".encode())
    [(left,)] = connection.execute(read.format("polqual::text").encode()).fetchall()
    assert ("{SUBLINK" not in left) is SAID[said]


@pytest.fixture
def cluster() -> Iterator[list[str]]:
    """A migrated database on all machines of the cluster, with rows in it."""
    with cluster_database() as machines:
        with psycopg.connect(machines[0], autocommit=True) as connection:
            connection.execute(ROWS)
        yield machines


ROWS = """
    insert into auth.users (id, email)
    select gen_random_uuid(), 'n' || n || '@x.org' from generate_series(1, 200) as n;
    insert into public.daily_sessions (user_id, session_type, virtue_earned, duration_seconds)
    select id, 'written_clarity', 'calm', 600 from public.users, generate_series(1, 20);
    insert into public.app_settings (setting_key, setting_type, setting_value)
    values ('a', 'system', '1');
    delete from auth.users where email like 'n1%';
"""
SUMS = "select count(*), sum(hashtextextended(t::text, 0)) from public.daily_sessions as t"


def distributed(coordinator: str) -> set[str]:
    """The tables that Citus has cut."""
    with psycopg.connect(coordinator) as connection:
        found = connection.execute(
            "select logicalrelid::text from pg_dist_partition where partmethod = 'h'"
        ).fetchall()
    return {name for (name,) in found}


@needs_citus
def test_rows_are_the_same_on_the_workers_and_a_second_run_does_nothing(
    cluster: list[str],
) -> None:
    named = ("-d", cluster[0])
    before = (scalar(cluster[0], SUMS.replace("count(*), ", "")), 89)
    seen = run_json("distribute", "--dry-run", *named)
    hold("distribute", seen)
    assert (seen["possible"], seen["distributed"], seen["obstacles"]) == (True, False, [])
    assert distributed(cluster[0]) == set()
    run_cli("distribute", *named, expect=2)  # there is nobody to ask

    done = run_json("distribute", "--yes", "--shards", "6", *named)
    hold("distribute", done)
    moved = {one["table"]: one["rows"] for one in done["tables"]}
    assert moved["public.users"] == before[1] + 1  # and Everybody
    assert moved["public.daily_sessions"] == 20 * before[1]
    assert moved["audit.change_log"] == 111 * 21
    assert scalar(cluster[0], SUMS.replace("count(*), ", "")) == before[0]
    assert "public.daily_sessions" in done["released"]

    again = run_json("distribute", "--yes", *named)
    assert again == {"applied": [], "tables": [], "released": [], "notes": []}
    shown = run_json("status", *named)
    hold("status", shown)
    standing = shown["distribution"]
    assert {one["shards"] for one in standing["tables"]} == {6}
    assert sum(one["shards"] for one in standing["nodes"]) == 6 * len(standing["tables"])
    assert all(one["bytes"] for one in standing["tables"])
    assert run_json("migrate", *named)["applied"] == []


REFUSED = """
    create table public.t1 (
        id uuid primary key, user_id uuid not null references public.users on delete cascade,
        slug text constraint once unique, session_id uuid
        constraint lone references public.daily_sessions (id)
    );
    create unique index partly on public.t1 (slug) where slug <> '';
    create table public.t2 (
        id uuid primary key,
        user_id uuid not null constraint gone references public.users on delete set null,
        session_id uuid,
        constraint followed foreign key (user_id, session_id)
        references public.daily_sessions (user_id, id) on update cascade
    );
    create policy narrow on public.t2 as restrictive using (true);
    create policy other on public.t2 using (exists (select from public.t1 where t1.id = t2.id));
    create table public.t3 () inherits (public.t2);
    create table public.t4 (
        id uuid primary key, src uuid,
        user_id uuid not null generated always as (src) stored references public.users
    );
    create table public.t5 (
        user_id uuid references public.users, during tstzrange,
        constraint apart exclude using gist (during with &&)
    );
    insert into public.t5 values (null, null);
    create table public.t6 (
        id uuid primary key, user_id uuid not null references public.users, t7 uuid,
        unique (user_id, id)
    );
    create table public.t7 (
        id uuid primary key, user_id uuid not null references public.users, t6 uuid,
        unique (user_id, id), foreign key (user_id, t6) references public.t6 (user_id, id)
    );
    alter table public.t6 add foreign key (user_id, t7) references public.t7 (user_id, id);
    create table public.t8 (id uuid primary key, user_id uuid references auth.users);
    alter table public.t8 add foreign key (user_id) references public.users;
"""
OBSTACLES = {
    "constraint once of public.t1",
    "foreign key lone of public.t1",
    "index partly of public.t1",
    "foreign key gone of public.t2",
    "foreign key followed of public.t2",
    'policy "narrow" of public.t2',
    'policy "other" of public.t2',
    "table public.t2",
    "column user_id of public.t4",
    "constraint apart of public.t5",
    "column user_id of public.t5",
    "table public.t6",
    "table public.t7",
    "table auth.users",
}


@needs_citus
def test_all_that_cannot_be_distributed_is_named_at_once(cluster: list[str]) -> None:
    with psycopg.connect(cluster[0], autocommit=True) as connection:
        connection.execute(REFUSED)
    seen = run_json("distribute", "--dry-run", "-d", cluster[0], expect=1)
    assert {one["object"] for one in seen["obstacles"]} == OBSTACLES
    assert all(one["problem"] and one["remedy"] for one in seen["obstacles"])
    error = run_json("distribute", "--yes", "-d", cluster[0], expect=1)["error"]
    assert all(f"{name}: " in error["message"] for name in OBSTACLES)
    assert distributed(cluster[0]) == set()
    assert scalar(cluster[0], "select to_regclass('audit.distribution')") is None


LATER = {
    "migrations/001_notes.sql": """
        create table public.country (code text primary key);
        insert into public.country values ('pt');
        create table public.notes (
            id uuid primary key default gen_random_uuid(),
            user_id uuid not null default auth.uid() references public.users on delete cascade,
            country text references public.country,
            session_id uuid,
            foreign key (user_id, session_id)
            references public.daily_sessions (user_id, id) on delete set null (session_id)
        );
        alter table public.notes enable row level security;
        create policy p on public.notes to authenticated using ((select auth.uid()) = user_id);
    """,
    "migrations/002_policy.sql": """
        create policy q on public.user_goals to authenticated using ((select auth.uid()) = user_id);
        alter policy q on public.user_goals using ((select auth.uid() as uid) = user_id);
        create policy r on public.user_goals for insert to authenticated
        with check ((select auth.uid()) is not null and user_id = auth.uid());
        alter table public.user_goals add column colour text;
        create table public.kinds (code text primary key);
        insert into public.kinds values ('a'), ('b');
        alter table public.user_goals add column kind text references public.kinds;
    """,
    "migrations/003_index.sql": """-- arami: no-transaction
        create index concurrently idx_colour on public.user_goals (colour);
    """,
    "views/001_coloured.sql": """
        create or replace view public.coloured with (security_invoker = true) as
        select id, user_id, colour from public.user_goals;
    """,
}


def later(root: Path) -> None:
    """Add the migrations of an application to the Arami schema's own, by their numbers."""
    for name, text in LATER.items():
        folder, _, stem = name.partition("/")
        for path in sorted((packaged_sql_dir() / folder).glob("*.sql")):
            last = int(path.name[:3])
        number = last + int(stem[:3])
        (root / folder / f"{number:03}{stem[3:]}").write_text(text, encoding="utf-8")


@needs_citus
def test_later_migrations_distribute_what_they_bring(
    cluster: list[str], project: Callable[[dict[str, str]], Path]
) -> None:
    run_cli("distribute", "--yes", "--shards", "4", "-d", cluster[0])
    files = {
        str(path.relative_to(TREE.root)): path.read_text(encoding="utf-8")
        for path in TREE.root.rglob("*.sql")
    }
    root = project(files)
    later(root)
    named = ("-d", cluster[0], "--sql-dir", str(root))
    applied = [one["name"] for one in run_json("migrate", *named)["applied"]]
    assert applied[:3] == ["notes", "policy", "index"]
    assert applied[-1] == "coloured"
    assert "notes" in distributed(cluster[0])
    assert run_json("migrate", *named)["applied"] == []
    for worker in cluster[1:]:
        assert scalar(worker, "select to_regclass('public.coloured') is not null")
        assert scalar(worker, "select count(*) from public.country") == 1
        assert scalar(worker, "select count(*) from public.kinds") == 2
        found = scalar(
            worker,
            "select count(*) from pg_index"
            " where indisvalid and indexrelid::regclass::text like 'idx_colour_%%'",
        )
        assert found > 0
    with psycopg.connect(cluster[0], autocommit=True) as connection:
        connection.execute("insert into public.notes (user_id) select id from public.users")
    run_json("status", *named)

    folder = root / "migrations"
    number = max(int(path.name[:3]) for path in folder.glob("*.sql")) + 1
    (folder / f"{number:03}_narrow.sql").write_text(
        "create policy narrow on public.notes as restrictive using (true);", encoding="utf-8"
    )
    refused = run_json("migrate", *named, expect=1)["error"]
    assert "makes a permissive one" in refused["message"]
    assert (refused["line"], refused["column"]) == (1, 1)


def killed_at(line: str, coordinator: str, kill: Callable[[Process], None]) -> None:
    """Distribute, and do something once a line of its progress has been written."""
    process = start_cli("distribute", "--yes", "--shards", "4", "-d", coordinator)
    assert process.stderr is not None
    for said in process.stderr:
        if said.startswith(line):
            kill(process)
            break
    else:
        pytest.fail(f"never said: {line}")
    process.communicate()
    assert process.returncode != 0


def ended(coordinator: str) -> None:
    """Wait until nothing of a run is at work any more."""
    idle = "select count(*) = 0 from pg_stat_activity where query ~ '^do ' and state = 'active'"
    eventually("the run's server process ends", lambda: scalar(coordinator, idle))


def end_backends(conninfo: str, query: str) -> None:
    """End what is at work for a run."""
    with suppress(psycopg.OperationalError), psycopg.connect(conninfo, autocommit=True) as found:
        found.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where pid <> pg_backend_pid() and datname = current_database() and query ~ %s",
            [query],
        )


@needs_citus
def test_a_run_that_was_killed_is_completed_by_the_next(cluster: list[str]) -> None:
    coordinator, *workers = cluster
    before = scalar(coordinator, SUMS.replace("count(*), ", ""))
    killed_at("public.users: ", coordinator, lambda process: process.kill())
    ended(coordinator)
    killed_at("public.users: ", coordinator, lambda _: end_backends(coordinator, "^do "))
    killed_at("public.users: ", coordinator, lambda _: end_backends(workers[0], "."))
    assert distributed(coordinator) == set()
    assert run_json("distribute", "--dry-run", "-d", coordinator)["possible"]

    killed_at("applied  distributed/000", coordinator, lambda process: process.kill())
    completed = run_json("distribute", "--yes", "-d", coordinator)
    assert completed["tables"] == []  # they had moved
    assert len(completed["applied"]) + len(completed["released"]) > 0
    assert scalar(coordinator, SUMS.replace("count(*), ", "")) == before
    assert run_json("status", "--check", "-d", coordinator)["counts"].keys() == {"applied"}
    again = run_json("distribute", "--yes", "-d", coordinator)
    assert again == {"applied": [], "tables": [], "released": [], "notes": []}
