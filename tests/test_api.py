"""What programs call: arami_db.migrate and arami_db.verify, as docs/python.md says."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

import arami_db
from arami_db import Finding, MigrateOptions, MigrateResult, Severity, VerifyReport, errors
from arami_db.files import packaged_sql_dir
from tests.conftest import clean_environment, made, run_cli, scalar

PAGE = (Path(__file__).parents[1] / "docs" / "python.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[:2]


def run_python(code: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=clean_environment(**extra),
    )


def test_the_programs_of_the_page_run(empty_database: str) -> None:
    first = run_python(PROGRAMS[0], DATABASE_URL=empty_database).stdout.splitlines()
    assert re.fullmatch(r"migrations/001_foundation \d+ statements", first[0])
    assert first[-1] == "0 files were there already"
    second = run_python(PROGRAMS[1])
    assert re.fullmatch(r"7 \S.*\n", second.stdout)


def test_a_program_migrates_and_verifies_as_the_commands_do(
    empty_database: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "arami_db")
    result = arami_db.migrate(empty_database)
    assert isinstance(result, MigrateResult)
    wanted = [
        f"{folder}/{path.stem}"
        for folder in ("migrations", "views")
        for path in sorted((packaged_sql_dir() / folder).glob("*.sql"))
    ]
    applied = [one.file.title for one in result.applied if one.file.kind != "stub"]
    assert applied == wanted
    assert [one.getMessage().split()[1] for one in caplog.records if "applied" in one.msg][
        -len(wanted) :
    ] == wanted
    assert arami_db.migrate(empty_database).in_place == len(wanted)
    report = arami_db.verify(empty_database)
    assert isinstance(report, VerifyReport)
    assert report.findings == ()
    assert "nothing to do" in run_cli("migrate", "-d", empty_database).stdout
    assert capfd.readouterr() == ("", "")


def test_what_is_wrong_is_found_and_may_be_ignored(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("alter table users disable row level security")
    [finding] = arami_db.verify(database).findings
    assert isinstance(finding, Finding)
    assert finding.severity is Severity.SECURITY
    assert finding.remedy == "alter table public.users enable row level security;"
    everything = arami_db.verify(database, ignore=["*"], prove_rls=True)
    assert everything.findings == ()
    assert everything.checked["attempts"] > 100


def test_options_and_a_project_are_as_on_the_command_line(
    empty_database: str, project: Callable[[dict[str, str]], Path], tmp_path: Path
) -> None:
    project({f"migrations/00{n}_t{n}.sql": f"create table t{n} (id int);" for n in (5, 6)})
    (tmp_path / "arami-db.toml").write_text('sql-dir = "sql"\nfirst-version = 5\n')
    with pytest.raises(errors.RefusedFileError, match="1 to 4 are missing"):
        arami_db.migrate(empty_database, sql_dir=tmp_path / "sql")
    first = arami_db.migrate(
        empty_database, project=tmp_path, options=MigrateOptions(target=5, lock_timeout=1)
    )
    assert ([one.file.version for one in first.applied], first.held_back) == ([5], 1)
    assert len(arami_db.migrate(empty_database, project=str(tmp_path)).applied) == 1


def test_every_error_is_one_class_and_says_the_way_out(
    empty_database: str, project: Callable[[dict[str, str]], Path], server: dict[str, str]
) -> None:
    broken = project({"migrations/001_a.sql": "create table a (id int);\nselect nothing;"})
    with pytest.raises(errors.StatementError, match=r"001_a\.sql:2:8: .*nothing"):
        arami_db.migrate(empty_database, sql_dir=broken)
    assert scalar(empty_database, "select to_regclass('a')") is None
    for wrong in ("", "  ", "arami", "mysql://x/y"):
        with pytest.raises(errors.UsageError, match="conninfo") as refused:
            arami_db.migrate(wrong)
        assert refused.value.hint
    with pytest.raises(errors.ConnectionFailedError) as unreachable:
        arami_db.verify("postgresql://nobody:geheim@127.0.0.1:1/nowhere")
    assert "geheim" not in f"{unreachable.value}{unreachable.value.hint}"
    with made(server) as slow, psycopg.connect(slow, autocommit=True) as admin:
        admin.execute(f"alter database {admin.info.dbname} set statement_timeout = '1ms'".encode())
        with pytest.raises(arami_db.AramiError) as cut:
            arami_db.verify(slow)
        assert not isinstance(cut.value, psycopg.Error)


def test_importing_the_package_loads_no_driver_and_tells_its_names() -> None:
    code = "import sys, arami_db; print('psycopg' in sys.modules, *dir(arami_db))"
    loaded, *names = run_python(code).stdout.split()
    assert loaded == "False"
    assert set(arami_db.__all__) <= set(names)
    assert all(getattr(arami_db, name) is not None for name in arami_db.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        _ = arami_db.nothing  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["migrate", "verify"])
def test_no_module_ever_takes_the_place_of_a_function(name: str) -> None:
    code = f"import arami_db, arami_db.cli.{name}, arami_db.api; print(callable(arami_db.{name}))"
    assert run_python(code).stdout == "True\n"
    assert not hasattr(getattr(arami_db, name), "__path__")
