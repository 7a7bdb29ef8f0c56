"""`status`, `seed`, `new` and `wait`, as a person or a pipeline uses them."""

from __future__ import annotations

import json
import os
import pty
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from .conftest import ALICE, LIMIT, clean_environment, rows, run_cli, run_json, scalar, start_cli

Project = Callable[[dict[str, str]], Path]

TREE = {
    "migrations/20240101_one.sql": "create table public.one (id int);\n",
    "migrations/20240301_two.sql": "create table public.two (id int);\n",
    "views/001_v.sql": "create or replace view public.v as select id from public.one;\n",
}
TEST_USER = "550e8400-e29b-41d4-a716-446655440000"


def status(conninfo: str, root: Path, *args: str, expect: int = 0) -> Any:
    """The states as data."""
    return run_json("status", "-d", conninfo, "--sql-dir", str(root), *args, expect=expect)


def migrate(conninfo: str, root: Path, *args: str) -> None:
    """Migrate."""
    run_cli("migrate", "-d", conninfo, "--sql-dir", str(root), *args)


# --- status -------------------------------------------------------------------------------------


def test_a_check_says_pending_then_nothing(empty_database: str, project: Project) -> None:
    root = project(TREE)
    found = status(empty_database, root, "--check", expect=3)
    assert found["counts"] == {"pending": 3}
    assert status(empty_database, root)["counts"] == {"pending": 3}
    assert scalar(empty_database, "select to_regnamespace('arami_db')") is None
    migrate(empty_database, root)
    assert status(empty_database, root, "--check")["counts"] == {"applied": 3}


def test_every_state_is_told_apart_and_a_check_tells_disagreement(
    empty_database: str, project: Project
) -> None:
    root = project(
        {**TREE, "migrations/20240401_gone.sql": "select 1", "views/002_w.sql": "select"}
    )
    migrate(empty_database, root)
    (root / "migrations/20240401_gone.sql").unlink()
    project(
        {
            "migrations/20240101_one.sql": "-- edited\nselect 1",
            "migrations/20240201_late.sql": "select 1",
            "migrations/20250101_new.sql": "select 1",
            "views/001_v.sql": TREE["views/001_v.sql"] + "-- edited",
        }
    )
    found = status(empty_database, root, "--check", expect=6)
    states = {(file["kind"], file["version"]): file["state"] for file in found["files"]}
    assert states == {
        ("migration", 20240101): "changed",
        ("migration", 20240201): "out of order",
        ("migration", 20240301): "applied",
        ("migration", 20240401): "missing",
        ("migration", 20250101): "pending",
        ("view", 1): "pending",
        ("view", 2): "applied",
    }
    gone = next(file for file in found["files"] if file["state"] == "missing")
    assert (gone["name"], gone["path"]) == ("gone", None)


def test_status_as_a_table_never_cuts_a_name(empty_database: str, project: Project) -> None:
    name = "001_" + "long_" * 45 + "[b]name"
    root = project({f"migrations/{name}.sql": "select 1"})
    for _ in range(2):
        result = run_cli("status", "-d", empty_database, "--sql-dir", str(root))
        assert f"migrations/{name}" in result.stdout
        assert "\x1b" not in result.stdout
        migrate(empty_database, root)


def test_brackets_in_a_name_are_no_markup(empty_database: str, project: Project) -> None:
    root = project({"migrations/001_a[red]b.sql": "select 1"})
    result = run_cli("status", "-d", empty_database, "--sql-dir", str(root))
    assert "001_a[red]b" in result.stdout


def test_status_of_a_directory_without_migrations_says_so(
    empty_database: str, project: Callable[[dict[str, str]], Path]
) -> None:
    root = str(project({"seeds/001_a.sql": "select 1"}))
    result = run_cli("status", "-d", empty_database, "--sql-dir", root, "--check")
    assert "nothing in this directory" in result.stderr


def test_status_json_is_one_document_of_plain_values(database: str) -> None:
    found = run_json("status", "-d", database)
    assert set(found) == {"files", "counts", "notes", "failures", "distribution"}
    first = found["files"][0]
    assert first["kind"] == "migration"
    assert first["version"] == 1
    assert isinstance(first["seconds"], float)
    assert first["origin"] == "migrate"
    assert first["database_role"] == scalar(database, "select session_user")


# --- seed ---------------------------------------------------------------------------------------


def test_seeding_twice_changes_nothing(database: str) -> None:
    first = run_json("seed", "-d", database)
    assert [file["name"] for file in first["seeded"]] == ["test_user", "first_week"]
    query = "select array_agg(u::text) from public.users as u"
    before = scalar(database, query)
    run_json("seed", "-d", database)
    assert scalar(database, query) == before
    assert scalar(database, "select count(*) from public.onboarding_profiles") == 1
    assert run_json("status", "-d", database, "--check")["failures"] == []


def test_the_seeds_fill_the_dashboard_once_even_when_a_session_was_archived(database: str) -> None:
    run_cli("seed", "-d", database)
    query = "select daily_streak, total_virtues, sessions_this_week, active_goals"
    shown = rows(database, f"{query} from public.user_dashboard")
    assert shown == [(3, 1, 3, 1)]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("update public.daily_sessions set created_at = '2020-01-01'")
    run_cli("archive", "-d", database)
    run_cli("seed", "-d", database)
    assert scalar(database, "select count(*) from public.daily_sessions") == 0
    assert rows(database, f"{query} from public.user_dashboard") == shown


def test_other_users_are_asked_about_first(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("insert into public.users (id, name) values (%s, 'Alice')", [ALICE])
    result = run_cli("seed", "-d", database, expect=2)
    assert "holds 1 other users" in result.stderr
    assert "--yes" in result.stderr
    query = f"select count(*) from public.users where id = '{TEST_USER}'"
    assert scalar(database, query) == 0
    run_cli("seed", "-d", database, "--yes")
    assert scalar(database, query) == 1


@pytest.mark.parametrize(("answer", "code", "seeded"), [("y", 0, 2), ("n", 1, 0)])
def test_a_person_at_a_terminal_answers(answer: str, code: int, seeded: int, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("insert into public.users (id, name) values (%s, 'Alice')", [ALICE])
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "arami_db", "seed", "-d", database, "--format", "json"],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    )
    os.close(slave)
    os.write(master, f"{answer}\n".encode())
    stdout, stderr = process.communicate(timeout=LIMIT)
    os.close(master)
    assert process.returncode == code, stderr
    assert "Seed it?" in stderr
    result = json.loads(stdout)
    assert len(result.get("seeded", ())) == seeded
    assert ("error" in result) == bool(code)


SEEDS = {
    "seeds/001_first.sql": "insert into public.log values (1);",
    "seeds/002_second.sql": "insert into public.log values (2);",
    "seeds/010_tenth.sql": "insert into public.log values (10);",
}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), [1, 2, 10]),
        (("second",), [2]),
        (("tenth", "1"), [1, 10]),
        (("002_second",), [2]),
        (("002_second.sql", "second", "2"), [2]),
        (("002",), [2]),
        (("10",), [10]),
    ],
)
def test_seeds_are_chosen_by_name_or_number_and_run_in_order(
    names: tuple[str, ...], expected: list[int], empty_database: str, project: Project
) -> None:
    root = project({"migrations/001_log.sql": "create table public.log (n int);", **SEEDS})
    migrate(empty_database, root)
    run_cli("seed", *names, "-d", empty_database, "--sql-dir", str(root))
    assert scalar(empty_database, "select array_agg(n order by ctid) from log") == expected


def test_an_unknown_seed_names_those_there_are(empty_database: str, project: Project) -> None:
    root = project(SEEDS)
    result = run_cli("seed", "third", "-d", empty_database, "--sql-dir", str(root), expect=2)
    assert "001_first, 002_second, 010_tenth" in result.stderr


def test_a_failing_seed_keeps_those_before_it_and_is_told(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            "migrations/001_log.sql": "create table public.log (n int);",
            **SEEDS,
            "seeds/002_second.sql": "insert into log values (2);\ninsert into log values ('x');",
        }
    )
    migrate(empty_database, root)
    result = run_cli("seed", "-d", empty_database, "--sql-dir", str(root), expect=1)
    assert "002_second.sql:2:25: invalid input syntax" in result.stderr
    assert scalar(empty_database, "select array_agg(n) from log") == [1]


def test_a_refused_seed_stops_them_all(empty_database: str, project: Project) -> None:
    root = project(
        {
            "migrations/001_log.sql": "create table public.log (n int);",
            **SEEDS,
            "seeds/010_tenth.sql": "commit;",
        }
    )
    migrate(empty_database, root)
    run_cli("seed", "-d", empty_database, "--sql-dir", str(root), expect=1)
    assert scalar(empty_database, "select count(*) from log") == 0


def test_a_seed_before_any_migration_fails_in_words(empty_database: str) -> None:
    result = run_cli("seed", "-d", empty_database, expect=1)
    assert "Traceback" not in result.stderr
    assert "public.users" in result.stderr
    assert "migrate" in result.stderr


def test_no_seeds_are_nothing_to_seed(
    empty_database: str, project: Callable[[dict[str, str]], Path]
) -> None:
    root = str(project({"migrations/001_a.sql": "select 1"}))
    result = run_cli("seed", "-d", empty_database, "--sql-dir", root)
    assert "nothing to seed" in result.stdout


# --- new ----------------------------------------------------------------------------------------


def new(root: Path, name: str, expect: int = 0) -> str:
    """Make a migration; what is printed."""
    return run_cli("new", name, "--sql-dir", str(root), expect=expect).stdout.strip()


def test_a_new_migration_takes_the_next_number_and_is_ready_to_be_written(
    empty_database: str, tmp_path: Path
) -> None:
    first = Path(new(tmp_path, "Add user: Avatar!"))
    assert first == tmp_path / "migrations/001_add_user_avatar.sql"
    assert first.read_text(encoding="utf-8").startswith("-- 001_add_user_avatar: ")
    assert "-- Why: " in first.read_text(encoding="utf-8")
    assert new(tmp_path, "second").endswith("002_second.sql")
    run_cli("migrate", "-d", empty_database, "--sql-dir", str(tmp_path), expect=1)


@pytest.mark.parametrize(
    ("existing", "expected"),
    [
        (["001_a", "002_b"], "003_next"),
        (["1_a"], "002_next"),
        (["00001_a"], "00002_next"),
        (["001-a"], "002_next"),
        ([f"{n:03}_x" for n in range(1, 1000)], "1000_next"),
        (["000_a"], "001_next"),
    ],
    ids=["usual", "short", "wide", "hyphen", "overflow", "zero"],
)
def test_a_new_number_is_as_wide_as_those_before(
    existing: list[str], expected: str, project: Project
) -> None:
    root = project({f"migrations/{name}.sql": "select 1" for name in existing})
    assert Path(new(root, "next")).stem == expected
    assert len(list((root / "migrations").iterdir())) == len(existing) + 1


@pytest.mark.parametrize("name", ["", "   ", "!!!", "日本", "../.."])
def test_a_name_without_letters_is_refused(name: str, tmp_path: Path) -> None:
    new(tmp_path, name, expect=2)
    assert list(tmp_path.iterdir()) == []


def test_a_name_never_leaves_the_directory(tmp_path: Path) -> None:
    root = tmp_path / "sql"
    root.mkdir()
    assert Path(new(root, "../../etc/passwd")).parent == root / "migrations"
    assert [path.name for path in tmp_path.iterdir()] == ["sql"]


def test_a_name_too_long_for_a_file_is_refused_in_words(tmp_path: Path) -> None:
    result = run_cli("new", "x" * 400, "--sql-dir", str(tmp_path), expect=2)
    assert "cannot be written" in result.stderr


def test_a_new_migration_in_a_broken_directory_is_refused(project: Project) -> None:
    root = project({"migrations/001_a.sql": "select 1", "migrations/1_b.sql": "select 1"})
    new(root, "next", expect=1)
    assert len(list((root / "migrations").iterdir())) == 2


def test_new_as_json_names_the_path(tmp_path: Path) -> None:
    found = run_json("new", "first", "--sql-dir", str(tmp_path))
    assert Path(found["path"]).is_file()


# --- wait ---------------------------------------------------------------------------------------


def test_a_server_that_is_there_is_ready_at_once(empty_database: str) -> None:
    assert run_json("wait", "-d", empty_database)["ready"] is True
    assert "ready after" in run_cli("wait", "-d", empty_database, "--timeout", "0").stdout


def test_a_wait_in_vain_tells_the_last_reason() -> None:
    result = run_cli("wait", "-d", "postgresql://127.0.0.1:1/d", "--timeout", "400ms", expect=7)
    assert "no answer within 0.4 s" in result.stderr
    assert "refused" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_wait_for_a_database_that_is_not_there_names_it(server: dict[str, str]) -> None:
    conninfo = make_conninfo("", **{**server, "dbname": "never_made"})
    result = run_cli("wait", "-d", conninfo, "--timeout", "300ms", expect=7)
    assert 'database "never_made" does not exist' in result.stderr


def test_a_wait_ends_when_the_server_comes_up(empty_database: str, tmp_path: Path) -> None:
    parameters = conninfo_to_dict(empty_database)
    if not str(parameters["host"]).startswith("/"):
        pytest.skip("needs a server on a Unix socket")
    folder = Path(f"/tmp/w{os.getpid()}")  # noqa: S108
    folder.mkdir()
    name = f".s.PGSQL.{parameters.get('port', 5432)}"
    try:
        with socket.socket(socket.AF_UNIX) as closing:
            closing.bind(str(folder / name))
            closing.listen()
            closing.settimeout(LIMIT)
            process = start_cli("wait", "-d", make_conninfo(empty_database, host=str(folder)))
            for _ in range(2):  # one more attempt after it was turned away
                closing.accept()[0].close()
        (folder / name).unlink()
        (folder / name).symlink_to(f"{parameters['host']}/{name}")
        stdout, stderr = process.communicate(timeout=LIMIT)
        assert process.returncode == 0, stderr
        assert "ready after" in stdout
    finally:
        (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def test_a_wait_for_a_server_that_accepts_and_says_nothing_keeps_its_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://127.0.0.1:{silent.getsockname()[1]}/d?connect_timeout=2"
        process = start_cli("wait", "-d", url, "--timeout", "1s")
        attempts = []

        def accept() -> None:
            with suppress(OSError):
                while True:
                    attempts.append(silent.accept())

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        _, stderr = process.communicate(timeout=LIMIT)
        silent.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection, _ in attempts:
            connection.close()
    assert process.returncode == 7
    assert "no answer within 1 s" in stderr
    assert attempts
