"""Declared exceptions: what they accept, and every way of accepting more than was meant."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from arami_db.drift.findings import Finding, Severity
from arami_db.drift.neighbours import Neighbours
from arami_db.errors import UsageError
from arami_db.facts import Fact
from arami_db.settings import Declaration, read_settings
from arami_db.verifying.accept import accept
from tests.conftest import Run, end, unfolded
from tests.test_verify import execute

Verify = Callable[..., dict[str, Any]]

NOTES = """
create table public.notes (
    id bigint generated always as identity,
    user_id uuid not null constraint fk_notes_users references public.users (id) on delete cascade,
    body text,
    number serial,
    constraint notes_pkey primary key (id),
    constraint uq_notes_body unique (body)
);
create index idx_notes_user_id on public.notes (user_id);
create trigger stamp before update on public.notes
for each row execute function public.update_updated_at_column();
create trigger audit_notes_insert after insert on public.notes
referencing new table as new_rows
for each statement execute function audit.record_change();
alter table public.notes enable row level security;
create policy "Own notes" on public.notes for all to authenticated
using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
revoke all on table public.notes from public, anon, authenticated, service_role;
grant select, insert on table public.notes to authenticated, service_role;
grant update (body) on table public.notes to authenticated;
comment on table public.notes is 'Notes of a user.';
comment on policy "Own notes" on public.notes is 'One''s own.';
"""
VIEW = """
create view public.note_count with (security_invoker = true) as select count(*) from public.notes;
revoke all on public.note_count from public, anon, authenticated, service_role;
grant select on public.note_count to authenticated;
comment on view public.note_count is 'How many.';
"""
FUNCTION = """
create function public.mine(integer) returns integer language sql stable set search_path = ''
as 'select 1';
revoke all on function public.mine(integer) from public, anon, authenticated, service_role;
grant execute on function public.mine(integer) to authenticated;
comment on function public.mine(integer) is 'Ours.';
"""


def entry(kind: str, name: str, reason: str = "ours") -> str:
    return f"[[accept]]\n{kind} = {json.dumps(name)}\nreason = {json.dumps(reason)}\n"


@pytest.fixture
def run(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Verify in a folder with the settings given."""

    def run(settings: str, expect: int = 0, *arguments: str) -> Run:
        (tmp_path / "arami-db.toml").write_text(settings, encoding="utf-8")
        return end(started(["verify", "-d", database, *arguments], tmp_path), expect)

    return run


def started(arguments: list[str], folder: Path) -> Any:
    import subprocess
    import sys

    from tests.conftest import clean_environment

    return subprocess.Popen(
        [sys.executable, "-m", "arami_db", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=clean_environment(PYTHONPATH=str(Path(__file__).parents[1])),
    )


@pytest.fixture
def verify(run: Callable[..., Run]) -> Verify:
    """The report of a verification with the settings given."""

    def verify(settings: str, expect: int = 0) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(run(settings, expect, "--format", "json").stdout)
        return report

    return verify


@pytest.fixture
def role(database: str) -> Iterator[str]:
    """A role of this deployment's own, whose name needs quotes."""
    name = f"Own role {uuid.uuid4().hex[:8]}"
    execute(database, f'create role "{name}"')
    yield name
    execute(database, f'drop owned by "{name}"', f'drop role "{name}"')


def found(report: dict[str, Any]) -> set[str]:
    return {finding["message"] for finding in report["findings"]}


def test_what_is_declared_is_accepted_and_told_with_its_reason(
    database: str, verify: Verify, run: Callable[..., Run], role: str
) -> None:
    execute(database, NOTES, VIEW, FUNCTION, "create publication ours for table public.notes")
    execute(database, f'grant usage on schema audit to "{role}"')
    execute(database, f'grant select (name) on users to "{role}" with grant option')
    execute(
        database,
        f'alter default privileges in schema public grant select on tables to "{role}"',
    )
    declared = "".join(
        entry(kind, name)
        for kind, name in {
            "role": role,
            "table": "public.notes",
            "function": "public.mine(integer)",
            "publication": "ours",
        }.items()
    ) + entry("view", "public.note_count", "counts; docs")
    report = verify(declared)
    assert report["findings"] == []
    assert report["stale"] == []
    assert {(a["accepted_by"], a["reason"]) for a in report["accepted"]} == {
        (f"role {role}", "ours"),
        ("table public.notes", "ours"),
        ("function public.mine(integer)", "ours"),
        ("publication ours", "ours"),
        ("view public.note_count", "counts; docs"),
    }
    text = run(declared).stdout
    assert re.search(r"outside these files, as declared: .*\b2 relations\b.*; accepted", text)
    assert "view public.note_count: " in text
    assert "(counts; docs)" in text
    assert text.endswith("clean\n")


def test_what_matches_nothing_is_stale_and_no_finding(
    run: Callable[..., Run], verify: Verify
) -> None:
    settings = entry("role", "nobody_here", "gone") + entry("table", "public.gone")
    assert [(s["kind"], s["name"]) for s in verify(settings)["stale"]] == [
        ("role", "nobody_here"),
        ("table", "public.gone"),
    ]
    told = run(settings)
    assert "role nobody_here  [arami-db.toml, accept 1]" in told.stdout
    assert "note: arami-db.toml, accept 1: role nobody_here does not exist" in told.stderr


# What is declared, what is done, and what must be found all the same: its source, and a word.
ATTACKS = {
    "a declared table without row level security": (
        ("table", "public.notes"),
        [NOTES, "alter table public.notes disable row level security"],
        "001_rls_disabled",
        "Row level security is off",
    ),
    "TRUNCATE of a declared table granted to anon": (
        ("table", "public.notes"),
        [NOTES, "grant truncate on public.notes to anon"],
        "008_dangerous_privileges",
        "TRUNCATE is granted to anon",
    ),
    "a policy for everybody on a declared table": (
        ("table", "public.notes"),
        [
            NOTES,
            "create policy p on public.notes for select"
            " using ((select auth.uid()) = user_id or body = '')",
        ],
        "002_policy_for_anon",
        "applies to public",
    ),
    "a policy to write what one likes into a declared table": (
        ("table", "public.notes"),
        [NOTES, "create policy p on public.notes for insert to authenticated with check (true)"],
        "033_policy_always_true",
        "same for everybody",
    ),
    "a declared table that is a view of everybody's sessions now": (
        ("table", "public.notes"),
        [
            "create view public.notes as table public.daily_sessions",
            "grant select on public.notes to authenticated",
        ],
        "facts",
        "authenticated reaches public.daily_sessions: view public.notes as owner",
    ),
    "a declared table that is an invoker view now": (
        ("table", "public.notes"),
        ["create view public.notes with (security_invoker) as table public.daily_sessions"],
        "facts",
        "1 relation outside these files: public.notes",
    ),
    "a declared view that is a copy of everybody's sessions now": (
        ("view", "public.notes"),
        [
            "create materialized view public.notes as table public.daily_sessions",
            "grant select on public.notes to authenticated",
        ],
        "004_view_security_invoker",
        "materialized view",
    ),
    "a declared table in other letters": (
        ("table", "public.notes"),
        ['create table public."Notes" (id int primary key)'],
        "facts",
        'outside these files: public."Notes"',
    ),
    "a declared table whose name has a dot": (
        ("table", "public.notes"),
        ['create table public."public.notes" (id int primary key)'],
        "facts",
        'outside these files: public."public.notes"',
    ),
    "a declared type that is a table now": (
        ("type", "public.mood"),
        ["create table public.mood (id int primary key)"],
        "facts",
        "1 relation outside these files: public.mood",
    ),
    "a declared sequence that one of our columns takes its numbers from": (
        ("sequence", "public.number"),
        [
            "create sequence public.number",
            "alter table public.users add column n int default nextval('public.number')",
            "alter sequence public.number owned by public.users.n",
        ],
        "facts",
        "column public.users.n is not part",
    ),
    "a declared table that keeps sessions from going": (
        ("table", "public.pins"),
        ["create table public.pins (id int primary key, s uuid references public.daily_sessions)"],
        "015_account_deletion",
        "blocks account deletion",
    ),
    "a trigger on our table that calls a declared function": (
        ("function", "public.f()"),
        [
            "create function public.f() returns trigger language plpgsql set search_path = ''"
            " as 'begin return new; end'",
            "create trigger t before insert on public.users"
            " for each row execute function public.f()",
        ],
        "facts",
        "trigger public.users.t is not part",
    ),
    "a rule on a declared table that writes to ours": (
        ("table", "public.notes"),
        [NOTES, "create rule r as on insert to public.notes do also delete from public.users"],
        "facts",
        "rule public.notes.r is not part",
    ),
    "a declared function that runs as its owner now": (
        ("function", "public.mine(integer)"),
        [FUNCTION, "alter function public.mine(integer) security definer"],
        "facts",
        "1 function outside these files: public.mine(integer)",
    ),
    "a declared function that is an overload of ours": (
        ("function", "public.get_session_summary(text)"),
        [
            "create function public.get_session_summary(text) returns int language sql"
            " set search_path = '' return 1"
        ],
        "facts",
        "function public.get_session_summary(text) is not part",
    ),
    "a declared publication of another table, which sends ours": (
        ("table", "public.notes"),
        [NOTES, "create publication p for table public.notes, public.users"],
        "facts",
        "publication p sends public.users to its subscribers",
    ),
    "a policy for anon on a declared table": (
        ("table", "public.notes"),
        [NOTES, "create policy p on public.notes to anon using (true)"],
        "002_policy_for_anon",
        "anon",
    ),
    "a declared table that is a part of users": (
        ("table", "public.kid"),
        ["create table public.kid () inherits (public.users)"],
        "facts",
        "table public.kid: inherits public.users differs",
    ),
    "a declared table that users belong to": (
        ("table", "public.parent"),
        [
            "create table public.parent (email text)",
            "alter table public.users inherit public.parent",
        ],
        "facts",
        "table public.users: inherits public.parent differs",
    ),
    "a policy on a table of the schema": (
        ("table", "public.notes"),
        [NOTES, "create policy p on public.users to authenticated using (true)"],
        "facts",
        "policy public.users.p is not part",
    ),
    "an index named as if it were of a declared table": (
        ("table", "public.notes"),
        [NOTES, 'create unique index "x ON public.notes USING btree" on public.users (name)'],
        "facts",
        "index public.",
    ),
    "a table named as if it were a part of a declared one": (
        ("table", "public.notes"),
        [NOTES, 'create table public."notes.id" (id int)'],
        "facts",
        'outside these files: public."notes.id"',
    ),
    "a declared view that shows every user's rows": (
        ("view", "public.v"),
        [
            "create view public.v as select * from public.users",
            "grant select on public.v to authenticated",
        ],
        "004_view_security_invoker",
        "",
    ),
    "a declared function rewritten to leak to anon": (
        ("function", "public.mine(integer)"),
        [
            FUNCTION,
            "create or replace function public.mine(integer) returns integer language sql stable"
            " security definer set search_path = '' as 'select 1 from public.users'",
            "grant execute on function public.mine(integer) to anon",
        ],
        "facts",
        "anon reaches function public.mine(integer)",
    ),
    "an overload of a declared function": (
        ("function", "public.mine(integer)"),
        [FUNCTION, FUNCTION.replace("(integer)", "(text)")],
        "facts",
        "1 function outside these files: public.mine(text)",
    ),
    "a declared function that everybody may execute as its owner": (
        ("function", "public.mine(integer)", "definer = true\n"),
        [
            FUNCTION,
            "alter function public.mine(integer) security definer",
            "grant execute on function public.mine(integer) to public",
        ],
        "facts",
        "anon reaches function public.mine(integer)",
    ),
    "another publication": (
        ("publication", "ours"),
        ["create publication theirs for table public.users"],
        "facts",
        "publication theirs sends public.users to its subscribers",
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_declaration_hides_no_more_than_it_says(name: str, database: str, verify: Verify) -> None:
    declared, statements, source, word = ATTACKS[name]
    execute(database, *statements)
    kind, of, *more = declared
    report = verify(entry(kind, of) + "".join(more), 4)
    found = unfolded(report["findings"])
    assert [f for f in found if f["source"] == source and word in f["message"]]


def test_a_declared_role_that_anon_becomes_gives_anon_nothing_unseen(
    database: str, verify: Verify, role: str
) -> None:
    execute(database, f'grant select on public.users to "{role}"', f'grant "{role}" to anon')
    try:
        report = verify(entry("role", role), 4)
    finally:
        execute(database, f'revoke "{role}" from anon')
    assert [f for f in unfolded(report["findings"]) if f["message"].startswith("anon reaches")]


def test_a_grant_that_a_declared_role_hands_on_is_found(
    database: str, verify: Verify, role: str
) -> None:
    execute(
        database,
        f'grant select on public.user_goals to "{role}" with grant option',
        f'grant usage on schema public to "{role}"',
        f'set role "{role}"; grant select on public.user_goals to anon; reset role',
    )
    found = verify(entry("role", role), 4)["findings"]
    assert "grant table public.user_goals: anon select differs" in {f["message"] for f in found}


def test_a_declared_role_is_not_one_whose_name_begins_so(
    database: str, verify: Verify, role: str
) -> None:
    execute(database, f'create role "{role} select"')
    try:
        execute(database, f'grant select on public.users to "{role} select"')
        report = verify(entry("role", role), 4)
    finally:
        execute(database, f'drop owned by "{role} select"', f'drop role "{role} select"')
    assert [a["accepted_by"] for a in report["accepted"]] == []
    assert len(report["findings"]) == 1


def test_nothing_missing_or_changed_is_accepted(database: str, verify: Verify, role: str) -> None:
    execute(
        database,
        "revoke select on public.user_goals from authenticated",
        "alter table public.users alter timezone set default 'CET'",
        "drop trigger update_users_updated_at on public.users",
    )
    report = verify(entry("role", role) + entry("table", "public.notes"), 4)
    assert len(report["findings"]) >= 3
    assert report["accepted"] == []


def test_what_is_part_of_the_schema_cannot_be_declared(run: Callable[..., Run]) -> None:
    for kind, name in {
        "table": "public.users",
        "function": "public.get_session_summary(uuid, integer)",
    }.items():
        assert f"{name} is part of the schema itself" in run(entry(kind, name), 2).stderr


def fact_found(*facts: tuple[str, str, str, str], **more: Any) -> Finding:
    extra = tuple(Fact(*fact) for fact in facts)
    return replace(Finding(Severity.SECURITY, "facts", "x", "y", extra=extra), **more)


def accepted(finding: Finding, declaration: Declaration, *beside: tuple[str, str]) -> bool:
    """Whether a finding is accepted, where certain objects are there besides."""
    there = {Fact(kind, name, "owner", "owner") for kind, name in beside}
    neighbours = Neighbours((), {*there, *finding.extra})
    left, by, stale = accept([finding], [declaration], neighbours)
    assert bool(by) == (not left) == (not stale)
    return bool(by)


# Who comes to what, and how; and whether a declared table, or a function that runs as its owner,
# accounts for it.
REACHES = {
    ("authenticated", "public.n", "select granted to authenticated"): True,
    ("authenticated", "table public.n", "insert granted to authenticated"): True,
    ("authenticated", "public.n", "update (a) granted to authenticated"): True,
    ("authenticated", "public.n", 'select ("a) x") granted to authenticated'): True,
    ("authenticated", "public.n", "truncate granted to authenticated"): True,
    ("authenticated", "public.n", "select granted to public"): True,
    ("anon", "public.n", "select granted to anon"): True,
    (
        "authenticated",
        "public.n",
        'select ("a"), parent of x ("b") granted to authenticated',
    ): False,
    ("authenticated", "public.n", "member of x, select granted to x"): False,
    ("authenticated", "public.n", "view public.v as owner"): False,
    ("authenticated", "public.n", "parent public.p"): False,
    ("authenticated", "public.n", "everything granted to authenticated"): False,
    (
        "authenticated",
        "public.n",
        "select granted to authenticated on view v, with its owner's rights",
    ): False,
    ("authenticated", "public.nn", "select granted to authenticated"): False,
    ("authenticated", "function public.f()", "execute granted to public, runs as owner"): True,
    ("authenticated", "function public.f()", "trigger of public.n, runs as owner"): True,
    ("authenticated", "function public.f()", "trigger of public.users, runs as owner"): False,
    ("anon", "function public.f()", "execute granted to PUBLIC, runs as owner"): False,
    ("authenticated", "function public.g()", "public.f(), runs as owner"): False,
    ("r", "public.x", "select granted to r"): False,
}


@pytest.mark.parametrize("case", REACHES)
def test_what_is_reached_is_accepted_of_that_very_object(case: tuple[str, str, str]) -> None:
    finding = fact_found(("reach", *case))
    kind, name = ("function", "public.f()") if "function" in case[1] else ("table", "public.n")
    declaration = Declaration(kind, name, "ours", "here", definer=kind == "function")
    beside = (("table", "public.n"), ("function", "public.f()"), ("table", "public.nn"))
    assert accepted(finding, declaration, *beside) == REACHES[case]
    if kind == "function":
        assert not accepted(finding, replace(declaration, definer=False), *beside)


@pytest.mark.parametrize(("grantee", "covered"), [('"owner"', True), ("owner", False)])
def test_a_role_called_owner_is_not_the_owner(grantee: str, covered: bool) -> None:
    finding = fact_found(("grant", "table public.users", f"{grantee} select", "granted by owner"))
    assert accepted(finding, Declaration("role", "owner", "ours", "here")) == covered


def test_one_fact_that_is_not_covered_keeps_a_finding() -> None:
    declaration = Declaration("table", "public.n", "ours", "here")
    whole = ("table", "public.n", "columns", "a")
    for finding, covered in (
        (fact_found(whole), True),
        (fact_found(whole, ("table", "public.n", "inherits public.users", "1")), False),
        (fact_found(whole, missing=(Fact("table", "public.n", "columns", "b"),)), False),
        (fact_found(whole, source="001_rls_disabled"), False),
        (fact_found(), False),
    ):
        assert accepted(finding, declaration) == covered


WRONG = {
    "no toml": ("[[accept", "is not TOML"),
    "a key nobody knows": ("exempt = 1", "unknown key 'exempt'"),
    "a kind nobody knows": ('[[accept]]\nschema = "x"\nreason = "y"', "unknown key 'schema'"),
    "no reason": ('[[accept]]\nrole = "x"', "has no reason"),
    "an empty reason": (
        '[[accept]]\nrole = "x"\nreason = " "',
        "reason must be a text that is not empty",
    ),
    "a number": ('[[accept]]\nrole = 1\nreason = "y"', "role must be a text that is not empty"),
    "two at once": (
        '[[accept]]\nrole = "x"\ntable = "a.b"\nreason = "y"',
        "names 2 of role, publication, function, rls, table, view",
    ),
    "none": ('[[accept]]\nreason = "y"', "names 0 of"),
    "no list": ('[accept]\nrole = "x"', "accept is not a list"),
    "no table": ('accept = ["x"]', "is not a table"),
    "a table without schema": (entry("table", "notes"), "with its schema"),
    "a table without a name": (entry("table", "."), "with its schema"),
    "a view without schema": (entry("view", "notes"), "write the view with its schema"),
    "definer of a table": (
        '[[accept]]\ntable = "a.b"\ndefiner = true\nreason = "y"',
        "definer must be true or false, and is for functions",
    ),
    "a definer that is a text": (
        '[[accept]]\nfunction = "a.b()"\ndefiner = "yes"\nreason = "y"',
        "definer must be true or false, and is for functions",
    ),
    "a function without types": (entry("function", "public.f"), "with schema and types"),
    **{
        f"the role {name}": (entry("role", name), "is a role of the API")
        for name in ("anon", "authenticated", "service_role", "authenticator", "PUBLIC", '"anon"')
    },
}


@pytest.mark.parametrize("name", WRONG)
def test_settings_that_say_nothing_sensible_are_refused(name: str, tmp_path: Path) -> None:
    text, complaint = WRONG[name]
    (tmp_path / "arami-db.toml").write_text(text)
    with pytest.raises(UsageError) as refused:
        read_settings(tmp_path)
    assert complaint in str(refused.value)
    assert "arami-db.toml" in str(refused.value)


def test_pyproject_may_hold_them_and_not_both(tmp_path: Path) -> None:
    shared = tmp_path / "pyproject.toml"
    shared.write_text('[project]\nname = "x"\n')
    assert read_settings(tmp_path).accept == ()
    shared.write_text('[[tool.arami-db.accept]]\nrole = "x"\nreason = "y"\n')
    [declared] = read_settings(tmp_path).accept
    assert (declared.kind, declared.name, declared.reason) == ("role", "x", "y")
    assert "pyproject.toml" in declared.place
    own = tmp_path / "arami-db.toml"
    own.write_text("")
    with pytest.raises(UsageError) as refused:
        read_settings(tmp_path)
    assert str(own) in str(refused.value)
    assert str(shared) in str(refused.value)


def test_the_declarations_of_the_docs_can_be_read(tmp_path: Path) -> None:
    docs = Path(__file__).parents[1] / "docs"
    text = "".join(page.read_text(encoding="utf-8") for page in sorted(docs.glob("*.md")))
    declared = 0
    for example in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        (tmp_path / "arami-db.toml").write_text(example)
        assert len(read_settings(tmp_path).accept) == example.count("[[accept]]"), example
        declared += example.count("[[accept]]")
    assert declared >= 4


def test_settings_of_another_folder_bind_nobody(tmp_path: Path) -> None:
    (tmp_path / "arami-db.toml").write_text(entry("role", "x"))
    below = tmp_path / "below"
    below.mkdir()
    assert read_settings(below).accept == ()


def test_a_wrong_settings_file_is_an_error_object_where_json_is_asked_for(
    run: Callable[..., Run],
) -> None:
    error = json.loads(run("exempt = 1", 2, "--format", "json").stdout)["error"]
    assert "unknown key 'exempt'" in error["message"]


def test_a_reader_of_the_ledger_is_told_its_grant_and_declared_verifies_clean(
    database: str, tmp_path: Path
) -> None:
    name = f"reader_{uuid.uuid4().hex[:8]}"
    execute(database, f"create role {name} login password '{name}'")
    reader = psycopg.conninfo.make_conninfo(database, user=name, password=name)

    def report(expect: int) -> dict[str, Any]:
        process = started(["verify", "-d", reader, "--format", "json"], tmp_path)
        answer: dict[str, Any] = json.loads(end(process, expect).stdout)
        return answer

    try:
        [finding] = report(4)["findings"]
        assert finding["remedy"] == (
            f"grant usage on schema arami_db to {name};"
            f" grant select on arami_db.migration to {name};"
        )
        execute(database, finding["remedy"])
        assert len(report(4)["findings"]) == 2
        (tmp_path / "arami-db.toml").write_text(entry("role", name, "reads the ledger in CI"))
        assert report(0)["findings"] == []
    finally:
        execute(database, f"drop owned by {name}", f"drop role {name}")
