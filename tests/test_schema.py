"""The schema as the document says it, mended by the design, on a real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.conftest import ALICE, BOB, made, run_cli
from tests.documented import (
    API_ROLES,
    CATALOG,
    CHECK_VIOLATION,
    CHOICES,
    COLUMNS,
    FOREIGN_KEY_VIOLATION,
    FOREIGN_KEYS,
    FUNCTIONS,
    INDEXES,
    NOT_NULL_VIOLATION,
    POLICIES,
    RANGES,
    ROWS,
    SIGNED_IN_ROLES,
    STAMPED,
    TABLES,
    UNIQUE_VIOLATION,
    VIEWS,
    Connection,
    another,
    insert,
    names,
    outcome,
    owner_column,
    row_for,
    settle,
    tables,
    value,
)

pytestmark = pytest.mark.quick

OWN_SCHEMAS = ("public", "audit", "arami_db")
# Objects of these schemas that no extension brought along.
NOT_AN_EXTENSIONS = "not exists (select from pg_depend where objid = {0}.oid and deptype = 'e')"

every_table = pytest.mark.parametrize("table", TABLES)


@pytest.fixture(scope="module")
def schema(server: dict[str, str], template: str) -> Iterator[Connection]:
    """One migrated database for the module; what a test writes there it rolls back."""
    with made(server, template) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        settle(opened, ALICE)
        settle(opened, BOB)
        yield opened


@pytest.fixture
def connection(schema: Connection) -> Iterator[Connection]:
    with schema.transaction(force_rollback=True):
        yield schema


def test_the_tables_are_the_documented_ones_and_their_archives(connection: Connection) -> None:
    assert set(tables(connection)) == set(TABLES)


@every_table
def test_columns_types_nullability_and_defaults_are_the_documented_ones(
    connection: Connection, table: str
) -> None:
    assert names(connection, CATALOG["columns"], f"public.{table}") == COLUMNS[table]


@every_table
def test_the_primary_key_identifies_rows_by_id(connection: Connection, table: str) -> None:
    key = value(
        connection,
        "select pg_get_constraintdef(oid) from pg_constraint"
        " where contype = 'p' and conrelid = %s::regclass",
        f"public.{table}",
    )
    # An archive's key starts with the user, so that nobody can occupy an id another will need.
    archive = table.endswith("_archive")
    assert key == ("PRIMARY KEY (user_id, id)" if archive else "PRIMARY KEY (id)")


@pytest.mark.parametrize("table", INDEXES)
def test_the_documented_indexes_exist_with_their_columns_order_and_predicate(
    connection: Connection, table: str
) -> None:
    found = dict(connection.execute(CATALOG["indexes"], [f"public.{table}"]).fetchall())
    assert {name: found.get(name) for name in INDEXES[table]} == INDEXES[table]


def test_no_two_indexes_are_the_same(connection: Connection) -> None:
    twins = connection.execute(
        "select array_agg(indexrelid::regclass) from pg_index"
        " where indrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)"
        " group by indrelid, indkey, indclass, indoption, indpred::text, indexprs::text"
        " having count(*) > 1"
    ).fetchall()
    assert twins == []


@every_table
def test_foreign_keys_name_the_user_and_say_what_a_deletion_does(
    connection: Connection, table: str
) -> None:
    found = dict(connection.execute(CATALOG["foreign keys"], [f"public.{table}"]).fetchall())
    assert found == {
        f"fk_{table}_{referenced}": key for referenced, key in FOREIGN_KEYS[table].items()
    }


@pytest.mark.parametrize(
    ("table", "column"), [(t, c) for t, columns in CHOICES.items() for c in columns]
)
def test_a_choice_accepts_each_documented_value_and_no_other(
    connection: Connection, table: str, column: str
) -> None:
    # Filters by its owner, so that the user's one row is set to each value in turn.
    query = f"update public.{table} set {column} = %s where {owner_column(table)} = %s"
    choices = CHOICES[table][column]
    accepted = {choice: outcome(connection, query, choice, ALICE) for choice in choices}
    assert accepted == dict.fromkeys(choices, 1)
    wrong = ("", "something_else", choices[0].swapcase(), f"{choices[0]} ")
    refused = {choice: outcome(connection, query, choice, ALICE) for choice in wrong}
    assert refused == dict.fromkeys(wrong, CHECK_VIOLATION)


@pytest.mark.parametrize(
    ("table", "column"), [(t, c) for t, columns in RANGES.items() for c in columns]
)
def test_a_range_accepts_its_borders_and_nothing_beyond(
    connection: Connection, table: str, column: str
) -> None:
    query = f"update public.{table} set {column} = %s where user_id = %s"
    low, high, step = RANGES[table][column]
    borders: dict[Decimal, int | str] = {
        low - step: CHECK_VIOLATION,
        low: 1,
        high: 1,
        high + step: CHECK_VIOLATION,
    }
    assert {v: outcome(connection, query, v, ALICE) for v in borders} == borders


@every_table
def test_what_may_not_be_null_refuses_null_and_the_rest_takes_it(
    connection: Connection, table: str
) -> None:
    # The trigger stamps updated_at before its NOT NULL is looked at.
    lines = [
        line for line in COLUMNS[table] if line.split()[0] in ROWS[table].keys() - {"updated_at"}
    ]
    expected = {line.split()[0]: NOT_NULL_VIOLATION if " not null" in line else 1 for line in lines}
    row = f"(select min(id::text)::uuid from public.{table})"
    query = f"update public.{table} set {{}} = null where id = {row}"
    assert {c: outcome(connection, query.format(c)) for c in expected} == expected


@pytest.mark.parametrize("table", [table for table in TABLES if table != "app_settings"])
def test_every_row_has_an_owner(connection: Connection, table: str) -> None:
    column = owner_column(table)
    assert outcome(connection, f"update public.{table} set {column} = null") == NOT_NULL_VIOLATION


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("users", ["email"]),
        ("users", ["phone"]),
        ("onboarding_profiles", ["user_id"]),
        ("user_emotional_categories", ["user_id", "category"]),
        ("ritual_preferences", ["user_id"]),
        ("session_analytics", ["session_id", "metric_name"]),
        ("session_analytics_archive", ["user_id", "session_id", "metric_name"]),
        ("user_streaks", ["user_id", "streak_type"]),
        ("virtue_collection", ["user_id", "virtue_name"]),
        ("app_settings", ["user_id", "setting_key"]),
    ],
)
def test_what_is_unique_exists_once(connection: Connection, table: str, columns: list[str]) -> None:
    listed = ", ".join(columns)
    copy = connection.execute(f"select {listed} from public.{table} order by id limit 1").fetchone()
    assert copy is not None
    same = dict(zip(columns, copy, strict=True))
    owner = {} if table == "users" or "user_id" in columns else _owner_of(connection, table, same)
    row = {**ROWS[table], "email": None, "phone": None} if table == "users" else ROWS[table]
    with pytest.raises(psycopg.errors.UniqueViolation), connection.transaction():
        insert(connection, table, {**row, **owner, **same})


def _owner_of(connection: Connection, table: str, keys: dict[str, Any]) -> dict[str, Any]:
    column, held = next(iter(keys.items()))
    query = f"select user_id from public.{table} where {column} = %s"
    return {"user_id": value(connection, query, held)}


def test_a_global_setting_exists_once_although_it_has_no_user(connection: Connection) -> None:
    query = "insert into public.app_settings (setting_key, setting_value) values ('motd', '1')"
    assert [outcome(connection, query) for _ in range(2)] == [1, UNIQUE_VIOLATION]


def test_two_people_may_both_have_no_email_and_no_phone(connection: Connection) -> None:
    query = "insert into public.users (name) values ('a'), ('b')"
    assert outcome(connection, query) == 2


def test_a_virtue_was_earned_from_a_live_or_an_archived_session_never_from_both(
    connection: Connection,
) -> None:
    archived = "(select id from public.daily_sessions_archive where user_id = %s)"
    query = (
        f"update public.virtue_collection set earned_from_archived_session_id = {archived}"
        " where user_id = %s and earned_from_session_id is not null"
    )
    assert outcome(connection, query, ALICE, ALICE) == CHECK_VIOLATION


@pytest.mark.parametrize("table", [table for table in TABLES if table != "users"])
def test_a_row_needs_a_user_who_exists(connection: Connection, table: str) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(psycopg.Error) as refused, connection.transaction():
        insert(connection, table, row_for(table, nobody))
    assert refused.value.sqlstate == FOREIGN_KEY_VIOLATION


@pytest.mark.parametrize("table", STAMPED)
def test_every_update_stamps_updated_at_whatever_the_caller_says(
    connection: Connection, table: str
) -> None:
    column = next(column for column in ROWS[table] if column not in {"email", "phone"})
    for change in (f"{column} = {column}", "updated_at = '2000-01-01'"):
        connection.execute(f"alter table public.{table} disable trigger user")
        connection.execute(f"update public.{table} set updated_at = '2000-01-01'")
        connection.execute(f"alter table public.{table} enable trigger user")
        stamped = outcome(
            connection,
            f"update public.{table} set {change} where {owner_column(table)} = %s"
            " returning updated_at",
            ALICE,
        )
        query = (
            "select bool_and(updated_at = now()), count(*)"
            f" from public.{table} where {owner_column(table)} = %s"
        )
        assert stamped == 1
        assert connection.execute(query, [ALICE]).fetchone() == (True, 1)


def test_every_table_with_updated_at_has_the_documented_trigger(connection: Connection) -> None:
    having = names(
        connection,
        "select attrelid::regclass from pg_attribute where attname = 'updated_at'"
        " and attrelid in (select oid from pg_class"
        " where relkind = 'r' and relnamespace = 'public'::regnamespace)",
    )
    triggers = connection.execute(
        "select tgrelid::regclass::text, tgname, tgfoid::regproc::text from pg_trigger"
        " where tgname like 'update%' and not tgisinternal and tgenabled = 'O'"
    ).fetchall()
    assert set(having) == set(STAMPED)
    assert set(triggers) == {
        (table, f"update_{table}_updated_at", "update_updated_at_column") for table in STAMPED
    }


def test_every_table_is_audited_on_update_and_delete(connection: Connection) -> None:
    triggers = connection.execute(
        "select tgrelid::regclass::text, tgname, tgtype & 1 = 0, tgtype & 16 > 0, tgtype & 8 > 0"
        " from pg_trigger where tgfoid = 'audit.record_change'::regproc and tgenabled = 'O'"
    ).fetchall()
    assert sorted(triggers) == sorted(
        row
        for table in tables(connection)
        for row in (
            (table, f"audit_{table}_update", True, True, False),
            (table, f"audit_{table}_delete", True, False, True),
        )
    )


@every_table
def test_row_level_security_is_on_with_the_documented_policies_for_authenticated_alone(
    connection: Connection, table: str
) -> None:
    enabled = "select relrowsecurity from pg_class where oid = %s::regclass"
    assert value(connection, enabled, f"public.{table}") is True
    policies = connection.execute(
        "select polname, polpermissive, polroles::regrole[]::text from pg_policy"
        " where polrelid = %s::regclass",
        [f"public.{table}"],
    ).fetchall()
    assert set(policies) == {(name, True, "{authenticated}") for name in POLICIES[table]}


def test_policies_ask_for_the_user_once_a_statement_not_once_a_row(connection: Connection) -> None:
    expressions = names(
        connection,
        "select expression from pg_policy cross join lateral (values"
        " (pg_get_expr(polqual, polrelid)),"
        " (pg_get_expr(polwithcheck, polrelid))) as e (expression)"
        " where expression is not null",
    )
    assert len(expressions) > len(TABLES)
    nobody = [text for text in expressions if text == "false"]
    assert len(nobody) == 5  # the tables of audit
    expressions = [text for text in expressions if text != "false"]
    calls = [re.findall(r"(select )?auth\.uid\(\)", text, re.IGNORECASE) for text in expressions]
    assert all(found and all(found) for found in calls), expressions


def test_the_views_have_the_documented_columns_and_act_as_their_caller(
    connection: Connection,
) -> None:
    views = names(
        connection,
        "select relname from pg_class where relkind in ('v', 'm')"
        " and relnamespace = 'public'::regnamespace",
    )
    assert {
        view: names(connection, CATALOG["columns"], f"public.{view}") for view in views
    } == VIEWS
    invokers = names(
        connection,
        "select relname from pg_class where relkind = 'v'"
        " and relnamespace = any (%s::regnamespace[]) and reloptions @> '{security_invoker=true}'",
        ["public", "audit"],
    )
    assert set(invokers) == {*VIEWS, "archive_history"}


def test_the_functions_have_the_documented_signatures_and_no_path_to_be_misled_by(
    connection: Connection,
) -> None:
    functions = connection.execute(
        "select proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),"
        " prosecdef, 'search_path=\"\"' = any (proconfig) from pg_proc as p"
        " where pronamespace = 'public'::regnamespace and " + NOT_AN_EXTENSIONS.format("p")
    ).fetchall()
    assert {row[0]: row[1:] for row in functions} == {
        name: (arguments, result, False, True) for name, (arguments, result) in FUNCTIONS.items()
    }
    volatility = "select provolatile from pg_proc where proname = 'get_session_summary'"
    assert value(connection, volatility) == "s"


def test_what_runs_with_its_owners_rights_lies_where_the_api_does_not_look(
    connection: Connection,
) -> None:
    definers = names(
        connection,
        "select p.oid::regprocedure::text from pg_proc as p where prosecdef"
        " and 'search_path=pg_catalog, pg_temp' = any (proconfig)"
        " and pronamespace::regnamespace::text = any (%s) and "
        + NOT_AN_EXTENSIONS.format("p")
        + " order by 1",
        list(OWN_SCHEMAS),
    )
    assert definers == ["audit.delete_caller()", "audit.follow_login()", "audit.record_change()"]


def test_every_function_of_ours_pins_its_search_path(connection: Connection) -> None:
    """The stub's in schema auth name all with its schema instead: tests/test_auth_functions.py."""
    unpinned = names(
        connection,
        "select p.oid::regprocedure from pg_proc as p"
        " where pronamespace::regnamespace::text = any (%s) and coalesce(proconfig::text, '')"
        " not like '%%search_path=%%' and " + NOT_AN_EXTENSIONS.format("p"),
        list(OWN_SCHEMAS),
    )
    assert unpinned == []


GRANTS = """
    with granted as (
        select 'table' as kind, c.oid::regclass::text as name, acl.grantee, acl.privilege_type,
            c.relowner as owner
        from pg_class as c
        cross join lateral aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) as acl
        where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
            and c.relnamespace::regnamespace::text = any (%(schemas)s)
        union all
        select 'column', a.attrelid::regclass || '.' || a.attname, acl.grantee, acl.privilege_type,
            c.relowner
        from pg_attribute as a
        join pg_class as c on c.oid = a.attrelid
        cross join lateral aclexplode(a.attacl) as acl
        where c.relnamespace::regnamespace::text = any (%(schemas)s)
        union all
        select 'function', p.oid::regproc::text, acl.grantee, acl.privilege_type, p.proowner
        from pg_proc as p
        cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as acl
        where p.pronamespace::regnamespace::text = any (%(schemas)s)
            and not exists (select from pg_depend where objid = p.oid and deptype = 'e')
    )
    select kind, name, coalesce(nullif(grantee, 0)::regrole::text, 'PUBLIC'), privilege_type
    from granted where grantee <> owner and not name like 'pg_stat_statements%%'
"""


def granted(connection: Connection) -> set[tuple[str, ...]]:
    """Everything granted on our objects to anybody but their owner."""
    rows = connection.execute(GRANTS, {"schemas": list(OWN_SCHEMAS)})
    return {tuple(row) for row in rows}


# The second, in schema audit, is called by the first and cannot be named by its callers.
_DELETION = ("delete_account", "audit.delete_caller")


def documented_grants() -> set[tuple[str, ...]]:
    """All that the design grants: nothing to anon and PUBLIC, nothing outside schema public."""
    verbs = ("SELECT", "INSERT", "UPDATE", "DELETE")
    return (
        {
            ("table", table, role, verb)
            for table in TABLES
            for role in SIGNED_IN_ROLES
            for verb in verbs
        }
        | {("table", view, role, "SELECT") for view in VIEWS for role in SIGNED_IN_ROLES}
        | {
            ("function", function, role, "EXECUTE")
            for function, (_, result) in FUNCTIONS.items()
            for role in SIGNED_IN_ROLES
            if result != "trigger" and function not in _DELETION
        }
        | {("function", name, "authenticated", "EXECUTE") for name in _DELETION}
    )


def test_the_grants_are_exactly_the_documented_ones(connection: Connection) -> None:
    assert granted(connection) == documented_grants()


def test_anon_may_enter_no_schema_of_ours_but_public_and_nobody_may_create_there(
    connection: Connection,
) -> None:
    allowed = {
        (role, schema, right)
        for role in API_ROLES
        for schema in OWN_SCHEMAS
        for right in ("usage", "create")
        if value(connection, "select has_schema_privilege(%s, %s, %s)", role, schema, right)
    }
    assert allowed - {("anon", "public", "usage")} == {
        (role, "public", "usage") for role in SIGNED_IN_ROLES
    }


@pytest.mark.usefixtures("template")  # it made the roles
def test_default_privileges_of_the_server_change_nothing_about_the_grants(
    empty_database: str,
) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        for kind in ("tables", "functions", "sequences"):
            grant = f"grant all on {kind} to anon, authenticated, service_role"
            connection.execute(f"alter default privileges in schema public {grant}")
            connection.execute(f"alter default privileges {grant}")
        connection.execute(
            "alter default privileges grant all on schemas to anon, authenticated, service_role"
        )
        run_cli("migrate", "--database", empty_database)
        assert granted(connection) == documented_grants()
        enterable = names(
            connection,
            "select nspname from pg_namespace where nspname in ('audit', 'arami_db')"
            " and (has_schema_privilege('anon', oid, 'usage')"
            " or has_schema_privilege('authenticated', oid, 'usage')"
            " or has_schema_privilege('service_role', oid, 'usage'))",
        )
        assert enterable == []


def test_every_object_says_what_it_is(connection: Connection) -> None:
    silent = connection.execute(
        """
        select 'relation', c.oid::regclass::text from pg_class as c
        where c.relkind in ('r', 'p', 'v', 'm')
            and c.relnamespace::regnamespace::text = any (%(schemas)s)
            and obj_description(c.oid, 'pg_class') is null
        union all
        select 'function', p.oid::regprocedure::text from pg_proc as p
        where p.pronamespace::regnamespace::text = any (%(schemas)s)
            and obj_description(p.oid, 'pg_proc') is null
            and not exists (select from pg_depend where objid = p.oid and deptype = 'e')
        union all
        select 'policy', polrelid::regclass || ': ' || polname from pg_policy
        where obj_description(oid, 'pg_policy') is null
        union all
        select 'schema', nspname from pg_namespace
        where nspname = any (%(schemas)s) and obj_description(oid, 'pg_namespace') is null
        """,
        {"schemas": list(OWN_SCHEMAS)},
    ).fetchall()
    assert silent == []


def test_constraints_and_indexes_follow_the_naming_conventions(connection: Connection) -> None:
    misnamed = connection.execute(
        """
        select conrelid::regclass::text, conname
        from pg_constraint as k
        join pg_class as c on c.oid = k.conrelid
        where c.relnamespace in ('public'::regnamespace, 'audit'::regnamespace)
            and k.contype in ('p', 'u', 'c', 'f')
            and not starts_with(k.conname, case k.contype
                when 'p' then left(c.relname || '_pkey', 63)
                when 'u' then case when starts_with(k.conname, 'idx_') then 'idx_' else 'uq_' end
                    || c.relname || '_'
                when 'c' then 'chk_' || c.relname || '_'
                else 'fk_' || c.relname || '_'
                    || (select relname from pg_class where oid = k.confrelid)
            end)
        union all
        select i.indrelid::regclass::text, i.indexrelid::regclass::text
        from pg_index as i
        join pg_class as c on c.oid = i.indexrelid
        where c.relnamespace in ('public'::regnamespace, 'audit'::regnamespace)
            and not exists (select from pg_constraint where conindid = i.indexrelid)
            and c.relname not like 'idx\\_%'
        """
    ).fetchall()
    assert misnamed == []


def test_a_check_on_one_column_is_named_after_it(connection: Connection) -> None:
    checks = connection.execute(
        "select conrelid::regclass::text, conname, attname from pg_constraint"
        " join pg_attribute on attrelid = conrelid and attnum = conkey[1]"
        " where contype = 'c' and cardinality(conkey) = 1"
        " and connamespace = 'public'::regnamespace"
    ).fetchall()
    assert {name for _, name, _ in checks} == {f"chk_{t}_{column}" for t, _, column in checks}
    asked = {f"chk_{t}_{c}" for rules in (CHOICES, RANGES) for t, cs in rules.items() for c in cs}
    assert asked <= {name for _, name, _ in checks}


def test_migrating_changes_no_schema_but_ours_that_of_the_extensions_and_the_stub(
    connection: Connection,
) -> None:
    schemas = names(
        connection,
        "select nspname from pg_namespace where nspname !~ '^(pg_|information_schema$)'",
    )
    found = "select true from pg_available_extensions where name in ('pgcrypto', 'uuid-ossp')"
    offered = connection.execute(found).fetchone() is not None
    assert set(schemas) == {*OWN_SCHEMAS, "auth", *(["extensions"] if offered else [])}


@every_table
def test_every_column_of_the_full_row_can_hold_another_value(
    connection: Connection, table: str
) -> None:
    # Guards the data that the other tests stand on: a full row covers every column of its table.
    keys = {"id", "user_id", "session_id", "earned_from_session_id"}
    assert set(ROWS[table]) == {line.split()[0] for line in COLUMNS[table]} - keys - {
        "earned_from_archived_session_id"
    }
    query = f"update public.{table} set {{}} = %s where {owner_column(table)} = %s"
    changed = {
        column: outcome(connection, query.format(column), another(table, column), ALICE)
        for column in ROWS[table]
        if column != "virtue_name"
    }
    assert set(changed.values()) <= {1, 2}, changed
