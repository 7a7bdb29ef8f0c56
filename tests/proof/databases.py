"""Databases that hold cases: the base migrated once, and a clone of it for each."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from arami_db import embedded
from tests.conftest import made, run_cli
from tests.proof.case import Case
from tests.proof.corpus import CASES, HERE

Server = dict[str, str]
_BASES = ("", "linked", "signed_up", "")


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


@dataclass(frozen=True)
class Group:
    """Cases that share a database.

    Attributes:
        base: what is made of the base first, a file of bases/; empty for nothing.
        cases: one, which stands in public, or several, each in a schema of its own name.
    """

    base: str
    cases: tuple[Case, ...]

    def schema(self, case: Case) -> str:
        """The schema in which a case stands."""
        return "public" if len(self.cases) == 1 else case.id


def groups() -> list[Group]:
    """All cases, a few dozen a database; those that need no base go without."""
    alone = [Group(_base(case), (case,)) for case in CASES.values() if case.alone]
    shared = [case for case in CASES.values() if not case.alone]
    bare = tuple(case for case in shared if case.is_bare)
    based = tuple(case for case in shared if not case.is_bare)
    several = [Group(base, based[n :: len(_BASES)]) for n, base in enumerate(_BASES)]
    return [*several, Group("bare", bare), *alone]


def each() -> list[Group]:
    """Each case in a database of its own."""
    return [Group(_base(case), (case,)) for case in CASES.values()]


def _base(case: Case) -> str:
    return "bare" if case.is_bare else ""


@contextmanager
def holding(server: Server, template: str, group: Group) -> Iterator[str]:
    """A database with a group of cases, as a connection string."""
    with made(server, template) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            if group.base:
                connection.execute((HERE / "bases" / f"{group.base}.sql").read_bytes())
            for case in group.cases:
                _place(connection, case, group.schema(case))
        yield conninfo


def _place(connection: psycopg.Connection[object], case: Case, schema: str) -> None:
    if schema != "public":
        roles = "anon, authenticated, service_role"
        connection.execute(f"create schema {schema}".encode())
        connection.execute(f"grant usage on schema {schema} to {roles}".encode())
    with connection.transaction():
        connection.execute(case.placed(case.schema, schema).encode())
