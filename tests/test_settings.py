"""What is in force, and from where: options, environment, settings files, defaults; undo; typos."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import run_cli, run_json

pytestmark = pytest.mark.quick

Project = Callable[[dict[str, str]], Path]
HERE = str(Path(__file__).parents[1])
OWN = """\
sql-dir = "db"
lock-timeout = "250ms"
lock-wait = 7

[[accept]]
table = "public.notes"
reason = "notes of the mobile application"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    home = tmp_path / "work"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("PYTHONPATH", HERE)
    return home


def in_force(*arguments: str, **environment: str) -> dict[str, tuple[str | None, str]]:
    """What `config` prints: values and sources by name."""
    out = run_cli("config", *arguments, "--format", "json", expect=0, **environment).stdout
    return {one["name"]: (one["value"], one["source"]) for one in json.loads(out)["settings"]}


def test_an_option_outranks_the_environment_and_that_a_file_and_that_a_default(
    folder: Path,
) -> None:
    sql_dir, source = in_force()["sql-dir"]
    assert (str(sql_dir).endswith("sql"), source) == (True, "default: the Arami schema")
    assert in_force()["lock-timeout"] == ("3s", "default")
    assert in_force()["lock-wait"] == ("10min", "default")
    (folder / "arami-db.toml").write_text(OWN)
    found = in_force()
    assert found["sql-dir"] == ("db", "arami-db.toml")
    assert found["lock-timeout"] == ("250ms", "arami-db.toml")
    assert found["lock-wait"] == ("7", "arami-db.toml")
    assert found["accept"] == ("table public.notes", "arami-db.toml, accept 1")
    assert in_force(ARAMI_SQL_DIR="/e")["sql-dir"] == ("/e", "ARAMI_SQL_DIR")
    assert in_force("--sql-dir", "/o", ARAMI_SQL_DIR="/e")["sql-dir"] == ("/o", "--sql-dir")
    assert in_force("--lock-timeout", "1s")["lock-timeout"] == ("1s", "--lock-timeout")
    assert in_force("--lock-wait", "1min")["lock-wait"] == ("1min", "--lock-wait")


def test_pyproject_says_the_same_in_a_table_of_its_own(folder: Path) -> None:
    table = OWN.replace("[[accept]]", "[[tool.arami-db.accept]]")
    (folder / "pyproject.toml").write_text(f"[tool.arami-db]\n{table}")
    found = in_force()
    assert found["sql-dir"] == ("db", "pyproject.toml, tool.arami-db")
    assert found["accept"][1] == "pyproject.toml, tool.arami-db, accept 1"


@pytest.mark.parametrize("text", ["tool = 1", "[tool]\nruff = 1", ""])
def test_a_pyproject_without_our_table_sets_nothing(text: str, folder: Path) -> None:
    (folder / "pyproject.toml").write_text(text)
    assert in_force()["sql-dir"][1] == "default: the Arami schema"


def test_what_the_file_names_is_what_commands_use(folder: Path, empty_database: str) -> None:
    (folder / "db" / "migrations").mkdir(parents=True)
    (folder / "db" / "migrations" / "001_a.sql").write_text("create table public.a ();")
    (folder / "db" / "migrations" / "002_b.sql").write_text("alter table public.a add b int;")
    (folder / "arami-db.toml").write_text(OWN)
    assert "001_first" not in run_cli("new", "third").stdout
    assert (folder / "db" / "migrations" / "003_third.sql").is_file()
    (folder / "db" / "migrations" / "003_third.sql").unlink()
    assert run_json("status", "-d", empty_database)["counts"] == {"pending": 2}
    run_cli("migrate", "-d", empty_database, "--target", "1")
    with psycopg.connect(empty_database) as blocker:
        blocker.execute("lock table public.a in access exclusive mode")
        run = run_json("migrate", "-d", empty_database, "--retries", "0", expect=1)
    assert run["error"]["sqlstate"] == "55P03"  # without the file's limit it waits 3 s, and with 0
    (folder / "arami-db.toml").unlink()
    found = run_json("status", "-d", empty_database, ARAMI_SQL_DIR=str(folder / "db"))
    assert found["counts"]["applied"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('sql-dir = ""', "arami-db.toml: sql-dir must be a text that is not empty"),
        ("sql-dir = 3", "arami-db.toml: sql-dir must be a text that is not empty"),
        ('lock-timeout = "soon"', "arami-db.toml: lock-timeout: 'soon' is not a duration"),
        ("lock-wait = true", "arami-db.toml: lock-wait must be a text that is not empty"),
        ("lock-wait = -1", "arami-db.toml: lock-wait: '-1' is not a duration"),
        ('sql_dir = "db"', "arami-db.toml: unknown key 'sql_dir'"),
        ("sql-dir", "arami-db.toml: is not TOML"),
        ("first-version = true", "arami-db.toml: first-version is not a version"),
    ],
)
def test_what_is_wrong_in_a_file_is_a_usage_error(text: str, said: str, folder: Path) -> None:
    (folder / "arami-db.toml").write_text(text)
    for command in ("config", "status", "migrate"):
        error = run_json(command, "-d", "host=/nowhere dbname=x", expect=2)["error"]
        assert error["message"].startswith(said)


# --- which database -----------------------------------------------------------------------------

SERVICES = "[prod]\nhost=db.example.com\nport=6543\nuser=owner\npassword=geheim\n"


def test_the_parts_of_a_database_are_shown_with_their_sources(folder: Path) -> None:
    url = "postgresql://owner:geheim@h1:5433/arami?application_name=x"
    by_option = in_force("-d", url)
    assert by_option["host"] == ("h1", "--database")
    assert by_option["port"] == ("5433", "--database")
    assert by_option["dbname"] == ("arami", "--database")
    assert by_option["user"] == ("owner", "--database")
    assert by_option["password"] == ("***", "--database")
    assert by_option["application_name"] == ("x", "--database")
    assert in_force(DATABASE_URL=url)["host"] == ("h1", "DATABASE_URL")
    libpq = in_force(PGHOST="h2", PGUSER="me", PGPASSWORD="geheim", PGSSLMODE="require")
    assert libpq["host"] == ("h2", "PGHOST")
    assert libpq["user"] == ("me", "PGUSER")
    assert libpq["password"] == ("***", "PGPASSWORD")
    assert libpq["sslmode"] == ("require", "PGSSLMODE")
    assert libpq["port"] == ("5432", "default")
    assert libpq["dbname"] == (None, "default: the name of the user")
    assert in_force(PGHOST="h2", PGDATABASE="d", PGPORT="1")["port"] == ("1", "PGPORT")


def test_a_service_is_read_and_outranks_other_variables(folder: Path) -> None:
    file = folder / "services"
    file.write_text(SERVICES)
    for found in (
        in_force("-d", "service=prod dbname=arami", PGSERVICEFILE=str(file), PGHOST="other"),
        in_force(PGSERVICE="prod", PGSERVICEFILE=str(file), PGHOST="other"),
    ):
        assert found["host"] == ("db.example.com", "service prod")
        assert found["port"] == ("6543", "service prod")
        assert found["password"] == ("***", "service prod")
    assert found["service"] == ("prod", "PGSERVICE")


def test_a_service_that_is_not_there_is_said_to_be_missing(folder: Path) -> None:
    found = in_force(PGSERVICE="nope", PGSERVICEFILE=str(folder / "services"))
    assert found["service"] == ("nope", "PGSERVICE; it is not in the service file")


def test_a_name_that_commands_refuse_is_refused_alike(folder: Path) -> None:
    for words in (("-d", ""), ("-d", "dbname=x", "--embedded"), ("-d", "x")):
        refused = [run_json(command, *words, expect=2)["error"] for command in ("config", "wait")]
        assert refused[0] == refused[1]


def test_no_secret_is_printed_in_any_form(folder: Path) -> None:
    (folder / "services").write_text(SERVICES)
    given = (
        ("-d", "postgresql://u:geheim@h/d"),
        ("-d", "host=h password=geheim sslpassword=geheim scram_client_key=geheim"),
        ("-d", "service=prod"),
        (),
    )
    for arguments in given:
        for form in ("text", "json"):
            out = run_cli(
                "config",
                *arguments,
                "--format",
                form,
                PGPASSWORD="geheim",
                PGHOST="h",
                PGSERVICEFILE=str(folder / "services"),
            )
            assert "***" in out.stdout
            assert "geheim" not in out.stdout + out.stderr


def test_no_database_and_the_embedded_one_are_said_and_nothing_is_started(folder: Path) -> None:
    value, source = in_force()["database"]
    assert value is None
    assert "DATABASE_URL" in source
    home = str(folder / "data")
    value, source = in_force("--embedded", XDG_DATA_HOME=home)["database"]
    assert str(value).startswith("embedded server in ")
    assert source == "--embedded"
    assert in_force(DATABASE_URL="embedded")["database"][1] == "DATABASE_URL"
    assert not Path(home).exists()


# --- quiet and verbose --------------------------------------------------------------------------

TREE = {
    "migrations/001_a.sql": "create table public.a (id int);\n\n  insert into a\n  values (1);\n",
    "views/001_v.sql": "create or replace view public.v as select id from public.a;\n",
    "seeds/001_s.sql": "insert into public.a values (2);\n",
}


@pytest.mark.parametrize("before", [True, False], ids=["before the command", "after it"])
def test_quiet_writes_data_and_errors_only(
    before: bool, empty_database: str, project: Project
) -> None:
    root = project(TREE)

    def quietly(command: str, *more: str, expect: int = 0) -> tuple[str, str]:
        words = ("--quiet", command) if before else (command, "-q")
        run = run_cli(*words, "-d", empty_database, "--sql-dir", str(root), *more, expect=expect)
        return run.stdout, run.stderr

    assert quietly("migrate") == ("", "")
    assert quietly("seed") == ("", "")
    out, err = quietly("status")
    assert "applied  migrations/001_a" in out
    assert err == ""
    project({"migrations/002_b.sql": "select nonsense;"})
    out, err = quietly("migrate", "--dry-run")
    assert "select nonsense;" in out
    assert err == ""
    out, err = quietly("migrate", expect=1)
    assert out == ""
    assert err.startswith("error: migrations/002_b.sql:1:8: ")
    assert json.loads(quietly("migrate", "--format", "json", expect=1)[0])["error"]


def test_verbose_names_each_statement_with_its_time(empty_database: str, project: Project) -> None:
    root = project(TREE)
    named = ("-d", empty_database, "--sql-dir", str(root))
    said = run_cli("migrate", "-v", *named).stderr
    for place, statement in (
        ("migrations/001_a.sql:1:1", "create table public.a (id int)"),
        ("migrations/001_a.sql:3:3", "insert into a values (1)"),
        ("views/001_v.sql:1:1", "create or replace view public.v as select id from public.a"),
    ):
        line = rf"(?m)^ *[\d.]+ m?s  {re.escape(f'{place}  {statement}')}$"
        assert len(re.findall(line, said)) == 1
    project({"views/001_v.sql": "create or replace view public.v as select 1 as other;\n"})
    assert "views/001_v.sql:1:1  create" in run_cli("--verbose", "migrate", *named).stderr
    assert "seeds/001_s.sql:1:1  insert" in run_cli("seed", "--verbose", *named).stderr


# --- help, undo, typos --------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["", "migrate", "archive", "archive restore", "embedded"])
def test_h_is_help(command: str) -> None:
    short, long = (run_cli(*command.split(), form).stdout for form in ("-h", "--help"))
    assert short == long
    assert "-h, --help" in short


@pytest.mark.parametrize("name", ["rollback", "down", "undo", "revert"])
@pytest.mark.parametrize("more", [(), ("--steps", "1"), ("-1",), ("20240101",), ("--help",)])
def test_who_wants_to_undo_is_told_how(name: str, more: tuple[str, ...]) -> None:
    said = run_cli(name, *more, expect=2).stderr
    assert said.startswith(f"error: there is no {name}: ")
    assert max(map(len, said.splitlines())) <= 80
    for way in ("arami-db new ", "restore a backup", "arami-db embedded destroy"):
        assert way in said
    error: dict[str, Any] = run_json(name, *more, expect=2)["error"]
    assert error["exit_code"] == 2
    assert "arami-db new " in error["hint"]


def test_what_cannot_be_undone_is_no_command_of_the_help() -> None:
    assert "rollback" not in run_cli("--help").stdout


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("migrat", "migrate"), ("stats", "status"), ("archive restor", "restore")],
)
def test_a_typo_is_answered_with_the_closest_command(typed: str, meant: str) -> None:
    assert f"Did you mean '{meant}'" in run_cli(*typed.split(), expect=2).stderr
    error = run_json(*typed.split(), expect=2)["error"]
    assert f"Did you mean '{meant}'" in error["message"]
