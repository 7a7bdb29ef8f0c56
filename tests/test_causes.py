"""One cause is one finding: what follows from it is told with it, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import psycopg
import pytest

from arami_db.drift.causes import fold
from arami_db.drift.comparing import drift
from arami_db.drift.findings import Finding, Severity
from arami_db.facts import Fact, load
from arami_db.facts.session import SETTINGS
from arami_db.verifying.asking import differences_within
from tests.asking import TREE, Connection
from tests.conftest import made

EXPECTED = load(TREE.snapshot)
OWN = '"Users can only access their own data" on public.users'
API = "create schema api; grant usage on schema api to anon;"
# What is done, and of each finding how it begins, and the sources of what follows from it.
CAUSES = {
    "a view is dropped": ("drop view public.user_dashboard", {"view public.user_dashboard is": ""}),
    "a table is dropped": (
        "drop table public.user_goals cascade",
        {"table public.user_goals is missing": "", "view public.user_dashboard is missing": ""},
    ),
    "row level security is off": (
        "alter table public.users disable row level security",
        {"table public.users: row level security differs": "001"},
    ),
    "two things of one table": (
        "alter table public.users disable row level security; comment on table public.users is 'x'",
        {
            "table public.users: row level security differs": "001",
            "table public.users: comment differs": "",
        },
    ),
    "everything is granted": (
        "grant all on public.users to anon",
        {"grant table public.users: anon delete differs": "008"},
    ),
    "one role of two": (
        "grant truncate on public.users to anon, authenticated",
        {
            "grant table public.users: anon truncate differs": "008",
            "grant table public.users: authenticated truncate differs": "008",
        },
    ),
    "a table more": (
        "create table public.scratch (id int primary key, user_id uuid)",
        {"table public.scratch is not part of the schema": "001 015"},
    ),
    "a parent": (
        f"{API} create table api.people (email text); grant select on api.people to anon;"
        " alter table public.users inherit api.people",
        {"table public.users: inherits api.people differs": ""},
    ),
    "a member of an extension": (
        "create function public.everybody() returns setof public.users language sql"
        " security definer set search_path = pg_catalog, pg_temp as 'table public.users';"
        " alter extension plpgsql add function public.everybody()",
        {"function public.everybody() is not part of the schema": ""},
    ),
    "a view elsewhere": (
        f"{API} create view api.v as select h.* from public.session_history as h"
        " join public.users as u on u.id = h.user_id; grant select on api.v to anon, authenticated",
        {"anon reaches public.users: view api.v as owner": ""},
    ),
    "a path beside a difference of the same table": (
        f"{API} create view api.v as table public.users; grant select on api.v to anon;"
        " alter table public.users disable row level security",
        {
            "anon reaches public.users: view api.v as owner": "",
            "table public.users: row level security differs": "001",
        },
    ),
    "a function with more rights": (
        "alter function public.get_session_summary security definer",
        {"function public.get_session_summary(uuid, integer): security differs": "006"},
    ),
    "a view with more rights": (
        "alter view public.user_dashboard reset (security_invoker)",
        {"view public.user_dashboard: option security_invoker differs": "004"},
    ),
    "a membership": (
        "grant authenticated to anon",
        {"anon reaches role authenticated": ""},
    ),
    "a policy": (
        f"alter policy {OWN} to public using (true)",
        {'policy public.users."Users can only access their own data": roles': "002 033"},
    ),
    "an extension in public": (
        "create extension citext",
        {"extension citext is not part of the schema": "006 031"},
    ),
    "a primary key": (
        "alter table public.user_streaks drop constraint user_streaks_pkey",
        {"constraint public.user_streaks.user_streaks_pkey is missing": "011"},
    ),
    "an index": (
        "drop index public.idx_user_goals_user_id",
        {"index public.idx_user_goals_user_id is missing": "009"},
    ),
    "an owner": (
        "alter table public.users owner to pg_monitor",
        {"table public.users: owner differs": ""},
    ),
    "an owner who was granted something": (
        "alter table public.user_goals owner to authenticated",
        {"table public.user_goals: owner differs": "020"},
    ),
    "a membership that brings others": (
        "grant pg_monitor to anon",
        {"anon reaches role pg_monitor": ""},
    ),
    "row level security is off where there is an archive": (
        "alter table public.daily_sessions disable row level security",
        {"table public.daily_sessions: row level security differs": "001 016"},
    ),
    "a right that may be passed on": (
        "grant select on public.daily_sessions to authenticated with grant option",
        {"grant table public.daily_sessions: authenticated select differs": "016"},
    ),
    "a key not validated": (
        "alter table public.user_goals drop constraint fk_user_goals_users,"
        " add constraint fk_user_goals_users foreign key (user_id) references public.users (id)"
        " on delete cascade not valid",
        {"constraint public.user_goals.fk_user_goals_users: validated differs": "015"},
    ),
    "a table that a crash empties": (
        "alter table public.user_streaks set unlogged",
        {"table public.user_streaks: persistence differs": ""},
    ),
    "dblink": (
        "create extension dblink schema public",
        {"extension dblink is not part of the schema": "006 031"},
    ),
    "a right lost": (
        "revoke select on public.users from authenticated",
        {"grant table public.users: authenticated select differs": ""},
    ),
}


@pytest.fixture(scope="module")
def connection(server: dict[str, str], template: str) -> Iterator[Connection]:
    """One clone for all: what a test does there it rolls back."""
    with made(server, template) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        yield opened


def unfolded(findings: Iterable[Finding]) -> list[Finding]:
    return [one for finding in findings for one in (finding, *unfolded(finding.consequences))]


@pytest.mark.parametrize("name", CAUSES)
def test_one_cause_is_one_finding(connection: Connection, name: str) -> None:
    statement, wanted = CAUSES[name]
    with connection.transaction(force_rollback=True):
        connection.execute(statement)
        for setting, value in SETTINGS.items():
            connection.execute("select set_config(%s, %s, true)", [setting, value])
        each = differences_within(connection, TREE, EXPECTED)
    causes = fold(each)
    told = {
        next((begin for begin in wanted if cause.message.startswith(begin)), cause.message): cause
        for cause in causes
    }
    assert told.keys() == wanted.keys()
    assert len(causes) == len(wanted)
    for begin, cause in told.items():
        sources = {one.source[:3] for one in unfolded(cause.consequences)} - {"fac", "012", "021"}
        assert sources == set(wanted[begin].split())
    assert sorted(f.message for f in unfolded(causes)) == sorted(f.message for f in each)
    assert min(f.severity.rank for f in causes) == min(f.severity.rank for f in each)


SEVERITIES = {
    "a parent elsewhere": (
        "create schema api; create table api.p (); alter table public.users inherit api.p",
        "security",
    ),
    "a child elsewhere": (
        "create schema api; create table api.c () inherits (public.users)",
        "security",
    ),
    "one trigger more": (
        "create trigger z before insert on public.users"
        " for each row execute function public.update_updated_at_column()",
        "security",
    ),
    "one trigger less": ("drop trigger update_users_updated_at on public.users", "integrity"),
    "a cast": ("create cast (public.users as text) with inout as assignment", "security"),
    "a default that calls somebody's function": (
        "create schema api; create function api.f() returns text language sql as 'select 1::text';"
        " alter table public.users alter name set default api.f()",
        "security",
    ),
    "a default": ("alter table public.users alter name set default lower('A')", "integrity"),
    "a check that calls somebody's function": (
        "create schema api; create function api.f(text) returns bool language sql"
        " as 'select true';"
        " alter table public.users add constraint chk_users_f check (api.f(name))",
        "security",
    ),
    "a subscription's table": (
        "set local allow_system_table_mods = on; insert into pg_subscription"
        " select (jsonb_populate_record(null::pg_subscription, jsonb_build_object('oid', 1,"
        " 'subdbid', oid, 'subskiplsn', '0/0', 'subname', 's', 'subowner', 10, 'subenabled', false,"
        " 'subbinary', false, 'substream', 'f', 'subtwophasestate', 'd', 'subdisableonerr', false,"
        " 'subpasswordrequired', false, 'subrunasowner', false, 'subfailover', false,"
        " 'subconninfo', '', 'subsynccommit', 'off', 'subpublications', array['p'],"
        " 'suborigin', 'any'))).* from pg_database where datname = current_database();"
        " insert into pg_subscription_rel (srsubid, srrelid, srsubstate)"
        " values (1, 'public.users'::regclass, 'i')",
        "security",
    ),
    "a statistics target": ("alter table public.users alter name set statistics 5", "performance"),
    "statistics": ("create statistics public.s on id, name from public.users", "performance"),
}


@pytest.mark.parametrize("name", SEVERITIES)
def test_severity_is_by_effect(connection: Connection, name: str) -> None:
    statement, severity = SEVERITIES[name]
    with connection.transaction(force_rollback=True):
        connection.execute(statement)
        found = fold(differences_within(connection, TREE, EXPECTED))
    assert [finding.severity for finding in found if finding.source == "facts"] == [severity]


def test_a_finding_is_as_grave_as_what_follows_from_it() -> None:
    cause = Finding(Severity.COSMETIC, "001_x", "public.t", "a")
    assert fold([cause]) == [cause]
    assert fold([]) == []


def test_thousands_of_paths_are_put_under_thousands_of_causes() -> None:
    path = "granted to anon"
    facts = frozenset(
        fact
        for number in range(3000)
        for fact in (
            Fact("table", f"public.t{number}", "kind", "table"),
            *(Fact("reach", "anon", f"public.t{number}", f"{right} {path}") for right in "abc"),
        )
    )
    causes = fold(drift(frozenset(), facts))
    assert len(causes) == 3000
    assert {len(cause.consequences) for cause in causes} == {3}
