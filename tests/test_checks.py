"""Each verification query: clean when migrated, finds what is broken, is clean once mended."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg import sql

from tests.asking import CHECKS, TREE, Finding, everything, found
from tests.conftest import made, run_cli

Connection = psycopg.Connection[Any]

SEVERITIES = {"security", "integrity", "performance", "cosmetic"}
PRELUDE = TREE.prelude.text if TREE.prelude else ""
TEXT = 25  # the type's object id
SUFFIX = uuid.uuid4().hex[:8]  # roles belong to the cluster: nobody else's name
ROLE, MIDDLE = f"checked_{SUFFIX}", f"middle_{SUFFIX}"
API = "create schema api; grant usage on schema api to public;"
EXPOSED = f"alter role authenticator set pgrst.db_schemas = 'public, api'; {API}"
MIDDLE_OF = f"create role {ROLE}; create role {MIDDLE}; grant {ROLE} to {MIDDLE};"

every_check = pytest.mark.parametrize("check", CHECKS)


class Break(NamedTuple):
    """What breaks the schema, what must be found, and what mends it where no remedy does."""

    check: str
    statement: str
    object: str
    severity: str = "security"
    mend: str | None = None

    @property
    def label(self) -> str:
        """The same in every worker of pytest-xdist."""
        return f"{self.check}: {self.statement.replace(SUFFIX, '')[:70]}"


@pytest.fixture(scope="module")
def schema(server: dict[str, str], template: str) -> Iterator[Connection]:
    """One migrated database for the module; what a test does there it rolls back."""
    with made(server, template) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        yield opened


@pytest.fixture
def connection(schema: Connection) -> Iterator[Connection]:
    with schema.transaction(force_rollback=True):
        yield schema


def mended(connection: Connection, check: str, by_hand: str | None) -> list[Finding]:
    """What a check returns after what it proposes, or what a human does, has been run."""
    if by_hand:
        with connection.transaction(force_rollback=True):
            proposed = [finding for finding in found(connection, check) if finding.remedy]
            assert not {*proposed} & {*after_remedies(connection, check, proposed)}
        connection.execute(by_hand)
        return found(connection, check)
    proposed = found(connection, check)
    assert all(finding.remedy for finding in proposed), proposed
    return after_remedies(connection, check, proposed)


def after_remedies(connection: Connection, check: str, findings: list[Finding]) -> list[Finding]:
    """What a check returns after the remedies of some findings have been run."""
    for finding in findings:
        connection.execute(str(finding.remedy).encode())
    return found(connection, check)


GOALS = "public.user_goals"
OWN_GOALS = f'"Users can only access their own goals" on {GOALS}'
POLICY = f"alter policy {OWN_GOALS}"
UID = "(select auth.uid()) = user_id"
DEFINER = "create function public.peek(days integer, public.users) returns integer"
PEEK = "public.peek(integer, public.users)"
OPEN_TABLE = "create table public.things (id uuid primary key, user_id uuid not null);"
STAMP = "update_user_goals_updated_at"
ARCHIVE = "public.daily_sessions_archive"
AUTH_UID = "create or replace function auth.uid() returns uuid language sql stable as $$"
FOLLOW = "audit.follow_login()"
LOGIN_TRIGGER = "create or replace trigger zz_sync_profile_insert after insert on auth.users"
THEIR_ARCHIVED = f'"Users can only access their own archived sessions" on {ARCHIVE}'

BREAKS = [
    # 001
    Break("rls_disabled", f"alter table {GOALS} disable row level security", GOALS),
    Break("rls_disabled", 'create table public."Odd Name" (id int)', 'public."Odd Name"',
          mend='alter table public."Odd Name" enable row level security;'
               'create policy p on public."Odd Name" to authenticated using (true)'),
    Break("rls_disabled", f"drop policy {OWN_GOALS}", GOALS, "integrity",
          f"create policy {OWN_GOALS} to authenticated using (true)"),
    Break("rls_disabled", f"drop policy {OWN_GOALS};"
          f"create policy {OWN_GOALS} as restrictive to authenticated using (true)", GOALS,
          "integrity", f"create policy p on {GOALS} to authenticated using (true)"),
    Break("rls_disabled", "alter table audit.change_log disable row level security",
          "audit.change_log"),
    Break("rls_disabled", 'drop policy "Nobody can access the change log" on audit.change_log',
          "audit.change_log", "integrity",
          "create policy p on audit.change_log to authenticated using (false)"),
    # 002
    Break("policy_for_anon", f"{POLICY} to public", OWN_GOALS),
    Break("policy_for_anon", f"{POLICY} to authenticated, anon", OWN_GOALS),
    Break("policy_for_anon", f"create policy p on {ARCHIVE} for select using (false)",
          f"p on {ARCHIVE}"),
    Break("policy_for_anon", f"{MIDDLE_OF} grant {MIDDLE} to anon; {POLICY} to {ROLE}", OWN_GOALS),
    Break("policy_for_anon", "create policy p on audit.change_log using (true)",
          "p on audit.change_log"),
    # 003
    Break("policy_per_row", f"{POLICY} using (auth.uid() = user_id)", OWN_GOALS, "performance"),
    Break("policy_per_row", f"{POLICY} with check ({UID} or user_id = auth.uid())", OWN_GOALS,
          "performance"),
    Break("policy_per_row", f"{POLICY} using (coalesce(lower(auth.uid()::text), '{{') <> '}}')",
          OWN_GOALS, "performance"),
    Break("policy_per_row", f"{POLICY} using (current_setting('request.x', true) = 'a')",
          OWN_GOALS, "performance"),
    Break("policy_per_row", f"{POLICY} using (user_id in"
          " (select u.id from public.users as u where u.id = auth.uid()))", OWN_GOALS,
          "performance"),
    Break("policy_per_row", f"{POLICY} using ((select auth.uid() where user_id is not null)"
          " is not null)", OWN_GOALS, "performance"),
    Break("policy_per_row", f"{POLICY} using (auth.uid() = any (select id from public.users))",
          OWN_GOALS, "performance"),
    Break("policy_per_row", "create function public.me() returns uuid language sql stable"
          f" return auth.uid(); {POLICY} using (public.me() = user_id)", OWN_GOALS, "performance"),
    Break("policy_per_row", f"set local search_path = auth, public;"
          f"{POLICY} using (uid() = user_id)", OWN_GOALS, "performance"),
    Break("policy_per_row", f"{POLICY} using (auth.uid() = user_id and"
          " current_setting('a.b', true) is null)", OWN_GOALS, "performance",
          f"{POLICY} using ({UID})"),
    Break("policy_per_row", f"{EXPOSED} create table api.t (u uuid primary key);"
          " create policy p on api.t using (auth.uid() = u)", "p on api.t", "performance"),
    # 004
    Break("view_security_invoker", "alter view public.session_history reset (security_invoker)",
          "public.session_history"),
    Break("view_security_invoker",
          "alter view public.user_dashboard set (security_invoker = false)",
          "public.user_dashboard"),
    Break("view_security_invoker", 'create view public."V" as select 1 as a', 'public."V"',
          "integrity"),
    Break("view_security_invoker", "create view public.v with (security_barrier) as"
          " select 1 as a; grant select (a) on public.v to authenticated", "public.v"),
    Break("view_security_invoker", f"{MIDDLE_OF} grant {MIDDLE} to authenticated;"
          f"create view audit.v as select 1 as a; grant select on audit.v to {ROLE}", "audit.v"),
    Break("view_security_invoker", "create materialized view public.m as select 1 as a;"
          "grant select on public.m to authenticated", "public.m"),
    Break("view_security_invoker", f"{EXPOSED} create table api.t (x int primary key); create view"
          " api.v as table api.t; grant select on api.v to anon", "api.v"),
    Break("view_security_invoker", f"{EXPOSED} create materialized view api.m as select 1 as a;"
          " grant select (a) on api.m to public", "api.m",
          mend="revoke select (a) on api.m from public"),
    # 006
    Break("search_path", "alter function public.update_updated_at_column() reset search_path",
          "public.update_updated_at_column()"),
    Break("search_path", 'create function public."F"(text[]) returns int language sql return 1',
          'public."F"(text[])'),
    Break("search_path", f"{DEFINER} language sql return 1", PEEK),
    Break("search_path", "alter function audit.record_change() set search_path = \"$user\", public",
          "audit.record_change()"),
    Break("search_path", "create procedure arami_db.p() language sql set work_mem = '4MB' as ''",
          "arami_db.p()"),
    Break("function_search_path", "alter function audit.record_change() set search_path = ''",
          "audit.record_change()"),
    Break("function_search_path", "alter function audit.record_change()"
          " set search_path = pg_temp, public, pg_temp", "audit.record_change()"),
    Break("function_search_path", f"{DEFINER} language sql security definer"
          " set search_path = pg_temp, public return 1", PEEK),
    Break("function_search_path", f"{EXPOSED} create function api.f() returns int language sql"
          " return 1", "api.f()"),
    # 008
    Break("dangerous_privileges", f"grant truncate on {GOALS} to authenticated", GOALS),
    Break("dangerous_privileges", f"grant trigger, references on {GOALS} to service_role", GOALS),
    Break("dangerous_privileges", f"grant references (id) on {GOALS} to authenticated",
          f"{GOALS}.id"),
    Break("dangerous_privileges", "grant trigger on public.session_history to public",
          "public.session_history"),
    Break("dangerous_privileges", f"{MIDDLE_OF} grant {MIDDLE} to authenticated;"
          f"grant truncate on {ARCHIVE} to {ROLE}", ARCHIVE),
    # 009
    Break("foreign_key_index", "drop index public.idx_user_goals_user_id",
          f"fk_user_goals_users on {GOALS}", "performance"),
    Break("foreign_key_index", "create table public.notes (id int primary key,"
          " ref bigint constraint fk_notes_change_log references audit.change_log)",
          "fk_notes_change_log on public.notes", "performance"),
    Break("foreign_key_index", "update pg_index set indisvalid = false where indexrelid ="
          " 'public.idx_user_goals_user_id'::regclass", f"fk_user_goals_users on {GOALS}",
          "performance", "reindex index public.idx_user_goals_user_id"),
    Break("foreign_key_index", f"drop index public.idx_user_goals_user_id;"
          f"create index idx_later on {GOALS} (status, user_id)",
          f"fk_user_goals_users on {GOALS}", "performance"),
    Break("foreign_key_index", "drop index public.idx_session_analytics_session_id",
          "fk_session_analytics_daily_sessions on public.session_analytics", "performance"),
    Break("foreign_key_index", "drop index public.idx_session_analytics_session_id; create index"
          " idx_a on public.session_analytics (user_id, session_id)",
          "fk_session_analytics_daily_sessions on public.session_analytics", "performance"),
    Break("foreign_key_index", f"{EXPOSED} create table api.t (x int primary key, user_id uuid"
          " constraint k references public.users on delete cascade)", "k on api.t", "performance"),
    # 010
    Break("redundant_index", f"create index idx_again on {GOALS} (user_id)", "public.idx_again",
          "performance"),
    Break("redundant_index", "create unique index idx_again on public.users (email)",
          "public.idx_again", "performance"),
    Break("redundant_index", f"alter table {GOALS} add constraint uq_again unique (id)",
          "public.uq_again", "performance"),
    Break("redundant_index", f"create index idx_a on {GOALS} (smart_goal, status);"
          f"create index idx_b on {GOALS} (smart_goal)", "public.idx_b", "performance"),
    Break("redundant_index", "create index idx_b on public.user_streaks (user_id, streak_type)",
          "public.idx_b", "performance"),
    Break("redundant_index", f"create index idx_daily_sessions_archive_user_id on {ARCHIVE}"
          " (user_id)", "public.idx_daily_sessions_archive_user_id", "performance"),
    Break("redundant_index", "update pg_index set indisvalid = false where indexrelid ="
          " 'public.idx_users_email'::regclass", "public.idx_users_email", "integrity"),
    Break("redundant_index", f"create index idx_a_ccnew on {GOALS} (smart_goal);"
          "update pg_index set indisready = false where indexrelid ="
          " 'public.idx_a_ccnew'::regclass",
          "public.idx_a_ccnew", "performance"),
    Break("redundant_index", f"{EXPOSED} create table api.t (x int primary key);"
          " create index i on api.t (x)", "api.i", "performance"),
    # 011
    Break("primary_key", f"alter table {GOALS} drop constraint user_goals_pkey", GOALS,
          "integrity"),
    Break("primary_key", 'create table public."T" (id uuid unique not null)', 'public."T"',
          "integrity"),
    Break("primary_key", "create table audit.t (a int) partition by list (a)", "audit.t",
          "integrity", "alter table audit.t add primary key (a)"),
    Break("primary_key", f"{EXPOSED} create table api.t (id int not null)", "api.t", "integrity"),
    # 012
    Break("naming", 'alter table public.user_goals rename to "userGoals"', 'public."userGoals"',
          "cosmetic", 'alter table public."userGoals" rename to user_goals'),
    Break("naming", f'alter table {GOALS} add column "Title" text', f'{GOALS}."Title"', "cosmetic",
          f'alter table {GOALS} drop column "Title"'),
    Break("naming", "alter index public.idx_user_goals_type rename to goals_type",
          "public.goals_type", "cosmetic"),
    Break("naming", f"alter table {GOALS} add constraint positive check (true)",
          f"positive on {GOALS}", "cosmetic"),
    Break("naming", f"alter table {GOALS} rename constraint fk_user_goals_users to fk_users",
          f"fk_users on {GOALS}", "cosmetic"),
    Break("naming", f"alter table {GOALS} add unique (smart_goal)",
          f"user_goals_smart_goal_key on {GOALS}", "cosmetic"),
    Break("naming", "alter table public.session_analytics rename constraint"
          ' uq_session_analytics_session_id_metric_name to "uq_session_analytics_A"',
          '"uq_session_analytics_A" on public.session_analytics', "cosmetic",
          'alter table public.session_analytics rename constraint "uq_session_analytics_A"'
          " to uq_session_analytics_a"),
    # 013
    Break("missing_comment", f"comment on table {GOALS} is null", GOALS, "cosmetic",
          f"comment on table {GOALS} is 'x'"),
    Break("missing_comment", "comment on view public.user_dashboard is null",
          "public.user_dashboard", "cosmetic", "comment on view public.user_dashboard is 'x'"),
    Break("missing_comment", f"comment on policy {OWN_GOALS} is null", OWN_GOALS, "cosmetic",
          f"comment on policy {OWN_GOALS} is 'x'"),
    Break("missing_comment", "comment on function public.get_session_summary(uuid, integer) is ''",
          "public.get_session_summary(uuid, integer)", "cosmetic",
          "comment on function public.get_session_summary(uuid, integer) is 'x'"),
    Break("missing_comment", "create table arami_db.t ()", "arami_db.t", "cosmetic",
          "comment on table arami_db.t is 'x'"),
    # 014
    Break("updated_at", f"drop trigger {STAMP} on {GOALS}", GOALS, "integrity"),
    Break("updated_at", f"alter table {GOALS} disable trigger {STAMP}", GOALS, "integrity"),
    Break("updated_at", f"alter table {GOALS} enable replica trigger {STAMP}", GOALS, "integrity"),
    Break("updated_at", f"create or replace trigger {STAMP} before insert on {GOALS}"
          " for each row execute function public.update_updated_at_column()", GOALS, "integrity"),
    Break("updated_at", f"create or replace trigger {STAMP} after update on {GOALS}"
          " for each row execute function public.update_updated_at_column()", GOALS, "integrity"),
    Break("updated_at", f"create or replace trigger {STAMP} before update of smart_goal on {GOALS}"
          " for each row execute function public.update_updated_at_column()", GOALS, "integrity"),
    Break("updated_at", f"create or replace trigger {STAMP} before update on {GOALS}"
          " for each row when (false) execute function public.update_updated_at_column()",
          GOALS, "integrity"),
    Break("updated_at", 'create table public."T" (updated_at date)', 'public."T"', "integrity"),
    Break("updated_at", "create or replace function public.update_updated_at_column()"
          " returns trigger language plpgsql as"
          " $$begin /* new.updated_at = 1 */ return new; -- new.updated_at = now()\nend$$",
          GOALS, "integrity",
          "create or replace function public.update_updated_at_column() returns trigger"
          " language plpgsql as $$begin NEW.updated_at := now(); return new; end$$"),
    # 015
    Break("account_deletion", f"alter table {GOALS} drop constraint fk_user_goals_users", GOALS,
          "integrity"),
    Break("account_deletion", f"alter table {GOALS} drop constraint fk_user_goals_users, add"
          " constraint fk_user_goals_users foreign key (user_id) references public.users (id)",
          GOALS, "integrity"),
    Break("account_deletion", OPEN_TABLE, "public.things", "integrity"),
    Break("account_deletion", f"alter table {GOALS} drop constraint fk_user_goals_users, add"
          " constraint fk_user_goals_users foreign key (user_id) references public.users (id)"
          " on delete cascade not valid", GOALS, "integrity"),
    Break("account_deletion", "alter table public.users disable trigger all", GOALS, "integrity",
          "alter table public.users enable trigger all"),
    Break("account_deletion", f"alter table {GOALS} disable trigger all", GOALS, "integrity"),
    Break("account_deletion", "create table public.t (id int primary key, friend uuid constraint"
          " fk_t_users references public.users on delete set null)", "public.t", "integrity",
          "drop table public.t"),
    Break("account_deletion", f"alter table {GOALS} add coach uuid constraint fk_user_goals_coach"
          " references public.users", f"fk_user_goals_coach on {GOALS}", "integrity",
          f"alter table {GOALS} drop coach"),
    Break("account_deletion", "create schema other; create table other.t (friend uuid"
          " constraint fk_t_users references public.users)", "fk_t_users on other.t", "integrity",
          "drop table other.t"),
    Break("account_deletion", "alter table public.users add coach uuid constraint fk_users_users"
          " references public.users on delete restrict", "fk_users_users on public.users",
          "integrity", "alter table public.users drop coach"),
    # 016
    Break("archive_twin", "alter table public.daily_sessions add column mood text default ''",
          f"{ARCHIVE}.mood", "integrity"),
    Break("archive_twin", f"alter table {ARCHIVE} add column mood text", f"{ARCHIVE}.mood",
          "integrity", f"alter table {ARCHIVE} drop column mood"),
    Break("archive_twin", "drop view public.session_history cascade;"
          f"alter table {ARCHIVE} alter duration_seconds type bigint",
          f"{ARCHIVE}.duration_seconds", "integrity",
          f"alter table {ARCHIVE} alter duration_seconds type integer"),
    Break("archive_twin", f"alter table {ARCHIVE} alter session_date drop not null",
          f"{ARCHIVE}.session_date", "integrity"),
    Break("archive_twin", "drop view public.session_history_with_analytics;"
          " alter table public.session_analytics_archive alter metric_value type numeric(10, 2)",
          "public.session_analytics_archive.metric_value", "integrity",
          "alter table public.session_analytics_archive alter metric_value type numeric(10, 4)"),
    Break("archive_twin", f"alter table {ARCHIVE} drop constraint"
          " chk_daily_sessions_archive_session_type",
          f"chk_daily_sessions_archive_session_type on {ARCHIVE}", "integrity"),
    Break("archive_twin", f"alter table {ARCHIVE} add constraint chk_daily_sessions_archive_x"
          " check (duration_seconds > 0)", f"chk_daily_sessions_archive_x on {ARCHIVE}",
          "integrity", f"alter table {ARCHIVE} drop constraint chk_daily_sessions_archive_x"),
    Break("archive_twin", f"alter policy {THEIR_ARCHIVED} using (true)", THEIR_ARCHIVED,
          mend=f"alter policy {THEIR_ARCHIVED} using ({UID})"),
    Break("archive_twin", f"drop policy {THEIR_ARCHIVED}",
          f'"Users can only access their own sessions" on {ARCHIVE}',
          mend=f"create policy {THEIR_ARCHIVED} to authenticated using ({UID})"
          f" with check ({UID})"),
    Break("archive_twin", f"alter policy {THEIR_ARCHIVED} to public", THEIR_ARCHIVED,
          mend=f"alter policy {THEIR_ARCHIVED} to authenticated"),
    Break("archive_twin", f"revoke delete on {ARCHIVE} from authenticated", ARCHIVE,
          mend=f"grant delete on {ARCHIVE} to authenticated"),
    Break("archive_twin", f"grant select (user_id) on {ARCHIVE} to anon", ARCHIVE),
    Break("archive_twin", f"grant select on {ARCHIVE} to authenticated with grant option", ARCHIVE,
          mend=f"revoke grant option for select on {ARCHIVE} from authenticated"),
    Break("archive_twin", f"alter table {ARCHIVE} disable row level security", ARCHIVE),
    Break("archive_twin", "alter table public.daily_sessions force row level security", ARCHIVE),
    # 019
    Break("api_roles", "alter role anon superuser", "anon"),
    Break("api_roles", "alter role authenticated bypassrls", "authenticated"),
    Break("api_roles", "alter role authenticator bypassrls", "authenticator"),
    Break("api_roles", "alter role service_role superuser", "service_role"),
    Break("api_roles", "alter role anon login", "anon"),
    Break("api_roles", "alter role authenticated createrole createdb replication",
          "authenticated"),
    Break("api_roles", "alter role authenticator createrole", "authenticator"),
    Break("api_roles", "alter role anon superuser bypassrls", "anon"),
    Break("api_roles", "alter role service_role login", "service_role"),
    Break("api_roles", "alter role authenticator inherit", "authenticator"),
    Break("api_roles", f"alter role anon rename to {ROLE}", "anon"),
    # 020
    Break("owners", f"alter table {GOALS} owner to authenticated", GOALS),
    Break("owners", "alter view public.user_dashboard owner to anon", "public.user_dashboard"),
    Break("owners", "alter function public.get_session_summary(uuid, integer) owner to"
          " authenticated", "public.get_session_summary(uuid, integer)"),
    Break("owners", "alter schema audit owner to anon", "audit"),
    Break("owners", "create type public.t as (a int); alter type public.t owner to authenticated",
          "public.t"),
    Break("owners", "create extension fuzzystrmatch;"
          " alter function public.soundex(text) owner to anon", "public.soundex(text)"),
    # 021
    Break("memberships", "revoke anon from authenticator", "authenticator", "integrity"),
    Break("memberships", "grant anon to authenticator with admin option", "authenticator"),
    Break("memberships", "grant pg_execute_server_program to service_role", "service_role"),
    Break("memberships", f"create role {ROLE}; alter table {GOALS} owner to {ROLE};"
          f" grant {ROLE} to service_role", "service_role"),
    Break("memberships", f"{MIDDLE_OF} grant {MIDDLE} to service_role;"
          f"grant pg_write_all_data to {ROLE}", "service_role"),
    Break("memberships", "grant anon to service_role", "service_role"),
    Break("memberships", f"{MIDDLE_OF} grant {MIDDLE} to authenticator; alter role {ROLE}"
          " createrole", "authenticator"),
    Break("memberships", "grant pg_execute_server_program to authenticator", "authenticator"),
    # 022
    Break("environment_service_role", "alter role service_role nobypassrls", "service_role",
          "integrity"),
    Break("environment_service_role", f"alter role service_role rename to {ROLE}", "service_role",
          "integrity"),
    # 023
    Break("settings", "alter role authenticator set row_security = off",
          "row_security of role authenticator"),
    Break("settings", f"create role {ROLE}; alter role {ROLE} set session_replication_role ="
          " replica", f"session_replication_role of role {ROLE}"),
    Break("settings", "alter role all set request.jwt.claims = '{\"sub\": \"x=y\"}'",
          "request.jwt.claims of every role"),
    Break("settings", "alter role authenticated set timezone = 'Pacific/Auckland'",
          "timezone of role authenticated", "integrity"),
    Break("settings", "alter role authenticator set role = 'service_role'",
          "role of role authenticator"),
    Break("settings", "alter role authenticated set search_path = evil, public",
          "search_path of role authenticated"),
    Break("settings", 'create schema "\\$user";'
          ' alter role authenticated set search_path to "\\$user", public, extensions',
          "search_path of role authenticated"),
    Break("settings", "alter role all set search_path = public, pg_catalog",
          "search_path of every role"),
    Break("settings", "alter role authenticator set default_transaction_read_only = on",
          "default_transaction_read_only of role authenticator", "integrity"),
    Break("settings", "alter role authenticator set standard_conforming_strings = 'fals'",
          "standard_conforming_strings of role authenticator", "integrity"),
    Break("settings", "alter role authenticated set search_path = 'public, evil'",
          "search_path of role authenticated"),
    Break("settings", "alter role authenticator set pgrst.db_anon_role = 'authenticated'",
          "pgrst.db_anon_role of role authenticator"),
    # 024
    Break("parameter_grants", "grant set on parameter session_replication_role to authenticated",
          "session_replication_role"),
    Break("parameter_grants", "grant set on parameter row_security to public", "row_security"),
    Break("parameter_grants", f"{MIDDLE_OF} grant {MIDDLE} to anon;"
          f"grant alter system on parameter log_statement to {ROLE}", "log_statement"),
    # 025
    Break("environment_session", "set local session_replication_role = replica",
          "session_replication_role"),
    Break("environment_session", "set local session_replication_role = local",
          "session_replication_role"),
    Break("environment_session", "set local row_security = off", "row_security"),
    # 026
    Break("auth_uid", "alter function auth.uid() rename to gone", "auth.uid()",
          mend="alter function auth.gone() rename to uid"),
    Break("auth_uid", "alter function auth.uid() volatile", "auth.uid()", "performance"),
    Break("auth_uid", "alter function auth.uid() immutable", "auth.uid()"),
    Break("auth_uid", "alter function auth.uid() owner to authenticated", "auth.uid()",
          mend="alter function auth.uid() owner to current_user"),
    Break("auth_uid", "grant create on schema auth to anon", "auth.uid()",
          mend="revoke create on schema auth from anon"),
    Break("auth_uid", "revoke execute on function auth.uid() from public", "auth.uid()",
          "integrity"),
    Break("auth_uid", "revoke usage on schema auth from authenticated", "auth.uid()", "integrity"),
    Break("auth_uid", "alter function auth.uid() rename to gone; create function auth.uid()"
          " returns text language sql stable return ''", "auth.uid()",
          mend="drop function auth.uid(); alter function auth.gone() rename to uid"),
    Break("auth_uid", f"create role {ROLE}; alter function auth.uid() owner to {ROLE};"
          f" grant {ROLE} to authenticated", "auth.uid()",
          mend="alter function auth.uid() owner to current_user"),
    Break("auth_uid", f"create role {ROLE}; grant create on schema auth to {ROLE};"
          f" grant {ROLE} to anon", "auth.uid()", mend=f"revoke create on schema auth from {ROLE}"),
    Break("auth_uid", f"create role {ROLE}; alter function audit.record_change() owner to {ROLE}",
          "auth.uid()", "integrity",
          "alter function audit.record_change() owner to current_user"),
    # 028
    Break("exposed_schemas", "alter role authenticator set pgrst.db_schemas = 'public, audit'",
          "audit", mend="alter role authenticator reset pgrst.db_schemas"),
    # 029
    Break("pg_catalog", "grant create on schema pg_catalog to authenticated", "pg_catalog"),
    Break("pg_catalog", "grant select on pg_authid to anon", "pg_catalog.pg_authid"),
    Break("pg_catalog", "grant execute on function pg_read_file(text) to service_role",
          "pg_catalog.pg_read_file(pg_catalog.text)"),
    # 030; test_auth_functions.py has more
    Break("auth_functions", f"{AUTH_UID} select coalesce(current_setting('app.user_id', true),"
          " current_setting('request.jwt.claim.sub', true))::uuid $$", "auth.uid()"),
    Break("auth_functions", "alter function auth.role() volatile", "auth.role()"),
    Break("auth_functions", "create function auth.uid(text) returns text language sql return $1",
          "auth.uid(text)"),
    # 031
    Break("environment_extensions", "create extension hstore schema public", "hstore"),
    Break("environment_extensions", "create schema if not exists extensions;"
          " create extension citext schema audit", "citext"),
    # Not every build has the two that the migrations ask for.
    Break("environment_extensions", "drop extension if exists pgcrypto;"
          " create extension hstore schema public;"
          " update pg_extension set extname = 'pgcrypto' where extname = 'hstore'",
          "pgcrypto"),
    # 032
    Break("exposed_without_rls", f"{EXPOSED} create table api.t (x int); grant select on api.t"
          " to authenticated", "api.t", mend="revoke select on api.t from authenticated"),
    Break("exposed_without_rls", f"{EXPOSED} create table api.t (x int); grant insert (x) on api.t"
          " to public", "api.t", mend="alter table api.t enable row level security;"
          " create policy p on api.t for insert with check (x = 1)"),
    Break("exposed_without_rls", f"{EXPOSED} create table api.t (x int);"
          " create policy p on api.t using (x = 1)", "api.t"),
    Break("exposed_without_rls", f"{EXPOSED} create table api.t (x int); grant select on api.t to"
          " anon; alter table api.t enable row level security", "api.t", "integrity",
          "create policy p on api.t to anon using (x = 1)"),
    # 033
    Break("policy_always_true", f"{POLICY} using (true)", OWN_GOALS,
          mend=f"{POLICY} using ({UID})"),
    Break("policy_always_true", f"{POLICY} with check (1 = 1)", OWN_GOALS,
          mend=f"{POLICY} with check ({UID})"),
    Break("policy_always_true", f"create policy p on {GOALS} for select to authenticated"
          " using (true or false)", f"p on {GOALS}", mend=f"drop policy p on {GOALS}"),
    Break("policy_always_true", f"{EXPOSED} create table api.t (x int);"
          " create policy p on api.t for insert with check (true)", "p on api.t",
          mend="drop policy p on api.t"),
    # 034
    Break("user_metadata", f"{POLICY} using ({UID} or (select auth.jwt())"
          " -> 'user_metadata' ->> 'role' = 'admin')", OWN_GOALS, mend=f"{POLICY} using ({UID})"),
    Break("user_metadata", f"{POLICY} with check (exists (select from auth.users as u"
          f" where u.id = user_id and u.email = user_id::text) and {UID} and"
          " current_setting('request.jwt.claims')::jsonb #>> '{user_metadata,a}' = 'b')",
          OWN_GOALS, mend=f"{POLICY} with check ({UID})"),
    Break("user_metadata", f"{EXPOSED} create table api.t (raw_user_meta_data jsonb);"
          " create policy p on api.t using (raw_user_meta_data ? 'admin')", "p on api.t",
          mend="drop policy p on api.t"),
    # 035
    Break("block_upgrades", f"alter table {GOALS} add handler regproc", f"{GOALS}.handler",
          "integrity"),
    Break("block_upgrades", f"{EXPOSED} create table api.t (x regnamespace)", "api.t.x",
          "integrity"),
    # 036
    Break("key_to_auth", f"alter table {GOALS} add phone text constraint k"
          " references auth.users (phone)", f"k on {GOALS}", "integrity"),
    Break("key_to_auth", f"{EXPOSED} create table api.t (phone text constraint k"
          " references auth.users (phone))", "k on api.t", "integrity"),
    # 037
    Break("policies_overlap", f"create policy p on {GOALS} to authenticated using ({UID})", GOALS,
          "performance", f"drop policy p on {GOALS}"),
    Break("policies_overlap", f"create policy p on {GOALS} for update using ({UID})", GOALS,
          "performance", f"drop policy p on {GOALS}"),
    Break("policies_overlap", f"create policy p on {GOALS} for select using ({UID})", GOALS,
          "performance", f"drop policy p on {GOALS}"),
    Break("policies_overlap", f"{EXPOSED} create table api.t (x int);"
          " create policy p on api.t for select to anon, authenticated using (x = 1);"
          " create policy q on api.t for select to anon using (x = 2)", "api.t", "performance",
          "drop policy p on api.t"),
    # 038
    *(Break("login_triggers", f"drop trigger zz_sync_profile_{event} on auth.users",
            f"zz_sync_profile_{event} on auth.users", "integrity")
      for event in ("insert", "update", "delete", "truncate")),
    *(Break("login_triggers", statement, "zz_sync_profile_insert on auth.users", "integrity")
      for statement in (
          "alter table auth.users disable trigger zz_sync_profile_insert",
          "alter table auth.users disable trigger all",
          "alter table auth.users enable replica trigger zz_sync_profile_insert",
          "alter table auth.users enable always trigger zz_sync_profile_insert",
          "alter trigger zz_sync_profile_insert on auth.users rename to other",
          f"{LOGIN_TRIGGER} for each statement execute function audit.follow_login()",
          f"{LOGIN_TRIGGER} for each row execute function public.update_updated_at_column()",
          f"{LOGIN_TRIGGER} for each row when (new.id is null) execute function {FOLLOW}",
          LOGIN_TRIGGER.replace("insert on", "insert or update of email on")
          + f" for each row execute function {FOLLOW}",
          f"{LOGIN_TRIGGER} for each row execute function audit.follow_login('x')",
          "drop trigger zz_sync_profile_insert on auth.users;"
          " create constraint trigger zz_sync_profile_insert after insert on auth.users"
          f" deferrable initially deferred for each row execute function {FOLLOW}",
          "create schema other; create function other.follow_login() returns trigger"
          " language plpgsql as 'begin return null; end';"
          f" {LOGIN_TRIGGER} for each row execute function other.follow_login()",
      )),
    # 039
    Break("logins", "alter table auth.users disable trigger zz_sync_profile_insert;"
          " insert into auth.users (email) values ('a@x.org'), ('b@x.org')", "auth.users",
          "integrity"),
    Break("logins", "insert into auth.users (email) values ('a@x.org');"
          " update public.users set email = 'b@x.org'", "auth.users", "integrity"),
    Break("logins", "insert into auth.users (phone) values ('1'); update public.users set"
          " phone = null", "auth.users", "integrity"),
    Break("logins", "insert into public.users (email) values ('a@x.org');"
          " insert into auth.users (email) values ('a@x.org')", "auth.users", "integrity",
          "delete from auth.users"),
]  # fmt: skip


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: broken.label)
def test_break_find_mend(connection: Connection, broken: Break) -> None:
    assert found(connection, broken.check) == []
    connection.execute(broken.statement)
    findings = found(connection, broken.check)
    assert (broken.severity, broken.object) in [(f.severity, f.object) for f in findings]
    assert all(f.severity in SEVERITIES and f.finding.endswith(".") for f in findings)
    assert mended(connection, broken.check, broken.mend) == []


@pytest.mark.parametrize(
    "statement",
    [
        "alter table public.daily_sessions disable row level security",
        "grant select on public.daily_sessions to anon",
        'alter policy "Users can only access their own sessions" on public.daily_sessions'
        " using (true)",
        "alter table public.daily_sessions drop column key_insights cascade",
        "alter table public.daily_sessions drop constraint chk_daily_sessions_session_type",
        "alter table public.session_analytics alter metric_unit set not null",
        "alter table public.daily_sessions alter session_type drop not null",
    ],
)
def test_an_archive_is_not_made_as_wrong_as_its_live_table(
    connection: Connection, statement: str
) -> None:
    connection.execute(statement)
    remedies = [f.remedy for f in found(connection, "archive_twin")]
    assert remedies
    assert not [r for r in remedies if r and not r.endswith("metric_unit set not null")]


@every_check
def test_each_check_is_broken_found_and_mended(check: str) -> None:
    assert any(broken.check in check for broken in BREAKS)


def test_truncate_is_a_finding_for_each_table_and_role(connection: Connection) -> None:
    connection.execute("grant all on all tables in schema public to anon, authenticated")
    objects = [f.object for f in found(connection, "dangerous_privileges")]
    count = "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
    row = connection.execute(f"{count} and relkind in ('r', 'v')").fetchone()
    assert row is not None
    assert len(objects) == 2 * row[0]


def test_maintain_is_dangerous_where_it_exists(connection: Connection) -> None:
    if connection.info.server_version < 170000:
        pytest.skip("MAINTAIN came with Postgres 17")
    connection.execute(f"grant maintain on {GOALS} to authenticated")
    assert [f.object for f in found(connection, "dangerous_privileges")] == [GOALS]


def test_a_setting_of_this_database_counts_and_of_another_does_not(connection: Connection) -> None:
    here = sql.Identifier(connection.info.dbname)
    alter = sql.SQL("alter database {} set session_replication_role = replica")
    connection.execute(alter.format(sql.Identifier("postgres")))
    assert found(connection, "settings") == []
    connection.execute(alter.format(here))
    in_database = sql.SQL("alter role anon in database {} set timezone = 'Asia/Tokyo'")
    connection.execute(in_database.format(here))
    assert len(found(connection, "settings")) == 2
    assert mended(connection, "settings", None) == []


# What no check may cry about

HARMLESS = {
    "supabase's settings": """
        alter role anon set statement_timeout = '3s';
        alter role authenticator set lock_timeout = '8s';
        alter role authenticator set search_path = "$user", public, extensions;
        alter role authenticated set search_path to "\\$user", public, extensions;
        alter role authenticator set session_preload_libraries = 'supautils, safeupdate';
        alter role authenticator set pgrst.db_schemas = 'public, graphql_public';
        alter role postgres set search_path = "$user", public, extensions;
        alter role all set log_statement = 'ddl';
        alter role all set timezone = 'UTC';
        alter role all set row_security = 'tr'
    """,
    "another tool's role and its settings": f"""
        create role {ROLE} superuser;
        alter role {ROLE} set search_path = auth;
        alter role {ROLE} set role = postgres;
        alter role {ROLE} set default_transaction_read_only = on;
        grant set on parameter session_replication_role to {ROLE};
        grant pg_read_all_data to {ROLE};
        grant authenticator to {ROLE};
        grant select on public.users to {ROLE}
    """,
    "a plain role above anon": f"create role {ROLE}; grant {ROLE} to anon, authenticator",
    "a schema that others own": """
        create schema storage;
        grant usage on schema storage to public;
        create table storage."Objects" (user_id uuid, updated_at date references storage.x)
    """.replace(" references storage.x", "")
    + """;
        grant all on storage."Objects" to anon, authenticated, public;
        create view storage.v as select * from storage."Objects";
        grant select on storage.v to anon;
        create function storage.f() returns int language sql security definer return 1
    """,
    "usage of public for everyone": "grant usage on schema public to public, anon",
    "usage of a type by everyone": "create type public.mood as enum ('fine')",
    "policies written otherwise": f"""
        {POLICY} using (user_id = (select auth.uid()) and (select auth.role()) = 'x'
            and (select current_setting('a.b', true)) is null
            and exists (select from public.users as u where u.id = user_id
                and u.id = (select auth.uid())))
    """,
    "security_invoker spelt otherwise": """
        alter view public.user_dashboard set (security_invoker = on);
        alter view public.session_history set (security_invoker, security_barrier)
    """,
    "a comment of another kind": f"comment on column {GOALS}.smart_goal is null",
    "a partial index beside a plain one": f"create index idx_p on {GOALS} (user_id)"
    " where smart_goal is null",
    "a longer index beside a documented one": f"create index idx_l on {GOALS} (user_id, source)",
    "keys elsewhere that cascade or let go": """
        create schema other;
        create table other.a (user_id uuid references public.users on delete cascade);
        create table other.b (user_id uuid references public.users on delete set null)
    """,
    "foreign key triggers off and on again": f"""
        alter table {GOALS} disable trigger all; alter table {GOALS} enable trigger all
    """,
    "a check on archived_at alone": f"""
        alter table {ARCHIVE} add constraint chk_daily_sessions_archive_archived_at
        check (archived_at > '2020-01-01')
    """,
    "reordered grants": f"""
        revoke all on {GOALS} from authenticated, service_role;
        grant select, insert, update, delete on {GOALS} to service_role, authenticated
    """,
    "an owner whom row level security holds back": f"""
        create role {ROLE}; grant authenticated to {ROLE};
        create schema api; grant usage on schema api to public;
        create view api.users as select id, name from public.users;
        alter view api.users owner to {ROLE}; grant select on api.users to authenticated
    """,
    "extensions elsewhere": """
        create schema if not exists extensions; create extension hstore schema extensions
    """,
    "other schemas of the API": f"""
        {EXPOSED}
        create table api.closed (x int primary key, r regclass, u uuid references auth.users);
        create index closed_by_user on api.closed (u);
        create table api.deny (x int primary key); alter table api.deny enable row level security;
        create table api.catalogue (x int primary key);
        alter table api.catalogue enable row level security;
        grant select on api.catalogue to anon, authenticated;
        create policy p on api.catalogue for select using (true);
        create policy q on api.catalogue for update to authenticated using (false);
        create policy r on api.catalogue as restrictive using (true);
        create policy s on api.catalogue for insert with check (x = 1);
        create policy t on api.catalogue for delete using ((select auth.uid()) is not null)
    """,
    "an application's own ways in other schemas of the API": f"""
        {EXPOSED} create role {ROLE};
        create table api."Orders" (
            "Id" uuid primary key, user_id uuid, updated_at date, constraint positive check (true)
        );
        create index by_user on api."Orders" (user_id);
        create table api.orders_archive (x text primary key);
        create policy everybody on api.orders_archive for select using (true);
        alter table api.orders_archive enable row level security;
        grant select, references on api.orders_archive to anon;
        create function api."F"() returns int language sql set search_path = '' return 1;
        create view api.invoker with (security_invoker) as table api."Orders";
        grant select on api.invoker to anon;
        create view api.kept as table api."Orders"; grant select on api.kept to {ROLE};
        create materialized view api.summary as table api."Orders"; grant select on api.summary
        to service_role
    """,
    "a schema the API does not expose": f"""
        alter role authenticator set pgrst.db_schemas = 'public, graphql_public, storage';
        create schema storage; create schema graphql_public; {API}
        create table api.t (x int); grant all on api.t to anon;
        create table storage.t (x int); grant all on storage.t to anon;
        create policy p on storage.t using (true)
    """,
    "a temporary table": 'create temporary table "Scratch" (user_id uuid, updated_at date)',
}


@pytest.mark.parametrize("statement", HARMLESS.values(), ids=HARMLESS)
def test_no_check_cries_wolf(connection: Connection, statement: str) -> None:
    connection.execute(statement)
    assert everything(connection) == {}


def test_membership_in_an_extension_hides_nothing(connection: Connection) -> None:
    made = {
        "table": ("member", '(user_id uuid, "Odd" int, updated_at date)'),
        "view": ("member_view", "as select * from public.users"),
        "function": ("member()", "returns int language sql security definer return 1"),
    }
    for kind, (name, definition) in made.items():
        connection.execute(f"create {kind} public.{name} {definition}")
    connection.execute("grant all on public.member, public.member_view to anon, public")
    before = everything(connection)
    for kind, (name, _) in made.items():
        connection.execute(f"alter extension plpgsql add {kind} public.{name}")
    assert everything(connection) == before
    assert {check[4:] for check in before} >= {
        "rls_disabled", "view_security_invoker", "function_search_path", "dangerous_privileges",
        "primary_key", "naming", "missing_comment", "updated_at_trigger", "account_deletion",
    }  # fmt: skip


# What every file keeps


@every_check
def test_file_is_one_read_only_query_under_a_header(connection: Connection, check: str) -> None:
    text = CHECKS[check].text
    assert re.match(rf"-- {check}: .+\.\n-- Why: .+", re.sub(r"\n-- (?!Why)", " ", text)), "header"
    assert "information_schema" not in text
    code = re.sub(r"--[^\n]*", "", text)
    assert re.match(r"\s*(with|select)\b", code)
    assert not re.search(r"\border by \w+(, \w+)*\s*$", code), "verify sorts"
    unqualified = r"(?:from|join) (?:pg_(?!catalog\.)\w+)|::(?!pg_catalog\.)"
    literals = r"'[^']*'|\$\$.*?\$\$"
    assert not re.findall(unqualified, re.sub(literals, "", code, flags=re.DOTALL))
    connection.execute("set transaction read only")
    cursor = connection.execute(f"{PRELUDE} select * from ({text}) as x".encode())
    columns = [(column.name, column.type_code) for column in cursor.description or ()]
    names = ("severity", "object", "finding", "remedy", "expected", "actual")
    assert columns in ([(name, TEXT) for name in names[:4]], [(name, TEXT) for name in names])
    assert cursor.nextset() is None


@every_check
def test_what_is_ours_and_who_the_api_is_stands_in_the_prelude(check: str) -> None:
    code = re.sub(r"--[^\n]*", "", CHECKS[check].text)
    role = "'(anon|authenticated|authenticator|service_role)'"
    assert not re.search(rf"'audit', '|nspname in|rolname in|'e'|({role}\W+){{3}}", code)


def test_each_check_has_a_case_that_it_finds() -> None:
    assert [name for name in CHECKS if not any(b.check in name for b in BREAKS)] == []


def test_findings_do_not_depend_on_privileges(connection: Connection) -> None:
    connection.execute("grant all on all tables in schema public, audit to anon")
    connection.execute(f"{POLICY} to public using (coalesce(auth.uid(), null) = user_id)")
    connection.execute("alter table public.users disable trigger all")
    connection.execute("grant pg_read_all_data to authenticator")
    connection.execute("alter role anon set row_security = off")
    connection.execute("drop index public.idx_user_goals_user_id")
    connection.execute(f"alter table {ARCHIVE} alter session_date drop not null;"
                       f"alter policy {THEIR_ARCHIVED} using (true)")  # fmt: skip
    expected = everything(connection)
    assert len(expected) >= 9
    connection.execute(f"create role {ROLE}; set local role {ROLE}")
    assert everything(connection) == expected


# A server such as Supabase: the owner is not a superuser, default privileges give everything away


@contextmanager
def supabase_like(server: dict[str, str]) -> Iterator[str]:
    """An empty database of an owner with Supabase's attributes, and its default privileges."""
    owner = f"owner_{SUFFIX}"
    with made(server) as conninfo, psycopg.connect(conninfo, autocommit=True) as admin:
        name = sql.Identifier(admin.info.dbname)
        admin.execute(f"create role {owner} login createrole createdb bypassrls replication")
        admin.execute(f"grant pg_monitor, pg_read_all_data to {owner}")
        admin.execute(f"grant anon, authenticated, service_role to {owner}")
        admin.execute(sql.SQL("alter database {} owner to {}").format(name, sql.Identifier(owner)))
        admin.execute("create schema extensions; create extension citext schema extensions")
        for kind in ("tables", "functions", "sequences"):
            admin.execute(f"alter default privileges for role {owner} in schema public"
                          f" grant all on {kind} to anon, authenticated, service_role")  # fmt: skip
        admin.execute(f"grant all on schema public, extensions to {owner}")
        try:
            yield psycopg.conninfo.make_conninfo(conninfo, user=owner)
        finally:
            postgres = sql.SQL("alter database {} owner to postgres").format(name)
            admin.execute(postgres)
            admin.execute(f"reassign owned by {owner} to postgres; drop owned by {owner};"
                          f"drop role {owner}")  # fmt: skip


@pytest.mark.usefixtures("template")
def test_clean_on_a_server_like_supabase(server: dict[str, str]) -> None:
    with supabase_like(server) as conninfo:
        run_cli("migrate", "--database", conninfo)
        with psycopg.connect(conninfo, autocommit=True) as owner:
            assert everything(owner) == {}
            owner.execute("create table public.oops (id uuid primary key)")
            names = {check[4:] for check in everything(owner)}
        assert {"rls_disabled", "dangerous_privileges"} <= names


def test_clean_when_migrated(connection: Connection) -> None:
    assert everything(connection) == {}
