"""What a distributed database takes for an app's requests, as a multiple of one server.

python benchmarks/distributed.py --coordinator URL [--shards N ...] [--users N] [--runs N]
python benchmarks/distributed.py --format json

The URL names a Citus coordinator's superuser; default: $ARAMI_TEST_CITUS. One database for each
number of shards is made on its machines, and one that is not distributed beside the coordinator's;
all have the same demo data and are dropped at the end. A request is a whole transaction, as
PostgREST sends it: role, claims, and on Citus the claims once more. They take turns.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from report import lines, machine

Connection = psycopg.Connection[Any]

# Of one user, as the signed-in user, with the id that routes it to one shard.
OWN = {
    "dashboard": "select * from public.user_dashboard where id = {user}",
    "summary": "select * from public.get_session_summary({user})",
    "history page": "select id, session_date, created_at from public.session_history"
    " where user_id = {user} order by created_at desc, id desc limit 20",
    "sessions with metrics": "select * from public.session_history_with_analytics"
    " where user_id = {user} order by created_at desc, id desc limit 20",
    "session insert": "insert into public.daily_sessions (user_id, session_type)"
    " values ({user}, 'written_clarity') returning id",
    "goals update, logged": "update public.user_goals set progress_percentage = 50"
    " where user_id = {user}",
}
# Without the id: every shard is asked.
UNROUTED = {
    "dashboard, no id": "select * from public.user_dashboard",
    "history page, no id": "select id, session_date, created_at from public.session_history"
    " order by created_at desc, id desc limit 20",
}
# As service_role.
ALL = {
    "all dashboards": "select count(*), sum(total_virtues) from public.user_dashboard",
    "sessions by type": "select session_type, count(*) from public.session_history group by 1",
    "sign-up with e-mail": "insert into auth.users (email) values (gen_random_uuid() || '@x.org')",
}


def machines(coordinator: str) -> list[str]:
    """The cluster's machines, the coordinator first."""
    with psycopg.connect(coordinator, autocommit=True) as connection:
        nodes = connection.execute(
            "select nodename, nodeport from pg_dist_node order by groupid"
        ).fetchall()
    return [make_conninfo(coordinator, host=host, port=port) for host, port in nodes]


def arami_db(*arguments: str) -> None:
    """Run the tool."""
    subprocess.run([sys.executable, "-m", "arami_db", *arguments, "--quiet"], check=True)


@contextmanager
def database(servers: Sequence[str], name: str) -> Iterator[str]:
    """A database of that name on all of them, dropped at the end; with Citus if they are many."""
    try:
        for server in servers:
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute("set citus.enable_create_database_propagation to off")
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
            if len(servers) > 1:
                with psycopg.connect(server, dbname=name, autocommit=True) as connection:
                    connection.execute("create extension citus")
        if len(servers) > 1:
            with psycopg.connect(servers[0], dbname=name, autocommit=True) as connection:
                join(connection, servers)
        yield make_conninfo(servers[0], dbname=name)
    finally:
        for server in servers:
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute("set citus.enable_create_database_propagation to off")
                connection.execute(
                    sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
                )


def join(connection: Connection, servers: Sequence[str]) -> None:
    """Make a cluster of them."""
    for place, server in enumerate(servers):
        parts = conninfo_to_dict(server)
        add = "citus_add_node" if place else "citus_set_coordinator_host"
        connection.execute(
            sql.SQL("select {}(%s, %s)").format(sql.Identifier(add)),
            [parts["host"], int(str(parts["port"]))],
        )


@contextmanager
def acting(connection: Connection, user: str | None, *, repeats: bool) -> Iterator[None]:
    """Be that user, or service_role, as PostgREST does, in a transaction that is rolled back."""
    with connection.transaction(force_rollback=True):
        if user is not None:
            claims = json.dumps({"sub": user, "role": "authenticated"})
            connection.execute("set local role authenticated")
            connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
            if repeats:
                connection.execute("select public.repeat_claims()")
        yield


def seconds(connection: Connection, text: str, user: str | None, *, repeats: bool) -> float:
    """How long a request's transaction takes."""
    started = time.perf_counter()
    with acting(connection, user, repeats=repeats):
        connection.execute(text.replace("{user}", f"'{user}'::uuid").encode())
    return time.perf_counter() - started


def measure(
    contestants: dict[str, Connection], people: Sequence[str], runs: int
) -> dict[str, dict[str, float]]:
    """Milliseconds of each request on each database, the median; they take turns."""
    found: dict[str, dict[str, float]] = {}
    for request, text in {**OWN, **UNROUTED, **ALL}.items():
        times: dict[str, list[float]] = {name: [] for name in contestants}
        for turn in range(runs + 2):
            user = None if request in ALL else people[turn % len(people)]
            for name, connection in contestants.items():
                took = seconds(connection, text, user, repeats=name != "one server")
                if turn > 1:  # the first ones warm caches
                    times[name].append(took)
        found[request] = {name: statistics.median(each) * 1000 for name, each in times.items()}
    return found


def table(found: dict[str, dict[str, float]]) -> str:
    """The figures as Markdown: one server in ms, the others as multiples of it."""
    names = [name for name in next(iter(found.values())) if name != "one server"]
    rows = [
        "| | one server, ms | " + " | ".join(names) + " |",
        "|---|--:|" + "--:|" * len(names),
    ]
    for request, times in found.items():
        one = times["one server"]
        cells = " | ".join(f"{times[name] / one:.1f}" for name in names)
        rows.append(f"| {request} | {one:.2f} | {cells} |")
    return "\n".join(rows)


def main() -> None:
    """Make the databases, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--coordinator", default=os.environ.get("ARAMI_TEST_CITUS"))
    parser.add_argument("--shards", type=int, nargs="+", default=[8, 32, 128])
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--format", choices=["text", "json"], default="text")
    options = parser.parse_args()
    if not options.coordinator:
        parser.error("--coordinator names a Citus coordinator's superuser")
    servers = machines(options.coordinator)
    demo = ("seed", "demo", "--yes", "--users", str(options.users), "-d")
    with ExitStack() as stack, lines(options.format):
        contestants: dict[str, Connection] = {}
        # The roles come with the first database, on all machines if that is on Citus.
        for shards in (*options.shards, 0):
            used = servers if shards else servers[:1]
            made = stack.enter_context(database(used, f"arami_bench_{shards}"))
            arami_db("migrate", "-d", made)
            arami_db(*demo, made)
            if shards:
                arami_db("distribute", "--shards", str(shards), "--yes", "-d", made)
            opened = stack.enter_context(psycopg.connect(made, autocommit=True))
            opened.execute("analyze")
            contestants[f"{shards} shards" if shards else "one server"] = opened
        people = [
            row[0]
            for row in contestants["one server"].execute(
                "select user_id::text from public.daily_sessions group by 1 order by count(*) desc"
                " limit 20"
            )
        ]
        found = measure(contestants, people, options.runs)
        print(table(found))
        for connection in contestants.values():
            connection.close()
    if options.format == "json":
        print(json.dumps({"notes": [machine()], "milliseconds": found}, indent=2))


if __name__ == "__main__":
    main()
