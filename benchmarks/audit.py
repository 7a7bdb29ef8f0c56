"""What the change log costs a writer: the same statement with its triggers and without.

python benchmarks/audit.py [--users N] [--runs N]

Beside it stands the floor: the same triggers with a function that compares nothing and writes the
same row of the log for each row. Nobody who writes a row of a log can do with less.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
from migrate import server

Connection = psycopg.Connection[Any]
SINGLES = 200  # statements on one row, of which a run takes the median

FLOOR = """
create or replace function audit.record_change()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into audit.change_log
        (actor_id, actor_role, operation, table_name, row_id, changed_columns)
    select null, 'authenticated', lower(tg_op), 'a_table', id,
        case when tg_op = 'UPDATE' then '{a_column}'::text[] end
    from old_rows;
    return null;
end
$$"""
TRIGGERS = """
    select format('alter table %s {} trigger %I', tgrelid::regclass, tgname)
    from pg_trigger where tgfoid = 'audit.record_change'::regproc"""
ONE_ROW = {
    "a goal by id": (
        "public.user_goals",
        "update public.user_goals set progress_percentage = (progress_percentage + 1) % 100"
        " where id = $1",
    ),
    "a session by id": (
        "public.daily_sessions",
        "update public.daily_sessions set duration_seconds = duration_seconds + 1 where id = $1",
    ),
    "an insert": (
        "public.users",
        "insert into public.user_goals (user_id, goal_text) values ($1, 'Walk')",
    ),
}
MANY_ROWS = {
    "5,000 sessions updated": "update public.daily_sessions set duration_seconds ="
    " duration_seconds + 1 where id in (select id from public.daily_sessions limit 5000)",
    "5,000 goals updated": "update public.user_goals set progress_percentage = 50"
    " where id in (select id from public.user_goals limit 5000)",
    "5,000 sessions deleted": "delete from public.daily_sessions"
    " where id in (select id from public.daily_sessions limit 5000)",
    "5,000 goals deleted": "delete from public.user_goals"
    " where id in (select id from public.user_goals limit 5000)",
}


def one_row(connection: Connection, table: str, sql: str, claims: bool) -> float:
    """The median seconds of that statement for one id after another, as PostgREST prepares it."""
    query = f"select id, {'id' if table == 'public.users' else 'user_id'} from {table}"
    ids = connection.execute(f"{query} order by random() limit {SINGLES}".encode()).fetchall()
    connection.execute(f"prepare written as {sql}".encode())
    seconds = []
    for row, user in ids:
        started = time.perf_counter()
        if claims:
            with connection.transaction():
                said = json.dumps({"sub": str(user), "role": "authenticated"})
                connection.execute("select set_config('request.jwt.claims', %s, true)", [said])
                connection.execute("set local role authenticated")
                connection.execute(f"execute written ('{row}')".encode())
        else:
            connection.execute(f"execute written ('{row}')".encode())
        seconds.append(time.perf_counter() - started)
    connection.execute("deallocate written")
    return statistics.median(seconds)


def many_rows(connection: Connection, sql: str) -> float:
    """The seconds of that statement; it is rolled back."""
    with connection.transaction(force_rollback=True):
        started = time.perf_counter()
        connection.execute(sql.encode())
        return time.perf_counter() - started


def switch(connection: Connection, way: str, ours: str) -> None:
    """Without the triggers, with ours, or with the floor's function."""
    connection.execute((FLOOR if way == "floor" else ours).encode())
    switched = TRIGGERS.format("disable" if way == "off" else "enable")
    for (statement,) in connection.execute(switched.encode()).fetchall():
        connection.execute(statement.encode())


def compare(connection: Connection, name: str, measured: Callable[[], float], runs: int) -> None:
    """Print the milliseconds of all three, by medians, and the ratios by medians and minimums."""
    definition = "select pg_get_functiondef('audit.record_change'::regproc)"
    [[ours]] = connection.execute(definition).fetchall()
    seconds: dict[str, list[float]] = {"off": [], "on": [], "floor": []}
    for turn in range(runs + 1):
        for way, found in seconds.items():
            switch(connection, way, ours)
            second = measured()
            if turn:  # the first round warms caches
                found.append(second)
        connection.execute("vacuum public.user_goals, public.daily_sessions, audit.change_log")
    switch(connection, "on", ours)
    cells = [f"{statistics.median(found) * 1000:>10.3f}" for found in seconds.values()]
    for way in ("on", "floor"):
        pairs = zip(seconds[way], seconds["off"], strict=True)
        cells.append(f"{statistics.median(a / b for a, b in pairs):>8.2f}")
        cells.append(f"{min(seconds[way]) / min(seconds['off']):>8.2f}")
    print(f"{name:<34}" + "".join(cells), flush=True)


def report(connection: Connection, runs: int) -> None:
    """Print a line for each statement."""
    connection.execute("set synchronous_commit = off")
    print(f"{'':<34}{'off ms':>10}{'on ms':>10}{'floor ms':>10}", end="")
    print(f"{'on':>8}{'by min':>8}{'floor':>8}{'by min':>8}")
    for name, (table, sql) in ONE_ROW.items():
        for label, claims in ((name, False), (f"{name}, as an app", True)):
            compare(connection, label, partial(one_row, connection, table, sql, claims), runs)
    for name, sql in MANY_ROWS.items():
        compare(connection, name, partial(many_rows, connection, sql), runs)


def main() -> None:
    """Measure on a server of its own, with demo data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args()
    with server() as found, psycopg.connect(found.conninfo, autocommit=True) as connection:
        url, arami = found.conninfo, [sys.executable, "-m", "arami_db"]
        subprocess.run([*arami, "migrate", "--quiet", "-d", url], check=True)
        demo = [*arami, "seed", "demo", "--users", str(options.users), "-d", url]
        subprocess.run(demo, check=True)
        connection.execute("vacuum analyze")
        report(connection, options.runs)


if __name__ == "__main__":
    main()
