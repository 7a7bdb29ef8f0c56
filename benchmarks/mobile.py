"""What an app waits for, on `seed demo` data: through row level security, and written by hand.

python benchmarks/mobile.py [--users N ...] [--runs N] [--people N]
python benchmarks/mobile.py --database URL      # one that `seed demo` has filled
python benchmarks/mobile.py --format json

Each request is sent as an API sends it, as role authenticated with the claims of its user, and
as the owner with the user's id given to hand-made SQL; and that SQL as the user, too, which shows
what row level security itself takes. They take turns, for the same people: prepared, as PostgREST
does by default, and planned each time, as through a pooler that prepares nothing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

USERS = (4300, 43_000)  # of some 23 sessions each
PAGE = "user_id, id, session_type, session_date, created_at"
_HISTORY = """
    select * from (
        (select {page} from public.daily_sessions where user_id = {user}
            and (created_at, id) < (now(), 'ffffffff-ffff-ffff-ffff-ffffffffffff')
            order by created_at desc, id desc limit 20)
        union all
        (select {page} from public.daily_sessions_archive where user_id = {user}
            and (created_at, id) < (now(), 'ffffffff-ffff-ffff-ffff-ffffffffffff')
            order by created_at desc, id desc limit 20)
    ) as page
    order by created_at desc, id desc limit 20"""
# The document's section 7.1, as it stands but for the names of schemas.
DOCUMENTS = """
    select
        u.id, u.name, u.preferred_language, op.disc_type, op.enneagram_type, rp.timing,
        rp.voice_id, coalesce(us.current_streak, 0) as daily_streak,
        count(distinct vc.virtue_name) as total_virtues,
        count(distinct ds.id) filter (
            where ds.session_date >= current_date - interval '7 days'
        ) as sessions_this_week,
        count(distinct ug.id) filter (where ug.status = 'active') as active_goals
    from public.users as u
    left join public.onboarding_profiles as op on u.id = op.user_id
    left join public.ritual_preferences as rp on u.id = rp.user_id
    left join public.user_streaks as us
        on u.id = us.user_id and us.streak_type = 'daily_session'
    left join public.virtue_collection as vc on u.id = vc.user_id
    left join public.daily_sessions as ds on u.id = ds.user_id
    left join public.user_goals as ug on u.id = ug.user_id
    group by u.id, u.name, u.preferred_language, op.disc_type, op.enneagram_type, rp.timing,
        rp.voice_id, us.current_streak"""


@dataclass(frozen=True)
class Request:
    """What an app asks for.

    Attributes:
        app: as the API sends it, for the signed-in user; {user} is the literal id.
        hand: the same by hand.
    """

    app: str
    hand: str


REQUESTS = {
    "dashboard": Request(
        "select * from public.user_dashboard",
        """
        select
            u.id, u.name, u.preferred_language, op.disc_type, op.enneagram_type, rp.timing,
            rp.voice_id, coalesce(us.current_streak, 0) as daily_streak,
            (select count(*) from public.virtue_collection where user_id = {user}),
            (select count(*) from public.daily_sessions
                where user_id = {user} and session_date >= current_date - 7)
            + (select count(*) from public.daily_sessions_archive
                where user_id = {user} and session_date >= current_date - 7),
            (select count(*) from public.user_goals where user_id = {user} and status = 'active')
        from public.users as u
        left join public.onboarding_profiles as op on op.user_id = {user}
        left join public.ritual_preferences as rp on rp.user_id = {user}
        left join public.user_streaks as us
            on us.user_id = {user} and us.streak_type = 'daily_session'
        where u.id = {user}""",
    ),
    "summary": Request(
        "select * from public.get_session_summary((select auth.uid()))",
        """
        with sessions as (
            select duration_seconds, virtue_earned, emotional_snapshot
            from public.daily_sessions where user_id = {user}
                and session_date >= current_date - 30 and session_status = 'completed'
            union all
            select duration_seconds, virtue_earned, emotional_snapshot
            from public.daily_sessions_archive where user_id = {user}
                and session_date >= current_date - 30 and session_status = 'completed'
        ),
        emotions as (
            select felt ->> 'emotion' as emotion, count(*) as frequency
            from sessions, jsonb_array_elements(emotional_snapshot) as felt group by 1
        )
        select count(*), round(avg(duration_seconds) / 60.0, 1),
            mode() within group (order by virtue_earned),
            (select array_agg(emotion order by frequency desc, emotion collate "C")
                from emotions)
        from sessions""",
    ),
    "history page": Request(
        f"""select {PAGE} from public.session_history
        where user_id = {{user}}
            and (created_at, id) < (now(), 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        order by created_at desc, id desc limit 20""",
        _HISTORY.replace("{page}", PAGE),
    ),
    "active goals": Request(
        "select * from public.user_goals where status = 'active' order by created_at",
        "select * from public.user_goals where user_id = {user} and status = 'active'"
        " order by created_at",
    ),
    "session insert": Request(
        """insert into public.daily_sessions (session_type, duration_seconds, emotional_snapshot)
        values ('written_clarity', 300,
            '[{"emotion": "joy", "intensity": 4, "color": "#fc0", "confidence": 0.9}]')
        returning id""",
        """insert into public.daily_sessions
            (user_id, session_type, duration_seconds, emotional_snapshot)
        values ({user}, 'written_clarity', 300,
            '[{"emotion": "joy", "intensity": 4, "color": "#fc0", "confidence": 0.9}]')
        returning id""",
    ),
}

Connection = psycopg.Connection[Any]
# Of a request, for machines: milliseconds prepared, planned each time, by hand; pages.
FIGURES = ("prepared", "planned", "hand", "pages")


@contextmanager
def signed_in(connection: Connection, user: str) -> Iterator[None]:
    """Be that user, as PostgREST makes one so, in a transaction that is rolled back."""
    with connection.transaction(force_rollback=True):
        claims = json.dumps({"sub": user, "role": "authenticated"})
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        connection.execute("set local role authenticated")
        yield


def for_user(sql: str, user: str) -> str:
    """The SQL for that user."""
    return sql.replace("{user}", f"'{user}'::uuid")


def plan(connection: Connection, sql: str) -> dict[str, Any]:
    """How the server runs it, and the pages it looks at."""
    explained = f"explain (analyze, buffers, format json) {sql}".encode()
    [[[found]]] = connection.execute(explained).fetchall()
    return dict(found["Plan"])


def settle(connection: Connection) -> None:
    """Put sessions in the order of time, in which an app writes them; demo data comes by user.

    Else all of a user's would lie side by side, which makes reading them look cheap to the planner.
    """
    connection.execute("cluster public.daily_sessions using idx_daily_sessions_created_at")
    connection.execute("vacuum analyze")


def people(connection: Connection, number: int) -> list[str]:
    """Demo users, from those with the most sessions to those with the fewest, evenly chosen."""
    rows = connection.execute(
        """select user_id::text from public.daily_sessions where user_id between
            'de300000-0000-8000-8000-000000000001' and 'de300000-0000-8000-8000-ffffffffffff'
        group by user_id order by count(*) desc, user_id"""
    ).fetchall()
    if not rows:
        sys.exit("no demo users there: arami-db seed demo --users 4300")
    return [row[0] for row in rows[:: max(len(rows) // number, 1)]][:number]


def prepare(connection: Connection, name: str, sql: str) -> str:
    """Prepare it under that name; the statement that runs it, where {user} is the user."""
    of_user = "{user}" in sql
    prepared = sql.replace("{user}", "$1")
    connection.execute(f"prepare {name}{'(uuid)' if of_user else ''} as {prepared}".encode())
    return f"execute {name}{'({user})' if of_user else ''}"


def _seconds(connection: Connection, sql: str) -> float:
    started = time.perf_counter()
    connection.execute(sql.encode()).fetchall()
    return time.perf_counter() - started


def _turn(connection: Connection, sent: dict[str, str], user: str) -> dict[str, float]:
    """The seconds of each way for one user."""
    found = {}
    for way, sql in sent.items():
        if way == "hand":
            with connection.transaction(force_rollback=True):
                found[way] = _seconds(connection, for_user(sql, user))
        else:
            with signed_in(connection, user):
                found[way] = _seconds(connection, for_user(sql, user))
    return found


def timed(connection: Connection, sent: dict[str, str], users: list[str], runs: int) -> list[str]:
    """Medians of the app's way and the hand's; their ratio; the ratio with and without policies."""
    turns = [_turn(connection, sent, user) for _ in range(runs + 1) for user in users]
    rounds = turns[len(users) :]  # the first round warms caches
    medians = [statistics.median(found[way] for found in rounds) * 1000 for way in ("app", "hand")]
    ratios = [
        statistics.median(found[way] / found["hand"] for found in rounds)
        for way in ("app", "policies")
    ]
    return [f"{figure:.2f}" for figure in (*medians, *ratios)]


def measure(connection: Connection, request: Request, users: list[str], runs: int) -> list[str]:
    """A table's cells: prepared, planned each time, and the pages that are looked at."""
    sent = {"app": request.app, "policies": request.hand, "hand": request.hand}
    planned = timed(connection, sent, users, runs)
    prepared = {way: prepare(connection, way, sql) for way, sql in sent.items()}
    cells = timed(connection, prepared, users, runs)
    connection.execute("deallocate all")
    pages = []
    for user in users:
        with signed_in(connection, user):
            found = plan(connection, for_user(request.app, user))
            pages.append(found["Shared Hit Blocks"] + found["Shared Read Blocks"])
    return [*cells, *planned, f"{statistics.median(pages):.0f}", f"{max(pages)}"]


def report(connection: Connection, runs: int, number: int) -> dict[str, Any]:
    """Print a line for each request; the same for machines, in milliseconds and pages."""
    connection.prepare_threshold = None  # what is prepared is prepared here
    settle(connection)
    [[sessions]] = connection.execute("select count(*) from public.session_history").fetchall()
    users = people(connection, number)
    print(f"\n{sessions:,} sessions; medians of {runs} runs for {len(users)} people")
    print(f"{'':<18}{'prepared':>32}{'planned each time':>32}")
    ways = ("app ms", "hand ms", "ratio", "RLS")
    print(f"{'':<18}" + "".join(f"{head:>8}" for head in (*ways, *ways, "pages", "most")))
    found = {}
    for name, request in REQUESTS.items():
        cells = measure(connection, request, users, runs)
        print(f"{name:<18}" + "".join(f"{cell:>8}" for cell in cells), flush=True)
        figures = [float(cell) for cell in cells]
        found[name] = dict(zip(FIGURES, (figures[0], *figures[4:6], figures[8]), strict=True))
    theirs = f"select * from ({DOCUMENTS}) as d"
    one = [_seconds(connection, f"{theirs} where d.id = '{user}'") for user in users]
    by_id = statistics.median(one) * 1000
    print(f"{'document, by id':<18}{by_id:>10.2f}")
    # Without a condition, as an app sends it: the view runs as its owner, and row level security
    # does not narrow it.
    as_sent = _seconds(connection, theirs) * 1000
    print(f"{'document, as sent':<18}{as_sent:>10.2f}", flush=True)
    return {
        "server": connection.info.parameter_status("server_version"),
        "sessions": sessions,
        "requests": found,
        "document": {"id": by_id, "all": as_sent},
    }


def filled(url: str | None, sizes: Sequence[int]) -> Generator[Connection, None, None]:
    """A connection to the database of that URL; without, to one of our own, size after size."""
    if url:
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection
        return
    from migrate import server

    with server() as ours, psycopg.connect(ours.conninfo, autocommit=True) as connection:
        target, arami = ["-d", ours.conninfo], [sys.executable, "-m", "arami_db"]
        subprocess.run([*arami, "migrate", "--quiet", *target], check=True, stdout=sys.stderr)
        for users in sorted(sizes):
            seed = [*arami, "seed", "demo", "--users", str(users), *target]
            subprocess.run(seed, check=True, stdout=sys.stderr)
            subprocess.run([*arami, "archive", *target], check=True, stdout=sys.stderr)
            yield connection


def main() -> None:
    """Measure on a database that is there, or on a server of its own, size after size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", help="one that has demo data; else a server is started")
    parser.add_argument("--users", type=int, nargs="+", default=USERS)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args()
    from report import lines, machine

    with lines(options.format), closing(filled(options.database, options.users)) as connections:
        sizes = [report(each, options.runs, options.people) for each in connections]
    if options.format == "json":
        notes = [f"PostgreSQL {sizes[0].pop('server')}", machine()]
        print(json.dumps({"notes": notes, "sizes": sizes}, indent=2))


if __name__ == "__main__":
    main()
