"""`new --undo`: the file that takes a migration back is tried, and after it nothing remains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from arami_db import ledger
from arami_db.drift.comparing import drift
from arami_db.facts import Fact, schemas_of
from arami_db.files import SqlTree, packaged_sql_dir
from arami_db.files.definitions.making import Stated
from arami_db.undo.mending import mend
from arami_db.undo.operation import facts_of
from arami_db.undo.stays import set_aside
from tests.conftest import made
from tests.undoing import BASE, TAKEN_BACK

Connection = psycopg.Connection[Any]
TREE = SqlTree(packaged_sql_dir())
API = ("anon", "authenticated", "service_role")


@pytest.fixture(scope="module")
def base(server: dict[str, str]) -> Iterator[Connection]:
    """A database with the schema that migrations are for: what a test changes, it rolls back."""
    with made(server) as found, psycopg.connect(found, autocommit=True) as opened:
        roles = {name for (name,) in opened.execute("select rolname from pg_roles")}
        for role in API:
            if role not in roles:
                opened.execute(f"create role {role}".encode())
        ledger.create(opened)
        opened.execute(BASE.encode())
        yield opened


def ask(connection: Connection) -> frozenset[Fact]:
    """All facts of it."""
    return facts_of(connection, TREE, schemas_of(connection, TREE)[0])


@pytest.fixture(scope="module")
def before(base: Connection) -> frozenset[Fact]:
    """The facts that are to hold again."""
    return ask(base)


@pytest.fixture(scope="module")
def stated(base: Connection) -> Stated:
    """The statements of the schema."""
    from pathlib import Path

    from arami_db.files.script import load
    from arami_db.files.sqlfile import SqlFile

    file = SqlFile(Path("migrations/001_base.sql"), "migration", 1, "base", BASE, "")
    return Stated([load(file)])


@pytest.mark.parametrize("kind", TAKEN_BACK)
def test_a_migration_is_taken_back(
    base: Connection, before: frozenset[Fact], stated: Stated, kind: str
) -> None:
    with base.transaction(force_rollback=True):
        base.execute(TAKEN_BACK[kind].encode())
        found = mend(base, before, lambda: ask(base), API, stated.of)
        remaining = [f.message for f in drift(before, found.facts)]
        assert (remaining, found.failed if remaining else {}) == ([], {}), found.statements
        assert found.statements
        base.execute("\n".join(found.statements).encode())
        assert ask(base) == before
