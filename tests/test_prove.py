"""The proof of row level security: silent on the schema, loud at holes, and without a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import psycopg
import pytest

from arami_db.files import packaged_sql_dir
from arami_db.prove import Proof, prove
from arami_db.rows.values import word
from tests.conftest import made
from tests.documented import TABLES, Connection, tables, value

# What an owner's view would show of everybody; and functions that answer anyone about anyone.
NOTES = """
    create table public.notes (
        id bigint generated always as identity primary key,
        user_id uuid not null references public.users (id) on delete cascade,
        kind text not null check (kind in ('plain', 'secret')),
        body varchar(20) not null check (char_length(body) >= 15)
    );
"""
NOTES_PROTECTED = """
    alter table public.notes enable row level security;
    create policy own on public.notes to authenticated
        using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
    revoke all on public.notes from public, anon, authenticated, service_role;
    grant select, insert, update, delete on public.notes to authenticated, service_role;
"""
IMPOSSIBLE = (
    f"{NOTES} alter table public.notes add check (char_length(body) > 10 and body = kind);"
    f"{NOTES_PROTECTED}"
)
WIDE_OPEN = "alter default privileges in schema public grant all on tables to anon, authenticated;"
SESSIONS = "public.daily_sessions"
ANALYTICS = "public.session_analytics"


def policy(table: str, command: str, clause: str, role: str = "authenticated") -> str:
    """One more permissive policy."""
    return f"create policy hole on public.{table} for {command} to {role} {clause}"


def definer(name: str, arguments: str, returns: str, body: str) -> str:
    """A function that runs with its owner's rights and the roles that may call it."""
    return (
        f"create function public.{name}({arguments}) returns {returns} language sql stable"
        f" security definer set search_path = '' as $${body}$$"
    )


# Holes in tables, and in views and functions: how each is made, and the object it must be found in.
TABLE_HOLES = {
    "select using true": (policy("user_goals", "select", "using (true)"), "public.user_goals"),
    "insert with check true": (
        policy("onboarding_profiles", "insert", "with check (true)"),
        "public.onboarding_profiles",
    ),
    "insert for a new user": (
        policy("users", "insert", "with check (true)"),
        "public.users",
    ),
    "update using true": (
        policy("ritual_preferences", "update", "using (true)"),
        "public.ritual_preferences",
    ),
    "update using true, own rows to come of it": (
        policy("user_streaks", "update", "using (true) with check (user_id = auth.uid())"),
        "public.user_streaks",
    ),
    "update with check true": (
        policy("daily_sessions", "update", "using (user_id = auth.uid()) with check (true)"),
        SESSIONS,
    ),
    "delete using true": (
        policy("virtue_collection", "delete", "using (true)"),
        "public.virtue_collection",
    ),
    "all with check true": (
        'alter policy "Users can only access their own categories"'
        " on public.user_emotional_categories with check (true)",
        "public.user_emotional_categories",
    ),
    "policy and grant for anon": (
        policy("enneagram_assessments", "select", "using (true)", "public")
        + "; grant select on public.enneagram_assessments to anon",
        "public.enneagram_assessments",
    ),
    "grant and no RLS for anon": (
        "alter table public.users disable row level security;"
        "revoke all on public.users from authenticated; grant select on public.users to anon",
        "public.users",
    ),
    "one column for anon": (
        policy("onboarding_profiles", "select", "using (true)", "public")
        + "; grant select (disc_type) on public.onboarding_profiles to anon",
        "public.onboarding_profiles",
    ),
    "nobody is signed in, so everybody is": (
        policy("ritual_preferences", "select", "using (auth.uid() is null)"),
        "public.ritual_preferences",
    ),
    "whom the user says to be": (
        policy(
            "user_streaks",
            "select",
            "using (user_id::text = nullif(current_setting('request.jwt.claims', true), '')::jsonb"
            " -> 'user_metadata' ->> 'user_id')",
        ),
        "public.user_streaks",
    ),
    "whom a header says": (
        policy(
            "virtue_collection",
            "select",
            "using (user_id::text ="
            " nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-user-id')",
        ),
        "public.virtue_collection",
    ),
    "rows of nobody for everybody to write": (
        policy("app_settings", "all", "using (user_id is null) with check (user_id is null)"),
        "public.app_settings",
    ),
    "rows of nobody to delete": (
        policy("app_settings", "delete", "using (user_id is null)"),
        "public.app_settings",
    ),
    "a trigger that touches others' rows": (
        "create function public.w() returns trigger language plpgsql security definer"
        " set search_path = '' as $$ begin update public.user_goals set updated_at = now()"
        " where user_id <> new.user_id; return null; end $$;"
        " revoke all on function public.w() from public, anon, authenticated;"
        " create trigger w after update on public.ritual_preferences"
        " for each row execute function public.w()",
        "public.ritual_preferences",
    ),
    "a rule that touches others' rows": (
        "create rule r as on update to public.ritual_preferences"
        " do also update public.user_goals set goal_text = 'mine'",
        "public.ritual_preferences",
    ),
    "foreign key to the session alone": (
        "alter table public.session_analytics drop constraint fk_session_analytics_daily_sessions,"
        " add foreign key (session_id) references public.daily_sessions (id) on delete cascade",
        ANALYTICS,
    ),
    "archive without policy and RLS": (
        'drop policy "Users can only access their own archived sessions"'
        " on public.daily_sessions_archive;"
        "alter table public.daily_sessions_archive disable row level security",
        "public.daily_sessions_archive",
    ),
    "new table, default privileges, no RLS": (WIDE_OPEN + NOTES, "public.notes"),
    "new table without foreign key": (
        WIDE_OPEN + "create table public.drafts (user_id uuid, body text)",
        "public.drafts",
    ),
    "new child of a session": (
        WIDE_OPEN + "create table public.remarks (id int primary key, session_id uuid not null"
        " references public.daily_sessions (id) on delete cascade)",
        "public.remarks",
    ),
    "truncate": ("grant truncate on public.user_goals to authenticated", "public.user_goals"),
    "truncate of a parent": ("grant truncate on public.daily_sessions to anon", SESSIONS),
}
OTHER_HOLES = {
    "view of the owner": (
        "alter view public.user_dashboard set (security_invoker = false)",
        "public.user_dashboard",
    ),
    "new view of the owner, without ids": (
        "create view public.talk as select conversation_transcript from public.daily_sessions;"
        "grant select on public.talk to authenticated",
        "public.talk",
    ),
    "materialized view": (
        "create materialized view public.everyone as select email from public.users;"
        "grant select on public.everyone to authenticated",
        "public.everyone",
    ),
    "security definer summary": (
        "alter function public.get_session_summary(uuid, integer) security definer",
        "public.get_session_summary(user_uuid uuid, days_back integer)",
    ),
    "security definer rows": (
        definer("all_goals", "", "setof public.user_goals", "select * from public.user_goals")
        + "; grant execute on function public.all_goals() to anon",
        "public.all_goals()",
    ),
    "security definer by the id of a row": (
        definer(
            "transcript",
            "session uuid",
            "text",
            "select coalesce(virtue_earned, '-') from public.daily_sessions where id = session",
        ),
        "public.transcript(session uuid)",
    ),
    "security definer that deletes": (
        "create function public.erase(who uuid) returns void language sql security definer"
        " set search_path = '' as $$delete from public.user_goals where user_id = who$$",
        "public.erase(who uuid)",
    ),
    "security definer that believes a temporary table": (
        "create function public.peek() returns setof public.user_goals language plpgsql stable"
        " security definer as $$ begin return query select g.* from public.user_goals g where"
        " exists (select from app_settings where setting_type = 'user' and user_id = auth.uid())"
        " and 'pg_temp' = any (select nspname from pg_class c join pg_namespace n"
        " on n.oid = relnamespace where c.oid = 'app_settings'::regclass) is not true;"
        " end $$; delete from public.app_settings",
        "public.peek()",
    ),
}
# The owner of an extension may say that something is a member of it.
TABLE_HOLES["member of an extension"] = (
    f"{NOTES} grant all on public.notes to authenticated;"
    " alter extension plpgsql add table public.notes",
    "public.notes",
)
OTHER_HOLES["view that is a member of an extension"] = (
    "create view public.member as select conversation_transcript from public.daily_sessions;"
    " grant select on public.member to authenticated;"
    " alter extension plpgsql add view public.member",
    "public.member",
)
OTHER_HOLES["function that is a member of an extension"] = (
    definer("members", "", "setof public.user_goals", "select * from public.user_goals")
    + "; alter extension plpgsql add function public.members()",
    "public.members()",
)
HOLES = TABLE_HOLES | OTHER_HOLES
# Broken promises: how each is broken, and what in which object can then not be done.
PROMISES = {
    "a policy against every insert": (
        "create policy no on public.virtue_collection as restrictive for insert with check (false)",
        ("public.virtue_collection", "insert own"),
    ),
    "a policy against every update": (
        "create policy no on public.onboarding_profiles as restrictive for update using (false)",
        ("public.onboarding_profiles", "update own"),
    ),
    "a view of what its readers may not read": (
        "revoke select on public.user_streaks from authenticated",
        ("public.user_dashboard", "select own"),
    ),
}
# What nobody grants is promised to nobody: whether it should be granted, the facts say.
NOT_GRANTED = (
    "revoke delete on public.user_goals from authenticated",
    "revoke insert, update, delete on public.ritual_preferences from authenticated",
    "revoke all on public.enneagram_assessments from authenticated",
    "revoke select on public.user_streaks from service_role",
    "revoke execute on function public.get_session_summary(uuid, int) from authenticated",
)


def batches(holes: dict[str, tuple[str, str]]) -> list[list[str]]:
    """Holes that one proof can tell apart: no two of a batch are in the same object."""
    found: list[list[str]] = []
    for name, (_, expected) in holes.items():
        fitting = (batch for batch in found if all(holes[other][1] != expected for other in batch))
        batch = next(fitting, None)
        if batch is None:
            found.append([name])
        else:
            batch.append(name)
    return found


@pytest.fixture(scope="module")
def module_connection(server: dict[str, str], template: str) -> Iterator[Connection]:
    """A migrated database for tests that change nothing in it, or roll back what they change."""
    with made(server, template) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def proved(module_connection: Connection) -> Callable[..., Proof]:
    """The proof after some DDL, which is undone: one for all tests that ask for the same."""

    @cache
    def after(*statements: str) -> Proof:
        with module_connection.transaction(force_rollback=True):
            for statement in statements:
                module_connection.execute(statement)
            return prove(module_connection)

    return after


@pytest.fixture(scope="module")
def clean(proved: Callable[..., Proof]) -> Proof:
    """The proof of the schema as it is."""
    return proved()


def test_schema_holds(clean: Proof) -> None:
    assert not clean.leaks
    assert not clean.failures
    assert not clean.unattempted
    assert clean.holds
    assert len(clean.attempts) > 1000


def test_every_table_is_attacked_in_every_way(clean: Proof) -> None:
    tried = {(a.object, a.action) for a in clean.attempts}
    for table in TABLES:
        actions = {action for name, action in tried if name == f"public.{table}"}
        assert actions >= {
            "insert own", "select own", "update own", "delete own", "select A's", "select B's",
            "select", "insert for B", "update", "update blindly", "update to A",
            "update to B", "delete", "delete blindly", "truncate", "select past temporary tables",
        }, table  # fmt: skip
        assert any(action.startswith("upsert as A") for action in actions)
    attached = {name for name, action in tried if " attached to B's " in action}
    assert attached == {ANALYTICS, f"{ANALYTICS}_archive", "public.virtue_collection"}
    assert len({a.actor for a in clean.attempts}) > 10


def test_it_leaves_no_trace(connection: Connection) -> None:
    connection.execute("insert into public.users (name) select 'u' from generate_series(1, 5)")
    connection.execute(
        "insert into public.app_settings (setting_key, setting_value) values ('theme', '1')"
    )
    before = _traces(connection)
    assert prove(connection).holds
    assert _traces(connection) == before
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert value(connection, "select current_user = session_user")
    assert value(connection, "show lock_timeout") == "0"
    assert value(connection, "select count(*) from pg_class where relpersistence = 't'") == 0


def _traces(connection: Connection) -> list[tuple[str, Any]]:
    names = [f"public.{name}" for name in tables(connection)] + ["audit.change_log"]
    counted = "select coalesce(string_agg(t::text || xmin || ctid, '' order by ctid), '') from {} t"
    rows = [(name, value(connection, counted.format(name))) for name in names]
    for catalog in ("pg_class", "pg_proc", "pg_type", "pg_namespace"):
        rows.append((catalog, value(connection, f"select count(*) from {catalog}")))
    return rows


def tables_leaking(proof: Proof) -> set[str]:
    known = {f"public.{table}" for table in (*TABLES, "notes", "drafts", "remarks")}
    return {leak.object for leak in proof.leaks} & known


@pytest.mark.parametrize("table", TABLES)
def test_disabled_rls_is_found(proved: Callable[..., Proof], table: str) -> None:
    # Every third table at once: the others must still hold, so none is found for another's sake.
    names = sorted(TABLES)
    group = names[names.index(table) % 3 :: 3]
    proof = proved(*(f"alter table public.{name} disable row level security" for name in group))
    found = {leak.action for leak in proof.leaks if leak.object == f"public.{table}"}
    assert found >= {"select", "insert for B", "update", "update to A", "delete"}
    assert found >= {"update to B"}
    assert tables_leaking(proof) == {f"public.{name}" for name in group}


@pytest.mark.parametrize("name", HOLES)
def test_hole_is_found(proved: Callable[..., Proof], name: str) -> None:
    # Holes in views and functions never beside holes in the tables that they read.
    holes = TABLE_HOLES if name in TABLE_HOLES else OTHER_HOLES
    [batch] = [batch for batch in batches(holes) if name in batch]
    proof = proved(*(holes[other][0] for other in batch))
    assert holes[name][1] in {leak.object for leak in proof.leaks}, proof.unattempted
    assert not proof.holds
    expected = {holes[other][1] for other in batch} if holes is TABLE_HOLES else set()
    assert tables_leaking(proof) == expected


def test_new_protected_table_is_covered_and_clean(proved: Callable[..., Proof]) -> None:
    proof = proved(NOTES + NOTES_PROTECTED)
    assert proof.holds, (proof.leaks, proof.failures, proof.unattempted)
    tried = {(a.actor, a.action) for a in proof.attempts if a.object == "public.notes"}
    # Odd claims only read: its policies ask for no more of them than the id.
    assert len({actor for actor, _ in tried}) > 10
    assert len({action for _, action in tried}) > 15


@pytest.mark.parametrize("name", PROMISES)
def test_broken_promise_is_a_failure(proved: Callable[..., Proof], name: str) -> None:
    proof = proved(IMPOSSIBLE, *(statement for statement, _ in PROMISES.values()))
    found = {(failure.object, failure.action) for failure in proof.failures}
    assert PROMISES[name][1] in found
    kept = {f"public.{table}" for table in TABLES} - {place for _, (place, _) in PROMISES.values()}
    kept.discard("public.user_streaks")  # who may not read it can read no view of it either
    assert not kept & {place for place, _ in found}
    assert not proof.leaks


def test_what_is_not_granted_is_not_promised(proved: Callable[..., Proof]) -> None:
    proof = proved(*NOT_GRANTED)
    assert proof.holds, (proof.leaks, proof.failures, proof.unattempted)


def test_table_without_a_valid_row_is_reported(proved: Callable[..., Proof]) -> None:
    proof = proved(IMPOSSIBLE, *(statement for statement, _ in PROMISES.values()))
    assert (
        "no valid row could be made"
        in {one.object: one.reason for one in proof.untried}["public.notes"]
    )


@pytest.mark.parametrize("owner", ["owner_id uuid not null", "user_id text", "email text"])
def test_a_table_of_nobody_knows_whom_is_reported(proved: Callable[..., Proof], owner: str) -> None:
    proof = proved(
        f"create table public.diary (id uuid primary key default gen_random_uuid(), {owner});"
        " alter table public.diary enable row level security;"
        " grant select, insert on public.diary to authenticated;"
        " create policy p on public.diary to authenticated using (true) with check (true)"
    )
    assert any("public.diary" in reason for reason in proof.unattempted) or any(
        leak.object == "public.diary" for leak in proof.leaks
    )


def test_a_table_of_reference_data_is_nobodys_business(proved: Callable[..., Proof]) -> None:
    proof = proved(
        "create table public.moods (name text primary key);"
        " alter table public.moods enable row level security;"
        " grant select on public.moods to authenticated;"
        " create policy p on public.moods for select to authenticated using (true)"
    )
    assert proof.holds, (proof.leaks, proof.failures, proof.unattempted)


def test_a_lock_that_is_held_is_reported(connection: Connection, database: str) -> None:
    with psycopg.connect(database) as other:
        other.execute("lock table public.app_settings in access exclusive mode")
        proof = prove(connection)
    assert any("lock timeout" in reason for reason in proof.unattempted)
    assert not proof.holds


def test_non_superuser_owner_can_prove(connection: Connection) -> None:
    owner = f"prover_{value(connection, 'select pg_backend_pid()')}"
    connection.execute(f"create role {owner}")
    try:
        for name in tables(connection):
            connection.execute(f"alter table public.{name} owner to {owner}")
        for name in ("session_history", "user_dashboard"):
            connection.execute(f"alter view public.{name} owner to {owner}")
        connection.execute(f"grant usage on schema auth, public to {owner}")
        connection.execute(f"set session authorization {owner}")
        assert any("everything as anon" in reason for reason in prove(connection).unattempted)
        connection.execute("reset session authorization")
        connection.execute(f"grant anon, authenticated, service_role to {owner}")
        connection.execute(f"set session authorization {owner}")
        proof = prove(connection)
        assert proof.holds, (proof.leaks, proof.failures, proof.unattempted)
    finally:
        connection.execute("reset session authorization")
        connection.execute(f"reassign owned by {owner} to current_user")
        connection.execute(f"drop owned by {owner}")
        connection.execute(f"drop role {owner}")


def test_empty_database_is_reported(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as opened:
        assert prove(opened).unattempted


def counted(name: str, seconds: str) -> str:
    """A function that lets nobody in, takes some time, and counts its calls, undone or not."""
    return (
        f"create sequence public.calls_of_{name};"
        f" create function public.{name}(who uuid, word text, more text, n integer) returns text"
        f" language plpgsql security definer set search_path = '' as $$ begin"
        f" perform nextval('public.calls_of_{name}'), pg_sleep({seconds});"
        f" return (select b.body from public.box as b where b.user_id = who and who = auth.uid());"
        f" end $$;"
    )


def test_a_function_that_takes_long_is_called_a_few_times(empty_database: str) -> None:
    """As one that hashes a password; any other is called more often, but not without end."""
    stub = (packaged_sql_dir() / "auth_stub.sql").read_bytes()
    with psycopg.connect(empty_database, autocommit=True) as opened:
        opened.execute(stub)
        opened.execute("grant usage on schema public to anon, authenticated, service_role")
        opened.execute("create table public.users (id uuid primary key, email text)")
        opened.execute(table("box", "body text not null", "").encode())
        opened.execute((counted("quick", "0") + counted("slow", "0.2")).encode())
        proof = prove(opened)
        [(quick,)] = opened.execute("select last_value from public.calls_of_quick").fetchall()
        [(slow,)] = opened.execute("select last_value from public.calls_of_slow").fetchall()
    assert slow < 40
    assert slow < quick < 1500
    assert {"a call takes long, so only a few were made, as A and as anon"} == {
        gap.reason for gap in proof.untried if gap.object.startswith("public.slow(")
    }
    assert not any(gap.object.startswith("public.quick(") for gap in proof.untried)


def test_a_function_over_logins_alone_is_tried(empty_database: str) -> None:
    """Where the API exposes no table, accounts are made for whom it may tell of."""
    stub = (packaged_sql_dir() / "auth_stub.sql").read_bytes()
    find = "select u.id from auth.users as u where u.email = address"
    with psycopg.connect(empty_database, autocommit=True) as opened:
        opened.execute(stub)
        opened.execute("grant usage on schema public to anon, authenticated, service_role")
        opened.execute(definer("find", "address text", "uuid", find).encode())
        proof = prove(opened)
    assert not proof.unattempted
    assert {leak.object for leak in proof.leaks} == {"public.find(address text)"}


def table(name: str, columns: str, policies: str) -> str:
    """A table of B's and A's rows with a policy for owners, and more."""
    return (
        f"create table public.{name} (id uuid primary key default gen_random_uuid(), user_id uuid"
        f" not null references public.users on delete cascade, {columns});"
        f" alter table public.{name} enable row level security;"
        f" create policy own on public.{name} to authenticated"
        f" using ((select auth.uid()) = user_id)"
        f" with check ((select auth.uid()) = user_id); {policies.format(name)}"
        f" grant select, insert, update, delete on public.{name} to authenticated, service_role;"
    )


def second_way(condition: str) -> str:
    """A further policy for reading."""
    return f"create policy more on public.{{}} for select to authenticated using ({condition});"


# A second way in, by what a row, a claim or a row elsewhere says; and doors of every kind.
FOREIGN = {
    "t_flag": table("t_flag", "is_public boolean default false", second_way("is_public")),
    "t_old": table("t_old", "at date default now()", second_way("at < now() - interval '1 year'")),
    "t_meta": table(
        "t_meta", "x int", second_way("auth.jwt() -> 'user_metadata' ->> 'role' = 'admin'")
    ),
    "t_mail": table("t_mail", "mail text", second_way("mail = auth.jwt() ->> 'email'")),
    "t_member": "create table public.m (user_id uuid references public.users, t uuid,"
    " primary key (user_id, t)); alter table public.m enable row level security;"
    " create policy m on public.m to authenticated using (user_id = auth.uid())"
    " with check (user_id = auth.uid()); grant select, insert on public.m to authenticated;"
    + table(
        "t_member",
        "t uuid not null default gen_random_uuid()",
        second_way("t in (select m.t from public.m where m.user_id = auth.uid())"),
    ),
    "t_forged": "create table public.t_forged (id int generated always as identity primary key,"
    " a uuid not null references public.users, b uuid not null references public.users);"
    " alter table public.t_forged enable row level security;"
    " create policy p on public.t_forged to authenticated using (auth.uid() in (a, b))"
    " with check (auth.uid() in (a, b)); grant select, insert on public.t_forged to authenticated;",
    "f_text(mail text)": definer(
        "f_text", "mail text", "setof public.users", "select * from public.users where email = mail"
    ),
    "f_json(p jsonb)": definer(
        "f_json",
        "p jsonb",
        "bigint",
        "select count(*) from public.user_goals where user_id = (p ->> 'user_id')::uuid",
    ),
    "f_notice(u uuid)": "create function public.f_notice(u uuid) returns void language plpgsql"
    " security definer as $$ begin raise notice '%', (select min(goal_text) from public.user_goals"
    " where user_id = u); end $$;",
    "f_cursor()": "create function public.f_cursor() returns refcursor language plpgsql"
    " security definer as $$ declare c refcursor := 'c'; begin"
    " open c for select * from public.user_goals; return c; end $$;",
}
# What is right as it is.
RIGHT = (
    "create table public.r_plans (id int primary key, name text);"
    " alter table public.r_plans enable row level security;"
    " create policy r on public.r_plans for select to anon, authenticated using (true);"
    " grant select on public.r_plans to anon, authenticated;",
    table("r_mfa", "x int", "")
    + " create policy mfa on public.r_mfa as restrictive to authenticated"
    " using (auth.jwt() ->> 'aal' = 'aal2');",
    table("r_admin", "x int", second_way("auth.jwt() -> 'app_metadata' ->> 'role' = 'admin'")),
    "create table public.r_box (id int generated always as identity primary key, message text);"
    " alter table public.r_box enable row level security;"
    " create policy i on public.r_box for insert to anon with check (true);"
    " grant insert on public.r_box to anon;",
)


def test_second_ways_and_doors_of_a_schema_nobody_knew_are_found(
    proved: Callable[..., Proof],
) -> None:
    proof = proved(*FOREIGN.values(), *RIGHT)
    found = {leak.object for leak in proof.leaks}
    assert found == {f"public.{name}" for name in FOREIGN}
    assert not proof.failures
    assert not [gap for gap in proof.untried if gap.object.startswith("policy")]
    [shown] = [a.evidence for a in proof.leaks if a.object == "public.t_flag"]
    assert shown == "policy more: is_public"


def test_what_only_tells_that_a_row_exists_is_an_oracle_and_no_leak(
    proved: Callable[..., Proof],
) -> None:
    proof = proved(table("names", "name text unique", ""))
    assert proof.holds, (proof.leaks, proof.failures, proof.unattempted)
    assert "public.names" in {oracle.object for oracle in proof.oracles}


def test_what_is_known_not_to_be_proved_is_named(proved: Callable[..., Proof]) -> None:
    proof = proved(
        table("hashed", "x text", second_way("md5(x) = 'd41d8cd98f00b204e9800998ecf8427a'")),
        "create function public.odd(x point) returns int language sql security definer"
        " as 'select 1'",
    )
    named = {gap.object for gap in proof.untried}
    assert any("policy more on public.hashed" in name for name in named)
    assert "public.odd(x point)" in proof.made_up
    assert proof.holds


def test_every_exposed_schema_is_tried(proved: Callable[..., Proof]) -> None:
    proof = proved(
        "create schema api",
        "grant usage on schema api to anon, authenticated",
        "create view api.people as select * from public.users",
        "grant select on api.people to anon",
    )
    assert {leak.object for leak in proof.leaks} == {"api.people"}


def test_a_value_that_begins_like_a_year_is_a_secret_as_any_other(
    proved: Callable[..., Proof],
) -> None:
    proof = proved("""
        create table public.seats (
            user_id uuid primary key references public.users on delete cascade,
            passenger text not null unique check (passenger in ('20cafe20cafe', '19beef19beef'))
        );
        alter table public.seats enable row level security;
        create policy own on public.seats to authenticated using (user_id = (select auth.uid()));
        revoke all on public.seats from public, anon, authenticated;
        grant select on public.seats to authenticated;
        create function public.claim_seat(wanted uuid) returns void
        language plpgsql security definer set search_path = '' as $$
        declare holder text := (select passenger from public.seats where user_id = wanted);
        begin
            if holder is not null then raise exception 'taken by %', holder; end if;
        end $$;
    """)
    assert "public.claim_seat(wanted uuid)" in {leak.object for leak in proof.leaks}


def test_a_made_up_text_is_one_word_to_text_search(connection: psycopg.Connection[Any]) -> None:
    """Else a query of full text search for it finds nothing, now and then."""
    split = "select w from unnest(%s::text[]) as w where length(to_tsvector('simple', w)) <> 1"
    assert connection.execute(split, [[word() for _ in range(1000)]]).fetchall() == []
