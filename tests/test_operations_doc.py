"""docs/operations.md: every block of it does what the page says."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.archive_runs import batches, execute, fill, moved, runs, state
from tests.conftest import (
    BOB,
    VACUUM_REFUSED,
    clean_environment,
    rows,
    run_cli,
    run_json,
    run_shell,
    scalar,
)

PAGE = (Path(__file__).parents[1] / "docs" / "operations.md").read_text(encoding="utf-8")
ARCHIVE = "arami-db archive --max-duration 3h --vacuum"


def blocks(language: str) -> list[str]:
    """The page's code blocks in a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def shell(command: str, conninfo: str, expect: int = 0) -> str:
    """Run a command as a scheduler would, with the database in the environment; what it prints."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = clean_environment(DATABASE_URL=conninfo, PATH=path)
    return run_shell(command, environment, expect=expect).stdout


@contextmanager
def archivist(conninfo: str, *, maintainer: bool = False) -> Iterator[str]:
    """Connect as the role the page creates, under a name nobody else uses."""
    name, password = f"archivist_{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
    grants = [block for block in blocks("sql") if "arami_archivist" in block]
    assert len(grants) == 2
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for block in grants if maintainer else grants[:1]:
            connection.execute(block.replace("arami_archivist", name).encode())
        connection.execute(f"alter role {name} password '{password}'")
        yield make_conninfo(conninfo, user=name, password=password)
        connection.execute(f"drop owned by {name}; drop role {name}")


def has_maintain(conninfo: str) -> bool:
    """Whether the server has the role that may vacuum: since Postgres 17."""
    return bool(scalar(conninfo, "select current_setting('server_version_num')::int >= 170000"))


def test_the_role_of_the_page_archives_restores_and_reads_the_history(database: str) -> None:
    fill(database, 40)
    execute(database, "update public.users set name = 'Alice'")
    with archivist(database) as conninfo:
        assert run_json("archive", "--dry-run", "-d", conninfo)["sessions"] == 40
        assert run_json("archive", "-d", conninfo)["sessions"] == 40
        assert state(database) == moved(40, of=40)
        assert run_json("archive", "restore", "--all", "-d", conninfo)["sessions"] == 40
        assert state(database) == moved(0, of=40)
        assert len(run_json("archive", "history", "-d", conninfo)["runs"]) == 2
        # The change log takes a move by any role for no change.
        assert (
            scalar(database, "select count(*) from audit.change_log where table_name <> 'users'")
            == 0
        )
        # It sees the lag of replicas, and is not a superuser.
        assert scalar(conninfo, "select pg_has_role('pg_monitor', 'member')")
        assert not scalar(conninfo, "select rolsuper from pg_roles where rolname = current_user")


def test_the_role_of_the_page_may_vacuum_only_when_it_says_so(database: str) -> None:
    fill(database, 100)
    with archivist(database) as conninfo:
        result = run_json("archive", "--vacuum", "-d", conninfo, expect=1)
        assert result["sessions"] == 100
        assert len(result["vacuumed"]) == 3
        assert all(VACUUM_REFUSED.search(table["failure"]) for table in result["vacuumed"])
    if not has_maintain(database):
        return
    with archivist(database, maintainer=True) as conninfo:
        result = run_json("archive", "--vacuum", "-d", conninfo)
        assert [table["failure"] for table in result["vacuumed"]] == [None] * 3


def test_the_role_of_the_page_verifies_clean_once_it_is_declared(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with archivist(database, maintainer=has_maintain(database)) as conninfo:
        role = str(conninfo_to_dict(conninfo)["user"])
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        monkeypatch.chdir(tmp_path)
        run_cli("verify", "-d", database, expect=4)
        [declared, _] = blocks("toml")
        Path("arami-db.toml").write_text(declared.replace("arami_archivist", role))
        report = run_json("verify", "-d", database)
        assert (report["findings"], report["stale"]) == ([], [])
        assert len(report["accepted"]) > 10
        execute(database, "grant select on public.users to anon")
        run_cli("verify", "-d", database, expect=4)


def test_the_reader_of_the_page_verifies_clean_once_it_is_declared(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"reader_{uuid.uuid4().hex[:8]}"
    [granted] = [block for block in blocks("sql") if "arami_reader" in block]
    [_, declared] = blocks("toml")
    execute(database, granted.replace("arami_reader", name))
    try:
        execute(database, f"alter role {name} password '{name}'")
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        monkeypatch.chdir(tmp_path)
        Path("arami-db.toml").write_text(declared.replace("arami_reader", name))
        report = run_json("verify", "-d", make_conninfo(database, user=name, password=name))
        assert (report["findings"], report["stale"]) == ([], [])
    finally:
        execute(database, f"drop owned by {name}; drop role {name}")


def test_what_the_page_says_to_writers(database: str) -> None:
    fill(database, 10)
    run_cli("archive", "-d", database)
    assert scalar(database, "select count(earned_from_archived_session_id) from virtue_collection")
    late = "insert into session_analytics (session_id, user_id, metric_name)"
    late += " select id, user_id, 'late' from daily_sessions_archive limit 1"
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        execute(database, late)
    execute(database, late.replace("into session_analytics", "into session_analytics_archive"))


def test_the_record_may_be_cut(database: str) -> None:
    fill(database, 10)
    run_cli("archive", "-d", database)
    execute(database, "update audit.archive_batch set occurred_at = now() - interval '3 years'")
    name = f"keeper_{uuid.uuid4().hex[:8]}"
    execute(database, f"create role {name} login password '{name}'")
    try:
        [granted] = [block for block in blocks("sql") if "retention" in block]
        execute(database, granted.replace("arami_keeper", name))
        [command] = [block for block in blocks("sh") if "retention" in block]
        shell(command, make_conninfo(database, user=name, password=name))
    finally:
        execute(database, f"drop owned by {name}; drop role {name}")
    assert batches(database) == []
    assert runs(database) == [("archive", "done"), ("retention", "done")]


def test_what_it_quotes_is_what_is_said() -> None:
    package = Path(__file__).parents[1] / "arami_db"
    text = "".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    for quote in ("a batch was rolled back: ", "; again with ", "waiting for a lock held by "):
        assert quote in PAGE
        assert quote in text
    waits = "another session waits for rows of a batch"
    for quote in ("others are at work", "cannot be moved", waits):
        assert quote in PAGE
        assert quote in text


def test_every_shell_block_runs_in_order(database: str) -> None:
    fill(database, 40)
    execute(
        database,
        f"insert into public.users (id, name) values ('{BOB}', 'Bob');"
        " insert into public.daily_sessions (id, user_id, session_type, created_at) values"
        f" ('5e551000-0000-4000-8000-000000000001', '{BOB}', 'written_clarity', '2022-05-01')",
    )
    printed = [shell(block, database) for block in blocks("sh")]
    assert "would archive" in printed[0]
    assert "archived 41 sessions" in printed[0]
    assert "would restore" in printed[1]
    assert "restored 40 sessions" in printed[1]
    assert "restored 1 session" in printed[1]
    assert "examined" in printed[2]


def test_what_cron_runs(database: str) -> None:
    fill(database, 40)
    [table] = blocks("cron")
    jobs = [line.split(maxsplit=6) for line in table.splitlines() if line[0].isdigit()]
    assert [job[5] for job in jobs] == ["arami", "arami"]
    assert all(re.fullmatch(r"[\d*/,-]+", field) for job in jobs for field in job[:5])
    assert "%" not in table  # cron's newline
    assert jobs[0][6] == ARCHIVE
    assert "archived 40 sessions" in shell(jobs[0][6], database)
    assert "examined" in shell(jobs[1][6], database)


def test_the_units_of_systemd(tmp_path: Path, database: str) -> None:
    service, timer = blocks("ini")
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment]
    parsed.read_string(service)
    binary, *arguments = shlex.split(parsed["Service"]["ExecStart"])
    assert binary.endswith("/arami-db")
    fill(database, 40)
    assert run_json(*arguments, "-d", database)["sessions"] == 40
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        return
    installed = str(Path(sys.executable).parent / "arami-db")
    (tmp_path / "arami-archive.service").write_text(
        service.replace(binary, installed).replace("User=arami", "User=root")
    )
    (tmp_path / "arami-archive.timer").write_text(timer)
    units = [str(tmp_path / f"arami-archive.{kind}") for kind in ("service", "timer")]
    done = subprocess.run(
        [analyze, "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if "arami-archive" in line]
    assert complaints == []
    [calendar] = re.findall(r"^OnCalendar=(.*)$", timer, re.MULTILINE)
    subprocess.run([analyze, "calendar", calendar], capture_output=True, check=True)


def test_what_kubernetes_runs(database: str) -> None:
    yaml: Any = pytest.importorskip("yaml")
    fill(database, 40)
    [block] = blocks("yaml")
    job = yaml.safe_load(block)
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] >= 60
    [container] = pod["containers"]
    assert container["env"][0]["name"] == "DATABASE_URL"
    dockerfile = (Path(__file__).parents[1] / "Dockerfile").read_text()
    entry = [
        word
        for line in re.findall(r"(?m)^ENTRYPOINT (.*)", dockerfile)
        for word in json.loads(line)
    ]
    assert '"sessions": 40' in shell(shlex.join([*entry, *container["args"]]), database)


def test_what_pg_cron_runs(database: str) -> None:
    """pg_cron itself is not here; a stand-in keeps the command, which then runs as it would."""
    fill(database, 2500, young=10)
    execute(
        database,
        "create schema cron; create table cron.job (schedule text, command text);"
        " create function cron.schedule(job_name text, schedule text, command text)"
        " returns bigint language sql as"
        " $$ insert into cron.job values ($2, $3) returning 1::bigint $$",
    )
    [block] = [block for block in blocks("sql") if "cron.schedule" in block]
    execute(database, block)
    schedule, command = rows(database, "select schedule, command from cron.job")[0]
    assert schedule == "30 2 * * *"
    execute(database, command)
    assert state(database) == moved(2500, of=2500, young=10)
    assert batches(database) == [1000, 1000, 500]
    assert runs(database) == []
    [line] = run_json("archive", "history", "-d", database)["runs"]
    assert (line["run_id"], line["sessions"], line["batches"]) == (None, 2500, 3)


def test_what_pg_cron_says_of_a_job_that_failed(database: str) -> None:
    """pg_cron's own tables are stood in for by their documented columns."""
    execute(
        database,
        "create schema cron; create table cron.job (jobid bigint, jobname text);"
        " create table cron.job_run_details (jobid bigint, runid bigint generated always as"
        " identity, status text, return_message text, start_time timestamptz);"
        " insert into cron.job values (1, 'arami-archive'), (2, 'another')",
    )
    [block] = [block for block in blocks("sql") if "cron.job_run_details" in block]
    alert, failures = block.split(";")[:2]
    assert rows(database, alert) == [(True,)]  # it never ran
    ran = "insert into cron.job_run_details (jobid, status, start_time) values ({}, '{}', {})"
    for job, status, when, expected in (
        (1, "succeeded", "now()", False),
        (2, "failed", "now()", False),
        (1, "failed", "now()", True),
        (1, "running", "now()", False),
        (1, "succeeded", "now() - interval '4 days'", True),
    ):
        execute(database, ran.format(job, status, when))
        assert rows(database, alert) == [(expected,)]
    fill(database, 10)
    execute(
        database,
        "alter table public.daily_sessions_archive add constraint chk_made_here"
        " check (conversation_transcript <> 'session 3') not valid",
    )
    run_cli("archive", "-d", database, expect=1)
    [(kind, sqlstate, _, sessions)] = rows(database, failures)
    assert (kind, sqlstate, sessions) == ("archive", "23514", 1)


def test_what_is_alerted_on(database: str) -> None:
    [block] = [block for block in blocks("sql") if "alert" in block and "cron" not in block]
    bad_runs, overdue = [part for part in block.split(";") if part.strip()]

    def found() -> tuple[int, bool]:
        return len(rows(database, bad_runs)), scalar(database, overdue)

    assert found() == (0, True)
    fill(database, 20)
    run_cli("archive", "-d", database)
    assert found() == (0, False)
    execute(database, "alter table public.daily_sessions add column mood text")
    fill(database, 0, young=1)
    run_cli("archive", "--older-than", "1 minute", "--force", "-d", database, expect=1)
    assert found() == (1, False)
    execute(
        database,
        "update audit.archive_run set started_at = started_at - interval '7 hours',"
        " finished_at = null, outcome = null where outcome = 'failed'",
    )
    assert found() == (1, False)
    execute(
        database,
        "update audit.archive_run set started_at = started_at - interval '4 days',"
        " finished_at = finished_at - interval '4 days'",
    )
    assert found() == (0, True)


def test_the_exit_codes_of_the_page_are_the_ones_there_are() -> None:
    from arami_db import errors

    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    classes = (errors.BatchError, errors.UsageError, errors.PendingError, errors.LockBusyError)
    assert listed == {0, 130, *(cls.exit_code for cls in (*classes, errors.ConnectionFailedError))}
