"""Archive old sessions: `arami-db archive` against the document's own statements, on one server.

python benchmarks/archive.py [--sessions N] [--runs N] [--foreground SECONDS] [--rate N]
    [--format json]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from migrate import server
from pgbench import Foreground, found
from report import lines, machine

DAYS = 1011  # so that 28 % of the sessions are older than two years
FLUSH = 3  # seconds after which pgbench has written down what happened before
BATCH = 1000  # sessions, of those the first and the last batches are compared

# Written in time order, as an application writes them; user ids that pgbench can work out.
FILL: LiteralString = """
insert into public.users (id, email, name)
select md5('user ' || n)::uuid, n || '@example.org', 'User ' || n
from generate_series(1, %(users)s) as n;

insert into public.daily_sessions (
    user_id, session_type, duration_seconds, virtue_earned, emotional_snapshot, key_insights,
    suggested_goals, conversation_transcript, session_metadata, session_date, started_at,
    completed_at, created_at
)
select
    md5('user ' || 1 + n::bigint * 7919 %% %(users)s)::uuid, 'spoken_presence', 600, 'courage',
    '[{"emotion": "joy", "intensity": 4, "color": "#fc0", "confidence": 0.9},
      {"emotion": "calm", "intensity": 3, "color": "#0cf", "confidence": 0.7}]',
    '["Breathing helps", {"insight": "Mornings work", "category": "habit", "importance": 3}]',
    '[{"category": "health", "description": "walk", "smart_goal": "walk 20 minutes a day",
       "timeframe": "4 weeks", "priority": 2}]',
    repeat('I felt calm this morning, and then less so. ', 8),
    '{"ai_agent_version": "2.1", "voice_quality_score": 0.93}',
    t::date, t - interval '10 minutes', t, t
from generate_series(1, %(sessions)s) as n
cross join lateral (
    select now() - (1 - n / %(sessions)s::float8) * %(days)s * interval '1 day' as t
) as moment
order by n;

insert into public.session_analytics (session_id, user_id, metric_name, metric_value, calculated_at)
select s.id, s.user_id, metric, 0.5, s.created_at
from public.daily_sessions as s
cross join unnest(array['engagement_score', 'voice_clarity']) as metric
order by s.created_at;

insert into public.virtue_collection (user_id, virtue_name, earned_from_session_id)
select distinct on (user_id) user_id, 'courage', id
from public.daily_sessions
order by user_id, created_at;
"""

# The document's INSERT ... SELECT and DELETE, with what it takes not to lose the analytics.
DOCUMENT: tuple[LiteralString, ...] = (
    """
    insert into public.daily_sessions_archive
    select * from public.daily_sessions where created_at < %(cutoff)s
    """,
    """
    insert into public.session_analytics_archive
    select a.* from public.session_analytics as a
    inner join public.daily_sessions as s on a.session_id = s.id
    where s.created_at < %(cutoff)s
    """,
    """
    update public.virtue_collection as v
    set earned_from_archived_session_id = s.id, earned_from_session_id = null
    from public.daily_sessions as s
    where v.earned_from_session_id = s.id and s.created_at < %(cutoff)s
    """,
    "delete from public.daily_sessions where created_at < %(cutoff)s",
)
QUIET: LiteralString = """
drop trigger audit_daily_sessions_delete on public.daily_sessions;
drop trigger audit_session_analytics_delete on public.session_analytics;
drop trigger audit_virtue_collection_update on public.virtue_collection;
"""


@dataclass(frozen=True)
class Way:
    """A way to archive: the document's statements, or that many jobs of ours."""

    name: str
    jobs: int = 0
    quiet: bool = False  # without the change log's triggers, which ours does not fire


THEIRS = Way("the document's")
COMPUTING = Way("no archiving, a busy core")
WAYS = (
    THEIRS,
    Way("the document's, no change log", quiet=True),
    Way("arami-db, one job", jobs=1),
    Way("arami-db, two jobs", jobs=2),
)


@dataclass(frozen=True)
class Bench:
    """The server, its filled template database, and how many sessions of it are old."""

    note: str
    admin: psycopg.Connection[Any]
    base: str
    template: str
    cutoff: str
    users: int
    old: int

    @contextmanager
    def copy(self) -> Iterator[str]:
        """The URL of a copy of the template, nothing left to be written; dropped afterwards."""
        name = f"bench_{uuid.uuid4().hex}"
        self.admin.execute(f"create database {name} template {self.template}".encode())
        self.admin.execute("checkpoint")
        try:
            yield f"{self.base}/{name}?sslmode=disable"
        finally:
            self.admin.execute(f"drop database {name} with (force)".encode())

    def archive(self, way: Way, url: str) -> float:
        """Archive all that is old, and see that it was. Returns seconds, start-up included."""
        with psycopg.connect(url, autocommit=True) as connection:
            if way.quiet:
                connection.execute(QUIET)
            started = time.perf_counter()
            if way.jobs:
                _ours(url, self.cutoff, way.jobs)
            else:
                with connection.transaction():
                    for statement in DOCUMENT:
                        connection.execute(statement, {"cutoff": self.cutoff})
            seconds = time.perf_counter() - started
            moved = _value(connection, "select count(*) from public.daily_sessions_archive")
            metrics = _value(connection, "select count(*) from public.session_analytics_archive")
        if (moved, metrics) != (self.old, 2 * self.old):
            sys.exit(f"{way.name}: {moved} sessions and {metrics} metrics of {self.old} old ones")
        return seconds


def _ours(url: str, cutoff: str, jobs: int) -> None:
    subprocess.run(
        [
            *[sys.executable, "-m", "arami_db", "archive", "-d", url],
            *["--before", cutoff, "--jobs", str(jobs)],
        ],
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={key: value for key, value in os.environ.items() if not key.startswith("PG")},
    )


def _value(connection: psycopg.Connection[Any], query: LiteralString) -> Any:
    row = connection.execute(query).fetchone()
    return row and row[0]


@contextmanager
def opened(sessions: int) -> Iterator[Bench]:
    """A server of its own and a template filled with that many sessions."""
    with server() as ours, psycopg.connect(ours.conninfo, autocommit=True) as admin:
        base = ours.url.rpartition("/")[0]
        admin.execute("create database bench_template")
        url = f"{base}/bench_template?sslmode=disable"
        subprocess.run(
            [sys.executable, "-m", "arami_db", "migrate", "-d", url],
            check=True,
            capture_output=True,
        )
        with psycopg.ClientCursor(psycopg.connect(url, autocommit=True)) as cursor:
            counts = {"users": max(sessions // 50, 1), "sessions": sessions, "days": DAYS}
            cursor.execute(FILL, counts)
            cursor.execute("vacuum analyze")
            cursor.execute("select (now() - interval '2 years')::text")
            (cutoff,) = cursor.fetchone() or ("",)
            cursor.execute(
                "select count(*) from public.daily_sessions where created_at < %s", [cutoff]
            )
            (old,) = cursor.fetchone() or (0,)
            cursor.connection.close()
        note = f"PostgreSQL {ours.version}, fsync on; {sessions} sessions, {old} old"
        print(note, flush=True)
        yield Bench(note, admin, base, "bench_template", cutoff, counts["users"], old)


def throughput(bench: Bench, runs: int) -> dict[str, list[float]]:
    """The ways take turns, each on a copy of its own; ratios are of the sessions a second.

    Returns:
        The sessions a second of each run, by way.
    """
    times: dict[Way, list[float]] = {way: [] for way in WAYS}
    for number in range(1, runs + 1):
        for way in WAYS:
            with bench.copy() as url:
                times[way].append(bench.archive(way, url))
                print(f"round {number}: {way.name}: {times[way][-1]:.1f} s", file=sys.stderr)
                if way.jobs == 1:
                    _flatness(url)
    theirs = statistics.median(times[THEIRS])
    for way, measured in times.items():
        seconds = statistics.median(measured)
        print(
            f"{way.name:<32}{seconds:7.1f} s{bench.old / seconds:9.0f} sessions/s"
            f"{theirs / seconds:7.2f} times the document's"
        )
    return {way.name: [bench.old / each for each in measured] for way, measured in times.items()}


def _flatness(url: str) -> None:
    """What a thousand sessions cost in the first and in the last tenth of the batches."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select tenth, extract(epoch from sum(duration)) * %s / sum(sessions), count(*)"
            " from (select *, ntile(10) over (order by id) as tenth from audit.archive_batch) as b"
            " group by tenth order by tenth",
            [BATCH * 1000],
        ).fetchall()
    print(
        f"  {sum(row[2] for row in rows)} batches; {BATCH} sessions took"
        f" {rows[0][1]:.0f} ms in the first tenth of them, {rows[-1][1]:.0f} ms in the last"
    )


def latencies(bench: Bench, seconds: int, rate: int, runs: int) -> dict[str, list[float]]:
    """The p99 of an application at a fixed rate, before and while sessions are archived.

    A core that only computes is shown beside the ways: less than that no archiving can cost.

    Returns:
        How many times as long it was in each run, by way.
    """
    ratios: dict[Way, list[float]] = {way: [] for way in (COMPUTING, THEIRS, *WAYS[2:])}
    for number in range(1, runs + 1):
        for way, measured in ratios.items():
            with bench.copy() as url, tempfile.TemporaryDirectory() as folder:
                with Foreground(Path(folder), url, bench.users, rate) as load:
                    time.sleep(seconds)
                    middle = time.time()
                    if way is COMPUTING:
                        _compute(seconds)
                    else:
                        bench.archive(way, url)
                    ended = time.time()
                    time.sleep(FLUSH)
                alone, during = load.p99(middle - seconds, middle), load.p99(middle, ended)
            measured.append(during / alone)
            print(
                f"round {number}: {way.name}: p99 {alone:.1f} ms alone, {during:.1f} ms during,"
                f" {measured[-1]:.2f} times",
                file=sys.stderr,
            )
    for way, measured in ratios.items():
        print(f"{way.name:<32}p99 of others{statistics.median(measured):7.2f} times that without")
    return {way.name: measured for way, measured in ratios.items()}


def _compute(seconds: int) -> None:
    with suppress(subprocess.TimeoutExpired):
        subprocess.run([sys.executable, "-c", "while True: pass"], check=True, timeout=seconds)


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sessions", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="rounds (3)")
    parser.add_argument(
        "--foreground", type=int, default=20, metavar="SECONDS", help="0: no foreground load (20)"
    )
    parser.add_argument("--rate", type=int, default=100, metavar="N", help="its rate (100/s)")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args()
    result: dict[str, object] = {}
    with lines(options.format), opened(options.sessions) as bench:
        result["notes"] = [bench.note, machine()]
        result["throughput"] = throughput(bench, options.runs)
        if options.foreground and not found():
            print("pgbench is not installed: no foreground load")
        elif options.foreground:
            result["p99"] = latencies(bench, options.foreground, options.rate, options.runs)
    if options.format == "json":
        print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
