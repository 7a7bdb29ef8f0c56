"""`arami-db verify` as CI and DBAs run it: what it says, in which form, with which exit code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import psycopg
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from arami_db.facts import Fact, dump, load
from arami_db.files import discover, packaged_sql_dir
from arami_db.verifying.operation import snapshot
from tests.conftest import run_cli, run_json, unfolded

Project = Callable[[dict[str, str]], Path]
FILES = sum(
    1 for kind in ("migrations", "views") for _ in (packaged_sql_dir() / kind).glob("*.sql")
)
BREAK = "alter table users disable row level security; comment on table users is 'other'"

# What breaks the schema, the object the finding must name, and its severity.
BREAKAGES = {
    "row level security off": (
        "alter table user_goals disable row level security",
        "public.user_goals",
        "security",
    ),
    "row level security forced": (
        "alter table user_goals force row level security",
        "public.user_goals",
        "security",
    ),
    "policy gone": (
        'drop policy "Users can only access their own goals" on user_goals',
        'public.user_goals."Users can only access their own goals"',
        "security",
    ),
    "policy widened": (
        'alter policy "Users can only access their own goals" on user_goals using (true)',
        'public.user_goals."Users can only access their own goals"',
        "security",
    ),
    "grant to anon": ("grant select on users to anon", "table public.users", "security"),
    "grant gone": ("revoke update on users from authenticated", "table public.users", "security"),
    "trigger gone": (
        "drop trigger update_users_updated_at on users",
        "public.users.update_users_updated_at",
        "integrity",
    ),
    "trigger off": (
        "alter table users disable trigger update_users_updated_at",
        "public.users.update_users_updated_at",
        "integrity",
    ),
    "check gone": (
        "alter table users drop constraint chk_users_preferred_language",
        "public.users.chk_users_preferred_language",
        "integrity",
    ),
    "not null": ("alter table users alter name set not null", "public.users.name", "integrity"),
    "null allowed": (
        "alter table users alter timezone drop not null",
        "public.users.timezone",
        "integrity",
    ),
    "default": (
        "alter table users alter timezone set default 'CET'",
        "public.users.timezone",
        "integrity",
    ),
    "no default": (
        "alter table users alter timezone drop default",
        "public.users.timezone",
        "integrity",
    ),
    "index gone": ("drop index idx_recent_sessions", "public.idx_recent_sessions", "performance"),
    "view as its owner": (
        "alter view user_dashboard reset (security_invoker)",
        "public.user_dashboard",
        "security",
    ),
    "security definer": (
        "alter function get_session_summary security definer",
        "public.get_session_summary(uuid, integer)",
        "security",
    ),
    "search_path": (
        "alter function get_session_summary reset search_path",
        "public.get_session_summary(uuid, integer)",
        "security",
    ),
    "the only grant": (
        "revoke execute on function get_session_summary from authenticated",
        "function public.get_session_summary(uuid, integer)",
        "security",
    ),
    "volatile": (
        "alter function get_session_summary volatile",
        "public.get_session_summary(uuid, integer)",
        "security",
    ),
    "comment": ("comment on table users is 'other'", "public.users", "cosmetic"),
    "policy comment": (
        'comment on policy "Users can only access their own goals" on user_goals is null',
        'public.user_goals."Users can only access their own goals"',
        "cosmetic",
    ),
}


def execute(conninfo: str, *statements: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def facts_found(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [finding for finding in report["findings"] if finding["source"] == "facts"]


@pytest.mark.quick
def test_a_migrated_database_is_clean(database: str) -> None:
    report = run_json("verify", "-d", database)
    assert report["findings"] == []
    assert report["skipped"] == []
    assert report["checked"]["files"] == FILES
    assert report["checked"]["facts"] > 1000


@pytest.mark.quick
def test_the_snapshot_is_not_stale(connection: psycopg.Connection[Any]) -> None:
    tree = discover(packaged_sql_dir())
    written = (tree.snapshot, tree.snapshot.read_text())
    assert snapshot(connection, tree) == written, "run `arami-db snapshot`"


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_breakage_is_found_named_and_mended_by_its_remedy(name: str, database: str) -> None:
    statement, wanted, severity = BREAKAGES[name]
    execute(database, statement)
    found = facts_found(run_json("verify", "-d", database, expect=4))
    assert [(f["object"], f["severity"]) for f in found] == [(wanted, severity)]
    execute(database, found[0]["remedy"])
    assert facts_found(run_json("verify", "-d", database)) == []


@pytest.mark.quick
def test_a_column_elsewhere_is_named_and_no_other(database: str) -> None:
    execute(
        database,
        'alter table app_settings add "a, b" int, add c int',
        "alter table app_settings drop column setting_value",
        "alter table app_settings add column setting_value jsonb",
    )
    moved = [
        (f["object"], f["expected"], f["actual"])
        for f in facts_found(run_json("verify", "-d", database, expect=4))
        if "another place" in f["message"]
    ]
    assert moved == [("public.app_settings.setting_value", "after setting_key", "after updated_at")]


@pytest.mark.quick
def test_a_default_privilege_is_told_with_whom_and_what(database: str) -> None:
    execute(database, "alter default privileges in schema public grant select on tables to anon")
    [found] = facts_found(run_json("verify", "-d", database, expect=4))
    assert found["message"].endswith("in schema public on tables: anon select differs")
    assert (found["severity"], found["actual"]) == ("security", "granted")


def test_what_does_not_belong_is_found(database: str) -> None:
    execute(database, "create table scratch (a int)", "create view v as select 1 as one")
    [found] = facts_found(run_json("verify", "-d", database, expect=4))
    assert found["message"] == "2 relations outside these files: public.scratch, public.v"


@pytest.mark.quick
def test_another_schema_is_nobodys_business(database: str) -> None:
    execute(database, "create schema other", "create table other.t (a int)")
    run_cli("verify", "-d", database)


def test_a_way_in_from_another_schema_is_found_and_closed_by_its_remedy(database: str) -> None:
    execute(
        database,
        "create schema other",
        "grant usage on schema other to authenticated",
        "create view other.v as select * from public.daily_sessions",
        "grant select on other.v to authenticated",
    )
    [view] = run_json("verify", "-d", database, expect=4)["findings"]
    assert (view["object"], view["severity"]) == ("other.v", "security")
    execute(database, view["remedy"])
    run_cli("verify", "-d", database)


def test_the_ledger_is_verified(database: str) -> None:
    execute(
        database,
        "update arami_db.migration set checksum = 'x' where kind = 'migration' and version = 3",
        "delete from arami_db.migration where kind = 'view' and version = 4",
    )
    found = run_json("verify", "-d", database, expect=4)["findings"]
    told = {(f["object"], f["message"].split(" ", 1)[1]) for f in found if f["source"] == "ledger"}
    assert told == {
        ("migrations/003_users", "was edited after it was applied"),
        ("views/004_archive_history", "has not been applied"),
    }


@pytest.mark.quick
def test_an_empty_database_has_everything_to_find(empty_database: str) -> None:
    report = run_json("verify", "-d", empty_database, expect=4)
    assert sum(finding["source"] == "ledger" for finding in report["findings"]) == FILES


@pytest.mark.quick
def test_fail_on_decides_the_exit_code_and_not_what_is_told(database: str) -> None:
    execute(database, "comment on table users is 'other'")
    report = run_json("verify", "-d", database, "--fail-on", "integrity")
    assert [finding["severity"] for finding in report["findings"]] == ["cosmetic"]
    run_cli("verify", "-d", database, "--fail-on", "cosmetic", expect=4)


def test_what_is_ignored_is_told(database: str) -> None:
    execute(database, BREAK)
    arguments = ["verify", "-d", database, "--ignore", "*/public.users"]
    report = run_json(*arguments)
    assert report["findings"] == []
    assert len(report["ignored"]) >= 2
    assert report["ignore"] == ["*/public.users"]
    assert "by */public.users" in run_cli(*arguments).stdout


def test_the_text_tells_the_gravest_first(database: str) -> None:
    execute(database, BREAK)
    text = run_cli("verify", "-d", database, expect=4).stdout
    assert text.index("security:") < text.index("cosmetic:")
    assert "alter table public.users enable row level security;" in text


def test_what_xml_cannot_write_does_not_break_the_report(database: str) -> None:
    execute(database, "comment on table public.users is E'a\\x01\\x1b[31mb'")
    for form in ("junit", "text"):
        said = run_cli("verify", "-d", database, "--format", form, expect=4).stdout
        assert r"a\x01\x1b[31mb" in said
        if form == "junit":
            ElementTree.fromstring(said)  # noqa: S314 - our own


def test_a_german_way_to_write_dates_is_no_matter(database: str) -> None:
    german = make_conninfo(database, options="-c DateStyle=German")
    run_cli("verify", "-d", german)
    run_cli("status", "-d", german)
    run_cli("migrate", "-d", german)


def test_junit_github_and_sarif_can_be_read(database: str) -> None:
    for broken in (False, True):
        if broken:
            execute(database, BREAK)
        code = 4 if broken else 0
        junit = run_cli("verify", "-d", database, "--format", "junit", expect=code).stdout
        suite = ElementTree.fromstring(junit)  # noqa: S314 - our own
        assert (suite.get("failures") != "0") == broken
        assert len(suite.findall("testcase")) == int(suite.get("tests") or 0)
        github = run_cli("verify", "-d", database, "--format", "github", expect=code).stdout
        assert all(line.startswith("::") for line in github.splitlines())
        assert ("title=security" in github) == broken
        sarif = json.loads(
            run_cli("verify", "-d", database, "--format", "sarif", expect=code).stdout
        )
        assert sarif["version"] == "2.1.0"
        assert bool(sarif["runs"][0]["results"]) == broken


@pytest.mark.quick
def test_it_leaves_no_trace(database: str, connection: psycopg.Connection[Any]) -> None:
    def position() -> Any:
        query = "select pg_snapshot_xmax(pg_current_snapshot())"
        return connection.execute(query).fetchone()

    def unmoved() -> bool:
        before = position()
        run_cli("verify", "-d", database)
        return bool(position() == before)

    run_cli("verify", "-d", database, PGOPTIONS="-c default_transaction_read_only=on")
    # Others may write on this server meanwhile, but not each time, unless it is everybody's.
    assert "ARAMI_TEST_SERVER" in os.environ or any(unmoved() for _ in range(50))


def test_a_directory_without_facts_and_checks_says_so(
    empty_database: str, project: Project
) -> None:
    root = project({"migrations/001_a.sql": "create table a (id int)"})
    run_cli("migrate", "-d", empty_database, "--sql-dir", str(root))
    report = run_json("verify", "-d", empty_database, "--sql-dir", str(root))
    assert report["findings"] == []
    assert "no catalog/" in report["skipped"][0]


def test_an_empty_snapshot_skips_nothing(database: str, tmp_path: Path) -> None:
    sql = tmp_path / "sql"
    shutil.copytree(packaged_sql_dir(), sql)
    (sql / "schema.snapshot").write_text("")
    report = run_json("verify", "-d", database, "--sql-dir", str(sql), expect=4)
    assert report["skipped"] == []
    assert report["findings"]


def test_a_check_of_ones_own_needs_no_python(empty_database: str, project: Project) -> None:
    root = project(
        {
            "checks/001_mine.sql": "-- mine\nselect 'performance', 'public.t', 'is slow', null",
            "migrations/001_a.sql": "create table a (id int)",
        }
    )
    run_cli("migrate", "-d", empty_database, "--sql-dir", str(root))
    arguments = ["verify", "-d", empty_database, "--sql-dir", str(root)]
    [finding] = run_json(*arguments, expect=4)["findings"]
    assert (finding["source"], finding["object"]) == ("001_mine", "public.t")
    project({"checks/001_mine.sql": "select 'grave', 'x', 'y', null"})
    assert "001_mine.sql" in run_cli(*arguments, expect=1).stderr
    one = "select 'cosmetic', 'x', 'y', null"
    for wrong in (
        "select nonsense",
        "select 1 / (random() - 2)::int / 0",
        f"{one}; {one}",
        "reset a",
    ):
        project({"checks/001_mine.sql": wrong, "checks/002_other.sql": f"{one} -- as it should be"})
        said = run_cli(*arguments, expect=1).stderr
        assert "001_mine.sql" in said
        assert "002_other.sql" not in said


FACTS = "select 'table', relname::text, 'there', 'true' from pg_class where relname = 'a'"


def test_a_catalog_of_two_statements_is_refused(empty_database: str, project: Project) -> None:
    root = project({"catalog/001_all.sql": f"{FACTS}; select 1", "schema.snapshot": ""})
    run_cli("migrate", "-d", empty_database, "--sql-dir", str(root))
    said = run_cli("verify", "-d", empty_database, "--sql-dir", str(root), expect=1).stderr
    assert "001_all.sql" in said


def test_a_session_that_reads_strings_otherwise_finds_nothing_either(database: str) -> None:
    name = psycopg.conninfo.conninfo_to_dict(database)["dbname"]
    execute(database, f"alter database {name} set standard_conforming_strings = off")
    findings = run_json("verify", "-d", database, expect=4)["findings"]
    assert [f["source"] for f in findings] == ["023_environment_settings"]


def test_a_grant_to_an_oddly_named_role_is_taken_back_from_that_role(database: str) -> None:
    role = f"X{uuid.uuid4().hex[:8]}; --"
    execute(database, f'create role "{role}"', f'grant select (name) on users to "{role}"')
    try:
        [finding] = facts_found(run_json("verify", "-d", database, expect=4))
        execute(database, finding["remedy"])
        assert run_json("verify", "-d", database)["findings"] == []
    finally:
        execute(database, f'drop owned by "{role}"', f'drop role "{role}"')


GRANTS = {
    "view": "revoke select on user_dashboard from authenticated",
    "grant option": "grant delete on user_streaks to authenticated with grant option",
    "sequence": "grant usage on sequence audit.change_log_id_seq to service_role",
    "column": "grant update (name) on users to service_role",
}


@pytest.mark.parametrize("name", GRANTS)
def test_a_grant_is_mended_by_its_remedy(name: str, database: str) -> None:
    execute(database, GRANTS[name])
    for finding in facts_found(run_json("verify", "-d", database, expect=4)):
        execute(database, finding["remedy"])
    assert run_json("verify", "-d", database)["findings"] == []


@pytest.mark.parametrize(
    "statement",
    [
        "alter table users cluster on users_pkey",
        "drop view audit.archive_history",
        "drop table enneagram_assessments cascade",
    ],
)
def test_a_remedy_is_one_that_can_be_run(statement: str, database: str) -> None:
    execute(database, statement)
    found = facts_found(run_json("verify", "-d", database, expect=4))
    assert found
    with psycopg.connect(database, autocommit=True) as connection:
        for finding in found:
            if finding["remedy"]:
                with connection.transaction(force_rollback=True):
                    connection.execute(finding["remedy"])


def test_an_intruder_is_told_to_go_and_not_what_it_doubles(database: str) -> None:
    execute(database, "create unique index idx_zzz on session_analytics (session_id)")
    found = run_json("verify", "-d", database, expect=4)["findings"]
    remedies = " ".join(f["remedy"] or "" for f in found)
    assert "idx_zzz" in remedies
    assert "idx_session_analytics_session_id" not in remedies


def test_a_name_that_the_ledger_does_not_know_is_found(database: str) -> None:
    execute(database, "update arami_db.migration set name = 'other' where version = 3")
    found = run_json("verify", "-d", database, expect=4)["findings"]
    assert {(f["source"], f["object"]) for f in found} == {
        ("ledger", "migrations/003_users"),
        ("ledger", "views/003_get_session_summary"),
    }


def test_a_role_that_plays_another_is_not_given_the_rights_to_read_all(database: str) -> None:
    run = run_json("verify", "-d", database, expect=4, PGOPTIONS="-c role=authenticated")
    assert [f["remedy"] for f in run["findings"] if f["source"] == "ledger"] == [None]


def test_a_german_way_to_write_dates_does_not_stop_the_proof(database: str) -> None:
    options = "-c datestyle=German -c intervalstyle=sql_standard -c quote_all_identifiers=on"
    report = run_json("verify", "-d", database, "--prove-rls", PGOPTIONS=options)
    assert report["checked"]["attempts"] > 1000


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line(database: str) -> None:
    command = [sys.executable, "-m", "arami_db", "verify", "-d", database]
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.splitlines()[1].startswith("error: the output could not be written")


def test_no_function_of_the_database_is_called(database: str) -> None:
    execute(
        database,
        "create or replace function auth.uid() returns uuid language sql stable"
        " set search_path = '' as $$ select null::uuid from pg_terminate_backend(pg_backend_pid())"
        " $$",
    )
    [finding] = run_json("verify", "-d", database, expect=4)["findings"]
    assert (finding["source"], finding["object"]) == (
        "030_environment_auth_functions",
        "auth.uid()",
    )
    assert "pg_terminate_backend" in finding["actual"]


LEDGERS = {
    "a column of another type": "alter table arami_db.migration alter version type text",
    "a column gone": "alter table arami_db.migration drop column duration",
    "a moment that is none": "update arami_db.migration set applied_at = 'infinity'",
    "a version nobody has": "insert into arami_db.migration select (jsonb_populate_record(m,"
    ' \'{"version": 99, "name": "x"}\')).* from arami_db.migration m'
    " where kind = 'migration' and version = 3",
}


@pytest.mark.parametrize("name", LEDGERS)
def test_a_ledger_that_cannot_be_understood_is_a_finding_beside_others(
    name: str, database: str
) -> None:
    execute(database, LEDGERS[name], "alter table users disable row level security")
    found = run_json("verify", "-d", database, expect=4)["findings"]
    assert {"ledger", "001_rls_disabled"} <= {f["source"] for f in unfolded(found)}


@pytest.mark.parametrize("table", ["public.daily_sessions", "arami_db.migration"])
def test_whoever_changes_a_table_is_not_waited_for_without_end(database: str, table: str) -> None:
    with psycopg.connect(database) as changing:
        changing.execute(f"lock table {table}")
        run = run_cli("verify", "-d", database, expect=1)
    assert f"locked by a session that changes it: {table} by pid" in run.stderr
    assert f"lock table {table}" in run.stderr


def test_a_line_that_would_keep_a_check_from_being_asked_is_refused(
    database: str, tmp_path: Path
) -> None:
    sql = tmp_path / "sql"
    shutil.copytree(packaged_sql_dir(), sql)
    execute(database, "create table open_to_all (id int)", "grant all on open_to_all to anon")
    run_cli("snapshot", "-d", database, "--sql-dir", str(sql))
    found = run_json("verify", "-d", database, "--sql-dir", str(sql), expect=4)["findings"]
    assert "001_rls_disabled" in {f["source"] for f in unfolded(found)}
    with (sql / "schema.snapshot").open("a") as written:
        written.write("check\t001_rls_disabled\tfinds nothing\tsha256:0\n")
    said = run_cli("verify", "-d", database, "--sql-dir", str(sql), expect=1).stderr
    assert "schema.snapshot:" in said


@pytest.mark.parametrize("half", ["schema.snapshot", "catalog"])
def test_half_of_what_facts_are_compared_with_is_refused(
    half: str, database: str, tmp_path: Path
) -> None:
    sql = tmp_path / "sql"
    shutil.copytree(packaged_sql_dir(), sql)
    path = sql / half
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    said = run_cli("verify", "-d", database, "--sql-dir", str(sql), expect=1).stderr
    assert half in said


@pytest.mark.quick
@given(st.frozensets(st.builds(Fact, *[st.text()] * 4), max_size=5))
def test_a_snapshot_is_read_as_it_was_written(facts: frozenset[Fact]) -> None:
    import tempfile

    assume(all(fact.kind != "check" for fact in facts))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "schema.snapshot"
        path.write_text(dump(facts), encoding="utf-8", newline="")
        assert load(path) == facts
