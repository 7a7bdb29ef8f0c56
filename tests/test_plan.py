"""`arami-db plan`: what migrations do, seen on a throw-away database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from arami_db.database.connect import connect
from arami_db.files.script import load
from arami_db.files.sqlfile import read_file
from arami_db.plan.hidden import Sessions
from arami_db.plan.model import Observed
from arami_db.plan.observe import Observer
from arami_db.plan.running import Run
from arami_db.plan.state import read_state
from arami_db.rows.filling import fill
from tests.conftest import made
from tests.plan.corpus import CASES, Case

BASE = Path(__file__).parent / "plan" / "base.sql"


@pytest.fixture(scope="module")
def filled(server: dict[str, str]) -> Iterator[str]:
    """The name of a database with the corpus's tables, and rows in them."""
    with made(server) as conninfo:
        with closing(connect(conninfo)) as connection:
            connection.execute(BASE.read_text().encode())
            assert fill(connection, ["public"]) == {}
        yield str(conninfo_to_dict(conninfo)["dbname"])


def observe(conninfo: str, path: Path, sql: str) -> list[Observed]:
    """What the statements of a file do."""
    path.write_text(sql)
    script = load(read_file(path, kind="migration", version=2, name="case"))
    with closing(connect(conninfo)) as work, closing(connect(conninfo)) as aside:
        run = Run(
            Observer(Sessions(work, aside), read_state(work)), lambda: fill(work, ["public"])
        )
        return run.file(script)


@pytest.mark.parametrize("name", CASES)
def test_the_corpus(server: dict[str, str], filled: str, tmp_path: Path, name: str) -> None:
    case: Case = CASES[name]
    with made(server, filled) as conninfo:
        found = observe(conninfo, tmp_path / "002_case.sql", case.sql)
    worst = min(found, key=lambda one: one.effect.rank)
    told = "\n".join(f"{one.effect} {one}" for one in found)
    assert worst.effect == case.effect, told
    if case.relation and case.effect != "none":
        assert case.relation in worst.concerned, told
    if case.relation and case.lock:
        assert worst.locks.get(case.relation) == case.lock, told
    for field, expected in case.also:
        assert any(expected in one for one in getattr(worst, field)), told


def test_the_corpus_is_large_enough() -> None:
    assert len(CASES) >= 60
    assert psycopg
