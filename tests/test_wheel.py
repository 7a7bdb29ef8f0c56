"""The wheel, installed in an empty environment elsewhere, carries its SQL and migrates."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import clean_environment

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, freshly built."""
    target = tmp_path_factory.mktemp("dist")
    argv = [sys.executable, "-m", "build", "--wheel", "--outdir", str(target), str(ROOT)]
    subprocess.run(argv, check=True, capture_output=True, env=clean_environment())
    return next(target.glob("*.whl"))


def test_the_wheel_holds_every_file_of_sql(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("arami_db/sql/")}
    files = (path for path in ROOT.glob("sql/**/*") if path.is_file())
    checkout = {f"arami_db/{path.relative_to(ROOT)}" for path in files}
    assert packed == checkout


def test_an_empty_environment_elsewhere_migrates_with_it(
    wheel: Path, tmp_path: Path, empty_database: str
) -> None:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    pip = [str(venv / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, str(wheel)], check=True, cwd=tmp_path, capture_output=True)
    done = subprocess.run(
        [str(venv / "bin" / "arami-db"), "migrate", "--database", empty_database],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(),
    )
    assert done.returncode == 0, done.stderr
    migrations, views = (len(list(ROOT.glob(f"sql/{f}/*.sql"))) for f in ("migrations", "views"))
    assert f"applied {migrations} migrations and {views} views" in done.stdout
