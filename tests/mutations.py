"""Single changes to a migrated database: each one is drift, and of which object.

They are generated over the catalog of the database they will be tried on, so that a new table,
policy or function is covered the day it is migrated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import psycopg

Connection = psycopg.Connection[Any]
Rows = list[tuple[Any, ...]]
SCHEMAS = "('public', 'audit', 'arami_db')"
TABLE_RIGHTS = ("select", "insert", "update", "delete", "truncate", "references", "trigger")


class Mutation(NamedTuple):
    """A change, and a part of the name of the object it must be reported for."""

    id: str
    sql: str
    expected: str


def _rows(connection: Connection, query: str) -> Rows:
    return connection.execute(query).fetchall()


def _relations(connection: Connection, kinds: str = "rp") -> list[str]:
    query = f"""
        select format('%I.%I', n.nspname, c.relname)
        from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname in {SCHEMAS} and position(c.relkind in '{kinds}') > 0 order by 1
    """
    return [name for (name,) in _rows(connection, query)]


def policies(connection: Connection) -> Iterator[Mutation]:
    """Every policy: gone, renamed, wider, for others, restrictive, for another command."""
    query = """
        select format('%I.%I', schemaname, tablename), format('%I', policyname), cmd,
            array_to_string(roles, ', '), qual, with_check
        from pg_policies order by 1, 2
    """
    for table, name, command, roles, using, check in _rows(connection, query):
        at, on = f"{table}.{name}", f"policy {name} on {table}"

        def again(
            *,
            on: str = on,
            kind: str = "permissive",
            command: str = command,
            roles: str = roles,
            using: str | None = using,
            check: str | None = check,
        ) -> str:
            clauses = f" using ({using})" if using else ""
            clauses += f" with check ({check})" if check else ""
            return f"drop {on}; create {on} as {kind} for {command} to {roles}{clauses}"

        yield Mutation(f"drop {on}", f"drop {on}", at)
        yield Mutation(f"rename {on}", f"alter {on} rename to other", at)
        if using:
            yield Mutation(f"using true {on}", f"alter {on} using (true)", at)
            yield Mutation(f"using narrower {on}", f"alter {on} using (({using}) and true)", at)
        if check:
            yield Mutation(f"check true {on}", f"alter {on} with check (true)", at)
            yield Mutation(f"no check {on}", again(check=None), at)
        for role in ("public", "anon", "authenticated, anon", "service_role"):
            yield Mutation(f"to {role} {on}", f"alter {on} to {role}", at)
        yield Mutation(f"restrictive {on}", again(kind="restrictive"), at)
        other = "update" if command != "UPDATE" else "all"
        yield Mutation(f"for {other} {on}", again(command=other), at)
        yield Mutation(f"comment {on}", f"comment on {on} is 'other'", at)
        yield Mutation(f"no comment {on}", f"comment on {on} is null", at)
        extra = f"policy extra on {table} for select to anon using (true)"
        yield Mutation(f"extra {on}", f"create {extra}", f"{table}.extra")


def grants(connection: Connection) -> Iterator[Mutation]:  # noqa: C901 - a list
    """Every grant taken away, and every wrong one given."""
    query = f"""
        select format('%I.%I', n.nspname, c.relname), c.relkind, g.rolname, x.privilege_type
        from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        cross join aclexplode(c.relacl) as x join pg_roles as g on g.oid = x.grantee
        where n.nspname in {SCHEMAS} and x.privilege_type <> 'MAINTAIN' order by 1, 3, 4
    """
    for name, kind, role, right in _rows(connection, query):
        word = "sequence" if kind == "S" else "table"
        sql = f"revoke {right} on {word} {name} from {role}"
        yield Mutation(sql, sql, name)
        if role in ("authenticated", "service_role"):
            sql = f"grant {right} on {word} {name} to {role} with grant option"
            yield Mutation(sql, sql, name)
    for place, table in enumerate(_relations(connection, "rvmp")):
        for role in ("anon", "public"):
            right = TABLE_RIGHTS[place % len(TABLE_RIGHTS)]
            for sql in (f"grant {right} on {table} to {role}", f"grant all on {table} to {role}"):
                yield Mutation(sql, sql, table)
        for right in ("truncate", "trigger", "references"):
            for role in ("authenticated", "service_role"):
                sql = f"grant {right} on {table} to {role}"
                yield Mutation(sql, sql, table)
    for sequence in _relations(connection, "S"):
        for right in ("usage", "select", "update"):
            sql = f"grant {right} on sequence {sequence} to authenticated"
            yield Mutation(sql, sql, sequence)
    columns = f"""
        select format('%I.%I', n.nspname, c.relname), format('%I', a.attname)
        from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where n.nspname in {SCHEMAS} and c.relkind in ('r', 'v') order by c.oid, a.attnum
    """
    for place, (table, column) in enumerate(_rows(connection, columns)):
        role = ("anon", "public", "authenticated", "authenticator")[place % 4]
        right = ("select", "insert", "update", "references")[place // 4 % 4]
        sql = f"grant {right} ({column}) on {table} to {role}"
        yield Mutation(sql, sql, f"{table}.{column}")
    yield from _other_grants(connection)


def _other_grants(connection: Connection) -> Iterator[Mutation]:  # noqa: C901 - a list
    for function in _functions(connection):
        for role in ("anon", "public", "authenticator"):
            sql = f"grant execute on function {function} to {role}"
            yield Mutation(sql, sql, function.split("(")[0])
    summary = "public.get_session_summary(uuid,integer)"
    for role in ("authenticated", "service_role", "current_user"):
        sql = f"revoke execute on function {summary} from {role}"
        yield Mutation(sql, sql, "public.get_session_summary")
    for schema in ("public", "audit", "arami_db"):
        for role in ("anon", "authenticated", "service_role", "public"):
            for right in ("create", "usage"):
                if (schema, right) == ("public", "usage"):
                    continue
                sql = f"grant {right} on schema {schema} to {role}"
                yield Mutation(sql, sql, schema)
    for role in ("authenticated", "service_role", "public"):
        sql = f"revoke usage on schema public from {role}"
        yield Mutation(sql, sql, "public")
    sql = "grant usage on schema public to authenticated with grant option"
    yield Mutation(sql, sql, "public")
    sql = "grant usage on schema public to anon with grant option"
    yield Mutation(sql, sql, "public")
    sql = "grant usage on type public.users to anon with grant option"
    yield Mutation(sql, sql, "public.users")
    sql = "revoke usage on type public.users from public"
    yield Mutation(sql, sql, "public.users")
    (name,) = _rows(connection, "select format('%I', current_database())")[0]
    for sql in (
        f"grant create on database {name} to authenticated",
        f"grant all on database {name} to anon",
        f"grant create on database {name} to public",
        f"grant temporary on database {name} to authenticated with grant option",
        f"revoke connect on database {name} from public",
        f"revoke temporary on database {name} from public",
    ):
        yield Mutation(sql.replace(name, "…"), sql, "database")
    for what in ("tables", "sequences", "functions", "types"):
        for where in ("", " in schema public", " in schema audit"):
            sql = f"alter default privileges{where} grant all on {what} to anon"
            yield Mutation(sql, sql, what)
    for sql in (
        "alter default privileges grant usage on schemas to authenticated",
        "alter default privileges for role service_role grant select on tables to anon",
        "alter default privileges grant select on tables to public",
        "alter default privileges in schema public grant select on tables to anon"
        " with grant option",
    ):
        yield Mutation(sql, sql, "of ")


def triggers(connection: Connection) -> Iterator[Mutation]:
    """Every trigger: gone, silent, renamed, calling another function, on another event."""
    query = f"""
        select format('%I.%I', n.nspname, c.relname), format('%I', t.tgname),
            pg_get_triggerdef(t.oid)
        from pg_trigger as t join pg_class as c on c.oid = t.tgrelid
        join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname in {SCHEMAS} and not t.tgisinternal order by 1, 2
    """
    for table, name, definition in _rows(connection, query):
        at, on = f"{table}.{name}", f"trigger {name} on {table}"
        for action in ("disable", "enable replica", "enable always"):
            sql = f"alter table {table} {action} trigger {name}"
            yield Mutation(sql, sql, at)
        yield Mutation(f"drop {on}", f"drop {on}", at)
        yield Mutation(f"rename {on}", f"alter {on} rename to other", at)
        yield Mutation(f"comment {on}", f"comment on {on} is 'other'", at)
        changed = definition.replace("FOR EACH ROW", "FOR EACH ROW WHEN (false)")
        if "FOR EACH ROW" in definition:
            yield Mutation(f"when {on}", f"drop {on}; {changed}", at)
            changed = definition.replace("BEFORE", "BEFORE DELETE OR")
            yield Mutation(f"event {on}", f"drop {on}; {changed}", at)
        changed = definition.replace("()", "('argument')")
        yield Mutation(f"argument {on}", f"drop {on}; {changed}", at)
        extends = f"alter {on} depends on extension plpgsql"
        yield Mutation(extends, extends, at)
    # The triggers of a foreign key, on both its tables, are facts of the one that has it.
    for state, which in (("all", "true"), ("user", "not t.tgisinternal")):
        query = f"""
            select format('%I.%I', n.nspname, c.relname),
                case when bool_or(not t.tgisinternal or k.conrelid = c.oid) then c.relname
                else min(k.conrelid::regclass::text) end
            from pg_trigger as t join pg_class as c on c.oid = t.tgrelid
            join pg_namespace as n on n.oid = c.relnamespace
            left join pg_constraint as k on k.oid = t.tgconstraint
            where n.nspname in {SCHEMAS} and {which} group by n.nspname, c.relname order by 1
        """
        for table, at in _rows(connection, query):
            sql = f"alter table {table} disable trigger {state}"
            yield Mutation(sql, sql, at)
    sql = """
        create function audit.quiet() returns trigger language plpgsql as 'begin return null; end';
        create trigger quiet before insert on audit.change_log
        for each row execute function audit.quiet()
    """
    yield Mutation("extra trigger", sql, "audit.change_log.quiet")


def constraints(connection: Connection) -> Iterator[Mutation]:  # noqa: C901 - a list
    """Every constraint: gone, renamed, unproved, put off, weaker."""
    query = f"""
        select format('%I.%I', n.nspname, c.relname), format('%I', k.conname), k.contype::text,
            pg_get_constraintdef(k.oid)
        from pg_constraint as k join pg_class as c on c.oid = k.conrelid
        join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname in {SCHEMAS} and k.contype <> 'n' order by 1, 2
    """
    for table, name, kind, definition in _rows(connection, query):
        at, alter = f"{table}.{name}", f"alter table {table}"
        on, drop = f"constraint {name} on {table}", f"drop constraint {name}"
        yield Mutation(f"drop {on}", f"{alter} {drop} cascade", at)
        yield Mutation(f"rename {on}", f"{alter} rename constraint {name} to other", at)
        yield Mutation(f"comment {on}", f"comment on {on} is 'other'", at)
        readd = f"{alter} {drop}, add constraint {name}"
        if kind in "cf":
            yield Mutation(f"not valid {on}", f"{readd} {definition} not valid", at)
        if kind == "c":
            yield Mutation(f"check true {on}", f"{readd} check (true)", at)
            yield Mutation(f"no inherit {on}", f"{readd} {definition} no inherit", at)
            flag = "update pg_constraint set convalidated = false where conname ="
            yield Mutation(f"unvalidated {on}", f"{flag} '{name}'", at)
        if kind == "f":
            for state in ("deferrable", "deferrable initially deferred"):
                yield Mutation(f"{state} {on}", f"{alter} alter constraint {name} {state}", at)
            base, _, present = definition.partition(" ON DELETE ")
            for action in ("no action", "restrict", "set null", "cascade", "set default"):
                if action.upper() != (present or "NO ACTION"):
                    yield Mutation(
                        f"on delete {action} {on}", f"{readd} {base} on delete {action}", at
                    )
            yield Mutation(f"on update {on}", f"{readd} {definition} on update cascade", at)
            yield Mutation(f"match full {on}", f"{readd} {base} match full", at)
        if kind == "u" and name != "uq_daily_sessions_user_id_id":  # no key may rest on that
            yield Mutation(f"deferrable {on}", f"{readd} {definition} deferrable", at)
    for table in _relations(connection):
        yield Mutation(
            f"extra check on {table}",
            f"alter table {table} add constraint extra check (true)",
            f"{table}.extra",
        )


_TEXT = ("text", "jsonb", "text[]")


def columns(connection: Connection) -> Iterator[Mutation]:  # noqa: C901, PLR0912 - a list
    """Every column, every attribute."""
    query = f"""
        select format('%I.%I', n.nspname, c.relname), format('%I', a.attname),
            format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef, a.attidentity::text
        from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where n.nspname in {SCHEMAS} and c.relkind = 'r' order by c.oid, a.attnum
    """
    rows = list(_rows(connection, query))
    last = {table: column for table, column, *_ in rows}
    for table, column, kind, not_null, has_default, identity in rows:
        at, alter = f"{table}.{column}", f"alter table {table} alter column {column}"
        changes = ["set statistics 77", "set (n_distinct = 5)", "set (n_distinct_inherited = 5)"]
        changes += [] if identity else ["drop not null" if not_null else "set not null"]
        changes += ["drop default"] if has_default else []
        changes += [] if identity else [f"set default coalesce(null::{kind})"]
        if identity:
            changes += ["drop identity", "set generated by default"]
            for change in ("set increment 7", "set maxvalue 1000", "set cycle", "set cache 9"):
                yield Mutation(f"{at} {change}", f"{alter} {change}", table)
        if kind in _TEXT:
            changes += ["set storage external", "set storage plain", "set compression pglz"]
        if kind == "text":
            changes += ["type varchar", "type varchar(99)", 'type text collate "C"']
        elif kind in ("timestamp with time zone",):
            changes += ["type timestamp", "type timestamptz(3)"]
        elif kind.startswith("numeric"):
            changes += ["type numeric", "type numeric(12, 6)"]
        elif kind == "integer":
            changes += ["type bigint", "type smallint"]
        elif kind == "jsonb":
            changes += ["type json"]
        for change in changes:
            yield Mutation(f"{at} {change}", f"{alter} {change}", at)
        rename = f"alter table {table} rename column {column} to other"
        yield Mutation(rename, rename, at)
        drop = f"alter table {table} drop column {column} cascade"
        yield Mutation(drop, drop, at)
        if column != last[table]:
            again = f"{drop}; alter table {table} add column {column} {kind}"
            yield Mutation(f"{at} comes last", again, table)
        comment = f"comment on column {at} is"
        yield Mutation(f"{at} other comment", f"{comment} 'other'", at)
    for table in _relations(connection):
        for text in ("integer", "text not null default ''", "int generated always as (1) stored"):
            sql = f"alter table {table} add column extra {text}"
            yield Mutation(sql, sql, f"{table}.extra")
    query = f"""
        select format('%I.%I', n.nspname, c.relname) || coalesce('.' || quote_ident(a.attname), ''),
            case when a.attnum is null then c.relkind::text else 'column' end
        from pg_description as d join pg_class as c on c.oid = d.objoid
        join pg_namespace as n on n.oid = c.relnamespace
        left join pg_attribute as a on a.attrelid = c.oid and a.attnum = nullif(d.objsubid, 0)
        where n.nspname in {SCHEMAS} and d.classoid = 'pg_class'::regclass order by 1
    """
    for name, kind in _rows(connection, query):
        word = {"r": "table", "v": "view"}.get(kind, "column")
        for text in ("null", "'other'"):
            sql = f"comment on {word} {name} is {text}"
            yield Mutation(sql, sql, name)


def tables(connection: Connection) -> Iterator[Mutation]:
    """Every table: security, storage, identity, name, owner, family."""
    for table in _relations(connection):
        alter = f"alter table {table}"
        for change in (
            "disable row level security",
            "enable row level security",
            "force row level security",
            "set (fillfactor = 70)",
            "set (autovacuum_enabled = false)",
            "set (toast.autovacuum_enabled = false)",
            "set (toast_tuple_target = 4080)",
            "replica identity full",
            "replica identity nothing",
            "owner to service_role",
            "rename to other",
            "set schema other",
        ):
            ledger = table.startswith("arami_db.")
            if change.startswith("disable row" if ledger else "enable row"):
                continue
            sql = f"create schema other; {alter} {change}" if "schema other" in change else ""
            yield Mutation(f"{table} {change}", sql or f"{alter} {change}", table)
        for text in (
            f"create table auth.child () inherits ({table})",
            f"create table public.extra () inherits ({table})",
            f"drop table {table} cascade",
            f"create rule extra as on delete to {table} do instead nothing",
            f"create publication extra for table {table}",
        ):
            yield Mutation(text, text, table if "drop" in text or "auth" in text else "extra")
    query = f"""
        select format('%I.%I', n.nspname, c.relname),
            string_agg(format('%I', a.attname), ', ' order by a.attnum)
        from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        join pg_attribute as a on a.attrelid = c.oid and a.attnum in (1, 2)
        where n.nspname in {SCHEMAS} and c.relkind = 'r' group by 1 order by 1
    """
    for table, pair in _rows(connection, query):
        for schema in ("public", "auth"):
            made = f"create statistics {schema}.extra on {pair} from {table}"
            yield Mutation(made, made, f"{schema}.extra")
    for sql, at in (
        ("alter table public.users set unlogged", ""),
        ("alter table audit.change_log set unlogged", "audit.change_log"),
        ("alter table public.user_goals cluster on user_goals_pkey", "user_goals"),
        (
            "alter table public.users replica identity using index users_pkey",
            "public.users",
        ),
        ("create table auth.f (id uuid references public.users)", "auth.f"),
        ("create table public.extra (id integer primary key)", "public.extra"),
        ("create unlogged table audit.extra (id integer)", "audit.extra"),
        ("create table arami_db.extra ()", "arami_db.extra"),
        ("create table public.extra (i int) partition by range (i)", "public.extra"),
        (
            "create table auth.p (i int) partition by range (i);"
            " create table public.extra partition of auth.p for values from (1) to (2)",
            "public.extra",
        ),
    ):
        yield Mutation(sql, sql, at)


def _functions(connection: Connection) -> list[str]:
    query = f"""
        select format('%I.%I(%s)', n.nspname, p.proname, replace(oidvectortypes(p.proargtypes),
            ', ', ','))
        from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
        where n.nspname in {SCHEMAS} and not exists (
            select from pg_depend as d where d.objid = p.oid and d.deptype = 'e'
        ) order by 1
    """
    return [name for (name,) in _rows(connection, query)]


def functions(connection: Connection) -> Iterator[Mutation]:
    """Every function, every attribute, and overloads."""
    for name in _functions(connection):
        at = name.split("(")[0]
        query = f"""
            select case provolatile when 's' then 'stable' else 'volatile' end,
                case when prosecdef then 'security definer' else 'security invoker' end,
                case when not proretset then 'rows 7' end
            from pg_proc where oid = '{name}'::regprocedure
        """
        as_it_is = _rows(connection, query)[0]
        for change in (
            "immutable",
            "strict",
            "leakproof",
            "parallel safe",
            "parallel restricted",
            "cost 7",
            "rows 7",
            "volatile",
            "stable",
            "security definer",
            "security invoker",
            "set search_path = public",
            "reset search_path",
            "reset all",
            "set work_mem = '1MB'",
            "set role = 'service_role'",
            "owner to service_role",
            "rename to other",
            "set schema auth",
            "depends on extension plpgsql",
        ):
            if change not in as_it_is:
                yield Mutation(f"{name} {change}", f"alter function {name} {change}", at)
        yield Mutation(f"drop {name}", f"drop function {name} cascade", at)
        for text in ("null", "'other'"):
            sql = f"comment on function {name} is {text}"
            yield Mutation(sql, sql, at)
        query = f"select pg_get_functiondef('{name}'::regprocedure)"
        definition = _rows(connection, query)[0][0]
        changed = definition.replace("$function$\n", "$function$\n -- changed\n", 1)
        yield Mutation(f"body of {name}", changed, at)
        if "DEFAULT 30" in definition:
            changed = definition.replace("DEFAULT 30", "DEFAULT 31")
            yield Mutation(f"default of {name}", changed, at)
        overload = f"create function {at}(extra text) returns text language sql return extra"
        yield Mutation(f"overload of {name}", overload, f"{at}(text)")
    for sql, expected in (
        ("create procedure public.extra() language sql as ''", "public.extra()"),
        ("create aggregate public.extra (integer) (sfunc = int4pl, stype = integer)", "extra("),
        ("create function audit.extra() returns int language sql as 'select 1'", "audit.extra()"),
        (
            "create function arami_db.extra() returns int language sql as 'select 1'",
            "arami_db.extra()",
        ),
    ):
        yield Mutation(sql, sql, expected)


def views(connection: Connection) -> Iterator[Mutation]:
    """Every view: options, definition, columns, owner, rules."""
    for view in _relations(connection, "v"):
        name = view.split(".")[1]
        alter = f"alter view {view}"
        for change in (
            "set (security_invoker = false)",
            "set (security_invoker = off)",
            "reset (security_invoker)",
            "set (security_barrier = true)",
            "owner to service_role",
            "rename to other",
            "set schema auth",
        ):
            yield Mutation(f"{view} {change}", f"{alter} {change}", name)
        yield Mutation(f"drop {view}", f"drop view {view} cascade", view)
        query = f"select rtrim(pg_get_viewdef('{view}'::regclass), ';'), attname,"
        query += " atttypid::regtype from pg_attribute"
        query += f" where attrelid = '{view}'::regclass and attnum = 1"
        ((definition, column, kind),) = _rows(connection, query)
        with_options = f"create or replace view {view} with (security_invoker = true) as"
        yield Mutation(
            f"definition of {view}",
            f"{with_options} select * from ({definition}) as inside where false",
            view,
        )
        yield Mutation(f"limit in {view}", f"{with_options} {definition} limit 3", view)
        yield Mutation(f"options of {view}", f"create or replace view {view} as {definition}", view)
        sql = f"{alter} rename column {column} to other"
        yield Mutation(sql, sql, view)
        sql = f"{alter} alter {column} set default coalesce(null::{kind})"
        yield Mutation(sql, sql, view)
        yield Mutation(
            f"rule on {view}",
            f"create rule extra as on insert to {view} do instead nothing",
            f"{view}.extra",
        )
        yield Mutation(
            f"trigger on {view}",
            f"create trigger extra instead of update on {view} for each row"
            " execute function public.update_updated_at_column()",
            f"{view}.extra",
        )
    for sql, at in (
        ("create view public.extra as select * from public.users", "public.extra"),
        ("create view audit.extra as select 1 as one", "audit.extra"),
        ("create materialized view public.extra as select 1 as one", "public.extra"),
        ("create materialized view public.extra as select 1 as one with no data", "public.extra"),
        ('alter table public.user_dashboard disable rule "_RETURN"', "user_dashboard"),
    ):
        yield Mutation(sql, sql, at)


def indexes(connection: Connection) -> Iterator[Mutation]:  # noqa: C901 - a list
    """Every index: gone, invalid, renamed, of other columns, classes, order, storage."""
    query = f"""
        select format('%I.%I', n.nspname, t.relname), format('%I', n.nspname),
            format('%I', c.relname), pg_get_indexdef(c.oid),
            exists (select from pg_constraint as k where k.conindid = c.oid),
            (select atttypid::regtype::text from pg_attribute as a
                where a.attrelid = c.oid and a.attnum = 1),
            (select quote_ident(a.attname) from pg_attribute as a
                where a.attrelid = t.oid and not a.attisdropped and a.attnum > 1
                and a.attnum <> all (i.indkey) and a.atttypid <> 'jsonb'::regtype
                order by a.attnum limit 1)
        from pg_index as i join pg_class as c on c.oid = i.indexrelid
        join pg_class as t on t.oid = i.indrelid join pg_namespace as n on n.oid = t.relnamespace
        where n.nspname in {SCHEMAS} order by 1, 3
    """
    for table, schema, name, definition, backs, kind, column in _rows(connection, query):
        at = f"{schema}.{name}"
        for change in ("set (fillfactor = 50)", "set (deduplicate_items = off)", "rename to other"):
            yield Mutation(f"{at} {change}", f"alter index {at} {change}", name)
        cluster = f"alter table {table} cluster on {name}"
        yield Mutation(cluster, cluster, name)
        yield Mutation(f"comment on {at}", f"comment on index {at} is 'other'", name)
        for flag in ("indisvalid", "indisready", "indislive"):
            sql = f"update pg_index set {flag} = false where indexrelid = '{at}'::regclass"
            yield Mutation(f"{at} {flag}", sql, name)
        if backs:
            continue
        yield Mutation(f"drop {at}", f"drop index {at}", name)
        head, tail = definition.split(" USING btree (", 1)
        keys, _, predicate = tail.partition(")")
        stated, *rest = keys.split(", ")
        first = stated.removesuffix(" NULLS FIRST")
        other_end = "last" if first != stated else "first"
        changes = {
            "predicate": f"{head} ({keys}) where {column} is not null",
            "covering": f"{head} ({keys}) include ({column}) {predicate}",
            "columns": f"{head} ({keys}, {column}) {predicate}",
            "descending": f"{head} ({', '.join([f'{first} desc', *rest])}) {predicate}",
            "nulls": f"{head} ({', '.join([f'{first} nulls {other_end}', *rest])}) {predicate}",
        }
        if "UNIQUE" in head:
            changes["nulls not distinct"] = f"{head} ({keys}) nulls not distinct {predicate}"
            changes["uniqueness"] = definition.replace("UNIQUE ", "")
        else:
            changes["method"] = f"{head} using hash ({first}) {predicate}"
            changes["uniqueness"] = definition.replace("CREATE INDEX", "CREATE UNIQUE INDEX")
        if kind == "text":
            for extra in ("text_pattern_ops", 'collate "C"'):
                again = ", ".join([f"{first} {extra}", *rest])
                changes[extra] = f"{head} ({again}) {predicate}"
        for what, changed in changes.items():
            yield Mutation(f"{what} of {at}", f"drop index {at}; {changed}", name)
    for table in _relations(connection):
        sql = f"create index extra on {table} ((1))"
        yield Mutation(sql, sql, ".extra")


def sequences(connection: Connection) -> Iterator[Mutation]:
    """Every sequence, every parameter."""
    for name in _relations(connection, "S"):
        for change in (
            "increment 2",
            "cache 50",
            "cycle",
            "maxvalue 999",
            "minvalue -5",
            "start 5",
            "as integer",
        ):
            yield Mutation(f"{name} {change}", f"alter sequence {name} {change}", name)
        sql = f"comment on sequence {name} is 'other'"
        yield Mutation(sql, sql, name)
    for sql, at in (
        ("create sequence public.extra", "public.extra"),
        ("create sequence public.extra owned by public.users.email", "public.extra"),
    ):
        yield Mutation(sql, sql, at)


_MANY = (
    ("create domain public.extra as text check (value <> '')", "public.extra"),
    ("create type public.extra as enum ('a', 'b')", "public.extra"),
    ("create type audit.extra as (a integer)", "audit.extra"),
    ("create type public.extra as range (subtype = float8)", "public.extra"),
    ("create type public.extra", "public.extra"),
    ('create collation public.extra from "C"', "public.extra"),
    (
        "create operator public.=== (leftarg = text, rightarg = text, function = texteq)",
        "public.===",
    ),
    ("create operator family public.extra using btree", "public.extra"),
    (
        "create operator class public.extra for type int4 using btree as"
        " operator 1 <, operator 3 =, function 1 btint4cmp(int4, int4)",
        "public.extra",
    ),
    (
        "create operator class public.extra default for type public.users using btree as"
        " operator 3 =(record, record), function 1 btrecordcmp(record, record)",
        "public.extra",
    ),
    ("create conversion public.extra for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1", "extra"),
    ("create text search configuration public.extra (copy = simple)", "public.extra"),
    ("create text search dictionary public.extra (template = simple)", "public.extra"),
    ("create cast (text as uuid) with inout as implicit", "(text as uuid)"),
    ("create cast (public.users as text) with inout as implicit", "public.users"),
    ("create publication extra for all tables", "extra"),
    ("create publication extra for tables in schema public", "extra"),
    ("create publication extra for table public.users (id) where (name = '')", "extra"),
    (
        "create publication extra for table public.users with (publish = 'insert')",
        "extra",
    ),
    ("comment on schema public is 'other'", "public"),
    ("comment on schema audit is null", "audit"),
    ("comment on schema arami_db is 'other'", "arami_db"),
    ("comment on type public.users is 'other'", "public.users"),
    ("alter schema audit owner to service_role", "audit"),
    ("alter schema public owner to service_role", "public"),
    ("alter schema audit rename to other", "audit"),
    ("alter schema public rename to other", "public"),
    ("drop schema audit cascade", "audit.change_log"),
    ("create extension citext schema audit", "citext"),
    ("alter extension plpgsql add table public.users", "public.users"),
    (
        "create function auth.note() returns event_trigger language plpgsql as 'begin end';"
        " create event trigger extra on ddl_command_start execute function auth.note()",
        "extra",
    ),
    (
        "create schema if not exists extensions;"
        " create function extensions.note() returns event_trigger language plpgsql as 'begin end';"
        " create event trigger extra on ddl_command_start execute function extensions.note()",
        "extra",
    ),
    (
        "create type auth.extra as range (subtype = float8, multirange_type_name = public.extras)",
        "public.extras",
    ),
    ("grant create on schema audit to pg_database_owner", "audit"),
    (
        "create role supabase_extra; alter default privileges for role supabase_extra"
        " in schema public grant all on tables to anon",
        "public",
    ),
    (
        "create foreign data wrapper w; create server s foreign data wrapper w;"
        " create foreign table public.extra (a int) server s",
        "public.extra",
    ),
    ("grant select (ctid) on public.users to anon", "public.users.ctid"),
    ("grant update (tableoid) on public.users to anon", "public.users.tableoid"),
    (
        "grant select (last_value) on table audit.change_log_id_seq to anon",
        "audit.change_log_id_seq.last_value",
    ),
    (
        "create trigger zz before insert on public.users for each row"
        " execute function public.update_updated_at_column();"
        " set local allow_system_table_mods = on;"
        " update pg_trigger set tgisinternal = true where tgname = 'zz'",
        "public.users.zz",
    ),
    (
        "set local allow_system_table_mods = on; update pg_trigger set tgisinternal = true"
        " where tgname = 'update_users_updated_at'",
        "public.users.update_users_updated_at",
    ),
    ("alter schema arami_db owner to pg_monitor", "schema arami_db"),
    (
        "create function pg_catalog.sign(integer) returns integer language sql as 'select 0'",
        "sign(integer)",
    ),
    (
        "create function public.f(uuid, text) returns boolean language sql as 'select true';"
        " create operator pg_catalog.= (leftarg = uuid, rightarg = text, function = public.f)",
        "=(uuid,text)",
    ),
)


def others(connection: Connection) -> Iterator[Mutation]:
    """Kinds of object this schema has none of, and schemas themselves."""
    for sql, at in _MANY:
        yield Mutation(sql, sql, at)


FAMILIES: dict[str, Callable[[Connection], Iterator[Mutation]]] = {
    "policies": policies,
    "grants": grants,
    "triggers": triggers,
    "constraints": constraints,
    "columns": columns,
    "tables": tables,
    "functions": functions,
    "views": views,
    "indexes": indexes,
    "sequences": sequences,
    "others": others,
}
