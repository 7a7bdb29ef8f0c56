"""What depends on a rebuilt view, and materialized views with files of their own."""

from __future__ import annotations

from typing import Any

import pytest

from .test_rebuild import V_RETYPED, V_WITHOUT_C, Database, made

__all__ = ["made"]  # a fixture

# Catalog rows of what stands on tables, without oids.
POLICIES = (
    "select jsonb_agg("
    "to_jsonb(p) || jsonb_build_object('said', obj_description(q.oid, 'pg_policy'))"
    " order by p.policyname) from pg_policies as p join pg_policy as q on q.polname = p.policyname"
)
RULES = (
    "select jsonb_agg(jsonb_build_array(pg_get_ruledef(oid), ev_enabled,"
    " obj_description(oid, 'pg_rewrite')) order by rulename)"
    " from pg_rewrite where rulename <> '_RETURN' and ev_class = 't'::regclass"
)
TRIGGERS = (
    "select jsonb_agg(jsonb_build_array(pg_get_triggerdef(oid), tgenabled,"
    " obj_description(oid, 'pg_trigger')) order by tgname, tgrelid)"
    " from pg_trigger where not tgisinternal"
)
MATERIALIZED = """
select jsonb_build_object(
    'relation', to_jsonb(c) - array['oid', 'reltype', 'relfilenode', 'reltoastrelid',
        'relfrozenxid', 'relminmxid', 'reltuples', 'relpages', 'relallvisible'],
    'toast', (select t.reloptions from pg_class as t where t.oid = c.reltoastrelid),
    'definition', pg_get_viewdef(c.oid),
    'comment', obj_description(c.oid, 'pg_class'),
    'columns', (
        select jsonb_agg(to_jsonb(a) - array['attrelid', 'attcacheoff']
            || jsonb_build_object('said', col_description(c.oid, a.attnum)) order by a.attnum)
        from pg_attribute as a where a.attrelid = c.oid and a.attnum > 0
    ),
    'indexes', (
        select jsonb_agg(jsonb_build_array(pg_get_indexdef(i.indexrelid), i.indisclustered,
            obj_description(i.indexrelid, 'pg_class'),
            (select jsonb_agg(a.attstattarget order by a.attnum) from pg_attribute as a
                where a.attrelid = i.indexrelid)) order by i.indexrelid::regclass::text)
        from pg_index as i where i.indrelid = c.oid
    ),
    'statistics', (
        select jsonb_agg(jsonb_build_array(pg_get_statisticsobjdef(s.oid), s.stxstattarget,
            s.stxowner::regrole, obj_description(s.oid, 'pg_statistic_ext')) order by s.stxname)
        from pg_statistic_ext as s where s.stxrelid = c.oid
    )
)
from pg_class as c where c.oid = '{}'::regclass
"""


def indexes(made: Database, name: str = "m") -> list[str]:
    """The names of the indexes of a relation."""
    query = "select array_agg(indexrelid::regclass::text) from pg_index"
    return sorted(made.ask(f"{query} where indrelid = '{name}'::regclass") or [])


def test_policies_come_back_as_they_were(made: Database) -> None:
    made.run(
        "alter table t enable row level security",
        "create policy one on t as restrictive for update to anon, authenticated"
        " using (exists (select from v where v.a = t.a)) with check (a in (select a from v))",
        "create policy two on t for insert with check (a in (select a from v))",
        'create policy "The ""Third""" on t using (a = (select max(a) from v))',
        "comment on policy one on t is 'it''s mine'",
    )
    before = made.ask(POLICIES)
    assert len(before) == 3
    made.migrate({"views/001_v.sql": V_RETYPED})
    after = made.ask(POLICIES)
    assert [p["policyname"] for p in after] == [p["policyname"] for p in before]
    kept = ("permissive", "roles", "cmd", "said", "tablename")
    assert [[p[key] for key in kept] for p in after] == [[p[key] for key in kept] for p in before]
    assert "v.a = t.a" in after[1]["qual"]


def test_a_policy_that_calls_a_rebuilt_function_comes_back(made: Database) -> None:
    text = "create or replace function public.f(x int) returns {} language sql as 'select 1';"
    made.migrate({"views/002_f.sql": text.format("int")})
    made.run("create policy mine on t to anon using (public.f(a) > 0)")
    before = made.ask(POLICIES)
    made.migrate({"views/002_f.sql": text.format("bigint")})
    assert made.ask("select f(1)") == 1
    assert made.ask(POLICIES)[0]["roles"] == before[0]["roles"] == ["anon"]


def test_rules_of_tables_come_back_as_they_were(made: Database) -> None:
    made.run(
        "create table log (a bigint)",
        "create rule noted as on insert to t do also insert into log select max(a) from v",
        "create rule off as on delete to t do also insert into log select max(a) from v",
        "alter table t disable rule off",
        "comment on rule noted on t is 'it''s mine'",
    )
    before = made.ask(RULES)
    oid = made.ask("select 't'::regclass::oid")
    made.migrate({"views/001_v.sql": V_WITHOUT_C})
    assert made.ask(RULES) == before
    assert made.ask("select 't'::regclass::oid") == oid
    made.run("insert into t values (5)")
    assert made.ask("select a from log") == 5


def test_triggers_come_back_as_they_were(made: Database) -> None:
    text = "create or replace function public.f(x int) returns {} language sql as 'select 1';"
    made.migrate({"views/002_f.sql": text.format("int")})
    made.run(
        "create table p (a int) partition by list (a)",
        "create table p1 partition of p for values in (1)",
        "create function g() returns trigger language plpgsql as 'begin return new; end'",
        *(
            f"create trigger {name} before update of a on {table} for each row"
            " when (public.f(new.a) > 0) execute function g('x')"
            for name, table in (("one", "t"), ("two", "t"), ("parted", "p"))
        ),
        "create constraint trigger late after insert on t deferrable initially deferred"
        " for each row when (public.f(new.a) > 0) execute function g()",
        "alter table t disable trigger two",
        "alter table t enable always trigger late",
        "comment on trigger one on t is 'it''s mine'",
    )
    before = made.ask(TRIGGERS)
    assert len(before) == 5
    made.migrate({"views/002_f.sql": text.format("bigint")})
    assert made.ask(TRIGGERS) == before


def fill(made: Database) -> None:
    """A materialized view on v that has all that one can have."""
    made.run(
        "create materialized view m with (fillfactor = 70, toast.autovacuum_enabled = off)"
        " as select a, b, c from v",
        "create unique index m_a on m (a)",
        "create index m_b on m using hash (b) with (fillfactor = 60)",
        "create index m_ab on m ((a + 1)) where b is not null",
        "alter index m_ab alter column 1 set statistics 77",
        "alter materialized view m cluster on m_a",
        "create statistics m_s (ndistinct) on a, b from m",
        "alter statistics m_s set statistics 55",
        "comment on statistics m_s is 'stats'",
        "alter materialized view m alter column b set statistics 33",
        "alter materialized view m alter column b set storage external",
        "alter materialized view m alter column a set (n_distinct = 5)",
        "comment on materialized view m is 'it''s mine'",
        "comment on column m.a is 'an a'",
        "comment on index m_a is 'an index'",
        "revoke all on m from public",
        "grant select on m to anon with grant option",
        "grant select (a) on m to authenticated",
        "alter materialized view m owner to service_role",
    )


def comparable(found: Any) -> Any:
    """Without what the new type of a column changes."""
    for column in found["columns"]:
        for key in ("atttypid", "attlen", "attalign", "attbyval"):
            column.pop(key)
        own = [option for option in column["attoptions"] or [] if "pg_attver" not in option]
        column["attoptions"] = own  # without what some servers note there for themselves
    found.pop("definition")
    found["relation"].pop("relhasindex", None)
    return found


def test_a_materialized_view_comes_back_with_all_it_had(made: Database) -> None:
    fill(made)
    made.run(
        "create materialized view empty as select a from v with no data",
        "create view on_m as select a from m",
        "create policy p on t using (a in (select a from m))",
    )
    before = comparable(made.ask(MATERIALIZED.format("m")))
    assert len(before["indexes"]) == 3
    made.migrate({"views/001_v.sql": V_RETYPED})
    assert comparable(made.ask(MATERIALIZED.format("m"))) == before
    assert made.ask("select pg_typeof(a)::text from on_m") == "bigint"
    assert made.ask("select relispopulated from pg_class where oid = 'empty'::regclass") is False
    assert made.ask(POLICIES)[0]["policyname"] == "p"


M = "create materialized view public.m as select {} from public.v;\n"


@pytest.mark.parametrize("words", ["", "if not exists "], ids=["create", "if not exists"])
def test_a_materialized_view_with_a_file_of_its_own_can_be_changed(
    words: str, made: Database
) -> None:
    text = M.replace("view ", f"view {words}")
    made.migrate({"views/002_m.sql": text.format("a, b")})
    made.run(
        "create unique index m_a on m (a)",
        "grant select on m to anon",
        "comment on materialized view m is 'it''s mine'",
        "create view on_m as select a from m",
        "grant select on on_m to anon",
        "create policy p on t using (a in (select a from m))",
    )
    made.migrate({"views/002_m.sql": text.format("a, b || '!' as b")})
    assert made.ask("select b from m") == "one!"
    assert indexes(made) == ["m_a"]
    assert made.ask("select has_table_privilege('anon', 'm', 'select')")
    assert made.ask("select has_table_privilege('anon', 'on_m', 'select')")
    assert made.ask("select obj_description('m'::regclass)") == "it's mine"
    assert made.ask(POLICIES)[0]["policyname"] == "p"
    assert made.migrate({})["applied"] == []


def test_the_indexes_of_a_materialized_views_file_are_what_the_file_says(made: Database) -> None:
    more = (
        "create index named on public.m (a);\ncreate unique index on public.m (a);\n"
        "create index if not exists maybe on public.m ({});\n"
        "create statistics s on a, b from public.m;\n"
        "comment on index named is 'of the file';\n"
    )
    made.migrate({"views/002_m.sql": M.format("a, b, c") + more.format("a")})
    made.run("create index by_hand on m (b)", "create index on_c on m (c)")
    assert indexes(made) == ["by_hand", "m_a_idx", "maybe", "named", "on_c"]
    made.migrate({"views/002_m.sql": M.format("a, b") + more.format("b")})
    assert indexes(made) == ["by_hand", "m_a_idx", "maybe", "named"]
    assert "(b)" in made.ask("select pg_get_indexdef('maybe'::regclass)")
    assert made.ask("select obj_description('named'::regclass)") == "of the file"
    gone = "drop index if exists public.by_hand, public.named;\n"
    made.migrate({"views/002_m.sql": M.format("a, b") + gone})
    assert indexes(made) == ["m_a_idx", "maybe"]


def test_a_view_may_become_materialized_and_a_view_again(made: Database) -> None:
    made.run("grant select on v to anon", "comment on view v is 'it''s mine'")
    made.run("create view on_v as select a from v")
    materialized = "create materialized view public.v as select a, b, c from public.t;\n"
    plain = "create or replace view public.v as select a, b, c from public.t;\n-- again\n"
    for text, kind in ((materialized, "m"), (plain, "v")):
        made.migrate({"views/001_v.sql": text})
        assert made.ask("select relkind from pg_class where oid = 'v'::regclass") == kind
        assert made.ask("select has_table_privilege('anon', 'v', 'select')")
        assert made.ask("select obj_description('v'::regclass)") == "it's mine"
        assert made.ask("select a from on_v") == 1


def test_the_triggers_of_a_views_file_are_what_the_file_says(made: Database) -> None:
    made.run("create function g() returns trigger language plpgsql as 'begin return new; end'")
    trigger = "create trigger {} instead of insert on public.{} for each row execute function g()"
    made.run(trigger.format("mine", "v"), trigger.format("by_hand", "v"))
    made.run("create view w as select a from v", trigger.format("mine", "w"))
    text = V_WITHOUT_C + trigger.format("mine", "v") + ";\n"
    made.migrate({"views/001_v.sql": text})
    found = "select array_agg(tgname || ' ' || tgrelid::regclass"
    found += " order by tgname, tgrelid::regclass::text) from pg_trigger"
    assert made.ask(found) == ["by_hand v", "mine v", "mine w"]
    gone = "drop trigger if exists by_hand on public.v;\n"
    made.migrate({"views/001_v.sql": V_RETYPED + gone})
    assert made.ask(found) == ["mine v", "mine w"]


def test_what_hangs_on_a_view_survives_that_its_file_rebuilds_it_twice(made: Database) -> None:
    function = "create or replace function public.f() returns {} language sql as 'select 1';\n"
    view = "create or replace view public.v as select a::{} as a, public.f() as f from public.t;\n"
    made.migrate({"views/001_v.sql": function.format("int") + view.format("int")})
    made.run(
        "create function g() returns trigger language plpgsql as 'begin return new; end'",
        "create trigger mine instead of insert on v for each row execute function g()",
        "grant select on v to anon",
    )
    made.migrate({"views/001_v.sql": view.format("bigint") + function.format("bigint")})
    assert made.ask("select pg_typeof(f)::text from v") == "bigint"
    assert made.ask("select count(*) from pg_trigger where tgname = 'mine'") == 1
    assert made.ask("select has_table_privilege('anon', 'v', 'select')")


@pytest.mark.parametrize("create", ["create or replace view", "create materialized view"])
def test_a_table_is_never_taken_for_a_view(create: str, made: Database) -> None:
    text = f"{create} public.t as select 1 as a;"
    error = made.migrate({"views/002_t.sql": text}, expect=1)["error"]
    assert (error["type"], error["line"]) == ("FileFailed", 1)
    assert made.ask("select b from t") == "one"
