"""Adopting a hand-made database, and repairing a ledger: only as asked for, only where it fits."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from arami_db.files import discover, packaged_sql_dir

from .conftest import eventually, made, run_cli, run_json, scalar, start_cli

Project = Callable[[dict[str, str]], Path]

LAST = max(file.version for file in discover(packaged_sql_dir()).migrations)
TREE = {
    "migrations/001_one.sql": "create table public.one (id int);\n",
    "migrations/002_two.sql": "create table public.two (id int);\n",
    "migrations/003_three.sql": "create table public.three (id int);\n",
    "views/001_v.sql": "create or replace view public.v as select id from public.one;\n",
}


def run_files(conninfo: str, root: Path, last: int | None = None) -> None:
    """Build a database by hand: the stub and the migrations, without the tool."""
    tree = discover(root)
    files = [file for file in tree.migrations if last is None or file.version <= last]
    with psycopg.connect(conninfo, autocommit=True) as connection:
        if tree.auth_stub:
            connection.execute(tree.auth_stub.text.encode())
        for file in files:
            connection.execute(file.text.encode())


def baseline(conninfo: str, root: Path, version: int, *args: str, expect: int = 0) -> Any:
    """Adopt; the files are tried out on the server of the tests, which saves starting one."""
    shadow = make_conninfo(conninfo, dbname="postgres")
    named = ("-d", conninfo, "--sql-dir", str(root), "--shadow", shadow)
    return run_json("baseline", str(version), *named, *args, expect=expect)


def found(answer: Any) -> list[str]:
    """What a refused baseline says."""
    return [finding["message"] for finding in answer["error"]["findings"]]


def repair(conninfo: str, root: Path, *args: str, expect: int = 0) -> Any:
    """Repair."""
    return run_json("repair", "-d", conninfo, "--sql-dir", str(root), *args, expect=expect)


def migrate(conninfo: str, root: Path, *args: str, expect: int = 0) -> Any:
    """Migrate."""
    return run_json("migrate", "-d", conninfo, "--sql-dir", str(root), *args, expect=expect)


# --- baseline -----------------------------------------------------------------------------------


def test_a_wrong_shadow_is_named_as_that() -> None:
    error = run_json("baseline", "1", "--shadow", "mysql://x", expect=2)["error"]
    assert error["message"].startswith("--shadow does not name a Postgres database")


def test_a_hand_made_database_is_adopted_and_then_only_views_are_applied(
    empty_database: str,
) -> None:
    root = packaged_sql_dir()
    run_files(empty_database, root)
    public = "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
    before = scalar(empty_database, public)
    found = baseline(empty_database, root, LAST)
    assert [change["what"] for change in found["changes"]] == ["baselined"] * LAST
    assert scalar(empty_database, public) == before
    assert baseline(empty_database, root, LAST)["changes"] == []
    applied = migrate(empty_database, root)["applied"]
    assert {file["kind"] for file in applied} == {"view"}
    assert baseline(empty_database, root, LAST)["changes"] == []
    origins = scalar(
        empty_database,
        "select string_agg(distinct kind || ' ' || origin, ', ') from arami_db.migration",
    )
    assert origins == "migration baseline, view migrate"


DROPS = {
    "a policy": (
        'drop policy "Users can only access their own data" on public.users',
        'policy public.users."Users can only access their own data" is missing',
    ),
    "a trigger": (
        "drop trigger update_users_updated_at on public.users",
        "trigger public.users.update_users_updated_at is missing",
    ),
    "a column": (
        "alter table public.users drop column timezone",
        "column public.users.timezone is missing",
    ),
    "a column's type": (
        "alter table public.users alter column timezone type varchar(50)",
        "column public.users.timezone: type differs",
    ),
    "an index": (
        "drop index public.idx_users_onboarding",
        "index public.idx_users_onboarding is missing",
    ),
    "a constraint": (
        "alter table public.users drop constraint chk_users_preferred_language",
        "constraint public.users.chk_users_preferred_language is missing",
    ),
    "row level security": (
        "alter table public.users disable row level security",
        "table public.users: row level security differs",
    ),
    "a function": (
        "drop function audit.record_change() cascade",
        "function audit.record_change() is missing",
    ),
    "a table": ("drop table public.user_goals cascade", "table public.user_goals is missing"),
    "a child": (
        "create table public.mine () inherits (public.users)",
        "table public.mine: inherits public.users differs",
    ),
}


@pytest.mark.parametrize(("change", "said"), DROPS.values(), ids=DROPS.keys())
def test_a_difference_is_shown_as_verify_shows_it_and_nothing_is_entered(
    change: str, said: str, connection: psycopg.Connection[Any], database: str
) -> None:
    connection.execute("drop schema arami_db cascade")
    connection.execute(change.encode())
    assert said in found(baseline(database, packaged_sql_dir(), LAST, expect=6))
    assert scalar(database, "select to_regnamespace('arami_db')") is None
    baseline(database, packaged_sql_dir(), LAST, "--accept-differences")
    # On the last file that was entered: a view, where the change left all views there.
    event = "select message from arami_db.event where event = 'baselined' and message is not null"
    assert said in scalar(database, event)


def test_an_empty_database_is_not_adopted(empty_database: str, project: Project) -> None:
    assert "table public.three is missing" in found(
        baseline(empty_database, project(TREE), 3, expect=6)
    )


FAITHFUL = {
    "a column with its index and check dropped": "create table p (a int, b int constraint c_b"
    " check (b > 0)); create index i_b on p (b); alter table p drop column b;",
    "row level security switched off again": "create table p (); alter table p enable row level"
    " security; alter table p disable row level security;",
    "a procedure dropped": "create procedure p() language sql as ''; drop procedure p();",
    "qualified once, not the other time": "create table public.p (); drop table p;",
    "an index dropped without its schema": "create table public.p (a int);"
    " create index i on public.p (a); drop index i;",
    "a schema dropped with what it held": "create schema s; create table s.p ();"
    " drop schema s cascade;",
    "a foreign key dropped with its table": "create table p (a int primary key);"
    " create table q (a int, constraint fk_q foreign key (a) references p); drop table p cascade;",
    "a temporary table": "create temporary table p (a int);",
    "parameters of every kind": 'create function f(a numeric(10, 2), inout b "char", out c int,'
    " variadic d text[] default '{}') language sql as 'select b, 1';"
    " create procedure q(a timestamptz(3), out b int) language sql as 'select 1';",
    "quoted names": 'create schema "S é"; create table "S é"."t ""x""" ("c d" int);'
    ' create index "I x" on "S é"."t ""x""" ("c d");'
    ' alter table "S é"."t ""x""" rename column "c d" to e;',
    "a table renamed": "create table p (a int); alter table p rename to q;",
    "a sequence, a domain, a range": "create sequence s; create domain d as int;"
    " create type r as range (subtype = int); create type c as (a int);",
    "an overload dropped, and a type that procedures name": "create type m as enum ('a');"
    " create function f(int) returns int language sql return 1;"
    " create function f(m[]) returns int language sql return 1; drop function f(integer);"
    " alter type m rename to n; create schema s; alter type n set schema s;"
    " create procedure p(int, out int) language sql as 'select 1'; drop procedure p(int, int);",
    "a function replaced, moved and renamed": "create schema s;"
    " create or replace function f() returns int language sql return 1;"
    " create or replace function f() returns int language sql return 2;"
    " alter function f set schema s; alter function s.f() rename to g; alter schema s rename to r;",
    "a search_path of its own": "create schema app; set search_path = app, public;"
    " create table t (a int constraint c_a check (a > 0)); create index i_a on t (a);"
    " create type m as enum (); create function f(m) returns int language sql return 1;"
    " alter table t enable row level security; create policy p on t using (true);"
    " create table app.u (); drop table u;",
    "elements of a schema": "create schema s create table t (a int) create view v as select a"
    " from t; alter schema s rename to r;",
    "named and gone with the table": "create table t (a int, b int); create index i on t (a);"
    " create sequence q owned by t.b; create policy p on t using (true); drop table t;",
    "a sequence gone with the column": "create table t (a int, b int); create sequence q;"
    " alter sequence q owned by t.b; alter table t drop b;",
    "a table moved": "create schema s; create table t (a int); create index i on t (a);"
    " create sequence q owned by t.a; alter table t set schema s;"
    " alter index s.i rename to j; alter table s.t rename a to b; alter table s.t drop b;",
    "constraints of every kind": "create table t (a int constraint n not null constraint d default"
    " 1, constraint u unique (a)); create table r (a int constraint f references t (a));"
    " alter table r rename constraint f to g; alter index u rename to v;"
    " alter table t add column b int constraint c_b check (b > 0); create unique index i on t (b);"
    " alter table t add constraint w unique using index i; alter table t drop constraint v cascade;"
    " alter table t drop b;",
    "partitions": "create table p (a int, b int) partition by list (a);"
    " create table c partition of p (b constraint c_b check (b > 0)) for values in (1);"
    " create table d (a int, b int); alter table p attach partition d for values in (2);"
    " create table e (a int, b int); alter table p attach partition e for values in (3);"
    " create index i_d on d (b); alter table p rename a to k; alter table p drop b;"
    " alter table p detach partition e; drop table p;",
    "a table like another": "create table t (a int, constraint c check (a > 0));"
    " create table u (like t including all, z int); create index i on u (a); alter table u drop a;",
    "what CASCADE takes": "create type m as enum (); create table t (a int primary key, b m);"
    " create view v as select a from t; create view w as select a from v;"
    " create table u (a m, c int); create function f() returns trigger language plpgsql as"
    " 'begin return new; end'; create trigger g before insert on u for each row"
    " execute function f(); create policy o on u using (exists (select from t));"
    " drop type m cascade; drop function f cascade; drop table t cascade;",
    "a trigger and a policy": "create table t (); create policy p on t using (true);"
    " create policy q on t using (true); alter policy q on t rename to r; drop policy p on t;"
    " create trigger g before update on t for each row execute function"
    " suppress_redundant_updates_trigger(); drop trigger g on public.t;",
    "quotes and dots": 'create schema "a.b"; create table "a.b"."c.d" (); create schema "e""f";'
    ' create table "e""f"."g.h" ("i.j" int); create index "k.l" on "e""f"."g.h" ("i.j");'
    ' drop table "a.b"."c.d"; alter table "e""f"."g.h" drop column "i.j";',
    "a temporary table in a name's way": "create table public.t (); create temp table t (a int);"
    " create index i on t (a); drop table t; select 1 as a into temp x; select 1 as b into y;",
    "a materialized view": "create materialized view m as select 1 as a; create index i on m (a);"
    " alter materialized view m rename to n; drop materialized view n;",
    "if it exists": "create table t (a int); create table if not exists t (a int, b int);"
    " alter table if exists nowhere add column a int; drop table if exists nowhere;",
    "another kind of the same name": "create domain d as int constraint a check (value > 0);"
    " alter domain d rename constraint a to b; create table t (a int); create rule u as on insert"
    " to t do instead nothing; alter rule u on t rename to v; drop rule v on t;"
    " create schema x; create extension pg_trgm; alter extension pg_trgm set schema x;",
    "what a role owned": "create role adopt_r; create table t (); create table u (a int);"
    " create policy p on u to adopt_r using (true); alter table t owner to adopt_r;"
    " drop owned by adopt_r; drop role adopt_r;",
    "nothing twice": "create table if not exists p (); create table if not exists p ();",
}


@pytest.mark.parametrize("text", FAITHFUL.values(), ids=FAITHFUL.keys())
def test_what_the_migrations_themselves_left_is_never_called_missing(
    text: str, empty_database: str, project: Project
) -> None:
    root = project({"migrations/001_one.sql": text})
    run_files(empty_database, root)
    assert len(baseline(empty_database, root, 1)["changes"]) == 1


NOTICED = {
    "a column that a block dropped": (
        "create table t (a int, b int); do $$ begin alter table t drop b; end $$;",
        "create table t (a int, b int)",
        "column public.t.b is not part of the schema",
    ),
    "a schema of their own": (
        "create schema s; set search_path to s; create table t ();",
        "create schema s",
        "table s.t is missing",
    ),
    "an overload": (
        "create function f(int) returns int language sql return 1;",
        "create function f(text) returns int language sql return 1;",
        "function public.f(integer) is missing",
    ),
    "a partition": (
        "create table p (a int) partition by list (a); create table c partition of p default;",
        "create table p (a int) partition by list (a); create table c (a int);",
        "table public.c: partition bound differs",
    ),
}


@pytest.mark.parametrize(("files", "there", "said"), NOTICED.values(), ids=NOTICED.keys())
def test_what_the_migrations_left_is_missed_where_it_is_not(
    files: str, there: str, said: str, empty_database: str, project: Project
) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(there.encode())
    answer = baseline(empty_database, project({"migrations/001_one.sql": files}), 1, expect=6)
    assert said in found(answer)


def test_a_baseline_in_the_middle_leaves_the_rest_pending(
    empty_database: str, project: Project
) -> None:
    root = project(TREE)
    run_files(empty_database, root, last=2)
    baseline(empty_database, root, 2)
    applied = migrate(empty_database, root)["applied"]
    assert [(file["kind"], file["version"]) for file in applied] == [("migration", 3), ("view", 1)]


def test_a_baseline_beyond_what_is_there_is_refused(empty_database: str, project: Project) -> None:
    root = project(TREE)
    migrate(empty_database, root, "--target", "2")
    assert "table public.three is missing" in found(baseline(empty_database, root, 3, expect=6))
    assert baseline(empty_database, root, 2)["changes"] == []


def test_a_squash_is_said_by_a_baseline(empty_database: str, project: Project) -> None:
    root = project({**TREE, "migrations/004_four.sql": "create table public.four (id int);\n"})
    migrate(empty_database, root)
    for name in ("001_one", "002_two"):
        (root / f"migrations/{name}.sql").unlink()
    tables = "".join(f"create table public.{name} (id int);\n" for name in ("one", "two", "three"))
    (root / "migrations/003_three.sql").unlink()
    (root / "migrations/003_squashed.sql").write_text(tables, encoding="utf-8")
    changes = baseline(empty_database, root, 3)["changes"]
    assert [(change["what"], Path(change["file"]).stem) for change in changes] == [
        ("forgotten", "001_one"),
        ("forgotten", "002_two"),
        ("forgotten", "003_three"),
        ("baselined", "003_squashed"),
    ]
    assert migrate(empty_database, root)["applied"] == []
    assert baseline(empty_database, root, 3)["changes"] == []


def test_a_squash_that_makes_something_else_is_refused(
    empty_database: str, project: Project
) -> None:
    root = project(TREE)
    migrate(empty_database, root)
    for path in (root / "migrations").iterdir():
        path.unlink()
    project({"migrations/003_squashed.sql": "create table public.one (id int, more int);"})
    said = found(baseline(empty_database, root, 3, expect=6))
    assert "column public.one.more is missing" in said
    assert "2 relations outside these files: public.three, public.two" in said
    assert scalar(empty_database, "select count(*) from arami_db.migration") == 4


def test_a_baseline_below_an_edited_file_is_refused(empty_database: str, project: Project) -> None:
    root = project(TREE)
    migrate(empty_database, root)
    project({"migrations/001_one.sql": "create table public.one (id int); -- moved\n"})
    project({"migrations/003_three.sql": "create table public.three (id bigint);"})
    error = baseline(empty_database, root, 1, expect=6)["error"]
    assert "migration 3" in error["message"]


def test_files_that_a_new_database_cannot_run_can_be_entered_all_the_same(
    empty_database: str, project: Project
) -> None:
    root = project({"migrations/057_late.sql": "alter table public.old add column a int;"})
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create table public.old (a int)")
    error = baseline(empty_database, root, 57, expect=6)["error"]
    assert 'relation "public.old" does not exist' in error["message"]
    assert "057_late.sql:1:" in error["message"]
    assert "--accept-differences" in error["hint"]
    assert scalar(empty_database, "select to_regnamespace('arami_db')") is None
    baseline(empty_database, root, 57, "--accept-differences")
    assert migrate(empty_database, root)["applied"] == []
    said = scalar(empty_database, "select message from arami_db.event where event = 'baselined'")
    assert said.startswith("not compared: ")


def test_a_database_to_copy_must_be_empty_and_unused(
    empty_database: str, server: dict[str, str], project: Project
) -> None:
    root = project(TREE)
    run_files(empty_database, root)
    named = ("-d", empty_database, "--sql-dir", str(root), "--shadow")
    error = run_json("baseline", "3", *named, empty_database, expect=6)["error"]
    assert "public is not empty" in error["message"]
    with made(server) as copied, psycopg.connect(copied):
        error = run_json("baseline", "3", *named, copied, expect=6)["error"]
        assert "1 other session" in error["message"]
    assert scalar(empty_database, "select count(*) from pg_database where datname ~ 'shadow'") == 0


# What Supabase has before anybody migrates, and what a team's own files rely on there.
PLATFORM = """
    create schema auth;
    create type auth.level as enum ('one', 'two');
    create table auth.users (id uuid primary key, email text, level auth.level);
    create function auth.uid() returns uuid language sql as 'select null::uuid';
    create schema storage;
    create table storage.buckets (id text primary key, name text);
    create table storage.objects (id uuid, bucket_id text, owner uuid);
    create function storage.foldername(name text) returns text[] language sql as
    $$ select string_to_array(name, '/') $$;
    create schema extensions;
    create function extensions.fresh_id() returns uuid language internal as 'gen_random_uuid';
    alter default privileges for role adopt_owner in schema public
    grant all on tables to anon, authenticated, service_role;
    alter default privileges for role adopt_owner in schema public
    grant all on functions to postgres, anon, authenticated, service_role;
    create publication live with (publish = 'insert', publish_via_partition_root = true);
    grant usage on schema public to authenticated;
"""
OWN = """
    alter default privileges in schema public revoke all on functions from anon;
    create schema if not exists extensions;
    create table users (
        id uuid primary key default fresh_id() references auth.users (id) on delete cascade,
        level auth.level,
        owner name default current_user
    );
    grant select on users to adopt_reader;
    create policy mine on users using (id = auth.uid());
    create function f() returns trigger language plpgsql as $$ begin return new; end $$;
    create trigger on_auth_user_created after insert on auth.users
    for each row execute function f();
    insert into storage.buckets (id, name) values ('a', 'a') on conflict (id) do nothing;
    create policy seen on storage.objects using (storage.foldername(bucket_id) is not null);
    alter table users owner to adopt_owner;
    alter publication live add table users;
"""


def test_files_that_make_a_schema_of_the_platform_are_tried_without_it(
    empty_database: str, project: Project
) -> None:
    own = "create schema if not exists auth; create table auth.users (id int primary key);"
    root = project({"migrations/001_a.sql": f"{own} create table t (id int references auth.users)"})
    run_files(empty_database, root)
    assert len(baseline(empty_database, root, 1)["changes"]) == 1


@pytest.mark.usefixtures("template")
def test_a_team_of_its_own_on_a_server_like_supabase_is_adopted(
    empty_database: str, server: dict[str, str], project: Project
) -> None:
    root = project({"migrations/001_a.sql": OWN})
    named = ("--sql-dir", str(root))
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create role adopt_reader; create role adopt_owner login")
        try:
            connection.execute(PLATFORM)
            name = connection.info.dbname
            connection.execute(f"alter database {name} set search_path = public, extensions")
            connection.execute(f"grant create on database {name} to adopt_owner")
            for schema in ("public", "auth", "storage", "extensions"):
                connection.execute(f"grant all on schema {schema} to adopt_owner")
            connection.execute("alter publication live owner to adopt_owner")
            for table in ("auth.users", "storage.buckets", "storage.objects"):
                connection.execute(f"alter table {table} owner to adopt_owner")
            with psycopg.connect(empty_database, user="adopt_owner") as owner:
                owner.execute(OWN.encode())
            conninfo = make_conninfo(empty_database, user="adopt_owner")
            assert len(run_json("baseline", "1", "-d", conninfo, *named)["changes"]) == 1
        finally:
            connection.execute("drop owned by adopt_owner, adopt_reader cascade")
            connection.execute("drop role adopt_owner; drop role adopt_reader")


@pytest.mark.usefixtures("template")
def test_what_a_dump_of_the_platform_repeats_is_no_difference(
    empty_database: str, project: Project
) -> None:
    own = "alter default privileges in schema public grant all on tables to anon;"
    root = project({"migrations/001_a.sql": own})
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create role adopt_platform")
        try:
            connection.execute("create schema auth authorization adopt_platform")
            connection.execute("create function auth.uid() returns uuid return null::uuid")
            connection.execute(own.encode())
            assert len(baseline(empty_database, root, 1)["changes"]) == 1
            connection.execute("drop schema arami_db cascade; create publication leak")
            connection.execute("create table public.t (); alter publication leak add table t")
            # What a neighbour publishes of its own is its affair; all that comes to be is not.
            assert len(baseline(empty_database, root, 1)["changes"]) == 1
            connection.execute("drop schema arami_db cascade; drop publication leak")
            connection.execute("create publication leak for tables in schema public")
            said = found(baseline(empty_database, root, 1, expect=6))
            assert "publication leak sends schema public to its subscribers" in said
        finally:
            connection.execute("drop owned by adopt_platform cascade; drop role adopt_platform")


def test_the_throw_away_database_of_a_killed_baseline_goes_with_the_next(
    empty_database: str, server: dict[str, str], project: Project
) -> None:
    shadow = make_conninfo(empty_database, dbname="postgres")
    left = "select count(*) from pg_database where datname ~ '^arami_db_shadow_'"
    slow = project({"migrations/001_a.sql": "select pg_sleep(600);"})
    named = ("--sql-dir", str(slow), "--shadow", shadow)
    killed = start_cli("baseline", "1", "-d", empty_database, *named)
    asleep = "select 1 from pg_stat_activity where query = 'select pg_sleep(600)'"
    eventually("it tries the file", lambda: scalar(shadow, asleep))
    project({"migrations/001_a.sql": "select 1;"})
    with made(server) as other:
        run_cli("baseline", "1", "-d", other, *named)
    assert scalar(shadow, left) == 1
    killed.kill()
    killed.communicate()
    eventually("its session ends", lambda: scalar(shadow, asleep) is None)
    run_cli("baseline", "1", "-d", empty_database, *named)
    assert scalar(shadow, left) == 0


def test_the_throw_away_server_of_a_killed_baseline_goes_with_the_next(
    empty_database: str, project: Project
) -> None:
    slow = project({"migrations/001_a.sql": "select pg_sleep(600);"})
    temporary = Path(tempfile.mkdtemp(prefix="arami-test-"))
    temporary.chmod(0o711)  # the server's account, when root runs the tests, must get in
    args = ("baseline", "1", "-d", empty_database, "--sql-dir", str(slow))
    killed = start_cli(*args, TMPDIR=str(temporary))
    running = "*/server/pg[0-9][0-9]/postmaster.pid"
    eventually("the throw-away server runs", lambda: list(temporary.glob(running)))
    killed.kill()
    killed.communicate()
    assert list(temporary.iterdir())
    project({"migrations/001_a.sql": "select 1;"})
    run_cli(*args, TMPDIR=str(temporary))
    temporary.rmdir()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_baseline_leaves_no_server(
    empty_database: str, project: Project, number: signal.Signals
) -> None:
    slow = project({"migrations/001_a.sql": "select pg_sleep(600);"})
    temporary = Path(tempfile.mkdtemp(prefix="arami-test-"))
    temporary.chmod(0o711)
    args = ("baseline", "1", "-d", empty_database, "--sql-dir", str(slow))
    interrupted = start_cli(*args, TMPDIR=str(temporary))
    running = "*/server/pg[0-9][0-9]/postmaster.pid"
    eventually("the throw-away server runs", lambda: list(temporary.glob(running)))
    interrupted.send_signal(number)
    interrupted.communicate()
    assert interrupted.returncode == 130
    temporary.rmdir()


def test_a_baseline_names_a_version_that_exists(empty_database: str, project: Project) -> None:
    root = project(TREE)
    for version in ("9", "0", "one"):
        run_cli("baseline", version, "-d", empty_database, "--sql-dir", str(root), expect=2)
    run_cli("baseline", "-d", empty_database, "--sql-dir", str(root), expect=2)
    assert scalar(empty_database, "select to_regnamespace('arami_db')") is None


# --- repair -------------------------------------------------------------------------------------


@pytest.fixture
def migrated(empty_database: str, project: Project) -> Path:
    """A directory whose first two migrations are in the database."""
    root = project(TREE)
    migrate(empty_database, root, "--target", "2")
    return root


def states(conninfo: str, root: Path) -> dict[str, str]:
    """The state of every entry by its number."""
    files = run_json("status", "-d", conninfo, "--sql-dir", str(root))["files"]
    return {f"{file['kind']}s/{file['version']}": file["state"] for file in files}


def test_an_edit_is_accepted_version_by_version(empty_database: str, migrated: Path) -> None:
    for name in ("001_one", "002_two"):
        path = migrated / f"migrations/{name}.sql"
        path.write_text(path.read_text(encoding="utf-8") + "select 1;", encoding="utf-8")
    found = repair(empty_database, migrated, "--accept", "2")
    assert [change["what"] for change in found["changes"]] == ["repaired"]
    assert states(empty_database, migrated)["migrations/1"] == "changed"
    assert states(empty_database, migrated)["migrations/2"] == "applied"
    repair(empty_database, migrated, "--accept", "001")
    assert len(migrate(empty_database, migrated)["applied"]) == 2


def test_a_file_that_is_gone_is_forgotten(empty_database: str, migrated: Path) -> None:
    migrate(empty_database, migrated)
    (migrated / "migrations/003_three.sql").unlink()
    (migrated / "views/001_v.sql").unlink()
    migrate(empty_database, migrated, expect=6)
    found = repair(empty_database, migrated, "--forget", "3", "--forget", "views/1")
    assert [change["what"] for change in found["changes"]] == ["forgotten", "forgotten"]
    assert migrate(empty_database, migrated)["applied"] == []
    assert scalar(empty_database, "select to_regclass('public.three')") == "three"
    assert scalar(
        empty_database, "select count(*) from arami_db.event where event = 'forgotten'"
    ) == (2)


def test_a_version_is_entered_without_running_it(empty_database: str, migrated: Path) -> None:
    repair(empty_database, migrated, "--applied", "3")
    assert scalar(empty_database, "select to_regclass('public.three')") is None
    assert states(empty_database, migrated)["migrations/3"] == "applied"
    assert [file["kind"] for file in migrate(empty_database, migrated)["applied"]] == ["view"]
    assert (
        scalar(empty_database, "select origin from arami_db.migration where version = 3")
        == "repair"
    )


WRONG = {
    "nothing asked for": (),
    "accept what is unchanged": ("--accept", "1"),
    "accept what is pending": ("--accept", "3"),
    "forget what is there": ("--forget", "1"),
    "forget what is pending": ("--forget", "3"),
    "apply what is applied": ("--applied", "1"),
    "an unknown version": ("--applied", "77"),
    "no number": ("--accept", "one"),
    "another kind": ("--accept", "seeds/1"),
    "a right and a wrong one": ("--applied", "3", "--accept", "1"),
}


@pytest.mark.parametrize("args", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_repair_is_refused_and_changes_nothing(
    args: tuple[str, ...], empty_database: str, migrated: Path
) -> None:
    before = scalar(empty_database, "select array_agg(m::text) from arami_db.migration as m")
    error = repair(empty_database, migrated, *args, expect=2)["error"]
    assert error["type"] == "Usage"
    assert (
        scalar(empty_database, "select array_agg(m::text) from arami_db.migration as m") == before
    )


def test_a_bare_repair_says_what_could_be_asked_for(
    empty_database: str, migrated: Path, project: Project
) -> None:
    project({"migrations/001_one.sql": "create table public.one (id int); -- edited"})
    (migrated / "migrations/002_two.sql").unlink()
    (migrated / "migrations/003_three.sql").unlink()
    hint = repair(empty_database, migrated, expect=2)["error"]["hint"]
    assert "repair --accept 1" in hint
    assert "repair --forget 2" in hint


def test_a_repair_without_a_ledger_is_refused(empty_database: str, project: Project) -> None:
    root = project(TREE)
    error = repair(empty_database, root, "--applied", "1", expect=6)["error"]
    assert "no ledger" in error["message"]


def test_a_failure_is_settled_by_a_repair(empty_database: str, project: Project) -> None:
    root = project({"migrations/001_a.sql": "select 1", "migrations/002_b.sql": "select 1 / 0"})
    migrate(empty_database, root, expect=1)
    repair(empty_database, root, "--applied", "2")
    found = run_json("status", "-d", empty_database, "--sql-dir", str(root), "--check")
    assert found["failures"] == []


def test_neighbours_are_no_difference_and_what_later_files_make_is_one(
    empty_database: str, project: Project
) -> None:
    root = project(TREE)
    migrate(empty_database, root)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("drop schema arami_db cascade; create table public.invoices (id int)")
        connection.execute(
            "create function public.bill() returns int language sql security definer return 1"
        )
    said = found(baseline(empty_database, root, 2, expect=6))
    assert "table public.three is not part of the schema" in said
    assert not [one for one in said if "invoices" in one or "bill" in one]
    told = run_cli("baseline", "3", "-d", empty_database, "--sql-dir", str(root)).stderr
    assert "1 relation and 1 function outside these files: public.invoices, public.bill()" in told
    event = "select count(*) from arami_db.event where message is not null"
    assert scalar(empty_database, event) == 0
