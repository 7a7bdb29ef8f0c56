"""Views and functions that change shape: all that stands on them comes back as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from .conftest import run_cli, run_json

Project = Callable[[dict[str, str]], Path]

TABLE = {
    "migrations/001_table.sql": "create table public.t (a int, b text, c date);\n"
    "insert into public.t values (1, 'one', '2024-01-01');\n"
}
V = "create or replace view public.v as select a, b, c from public.t;\n"
V_WIDER = "create or replace view public.v as select a, b, c, 1 as d from public.t;\n"
V_WITHOUT_C = "create or replace view public.v as select a, b from public.t;\n"
V_RETYPED = "create or replace view public.v as select a::bigint as a, b, c from public.t;\n"
V_RENAMED = "create or replace view public.v as select a, b, c as day from public.t;\n"


class Database:
    """A migrated database with a view, and what the tests ask of it."""

    def __init__(self, conninfo: str, project: Project) -> None:
        """Apply a table and one view."""
        self.conninfo = conninfo
        self.project = project
        self.connection: psycopg.Connection[Any] = psycopg.connect(conninfo, autocommit=True)
        self.migrate({**TABLE, "views/001_v.sql": V})

    def migrate(self, files: dict[str, str], expect: int = 0) -> Any:
        """Change files and run."""
        root = self.project(files)
        return run_json("migrate", "-d", self.conninfo, "--sql-dir", str(root), expect=expect)

    def run(self, *statements: str) -> None:
        """Do something by hand."""
        for statement in statements:
            self.connection.execute(statement.encode())

    def ask(self, query: str) -> Any:
        """The first value of a query."""
        row = self.connection.execute(query.encode()).fetchone()
        return row and row[0]

    def facts(self, *names: str) -> list[Any]:
        """Owner, privileges, options, comments and definition of relations."""
        return [
            self.connection.execute(
                """
                select c.relkind, c.relowner::regrole::text, c.reloptions,
                    (select array_agg(x::text order by x::text)
                     from unnest(coalesce(c.relacl, acldefault('r', c.relowner))) as x),
                    (select array_agg((attname, attacl)::text order by attnum)
                     from pg_attribute where attrelid = c.oid and attnum > 0),
                    (select array_agg(
                        (pg_describe_object(classoid, objoid, objsubid), description)::text
                        order by objsubid) from pg_description where objoid = c.oid),
                    pg_get_viewdef(c.oid),
                    (select array_agg(pg_get_triggerdef(oid) order by tgname)
                     from pg_trigger where tgrelid = c.oid),
                    (select array_agg(pg_get_ruledef(oid) order by rulename)
                     from pg_rewrite where ev_class = c.oid and rulename <> '_RETURN'),
                    (select array_agg(pg_get_indexdef(indexrelid) order by 1)
                     from pg_index where indrelid = c.oid)
                from pg_class as c where c.oid = %s::regclass
                """,
                [name],
            ).fetchone()
            for name in names
        ]


@pytest.fixture
def made(empty_database: str, template: str, project: Project) -> Iterator[Database]:
    """A database with table t and view v, on a server where the API roles are."""
    found = Database(empty_database, project)
    yield found
    found.connection.close()


def test_a_column_at_the_end_replaces_the_view_in_place(made: Database) -> None:
    before = made.ask("select 'v'::regclass::oid")
    made.migrate({"views/001_v.sql": V_WIDER})
    assert made.ask("select 'v'::regclass::oid") == before
    assert made.ask("select d from v") == 1


@pytest.mark.parametrize(
    ("text", "columns"),
    [(V_WITHOUT_C, "a,b"), (V_RETYPED, "a,b,c"), (V_RENAMED, "a,b,day")],
    ids=["removed", "retyped", "renamed"],
)
def test_columns_may_go_and_change(text: str, columns: str, made: Database) -> None:
    made.run("create view apart as select a from t")
    oids = made.ask("select array['t'::regclass, 'apart'::regclass]::oid[]")
    made.migrate({"views/001_v.sql": text})
    assert columns == made.ask(
        "select string_agg(attname, ',' order by attnum) from pg_attribute"
        " where attrelid = 'v'::regclass and attnum > 0"
    )
    assert made.ask("select array['t'::regclass, 'apart'::regclass]::oid[]") == oids
    assert made.migrate({})["applied"] == []


def test_the_result_of_a_function_may_change(made: Database) -> None:
    text = "create or replace function public.f(x int, y text default 'é') returns {} language sql"
    made.migrate({"views/002_f.sql": text.format("int") + " as 'select 1';"})
    made.run(
        "grant execute on function f to anon with grant option",
        "revoke execute on function f from public",
        "comment on function f is 'it''s mine'",
        "create view on_f as select f(1, 'x') > 0 as yes",
    )
    privileges = (
        "select array_agg(x::text order by x::text) from pg_proc, unnest(proacl) as x"
        " where oid = 'f'::regproc"
    )
    before = made.ask(privileges)
    made.migrate({"views/002_f.sql": text.format("bigint") + " as 'select 2::bigint';"})
    assert made.ask("select f(1)") == 2
    assert made.ask("select yes from on_f")
    assert made.ask(privileges) == before
    assert made.ask("select obj_description('f'::regproc)") == "it's mine"


def test_parameters_of_every_kind_are_found_again(made: Database) -> None:
    text = (
        'create type public."My T" as (a int);\n'
        'create or replace function public."F g"(a numeric(10, 2), inout b public."My T"[],'
        " c \"char\", d timestamptz(3) default now(), variadic e varchar(5)[] default '{{}}',"
        " out {name} int) language sql as 'select b, 1';"
    )
    made.migrate({"migrations/002_type.sql": text.format(name="one").split("\n")[0]})
    made.migrate({"views/002_f.sql": text.format(name="one").split("\n")[1]})
    made.migrate({"views/002_f.sql": text.format(name="two").split("\n")[1]})
    assert made.ask("select proargnames[6] from pg_proc where proname = 'F g'") == "two"


def test_everything_that_hangs_on_a_view_comes_back_as_it_was(made: Database) -> None:
    made.run(
        "create schema other",
        "create view other.w with (security_invoker = true, security_barrier = true)"
        ' as select a, b as "B é" from public.v',
        "create view x as select w.a from other.w join v using (a)",
        "create materialized view other.m with (fillfactor = 70) as select a, b from v",
        "create unique index m_a on other.m (a)",
        "create index on other.m (lower(b)) where a > 0",
        "create materialized view unfilled as select a from v with no data",
        "create function put() returns trigger language plpgsql as 'begin return new; end'",
        "create trigger instead instead of insert or update on v for each row execute"
        " function put()",
        "create trigger instead_w instead of delete on other.w for each row execute function put()",
        "create rule quiet as on update to x do instead nothing",
        "grant select on v to anon with grant option",
        "grant select (a), update (b) on v to authenticated",
        "grant all on other.w to service_role",
        "grant select on other.m to anon",
        "revoke select on x from current_user",
        "alter view other.w owner to service_role",
        "comment on view v is 'it''s v'",
        "comment on column v.a is '100% \"a\"'",
        "comment on view other.w is E'w\\n\\\\'",
        "comment on materialized view other.m is 'm'",
    )
    names = ("v", "other.w", "x", "other.m", "unfilled")
    before = made.facts(*names)
    made.migrate({"views/001_v.sql": V_WITHOUT_C})
    after = made.facts(*names)
    assert after[1:] == before[1:]
    assert [after[0][i] for i in (0, 1, 2, 3, 5, 7, 8)] == [
        before[0][i] for i in (0, 1, 2, 3, 5, 7, 8)
    ]
    assert after[0][4] == before[0][4][:2]
    assert made.ask("select count(*) from other.m") == 1
    assert not made.ask("select relispopulated from pg_class where relname = 'unfilled'")


def test_comments_on_triggers_rules_and_indexes_come_back(made: Database) -> None:
    made.run(
        "create function put() returns trigger language plpgsql as 'begin return new; end'",
        "create trigger go instead of insert on v for each row execute function put()",
        "comment on trigger go on v is 'a trigger'",
        "create rule quiet as on update to v do instead nothing",
        "comment on rule quiet on v is 'a rule'",
        "create materialized view m as select a from v",
        "create unique index m_a on m (a)",
        "comment on index m_a is 'an index'",
    )
    query = (
        "select string_agg(description, ',' order by description) from pg_description"
        " where classoid in ('pg_class'::regclass, 'pg_trigger'::regclass,"
        " 'pg_rewrite'::regclass) and description ~ '^an? (trigger|rule|index)$'"
    )
    before = made.ask(query)
    made.migrate({"views/001_v.sql": V_WITHOUT_C})
    assert made.ask(query) == before == "a rule,a trigger,an index"


def test_a_default_of_a_views_column_comes_back(made: Database) -> None:
    made.run("alter view v alter column b set default 'nobody'")
    made.migrate({"views/001_v.sql": V_WITHOUT_C})
    made.run("insert into v (a) values (7)")
    assert made.ask("select b from t where a = 7") == "nobody"


def test_functions_on_a_views_rows_come_back(made: Database) -> None:
    made.run(
        "create function all_v() returns setof v language sql stable as 'select * from v'",
        "create function atomic() returns bigint language sql"
        " begin atomic select count(*) from v; select count(a) from v; end",
        "create function takes(v) returns text language sql security definer"
        " set search_path = public, pg_temp as 'select $1.b'",
        "create procedure proc() language sql begin atomic insert into t select a from v; end",
        "comment on function atomic() is 'counts'",
        "alter function takes(v) owner to service_role",
        "revoke execute on function takes(v) from public",
        "grant execute on function takes(v) to anon",
    )
    query = (
        "select array_agg((p.proname, p.proowner::regrole, (select array_agg(x::text order by"
        " x::text) from unnest(coalesce(p.proacl, acldefault('f', p.proowner))) as x),"
        " p.prosecdef, p.proconfig, pg_get_functiondef(p.oid), obj_description(p.oid))::text"
        " order by p.proname)"
        " from pg_proc as p where p.pronamespace = 'public'::regnamespace"
    )
    before = made.ask(query)
    made.migrate({"views/001_v.sql": V_WITHOUT_C})
    assert made.ask(query) == before
    assert made.ask("select atomic()") == 1
    assert made.ask("select takes(v) from v") == "one"


def test_a_function_on_an_array_of_rows_comes_back(made: Database) -> None:
    made.run("create function many(v[]) returns int language sql as 'select 1'")
    made.migrate({"views/001_v.sql": V_WITHOUT_C})
    made.run("select many(array(select v from v))")


def test_default_privileges_do_not_give_back_what_was_revoked(made: Database) -> None:
    made.run(
        "alter default privileges in schema public grant all on tables"
        " to anon, authenticated, service_role",
        "alter default privileges in schema public grant all on functions to anon, authenticated",
    )
    text = (
        "revoke all on table public.v from public, anon, authenticated, service_role;\n"
        "grant select on table public.v to authenticated;\n"
    )
    made.migrate({"views/001_v.sql": V + text})
    made.run(
        "create view w as select a from v",
        "revoke all on w from anon",
        "create function f() returns setof v language sql as 'select * from v'",
        "revoke all on function f() from anon, public",
    )
    before = made.facts("v", "w")
    made.migrate({"views/001_v.sql": V_WITHOUT_C + text})
    after = made.facts("v", "w")
    assert [facts[3] for facts in after] == [facts[3] for facts in before]
    assert not made.ask("select has_table_privilege('anon', 'v', 'select')")
    assert not made.ask("select has_function_privilege('anon', 'f()', 'execute')")


def test_dependants_with_files_of_their_own_change_in_the_same_run(made: Database) -> None:
    made.migrate(
        {
            "views/002_w.sql": "create or replace view public.w as select a, c from public.v;",
            "views/003_x.sql": "create or replace view public.x as select a, c from public.w;",
        }
    )
    made.run("grant select on w to anon")
    found = made.migrate(
        {
            "views/001_v.sql": V_WITHOUT_C,
            "views/002_w.sql": "create or replace view public.w as select a from public.v;",
            "views/003_x.sql": "create or replace view public.x as select a, 1 as n from public.w;",
        }
    )
    assert [file["version"] for file in found["applied"]] == [1, 2, 3]
    assert made.ask("select n from x") == 1
    assert made.ask("select has_table_privilege('anon', 'w', 'select')")


def test_a_new_view_may_use_a_dependant_that_did_not_change(made: Database) -> None:
    made.migrate({"views/002_w.sql": "create or replace view public.w as select a from public.v;"})
    made.migrate(
        {
            "views/001_v.sql": V_WITHOUT_C,
            "views/003_x.sql": "create or replace view public.x as select a from public.w;",
        }
    )
    assert made.ask("select a from x") == 1


def test_a_materialized_view_with_a_file_of_its_own_changes_in_the_same_run(
    made: Database,
) -> None:
    text = (
        "drop materialized view if exists public.m;\n"
        "create materialized view public.m as select {} from public.v;\n"
    )
    made.migrate({"views/002_m.sql": text.format("a, c")})
    made.migrate({"views/001_v.sql": V_WITHOUT_C, "views/002_m.sql": text.format("a")})
    assert made.ask("select a from m") == 1


def test_a_view_dropped_and_created_by_its_file_changes_in_the_same_run(made: Database) -> None:
    text = "drop view if exists public.w;\ncreate view public.w as select {} from public.v;\n"
    made.migrate({"views/002_w.sql": text.format("a, c")})
    made.migrate({"views/001_v.sql": V_WITHOUT_C, "views/002_w.sql": text.format("a")})
    assert made.ask("select a from w") == 1


def test_a_dependant_that_no_longer_fits_is_named_and_nothing_changes(made: Database) -> None:
    made.run("create view w as select a, c from v", "grant select on w to anon")
    before = made.facts("v", "w")
    oids = made.ask("select array['v'::regclass, 'w'::regclass]::oid[]")
    found = made.migrate({"views/001_v.sql": V_WITHOUT_C}, expect=1)["error"]
    assert found["type"] == "Rebuild"
    assert "view public.w" in found["message"]
    assert "001_v.sql" in found["message"]
    assert made.facts("v", "w") == before
    assert made.ask("select array['v'::regclass, 'w'::regclass]::oid[]") == oids
    status = run_json("status", "-d", made.conninfo, "--sql-dir", str(made.project({})))
    assert status["counts"]["pending"] == 1
    assert [failure["version"] for failure in status["failures"]] == [1]


OBSTACLES = {
    "a policy": ("create policy mine on t using (a = f())", "policy mine"),
    "a default": ("alter table t alter column a set default f()", "default value"),
    "a check": ("alter table t add constraint c check (a >= f())", "constraint c"),
    "a generated column": ("alter table t add g int generated always as (f()) stored", "column g"),
    "an index": ("create index i on t ((a + f()))", "index public.i"),
}


@pytest.mark.parametrize(("obstacle", "name"), OBSTACLES.values(), ids=OBSTACLES.keys())
def test_what_cannot_be_created_again_is_named_and_nothing_changes(
    obstacle: str, name: str, made: Database
) -> None:
    text = "create or replace function public.f() returns {} language sql immutable as 'select 1';"
    made.migrate({"views/002_f.sql": text.format("int")})
    made.run(obstacle)
    oid = made.ask("select 'f'::regproc::oid")
    found = made.migrate({"views/002_f.sql": text.format("text")}, expect=1)["error"]
    assert found["type"] == "Rebuild"
    assert name in found["message"]
    assert found["hint"]
    assert made.ask("select 'f'::regproc::oid") == oid


def test_a_table_with_a_column_of_the_views_type_is_named(made: Database) -> None:
    made.run("create table holder (row v)")
    found = made.migrate({"views/001_v.sql": V_WITHOUT_C}, expect=1)["error"]
    assert found["type"] == "Rebuild"
    assert "holder" in found["message"]


def test_a_failure_in_a_later_file_of_a_rebuild_is_blamed_on_that_file(made: Database) -> None:
    made.migrate(
        {
            "views/001_v.sql": V_WITHOUT_C,
            "views/002_bad.sql": "create or replace view public.bad as select nothing from t;",
        },
        expect=1,
    )
    root = made.project({})
    found = run_json("status", "-d", made.conninfo, "--sql-dir", str(root))
    assert [failure["version"] for failure in found["failures"]] == [2]
    assert made.ask("select c::text from v") == "2024-01-01"


def test_a_chain_of_wide_views_is_rebuilt(made: Database) -> None:
    columns = ", ".join(f"a as c{n}" for n in range(12))
    names = ", ".join(f"c{n}" for n in range(12))
    made.migrate({"views/002_w0.sql": f"create or replace view w0 as select {columns} from v;"})
    for depth in range(1, 8):
        made.run(f"create view w{depth} as select {names} from w{depth - 1}")
    made.run(f"alter database {made.connection.info.dbname} set statement_timeout = '8s'")
    made.migrate({"views/001_v.sql": V_WITHOUT_C})
    assert made.ask("select c11 from w7") == 1


def test_a_dependant_is_read_with_the_search_path_it_is_created_with(made: Database) -> None:
    made.run(
        "create schema app",
        "create table app.own (a int)",
        "create view app.w as select v.a from public.v join app.own using (a)",
    )
    made.migrate({"views/001_v.sql": "set local search_path = app, public;\n" + V_WITHOUT_C})
    assert made.ask("select count(*) from app.w") == 0


def test_unqualified_names_mean_what_they_mean_to_the_file(made: Database) -> None:
    text = "set local search_path = app, public;\ncreate or replace view own as select {} from t;\n"
    made.run("create schema app")
    made.migrate({"views/002_own.sql": text.format("a, b")})
    made.run("grant select on app.own to anon", "create view dep as select a from app.own")
    made.migrate({"views/002_own.sql": text.format("a")})
    assert made.ask("select has_table_privilege('anon', 'app.own', 'select')")
    assert made.ask("select a from dep") == 1


def test_two_views_of_one_file_change_together(made: Database) -> None:
    text = (
        "create or replace view public.v as select {0} from public.t;\n"
        "create or replace view public.w as select {0} from public.v;\n"
    )
    made.migrate({"views/001_v.sql": text.format("a, b, c")})
    made.run("grant select on w to anon")
    made.migrate({"views/001_v.sql": text.format("b")})
    assert made.ask("select b from w") == "one"
    assert made.ask("select has_table_privilege('anon', 'w', 'select')")


def test_a_rebuild_is_seen_by_others_all_at_once(made: Database) -> None:
    made.run("create view w as select a from v")
    with psycopg.connect(made.conninfo) as reader:
        reader.execute("select a from w")
        reader.commit()
        made.migrate({"views/001_v.sql": V_WITHOUT_C})
        assert reader.execute("select a from w").fetchone() == (1,)


def test_the_packaged_views_can_be_rebuilt(database: str, tmp_path: Path) -> None:
    import shutil

    from arami_db.files import packaged_sql_dir

    root = tmp_path / "sql"
    shutil.copytree(packaged_sql_dir(), root)
    query = (
        "select c.relname, c.relacl::text, c.reloptions, obj_description(c.oid)"
        " from pg_class as c where c.relname = 'user_dashboard'"
    )
    with psycopg.connect(database, autocommit=True) as connection:
        before = connection.execute(query).fetchone()
        assert before is not None
        path = root / "views/001_session_history.sql"
        text = path.read_text(encoding="utf-8")
        assert text.count("    session_metadata,\n") == 2
        path.write_text(text.replace("    session_metadata,\n", ""), encoding="utf-8")
        path = root / "views/005_session_history_with_analytics.sql"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("    h.session_metadata,\n", ""), encoding="utf-8")
        found = run_json("migrate", "-d", database, "--sql-dir", str(root))
        assert found["applied"][0]["name"] == "session_history"
        assert connection.execute(query).fetchone() == before
    assert run_cli("migrate", "-d", database, "--sql-dir", str(root)).stdout.startswith("nothing")
