"""One real server a session, one clone of a migrated template a test, the CLI as a process."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import hypothesis
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pytest_postgresql.janitor import DatabaseJanitor

from arami_db import embedded
from tests import warm

# Started in the background, a shell makes us ignore SIGINT, and nohup SIGHUP; and so does every
# process that we start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _has_room(folder: str, gigabytes: int = 8) -> bool:
    """Whether programs run from a folder, and so much is free there."""
    if not os.path.isdir(folder):
        return False
    found = os.statvfs(folder)
    runs = not found.f_flag & os.ST_NOEXEC
    return runs and found.f_bavail * found.f_frsize > gigabytes << 30


# A clone of a database is a thousand files: on a disk it takes five times as long as in memory.
if "TMPDIR" not in os.environ and _has_room("/dev/shm"):  # noqa: S108
    os.environ["TMPDIR"] = tempfile.tempdir = "/dev/shm"  # noqa: S108

# No test is about seconds; all else stays as hypothesis has it, which in CI is other than here.
hypothesis.settings.register_profile("unhurried", parent=hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("unhurried")

# `make matrix` sets it: each command starts Python again, and nothing is only sampled.
WHOLE = "ARAMI_TEST_WHOLE" in os.environ
LIMIT = 120  # seconds after which a hung command fails its test
# What the server says to who may not vacuum a table: since Postgres 16, and before.
VACUUM_REFUSED = re.compile("permission denied|only .*owner")
ALICE, BOB = "a11ce000-0000-4000-8000-000000000001", "b0b00000-0000-4000-8000-000000000002"

Run = subprocess.CompletedProcess[str]
Process = subprocess.Popen[str]


def missing(what: str) -> NoReturn:
    """Skip a test for want of something; where CI is set, fail it, since .ci/run installs all."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must not go without {what}", pytrace=False)
    pytest.skip(f"needs {what}")


@pytest.fixture(scope="session")
def server() -> Iterator[dict[str, str]]:
    """Connection parameters of a superuser: $ARAMI_TEST_SERVER, or an embedded server made here."""
    if named := os.environ.get("ARAMI_TEST_SERVER"):
        yield {key: str(value) for key, value in conninfo_to_dict(named).items()}
        return
    root = Path(tempfile.mkdtemp(prefix="arami-test-"))
    root.chmod(0o711)  # the server's account, when root runs the tests, must get in
    found = embedded.start(root=root, durable=False)
    yield {key: str(value) for key, value in conninfo_to_dict(found.conninfo).items()}
    embedded.destroy(root=root)
    shutil.rmtree(root, ignore_errors=True)


@contextmanager
def made(server: dict[str, str], template: str | None = None) -> Iterator[str]:
    """A database under a name nobody else uses, as a connection string.

    It is copied file by file, which takes a third of the time that the write-ahead log takes.
    """
    name = f"test_{uuid.uuid4().hex[:12]}"
    source = f"template {template}" if template else ""
    _execute(server, f"create database {name} {source} strategy file_copy")
    try:
        yield make_conninfo("", **{**server, "dbname": name})
    finally:
        _execute(server, f"drop database if exists {name} with (force)")


def _execute(server: dict[str, str], statement: str) -> None:
    """Run a statement in the server's own database."""
    own = make_conninfo("", **{**server, "dbname": "postgres"})
    with psycopg.connect(own, autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.fixture
def empty_database(server: dict[str, str]) -> Iterator[str]:
    """A database with nothing in it."""
    with made(server) as conninfo:
        yield conninfo


@pytest.fixture(scope="session")
def template(server: dict[str, str]) -> Iterator[str]:
    """The name of a database migrated once, for cloning."""
    janitor = DatabaseJanitor(
        user=server.get("user", "postgres"),
        host=server["host"],
        port=server.get("port", "5432"),
        password=server.get("password"),
        version=None,
        dbname=f"template_{uuid.uuid4().hex[:12]}",
    )
    with janitor:
        run_cli("migrate", "--database", make_conninfo("", **{**server, "dbname": janitor.dbname}))
        yield janitor.dbname


@pytest.fixture
def database(server: dict[str, str], template: str) -> Iterator[str]:
    """A migrated database of the test's own."""
    with made(server, template) as conninfo:
        yield conninfo


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection[Any]]:
    """A superuser's connection to the migrated database, in autocommit."""
    with psycopg.connect(database, autocommit=True) as opened:
        yield opened


def rows(conninfo: str, query: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of a query, on a connection of its own."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        return connection.execute(query.encode(), values or None).fetchall()


def scalar(conninfo: str, query: str, *values: object) -> Any:
    """The first value of a query; None when there is none."""
    found = rows(conninfo, query, *values)
    return found[0][0] if found else None


def eventually(what: str, found: Callable[[], Any]) -> Any:
    """Poll until something is found."""
    deadline = time.monotonic() + LIMIT / 2
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.02)
    raise AssertionError(f"never happened: {what}")


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment without anything that names a database, and without make's own."""
    named = ("PG", "MAKE", "MFLAGS", "DATABASE_URL", "ARAMI_SQL_DIR")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(named)}
    return {**kept, "NO_COLOR": "1", "COLUMNS": "100", **extra}


def start_cli(*args: str, **extra: str) -> Process:
    """Start `arami-db ARGS` as a process; extra environment variables by name."""
    return start_cli_in(None, *args, **extra)


def start_cli_in(folder: Path | None, *args: str, **extra: str) -> Process:
    """Start `arami-db ARGS` as a process with that working directory, or this one."""
    if folder is not None:  # what is tested is what lies here, not what is installed
        extra = {"PYTHONPATH": str(Path(__file__).parents[1]), **extra}
    return subprocess.Popen(
        [sys.executable, "-m", "arami_db", *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=clean_environment(**extra),
    )


def end(process: Process, expect: int = 0) -> Run:
    """Wait for a process and require its exit code."""
    stdout, stderr = process.communicate(timeout=LIMIT)
    told = f"{process.args!r} exited {process.returncode}\n{stdout}\n{stderr}"
    assert process.returncode == expect, told
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def run_shell(
    block: str,
    environment: dict[str, str],
    folder: Path | None = None,
    *,
    given: str | None = None,
    expect: int = 0,
) -> Run:
    """Run a block of commands in bash, as a page has it, and require its exit code."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=folder,
        env=environment,
        input=given,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == expect, f"{block}\n{done.stdout}\n{done.stderr}"
    return done


def read_terminal(ours: int) -> bytes:
    """All that is written to a terminal, up to when nobody has its other end open any more."""
    said = b""
    with suppress(OSError):  # the other end has closed
        while piece := os.read(ours, 4096):
            said += piece
    os.close(ours)
    return said


def run_cli(*args: str, expect: int = 0, **extra: str) -> Run:
    """Run `arami-db ARGS` to its end and require an exit code."""
    if WHOLE or any(name.startswith(warm.SETTLED) for name in extra):
        return end(start_cli(*args, **extra), expect)
    done = warm.run([*args], clean_environment(**extra), LIMIT)
    told = f"{args!r} exited {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert done.returncode == expect, told
    return done


def run_json(*args: str, expect: int = 0, **extra: str) -> Any:
    """Run a command with --format json and parse what it prints."""
    return json.loads(run_cli(*args, "--format", "json", expect=expect, **extra).stdout)


def unfolded(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The findings of a report in JSON, with what follows from each."""
    return [one for f in findings for one in (f, *unfolded(f["consequences"]))]


@pytest.fixture
def project(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Write a SQL directory: a mapping of relative path to text; call again to add or change."""

    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / "sql" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path / "sql"

    return write


@contextmanager
def acting_as(
    connection: psycopg.Connection[Any], role: str, user: str | None = None
) -> Iterator[psycopg.Connection[Any]]:
    """Be an API role, signed in as a user or not, in a transaction that is rolled back.

    The claims are set as PostgREST sets them, in request.jwt.claims.
    """
    with connection.transaction(force_rollback=True):
        claims = json.dumps({"sub": user, "role": role}) if user else ""
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        connection.execute(f"set local role {role}")
        yield connection
