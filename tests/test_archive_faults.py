"""Deaths at random moments while others write: no session is lost or doubled.

Everything the writers do is noted in schema shadow in the same transaction, so at any moment the
shadow says what live tables and archive together must hold.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from arami_db import embedded

from .archive_runs import fill
from .children import CHILDREN
from .conftest import (
    ALICE,
    BOB,
    LIMIT,
    WHOLE,
    Process,
    end,
    eventually,
    rows,
    run_cli,
    run_json,
    start_cli,
)

OLD, YOUNG = 1200, 100
CUTOFF = "2021-01-01"

_SHADOW = """
create schema shadow;
create table shadow.sessions as
select id, user_id, conversation_transcript, created_at from public.daily_sessions;
create table shadow.analytics as
select id, user_id, session_id, metric_name, metric_value from public.session_analytics;
create table shadow.virtues as
select id, user_id, earned_from_session_id as session_id from public.virtue_collection;
create table shadow.notes as
select id, user_id, session_id, body::text as body from public.session_notes;
alter table shadow.sessions add primary key (id);
alter table shadow.notes
add primary key (id),
add foreign key (session_id) references shadow.sessions (id) on delete cascade;
create index on shadow.notes (session_id);
alter table shadow.analytics
add primary key (id),
add foreign key (session_id) references shadow.sessions (id) on delete cascade;
create index on shadow.analytics (session_id);
alter table shadow.virtues
add primary key (id),
add foreign key (session_id) references shadow.sessions (id) on delete set null;
create index on shadow.virtues (session_id);
"""

# What one writer does in one transaction; %(at)s is a moment, old or new.
_WRITES = (
    """
    with s as (
        insert into public.daily_sessions
            (user_id, session_type, conversation_transcript, created_at)
        values (%(user)s, 'written_clarity', %(text)s, %(at)s)
        returning id, user_id, conversation_transcript, created_at
    ), noted as (
        insert into shadow.sessions select * from s returning id
    ), a as (
        insert into public.session_analytics (session_id, user_id, metric_name, metric_value)
        select s.id, s.user_id, 'clarity', 0.25 from s
        returning id, user_id, session_id, metric_name, metric_value
    )
    insert into shadow.analytics select * from a
    """,
    """
    with s as (
        update public.daily_sessions set conversation_transcript = %(text)s
        where id = %(session)s returning id, conversation_transcript
    )
    update shadow.sessions as n set conversation_transcript = s.conversation_transcript
    from s where n.id = s.id
    """,
    """
    with a as (
        update public.session_analytics set metric_value = %(number)s
        where session_id = %(session)s returning id, metric_value
    )
    update shadow.analytics as n set metric_value = a.metric_value from a where n.id = a.id
    """,
    """
    with a as (
        insert into public.session_analytics (session_id, user_id, metric_name, metric_value)
        select id, user_id, %(text)s, 0.75 from public.daily_sessions where id = %(session)s
        returning id, user_id, session_id, metric_name, metric_value
    )
    insert into shadow.analytics select * from a
    """,
    """
    with n as (
        insert into public.session_notes (session_id, user_id, body)
        select id, user_id, to_json(%(text)s::text) from public.daily_sessions
        where id = %(session)s
        returning id, user_id, session_id, body::text
    )
    insert into shadow.notes select * from n
    """,
    """
    with v as (
        insert into public.virtue_collection (user_id, virtue_name, earned_from_session_id)
        select user_id, %(text)s, id from public.daily_sessions where id = %(session)s
        returning id, user_id, earned_from_session_id
    )
    insert into shadow.virtues select * from v
    """,
    """
    with s as (delete from public.daily_sessions where id = %(session)s returning id)
    delete from shadow.sessions as n using s where n.id = s.id
    """,
    """
    with s as (delete from public.daily_sessions_archive where id = %(session)s returning id)
    delete from shadow.sessions as n using s where n.id = s.id
    """,
)

# Rows that are on one side only, and references that lead nowhere; one snapshot for all of it.
_WRONG = """
with sessions as (
    select id, user_id, conversation_transcript, created_at from public.daily_sessions
    union all
    select id, user_id, conversation_transcript, created_at from public.daily_sessions_archive
), analytics as (
    select id, user_id, session_id, metric_name, metric_value from public.session_analytics
    union all
    select id, user_id, session_id, metric_name, metric_value from public.session_analytics_archive
), notes as (
    select id, user_id, session_id, body::text from public.session_notes
    union all
    select id, user_id, session_id, body::text from public.session_notes_archive
), virtues as (
    select id, user_id, coalesce(earned_from_session_id, earned_from_archived_session_id)
    from public.virtue_collection
)
select 'session lost', t::text from (table shadow.sessions except all table sessions) as t
union all
select 'session too many', t::text from (table sessions except all table shadow.sessions) as t
union all
select 'metric lost', t::text from (table shadow.analytics except all table analytics) as t
union all
select 'metric too many', t::text from (table analytics except all table shadow.analytics) as t
union all
select 'note lost', t::text from (table shadow.notes except all table notes) as t
union all
select 'note too many', t::text from (table notes except all table shadow.notes) as t
union all
select 'virtue lost', t::text from (table shadow.virtues except all table virtues) as t
union all
select 'virtue too many', t::text from (table virtues except all table shadow.virtues) as t
union all
select 'live metric without its session', a.id::text from public.session_analytics as a
where not exists (
    select from public.daily_sessions as s where s.id = a.session_id and s.user_id = a.user_id
)
union all
select 'archived metric without its session', a.id::text from public.session_analytics_archive as a
where not exists (
    select from public.daily_sessions_archive as s
    where s.id = a.session_id and s.user_id = a.user_id
)
union all
select 'virtue of a live session that is not there', v.id::text from public.virtue_collection as v
where v.earned_from_session_id is not null and not exists (
    select from public.daily_sessions as s
    where s.id = v.earned_from_session_id and s.user_id = v.user_id
)
union all
select 'virtue of an archived session that is not there', v.id::text
from public.virtue_collection as v
where v.earned_from_archived_session_id is not null and not exists (
    select from public.daily_sessions_archive as s
    where s.id = v.earned_from_archived_session_id and s.user_id = v.user_id
)
"""


class Victim:
    """A server of our own that may be crashed, with the data and its shadow."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.conninfo = embedded.start(root=root, durable=False).conninfo

    def crash(self) -> None:
        """What `pg_ctl stop -m immediate` does, then a start that recovers."""
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            row = connection.execute(
                "select pg_read_file('postmaster.pid', 0, 20, false)"
            ).fetchone()
        assert row is not None
        os.kill(int(row[0].split()[0]), signal.SIGQUIT)
        eventually("the server is gone", lambda: embedded.status(root=self.root) is None)
        self.conninfo = embedded.start(root=self.root, durable=False).conninfo

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return rows(self.conninfo, query)

    def require_intact(self, after: str) -> None:
        """Live and archive are the shadow, and every reference leads somewhere."""
        wrong = self.rows(_WRONG)
        assert not wrong, f"after {after}: {wrong[:5]}"


class Writers:
    """Threads that go on writing whatever happens to the server."""

    def __init__(self, victim: Victim, seed: int) -> None:
        self._victim = victim
        self._ended = threading.Event()
        self.committed = [0] * len(_WRITES)
        self._threads = [
            threading.Thread(target=self._write, args=(random.Random(f"{seed} {n}"),))  # noqa: S311
            for n in range(2)
        ]

    def __enter__(self) -> Writers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _write(self, dice: random.Random) -> None:
        while not self._ended.is_set():
            with suppress(psycopg.OperationalError):  # the server is down, or threw us out
                self._session(dice)

    def _session(self, dice: random.Random) -> None:
        with psycopg.connect(self._victim.conninfo, autocommit=True) as connection:
            while not self._ended.wait(0.005):
                kind = dice.randrange(len(_WRITES))
                known = connection.execute(
                    "select id from shadow.sessions offset %s limit 1", [dice.randrange(OLD)]
                ).fetchone()
                with suppress(psycopg.errors.IntegrityError):  # archived or deleted meanwhile
                    found = connection.execute(
                        _WRITES[kind],
                        {
                            "user": dice.choice([ALICE, BOB]),
                            "session": known and known[0],
                            "text": f"{dice.random()}",
                            "number": round(dice.random(), 4),
                            "at": dice.choice(["2020-06-01", "now"]),
                        },
                    )
                    self.committed[kind] += found.rowcount


@pytest.fixture
def victim() -> Iterator[Victim]:
    """A migrated server with two users' sessions, old and young."""
    root = Path(tempfile.mkdtemp(prefix="arami-test-"))
    root.chmod(0o711)
    try:
        found = Victim(root)
        run_cli("migrate", "-d", found.conninfo)
        with psycopg.connect(found.conninfo, autocommit=True) as connection:
            connection.execute(CHILDREN)
            connection.execute("insert into public.users (id, name) values (%s, 'Bob')", [BOB])
        fill(found.conninfo, OLD, YOUNG)
        with psycopg.connect(found.conninfo, autocommit=True) as connection:
            connection.execute(_SHADOW)
        yield found
    finally:
        embedded.destroy(root=root)
        shutil.rmtree(root, ignore_errors=True)


def kill(victim: Victim, process: Process) -> None:
    """The program dies; its server process may go on."""
    process.kill()


def terminate(victim: Victim, process: Process) -> None:
    """An administrator ends all of its connections."""
    victim.rows(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where application_name like 'arami-db%'"
    )


def cancel(victim: Victim, process: Process) -> None:
    """An administrator cancels whatever it runs."""
    victim.rows(
        "select pg_cancel_backend(pid) from pg_stat_activity"
        " where application_name like 'arami-db%'"
    )
    process.terminate()


def crash(victim: Victim, process: Process) -> None:
    """The server goes down without a goodbye."""
    victim.crash()


def ask(victim: Victim, process: Process) -> None:
    """The scheduler wants its slot back."""
    process.terminate()


_BATCHES = "select count(*) from audit.archive_batch"
# Twenty deaths, in any order; in `make matrix` a hundred.
FAULTS = [kill] * 9 + [terminate] * 6 + [crash] * 3 + [cancel, ask]
if WHOLE:
    FAULTS *= 5


def test_deaths_lose_nothing_and_double_nothing(victim: Victim) -> None:
    seed = 20261122
    dice = random.Random(seed)  # noqa: S311
    ways = [
        ["archive", "--before", CUTOFF, "--batch-size", "9"],
        ["archive", "--before", CUTOFF, "--batch-size", "9", "--jobs", "2"],
        ["archive", "restore", "--all", "--batch-size", "9"],
    ]
    to_come = dice.sample(FAULTS, len(FAULTS))
    batches = 0
    with Writers(victim, seed) as writers:
        while to_come:
            fault, way = to_come[-1], dice.choice(ways)
            before = victim.rows(_BATCHES)[0][0]
            process = start_cli(*way, "-d", victim.conninfo)
            eventually(
                "a batch, or the end",
                lambda: process.poll() is not None or victim.rows(_BATCHES)[0][0] > before,  # noqa: B023
            )
            time.sleep(dice.uniform(0, 0.1))  # the random moment, not a wait for anything
            if process.poll() is None:
                fault(victim, process)
                to_come.pop()
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=LIMIT)
            # A signal may also come before the run, or after it, while Python starts or ends.
            killed = {-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT}
            assert process.returncode in {0, 1, 5, 7, 130} | killed
            victim.require_intact(f"{fault.__name__}, {len(to_come)} to come")
        batches = victim.rows(_BATCHES)[0][0]
    assert all(writers.committed), writers.committed
    assert batches > len(FAULTS)  # they hit runs at work, not runs that had nothing to do

    end(start_cli("archive", "--before", CUTOFF, "-d", victim.conninfo))
    victim.require_intact("the last run")
    assert victim.rows(
        f"select count(*) from public.daily_sessions where created_at < '{CUTOFF}'"
    ) == [(0,)]
    end(start_cli("archive", "restore", "--all", "-d", victim.conninfo))
    victim.require_intact("everything was brought back")
    assert victim.rows("select count(*) from public.daily_sessions_archive") == [(0,)]
    ended = {
        run["outcome"] for run in run_json("archive", "history", "-d", victim.conninfo)["runs"]
    }
    assert None not in ended
