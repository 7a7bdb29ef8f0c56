"""`arami-db doctor`: what it says of a server beforehand is what the commands say afterwards."""

from __future__ import annotations

import os
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from arami_db.files import packaged_sql_dir
from tests.archive_runs import execute
from tests.conftest import clean_environment, made, run_cli, run_json, run_shell, scalar

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "plain-servers.md").read_text(encoding="utf-8")
Project = Callable[[dict[str, str]], Path]


@contextmanager
def role(conninfo: str, attributes: str = "") -> Iterator[str]:
    """A login of a name that must be quoted, as a connection string."""
    name = f"Keeper {uuid.uuid4().hex[:8]}"
    execute(conninfo, f"create role \"{name}\" login password '{name}' {attributes}")
    yield make_conninfo(conninfo, user=name, password=name)
    execute(conninfo, f'drop owned by "{name}" cascade')
    execute(conninfo, f'drop role "{name}"')


def name_of(conninfo: str, key: str) -> str:
    return str(conninfo_to_dict(conninfo)[key])


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {one["command"]: one["outcome"] for one in report["commands"]}


def reasons(report: dict[str, Any], command: str) -> str:
    """All that is said of a command, as one text."""
    [verdict] = [one for one in report["commands"] if one["command"] == command]
    return " ".join(f"{one['reason']} {one['fix']}" for one in verdict["reasons"])


@pytest.mark.usefixtures("template")  # it made the roles
def test_a_superuser_s_empty_database_is_well_and_so_it_is_when_migrated(
    empty_database: str, database: str
) -> None:
    begun = time.monotonic()
    before = run_json("doctor", "-d", empty_database)
    taken = time.monotonic() - begun
    assert outcomes(before) == {
        **dict.fromkeys(("status", "migrate", "baseline", "verify", "maintain"), "works"),
        **dict.fromkeys(("verify --prove-rls", "seed", "archive"), "after migrate"),
    }
    assert (before["needs"], before["block"]) == ([], None)
    assert (before["server"]["platform"], before["ledger"]["state"]) == ("plain", "none")
    assert before["ledger"]["pending"] > 20
    assert abs(before["clock"]["ahead_seconds"]) <= taken
    assert scalar(empty_database, "select to_regnamespace('arami_db')") is None
    after = run_json("doctor", "-d", database)
    assert set(outcomes(after).values()) == {"works"}
    assert after["server"]["platform"] == "plain, with the auth stub"
    assert after["ledger"]["pending"] == 0


def test_somebody_who_may_only_connect_is_told_who_may_do_what(database: str) -> None:
    owner = name_of(database, "user")
    with role(database) as reader:
        report = run_json("doctor", "-d", reader, expect=4)
        for command in ("migrate", "baseline", "seed", "archive", "maintain", "verify --prove-rls"):
            assert f"Run it as {owner}." in reasons(report, command)
        assert "may not read the ledger" in reasons(report, "verify")
        assert report["ledger"]["state"] == "unreadable"
        # Nothing is asked for but to read: the tables have their owner already.
        assert {need["statement"].split()[1] for need in report["needs"]} == {"usage", "select"}
        execute(database, report["block"])
        execute(database, report["block"])
        report = run_json("doctor", "-d", reader, expect=4)
        assert (outcomes(report)["status"], outcomes(report)["verify"]) == ("works", "works")
        run_cli("status", "-d", reader)


def test_the_command_of_the_page_runs(empty_database: str) -> None:
    [command] = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with role(empty_database) as keeper:
        environment = clean_environment(DATABASE_URL=keeper, PATH=path, PYTHONPATH=str(ROOT))
        done = run_shell(command, environment)
    assert "\nmigrate             does not work\n" in done.stdout


def test_the_text_fits_eighty_columns_and_ends_with_the_block(empty_database: str) -> None:
    with role(empty_database) as keeper:
        said = run_cli("doctor", "-d", keeper, expect=4).stdout
        assert max(map(len, said.splitlines())) <= 80
        block = run_json("doctor", "-d", keeper, expect=4)["block"]
        assert said.endswith(f"\n\n{block}\n")
        refused = run_json("migrate", "-d", keeper, expect=1)["error"]
        assert refused["block"] == block
        assert f"\n{block}\n" in run_cli("migrate", "-d", keeper, expect=1).stderr
        execute(empty_database, block)
        report = run_json("doctor", "-d", keeper)
        assert report["needs"] == []


def test_the_proof_names_the_grant_that_is_missing_as_the_doctor_does(database: str) -> None:
    with role(database) as keeper:
        owner, name = name_of(database, "user"), name_of(keeper, "user")
        execute(database, "alter schema arami_db owner to current_user")
        execute(database, f'grant all on all tables in schema arami_db to "{name}"')
        execute(database, f'alter table arami_db.migration owner to "{name}"')
        execute(database, f'grant usage on schema arami_db to "{name}"')
        report = run_json("doctor", "-d", keeper, expect=4)
        [grant] = [n["statement"] for n in report["needs"] if "grant anon to" in n["statement"]]
        assert f'grant anon to "{name}"' in grant
        found = run_json("verify", "--prove-rls", "-d", keeper, expect=4)["findings"]
        advice = {f["object"]: f["advice"] for f in found if f["source"] == "rls"}
        [said] = [text for about, text in advice.items() if about.startswith("everything as anon:")]
        assert said == f"Let an administrator run: {grant};"
        assert said in reasons(report, "verify --prove-rls")
        execute(database, f'alter table arami_db.migration owner to "{owner}"')


@pytest.mark.usefixtures("template")
def test_settings_and_limits_that_stop_a_run_are_told_with_their_way_out(
    empty_database: str,
) -> None:
    name = name_of(empty_database, "dbname")
    with role(empty_database, "superuser") as keeper:
        login = name_of(keeper, "user")
        execute(empty_database, f"alter database {name} set timezone = 'Asia/Kolkata'")
        execute(empty_database, f"alter database {name} set default_transaction_read_only = on")
        report = run_json("doctor", "-d", keeper, expect=4)
        assert "default_transaction_read_only is on" in reasons(report, "migrate")
        assert outcomes(report)["verify"] == "will find this"
        assert f"alter database {name} reset timezone" in reasons(report, "verify")
        setting = {one["name"]: one for one in report["settings"]}["TimeZone"]
        assert (setting["value"], setting["source"]) == ("Asia/Kolkata", "database")
        execute(empty_database, report["block"])
        run_json("doctor", "-d", keeper)
        execute(empty_database, f'alter role "{login}" nosuperuser connection limit 2')
        report = run_json("doctor", "-d", keeper, expect=4)
        assert "needs 3 connections" in reasons(report, "migrate")
        assert report["connections"]["limit"] == f'connection limit of role "{login}"'


@pytest.mark.usefixtures("template")
def test_who_logs_in_as_another_is_the_one_to_become_the_api_roles(empty_database: str) -> None:
    with role(empty_database) as owner, role(empty_database) as deployer:
        keeper, login = name_of(owner, "user"), name_of(deployer, "user")
        execute(empty_database, f'grant "{keeper}" to "{login}"')
        execute(empty_database, f'alter role "{login}" set role = "{keeper}"')
        # Nobody has migrated, so no other role's settings bend anything yet.
        execute(empty_database, f'alter role "{login}" set search_path = theirs')
        report = run_json("doctor", "-d", deployer, expect=4)
        assert (report["role"]["name"], report["role"]["login"]) == (keeper, login)
        asked = [need["statement"] for need in report["needs"]]
        assert [s for s in asked if s.startswith(f'grant anon to "{login}"')] != []
        assert f'grant create on schema public to "{keeper}"' in asked
        assert [s for s in asked if "reset" in s] == []


ACCOUNTS = {
    "auth_stub.sql": "create schema auth;",
    "migrations/001_profiles.sql": """
        create table public.profiles (id uuid primary key);
        create function public.follow() returns trigger language plpgsql security definer as $$
        begin
            delete from auth.users where id = old.id;
            return null;
        end $$;
        create or replace trigger follow after delete on auth.users
        for each row execute function public.follow();
    """,
}


def test_what_files_do_with_somebody_else_s_accounts_is_asked_for(
    server: dict[str, str], project: Project
) -> None:
    root = str(project(ACCOUNTS))
    with made(server) as admin, role(admin) as keeper:
        login = name_of(keeper, "user")
        execute(admin, "create schema auth; create table auth.users (id uuid primary key)")
        execute(admin, "alter table auth.users enable row level security")
        execute(
            admin,
            "create function auth.uid() returns uuid language sql as 'select null::uuid';"
            " revoke all on function auth.uid() from public",
        )
        named = ("-d", keeper, "--sql-dir", root)
        error = run_json("migrate", *named, expect=1)["error"]
        for right in (
            "usage on schema auth",
            "execute on function auth.uid()",
            "trigger on table auth.users",
            "select on table auth.users",
            "delete on table auth.users",
        ):
            assert f'grant {right} to "{login}";' in error["block"]
        assert f'alter role "{login}" bypassrls;' in error["block"]
        assert "grant insert" not in error["block"]
        execute(admin, error["block"])
        execute(admin, error["block"])
        run_cli("migrate", *named)
        execute(admin, "insert into auth.users select gen_random_uuid()")
        execute(admin, "delete from auth.users")


def test_a_directory_that_asks_for_nothing_gets_no_roles(
    empty_database: str, project: Project
) -> None:
    root = str(project({"migrations/001_a.sql": "create schema notes;"}))
    with role(empty_database) as keeper:
        report = run_json("doctor", "-d", keeper, "--sql-dir", root, expect=4)
        assert [need["statement"].split(" on ")[0] for need in report["needs"]] == ["grant create"]
        execute(empty_database, report["block"])
        run_cli("migrate", "-d", keeper, "--sql-dir", root)


def test_foreign_tables_and_a_broken_auth_schema_are_told(empty_database: str) -> None:
    execute(empty_database, "create schema auth; create table public.theirs ()")
    report = run_json("doctor", "-d", empty_database, expect=4)
    said = reasons(report, "migrate")
    assert "has no function auth.uid()" in said
    assert "public.theirs" in said


def test_the_roles_of_the_stub_are_those_the_checks_ask_for() -> None:
    stub = (packaged_sql_dir() / "auth_stub.sql").read_text()
    for check, role_name in (
        ("019_environment_api_roles", "%s"),
        ("022_environment_service_role", "service_role"),
    ):
        text = (packaged_sql_dir() / "checks" / f"{check}.sql").read_text()
        start = text.index(f"create role {role_name} ") + len(f"create role {role_name} ")
        attributes = text[start : text.index("'", start)]
        for name in ("anon", "authenticated") if role_name == "%s" else (role_name,):
            assert f"create role {name} {attributes};" in stub
