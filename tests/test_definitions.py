"""Where the files define each object: the line of a finding is the line to look at."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from arami_db.facts import Fact, load
from arami_db.files import discover, packaged_sql_dir
from arami_db.files.definitions import Definitions

TREE = discover(packaged_sql_dir())
OURS = Definitions((*TREE.migrations, *TREE.views))
KINDS = {"table", "column", "constraint", "index", "policy", "trigger", "view", "function"}
# What Postgres names by itself stands in the files as what it is.
UNNAMED = "primary key|unique|generated"


def line(place: str) -> str:
    path, _, number = place.rpartition(":")
    return (TREE.root / path).read_text(encoding="utf-8").splitlines()[int(number) - 1]


def stated() -> list[Fact]:
    """A fact of every object that a file of the project defines."""
    views = {fact.object for fact in load(TREE.snapshot) if fact.kind == "view"}
    objects = {fact[:2]: fact for fact in load(TREE.snapshot) if fact.kind in KINDS}
    return [
        fact
        for fact in objects.values()
        # The ledger is the tool's own; a view has its columns from its query.
        if not fact.object.startswith(("arami_db.event", "arami_db.migration", "arami_db.idx_"))
        and not (fact.kind == "column" and fact.object.rpartition(".")[0] in views)
    ]


def test_every_object_of_the_snapshot_has_a_place_whose_line_names_it() -> None:
    assert len(stated()) > 200
    for fact in stated():
        place = OURS.place(fact.object, fact.kind)
        assert place, fact
        name = re.findall(r'"(?:[^"]|"")*"|[^".(]+', fact.object.partition("(")[0])[-1]
        assert name in line(place) or re.search(UNNAMED, line(place)), (fact, place)


def test_it_is_found_by_the_names_that_checks_use() -> None:
    for name, wanted in {
        '"Users can only access their own data" on public.users': "create policy",
        "update_users_updated_at on public.users": "create trigger",
        "public.get_session_summary(uuid, integer)": "create or replace function",
        "public.users.email": "email text",
        "table public.users": "create table public.users",
        "public.users.a_column_of_nobodys": "create table public.users",
    }.items():
        place = OURS.place(name)
        assert place
        assert wanted in line(place)


@pytest.mark.parametrize("name", ["public.scratch", "scratch.users", "public.f(integer)", "", "x"])
def test_what_no_file_defines_has_no_place(name: str) -> None:
    assert OURS.place(name) is None


def test_a_property_has_the_line_that_states_it() -> None:
    for name, kind, aspect, wanted in (
        ("public.users", "table", "row level security", "enable row level security"),
        ("public.users", "table", "comment", "comment on table public.users"),
        ("public.users", "table", "columns", "create table"),
        ("table public.users", "grant", "authenticated select", "grant select"),
        ("table public.users", "grant", "anon select", "revoke all"),
        ("table public.users", "grant", '"anon" select', "create table"),
    ):
        place = OURS.place(name, kind, aspect)
        assert place
        assert wanted in line(place)


FILES = {
    "migrations/001_a.sql": """-- a
create table "Odd one" (
    id serial primary key,
    "a.b" int unique,
    value text,
    constraint chk check (value <> '')
);
comment on table "Odd one" is 'x';
create table old (id int);
create function f(a int, out b text, variadic c "char"[]) language sql as 'select ''''';
create view v as select 1;
grant select (value) on "Odd one" to "Some one";
""",
    "migrations/002_b.sql": """alter table "Odd one"
    alter value set default 'y',
    add column late numeric(3, 2);
alter table old rename to young;
drop view v;
create or replace function f(a int, out b text, variadic c "char"[]) language sql as 'select 1';
create table gone (id int);
drop table gone;
""",
    "migrations/003_broken.sql": "create tabel x;",
}


@pytest.mark.parametrize(
    ("name", "kind", "aspect", "place"),
    [
        ('public."Odd one".id', "column", "type", "001_a.sql:3"),
        ('public."Odd one"."Odd one_pkey"', "constraint", "definition", "001_a.sql:3"),
        ('public."Odd one_id_seq"', "sequence", "owner", "001_a.sql:3"),
        ('public."Odd one"."a.b"', "column", "type", "001_a.sql:4"),
        ('public."Odd one_a.b_key"', "index", "definition", "001_a.sql:4"),
        ('public."Odd one".value', "column", "type", "001_a.sql:5"),
        ('public."Odd one".value', "column", "default", "002_b.sql:1"),
        ('public."Odd one".chk', "constraint", "definition", "001_a.sql:6"),
        ('public."Odd one"', "table", "comment", "001_a.sql:8"),
        ('public."Odd one".late', "column", "type", "002_b.sql:3"),
        ('column public."Odd one".value', "grant", '"Some one" select', "001_a.sql:12"),
        ("public.young", "table", "columns", "002_b.sql:4"),
        ("public.young.id", "column", "type", "002_b.sql:4"),
        ("public.old", "table", "columns", None),
        ("public.v", "view", "definition", None),
        ("public.gone.id", "column", "type", None),
        ('public.f(integer, "char"[])', "function", "body", "002_b.sql:6"),
        ("public.f(integer)", "function", "body", None),
        ("public.x", "table", "columns", None),
    ],
)
def test_places(
    name: str,
    kind: str,
    aspect: str,
    place: str | None,
    project: Callable[[dict[str, str]], Path],
) -> None:
    found = Definitions(discover(project(FILES)).migrations).place(name, kind, aspect)
    assert (found and found.rpartition("/")[2]) == place
