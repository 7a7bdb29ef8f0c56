"""Streams that are closed, full or abandoned; files that are not files; a directory that is gone.

The work is done or refused, never half told: the exit code says whether it was done as asked, and
there is no traceback.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import arami_db
from tests.conftest import LIMIT, clean_environment, run_cli, scalar

Project = Callable[[dict[str, str]], Path]
FILES = {
    "migrations/001_a.sql": "create table public.a (id int);",
    "migrations/002_b.sql": "create table public.b (id int);",
    "seeds/001_s.sql": "insert into public.a values (1);",
}
SOURCES = Path(arami_db.__file__).parents[1]
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


def shell(command: str, *args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a shell command in which arami stands for `arami-db ARGS`."""
    environment = clean_environment(PYTHONPATH=str(SOURCES), PYTHONSAFEPATH="1")
    return subprocess.run(
        ["/bin/sh", "-c", f'arami() {{ "$PYTHON" -m arami_db "$@"; }}\n{command}', "sh", *args],
        env={**environment, "PYTHON": sys.executable},
        cwd=cwd,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=LIMIT,
    )


def recorded(conninfo: str) -> int:
    """How many migrations the ledger holds."""
    return int(scalar(conninfo, "select count(*) from arami_db.migration"))


@needs_full
@pytest.mark.parametrize(
    ("streams", "code"),
    [
        (">&-", 1),
        ("2>&-", 0),
        ("<&-", 0),
        (">&- 2>&-", 1),
        ("<&- >&- 2>&-", 1),
        (">/dev/full", 1),
        ("2>/dev/full", 0),
        (">/dev/full 2>/dev/full", 1),
        (">/dev/full 2>&-", 1),
        ("--format json >/dev/full", 1),
        ("--format json >&-", 1),
    ],
)
def test_what_was_applied_is_recorded_whatever_the_streams(
    streams: str, code: int, empty_database: str, project: Project
) -> None:
    root = str(project(FILES))
    done = shell(f'arami migrate -d "$1" --sql-dir "$2" {streams}', empty_database, root)
    assert done.returncode == code, done.stderr
    assert recorded(empty_database) == 2
    assert scalar(empty_database, "select to_regclass('public.b') is not null")
    assert "Traceback" not in done.stderr
    if code and "2>" not in streams:
        assert done.stderr.count("the output could not be written") == 1
    seeded = shell(f'arami seed -d "$1" --sql-dir "$2" {streams}', empty_database, root)
    assert seeded.returncode == code, seeded.stderr
    assert scalar(empty_database, "select count(*) from public.a") == 1


@needs_full
@pytest.mark.parametrize("streams", [">&-", ">/dev/full"])
@pytest.mark.parametrize(
    "command",
    ["status", "status --format json", "verify", "verify --format sarif"],
)
def test_data_that_cannot_be_written_is_a_failure(
    command: str, streams: str, database: str
) -> None:
    done = shell(f'arami {command} -d "$1" {streams}', database)
    assert done.returncode == 1
    assert done.stderr.count("the output could not be written") == 1
    assert "Traceback" not in done.stderr


def test_the_code_of_an_error_stays() -> None:
    for streams in (">&-", "2>&-", ">&- 2>&-"):
        nowhere = shell(f'arami status -d "$1" {streams}', "host=127.0.0.1 port=1 dbname=d")
        assert nowhere.returncode == 7
        assert shell(f"arami migrate --nonsense {streams}").returncode == 2


def test_readers_who_leave_do_not_stop_the_work(empty_database: str, project: Project) -> None:
    root = str(project(FILES))
    told = '{ arami migrate -d "$1" --sql-dir "$2" 2>&1 >&4 4>&-; echo "$?" >&3; } 4>/dev/null'
    done = shell(f"{{ {told} | true; }} 3>&1", empty_database, root)
    assert done.stdout == "0\n"
    assert recorded(empty_database) == 2
    plan = '{ arami migrate --dry-run -d "$1"; echo "$?" >&3; } | head -n 1'
    done = shell(f"{{ {plan}; }} 3>&2", empty_database)
    assert "Traceback" not in done.stderr


def test_a_long_output_whose_reader_leaves(database: str) -> None:
    catalog = "arami status --format json"
    done = shell(f'{{ {catalog} -d "$1"; echo "$?" >&3; }} 3>&2 | head -c 1', database)
    assert done.stderr.splitlines()[-1] in {"0", "1"}
    assert "Traceback" not in done.stderr


# --- files --------------------------------------------------------------------------------------

ODD = {
    "a link to itself": ("ln -s 003_x.sql migrations/003_x.sql", "003_x.sql: is not a file"),
    "a link to nothing": ("ln -s nothing migrations/003_x.sql", "003_x.sql: is not a file"),
    "a pipe": ("mkfifo migrations/003_x.sql", "003_x.sql: is not a file"),
    "a directory": ("mkdir migrations/003_x.sql", "003_x.sql: is not a file"),
    "a name in Latin-1": (
        "echo 'select 1' > \"migrations/003_$(printf '\\351').sql\"",
        "its name is not UTF-8",
    ),
    "views a link to itself": ("ln -s views views", "views: cannot be read as a directory"),
    "views a link to nothing": ("ln -s nothing views", "views: no such directory"),
    "views a file": ("echo > views", "views: cannot be read as a directory"),
    "views a pipe": ("mkfifo views", "views: cannot be read as a directory"),
    "a stub that is a pipe": ("mkfifo auth_stub.sql", "auth_stub.sql: is not a file"),
}


@pytest.mark.parametrize(("make", "said"), ODD.values(), ids=ODD.keys())
def test_what_is_there_and_cannot_be_read_is_refused(
    make: str, said: str, empty_database: str, project: Project
) -> None:
    root = project(FILES)
    assert shell(make, cwd=root).returncode == 0
    for command in ("migrate", "migrate --dry-run"):
        done = shell(f'arami {command} -d "$1" --sql-dir "$2"', empty_database, str(root))
        assert done.returncode == 1, done.stderr
        assert said in done.stderr
        assert "Traceback" not in done.stderr
    assert scalar(empty_database, "select to_regclass('public.a') is null")


@pytest.mark.parametrize(
    "named",
    ["migrations/001_a.sql", "migrations/001_a.sql/x", "loop", "a" * 300, "a/" * 3000, "pipe"],
    ids=lambda named: named[:20],
)
def test_a_sql_dir_that_is_none_is_a_wrong_command_line(
    named: str, empty_database: str, project: Project
) -> None:
    root = project(FILES)
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "pipe")
    done = run_cli("migrate", "-d", empty_database, "--sql-dir", f"{root}/{named}", expect=2)
    assert "--sql-dir" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_directory_whose_name_is_latin_1_is_as_good_as_any(
    empty_database: str, project: Project
) -> None:
    root = os.fsencode(project(FILES))
    os.rename(root, root + b"\xe9")
    run_cli("migrate", "-d", empty_database, "--sql-dir", os.fsdecode(root + b"\xe9"))
    assert recorded(empty_database) == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to run as somebody else")
@pytest.mark.parametrize("closed", [".", "migrations"])
def test_what_may_not_be_read_is_named(closed: str, project: Project) -> None:
    from tests.test_embedded import LIBRARIES, everybodys_python, new_folder

    root = new_folder() / "sql"
    try:
        shutil.copytree(project(FILES), root)
        (root / closed).chmod(0)
        done = subprocess.run(
            [everybodys_python(), "-m", "arami_db", "migrate", "-d", "dbname=d", "--sql-dir", root],
            env=clean_environment(PYTHONPATH=f"{SOURCES}:{LIBRARIES}"),
            cwd="/",
            user="nobody",
            group=pwd.getpwnam("nobody").pw_gid,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        shutil.rmtree(root.parent)
    assert done.returncode == (2 if closed == "." else 1)
    assert re.search("Permission denied|not readable", done.stderr)
    assert "Traceback" not in done.stderr


def test_arguments_that_are_no_text_are_a_wrong_command_line(database: str) -> None:
    for command in (
        """arami status -d "$(printf 'host=\\351')" """,
        """arami archive -d "$1" --older-than "$(printf '\\351')" """,
        """arami seed -d "$1" "$(printf '\\351')" """,
        """DATABASE_URL="$(printf 'host=\\351')" arami status""",
    ):
        done = shell(command, database)
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr


def test_a_working_directory_that_was_deleted(database: str, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    for command in ("status", "verify", "migrate"):
        step = f'cd "$2"; mkdir -p gone; cd gone; rmdir ../gone; arami {command} -d "$1"'
        done = shell(step, database, str(tmp_path))
        assert done.returncode == 0, done.stderr
    step = 'cd "$2"; mkdir -p gone; cd gone; rmdir ../gone; arami migrate -d "$1" --sql-dir sql'
    assert shell(step, database, str(tmp_path)).returncode == 2


def test_settings_that_cannot_be_read_are_a_wrong_command_line(
    database: str, tmp_path: Path
) -> None:
    for number, make in enumerate(("mkfifo", "mkdir", "ln -s nothing", "ln -s arami-db.toml")):
        folder = tmp_path / str(number)
        folder.mkdir()
        done = shell(f'{make} arami-db.toml; arami verify -d "$1"', database, cwd=folder)
        assert done.returncode == 2, done.stderr
        assert "arami-db.toml: is not a file" in done.stderr
