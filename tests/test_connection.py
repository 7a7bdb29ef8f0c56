"""Naming a database in every way libpq knows, and the command line around it."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from typer.main import get_command

from arami_db import embedded
from arami_db.cli import build

from .conftest import clean_environment, run_cli, run_json, start_cli

REMOTE = "127.0.0.1"


@pytest.fixture
def parameters(database: str) -> dict[str, str]:
    """The parameters of a migrated database."""
    return {key: str(value) for key, value in conninfo_to_dict(database).items()}


def variables(parameters: dict[str, str], *names: str) -> dict[str, str]:
    """Parameters as libpq's environment variables."""
    known = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
    known["password"] = "PGPASSWORD"  # noqa: S105
    return {
        known[key]: value
        for key, value in parameters.items()
        if key in known and (not names or key in names)
    }


def url(parameters: dict[str, str]) -> str:
    """Parameters as a URL."""
    pairs = "&".join(f"{key}={quote(value, safe='')}" for key, value in parameters.items())
    return f"postgresql://?{pairs}"


def require_migrated(found: Any) -> None:
    """The status is of the migrated database."""
    assert set(found["counts"]) == {"applied"}


def test_an_option_takes_pairs_and_a_url(database: str, parameters: dict[str, str]) -> None:
    require_migrated(run_json("status", "--database", database))
    require_migrated(run_json("status", "-d", url(parameters)))
    require_migrated(
        run_json("status", "-d", url(parameters).replace("postgresql://", "postgres://"))
    )


def test_the_environment_names_a_url(parameters: dict[str, str]) -> None:
    require_migrated(run_json("status", DATABASE_URL=url(parameters)))


def test_the_environment_names_pairs(database: str) -> None:
    require_migrated(run_json("status", DATABASE_URL=database))


def test_the_variables_of_libpq_name_a_database(parameters: dict[str, str]) -> None:
    require_migrated(run_json("status", expect=0, **variables(parameters)))


def test_an_option_wins_over_the_environment(database: str) -> None:
    nowhere = f"postgresql://{REMOTE}:1/d"
    require_migrated(run_json("status", "-d", database, DATABASE_URL=nowhere))
    run_cli("status", "-d", nowhere, expect=7, DATABASE_URL=database)


def test_database_url_wins_over_the_variables_of_libpq(database: str) -> None:
    found = run_json("status", DATABASE_URL=database, PGDATABASE="nowhere", PGHOST=REMOTE)
    require_migrated(found)


def test_the_variables_fill_what_a_url_leaves_out(parameters: dict[str, str]) -> None:
    rest = variables(parameters, "host", "port", "user", "password")
    require_migrated(
        run_json("status", "-d", f"postgresql:///{parameters['dbname']}", expect=0, **rest)
    )


def test_an_empty_database_url_is_none(parameters: dict[str, str]) -> None:
    require_migrated(run_json("status", expect=0, DATABASE_URL="", **variables(parameters)))


@pytest.fixture
def service_file(parameters: dict[str, str], tmp_path: Path) -> str:
    """A service file with a service named here."""
    path = tmp_path / "services.conf"
    lines = [f"{key}={value}" for key, value in parameters.items()]
    path.write_text("\n".join(["[here]", *lines, ""]), encoding="utf-8")
    return str(path)


def test_a_service_names_a_database(service_file: str) -> None:
    require_migrated(run_json("status", PGSERVICE="here", PGSERVICEFILE=service_file))
    require_migrated(run_json("status", "-d", "service=here", PGSERVICEFILE=service_file))


def test_an_unknown_service_is_told_in_words(service_file: str) -> None:
    process = start_cli("status", "-d", "service=there", PGSERVICEFILE=service_file)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "there" in stderr
    assert "Traceback" not in stderr


@pytest.fixture(scope="module")
def tcp() -> Iterator[dict[str, str]]:
    """A server that asks for a password: its parameters, as of its URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    root = Path(tempfile.mkdtemp(prefix="arami-test-"))
    root.chmod(0o711)
    found = embedded.start(root=root, tcp_port=port, durable=False)
    yield {key: str(value) for key, value in conninfo_to_dict(found.url).items()}
    embedded.destroy(root=root)
    shutil.rmtree(root, ignore_errors=True)


def without_password(tcp: dict[str, str]) -> str:
    """The name of the server's database, without its password."""
    return make_conninfo("", **{key: value for key, value in tcp.items() if key != "password"})


def test_a_password_file_is_used(tcp: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "pgpass"
    path.write_text(f"{tcp['host']}:{tcp['port']}:*:*:{tcp['password']}\n", encoding="utf-8")
    path.chmod(0o600)
    run_cli("wait", "-d", without_password(tcp), PGPASSFILE=str(path))
    run_cli("status", "-d", without_password(tcp), PGPASSFILE=str(path))
    run_cli("status", "-d", without_password(tcp), HOME=str(tmp_path), expect=7)
    path.rename(tmp_path / ".pgpass")
    run_cli("status", "-d", without_password(tcp), HOME=str(tmp_path))


def test_a_password_of_the_environment_or_url_is_used(tcp: dict[str, str]) -> None:
    run_cli("status", "-d", without_password(tcp), PGPASSWORD=tcp["password"])
    run_cli("status", DATABASE_URL=url(tcp))


def test_a_wrong_or_missing_password_is_told_and_never_shown(
    tcp: dict[str, str], tmp_path: Path
) -> None:
    wrong = "n0t-the-password"
    named = make_conninfo("", **{**tcp, "password": wrong})
    for result in (
        run_cli("status", "-d", named, expect=7),
        run_cli("migrate", "-d", without_password(tcp), PGPASSWORD=wrong, expect=7),
        run_cli("seed", "-d", without_password(tcp), HOME=str(tmp_path), expect=7),
        run_cli("wait", "-d", named, "--timeout", "300ms", expect=7),
    ):
        assert wrong not in result.stdout + result.stderr
        assert "password" in result.stderr
        assert "Traceback" not in result.stderr
    assert "PGPASSWORD" in run_cli("status", "-d", named, expect=7).stderr


# --- naming nothing, or too much ----------------------------------------------------------------

COMMANDS = [
    ["migrate"],
    ["status"],
    ["seed"],
    ["baseline", "1"],
    ["repair", "--accept", "1"],
    ["wait"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_naming_no_database_is_told_in_two_lines(command: list[str]) -> None:
    result = run_cli(*command, expect=2)
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 2
    assert "--database" in lines[0]
    assert "DATABASE_URL" in lines[0]
    assert "--embedded" in lines[1]
    assert result.stdout == ""


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_naming_two_databases_is_refused(command: list[str]) -> None:
    result = run_cli(*command, "-d", "postgresql://here/x", "--embedded", expect=2)
    assert "--database and --embedded" in result.stderr


def test_a_name_alone_is_told_how_to_be_written() -> None:
    result = run_cli("status", "-d", "mydb", expect=2)
    assert "postgresql://user@host:5432/mydb" in result.stderr
    assert "dbname=mydb" in result.stderr


def test_a_server_that_is_not_there_is_exit_7_with_a_way_out() -> None:
    for command in ("migrate", "status", "seed"):
        error = run_json(command, "-d", f"host={REMOTE} port=1 dbname=d", expect=7)["error"]
        assert error["exit_code"] == 7
        assert "arami-db wait" in error["hint"]


@pytest.mark.parametrize(
    "args",
    [
        ["nonsense"],
        ["migrate", "--nonsense"],
        ["migrate", "--lock-timeout", "soon"],
        ["migrate", "--lock-timeout", "-1s"],
        ["migrate", "--lock-wait", "1 day"],
        ["migrate", "--retries", "-1"],
        ["migrate", "--target", "x"],
        ["status", "--format", "yaml"],
        ["new"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_exit_2(args: list[str]) -> None:
    result = run_cli(*args, expect=2)
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("value", ["0", "0.5ms", "1h", "2000h", "9999999999s"])
def test_any_lock_timeout_that_can_be_written_works(
    value: str, empty_database: str, tmp_path: Path
) -> None:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations/001_a.sql").write_text(
        "create table a as select current_setting('lock_timeout') as t"
    )
    args = ["migrate", "-d", empty_database, "--sql-dir", str(tmp_path), "--lock-timeout", value]
    process = start_cli(*args)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode in {0, 2}, stdout + stderr
    if process.returncode == 0:
        with psycopg.connect(empty_database) as connection:
            row = connection.execute("select t from a").fetchone()
        assert row is not None
        assert (row[0] == "0") == (value == "0")


# --- help ---------------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, ...]]:
    """Every command that help lists, as words."""
    stack: list[tuple[tuple[str, ...], Any]] = [((), get_command(build([])))]
    while stack:
        words, command = stack.pop()
        children = getattr(command, "commands", None)
        if children is None:
            yield words
            continue
        stack += [((*words, name), child) for name, child in children.items() if not child.hidden]


@pytest.mark.parametrize("words", sorted(commands()), ids=" ".join)
def test_the_help_of_every_command_shows_an_example(words: tuple[str, ...]) -> None:
    result = run_cli(*words, "--help")
    assert "Examples:" in result.stdout
    assert f"arami-db {' '.join(words)}" in result.stdout


def test_no_color_and_a_pipe_mean_no_escape_codes(database: str) -> None:
    for extra in ({"NO_COLOR": "1"}, {"NO_COLOR": "", "TERM": "xterm-256color"}):
        for args in (["status", "-d", database], ["migrate", "--help"], ["status", "--nonsense"]):
            process = start_cli(*args, **extra)
            stdout, stderr = process.communicate(timeout=60)
            assert "\x1b" not in stdout + stderr


def test_the_version_is_printed() -> None:
    from arami_db import __version__

    assert run_cli("--version").stdout.strip() == f"arami-db {__version__}"


def test_the_environment_of_these_tests_names_no_database() -> None:
    assert not [name for name in clean_environment() if name.startswith("PG")]


def test_a_url_whose_password_holds_an_at_is_refused_and_not_shown() -> None:
    run = run_cli("status", "-d", "postgresql://u:sek@ret/sekret2@localhost/x", expect=2)
    assert "ret" not in run.stderr.replace("there is an @ in its host", "").split("hint")[0]


def test_a_short_password_is_not_told_by_what_is_missing_in_other_words() -> None:
    run = run_cli("status", "-d", "postgresql://u:r@127.0.0.1:1/x", expect=7)
    assert "***" not in run.stderr
