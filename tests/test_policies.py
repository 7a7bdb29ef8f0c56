"""Policies as expressions: every branch is made true and false, measured on rows that are there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from hypothesis import strategies
from psycopg import sql

from arami_db.policies import (
    ATTACKER,
    ATTACKER_EMAIL,
    VICTIM,
    VICTIM_EMAIL,
    Case,
    Cases,
    OwnerColumn,
    Policies,
    cases,
    owner_columns,
    read,
)
from tests.conftest import made

pytestmark = pytest.mark.quick

Connection = psycopg.Connection[Any]
POSTS = ("app", "posts")

# What a policy asks, and in how many ways it can be true.
BRANCHES = {
    "user_id = auth.uid()": 1,
    "(select auth.uid()) in (user_id, reader_id)": 2,
    "status = 'published'": 1,
    "status in ('published', 'archived')": 2,
    "status <> 'draft'": 1,
    "status <> all (array['draft', 'archived'])": 1,
    "status like 'p%'": 1,
    "is_public": 1,
    "not hidden": 1,
    "hidden is not true": 1,
    "deleted_at is null": 1,
    "deleted_at is not null": 1,
    "created_at < now() - interval '30 days'": 1,
    "created_at + interval '7 days' < now()": 1,
    "now() - created_at > interval '1 year'": 1,
    "now() between created_at and expires_at": 1,
    "expires_at is null or expires_at > now()": 2,
    "day = current_date": 1,
    "extract(year from created_at) = 2020": 1,
    "extract(dow from created_at) in (0, 6)": 2,
    "to_char(created_at, 'YYYY') = '2021'": 1,
    "amount > 1000": 1,
    "amount between 10 and 20": 1,
    "amount * 2 > 1000": 1,
    "qty % 7 = 3": 1,
    "score > 90": 1,
    "visibility >= 2": 1,
    "flags & 4 <> 0": 1,
    "(flags >> 2) & 1 = 1": 1,
    "title ilike '%Open%'": 1,
    "title not like 'x%'": 1,
    "title ~ '^[a-z]{3}-[0-9]+$'": 1,
    "title similar to '(a|b)%c'": 1,
    "length(title) > 10": 1,
    "lower(title) = 'shared'": 1,
    "upper(slug) = 'ABC'": 1,
    "position('x' in title) > 0": 1,
    "split_part(slug, '-', 2) = 'open'": 1,
    "coalesce(title, 'public') = 'public'": 2,
    "coalesce(reader_id, auth.uid()) = auth.uid()": 2,
    "left(user_id::text, 8) = left(auth.uid()::text, 8)": 1,
    "nullif(title, '') is null": 1,
    "meta ->> 'visibility' = 'public'": 1,
    "(meta -> 'public')::boolean": 1,
    "meta #>> '{share,level}' = 'all'": 1,
    """meta @> '{"share": {"with": ["everyone"]}}'""": 1,
    "meta ? 'public'": 1,
    "meta ?| array['a', 'b']": 1,
    "not (meta ? 'private')": 1,
    "(meta ->> 'level')::int > 5": 1,
    "(meta -> 'list' -> 1 ->> 'x')::int = 4": 1,
    "meta['open'] = 'true'": 1,
    "meta -> 'users' ? auth.uid()::text": 1,
    "meta -> 'roles' ->> auth.uid()::text = 'editor'": 1,
    "jsonb_path_exists(meta, '$.public')": 1,
    "exists (select 1 from jsonb_array_elements(meta -> 'm') e where e ->> 'id' = auth.uid()::text"
    " and e ->> 'as' = 'rw')": 1,
    "auth.uid() = any (shared_with)": 1,
    "shared_with && array[auth.uid()]": 1,
    "not (auth.uid() = any (shared_with))": 1,
    "tags @> array['a', 'b']": 1,
    "cardinality(tags) = 0": 1,
    "exists (select 1 from unnest(tags) x where x like 'pub%')": 1,
    "mood = 'open'": 1,
    "mood > 'calm'": 1,
    "period @> now()": 1,
    "lower(period) <= now() and upper(period) > now()": 1,
    "addr << '10.0.0.0/8'": 1,
    "(string_to_array(path, '/'))[1] = auth.uid()::text": 1,
    "path like auth.uid() || '/%'": 1,
    "substring(path from '^([^/]+)/') = auth.uid()::text": 1,
    "(auth.jwt() ->> 'email') = owner_email": 1,
    "lower(owner_email) = lower(auth.email())": 1,
    "split_part(auth.jwt() ->> 'email', '@', 2) = 'acme.com'": 1,
    "(auth.jwt() -> 'user_metadata' ->> 'role') = 'admin'": 1,
    "(auth.jwt() -> 'user_metadata' ->> 'team')::uuid = team_id": 1,
    "auth.jwt() #>> '{app_metadata,role}' in ('staff', 'boss')": 2,
    "auth.jwt() -> 'app_metadata' -> 'teams' ? team_id::text": 1,
    """auth.jwt() @> '{"user_metadata": {"beta": true}}'""": 1,
    "(auth.jwt() -> 'amr' -> 0 ->> 'method') = 'totp'": 1,
    "coalesce((auth.jwt() ->> 'is_anonymous')::boolean, false) = false": 2,
    "array[auth.jwt() ->> 'aal'] <@ array['aal2']": 1,
    "auth.role() = 'anon'": 1,
    "current_user = 'service_role'": 1,
    "auth.uid() is null": 1,
    "auth.uid() <> user_id": 1,
    "auth.uid() = '00000000-0000-4000-8000-0000000000ff'": 1,
    "(current_setting('request.jwt.claims', true)::jsonb ->> 'sub')::uuid = user_id": 1,
    "nullif(current_setting('request.jwt.claim.sub', true), '')::uuid = user_id": 1,
    "current_setting('request.headers', true)::json ->> 'x-user' = user_id::text": 1,
    "current_setting('app.tenant', true)::bigint = org_id": 1,
    "team_id in (select team_id from app.members where user_id = auth.uid())": 1,
    "exists (select 1 from app.members m where m.team_id = posts.team_id and m.user_id = auth.uid()"
    " and (m.role = 'owner' or m.accepted_at is not null))": 2,
    "exists (select 1 from app.teams t join app.members m on m.team_id = t.id"
    " where t.id = posts.team_id and m.user_id = auth.uid())": 1,
    "exists (select 1 from app.teams t left join app.members m on m.team_id = t.id"
    " where t.id = posts.team_id and m.user_id is null)": 1,
    "team_id in (select id from app.teams where owner_id = auth.uid()"
    " union select team_id from app.members where user_id = auth.uid())": 2,
    "team_id in (with mine as (select * from app.memberships) select team_id from mine)": 1,
    "(select role from app.profiles where id = auth.uid()) = 'admin'": 1,
    "coalesce((select is_admin from app.profiles where id = auth.uid()), false)": 1,
    "(select count(*) from app.members where user_id = auth.uid()) > 1": 1,
    "(select org_id from app.profiles where id = auth.uid())"
    " = (select org_id from app.profiles where id = user_id)": 1,
    "'edit' = any ((select perms from app.profiles where id = auth.uid())::text[])": 1,
    "exists (select 1 from app.follows where follower = auth.uid() and followee = user_id)": 1,
    "not exists (select 1 from app.follows where follower = user_id and followee = auth.uid())": 1,
    "exists (select 1 from app.profiles p where p.id = profile_id and p.id = auth.uid())": 1,
    "(org_id, user_id) in (select p.org_id, p.id from app.profiles p where p.id = auth.uid())": 1,
    "exists (select 1 from auth.users u where u.id = auth.uid()"
    " and (u.raw_user_meta_data ->> 'is_admin')::boolean)": 1,
    "app.is_admin() or user_id = auth.uid()": 2,
    "app.has_role('owner', team_id)": 2,
    "app.has_role(wanted => 'admin')": 1,
    "org_id = app.my_org()": 1,
    "team_id in (select app.my_teams())": 1,
    "app.can_read(posts)": 2,
    "case when status = 'published' then true when visibility = 1 then user_id = auth.uid() end": 2,
    "(is_public or hidden) and (visibility = 2 or visibility = 3)": 4,
    "not (is_public or status = 'draft')": 1,
    "user_id is not distinct from auth.uid()": 1,
    "auth.jwt() -> 'teams' ->> team_id::text = 'owner'": 1,
    "title in (select jsonb_object_keys(auth.jwt() -> 'titles'))": 1,
    "(storage.foldername(path))[2] = auth.uid()::text and (storage.foldername(path))[1] = 'u'"
    " and storage.extension(path) in ('png', 'jpg')": 2,
    "is_long": 1,
    "app.level_of('pro') >= 2": 3,
    "app.takes(qty) or app.takes(title)": 2,
    "(select count(*) from app.follows where followee = posts.user_id) = 3": 1,
    "exists (select 1 from (select team_id from app.members where user_id = auth.uid()) s"
    " where s.team_id = posts.team_id)": 1,
}  # fmt: skip
# What only calculation finds.
CALCULATED = (
    "qty * qty = 144",
    "qty * qty + visibility * visibility = 25 and visibility > 2",
    "amount * qty > 1000 and amount + qty < 70",
    "length(title) = qty and qty > 3 and title like 'z%'",
    "title like 'a%' and title like '%b' and title like '%x%'",
    "(auth.jwt() ->> 'level')::int * 2 = visibility * 4 and visibility > 1",
    "auth.role() = 'anon' and qty * qty = 49",
    "exists (select 1 from app.profiles p where p.id = auth.uid() and p.org_id * p.org_id = 1764)",
)
IMPOSSIBLE = (
    "false",
    "status = 'secret'",
    "visibility > 3",
    "score > 100",
    "visibility = 1 and visibility = 2",
    "amount > 1000 and amount < 1000.01",
    "qty > 2147483647",
    "char_length(slug) > 20",
    "mood = 'calm' and mood = 'angry'",
    "(auth.jwt() ->> 'mood')::app.mood in ('calm') and auth.jwt() ->> 'mood' = 'angry'",
    "mood = 'calm' and mood = 'angry' and team_id = (select t.id from app.teams t limit 1)",
    "is_public is null",
    "deleted_at > created_at and created_at > now() and deleted_at < now()",
    "meta ->> 'a' = 'x' and meta ->> 'a' = 'y'",
    "exists (select 1 from app.members m where m.user_id = auth.uid() and m.role = 'x'"
    " and m.role = 'y')",
)
# True for some row and claims, and hard to find; or false now for a reason that may pass.
NOT_IMPOSSIBLE = (
    "amount::int = 5 and amount <> 5",
    "coalesce(amount, 100) > 50 and amount is null and qty * qty = 4",
    "nullif(title, '') is null and title is not null and qty * qty = 4",
    "created_at::date = '2020-01-01' and created_at > '2020-01-01 05:00+00'",
    "random() < 0 and qty * qty = 4",
    "lower(title) = 'x' and title <> 'x' and qty * qty = 4",
    "app.loops() and qty * qty = 4",
    "now() < '2000-01-01'",
    "(auth.jwt() ->> 'mood')::app.mood = 'calm' and mood = 'angry' and qty * qty = 4",
    "qty * qty = 4 and team_id = (select t.id from app.teams t limit 1)",
    "exists (select 1 from app.teams t left join app.members m on m.team_id = t.id"
    " where t.id = posts.team_id and m.user_id is null and posts.qty * posts.qty = 4)",
)
STRANGE = (
    "app.loops()",
    "xmin::text <> '0'",
    "posts is not null",
    "md5(title) = '900150983cd24fb0d6963f7d28e17f72'",
    "encode(sha256(title::bytea), 'hex') like '00%'",
    "exists (select 1 from app.members where user_id = auth.uid() group by role"
    " having count(*) > 1)",
    "exists (select rank() over (order by role) from app.members)",
    "exists (with recursive r(n) as (select 1 union all select n + 1 from r where n < 3)"
    " select from r where n > 2)",
    "exists (values (1), (2))",
    "pg_has_role('authenticated', 'member')",
    "title collate \"C\" > 'm'",
    "title is nfkc normalized",
    "(created_at, expires_at) overlaps (now(), now())",
)


@pytest.fixture(scope="module")
def connection(server: dict[str, str], template: str) -> Iterator[Connection]:
    """A database with what the policies speak of, and two users."""
    with made(server, template) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        opened.execute((Path(__file__).parent / "policies.sql").read_bytes())
        for user, email in ((ATTACKER, ATTACKER_EMAIL), (VICTIM, VICTIM_EMAIL)):
            opened.execute("insert into auth.users (id, email) values (%s, %s)", [user, email])
            opened.execute(
                "insert into public.users (id, email) values (%s, %s) on conflict do nothing",
                [user, email],
            )
        yield opened


@dataclass(frozen=True)
class Found:
    """What was made of some policies, each named by its condition's place."""

    policies: Policies
    cases: Cases


def found(connection: Connection, conditions: tuple[str, ...], command: str = "select") -> Found:
    """Policies with these conditions, read, and then rolled back."""
    with connection.transaction(force_rollback=True):
        for place, condition in enumerate(conditions):
            create = f"create policy p{place} on app.posts for {command} using ({condition})"
            connection.execute(create.encode())
        policies = read(connection, [POSTS])
        return Found(policies, cases(connection, policies))


@pytest.fixture(scope="module")
def all_found(connection: Connection) -> Found:
    """All of BRANCHES at once."""
    return found(connection, tuple(BRANCHES))


def measured(connection: Connection, case: Case, catalog: Any) -> bool | None:
    """Whether a case's branch is true of a row that is really there."""
    with connection.transaction(force_rollback=True):
        for path, row in case.others[: case.first]:
            _insert(connection, catalog, path, row)
        key = _insert(connection, catalog, POSTS, {"user_id": VICTIM, **case.row})
        for path, row in case.others[case.first :]:
            _insert(connection, catalog, path, row)
        claims = {"sub": ATTACKER, "role": "authenticated", "email": ATTACKER_EMAIL, **case.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        legacy = {
            f"request.jwt.claim.{name}": value if isinstance(value, str) else json.dumps(value)
            for name, value in claims.items()
        }
        settings = {"request.jwt.claims": json.dumps(claims), **legacy, **case.settings}
        for name, value in settings.items():
            connection.execute("select set_config(%s, %s, true)", [name, value])
        asked = f"select {case.branch.text} from app.posts where id = {key}"
        answer = connection.execute(asked.encode()).fetchone()
        return bool(answer and answer[0])


def _insert(connection: Connection, catalog: Any, path: Any, row: Any) -> Any:
    """Insert a row, or change the one that is there under its key."""
    values = {**({"user_id": VICTIM} if path == ("app", "members") else {}), **row}
    if path == ("app", "members") and "team_id" not in values:
        team = connection.execute("insert into app.teams default values returning id").fetchone()
        values["team_id"] = team[0] if team else None
    names = sql.SQL(", ").join(map(sql.Identifier, values))
    texts = sql.SQL(", ").join(map(sql.Literal, values.values()))
    key = [n for k in catalog.tables[path].keys if k.primary for n in k.columns]
    statement = sql.SQL("insert into {} ({}) overriding system value values ({})").format(
        sql.Identifier(*path), names, texts
    )
    if key and set(key) <= set(values):
        change = sql.SQL(" on conflict ({}) do update set ({}) = row({})")
        keys = sql.SQL(", ").join(map(sql.Identifier, key))
        statement += change.format(keys, names, texts)
    row = connection.execute(statement + sql.SQL(" returning *")).fetchone()
    return row[0] if row else None


@pytest.mark.parametrize(
    ("place", "condition"), [*enumerate(BRANCHES)], ids=[*map(str, range(len(BRANCHES)))]
)
def test_every_branch_is_made_true_and_false(
    connection: Connection, all_found: Found, place: int, condition: str
) -> None:
    (policy,) = [p for p in all_found.policies.policies if p.name == f"p{place}"]
    assert len(policy.branches) == BRANCHES[condition], [b.text for b in policy.branches]
    for branch in policy.branches:
        there = [case for case in all_found.cases.made if case.branch == branch]
        assert {case.holds for case in there} == {True, False}, branch.text
        for case in there:
            assert measured(connection, case, all_found.policies.catalog) is case.holds, case


def test_nothing_is_left_over(all_found: Found, connection: Connection) -> None:
    assert not all_found.cases.gaps
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert connection.execute("select count(*) from app.posts").fetchone() == (0,)
    assert connection.execute("show search_path").fetchone() == ('"$user", public',)


def test_what_candidates_do_not_reach_is_calculated(connection: Connection) -> None:
    here = found(connection, CALCULATED)
    assert not [gap for gap in here.cases.gaps if gap.holds]
    for case in here.cases.made:
        assert measured(connection, case, here.policies.catalog) is case.holds, case


def test_without_the_solver_its_branches_are_named(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "z3", None)
    here = found(connection, ("qty * qty = 144", "status = 'secret'", "is_public"))
    gaps = {gap.branch.policy: gap for gap in here.cases.gaps}
    assert {*gaps} == {"p0", "p1"}
    assert all("arami-db[solver]" in gap.reason and not gap.impossible for gap in gaps.values())
    assert {case.branch.policy for case in here.cases.made if case.holds} == {"p2"}


def test_what_can_never_be_is_proved(connection: Connection) -> None:
    here = found(connection, IMPOSSIBLE)
    branches = {branch.policy for branch in here.policies.branches}
    proved = {gap.branch.policy for gap in here.cases.gaps if gap.holds and gap.impossible}
    assert proved == branches
    assert {f"p{place}" for place in range(len(IMPOSSIBLE))} - branches == {"p0"}  # false


def test_no_proof_is_claimed_of_what_may_be(connection: Connection) -> None:
    here = found(connection, NOT_IMPOSSIBLE)
    proved = [gap.branch for gap in here.cases.gaps if gap.holds and gap.impossible]
    for policy in here.policies.policies:
        assert not {*policy.branches} <= {*proved}, policy


def test_what_is_always_so_is_no_gap_in_the_cases(connection: Connection) -> None:
    here = found(connection, ("true", "1 = 1"))
    assert {case.holds for case in here.cases.made} == {True}
    assert {(gap.holds, gap.impossible) for gap in here.cases.gaps} == {(False, True)}


@pytest.mark.parametrize("condition", STRANGE)
def test_what_is_not_understood_is_named(connection: Connection, condition: str) -> None:
    here = found(connection, (condition,))
    assert here.policies.branches
    for case in here.cases.made:
        assert measured(connection, case, here.policies.catalog) is case.holds, case
    for gap in here.cases.gaps:
        assert gap.reason
        assert "not understood" not in gap.reason


def test_a_row_is_the_victims_where_it_can_be(connection: Connection) -> None:
    conditions = (
        "left(user_id::text, 8) = left(auth.uid()::text, 8)",
        "user_id is not null and is_public",
        "user_id = auth.uid() and is_public",
    )
    here = found(connection, conditions)
    row = {case.branch.policy: case.row for case in here.cases.made if case.holds}
    assert [row[f"p{place}"]["user_id"] for place in range(3)] == [VICTIM, VICTIM, ATTACKER]


def test_a_restrictive_policy_is_satisfied_besides(connection: Connection) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute("create policy wide on app.posts for select using (is_public)")
        connection.execute(
            "create policy narrow on app.posts as restrictive using"
            " (auth.jwt() ->> 'aal' = 'aal2' or status = 'published')"
        )
        policies = read(connection, [POSTS])
        here = cases(connection, policies)
    (wide,) = [case for case in here.made if case.branch.policy == "wide" and case.holds]
    assert wide.claims == {"aal": "aal2"} or wide.row.get("status") == "published"
    assert {b.permissive for b in policies.branches if b.policy == "narrow"} == {False}


def test_both_conditions_of_a_policy_have_branches(connection: Connection) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute(
            "create policy p on app.posts for update to authenticated, anon"
            " using (user_id = auth.uid()) with check (user_id = auth.uid() or is_public)"
        )
        (policy,) = read(connection, [POSTS]).policies
    assert (policy.command, policy.roles) == ("update", ("anon", "authenticated"))
    assert policy.using is not None
    assert policy.check is not None
    assert [b.text for b in policy.using.branches] == ["user_id = auth.uid()"]
    assert [b.text for b in policy.check.branches] == ["user_id = auth.uid()", "is_public"]
    assert {b.clause for b in policy.branches} == {"using", "check"}


# What a policy asks, and whose it says a row is: column, kind, the column that is compared.
OWNERS = {
    "user_id = (select auth.uid())": {("user_id", "uid", "user_id", 0, False)},
    "(select auth.uid()) in (user_id, reader_id)": {
        ("user_id", "uid", "user_id", 0, False),
        ("reader_id", "uid", "reader_id", 0, False),
    },
    "auth.uid() = any (shared_with)": {("shared_with", "uid", "shared_with", 0, True)},
    "meta ->> 'owner' = auth.uid()::text": {("meta", "uid", "meta", 0, True)},
    "meta -> 'a' -> 'readers' ? auth.uid()::text": {("meta", "uid", "meta", 0, True)},
    "owner_email = auth.jwt() ->> 'email'": {("owner_email", "email", "owner_email", 0, False)},
    "org_id = (auth.jwt() -> 'app_metadata' ->> 'org')::bigint": {
        ("org_id", "claim", "org_id", 0, False)
    },
    "current_setting('app.tenant', true)::bigint = org_id": {
        ("org_id", "claim", "org_id", 0, False)
    },
    "team_id in (select team_id from app.members where user_id = auth.uid())": {
        ("team_id", "uid", "user_id", 1, False)
    },
    "team_id in (select app.my_teams())": {("team_id", "uid", "user_id", 1, False)},
    "org_id = app.my_org()": {("org_id", "uid", "id", 1, False)},
    "exists (select 1 from app.teams t join app.members m on m.team_id = t.id"
    " where t.id = posts.team_id and m.user_id = auth.uid())": {
        ("team_id", "uid", "user_id", 2, False),
    },
    "is_public": set(),
    "(auth.jwt() -> 'user_metadata' ->> 'role') = 'admin'": set(),
}


@pytest.mark.parametrize("condition", OWNERS)
def test_owners_are_found_by_policy(connection: Connection, condition: str) -> None:
    def told(owner: OwnerColumn) -> tuple[str, str, str, int, bool]:
        return (owner.column, owner.kind, owner.owner, len(owner.via), owner.is_element)

    here = found(connection, (condition,))
    owners = owner_columns(here.policies).get(POSTS, ())
    assert {*map(told, owners)} == OWNERS[condition]
    for owner in (owner for owner in owners if owner.kind == "uid" and not owner.via):
        kind = here.policies.catalog.tables[POSTS].columns[owner.column].type
        statement = f"select {condition} from app.posts where {owner.column} "
        statement += f"{'@>' if owner.is_element else '='} %s::{kind}"
        with connection.transaction(force_rollback=True):
            row = {"user_id": VICTIM, owner.column: owner.holding(ATTACKER)}
            _insert(connection, here.policies.catalog, POSTS, row)
            claims = json.dumps({"sub": ATTACKER})
            connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
            held = connection.execute(statement.encode(), [owner.holding(ATTACKER)]).fetchone()
        assert held == (True,)


ATOMS = strategies.sampled_from((
    "is_public", "hidden", "hidden is null", "qty > 5", "qty <= 7", "qty is null",
    "status = 'draft'", "status in ('draft', 'archived')", "title like 'a%'", "title is null",
    "user_id = auth.uid()", "auth.uid() = any (shared_with)", "meta ? 'open'",
    "coalesce(hidden, qty > 5)", "case when is_public then hidden else qty < 3 end",
    "exists (select 1 from app.members m where m.user_id = auth.uid() and (m.role = 'owner' or"
    " posts.is_public))",
))  # fmt: skip
CONDITIONS = strategies.recursive(
    ATOMS,
    lambda inner: strategies.one_of(
        inner.map("not ({})".format),
        strategies.tuples(inner, strategies.sampled_from(("and", "or")), inner).map(
            lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})"
        ),
    ),
    max_leaves=5,
)
# Rows on which a condition and its branches must agree.
ROWS = """
    insert into app.posts (user_id, is_public, hidden, qty, status, title, shared_with, meta)
    select
        u::uuid, p, h, q, s, t, array[u]::uuid[],
        case when p then '{"open": 1}'::jsonb else '{}' end
    from unnest(%s::text[]) as u, unnest(array[true, false]) as p,
        unnest(array[true, false, null]) as h, unnest(array[1, 6, 9, null]) as q,
        unnest(array['draft', 'published']) as s, unnest(array['ab', 'b', null]) as t
"""


@hypothesis.settings(max_examples=15, suppress_health_check=[*hypothesis.HealthCheck])
@hypothesis.given(condition=CONDITIONS)
def test_the_branches_together_are_the_condition(connection: Connection, condition: str) -> None:
    here = found(connection, (condition,))
    branches = [branch.text for branch in here.policies.branches] or ["false"]
    either = " or ".join(f"coalesce(({text}), false)" for text in branches)
    with connection.transaction(force_rollback=True):
        connection.execute(ROWS, [[ATTACKER, VICTIM]])
        claims = json.dumps({"sub": ATTACKER, "role": "authenticated"})
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        whole = f"coalesce(({condition}), false)"
        asked = f"select count(*) from app.posts where {whole} is distinct from ({either})"
        assert connection.execute(asked.encode()).fetchone() == (0,), branches
        seen = {
            text: (connection.execute(f"select from app.posts where {text}".encode()).rowcount > 0)
            for text in branches
        }
    made_true = {case.branch.text for case in here.cases.made if case.holds}
    impossible = {gap.branch.text for gap in here.cases.gaps if gap.holds and gap.impossible}
    assert {text for text, is_seen in seen.items() if is_seen} <= made_true
    assert {*branches} - {"false"} <= made_true | impossible
    for case in here.cases.made:
        assert measured(connection, case, here.policies.catalog) is case.holds, case


def test_what_the_server_refuses_stops_no_other_question(connection: Connection) -> None:
    from arami_db.policies.expressions.tree import TRUE, Expr
    from arami_db.policies.search.evaluator import Evaluator
    from arami_db.policies.search.worlds import CaseWorld

    tables = read(connection, [POSTS]).catalog.tables
    with connection.transaction(force_rollback=True):
        connection.execute("create table app.before ()")
        server = Evaluator(connection, tables)
        world = CaseWorld({"row": tables[POSTS]})
        for refused in ("this is no SQL", "1 / 0", "app.nothing()", "'\0'"):
            assert server.is_true(Expr("opaque", refused), world) is None
        assert server.is_true(TRUE, world) is True
        assert connection.execute("select count(*) from app.before").fetchone() == (0,)


def test_z3_is_imported_only_where_it_is_asked(connection: Connection) -> None:
    script = f"""
import psycopg, sys
from arami_db.policies import cases, read
with psycopg.connect({connection.info.dsn!r}, autocommit=True) as opened:
    with opened.transaction(force_rollback=True):
        opened.execute("create policy p on app.posts using (status = 'published' or is_public)")
        assert len(cases(opened, read(opened, [("app", "posts")])).made) == 4
print('z3' in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
