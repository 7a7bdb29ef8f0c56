"""The README's commands run as they stand, and the command reference is what --help says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import markdown
import pytest
from markdown_it import MarkdownIt

from arami_db import embedded
from tests.conftest import clean_environment, rows, run_shell

ROOT = Path(__file__).parents[1]
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text() for path in ROOT.glob("docs/**/*.md")}
PAGES["README.md"] = (ROOT / "README.md").read_text()
UNDOING = PAGES["docs/undo.md"]
RELEASES = PAGES["docs/postgres-releases.md"]
BIN = Path(sys.executable).parent


def blocks(page: str, language: str = "sh") -> list[str]:
    """The blocks of a page in a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGES[page], re.DOTALL)


UNDO = blocks("docs/undo.md")


@pytest.fixture
def newcomer() -> Iterator[dict[str, str]]:
    """The environment of somebody with an empty home and the tool on the PATH."""
    home = Path(tempfile.mkdtemp(prefix="arami-home-"))
    home.chmod(0o711)
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    data = str(home / "data")
    yield clean_environment(HOME=str(home), XDG_DATA_HOME=data, PATH=path, PYTHONPATH=str(ROOT))
    for marker in list(home.rglob("arami-db.lock")):
        embedded.destroy(root=marker.parent)
    shutil.rmtree(home)


def as_run_here(block: str) -> str:
    """The block with make using this very installation, and without the tests inside the tests."""
    make = f"make VENV={sys.prefix} -o {sys.prefix}/.installed"
    block = re.sub(r"(?m)^pip install .*$", ":", block)  # tests/test_wheel.py does that
    block = re.sub(r"(?m)^make (quick|test|check)\b", rf"{make} --dry-run \1", block)
    return re.sub(r"(?m)^make (?=\w)", f"{make} ", block)


def test_the_commands_of_readme_and_first_pages_run_in_order(newcomer: dict[str, str]) -> None:
    named = ("README.md", "docs/index.md", "docs/start.md")
    found = dict.fromkeys(block for page in named for block in blocks(page))
    assert len(found) >= 5
    for block in found:
        done = run_shell(as_run_here(block), newcomer, ROOT)
        if "make demo" in block:
            assert re.search(r"Test User +\| I +\| +3 \| +1 \| +3 \| +1\n", done.stdout)
        if "migrate --embedded" in block:
            assert re.search("applied [1-9]|nothing to do", done.stdout)
    assert "arami-db" in (Path(newcomer["HOME"]) / ".bashrc").read_text()  # completion


def test_the_settings_of_the_page_are_in_force(newcomer: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "arami-db.toml").write_text(blocks("docs/settings.md", "toml")[0])
    (tmp_path / "db" / "migrations").mkdir(parents=True)
    [block] = blocks("docs/settings.md")
    said = run_shell(block, newcomer, tmp_path).stdout
    assert re.search(r"sql-dir +db +arami-db.toml", said)
    assert re.search(r"lock-timeout +500ms +arami-db.toml", said)


def test_what_contributors_are_told_to_run_runs(newcomer: dict[str, str], tmp_path: Path) -> None:
    first, new = blocks("docs/CONTRIBUTING.md")
    assert "demo" in run_shell(as_run_here(first), newcomer, ROOT).stdout
    shutil.copytree(ROOT / "sql", tmp_path / "sql")
    run_shell(new, newcomer, tmp_path)
    assert list((tmp_path / "sql" / "migrations").glob("*_add_user_avatar.sql"))


def test_each_page_with_commands_is_one_that_a_test_runs() -> None:
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").glob("test_*.py"))
    with_commands = [page for page in PAGES if blocks(page)]
    assert len(with_commands) > 10
    assert [page for page in with_commands if f'{Path(page).name}"' not in tests] == []


def test_the_ways_to_undo_a_migration_work_as_they_are_told(newcomer: dict[str, str]) -> None:
    psql = subprocess.run(
        [
            sys.executable,
            "-c",
            "import arami_db.embedded as e; print(e.psql_command(e.start())[0])",
        ],
        env=newcomer,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    show = "psql \"$DATABASE_URL\" -Atc 'select id, body from public.notes'\n"
    example, forward, restore, copy, instead, rebuild = UNDO
    script = "".join((example, forward, restore, show, copy, show, instead, rebuild))
    environment = {**newcomer, "PATH": f"{Path(psql).parent}{os.pathsep}{newcomer['PATH']}"}
    done = run_shell(script, environment, ROOT)
    assert done.stdout.index("1|lost") < done.stdout.index("1|first")
    assert "pending  migrations/002_nickname" in done.stdout
    [written] = re.findall(r"```sql\n(.*?)```", UNDOING, re.DOTALL)
    assert written in done.stdout


@pytest.mark.parametrize(
    ("page", "command"),
    [
        ("commands", ["commands.py"]),
        ("checks", ["reference.py", "checks"]),
        ("questions", ["reference.py", "monitor"]),
        ("shapes", ["reference.py", "shapes"]),
    ],
)
def test_generated_pages_are_what_would_be_generated(page: str, command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, f"docs/{command[0]}", *command[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=clean_environment(PYTHONPATH=str(ROOT)),
    )
    assert done.stdout == PAGES[f"docs/{page}.md"], "run `make docs`"


def test_every_command_that_help_lists_has_a_section() -> None:
    sections = re.findall(
        r"^## arami-db ?([^\n]*)\n\n```text\n(.*?)```",
        PAGES["docs/commands.md"],
        re.MULTILINE | re.DOTALL,
    )
    listed = [""]
    for name, text in sections:
        listing = text.partition("\nCommands:\n")[2].partition("\n\n")[0]
        below = re.findall(r"^  ([a-z-]+)(?: |$)", listing, re.MULTILINE)
        listed += [f"{name} {each}".strip() for each in below]
    assert len(listed) > 30
    assert sorted(listed) == sorted(name for name, _ in sections)


def test_pages_have_the_same_parts_on_a_code_host_and_on_the_site() -> None:
    """The two read Markdown differently: lists need a blank line before, and four blanks within."""
    host = MarkdownIt("commonmark").enable("table")
    site = ["tables", "toc", "pymdownx.superfences"]
    for page, text in PAGES.items():
        both = host.render(text), markdown.markdown(text, extensions=site)
        for part in ("h2", "h3", "li", "ol", "ul", "pre", "table", "tr", "strong"):
            there, here = (len(re.findall(rf"<{part}[ >]", html)) for html in both)
            assert there == here, f"{page}: {part}"


def test_each_check_and_question_is_in_the_reference() -> None:
    for folder in ("checks", "distributed/checks"):
        for path in (ROOT / "sql" / folder).glob("*.sql"):
            assert f"\n## {path.stem}\n" in PAGES["docs/checks.md"]
    for path in (ROOT / "sql" / "monitor").glob("*.sql"):
        assert f"\n### {path.stem.partition('_')[2]}\n" in PAGES["docs/questions.md"]


def test_the_query_for_a_major_version_lists_the_columns_of_system_catalogs(database: str) -> None:
    [query] = re.findall(r"```sql\n(.*?)```", RELEASES, re.DOTALL)
    listed = [name for (name,) in rows(database, query)]
    assert {"pg_class.relname", "pg_attribute.attoptions"} < set(listed)
    assert listed == sorted(listed)
    assert all(name.startswith("pg_") for name in listed)


@pytest.mark.parametrize("page", ["postgres-releases", "CONTRIBUTING", "dba"])
def test_files_that_pages_for_maintainers_name_are_there(page: str) -> None:
    named = r"`((?:\.\w+|sql|tests|arami_db)/[^` :]+|[\w]+\.toml)`"
    paths = {path for path in re.findall(named, PAGES[f"docs/{page}.md"]) if "N" not in path}
    assert len(paths) >= 1
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_what_the_page_on_releases_says_is_pinned_is_there() -> None:
    for path, name in re.findall(r"`(\S+)`: `(\S+)`", RELEASES):
        assert name in (ROOT / path).read_text(), f"{path} pins no {name}"


def test_every_target_of_the_makefile_is_explained_by_make_alone() -> None:
    makefile = (ROOT / "Makefile").read_text()
    listed = subprocess.run(
        ["make"], cwd=ROOT, capture_output=True, text=True, check=True, env=clean_environment()
    ).stdout
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    assert {line.split()[0] for line in listed.splitlines()} == set(phony[1].split())


def test_the_page_on_the_design_has_the_layers_that_the_linter_checks() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contract = project["tool"]["importlinter"]["contracts"][0]
    said = PAGES["docs/design.md"].partition("```text\n")[2].partition("\n```")[0]
    shown = [
        set(line.partition("operations: ")[2].split() or re.findall(r"\w+", line))
        for line in said.split("\n")
    ]
    assert shown == [set(re.findall(r"\w+", layer)) for layer in contract["layers"]]


@pytest.mark.parametrize("package", ["prove", "policies"])
def test_the_page_on_the_design_has_every_package_of_the_proof(package: str) -> None:
    said = PAGES["docs/design.md"].partition("### How `--prove-rls` works")[2].partition("\n## ")[0]
    there = {path.parent.name for path in (ROOT / "arami_db" / package).glob("*/__init__.py")}
    assert there <= set(re.findall(r"`(\w+)`", said))
