"""The wheel, installed in an empty environment elsewhere, carries its SQL and migrates."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import psycopg
import pytest

from tests.conftest import clean_environment, made

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


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The command of the wheel, installed in an empty environment."""
    venv = tmp_path_factory.mktemp("wheel") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    pip = [str(venv / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, str(wheel)], check=True, cwd=venv, capture_output=True)
    return str(venv / "bin" / "arami-db")


def test_a_plain_install_prints_what_a_checkout_prints(
    installed: str, server: dict[str, str], tmp_path: Path
) -> None:
    def printed(command: list[str], cwd: Path) -> str:
        out = []
        with made(server) as conninfo:
            for words, code in (
                ("status --check", 3),
                ("migrate --dry-run", 0),
                ("migrate", 0),
                ("seed --verbose", 0),
                ("status --format json", 0),
                ("verify", 4),
                ("verify --format json", 4),
            ):
                if words == "verify":
                    with psycopg.connect(conninfo) as connection:
                        connection.execute("drop index public.idx_recent_sessions")
                done = subprocess.run(
                    [*command, *words.split(), "-d", conninfo],
                    cwd=cwd,
                    capture_output=True,
                    text=True,
                    check=False,
                    env=clean_environment(),
                )
                assert done.returncode == code, done.stderr
                out.append(done.stdout + done.stderr)
        assert "site-packages" not in "".join(out)
        times = r" *[\d.]+ m?s\b|\d{4}-\d\d-\d\d[ T:.\d+]+|\"seconds\": .*"
        return re.sub(times, "…", "\n".join(out))

    checkout = printed([sys.executable, "-m", "arami_db"], ROOT)
    assert "at:       migrations/008_daily_sessions.sql:" in checkout
    assert printed([installed], tmp_path) == checkout


def test_an_empty_environment_elsewhere_migrates_with_it(
    installed: str, tmp_path: Path, empty_database: str
) -> None:
    done = subprocess.run(
        [installed, "migrate", "--database", empty_database],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(),
    )
    assert done.returncode == 0, done.stderr
    migrations, views = (len(list(ROOT.glob(f"sql/{f}/*.sql"))) for f in ("migrations", "views"))
    assert f"applied {migrations} migrations and {views} views" in done.stdout
