"""`arami-db plan`: what migrations do, seen on a throw-away database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from arami_db.database.connect import Connection, connect
from arami_db.facts import Fact, facts_within
from arami_db.files import SqlTree, packaged_sql_dir
from arami_db.files.rules import Mode, transaction_mode
from arami_db.files.script import load
from arami_db.files.split import split
from arami_db.files.sqlfile import read_file
from arami_db.plan.blame import Rows
from arami_db.plan.hidden import Sessions
from arami_db.plan.model import Observed
from arami_db.plan.observe import Observer
from arami_db.plan.running import Run
from arami_db.plan.state import read_state
from arami_db.rows.filling import fill
from tests.conftest import made
from tests.plan.corpus import CASES, Case

BASE = Path(__file__).parent / "plan" / "base.sql"
ALONE = "-- arami: no-transaction"
MILD = {"brief", "none"}


@pytest.fixture(scope="module")
def base(server: dict[str, str]) -> Iterator[str]:
    """A database with the corpus's tables, and rows in them."""
    with made(server) as conninfo:
        with closing(connect(conninfo)) as connection:
            connection.execute(BASE.read_text().encode())
            assert fill(connection, ["public"]) == {}
        yield conninfo


@pytest.fixture
def clone(server: dict[str, str], base: str) -> Iterator[str]:
    """A copy of it."""
    with made(server, str(conninfo_to_dict(base)["dbname"])) as conninfo:
        yield conninfo


@contextmanager
def running(conninfo: str) -> Iterator[Run]:
    """What runs files there."""
    with closing(connect(conninfo)) as work, closing(connect(conninfo)) as second:
        fill(work, ["public"])
        origin = read_state(work)
        observer = Observer(Sessions(work, second), origin)
        rows = Rows(work, origin, lambda: fill(work, ["public"]))
        yield Run(observer, rows)


def observe(run: Run, path: Path, sql: str) -> list[Observed]:
    """What the statements of a file do."""
    path.write_text(sql)
    return run.file(load(read_file(path, kind="migration", version=2, name="case")))


def worst_of(found: list[Observed]) -> Observed:
    """The worst statement of a file."""
    return min(found, key=lambda one: one.effect.rank)


@pytest.mark.parametrize("name", CASES)
def test_what_a_migration_does(clone: str, tmp_path: Path, name: str) -> None:
    with running(clone) as run:
        check(CASES[name], observe(run, tmp_path / "002_case.sql", CASES[name].sql))


def check(case: Case, found: list[Observed]) -> None:
    """Compare what was observed with what is expected."""
    worst = worst_of(found)
    told = "\n".join(f"{one.effect} {one.locks} {one}" for one in found)[:3000]
    assert worst.effect == case.effect, told
    if case.relation and case.effect != "none":
        assert case.relation in worst.concerned, told
    if case.relation and case.lock:
        assert worst.locks.get(case.relation) == case.lock, told
    for field, expected in case.also:
        assert any(expected in one for one in getattr(worst, field)), told


def facts_of(connection: Connection) -> frozenset[Fact]:
    """What a database is, as the packaged catalog states it."""
    with connection.transaction():
        return facts_within(connection, SqlTree(packaged_sql_dir()), {"public"})


SAFER = {
    "index": "create index on public.users (age)",
    "unique index": "create unique index on public.users (code)",
    "drop index": "drop index public.users_name",
    "reindex": "reindex table public.users",
    "refresh": "refresh materialized view public.totals",
    "check": "alter table public.users add check (age < 200), add column x int",
    "foreign key": (
        "alter table public.orders add foreign key (buyer_id) references public.users"
        " on delete set null"
    ),
    "not null": "alter table public.users alter column name set not null",
    "a keyword as a name": (
        'alter table public.users add column "order" uuid default gen_random_uuid()'
    ),
    "unique": "alter table public.users add unique (code, name)",
    "primary key": "alter table public.events_2022 add primary key (id)",
    "volatile default": (
        "alter table public.users add column token uuid not null default gen_random_uuid() unique"
    ),
    "column with a foreign key": (
        "alter table public.orders add column seller_id bigint not null default 1"
        " references public.users"
    ),
    "type": "alter table public.users alter column note type int using length(note)",
    "partition": (
        "create table public.events_2021 partition of public.events"
        " for values from ('2021-01-01') to ('2022-01-01')"
    ),
    "attach": (
        "alter table public.events attach partition public.events_2022"
        " for values from ('2022-01-01') to ('2023-01-01')"
    ),
    "index of partitions": "create index on public.events (kind)",
    "not null of partitions": "alter table public.events alter column kind set not null",
    "checks without names": (
        "alter table public.users add check (age < 200), add constraint d check (age < 300),"
        " add check (id > 0)"
    ),
    "odd names": 'alter table public."Odd Names" add check ("a b" > 0)',
    "identity": (
        "alter table public.users add column nr bigint generated always as identity unique"
    ),
    "serial": "alter table public.orders add column nr serial",
    "key of two columns": (
        "alter table public.lines add column token uuid not null default gen_random_uuid()"
    ),
    "update from a table": (
        "update public.orders as o set total = 1 from public.users as u"
        " where u.id = o.user_id and u.note is null"
    ),
    "update by a query": (
        "update public.users set name = 'x' where id in (select buyer_id from public.orders)"
    ),
    "attach as default": ("alter table public.moments attach partition public.moments_old default"),
    "validate a foreign key": (
        "alter table public.orders add constraint fk foreign key (buyer_id)"
        " references public.users not valid; alter table public.orders validate constraint fk"
    ),
    "update": "update public.users set name = upper(email) where age > 0",
    "two locks": "alter table public.orders add column x int; create index on public.users (age)",
    "validate": (
        "alter table public.users add constraint c check (age < 200) not valid;"
        " alter table public.users validate constraint c"
    ),
}


@pytest.fixture(scope="module")
def pair(server: dict[str, str], base: str) -> Iterator[tuple[Run, Run]]:
    """Two copies: one gets the migrations, the other the safer ways."""
    template = str(conninfo_to_dict(base)["dbname"])
    with (
        made(server, template) as first,
        made(server, template) as second,
        running(first) as plain,
        running(second) as safer,
    ):
        yield plain, safer


@pytest.mark.parametrize("name", SAFER)
def test_a_safer_way_comes_to_the_same_and_blocks_nobody_for_long(
    pair: tuple[Run, Run], tmp_path: Path, name: str
) -> None:
    plain, safer = pair
    for run in pair:  # what earlier cases made is as old as the rest
        run.observer.origin = run.rows.origin = read_state(run.observer.sessions.work)
    before = differing(pair)
    found = observe(plain, tmp_path / "002_case.sql", SAFER[name])
    worst = worst_of(found)
    assert worst.safer, worst
    others = [one.statement.text for one in found if one is not worst]
    for text in (*others, *(one.text for one in split(worst.safer))):
        alone = transaction_mode(split(text)[0].node) is Mode.NEVER or "commit;" in text
        file = f"{ALONE}\n{text}" if alone else text
        for one in observe(safer, tmp_path / "003_way.sql", file):
            swaps = "$swap$" in text and one.effect == "data-loss"
            assert one.effect in MILD or swaps, (text, one)
    assert differing(pair) == before


def differing(pair: tuple[Run, Run]) -> frozenset[Fact]:
    """The facts in which the two differ; a column of another type is the last one of its table."""
    first, second = (facts_of(run.observer.sessions.work) for run in pair)
    return frozenset(fact for fact in first ^ second if fact.property != "columns")


def test_the_corpus_is_large_enough() -> None:
    assert len(CASES) >= 60
