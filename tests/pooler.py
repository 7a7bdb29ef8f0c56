"""PgBouncer in transaction mode, in front of the tests' server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from arami_db.embedded.privileges import server_account
from tests.conftest import LIMIT, missing, run_cli


@contextmanager
def pooled(conninfo: str, size: int = 3) -> Iterator[str]:
    """A database through PgBouncer, with so many server connections for everybody."""
    if shutil.which("pgbouncer") is None:
        missing("PgBouncer: apt install pgbouncer")
    parameters = conninfo_to_dict(conninfo)
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
        f"default_pool_size = {size}\nmax_client_conn = 100\nlogfile = {folder}/log\n"
    )
    account.own(folder)
    account.own(config)
    identity = ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
    argv = [*(identity if os.geteuid() == 0 else []), "pgbouncer", "-q", str(config)]
    process = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
    through = f"host=127.0.0.1 port={port} user=postgres dbname={parameters['dbname']}"
    try:
        run_cli("wait", "--database", through)
        yield through
    finally:
        process.terminate()
        process.wait(LIMIT)
        shutil.rmtree(folder)
