"""What `make release` relies on: Pythons found, versions that agree, migrations that stay."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from arami_db import __version__
from arami_db.files import SqlTree, packaged_sql_dir
from tests import checksums, release

ROOT = Path(__file__).parents[1]


def test_the_checksums_of_all_migrations_are_kept() -> None:
    way = "`make checksums` adds new migrations; a released one is never edited"
    assert checksums.kept() == checksums.lines(SqlTree(packaged_sql_dir())), way


def test_other_tools_read_the_checksums() -> None:
    command = ["sha256sum", "--check", "--strict", "--quiet", checksums.FILE.name]
    subprocess.run(command, cwd=checksums.FILE.parent, check=True)


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with one migration, whose checksums are written and kept there."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "001_a.sql").write_text("select 1;")
    monkeypatch.setattr(checksums, "packaged_sql_dir", lambda: tmp_path)
    monkeypatch.setattr(checksums, "FILE", tmp_path / "migrations.sha256")
    return tmp_path / "migrations"


def test_a_migration_is_added_and_never_edited_renamed_or_deleted(copied: Path) -> None:
    assert checksums.main() is None
    first = checksums.kept()
    (copied / "002_b.sql").write_text("select 3;")
    assert checksums.main() is None
    both = checksums.kept()
    assert first.items() < both.items()
    (copied / "001_a.sql").write_text("select 4;")
    assert "migrations/001_a.sql" in str(checksums.main())
    (copied / "001_a.sql").rename(copied / "001_renamed.sql")
    assert "migrations/001_a.sql" in str(checksums.main())
    (copied / "001_renamed.sql").unlink()
    assert "migrations/001_a.sql" in str(checksums.main())
    assert checksums.kept() == both


def test_the_version_has_one_home_and_every_supported_python_is_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "version" not in project
    assert "version" in project["dynamic"]
    named = {f"Programming Language :: Python :: 3.{minor}" for minor in release.MINORS}
    assert named <= set(project["classifiers"])
    assert project["requires-python"] == f">=3.{release.MINORS[0]}"


def test_the_docs_name_this_release() -> None:
    assert f"\n## [{__version__}] - 2" in (ROOT / "CHANGELOG.md").read_text()
    pattern = r"(?:/arami-db@v|/arami-db:|\brev: v)(\d[\w.]*)"
    named = {
        (page.name, version)
        for page in (ROOT / "docs").rglob("*.md")
        for version in re.findall(pattern, page.read_text())
    }
    assert {version for _, version in named} == {__version__}, named


def test_this_python_is_among_those_that_are_found() -> None:
    found = release.pythons()
    assert found[f"3.{sys.version_info.minor}"] == sys.executable
    assert all(re.fullmatch(r"3\.1[1-4]", name) for name in found)


def test_what_cannot_be_installed_is_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert not release._works("3.11", sys.executable, tmp_path / "arami_db-9-py3-none-any.whl")
    assert "Python 3.11: FAILED" in capfd.readouterr().out
