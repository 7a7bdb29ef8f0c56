"""The README's commands run as they stand, and the command reference is what --help says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from arami_db import embedded
from tests.conftest import clean_environment, rows, run_shell

ROOT = Path(__file__).parents[1]
BLOCKS = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
UNDOING = (ROOT / "docs" / "undo.md").read_text()
UNDO = re.findall(r"```sh\n(.*?)```", UNDOING, re.DOTALL)
RELEASES = (ROOT / "docs" / "postgres-releases.md").read_text()
BIN = Path(sys.executable).parent


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
    block = re.sub(r"(?m)^make test\b", f"{make} --dry-run test", block)
    return re.sub(r"(?m)^make (?=\w)", f"{make} ", block)


def test_every_command_block_of_the_readme_runs_in_order(newcomer: dict[str, str]) -> None:
    assert len(BLOCKS) >= 3
    for block in BLOCKS:
        done = run_shell(as_run_here(block), newcomer, ROOT)
        if "make demo" in block:
            assert "applied  migrations/003_users" in done.stdout
            assert re.search(r"Test User +\| I +\| +3 \| +1 \| +3 \| +1\n", done.stdout)


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


def test_the_command_reference_is_what_help_says() -> None:
    page = subprocess.run(
        [sys.executable, "docs/commands.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=clean_environment(),
    )
    assert page.stdout == (ROOT / "docs" / "commands.md").read_text(), "run `make docs`"


def test_the_query_for_a_major_version_lists_the_columns_of_system_catalogs(database: str) -> None:
    [query] = re.findall(r"```sql\n(.*?)```", RELEASES, re.DOTALL)
    listed = [name for (name,) in rows(database, query)]
    assert {"pg_class.relname", "pg_attribute.attoptions"} < set(listed)
    assert listed == sorted(listed)
    assert all(name.startswith("pg_") for name in listed)


def test_what_the_page_on_releases_names_is_there() -> None:
    paths = re.findall(r"`((?:\.\w+|sql|tests|arami_db)/[^` ]+|[\w]+\.toml)`", RELEASES)
    assert len(set(paths)) >= 6
    assert [path for path in paths if not (ROOT / path).exists()] == []
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
