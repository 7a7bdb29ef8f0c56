"""Databases that hold cases: the base migrated once, and a clone of it for each."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from arami_db import embedded
from tests.conftest import made, run_cli
from tests.proof.case import Case
from tests.proof.corpus import HERE

Server = dict[str, str]


@contextmanager
def server() -> Iterator[Server]:
    """A throw-away server, or the one that the first argument names."""
    if sys.argv[1:]:
        yield {key: str(value) for key, value in conninfo_to_dict(sys.argv[1]).items()}
        return
    root = Path(tempfile.mkdtemp(prefix="arami-proof-"))
    root.chmod(0o711)  # the server's account, when root runs this, must get in
    try:
        started = embedded.start(root=root, durable=False).conninfo
        yield {key: str(value) for key, value in conninfo_to_dict(started).items()}
    finally:
        embedded.destroy(root=root)
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def base(server: Server) -> Iterator[str]:
    """The name of a database with the base in it, for cloning."""
    with made(server) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute((HERE.parents[1] / "sql" / "auth_stub.sql").read_bytes())
        run_cli("migrate", "--database", conninfo, "--sql-dir", str(HERE))
        yield str(conninfo_to_dict(conninfo)["dbname"])


@contextmanager
def holding(
    server: Server, template: str, cases: Iterable[Case], *, apart: bool = False
) -> Iterator[str]:
    """A database with the base and cases: in public, or each in a schema of its own name."""
    with made(server, template) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            for case in cases:
                _place(connection, case, case.id if apart else "public")
        yield conninfo


def _place(connection: psycopg.Connection[object], case: Case, schema: str) -> None:
    if schema != "public":
        roles = "anon, authenticated, service_role"
        connection.execute(f"create schema {schema}".encode())
        connection.execute(f"grant usage on schema {schema} to {roles}".encode())
    with connection.transaction():
        connection.execute(case.placed(case.schema, schema).encode())
