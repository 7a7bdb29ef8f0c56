"""Beside an application's other migrations, on a server that is set up as Supabase sets one up."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from arami_db.embedded.binaries import runnable
from arami_db.embedded.privileges import server_account
from arami_db.files import packaged_sql_dir
from tests import servers
from tests.conftest import Run, end, rows, run_cli, run_json, start_cli_in, unfolded
from tests.test_verify import execute

HERE = Path(__file__).parent
ROLES = """
create role supabase_admin superuser;
create role anon noinherit; create role authenticated noinherit;
create role service_role noinherit bypassrls; create role authenticator login noinherit;
create role supabase_auth_admin createrole; create role supabase_storage_admin createrole;
create role app login createrole createdb bypassrls;
grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role to app with admin option;
"""
# As an application's own migrations are: nothing of it names a schema or a constraint.
NEIGHBOURS = """
create type app_role as enum ('owner', 'member');
create table teams (
    id bigint generated always as identity primary key, name text unique, updated_at timestamptz
);
alter table teams enable row level security;
create policy "Teams can be read" on teams for select to authenticated using (true);
create table memberships (
    team_id bigint references teams on delete cascade,
    user_id uuid references auth.users on delete cascade,
    role app_role,
    primary key (team_id, user_id)
);
create index on memberships (user_id);
alter table memberships enable row level security;
create policy own on memberships using ((select auth.uid()) = user_id);
create table invoices (
    id serial primary key,
    user_id uuid not null references users on delete cascade,
    team_id bigint references teams on delete set null,
    cents int check (cents > 0)
);
create index on invoices (user_id); create index on invoices (team_id);
alter table invoices enable row level security;
create policy "Own invoices" on invoices for all to authenticated
using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
create trigger stamp before update on teams
for each row execute function update_updated_at_column();
create view open_invoices with (security_invoker) as select id, cents from invoices;
create function due(integer) returns bigint language sql stable set search_path = ''
as 'select sum(cents) from public.invoices where id = $1';
"""
NAMES = (
    "public.invoices",
    "public.memberships",
    "public.teams",
    "public.open_invoices",
    "public.due(integer)",
)
SAID = "4 relations, 1 function and 1 type outside these files: " + ", ".join(NAMES)


@pytest.fixture(scope="module")
def supabase() -> Iterator[str]:
    """A server with the platform's roles, as superuser; `made` is its template."""
    with servers.folder() as place:
        programs = Path(runnable(place, server_account()).tool("postgres")).parent
        with servers.running(programs, place, options="-c wal_level=logical") as conninfo:
            execute(conninfo, ROLES, "create database made owner supabase_admin")
            made = make_conninfo(conninfo, dbname="made")
            execute(made, (HERE / "supabase.sql").read_text(encoding="utf-8"))
            execute(made, "grant create on database made to app")
            yield conninfo


@pytest.fixture(scope="module")
def migrated(supabase: str) -> str:
    """The name of a migrated one."""
    execute(supabase, "create database migrated template made owner supabase_admin")
    own = make_conninfo(supabase, dbname="migrated")
    execute(own, "grant create on database migrated to app")
    run_cli("migrate", "-d", make_conninfo(own, user="app"))
    return "migrated"


def cloned(supabase: str, template: str) -> str:
    name = f"test_{uuid.uuid4().hex[:12]}"
    execute(supabase, f"create database {name} template {template} owner app")
    return make_conninfo(supabase, dbname=name, user="app")


@pytest.fixture
def database(supabase: str, migrated: str) -> str:
    """A migrated database of the test's own, as the role that migrates; not a superuser."""
    return cloned(supabase, migrated)


@pytest.fixture(scope="module")
def with_neighbours(supabase: str, migrated: str) -> str:
    """One with neighbours, which no test changes."""
    conninfo = cloned(supabase, migrated)
    execute(conninfo, NEIGHBOURS)
    return conninfo


@pytest.fixture
def verify(database: str, tmp_path: Path) -> Callable[..., Run]:
    """Verify in a folder that may hold settings."""

    def verify(*args: str, expect: int = 0) -> Run:
        return end(start_cli_in(tmp_path, "verify", "-d", database, *args), expect)

    return verify


def found(run: Run) -> list[dict[str, Any]]:
    findings: list[dict[str, Any]] = json.loads(run.stdout)["findings"]
    return findings


def test_neighbours_are_stated_once_and_declared_they_are_no_finding(
    database: str, verify: Callable[..., Run], tmp_path: Path
) -> None:
    execute(database, NEIGHBOURS)
    [finding] = found(verify("--format", "json", expect=4))
    assert finding["message"] == f"{SAID}, and 1 more"
    assert (finding["severity"], finding["source"]) == ("integrity", "facts")
    assert finding["remedy"] is None
    beside = {one["object"] for one in finding["consequences"]}
    assert beside == {*NAMES, "public.app_role"}
    verify("--fail-on", "security")

    header, _, entries = finding["advice"].partition("\n")
    assert header == "Declare them in arami-db.toml, each with its reason:"
    (tmp_path / "arami-db.toml").write_text(entries, encoding="utf-8")
    text = verify().stdout
    assert text.count("outside these files, as declared: ") == 1
    assert "4 relations" in text
    assert "1 function" in text
    assert text.endswith("\nclean\n")
    # What a neighbour finds by the search path of the platform, it finds in the proof as well.
    name = psycopg.conninfo.conninfo_to_dict(database)["dbname"]
    execute(
        database,
        f'alter database {name} set search_path = "$user", public, extensions',
        "create function extensions.nothing() returns bigint language sql return 0",
        "create or replace function due(integer) returns bigint language plpgsql stable"
        " as 'begin return nothing(); end'",
    )
    verify("--prove-rls", "--ignore", "006_function_search_path/*")


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit", "github"])
def test_every_format_states_them_with_the_way_out(form: str, with_neighbours: str) -> None:
    said = run_cli("verify", "-d", with_neighbours, "--format", form, expect=4).stdout
    assert SAID in said
    assert "public.app_role" in said
    assert "made by other migrations" in said


def test_no_remedy_drops_what_is_somebody_elses(
    database: str, verify: Callable[..., Run], tmp_path: Path
) -> None:
    execute(
        database,
        NEIGHBOURS,
        "create table kid () inherits (daily_sessions); create table bare (id int)",
        "create index extra on daily_sessions (id, user_id)",
        "alter publication supabase_realtime add table invoices, daily_sessions",
    )
    verify("--remedies", str(tmp_path / "remedies.sql"), expect=4)
    script = (tmp_path / "remedies.sql").read_text(encoding="utf-8")
    assert "drop index public.extra;" in script
    assert "alter table public.kid no inherit public.daily_sessions;" in script
    assert "drop table public.daily_sessions;" in script  # out of the publication, that is
    assert script.count("drop table") == 1
    for word in ("drop view", "drop function", "drop type", "drop publication"):
        assert word not in script
    execute(database, script)
    there = rows(database, "select to_regclass(name) is not null from unnest(%s::text[]) as name",
                 [*NAMES[:4], "public.kid", "public.bare"])  # fmt: skip
    assert set(there) == {(True,)}


# What a neighbour does to our objects, or to anybody: how grave it is, from where, and a word.
FOUND = {
    "no row level security": (
        "create table bare (id int primary key)",
        ("security", "001_rls_disabled", "Row level security is off"),
    ),
    "a policy for people who have not signed in": (
        NEIGHBOURS + "create policy p on teams for select to anon using (name <> '')",
        ("security", "002_policy_for_anon", "applies to anon"),
    ),
    "a policy for everybody that asks more than who somebody is": (
        NEIGHBOURS + "create policy p on invoices using (auth.uid() = user_id or team_id = 1)",
        ("security", "002_policy_for_anon", "applies to public"),
    ),
    "a view of everybody's transcripts": (
        "create view transcripts as select * from daily_sessions",
        ("security", "facts", "anon reaches public.daily_sessions: view public.transcripts"),
    ),
    "a function that reads ours for anybody": (
        "create function everybody() returns setof users language sql security definer"
        " set search_path = pg_catalog, pg_temp as 'table public.users'",
        ("security", "facts", "anon reaches function public.everybody(): execute granted"),
    ),
    "a materialized view": (
        "create materialized view totals as select count(*) from users",
        ("security", "004_view_security_invoker", "materialized view"),
    ),
    "a trigger on ours": (
        "create trigger t before insert on users"
        " for each row execute function update_updated_at_column()",
        ("security", "facts", "trigger public.users.t is not part of the schema"),
    ),
    "a key that keeps an account from going": (
        NEIGHBOURS + "alter table teams add owner uuid references users",
        ("integrity", "015_account_deletion", "blocks account deletion"),
    ),
    "a key that keeps a login from going": (
        NEIGHBOURS + "alter table teams add owner uuid references auth.users",
        ("integrity", "015_account_deletion", "blocks account deletion"),
    ),
    "a key that keeps the archive from moving a session": (
        NEIGHBOURS + "alter table invoices add s uuid references daily_sessions",
        ("integrity", "015_account_deletion", "blocks the archive"),
    ),
    "rows that outlive the account": (
        NEIGHBOURS + "alter table invoices drop constraint invoices_user_id_fkey",
        ("integrity", "015_account_deletion", "these rows outlive the account"),
    ),
    "a child of ours": (
        "create table kid () inherits (users)",
        ("security", "facts", "table public.kid: inherits public.users differs"),
    ),
    "a rule on ours": (
        "create rule r as on delete to users do instead nothing",
        ("security", "facts", "rule public.users.r is not part of the schema"),
    ),
    "a grant on ours": (
        "grant select on users to anon",
        ("security", "facts", "grant table public.users: anon select differs"),
    ),
    "TRUNCATE that no default gives": (
        "create role auditor; create table mine (id int primary key);"
        " alter table mine enable row level security;"
        " grant truncate on mine to authenticated with grant option",
        ("security", "008_dangerous_privileges", "TRUNCATE is granted to authenticated"),
    ),
    "ours under another name": (
        "alter table user_streaks rename to streaks",
        ("security", "facts", "table public.user_streaks is missing"),
    ),
}


# All that may be declared of them.
DECLARED = {
    "table": ("teams", "memberships", "invoices", "bare", "kid", "mine", "streaks"),
    "view": ("open_invoices", "transcripts"),
    "materialized-view": ("totals",),
    "function": ("due(integer)", "everybody()"),
    "type": ("app_role",),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_a_neighbour_does_is_a_finding_of_its_own_declared_or_not(
    name: str, database: str, verify: Callable[..., Run], tmp_path: Path
) -> None:
    statement, (severity, source, word) = FOUND[name]
    execute(database, statement)
    entries = "".join(
        f'[[accept]]\n{kind} = "public.{of}"\nreason = "ours"\n'
        + "definer = true\n" * (kind == "function")
        for kind, names in DECLARED.items()
        for of in names
    )
    (tmp_path / "arami-db.toml").write_text(entries, encoding="utf-8")
    findings = unfolded(found(verify("--format", "json", expect=4)))
    assert any(
        (f["severity"], f["source"]) == (severity, source) and word in f["message"]
        for f in findings
    )
    assert not [f for f in findings if "outside these files" in f["message"]]


def test_a_function_in_a_schema_of_the_apps_own_can_be_declared(
    database: str, verify: Callable[..., Run], tmp_path: Path
) -> None:
    """As basejump has them: policies ask one, a trigger of a table beside it calls the other."""
    execute(
        database,
        "create schema app; grant usage on schema app to authenticated",
        'create table app."a, b" (id int primary key); grant insert on app."a, b" to authenticated',
        "create function app.may(int) returns boolean language sql security definer"
        " set search_path = pg_catalog, pg_temp return $1 > 0",
        "create function app.added() returns trigger language plpgsql security definer"
        " set search_path = pg_catalog, pg_temp as 'begin return new; end'",
        "revoke execute on all functions in schema app from public",
        "grant execute on function app.may to authenticated",
        'create trigger t after insert on app."a, b" for each row execute function app.added()',
    )
    entry = '[[accept]]\nfunction = "app.{}"\n{}reason = "roles"\n'
    names = ("added()", "may(integer)")
    findings = found(verify("--format", "json", expect=4))
    assert {f["object"] for f in findings} == {'app."a, b"', "app.may(integer)"}
    assert {f["severity"] for f in findings} == {"security"}
    advice = [f["advice"] for f in findings if f["advice"]]
    assert advice == [
        'Drop what calls the function on app."a, b", or revoke what authenticated may do there.'
    ]
    settings = tmp_path / "arami-db.toml"
    settings.write_text("".join(entry.format(name, "") for name in names))
    assert len(found(verify("--format", "json", expect=4))) == 2
    settings.write_text("".join(entry.format(name, "definer = true\n") for name in names))
    verify()
    execute(
        database, "grant usage on schema app to anon; grant execute on function app.may to anon"
    )
    [finding] = found(verify("--format", "json", expect=4))
    assert finding["message"].startswith("anon reaches function app.may(integer)")
    execute(
        database,
        "revoke execute on function app.may from anon",
        "create trigger t after insert on users for each row execute function app.added()",
    )
    assert "trigger public.users.t" in verify(expect=4).stdout


PUBLISHED = {
    "a table": (
        "alter publication supabase_realtime add table daily_sessions",
        "public.daily_sessions",
        "alter publication supabase_realtime drop table public.daily_sessions;",
    ),
    "a table beside a neighbour's": (
        "create table messages (id int primary key); alter table messages enable row level"
        " security; create policy own on messages to authenticated using (id = 1);"
        " alter publication supabase_realtime add table messages, daily_sessions",
        "public.daily_sessions",
        "alter publication supabase_realtime drop table public.daily_sessions;",
    ),
    "columns and rows of one": (
        "alter publication supabase_realtime add table daily_sessions (id, user_id)"
        " where (session_date > '2020-01-01')",
        "public.daily_sessions",
        "alter publication supabase_realtime drop table public.daily_sessions;",
    ),
    "the schema": (
        "set role supabase_admin; alter publication supabase_realtime owner to supabase_admin;"
        " alter publication supabase_realtime add tables in schema public",
        "schema public",
        "alter publication supabase_realtime drop tables in schema public;",
    ),
    "everything": (
        "drop publication supabase_realtime; create publication supabase_realtime for all tables"
        " with (publish = 'insert, update')",
        "all tables",
        "drop publication supabase_realtime;\n"
        "create publication supabase_realtime with (publish = 'insert, update');",
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_supabase_realtime_sends_is_a_finding_with_a_remedy_or_declared(
    name: str, supabase: str, database: str, verify: Callable[..., Run], tmp_path: Path
) -> None:
    statement, what, remedy = PUBLISHED[name]
    admin = make_conninfo(database, user=psycopg.conninfo.conninfo_to_dict(supabase)["user"])
    execute(admin, f"set role supabase_admin; {statement}")
    findings = found(verify("--format", "json", expect=4))
    [sent] = [f for f in findings if f["object"] == "supabase_realtime"]
    assert sent["message"] == (f"publication supabase_realtime sends {what} to its subscribers")
    assert (sent["severity"], sent["remedy"]) == ("security", remedy)
    declared = '[[accept]]\npublication = "supabase_realtime"\nreason = "live"\n'
    tables = '[[accept]]\ntable = "public.messages"\nreason = "chat"\n'
    (tmp_path / "arami-db.toml").write_text(declared + tables * ("messages" in statement))
    verify()
    (tmp_path / "arami-db.toml").unlink()
    execute(admin, remedy)
    assert not [f for f in found(verify("--format", "json", expect=4 * ("messages" in statement)))
                if f["object"] == "supabase_realtime"]  # fmt: skip


def test_what_a_neighbour_publishes_is_its_own(database: str, verify: Callable[..., Run]) -> None:
    execute(database, NEIGHBOURS, "alter publication supabase_realtime add table invoices, teams")
    [finding] = found(verify("--format", "json", expect=4))
    assert finding["message"] == f"{SAID}, and 1 more"


PLATFORM = ["auth", "storage", "realtime", "cron", "extensions"]


def fingerprint(conninfo: str) -> list[tuple[Any, ...]]:
    """What the platform's schemas are, and every row in them but logins."""
    query = (HERE / "fingerprint.sql").read_text(encoding="utf-8")
    with psycopg.connect(conninfo) as connection:
        written = connection.execute(query.encode(), {"schemas": PLATFORM}).fetchall()
        tables = connection.execute(
            "select oid::regclass::text from pg_class where relkind = 'r' and relnamespace ="
            " any(%s::text[]::regnamespace[]) and oid <> 'auth.users'::regclass order by 1",
            [PLATFORM],
        ).fetchall()
        for (table,) in tables:
            written += connection.execute(
                f"select '{table}', xmin::text, t::text from {table} as t order by 3".encode()
            ).fetchall()
    return written


def test_the_platforms_schemas_are_left_as_they_are(supabase: str, tmp_path: Path) -> None:
    database = cloned(supabase, "made")
    admin = make_conninfo(database, user=psycopg.conninfo.conninfo_to_dict(supabase)["user"])
    before = fingerprint(admin)
    assert {row[0] for row in before} >= {"pg_policy", "pg_trigger", "pg_description", "cron.job"}
    run_cli("migrate", "-d", database)
    run_cli("seed", "--yes", "-d", database)
    report = run_json("verify", "--prove-rls", "-d", database)
    assert report["findings"] == []
    execute(database, "update daily_sessions set created_at = now() - interval '3 years'")
    assert run_json("archive", "--vacuum", "-d", database)["sessions"] > 0
    run_cli("archive", "restore", "--all", "-d", database)
    run_cli("maintain", "-d", database)
    execute(database, NEIGHBOURS.replace("references auth.users on delete cascade", ""))
    run_cli("verify", "--remedies", str(tmp_path / "remedies.sql"), "-d", database, expect=4)
    execute(database, "drop schema arami_db cascade")
    last = max(int(path.name[:3]) for path in (packaged_sql_dir() / "migrations").iterdir())
    shadow = cloned(supabase, "made")
    told = run_cli("baseline", str(last), "-d", database, "--shadow", shadow).stderr
    assert SAID in told
    assert fingerprint(admin) == before
    execute(admin, "comment on table cron.job is 'Jobs.'")  # as it is; it has been written, though
    assert fingerprint(admin) != before
