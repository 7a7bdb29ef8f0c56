"""plpgsql_check over every function: what Postgres itself only finds out when one is called.

It needs a server of the system's that has the extension, such as Debian's
postgresql-15-plpgsql-check; .ci/run installs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import servers
from tests.conftest import missing, run_cli

Connection = psycopg.Connection[Any]
LIBRARIES = sorted(Path("/usr/lib/postgresql").glob("*/lib/plpgsql_check.so"))

# Every function once, a trigger function once for each table and transition tables it is used with.
COMPLAINTS = """
    select f.oid::regprocedure::text, coalesce(t.tgrelid::regclass::text, ''), c.message
    from pg_proc as f
    join pg_language as l on l.oid = f.prolang and l.lanname = 'plpgsql'
    left join pg_trigger as t on t.tgfoid = f.oid and not t.tgisinternal
    cross join lateral plpgsql_check_function_tb(
        f.oid, coalesce(t.tgrelid, 0), fatal_errors => false,
        -- A trigger on delete has no new rows, and the function does not ask for them there.
        oldtable => t.tgoldtable,
        newtable => case when t.tgoldtable is not null then 'new_rows' end,
        security_warnings => true
    ) as c
    where f.pronamespace in ('public'::regnamespace, 'audit'::regnamespace)
        and not exists (select from pg_depend as d where d.objid = f.oid and d.deptype = 'e')
        and (c.level <> 'security' or f.oid::regprocedure::text <> all (%s))
    order by 1, 2
"""
# Functions whose dynamic SQL is quoted where plpgsql_check does not look: how.
QUOTED = {
    "audit.move_rows(text,text[],text,uuid[],uuid[],bigint)": "what archive_statements() wrote",
    "audit.record_change()": "by format(%I, %L) in a query over pg_attribute",
}
UNUSED = """
    select f.oid::regprocedure::text from pg_proc as f
    where f.prorettype = 'trigger'::regtype
        and f.pronamespace in ('public'::regnamespace, 'audit'::regnamespace)
        and not exists (select from pg_trigger as t where t.tgfoid = f.oid)
"""
OTHERS = """
    select pg_get_functiondef(f.oid) from pg_proc as f
    join pg_language as l on l.oid = f.prolang and l.lanname = 'sql'
    where f.pronamespace in ('public'::regnamespace, 'audit'::regnamespace)
        and not exists (select from pg_depend as d where d.objid = f.oid and d.deptype = 'e')
"""
# What breaks a function, and what the complaint of it says.
BREAKAGES = {
    "a column that a function reads is renamed": (
        "alter table public.users rename updated_at to changed_at",
        "public.update_updated_at_column()",
        'record "new" has no field "updated_at"',
    ),
    "a table that a function writes is gone": (
        "drop table audit.change_log",
        "audit.record_change()",
        'relation "audit.change_log" does not exist',
    ),
    "a variable that nobody reads": (
        "create function public.f() returns void language plpgsql"
        " as 'declare unread int; begin end'",
        "public.f()",
        'unused variable "unread"',
    ),
    "a call of a function that does not exist": (
        "create function public.f() returns int language plpgsql"
        " as 'begin return public.nothing(1); end'",
        "public.f()",
        "function public.nothing(integer) does not exist",
    ),
    "dynamic SQL made of an argument": (
        "create function public.f(a text) returns void language plpgsql"
        " as $$ begin execute 'delete from ' || a; end $$",
        "public.f(text)",
        "text type variable is not sanitized",
    ),
}


@pytest.fixture(scope="module")
def checking() -> Iterator[Connection]:
    """A migrated database where the extension is; what a test changes, it rolls back."""
    if not LIBRARIES:
        missing("plpgsql_check: apt install postgresql-15-plpgsql-check")
    bin_dir = LIBRARIES[-1].parents[1] / "bin"
    with servers.folder() as place, servers.running(bin_dir, place) as conninfo:
        run_cli("migrate", "--database", conninfo)
        with psycopg.connect(conninfo, autocommit=True) as opened:
            opened.execute("create schema checking; create extension plpgsql_check schema checking")
            opened.execute("set search_path = checking")
            yield opened


def complaints(connection: Connection) -> list[tuple[str, ...]]:
    return connection.execute(COMPLAINTS, [list(QUOTED)]).fetchall()


def test_no_function_is_complained_of(checking: Connection) -> None:
    assert complaints(checking) == []
    assert checking.execute(UNUSED).fetchall() == [], "which tables are these for?"


def test_functions_in_sql_are_still_accepted(checking: Connection) -> None:
    definitions = [text for (text,) in checking.execute(OTHERS)]
    assert definitions
    with checking.transaction(force_rollback=True):
        for text in definitions:
            checking.execute(text)


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_broken_function_is_found(checking: Connection, name: str) -> None:
    breaking, function, message = BREAKAGES[name]
    before = complaints(checking)
    with checking.transaction(force_rollback=True):
        checking.execute(breaking)
        found = complaints(checking)
    assert any(who == function and message in what for who, _, what in found), found
    assert complaints(checking) == before
