"""Through a pooler in transaction mode, where sessions belong to nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from arami_db.files import discover, packaged_sql_dir
from tests import pooler
from tests.conftest import LIMIT, run_cli, run_json, start_cli

MIGRATIONS, VIEWS = discover(packaged_sql_dir()).migrations, discover(packaged_sql_dir()).views
Project = Callable[[dict[str, str]], Path]


@pytest.fixture
def pooled(empty_database: str) -> Iterator[str]:
    """The empty database through PgBouncer."""
    with pooler.pooled(empty_database) as through:
        yield through


def test_eight_runs_through_the_pooler_apply_every_file_once(pooled: str) -> None:
    runs = [start_cli("migrate", "--database", pooled) for _ in range(8)]
    outputs = [run.communicate(timeout=LIMIT) for run in runs]
    assert [run.returncode for run in runs] == [0] * 8, outputs
    everything = f"applied {len(MIGRATIONS)} migrations and {len(VIEWS)} views"
    assert sum(everything in out for out, _ in outputs) == 1
    assert sum("nothing to do" in out for out, _ in outputs) == 7


def test_no_setting_of_a_run_reaches_the_next_client(pooled: str, project: Project) -> None:
    files = {
        "migrations/001_t.sql": "set search_path = pg_catalog; create table public.t (a int);",
        "migrations/002_i.sql": "-- arami: no-transaction\ncreate index concurrently i on t (a);",
    }
    run_cli("migrate", "--database", pooled, "--sql-dir", str(project(files)))
    names = (
        "search_path",
        "lock_timeout",
        "synchronous_commit",
        "client_connection_check_interval",
    )
    query = "select " + ", ".join(f"current_setting('{name}')" for name in names)
    # More clients at once than one server connection: all that the run may have used are asked.
    clients = [psycopg.connect(pooled, autocommit=True, prepare_threshold=None) for _ in range(3)]
    for client in clients:
        client.execute("begin")
        settings = client.execute(query).fetchone()
        assert settings == ('"$user", public', "0", "on", "0")
    for client in clients:
        client.close()


def test_status_reads_through_the_pooler(pooled: str) -> None:
    assert run_json("status", "--database", pooled)["counts"] == {
        "pending": len(MIGRATIONS) + len(VIEWS)
    }
