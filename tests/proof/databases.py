"""Databases that hold cases: the base migrated once, and a clone of it for each."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from arami_db import embedded
from tests.conftest import made, run_cli
from tests.proof.case import Case
from tests.proof.corpus import CASES, HERE

Server = dict[str, str]
_SHARED = 5


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


def groups() -> list[list[Case]]:
    """The cases that share a database, some fifty each, and each of the others."""
    shared = [case for case in CASES.values() if not case.alone]
    return [
        *(shared[n::_SHARED] for n in range(_SHARED)),
        *([c] for c in CASES.values() if c.alone),
    ]


def place(group: list[Case], case: Case) -> str:
    """The schema in which a case of a database stands."""
    return "public" if len(group) == 1 else case.id


@contextmanager
def holding(server: Server, template: str, group: list[Case]) -> Iterator[str]:
    """A database with the base and cases: one in public, or each in a schema of its own name."""
    with made(server, template) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            for case in group:
                _place(connection, case, place(group, case))
        yield conninfo


def _place(connection: psycopg.Connection[object], case: Case, schema: str) -> None:
    if schema != "public":
        roles = "anon, authenticated, service_role"
        connection.execute(f"create schema {schema}".encode())
        connection.execute(f"grant usage on schema {schema} to {roles}".encode())
    with connection.transaction():
        connection.execute(case.placed(case.schema, schema).encode())
