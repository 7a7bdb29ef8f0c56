"""`arami-db plan` as a command: what it writes, what it exits with, and what it leaves alone."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from arami_db.files import packaged_sql_dir
from arami_db.shadow import ShadowError, Surroundings
from arami_db.shadow import shadow as shadow_database
from tests import pooler
from tests.conftest import (
    clean_environment,
    made,
    run_cli,
    run_shell,
    scalar,
)
from tests.test_json_shapes import hold

ROOT = Path(__file__).parents[1]
Project = Callable[[dict[str, str]], Path]
FIRST = {
    "migrations/001_tables.sql": """
create table public.users (id bigint primary key, email text not null, age integer);
create table public.orders (
    id bigint primary key,
    user_id bigint not null references public.users,
    total numeric
);
""",
    "views/001_names.sql": "create or replace view public.names as select id, email from users;",
}
NEXT = """
alter table public.users add column nickname text;
alter table public.users alter column age type bigint;
"""


@pytest.fixture(scope="module")
def shadow(server: dict[str, str]) -> Iterator[str]:
    """An empty database to try files on a copy of."""
    with made(server) as conninfo:
        yield conninfo


@pytest.fixture(scope="module")
def applied(server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with the first files, which plans leave as it is."""
    root = tmp_path_factory.mktemp("applied")
    for name, text in FIRST.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    with made(server) as conninfo:
        run_cli("migrate", "--database", conninfo, "--sql-dir", str(root))
        yield conninfo


@pytest.fixture
def target(server: dict[str, str], applied: str) -> Iterator[str]:
    """The same, to be changed."""
    with made(server, str(conninfo_to_dict(applied)["dbname"])) as conninfo:
        yield conninfo


@pytest.fixture
def sql(project: Project) -> Path:
    """A project of which a file is pending."""
    return project({**FIRST, "migrations/002_next.sql": NEXT})


@pytest.fixture
def arguments(applied: str, shadow: str, sql: Path) -> list[str]:
    """What every plan of the project is called with."""
    return ["plan", "--database", applied, "--shadow", shadow, "--sql-dir", str(sql)]


@pytest.fixture
def elsewhere(arguments: list[str], target: str) -> list[str]:
    """The same, for the database that is to be changed."""
    return [*arguments[:2], target, *arguments[3:]]


def planned(arguments: list[str], expect: int = 0) -> dict[str, Any]:
    """The plan as data."""
    found = run_cli(*arguments, "--format", "json", expect=expect)
    data: dict[str, Any] = json.loads(found.stdout)
    return data


def test_the_plan_as_data_has_the_shape_that_is_promised(arguments: list[str]) -> None:
    data = planned(arguments)
    hold("plan", data)
    assert list(data) == ["target", "statements", "worst"]
    assert data["worst"] == "rewrite"
    assert data["target"]["drift"] == []
    first, second = data["statements"]
    assert list(first) == [
        "file",
        "line",
        "sql",
        "class",
        "locks",
        "blocks_reads",
        "blocks_writes",
        "rewritten",
        "rebuilt_indexes",
        "scanned",
        "loses_data",
        "breaks",
        "fails",
        "estimate",
        "risk",
        "safer",
        "accepted",
    ]
    assert (first["file"], first["line"], first["class"]) == ("migrations/002_next.sql", 2, "brief")
    assert second["locks"] == {"public.users": "ACCESS EXCLUSIVE"}
    assert second["blocks_reads"] == second["blocks_writes"] == second["rewritten"]
    assert second["rewritten"] == ["public.users"]
    assert second["safer"].startswith("alter table public.users add column age_new bigint;")


def test_the_table_reads_at_eighty_columns_worst_first(arguments: list[str], sql: Path) -> None:
    long = sql / "migrations" / f"003_{'a_very_long_name_' * 6}.sql"
    long.write_text("create index on public.orders (user_id);")
    lines = run_cli(*arguments).stdout.split("\n")
    table = lines[2 : lines.index("", 2)]
    assert max(map(len, table)) <= 80
    assert [line.split()[0] for line in table] == ["RISK", "outage", "outage", "none"]
    assert " rewrite " in table[1]
    assert " long-write-block " in table[2]
    told = lines[: next(i for i, line in enumerate(lines) if line == "  safer:")]
    assert max(map(len, told)) <= 80


def test_it_says_how_large_and_how_busy_the_tables_are(elsewhere: list[str], target: str) -> None:
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute(
            "insert into public.users select g, 'x', 1 from generate_series(1, 1000) as g"
        )
        connection.execute("analyze public.users")
        connection.execute("begin; select from public.users")
        data = planned(elsewhere)
        connection.execute("rollback")
    table = data["target"]["tables"]["public.users"]
    assert table["rows"] == 1000
    assert table["bytes"] > 8192
    assert data["target"]["sessions"][0]["relations"][-1] == "public.users"
    first, second = data["statements"]
    assert first["estimate"] == "metadata only"
    assert first["risk"] == "watch"  # it waits for the session above
    assert "1,000 rows of public.users" in second["estimate"]
    assert second["risk"] == "watch"


@pytest.mark.parametrize(
    ("pending", "fail_on", "expect"),
    [
        (NEXT, "data-loss", 0),
        (NEXT, "outage", 4),
        ("drop table public.orders;", "data-loss", 4),
        ("alter table public.users add column x int not null;", "outage", 4),
        ("create table public.t (a int);", "watch", 0),
    ],
)
def test_a_risk_may_fail_the_command(
    arguments: list[str], sql: Path, pending: str, fail_on: str, expect: int
) -> None:
    (sql / "migrations" / "002_next.sql").write_text(pending)
    run_cli(*arguments, "--fail-on", fail_on, expect=expect)


def test_a_line_accepts_a_statement_until_its_effect_is_gone(
    arguments: list[str], sql: Path
) -> None:
    accept = "-- arami: accept rewrite public.users: off-hours, 3 GB\n"
    (sql / "migrations" / "002_next.sql").write_text(accept + NEXT)
    data = planned([*arguments, "--fail-on", "outage"])
    assert data["statements"][1]["accepted"] == "off-hours, 3 GB"
    assert data["worst"] == "brief"
    assert data["target"]["stale"] == []
    assert "accepted   off-hours, 3 GB" in run_cli(*arguments).stdout
    (sql / "migrations" / "002_next.sql").write_text(accept + "alter table public.users add x int;")
    stale = run_cli(*arguments)
    assert "002_next.sql:1: nothing is rewrite public.users; remove the line" in stale.stderr


def test_of_what_is_lost_every_relation_is_to_be_accepted(arguments: list[str], sql: Path) -> None:
    accept = "-- arami: accept data-loss public.orders: unused\n"
    drop = "drop table public.orders, public.users cascade;"
    (sql / "migrations" / "002_next.sql").write_text(accept + drop)
    assert planned(arguments)["statements"][0]["accepted"] is None


@pytest.mark.parametrize(
    "line", ["accept", "accept rewrite public.users", "accept rewrit public.users: x"]
)
def test_a_line_that_accepts_nothing_that_there_is_refused(
    arguments: list[str], sql: Path, line: str
) -> None:
    (sql / "migrations" / "002_next.sql").write_text(f"-- arami: {line}\n{NEXT}")
    refused = run_cli(*arguments, expect=1)
    assert "002_next.sql:1:1: unknown directive" in refused.stderr
    assert "-- arami: accept CLASS RELATION: REASON" in refused.stderr


def test_migrate_runs_what_is_accepted(target: str, sql: Path) -> None:
    path = sql / "migrations" / "002_next.sql"
    path.write_text("-- arami: accept rewrite public.users: now\n" + NEXT)
    run_cli("migrate", "--database", target, "--sql-dir", str(sql))
    assert scalar(target, "select pg_typeof(age)::text from public.users") is None


def test_nothing_pending_is_a_line(arguments: list[str], sql: Path) -> None:
    (sql / "migrations" / "002_next.sql").unlink()
    assert run_cli(*arguments, "--fail-on", "watch").stdout == "nothing is pending\n"
    assert planned(arguments)["statements"] == []


def test_on_an_empty_database_nothing_is_missing_and_little_is_said(
    arguments: list[str], empty_database: str, sql: Path
) -> None:
    arguments[2] = empty_database
    (sql / "migrations" / "004_more.sql").write_text("create table public.t (a int);")
    data = planned(arguments)
    assert data["target"]["drift"] == []
    assert "version 3 is missing" in " ".join(data["target"]["notes"])
    lines = run_cli(*arguments).stdout.split("\n")
    assert lines[2:] == [
        "RISK  WHERE         CLASS  BLOCKS",
        "none  6 statements  none   nothing",
        "",
    ]


def test_a_throw_away_server_that_ends_is_named() -> None:
    nothing = Surroundings("postgres", frozenset(), frozenset(), ())
    gone = pytest.raises(ShadowError, match="its server has ended")
    with gone, shadow_database(None, nothing) as work:
        row = work.execute(
            "select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"
        ).fetchone()
        assert row is not None
        os.kill(int(row[0]), signal.SIGKILL)


def test_forms_for_pull_requests(arguments: list[str], sql: Path) -> None:
    markdown = run_cli(*arguments, "--format", "markdown").stdout
    assert markdown.startswith("### arami-db plan: rewrite\n")
    assert "\n| outage | rewrite | migrations/002\\_next.sql:3 | alter table" in markdown
    assert "\n```sql\nalter table public.users add column age_new bigint;" in markdown
    github = run_cli(*arguments, "--format", "github").stdout.splitlines()
    assert github[0].startswith("::error ")
    assert github[0].count("rewrite") >= 1
    sarif = json.loads(run_cli(*arguments, "--format", "sarif").stdout)
    results = sarif["runs"][0]["results"]
    assert [one["ruleId"].partition("/")[0] for one in results] == ["plan_rewrite", "plan_brief"]
    place = results[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("migrations/002_next.sql")
    assert place["region"]["startLine"] == 3


def test_drift_is_said_first(elsewhere: list[str], target: str) -> None:
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute("alter table public.orders drop column total")
    lines = run_cli(*elsewhere).stdout.split("\n")
    assert lines[2] == "the target is not what its applied files make:"
    assert "public.orders.total" in lines[3]


def test_it_plans_through_a_pooler(arguments: list[str], applied: str) -> None:
    with pooler.pooled(applied) as through:
        arguments[2] = through
        assert planned(arguments)["worst"] == "rewrite"


def test_a_role_plans_that_may_only_read_the_ledger(elsewhere: list[str], target: str) -> None:
    with psycopg.connect(target, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"create role {name}_reader login")
        connection.execute(f"alter role {name}_reader set default_transaction_read_only = on")
        connection.execute(f"grant usage on schema arami_db to {name}_reader")
        connection.execute(f"grant select on arami_db.migration to {name}_reader")
    elsewhere[2] = make_conninfo(target, user=f"{name}_reader")
    data = planned(elsewhere)
    assert data["worst"] == "rewrite"
    assert data["target"]["role"] == f"{name}_reader"
    assert all(f"{name}_reader" in said for said in data["target"]["drift"])
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute(f"drop owned by {name}_reader; drop role {name}_reader")


def test_a_target_whose_tables_are_locked_is_planned_for(elsewhere: list[str], target: str) -> None:
    with psycopg.connect(target) as connection:
        connection.execute("lock table public.users, public.orders")
        data = planned(elsewhere)
    assert data["worst"] == "rewrite"
    assert any("not compared" in note for note in data["target"]["notes"])
    assert data["statements"][0]["risk"] == "watch"


def test_a_view_that_cannot_be_replaced_is_planned_as_migrate_rebuilds_it(
    arguments: list[str], sql: Path
) -> None:
    (sql / "migrations" / "002_next.sql").unlink()
    (sql / "views" / "001_names.sql").write_text(
        "create or replace view public.names as select email from users;"
    )
    [one] = planned(arguments)["statements"]
    assert one["class"] == "brief"
    assert one["fails"] is None
    assert one["breaks"] == ["column public.names.id is gone"]
    assert "drops public.names and creates it again" in run_cli(*arguments).stdout


def test_migrate_shows_the_plan_and_asks(elsewhere: list[str], target: str) -> None:
    migrate = ["migrate", "--plan", *elsewhere[1:]]
    refused = run_cli(*migrate, expect=1)
    assert "RISK" in refused.stderr
    assert scalar(target, "select count(*) from arami_db.migration") == 2
    command = shlex.join([sys.executable, "-m", "arami_db", *migrate])
    run_shell(command, {**clean_environment(), "PYTHONPATH": str(ROOT)}, given="y\n")
    assert scalar(target, "select count(*) from arami_db.migration") == 3


def test_the_plan_of_the_packaged_schema_runs_on_demo_data(
    database: str, shadow: str, tmp_path: Path
) -> None:
    root = tmp_path / "sql"
    shutil.copytree(packaged_sql_dir(), root)
    (root / "migrations" / "025_case.sql").write_text(
        "alter table public.daily_sessions add constraint c check (duration_seconds > 100000);"
    )
    arguments = ["plan", "--database", database, "--shadow", shadow, "--sql-dir", str(root)]
    [one] = planned(arguments)["statements"]
    assert one["class"] == "long-read-write-block"
    [one] = planned([*arguments, "--with-data", "2"])["statements"]
    assert (one["class"], one["fails"]) == ("fails", "23514")


@pytest.mark.parametrize(("zone", "effect"), [("UTC", "brief"), ("Europe/Lisbon", "rewrite")])
def test_what_is_rewritten_is_decided_by_the_time_zone_of_the_target(
    elsewhere: list[str], target: str, sql: Path, zone: str, effect: str
) -> None:
    (sql / "migrations" / "002_next.sql").write_text(
        "create table public.other (at timestamp); set local search_path = public;"
    )
    run_cli("migrate", "--database", target, "--sql-dir", str(sql))
    (sql / "migrations" / "003_zone.sql").write_text(
        "alter table public.other alter column at type timestamptz;"
    )
    with psycopg.connect(target, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"alter database {name} set timezone = '{zone}'".encode())
    assert planned(elsewhere)["worst"] == effect


def test_the_throw_away_database_is_gone_afterwards(
    arguments: list[str], shadow: str, sql: Path
) -> None:
    (sql / "migrations" / "002_next.sql").write_text("select nonsense;")
    assert planned(arguments)["worst"] == "fails"
    gone = """
        select count(*) from pg_database as d where d.datname like 'arami_db_shadow_%'
        and not exists (select from pg_stat_activity as a
            where d.datname in (a.datname, a.application_name))
    """
    assert scalar(shadow, gone) == 0
