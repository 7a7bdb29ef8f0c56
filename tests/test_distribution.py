"""A distribution's own Postgres, in its newest minor version: what users do, from first to last."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo

from arami_db.files import packaged_sql_dir
from tests import servers
from tests.archive_runs import execute, fill, moved, state
from tests.conftest import missing, run_cli, run_json

INSTALLED = servers.installed()
# What an administrator does for somebody who is to keep a database without being superuser.
OWNED = (
    "create role keeper login",
    "grant anon, authenticated, service_role to keeper",
    "create database kept owner keeper",
)


@pytest.fixture(scope="module", params=list(INSTALLED) or ["none"])
def distribution(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server of an installation of this machine, as superuser; each in turn."""
    if request.param not in INSTALLED:
        missing("a Postgres of the distribution, 15 or newer: apt install postgresql")
    with servers.folder() as place, servers.running(INSTALLED[request.param], place) as conninfo:
        yield conninfo


def assert_clean(conninfo: str, *options: str) -> dict[str, Any]:
    """Require that verify finds nothing and leaves nothing out; its report."""
    report: dict[str, Any] = run_json("verify", "-d", conninfo, *options)
    assert (report["findings"], report["ignored"], report["skipped"]) == ([], [], [])
    return report


def assert_as_written(conninfo: str, folder: Path) -> None:
    """Require that migrate brings about what this repository says, to the last grant."""
    run_cli("migrate", "-d", conninfo)
    run_cli("status", "--check", "-d", conninfo)
    assert assert_clean(conninfo, "--prove-rls")["checked"]["attempts"] > 1000
    tree = folder / "sql"
    shutil.copytree(packaged_sql_dir(), tree)
    snapshot = tree / "schema.snapshot"
    snapshot.unlink()
    run_cli("snapshot", "-d", conninfo, "--sql-dir", str(tree))
    assert snapshot.read_bytes() == (packaged_sql_dir() / snapshot.name).read_bytes()


def test_a_superuser_does_all_that_users_do(distribution: str, tmp_path: Path) -> None:
    assert_as_written(distribution, tmp_path)
    fill(distribution, old=20, young=10)
    assert run_json("archive", "--dry-run", "-d", distribution)["sessions"] == 20
    assert state(distribution) == moved(0, of=20, young=10)
    assert run_json("archive", "--vacuum", "-d", distribution)["sessions"] == 20
    assert state(distribution) == moved(20, of=20, young=10)
    assert run_json("archive", "restore", "--all", "-d", distribution)["sessions"] == 20
    assert state(distribution) == moved(0, of=20, young=10)
    run_cli("maintain", "-d", distribution)
    run_cli("seed", "--yes", "-d", distribution)
    assert_clean(distribution)


def test_an_owner_who_is_no_superuser(distribution: str, tmp_path: Path) -> None:
    run_cli("migrate", "-d", distribution)  # makes the roles, as a platform does
    for statement in OWNED:
        execute(distribution, statement)
    assert_as_written(make_conninfo(distribution, user="keeper", dbname="kept"), tmp_path)


# What versions of Postgres write, name or grant otherwise.
VERSIONED = {
    "migrations/001_a.sql": """
        create table public.a (id int primary key, b text not null);
        alter table public.a rename to c;
        alter table public.c rename column b to d;
        grant all on public.c to adopt_all;
        alter default privileges in schema public grant all on tables to adopt_all;
        create table public.p (id int not null) partition by list (id);
        create table public.p_1 partition of public.p default;
    """,
    "migrations/002_b.sql": """
        create view public.v as with q as (select id, d from public.c) select q.d, q.id from q;
        create view public.w as
        select c.id, (select count(*) from public.p where p.id = c.id) as n from public.c;
        create materialized view public.m as
        select id as i from public.c where id in (select id from public.p);
    """,
}


def test_a_baseline_tries_files_on_a_server_of_another_version(
    distribution: str, project: Callable[[dict[str, str]], Path]
) -> None:
    root = project(VERSIONED)
    execute(distribution, "create database tried template template0")
    tried = make_conninfo(distribution, dbname="tried")
    execute(tried, "create role adopt_all")
    for text in VERSIONED.values():
        execute(tried, text)
    named = ("-d", tried, "--sql-dir", str(root))
    execute(tried, "create or replace view public.w as select id, 1::bigint as n from public.c")
    error = run_json("baseline", "2", *named, expect=6)["error"]
    assert [one["message"] for one in error["findings"]] == ["view public.w: definition differs"]
    execute(
        tried,
        "create or replace view public.w as"
        " select c.id, (select count(*) from public.p where p.id = c.id) as n from public.c",
    )
    assert len(run_json("baseline", "2", *named)["changes"]) == 2


def test_letters_of_another_alphabet_change_no_name(distribution: str) -> None:
    options = "encoding utf8 locale 'C' locale_provider icu icu_locale 'tr-TR'"
    execute(distribution, f"create database turkish template template0 {options}")
    turkish = make_conninfo(distribution, dbname="turkish")
    run_cli("migrate", "-d", turkish)
    assert_clean(turkish)


def test_what_ci_lacks_is_a_failure_and_elsewhere_a_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="CI must not go without a server"):
        missing("a server")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="needs a server"):
        missing("a server")
