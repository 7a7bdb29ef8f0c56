"""What other systems run us by: pre-commit's hooks, the GitHub Action, the image, completion."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from tests.conftest import clean_environment, run_shell

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
WORKFLOW, HOOKS, GITLAB = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """The environment of a job: an empty home, and this very code as arami-db on the PATH."""
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    program = home / "bin" / "arami-db"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nfrom arami_db.__main__ import main\n"
        "sys.argv[0] = 'arami-db'\nmain()\n"
    )
    program.chmod(0o755)
    path = os.pathsep.join([str(program.parent), str(BIN), os.environ["PATH"]])
    plain = clean_environment(HOME=str(home), PATH=path, PYTHONPATH=str(ROOT))
    theirs = {key: value for key, value in plain.items() if not key.startswith("GIT_")}
    return {**theirs, "GIT_CONFIG_GLOBAL": os.devnull, "PRE_COMMIT_HOME": str(home / "cache")}


def test_the_pipeline_of_the_page_runs(database: str, shell: dict[str, str]) -> None:
    [block] = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    done = run_shell(block, {**shell, "DATABASE_URL": database}, ROOT)
    assert "nothing to do" in done.stdout


@pytest.fixture
def repository(tmp_path: Path, shell: dict[str, str]) -> Path:
    """A project in git, with our hooks as the page has them, run by what is on the PATH."""
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "sql", folder / "sql")
    shutil.copy(ROOT / "docs" / "ci.md", folder)
    named = {
        hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    }
    config = yaml.safe_load(HOOKS)
    [repo] = config["repos"]
    # Installing the package is what tests/test_wheel.py does; all else is the hook's own.
    system = {"language": "system", "additional_dependencies": []}
    repo["hooks"] = [{**named[hook["id"]], **system, "args": []} for hook in repo["hooks"]]
    repo["repo"] = "local"
    del repo["rev"]
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    (folder / "arami-db.toml").write_text('sql-dir = "sql"\n')
    run_shell("git init -q && git add -A", shell, folder)
    return folder


def test_the_hooks_stop_what_they_are_for(
    repository: Path, database: str, shell: dict[str, str]
) -> None:
    environment = {**shell, "DATABASE_URL": database}

    def hooks(expect: int = 0) -> str:
        run_shell("git add -A", environment, repository)
        return run_shell("pre-commit run", environment, repository, expect=expect).stdout

    commit = "git -c user.name=a -c user.email=a@example.com commit -qm all"
    said = hooks()
    assert re.findall(r"arami-db (\w+)\.+(\w+)", said) == [("plan", "Passed"), ("verify", "Passed")]
    run_shell(commit, environment, repository)

    (repository / "ci.md").write_text("no SQL")
    assert "(no files to check)Skipped" in hooks()

    new = repository / "sql" / "migrations" / "025_x.sql"
    new.write_text("-- 025_x: loses a column.\nalter table public.users drop column phone;\n")
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("insert into users (name, phone) values ('a', '1')")
        owner.execute("analyze users")
    said = hooks(expect=1)
    assert "data-loss" in said
    assert re.findall(r"arami-db (\w+)\.+(\w+)", said) == [("plan", "Failed"), ("verify", "Failed")]


def test_the_hooks_of_the_page_are_there() -> None:
    [repo] = yaml.safe_load(HOOKS)["repos"]
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {hook["id"] for hook in repo["hooks"]} == {hook["id"] for hook in hooks}
    for hook in hooks:
        assert hook["entry"].startswith(hook["name"])


def steps() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ACTION["runs"]["steps"]
    return [step for step in found if "run" in step]


def filled(step: dict[str, Any], **inputs: str) -> dict[str, str]:
    """A step's variables, with the inputs as GitHub would put them in."""
    defaults = {name: each["default"] for name, each in ACTION["inputs"].items()}
    values = {f"inputs.{k}": v for k, v in {**defaults, **inputs}.items()}
    values["github.action_path"] = str(ROOT)

    def value(match: re.Match[str]) -> str:
        return str(values[match[1]])

    return {k: re.sub(r"\$\{\{ *(\S+) *\}\}", value, text) for k, text in step["env"].items()}


def run_action(shell: dict[str, str], expect: int = 0, **inputs: str) -> str:
    [step] = [step for step in steps() if step["name"] == "Run arami-db"]
    done = run_shell(step["run"], {**shell, **filled(step, **inputs)}, expect=expect)
    return done.stdout + done.stderr


def test_the_action_runs_commands_with_arguments_as_they_are(
    empty_database: str, shell: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "other" / "migrations").mkdir(parents=True)
    (tmp_path / "other" / "migrations" / "001_a.sql").write_text("create table a (id int);")
    other = str(tmp_path / "other")
    assert "003_users" in run_action(shell, command="migrate", database=empty_database)
    args = "--format=github\n--ignore=x $(touch hacked) 'y\n"
    said = run_action(shell, args=args, database=empty_database)
    assert "x $(touch hacked) 'y" in said
    assert "001_a" in run_action(
        {**shell, "DATABASE_URL": empty_database},
        6,
        command="status",
        args="--check",
        **{"sql-dir": other},
    )
    run_action(shell, expect=2, command="embedded nonsense")


def test_the_action_has_a_server_where_it_is_asked_for(shell: dict[str, str]) -> None:
    said = run_action(shell, command="config", database="embedded")
    assert re.search(r"database +embedded server in .*--embedded", said)


def test_no_input_of_the_action_is_part_of_a_script() -> None:
    assert all("${{" not in step["run"] for step in steps())
    said = [each for step in ACTION["runs"]["steps"] for each in str(step).split("inputs.")[1:]]
    assert {re.match(r"[\w-]+", each)[0] for each in said} == set(ACTION["inputs"])  # type: ignore[index]


def test_the_workflow_of_the_page_gives_inputs_that_there_are() -> None:
    job = yaml.safe_load(WORKFLOW)["jobs"]["database"]
    ours = [step for step in job["steps"] if step["uses"].startswith("OWNER/")]
    assert len(ours) == 3
    assert all(set(step["with"]) <= set(ACTION["inputs"]) for step in ours)
    table = re.findall(
        r"^\| `([\w-]+)` \|", PAGE.partition("| input |")[2].partition("##")[0], re.MULTILINE
    )
    assert table == list(ACTION["inputs"])


@pytest.mark.parametrize(
    ("schema", "text"),
    [("vendor.github-workflows", WORKFLOW), ("vendor.gitlab-ci", GITLAB)],
    ids=["github", "gitlab"],
)
def test_the_pages_examples_are_what_these_systems_take(
    schema: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / "x.yml").write_text(text)
    argv = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, "x.yml"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [("ver", "verify"), ("embedded st", "start stop status"), ("verify --rem", "--remedies")],
)
def test_a_shell_completes_commands_and_options(
    typed: str, wanted: str, shell: dict[str, str]
) -> None:
    line = f"arami-db {typed}"
    asks = {"_ARAMI_DB_COMPLETE": "complete_bash", "COMP_WORDS": line}
    number = str(len(line.split()) - 1)
    done = run_shell("arami-db", {**shell, **asks, "COMP_CWORD": number})
    assert done.stdout.split() == wanted.split()
