"""The Supabase CLI applies what was exported for it, and docs/supabase.md does what it says."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from arami_db.files import discover, packaged_sql_dir
from tests import supabase
from tests.conftest import rows, run_cli, run_json, run_shell
from tests.supabase import push

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "supabase.md").read_text()
LAST = discover(packaged_sql_dir()).migrations[-1].version


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where a server like Supabase's listens."""
    supabase.program()
    with supabase.cluster() as found:
        yield found


def blocks() -> list[str]:
    """The commands of the page."""
    return re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def run_block(block: str, project: Path, url: str) -> str:
    """Run a block of the page where a project is; what it says."""
    path = [str(Path(sys.executable).parent), str(supabase.program().parent), os.environ["PATH"]]
    environment = supabase.environment(
        project, DATABASE_URL=url, PATH=os.pathsep.join(path), PYTHONPATH=str(ROOT)
    )
    done = run_shell(block, environment, project)
    return done.stdout + done.stderr


def test_the_page_names_the_last_migration() -> None:
    assert set(re.findall(r"baseline (\d+)|; (\d+) is the\s", PAGE)) == {
        (f"{LAST}", ""),
        ("", f"{LAST}"),
    }


def test_the_cli_applies_the_export_and_a_changed_view(port: int, tmp_path: Path) -> None:
    url, root, project = supabase.database(port), tmp_path / "sql", tmp_path / "app"
    shutil.copytree(packaged_sql_dir(), root)
    named = ("-d", url, "--sql-dir", str(root))
    shadow = ("--shadow", f"postgresql://postgres@127.0.0.1:{port}/postgres")
    run_cli("export", "supabase", str(project), "--sql-dir", str(root))
    assert "Finished" in push(project, url)
    assert "up to date" in push(project, url)
    assert f"baseline {LAST}\n" in run_json("migrate", *named, expect=6)["error"]["hint"]
    run_json("baseline", str(LAST), *named, *shadow)
    assert run_json("verify", *named)["findings"] == []

    # A column of a view that others stand on changes its place, and the snapshot follows.
    view = root / "views" / "001_session_history.sql"
    text, column = view.read_text(), "    duration_seconds,\n"
    assert text.count(column) == text.count("    created_at\nfrom") == 2
    last = "    created_at,\n    duration_seconds\nfrom"
    view.write_text(text.replace(column, "").replace("    created_at\nfrom", last))
    run_cli("export", "supabase", str(project), "--sql-dir", str(root))
    assert "Finished" in push(project, url)
    run_json("baseline", str(LAST), *named, *shadow)
    run_cli("snapshot", *named)
    assert run_json("verify", *named)["findings"] == []
    there = "select attname from pg_attribute where attrelid = 'public.session_history'::regclass"
    assert rows(url, f"{there} order by attnum")[-1] == ("duration_seconds",)


def test_the_cli_runs_what_postgres_refuses_in_a_transaction(port: int, tmp_path: Path) -> None:
    url, folder = supabase.database(port), tmp_path / "sql" / "migrations"
    folder.mkdir(parents=True)
    (folder / "001_t.sql").write_text("create table public.t (a int, b int);")
    (folder / "002_i.sql").write_text(
        "-- arami: no-transaction\ncreate index concurrently i on public.t (a);\n"
        "create index concurrently j on public.t (b);\nvacuum public.t;\n"
    )
    (folder / "003_nothing.sql").write_text("-- only a comment\n")
    named = ("--sql-dir", str(tmp_path / "sql"))
    run_cli("export", "supabase", str(tmp_path / "app"), *named)
    push(tmp_path / "app", url)
    assert "up to date" in push(tmp_path / "app", url)
    assert "baseline 3\n" in run_json("migrate", "-d", url, *named, expect=6)["error"]["hint"]
    assert len(run_json("baseline", "3", "-d", url, *named)["changes"]) == 3


def test_every_block_of_the_page_runs(port: int, tmp_path: Path) -> None:
    url, other = supabase.database(port), supabase.database(port)
    first, again, repaired, types = blocks()
    assert "Finished supabase db push" in run_block(first, tmp_path, url)
    said = run_block(again, tmp_path, url)
    assert "nothing to export" in said
    assert "up to date" in said
    said = run_block(repaired, tmp_path, other)
    assert "up to date" in said
    assert "clean" in said
    run_block(types, tmp_path, url)
    written = (tmp_path / "app" / "database.types.ts").read_text()
    assert "daily_sessions" in written
    assert "arami_db" not in written
    with psycopg.connect(other) as connection:
        assert connection.execute("select to_regclass('arami_db.migration')").fetchone()
