"""What a database went through that its files do not show: rollbacks, squashes, renames, gaps."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arami_db.adopt.repair import choose
from arami_db.errors import LedgerError, RefusedFileError, UsageError
from arami_db.files import SqlFile, discover, read_file
from arami_db.ledger import Ledger, Row
from arami_db.ledger.plan import EntryState, Plan, make_plan, references
from arami_db.runner.disagreement import notes, require_agreement
from arami_db.runner.gaps import gaps, refuse_gaps
from arami_db.runner.session import MigrateOptions
from arami_db.settings import read_settings

from .conftest import (
    clean_environment,
    end,
    rows,
    run_cli,
    run_json,
    run_shell,
    scalar,
    start_cli_in,
)

Project = Callable[[dict[str, str]], Path]


def tables(*stems: str) -> dict[str, str]:
    """Migrations that each make a table of their own name: 002_b makes table b."""
    return {f"migrations/{stem}.sql": f"create table {stem.split('_')[1]} ();" for stem in stems}


def view(stem: str, value: int) -> dict[str, str]:
    """A view that shows a value."""
    text = f"create or replace view {stem.split('_')[1]} as select {value} as value;"
    return {f"views/{stem}.sql": text}


class World:
    """A database and the files beside it, as the command line has them."""

    def __init__(self, conninfo: str, root: Path, project: Project) -> None:
        self.conninfo, self.root, self.write = conninfo, root, project

    def run(self, *args: str, expect: int = 0) -> Any:
        """Run a command, as data."""
        place = ("-d", self.conninfo, "--sql-dir", str(self.root))
        return run_json(*args, *place, expect=expect)

    def error(self, *args: str, expect: int = 6) -> dict[str, str]:
        """Run a command that is refused: its message and hint."""
        error: dict[str, str] = self.run(*args, expect=expect)["error"]
        return error

    def states(self) -> dict[str, str]:
        """The state of everything, by its label."""
        files = self.run("status")["files"]
        return {f"{f['kind'][0]}{f['version']}_{f['name']}": f["state"] for f in files}

    def applied(self, *args: str) -> list[str]:
        """Migrate: the names of what was applied."""
        return [file["name"] for file in self.run("migrate", *args)["applied"]]

    def remove(self, *paths: str) -> None:
        """Delete files."""
        for path in paths:
            (self.root / path).unlink()

    def move(self, old: str, new: str) -> None:
        """Rename a migration."""
        (self.root / f"migrations/{old}.sql").rename(self.root / f"migrations/{new}.sql")

    def declare(self, text: str, *args: str, expect: int = 0) -> str:
        """Run a command in a folder with these settings: all that it says."""
        folder = self.root.parent
        (folder / "arami-db.toml").write_text(text, encoding="utf-8")
        place = ("-d", self.conninfo, "--sql-dir", str(self.root))
        ran = end(start_cli_in(folder, *args, *place), expect)
        return ran.stdout + ran.stderr


@pytest.fixture
def world(empty_database: str, project: Project) -> World:
    """Three migrations in a database, and their files."""
    found = World(empty_database, project(tables("001_a", "002_b", "003_c")), project)
    found.run("migrate")
    return found


# --- an older release meets a newer ledger ------------------------------------------------------


@pytest.fixture
def ahead(world: World) -> World:
    """A database that a newer release has migrated on, and the files of the older one."""
    world.write({**view("001_v", 1), **view("002_w", 1)})
    world.run("migrate")
    world.write({**tables("004_d", "005_e"), **view("001_v", 2), **view("003_x", 1)})
    assert world.applied() == ["d", "e", "v", "x"]
    world.remove("migrations/004_d.sql", "migrations/005_e.sql", "views/003_x.sql")
    world.write(view("001_v", 1))
    return world


@pytest.mark.quick
@pytest.mark.parametrize("command", ["migrate", "migrate --dry-run"])
def test_an_older_release_is_refused_without_advice_that_would_harm(
    command: str, ahead: World
) -> None:
    error = ahead.error(*command.split())
    assert error["message"] == (
        "this database is ahead of these files: a newer release applied"
        " migrations/004_d, migrations/005_e, views/003_x"
    )
    assert "--allow-newer" in error["hint"]
    assert "forget" not in error["hint"]
    assert "repair" not in error["hint"]


@pytest.mark.quick
def test_an_older_release_goes_on_when_allowed_and_touches_nothing(ahead: World) -> None:
    before = rows(ahead.conninfo, "select * from arami_db.migration order by 1, 2")
    found = ahead.run("migrate", "--allow-newer")
    assert found["applied"] == []
    assert found["in_place"] == 4
    assert "ahead of these files" in found["notes"][0]
    assert rows(ahead.conninfo, "select * from arami_db.migration order by 1, 2") == before
    assert scalar(ahead.conninfo, "select value from v") == 2


@pytest.mark.quick
def test_status_says_that_the_database_is_ahead(ahead: World) -> None:
    found = ahead.run("status")
    assert found["counts"] == {"applied": 4, "ahead": 4}
    assert "this database is ahead of these files" in found["notes"][0]
    assert "forget" not in " ".join(found["notes"])
    assert ahead.run("status", "--check", expect=6) == found
    allowed = ahead.run("status", "--check", "--allow-newer")
    assert allowed["files"] == found["files"]
    assert "ahead of these files" in allowed["notes"][0]
    place = ("-d", ahead.conninfo, "--sql-dir", str(ahead.root))
    assert "this database is ahead of these files" in run_cli("status", *place).stderr


@pytest.mark.quick
def test_what_is_missing_between_is_none_the_less_a_disagreement(ahead: World) -> None:
    ahead.remove("migrations/002_b.sql")
    for command in ("migrate", "status --check"):
        ahead.run(*command.split(), "--allow-newer", expect=6)
    error = ahead.error("migrate", "--allow-newer")
    assert "002_b: missing" in error["message"]
    assert "forget" not in error["hint"]


@pytest.mark.quick
def test_a_view_more_is_a_newer_release_too(world: World) -> None:
    world.write({**view("001_v", 1), **view("002_w", 1)})
    world.run("migrate")
    world.remove("views/002_w.sql")
    world.write(view("001_v", 0))
    assert "ahead of these files" in world.error("migrate")["message"]
    assert world.applied("--allow-newer") == []
    assert world.run("status", "--check", "--allow-newer")["counts"] == {"applied": 3, "ahead": 2}


@pytest.mark.quick
def test_files_that_bring_migrations_are_not_the_older_release(world: World) -> None:
    world.write({**view("001_v", 1), **view("002_w", 1)})
    world.run("migrate")
    world.remove("views/002_w.sql")
    world.write({"migrations/004_d.sql": "drop view w;"})
    assert "views/002_w: missing" in world.error("migrate", "--allow-newer")["message"]
    world.run("repair", "--forget", "views/2")
    assert world.applied() == ["d"]


@pytest.mark.quick
def test_verify_says_so_too(ahead: World) -> None:
    found = ahead.run("verify", expect=4)["findings"]
    said = {finding["object"]: finding["message"] for finding in found}
    assert "newer release" in said["migrations/005_e"]
    assert "newer release" in said["views/001_v"]


@pytest.mark.quick
def test_the_last_file_deleted_on_purpose_is_forgotten_when_asked_for(ahead: World) -> None:
    hint = ahead.error("repair", expect=2)["hint"]
    assert "on purpose: arami-db repair --forget 4-5 --forget views/3" in hint
    ahead.run("repair", "--forget", "4-5", "--forget", "views/3")
    assert ahead.applied() == ["v"]
    assert ahead.run("status", "--check")["counts"] == {"applied": 5}


# --- gaps ---------------------------------------------------------------------------------------


@pytest.mark.quick
@pytest.mark.parametrize("version", [1, 2, 3])
def test_forgetting_any_version_leads_to_a_directory_that_works(version: int, world: World) -> None:
    stem = ("001_a", "002_b", "003_c")[version - 1]
    world.remove(f"migrations/{stem}.sql")
    world.run("migrate", expect=6)
    world.run("repair", "--forget", str(version))
    assert world.applied() == []
    world.run("status", "--check")
    world.write(tables("004_d") if version < 3 else tables("003_x"))
    assert len(world.applied()) == 1
    world.run("status", "--check")


NUMBERS = {
    "usual": (["001", "002", "003"], []),
    "from zero": (["000", "001"], []),
    "numbers, then dates": (["001", "002", "20240301120000"], []),
    "zeros, then dates": (["00000000000000", "20240301120000", "20240302120000"], []),
    "dates": (["20240101", "20240301"], []),
    "any width": (["1", "02", "00003"], []),
    "zeros as wide as a date": (["00000000000001", "00000000000010"], []),
    "a gap": (["001", "003"], ["version 2 is missing (the next is 3)"]),
    "no first": (["002"], ["version 1 is missing (the next is 2)"]),
    "no first ones": (["057", "058"], ["versions 1 to 56 are missing (the next is 57)"]),
    "two gaps": (
        ["1", "3", "6", "20240101"],
        ["version 2 is missing (the next is 3)", "versions 4 to 5 are missing (the next is 6)"],
    ),
}


@pytest.mark.quick
@pytest.mark.parametrize(("numbers", "expected"), NUMBERS.values(), ids=NUMBERS.keys())
def test_gaps_are_seen_between_numbers_and_not_between_dates(
    numbers: list[str], expected: list[str], project: Project
) -> None:
    root = project({f"migrations/{number}_x.sql": "select 1" for number in numbers})
    assert list(gaps(make_plan(discover(root), Ledger(exists=False, rows={})))) == expected


@pytest.mark.quick
@pytest.mark.parametrize(
    ("latest", "found"), [("00000001", 0), ("1", 1), ("", 1)], ids=["a date", "a number", "gone"]
)
def test_the_latest_applied_counts_as_it_is_written(
    latest: str, found: int, tmp_path: Path
) -> None:
    applied = file(tmp_path, "migration", latest or "1", "a", "select 1")
    if not latest:
        applied.path.unlink()
    file(tmp_path, "migration", "005", "b", "select 2")
    ledger = Ledger(exists=True, rows={("migration", 1): row(applied)})
    assert len(gaps(make_plan(discover(tmp_path), ledger))) == found


@pytest.mark.quick
def test_a_gap_among_pending_files_is_refused_unless_allowed(world: World) -> None:
    world.write(tables("005_e", "006_f", "009_i"))
    error = world.error("migrate", expect=1)
    assert "version 4 is missing" in error["message"]
    assert "versions 7 to 8 are missing" in error["message"]
    assert "--allow-gaps" in error["hint"]
    found = world.run("status", "--check", expect=3)
    assert "version 4 is missing" in found["notes"][0]
    assert world.applied("--allow-gaps") == ["e", "f", "i"]
    assert world.run("status", "--check")["notes"] == []
    world.write(tables("004_d"))
    assert "004_d: out of order" in world.error("migrate")["message"]
    assert world.applied("--allow-out-of-order") == ["d"]


def test_a_gap_beyond_the_target_is_not_in_the_way(world: World) -> None:
    world.write(tables("004_d", "006_f"))
    assert world.applied("--target", "4") == ["d"]


# --- a squash, and a start elsewhere ------------------------------------------------------------

THIRD = "first-version = 3\n"


def squash(world: World) -> None:
    """1 to 3 become 003."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(world.root.rglob("*.sql"))]
    world.remove("migrations/001_a.sql", "migrations/002_b.sql", "migrations/003_c.sql")
    world.write({"migrations/003_all.sql": "\n".join(texts)})


def test_a_squash_where_the_files_had_been_applied(world: World) -> None:
    squash(world)
    error = world.error("migrate")
    assert "migrations/003_all: changed, it was applied as 003_c" in error["message"]
    assert "arami-db baseline 3" in error["hint"]
    said = world.declare(THIRD, "migrate", expect=6)
    assert "repair --accept 3" in said
    assert "forget" not in said
    world.declare(THIRD, "repair", "--accept", "3")
    assert "nothing to do: 1 file in place" in world.declare(THIRD, "migrate")
    assert "2 history, 1 applied" in world.declare(THIRD, "status", "--check")
    world.write(tables("004_d"))
    assert "applied 1 migration" in world.declare(THIRD, "migrate")
    assert "2 history, 2 applied" in world.declare(THIRD, "status", "--check")


def test_a_squash_on_a_new_database(empty_database: str, project: Project) -> None:
    files = {"migrations/003_all.sql": "create table a (); create table b ();", **tables("004_d")}
    world = World(empty_database, project(files), project)
    assert "declare first-version = 3" in world.error("migrate", expect=1)["hint"]
    assert "applied 2 migrations" in world.declare(THIRD, "migrate")
    world.run("status", "--check")


def test_a_squash_without_a_declaration(world: World) -> None:
    squash(world)
    world.run("repair", "--forget", "1-2", "--accept", "3")
    world.write(tables("004_d"))
    assert world.applied() == ["d"]
    world.run("status", "--check")


def test_a_database_that_has_not_come_as_far_is_not_squashed_over(
    empty_database: str, project: Project
) -> None:
    world = World(empty_database, project(tables("001_a", "002_b")), project)
    world.run("migrate")
    world.remove("migrations/001_a.sql", "migrations/002_b.sql")
    world.write({"migrations/003_all.sql": "create table if not exists a (); drop table b;"})
    said = world.declare(THIRD, "migrate", expect=1)
    assert "this database is at 2, and these files begin at 3" in said
    assert "arami-db baseline 3" in said
    assert scalar(world.conninfo, "select to_regclass('b')") == "b"
    world.declare(THIRD, "repair", "--applied", "3")
    assert "nothing to do" in world.declare(THIRD, "migrate")


def test_a_start_at_57_on_databases_old_and_new(empty_database: str, project: Project) -> None:
    world = World(empty_database, project(tables("057_a", "058_b")), project)
    declared = "first-version = 57\n"
    assert "first-version = 57" in world.error("migrate", expect=1)["hint"]
    assert world.applied("--target", "57", "--allow-gaps") == ["a"]
    assert world.applied() == ["b"]
    rows_before = world.run("status")["files"]
    assert "nothing to do" in world.declare(declared, "migrate")
    assert world.run("status")["files"] == rows_before


def test_what_lies_below_the_first_version_is_refused(
    empty_database: str, project: Project
) -> None:
    world = World(empty_database, project(tables("001_a", "003_c")), project)
    said = world.declare(THIRD, "migrate", expect=1)
    assert "001_a.sql lies below first-version = 3" in said


@pytest.mark.parametrize("value", ["-1", "true", '"57"', "5.7", "[57]"])
def test_a_first_version_is_a_number(value: str, tmp_path: Path) -> None:
    (tmp_path / "arami-db.toml").write_text(f"first-version = {value}\n", encoding="utf-8")
    with pytest.raises(UsageError, match="first-version"):
        read_settings(tmp_path)


def test_a_first_version_in_the_projects_own_file(tmp_path: Path) -> None:
    text = "[tool.arami-db]\nfirst-version = 57\n"
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert read_settings(tmp_path).first_version == 57


# --- swapped, renamed, renumbered ---------------------------------------------------------------

MOVES: dict[str, tuple[list[tuple[str, str]], list[str], str, list[str]]] = {
    "two swap numbers": (
        [("002_b", "x_b"), ("003_c", "002_c"), ("x_b", "003_b")],
        ["migrations/002_c and migrations/003_b: swapped"],
        "--accept 2-3",
        [],
    ),
    "two swap texts": (
        [("002_b", "x"), ("003_c", "002_b"), ("x", "003_c")],
        ["migrations/002_b and migrations/003_c: swapped"],
        "--accept 2-3",
        [],
    ),
    "three in a circle": (
        [("001_a", "x"), ("003_c", "001_c"), ("002_b", "003_b"), ("x", "002_a")],
        ["001_c: renumbered, it was applied as 003_c", "002_a: renumbered, it was applied as 001"],
        "--accept 1-3",
        [],
    ),
    "one to the end": (
        [("002_b", "004_b")],
        ["migrations/004_b: renumbered, it was applied as 002_b"],
        "--forget 2 --applied 4",
        [],
    ),
    "one to the end, under another name": (
        [("003_c", "004_z")],
        ["migrations/004_z: renumbered, it was applied as 003_c"],
        "--forget 3 --applied 4",
        [],
    ),
    "all by one, and a new one before them": (
        [("003_c", "004_c"), ("002_b", "003_b"), ("", "002_new")],
        ["migrations/002_new: has the number of 002_b", "003_b: renumbered, it was applied as"],
        "--forget 2 --accept 3 --applied 4",
        ["new"],
    ),
}


@pytest.mark.parametrize(
    ("moves", "said", "command", "late"), MOVES.values(), ids=list(MOVES.keys())
)
def test_files_that_changed_numbers_are_recognised(
    moves: list[tuple[str, str]], said: list[str], command: str, late: list[str], world: World
) -> None:
    for old, new in moves:
        if old:
            world.move(old, new)
        else:
            world.write(tables(new))
    error = world.error("migrate")
    assert all(line in error["message"] for line in said)
    assert f"arami-db repair {command}" in error["hint"]
    assert error["hint"].count("\n") == 0
    world.run("status", "--check", expect=6)
    assert "newer" not in error["message"]
    world.run("repair", *command.split())
    assert world.applied("--allow-out-of-order") == late
    world.run("status", "--check")


def test_a_renamed_file_is_applied_and_its_name_can_be_entered(world: World) -> None:
    world.move("002_b", "002_better")
    found = world.run("migrate")
    assert (found["applied"], found["in_place"]) == ([], 3)
    assert "migrations/002_better was applied as 002_b" in found["notes"][0]
    assert world.states()["m2_better"] == "renamed"
    assert world.run("status", "--check")["counts"] == {"applied": 2, "renamed": 1}
    world.run("repair", "--accept", "2")
    assert world.run("status", "--check")["counts"] == {"applied": 3}
    names = "select name from arami_db.migration where version = 2"
    assert scalar(world.conninfo, names) == "better"


def test_a_text_that_many_files_have_says_nothing(world: World) -> None:
    world.write({f"migrations/00{n}_x{n}.sql": "select 1" for n in (4, 5)})
    world.run("migrate")
    world.remove("migrations/004_x4.sql")
    world.write({"migrations/006_x6.sql": "select 1"})
    states = world.states()
    assert (states["m4_x4"], states["m6_x6"]) == ("missing", "pending")


def test_a_renumbered_view_is_recognised(world: World) -> None:
    world.write(view("001_v", 1))
    world.run("migrate")
    (world.root / "views/001_v.sql").rename(world.root / "views/002_v.sql")
    error = world.error("migrate")
    assert "views/002_v: renumbered, it was applied as 001_v" in error["message"]
    assert "repair --forget views/1 --applied views/2" in error["hint"]
    world.run("repair", "--forget", "views/1", "--applied", "views/2")
    assert world.applied() == []


# --- many ---------------------------------------------------------------------------------------


def test_hints_for_many_files_are_one_hint_in_version_order(
    empty_database: str, project: Project
) -> None:
    stems = [f"{number:03}_t{number}" for number in range(1, 61)]
    world = World(empty_database, project(tables(*stems)), project)
    world.run("migrate")
    world.remove(*(f"migrations/{stem}.sql" for stem in stems[19:23]))
    for stem in (*stems[:19], *stems[23:50], stems[55]):
        path = world.root / f"migrations/{stem}.sql"
        path.write_text(path.read_text(encoding="utf-8") + "-- edited", encoding="utf-8")
    error = world.error("migrate")
    changed, missing = error["hint"].splitlines()
    assert changed.endswith("arami-db repair --accept 1-19,24-50,56")
    assert missing.endswith("arami-db repair --forget 20-23")
    assert len(error["message"].splitlines()) < 20
    world.run("repair", "--accept", "1-19,24-50,56", "--forget", "20-23")
    assert world.applied() == []
    world.run("status", "--check")


@pytest.mark.parametrize("word", ["1-", "-1", "1,", "1-2-3", "1..2", "views/", "9" * 5000, "٣"])
def test_what_is_no_version_is_refused_in_words(word: str, world: World) -> None:
    error = world.error("repair", f"--forget={word}", expect=2)
    assert "is not a version" in error["message"]


def test_a_range_takes_what_fits_or_nothing(world: World) -> None:
    world.write({"migrations/002_b.sql": "select 2"})
    error = world.error("repair", "--accept", "1-3", expect=2)
    assert "001_a is applied" in error["message"]
    assert world.states()["m2_b"] == "changed"


# --- new ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("existing", "form"),
    [
        (["20240101120000_a"], "%Y%m%d%H%M%S"),
        (["001_a", "002_b", "20240101120000_a"], "%Y%m%d%H%M%S"),
        (["00000000000000_setup"], "%Y%m%d%H%M%S"),
        (["202401011200_a"], "%Y%m%d%H%M"),
        (["20240101_a"], "%Y%m%d"),
        (["1704110400_a"], "%s"),
        (["1704110400000_a"], "%s000"),
    ],
)
def test_a_number_after_a_date_is_the_present(
    existing: list[str], form: str, project: Project
) -> None:
    root = project({f"migrations/{name}.sql": "select 1" for name in existing})
    before = datetime.now(UTC)
    stem = Path(run_cli("new", "next", "--sql-dir", str(root)).stdout.strip()).stem
    number = stem.removesuffix("_next")
    after = datetime.now(UTC)
    low, high = (
        f"{int(moment.timestamp())}{form[2:]}" if "%s" in form else f"{moment:{form}}"
        for moment in (before, after)
    )
    assert int(low) <= int(number) <= int(high) + 999
    assert len(number) == len(low)
    again = Path(run_cli("new", "again", "--sql-dir", str(root)).stdout.strip()).stem
    assert int(again.removesuffix("_again")) > int(number)


@pytest.mark.parametrize(
    ("existing", "expected"),
    [
        (["003_all"], "004_next"),
        (["057_a", "058_b"], "059_next"),
        (["001_a", "004_d"], "005_next"),
        (["20990101_a"], "20990102_next"),
        (["00000001_a"], "00000002_next"),
        (["99991231235959_a"], "99991231235960_next"),
    ],
)
def test_a_number_follows_the_last(existing: list[str], expected: str, project: Project) -> None:
    root = project({f"migrations/{name}.sql": "select 1" for name in existing})
    assert Path(run_cli("new", "next", "--sql-dir", str(root)).stdout.strip()).stem == expected


def test_the_first_number_is_the_one_declared(empty_database: str, tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    (tmp_path / "arami-db.toml").write_text("first-version = 57\n", encoding="utf-8")
    ran = end(start_cli_in(tmp_path, "new", "first", "--sql-dir", "sql"))
    assert Path(ran.stdout.strip()).name == "057_first.sql"


def test_there_is_no_number_after_the_largest(project: Project) -> None:
    root = project({f"migrations/{2**63 - 1}_a.sql": "select 1"})
    said = run_cli("new", "next", "--sql-dir", str(root), expect=2).stderr
    assert "has the largest number that fits" in said


# --- docs/history.md ----------------------------------------------------------------------------

PAGE = (Path(__file__).parents[1] / "docs" / "history.md").read_text(encoding="utf-8")
ROLLED_BACK, SQUASHED, REPAIRED = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def shell(block: str, world: World) -> str:
    """Run a block of the page where the files are in sql/; what it says."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    python = str(Path(__file__).parents[1])
    environment = clean_environment(DATABASE_URL=world.conninfo, PATH=path, PYTHONPATH=python)
    done = run_shell(block, environment, world.root.parent)
    return done.stdout + done.stderr


def test_the_page_has_every_state_and_its_exit_code() -> None:
    listed = re.findall(r"(?m)^\| ([a-z ]+?)(, 6)? \| [a-z]", PAGE)
    assert {state for state, _ in listed} - {"state"} == {str(state) for state in EntryState}
    graver = {"out of order", "changed", "swapped", "renumbered", "missing", "ahead"}
    assert {state for state, six in listed if six} == graver


def test_the_page_rolls_a_release_back(ahead: World) -> None:
    assert shell(ROLLED_BACK, ahead).count("ahead of these files") == 2


def test_the_page_squashes(world: World) -> None:
    shell(SQUASHED, world)
    assert "nothing to do: 1 file in place" in shell(REPAIRED, world)
    with psycopg.connect(world.conninfo, autocommit=True) as connection:
        connection.execute("drop table a, b, c")
        connection.execute("drop schema arami_db cascade")
    assert "applied 1 migration" in shell(REPAIRED.splitlines()[1], world)


# --- as a property: no way leads nowhere --------------------------------------------------------

VERSIONS = ["0", "1", "2", "03", "04", "5", "057", "20240101", "20240301120000"]
TEXTS = ["select 1", "select 2", "select 3", "select 4", "select 5"]

sides = st.dictionaries(
    st.sampled_from(VERSIONS), st.tuples(st.sampled_from("abc"), st.sampled_from(TEXTS)), max_size=6
)


def file(folder: Path, kind: str, number: str, name: str, text: str) -> SqlFile:
    """Write a file, and read it."""
    path = folder / f"{kind}s" / f"{number}_{name}.sql"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return read_file(path, kind=kind, version=int(number), name=name)


def row(entered: SqlFile) -> Row:
    """The ledger's row of a file."""
    identity = (entered.kind, entered.version, entered.name, entered.checksum)
    return Row(*identity, "migrate", datetime.now(UTC), 0.0, "owner")


def repaired(plan: Plan, ledger: Ledger, wishes: dict[str, list[str]]) -> Ledger:
    """The ledger after a repair."""
    known = dict(ledger.rows)
    for wish, entry in choose(plan, wishes):
        if wish == "forget":
            del known[entry.kind, entry.version]
        else:
            assert entry.file
            known[entry.kind, entry.version] = row(entry.file)
    return Ledger(exists=True, rows=known)


def baselined(plan: Plan, ledger: Ledger, last: int) -> Ledger:
    """The ledger after a baseline."""
    known = dict(ledger.rows)
    for entry in plan.entries:
        if entry.kind == "migration" and entry.version <= last:
            known.pop((entry.kind, entry.version), None)
            if entry.file:
                known[entry.kind, entry.version] = row(entry.file)
    return Ledger(exists=True, rows=known)


def follow(
    plan: Plan, ledger: Ledger, hint: str, options: MigrateOptions
) -> tuple[Ledger, MigrateOptions]:
    """Do what a hint says: its repairs, or else the options it names."""
    wishes: dict[str, list[str]] = {}
    for command in re.findall(r"arami-db repair((?: --[a-z]+ [\w/,-]+)+)", hint):
        for wish, word in re.findall(r"--([a-z]+) (\S+)", command):
            wishes.setdefault(wish, []).append(word)
    if wishes:
        return repaired(plan, ledger, wishes), options
    if last := re.findall(r"arami-db baseline (\d+)", hint):
        return baselined(plan, ledger, int(last[0])), options
    named = {name.replace("-", "_"): True for name in re.findall(r"--(allow-[a-z-]+)", hint)}
    assert named, hint
    return ledger, replace(options, **named)


def astray(plan: Plan, ledger: Ledger, data: st.DataObject) -> Ledger:
    """The ledger after a repair that nobody advised, where it is one that can be made."""
    if not plan.entries:
        return ledger
    wish = data.draw(st.sampled_from(["accept", "forget", "applied"]))
    words = references(plan, (data.draw(st.sampled_from(plan.entries)),))
    try:
        return repaired(plan, ledger, {wish: words})
    except UsageError:
        return ledger


def written(
    folder: str, elsewhere: str, migrations: tuple[Any, Any], views: tuple[Any, Any]
) -> Ledger:
    """The files of a folder, and the ledger of what was applied from elsewhere."""
    known = {}
    for kind, (files, entered) in (("migration", migrations), ("view", views)):
        for number, (name, text) in files.items():
            file(Path(folder), kind, number, name, text)
        for number, (name, text) in entered.items():
            known[kind, int(number)] = row(file(Path(elsewhere), kind, number, name, text))
    return Ledger(exists=True, rows=known)


def restore(plan: Plan, folder: str, elsewhere: str) -> None:
    """Bring the files back that are missing."""
    missing = {(entry.kind, entry.version) for entry in plan.of(EntryState.MISSING)}
    for path in Path(elsewhere).glob("*/*.sql"):
        kind = path.parent.name
        if (kind[:-1], int(path.name.split("_")[0])) in missing:
            path.rename(Path(folder) / kind / path.name)


@settings(max_examples=200)
@given(
    migrations=st.tuples(sides, sides),
    views=st.tuples(sides, sides),
    first=st.none() | st.sampled_from([0, 1, 3, 57]),
    data=st.data(),
)
def test_whatever_files_and_ledger_hold_following_the_hints_leads_to_a_run(
    migrations: tuple[Any, Any], views: tuple[Any, Any], first: int | None, data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder, TemporaryDirectory() as elsewhere:
        ledger, options = written(folder, elsewhere, migrations, views), MigrateOptions()
        for attempt in range(10):
            tree = discover(Path(folder), may_be_empty=True, first_version=first)
            plan = make_plan(tree, ledger)
            notes(plan, options)
            if attempt < 2:
                ledger = astray(plan, ledger, data)
                continue
            try:
                refuse(plan, options)
            except (LedgerError, RefusedFileError) as error:
                hint = str(error.hint)
                if hint.startswith("Restore") and "repair" not in hint and "--" not in hint:
                    restore(plan, folder, elsewhere)
                else:
                    ledger, options = follow(plan, ledger, hint, options)
            else:
                return
        raise AssertionError(f"still refused: {plan}")


def refuse(plan: Plan, options: MigrateOptions) -> None:
    """Refuse what a run refuses."""
    require_agreement(plan, options)
    if not options.allow_gaps:
        refuse_gaps(plan)


@given(migrations=st.tuples(sides, sides))
def test_what_was_applied_is_never_pending_under_another_number(
    migrations: tuple[Any, Any],
) -> None:
    with TemporaryDirectory() as folder, TemporaryDirectory() as elsewhere:
        files, entered = migrations
        for number, (name, text) in files.items():
            file(Path(folder), "migration", number, name, text)
        there = [file(Path(elsewhere), "migration", n, *rest) for n, rest in entered.items()]
        ledger = Ledger(exists=True, rows={(f.kind, f.version): row(f) for f in there})
        plan = make_plan(discover(Path(folder), may_be_empty=True), ledger)
        lost = {
            (e.row.name, e.row.checksum)
            for e in plan.of(EntryState.MISSING, EntryState.AHEAD)
            if e.row
        }
        assert not lost & {(pending.name, pending.checksum) for pending in plan.pending}
