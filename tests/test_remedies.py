"""Remedies: each is run, and what it was printed for is gone."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from arami_db.drift.comparing import drift
from arami_db.escape import visible
from arami_db.facts import Fact, ask_within, load
from arami_db.files import discover, packaged_sql_dir
from arami_db.verifying.asking import differences_within
from arami_db.verifying.trial import Trial, attempt
from tests.conftest import clean_environment, made, rows, run_cli, run_json
from tests.mutations import FAMILIES, Mutation
from tests.test_catalog import REFUSALS

Connection = psycopg.Connection[Any]
TREE = discover(packaged_sql_dir())
EXPECTED = load(TREE.snapshot)
NO_VALUES = ("contains null values", "must be declared NOT NULL")
SAMPLE = None if os.environ.get("ARAMI_ALL_MUTATIONS") else 5  # of a family; all are thousands


@pytest.fixture(scope="module")
def shared(server: dict[str, str], template: str) -> Iterator[Connection]:
    """One clone for the module: what a test changes, it rolls back."""
    with made(server, template) as found, psycopg.connect(found, autocommit=True) as opened:
        yield opened


def problems(connection: Connection, mutation: Mutation) -> list[str]:
    """What is wrong with the remedies of a mutation."""
    with connection.transaction(force_rollback=True):
        try:
            connection.execute(mutation.sql.encode())
        except REFUSALS:
            return []
        found = differences_within(connection, TREE, EXPECTED)
        trial = attempt(connection, found, lambda: differences_within(connection, TREE, EXPECTED))
    wrong = [f"not tried: {trial.untried}"] if trial.untried else []
    # The ledger has rows, which lost their values when a mutation dropped a column.
    failed = [f for f in trial.failed if not any(text in f[1] for text in NO_VALUES)]
    without = [finding for finding, _ in trial.failed]
    wrong += [f"did not run: {error}: {finding.remedy}" for finding, error in failed]
    wrong += [f"comes instead: {finding.message}" for finding in trial.new]
    wrong += [f"stays: {f.message}" for f in trial.stay if f.remedy and f not in without]
    wrong += [f"says nothing: {f.message}" for f in found if not f.remedy and not f.advice]
    return wrong


@pytest.mark.parametrize("family", FAMILIES)
def test_remedies_mend_what_they_are_printed_for(shared: Connection, family: str) -> None:
    mutations = list(FAMILIES[family](shared))
    if SAMPLE and len(mutations) > SAMPLE:
        mutations = random.Random(family).sample(mutations, SAMPLE)  # noqa: S311
    wrong = {m.id: found for m in mutations if (found := problems(shared, m))}
    assert wrong == {}


# Objects of every kind that can be given back, with all that they can have.
OBJECTS = {
    "function": "create function public.odd(a int default 7, variadic b text[] default '{x}')"
    " returns table (c int, d text) language plpgsql stable strict security definer leakproof"
    " parallel restricted cost 7 rows 9 set search_path = '$user', public, \"a\"\"b, c\""
    " set work_mem = '3MB' set app.\"odd\" = 'it''s' as $odd$ begin\n"
    " -- $function$ $function_$ \\ ' \"\n return query select 1, 'a'; end $odd$;"
    " comment on function public.odd is E'it''s \\\\ odd';"
    " revoke execute on function public.odd from public;"
    " grant execute on function public.odd to anon with grant option",
    "SQL-standard function": "create function public.odd() returns bigint language sql"
    " begin atomic select count(*) from public.users; end;"
    " create function public.\"odd (1)\"(x public.users) returns int return 1",
    "procedure": "create procedure public.odd(inout a int) language sql set timezone = 'UTC'"
    " as 'select $1'",
    "window function": "create function public.odd() returns bigint language internal window"
    " immutable as 'window_row_number'",
    "view": "create view public.odd with (security_barrier = true, check_option = local) as"
    " select id, name as \"the name\" from public.users where name <> '';"
    " alter view public.odd alter column id set default gen_random_uuid();"
    " comment on column public.odd.\"the name\" is 'odd'; grant insert (id) on public.odd to anon;"
    " create rule odd as on delete to public.odd do instead nothing;"
    " create trigger odd instead of update on public.odd for each row"
    " execute function public.update_updated_at_column()",
    "materialized view": "create materialized view public.odd with (fillfactor = 50) as"
    " select 1 as one; create unique index odd_one on public.odd (one);"
    " comment on index public.odd_one is 'odd'; grant select on public.odd to service_role",
    "table": "create table public.\"Odd.\"\"1\" (id bigint generated always as identity"
    " (increment by 3 cache 5) primary key, name text collate \"C\" not null default 'it''s',"
    " twice int generated always as (3 * 2) stored, other uuid references public.users"
    " on delete cascade deferrable, note text unique, check (name <> ''),"
    " exclude using btree (note with =)) with (fillfactor = 70, toast.autovacuum_enabled = false);"
    " alter table public.\"Odd.\"\"1\" alter name set storage external, alter note set compression"
    " pglz, alter note set statistics 50, alter note set (n_distinct = 3), replica identity full,"
    " enable row level security, force row level security, cluster on \"Odd.\"\"1_pkey\";"
    " create index odd_i on public.\"Odd.\"\"1\" (lower(name)) where name <> 'x';"
    " create policy \"a policy\" on public.\"Odd.\"\"1\" as restrictive for update to anon,"
    " current_user using (true) with check (id > 0);"
    " comment on column public.\"Odd.\"\"1\".name is 'odd';"
    " create trigger odd before update of name on public.\"Odd.\"\"1\" for each row"
    " when (new.id > 0) execute function public.update_updated_at_column();"
    " alter table public.\"Odd.\"\"1\" enable always trigger odd;"
    " create statistics public.odd on id, name from public.\"Odd.\"\"1\";"
    " alter statistics public.odd set statistics 5;"
    " grant select (name) on public.\"Odd.\"\"1\" to anon;"
    " grant update on public.\"Odd.\"\"1\" to service_role with grant option",
    "unlogged table": "create unlogged table audit.odd (a int);"
    " alter table audit.odd alter a set not null, replica identity nothing;"
    " create unique index odd_a on audit.odd (a);"
    " alter table audit.odd replica identity using index odd_a",
    "tables that refer to each other": "create table public.a (id int primary key, b int);"
    " create table public.b (id int primary key, a int references public.a);"
    " create table public.c (id int primary key references public.b)",
    "sequence": "create sequence public.odd as smallint increment -2 minvalue -9 maxvalue 99"
    " start 5 cache 3 cycle owned by public.users.name; comment on sequence public.odd is 'odd';"
    " grant usage on sequence public.odd to anon",
    "enum": "create type public.odd as enum ('a', 'it''s'); comment on type public.odd is 'odd'",
    "domain": "create domain public.odd as varchar(9) collate \"C\" default 'a' not null"
    " constraint short check (length(value) < 5)",
    "composite type": "create type public.odd as (a int, \"b c\" text)",
    "columns": "alter table public.users add odd int default 3, add \"odd 2\" text not null"
    " default ''; comment on column public.users.\"odd 2\" is 'odd'",
    "rule": "create rule odd as on delete to public.users do instead nothing;"
    " alter table public.users disable rule odd; comment on rule odd on public.users is 'odd'",
    "extension": "create extension hstore schema public",
    "default privileges": "alter default privileges in schema audit grant select on tables to anon"
    " with grant option",
}  # fmt: skip


def facts(connection: Connection) -> frozenset[Fact]:
    return ask_within(connection, TREE).facts


def mended(connection: Connection, expected: frozenset[Fact]) -> Trial:
    owner = rows_of(connection, "select current_user")[0][0]
    api = ("anon", "authenticated", "service_role")
    found = drift(expected, facts(connection), owner, api)
    return attempt(connection, found, lambda: drift(expected, facts(connection), owner, api))


def rows_of(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode()).fetchall()


@pytest.mark.parametrize("kind", OBJECTS)
def test_an_object_comes_back_whole_and_goes_whole(shared: Connection, kind: str) -> None:
    without = facts(shared)
    with shared.transaction(force_rollback=True):
        shared.execute(OBJECTS[kind].encode())
        expected = facts(shared)
        gone = mended(shared, without)
    back = mended(shared, expected)
    for trial in (back, gone):
        assert (trial.untried, trial.failed, trial.stay, trial.new) == (None, (), (), ())
        assert trial.findings > 0


BROKEN = (
    'alter table public.user_goals add column "odd"";'
    + "\n\r\u2028 drop table public.users; --"
    + '" int',
    "create view public.extra as table public.users",
    "create view public.a_view as table public.extra",
    "drop view public.user_dashboard",
    "drop function audit.record_change() cascade",
    "alter table public.users rename column name to other",
    "alter table public.user_goals disable row level security",
    "grant all on public.users to anon",
    "comment on table public.users is null",
)


def execute(database: str, *statements: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def told(database: str, file: Path, **extra: str) -> str:
    """What `verify --remedies` says on stderr, where it finds something."""
    return run_cli("verify", "-d", database, "--remedies", str(file), expect=4, **extra).stderr


def run_script(database: str, file: Path) -> None:
    """Run a script from top to bottom, with psql where there is one."""
    if not (psql := shutil.which("psql")):
        execute(database, file.read_text(encoding="utf-8"))
        return
    command = [psql, "-qX", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", str(file)]
    subprocess.run(command, check=True, capture_output=True, env=clean_environment())


def test_the_script_runs_and_leaves_nothing(database: str, tmp_path: Path) -> None:
    execute(database, *BROKEN)
    file = tmp_path / "remedies.sql"
    said = told(database, file)
    assert "tried and rolled back" in said
    assert ", 1 stay" in said
    run_script(database, file)
    [left] = run_json("verify", "-d", database, expect=4)["findings"]
    assert left["message"] == "2 relations outside these files: public.a_view, public.extra"


def test_the_trial_changes_nothing(database: str, tmp_path: Path) -> None:
    execute(database, *BROKEN, "insert into users (other) values ('a')")
    with psycopg.connect(database, autocommit=True) as connection:
        before = facts(connection)
        told(database, tmp_path / "remedies.sql")
        assert facts(connection) == before
        assert rows_of(connection, "select other from public.users") == [("a",)]


def test_no_name_ends_a_comment(database: str, tmp_path: Path) -> None:
    name = '"\n\r\u2028\u202edrop table public.users; --"'
    execute(
        database,
        "create schema other",
        f"alter table public.user_goals add column {name} int",
        f"create view other.v as select {name} from public.user_goals",
    )
    file = tmp_path / "remedies.sql"
    # It is commented out: the view elsewhere keeps the column from being dropped.
    assert "did not run" in told(database, file)
    run_script(database, file)
    assert rows(database, "select to_regclass('public.users') is not null") == [(True,)]


def test_what_did_not_run_is_commented_out_and_told(database: str, tmp_path: Path) -> None:
    execute(
        database,
        "alter table users alter timezone drop not null",
        "insert into users (name, timezone) values ('a', null)",
        "drop view audit.archive_history",
    )
    file = tmp_path / "remedies.sql"
    said = told(database, file)
    assert "did not run   column public.users.timezone: not null differs: column" in said
    assert "1 stay" in said
    text = file.read_text(encoding="utf-8")
    assert "\n-- alter table public.users alter column timezone set not null;\n" in text
    run_script(database, file)
    assert "0 of 1 finding go, 1 stay" in told(database, file)


UNTRIED = {
    "a role without the rights": ("-c role=service_role", "must be owner of table users"),
    "a read-only connection": (
        "-c default_transaction_read_only=on",
        "the connection is read-only",
    ),
}


@pytest.mark.parametrize("who", UNTRIED)
def test_who_cannot_try_writes_the_script_all_the_same(
    who: str, database: str, tmp_path: Path
) -> None:
    options, reason = UNTRIED[who]
    execute(
        database,
        "alter table users disable row level security",
        "grant usage on schema arami_db to service_role",
        "grant select on all tables in schema arami_db to service_role",
    )
    file = tmp_path / "remedies.sql"
    said = told(database, file, PGOPTIONS=options)
    assert "not tried: " in said
    assert reason in said
    text = file.read_text(encoding="utf-8")
    assert f"-- Not tried: {reason}" in text
    run_script(database, file)
    run_cli("verify", "-d", database)


def test_a_table_in_use_is_waited_for_no_longer_than_it_may(database: str, tmp_path: Path) -> None:
    execute(database, "alter table users disable row level security")
    with psycopg.connect(database) as busy:
        busy.execute("insert into public.users (name) values ('a')")
        assert "not tried: canceling statement due to lock timeout" in told(
            database, tmp_path / "remedies.sql"
        )


def test_a_remedy_that_another_makes_needless_is_not_counted(database: str, tmp_path: Path) -> None:
    execute(database, "create index notes on public.users (name)")
    file = tmp_path / "remedies.sql"
    said = told(database, file)
    text = file.read_text(encoding="utf-8")
    assert "drop index public.notes" in text
    assert "rename" not in text
    assert f"{file}: 1 remedy;" in said


def test_with_nothing_found_there_is_nothing_to_run(database: str, tmp_path: Path) -> None:
    file = tmp_path / "remedies.sql"
    said = run_cli("verify", "-d", database, "--remedies", str(file)).stderr
    assert "0 remedies" in said
    execute(database, file.read_text(encoding="utf-8"))


def test_a_file_that_cannot_be_written_is_said(database: str, tmp_path: Path) -> None:
    run = run_cli("verify", "-d", database, "--remedies", str(tmp_path), expect=2)
    assert "cannot be written" in run.stderr


def test_what_lost_only_its_name_keeps_its_rows(database: str, tmp_path: Path) -> None:
    execute(
        database,
        "insert into users (name) values ('a')",
        "alter table users rename to people",
        "alter table user_goals rename column status to state",
        "alter index user_streaks_pkey rename to streaks_pkey",
    )
    file = tmp_path / "remedies.sql"
    assert ", 0 stay" in told(database, file)
    text = file.read_text(encoding="utf-8")
    assert "drop " not in text.replace("drop constraint if exists", "")
    run_script(database, file)
    assert rows(database, "select name from public.users") == [("a",)]
    run_cli("verify", "-d", database)


NOT_NULL = "alter table public.users {} constraint users_timezone_not_null {}"


@pytest.mark.parametrize(
    "change",
    [
        NOT_NULL.format("rename", 'to "odd one"'),
        NOT_NULL.format("alter", "no inherit"),
        "alter table public.users rename column timezone to other",
        "alter table public.users add odd int constraint odd not null no inherit",
    ],
)
def test_a_not_null_constraint_is_again_what_its_column_says(
    shared: Connection, change: str
) -> None:
    if shared.info.server_version < 180000:
        pytest.skip("NOT NULL is a constraint since Postgres 18")
    assert problems(shared, Mutation(change, change, "")) == []


def test_a_path_is_not_closed_where_what_opened_it_is_mended(shared: Connection) -> None:
    change = "alter function public.get_session_summary security definer"
    assert problems(shared, Mutation(change, change, "")) == []


def test_an_identity_given_back_goes_on_after_the_rows(database: str, tmp_path: Path) -> None:
    column = "alter table audit.change_log alter column id"
    execute(
        database,
        "insert into users (name) values ('a')",
        "update users set name = 'b'",
        "update users set name = 'c'",
        f"{column} drop identity",
    )
    file = tmp_path / "remedies.sql"
    assert ", 0 stay" in told(database, file)
    run_script(database, file)
    execute(database, "update users set name = 'd'")
    assert rows(database, "select id from audit.change_log order by id") == [(1,), (2,), (3,)]


def test_remedies_give_objects_back_to_who_migrated(
    server: dict[str, str], empty_database: str, tmp_path: Path
) -> None:
    owner = f"migrator_{uuid.uuid4().hex[:8]}"
    name = psycopg.conninfo.conninfo_to_dict(empty_database)["dbname"]
    execute(
        empty_database,
        f"create role {owner} login createrole",
        f"grant create on database {name} to {owner}",
        f"grant create on schema public to {owner}",
    )
    try:
        run_cli("migrate", "-d", f"{empty_database} user={owner}")
        execute(
            empty_database,
            "drop view user_dashboard",
            "drop function get_session_summary",
            "drop table session_analytics_archive cascade",
            "alter view session_history owner to current_user",
        )
        file = tmp_path / "remedies.sql"
        assert ", 0 stay" in told(empty_database, file)
        run_script(empty_database, file)
        run_cli("verify", "-d", empty_database)
    finally:
        execute(empty_database, f"drop owned by {owner} cascade", f"drop role {owner}")


def test_control_characters_are_escaped_on_one_line() -> None:
    assert visible("a\nb\x1b\u202e é") == "a\\nb\\x1b\\u202e é"
