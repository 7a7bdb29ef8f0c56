"""Through a pooler in transaction mode, where sessions belong to nobody."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from arami_db.embedded.privileges import server_account
from tests.conftest import LIMIT, run_cli, run_json, start_cli

pytestmark = pytest.mark.skipif(shutil.which("pgbouncer") is None, reason="needs pgbouncer")
Project = Callable[[dict[str, str]], Path]


@pytest.fixture
def pooled(empty_database: str) -> Iterator[str]:
    """The empty database through PgBouncer, three server connections for everybody."""
    parameters = conninfo_to_dict(empty_database)
    account = server_account()
    folder = Path(tempfile.mkdtemp(prefix="arami-pool-"))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    upstream = " ".join(
        f"{key}={parameters[key]}"
        for key in ("host", "port", "user", "password")
        if key in parameters
    )
    config = folder / "pgbouncer.ini"
    config.write_text(
        f"[databases]\n* = {upstream}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n"
        f"default_pool_size = 3\nmax_client_conn = 100\nlogfile = {folder}/log\n"
    )
    account.own(folder)
    account.own(config)
    identity = ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
    argv = [*(identity if os.geteuid() == 0 else []), "pgbouncer", "-q", str(config)]
    process = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
    conninfo = f"host=127.0.0.1 port={port} user=postgres dbname={parameters['dbname']}"
    try:
        run_cli("wait", "--database", conninfo)
        yield conninfo
    finally:
        process.terminate()
        process.wait(LIMIT)
        shutil.rmtree(folder)


def test_eight_runs_through_the_pooler_apply_every_file_once(pooled: str) -> None:
    runs = [start_cli("migrate", "--database", pooled) for _ in range(8)]
    outputs = [run.communicate(timeout=LIMIT) for run in runs]
    assert [run.returncode for run in runs] == [0] * 8, outputs
    assert sum("applied 15 migrations and 4 views" in out for out, _ in outputs) == 1
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
    assert run_json("status", "--database", pooled)["counts"] == {"pending": 19}
