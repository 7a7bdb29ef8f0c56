"""Time each query of verify on the schema, and beside many more objects, per object.

python benchmarks/verify_scale.py [--tables N] [--functions N] [--runs N]

A query that is linear in objects costs the same for each on both; the target is under 5 times.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from arami_db import embedded
from arami_db.database.connect import Connection, connect
from arami_db.facts.reading import _BEGIN, ask_files
from arami_db.files import SqlFile, discover, packaged_sql_dir

TARGET = 5.0
COUNT = """
    select (select count(*) from pg_class as c join pg_namespace as n on c.relnamespace = n.oid
            where c.relkind in ('r', 'v') and n.nspname in ('public', 'audit', 'arami_db'))
        + (select count(*) from pg_proc as p join pg_namespace as n on p.pronamespace = n.oid
            where n.nspname in ('public', 'audit', 'arami_db'))
"""
MORE = """
do $$ begin
    for n in 1..{tables} loop
        execute format('create table public.t_%1$s (id uuid primary key default gen_random_uuid(),
            user_id uuid not null constraint fk_t_%1$s_users
                references public.users on delete cascade, title text not null, note text,
            updated_at timestamptz, constraint chk_t_%1$s_title check (title <> ''''));
        create index idx_t_%1$s_user_id on public.t_%1$s (user_id);
        alter table public.t_%1$s enable row level security;
        create policy p on public.t_%1$s to authenticated
            using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
        create trigger update_t_%1$s_updated_at before update on public.t_%1$s
            for each row execute function public.update_updated_at_column();
        grant select, insert, update, delete on public.t_%1$s to authenticated;
        comment on table public.t_%1$s is ''one of many''', n);
    end loop;
    for n in 1..{functions} loop
        execute format('create function public.f_%1$s(a uuid) returns bigint language sql
            security definer set search_path = ''''
            as ''select count(*) from public.users where id = a''', n);
    end loop;
end $$
"""


def main() -> None:
    """Print each query's time on both schemas, and what an object costs more on the large one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=500)
    parser.add_argument("--functions", type=int, default=300)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="arami-bench-"))
    root.chmod(0o711)
    conninfo = embedded.start(root=root).conninfo
    try:
        cli = [sys.executable, "-m", "arami_db", "migrate", "-d", conninfo]
        subprocess.run(cli, check=True, capture_output=True)
        with connect(conninfo) as connection:
            plain, few = times(connection, options.runs), count(connection)
            connection.execute(MORE.format(**vars(options)).encode())
            large, many = times(connection, options.runs), count(connection)
        report(plain, large, few, many)
    finally:
        embedded.destroy(root=root)


def report(plain: dict[str, float], large: dict[str, float], few: int, many: int) -> None:
    """A line for each query, the dearest first."""
    print(f"{'':<44}{few:>5} objects{many:>8} objects  per object")
    for name, seconds in sorted(large.items(), key=lambda item: -item[1]):
        ratio = seconds / many / (plain[name] / few)
        mark = "" if ratio < TARGET else "  over the target"
        print(
            f"{name:<44}{plain[name] * 1000:10.1f} ms{seconds * 1000:13.1f} ms{ratio:12.2f}{mark}"
        )


def times(connection: Connection, runs: int) -> dict[str, float]:
    """The least time of each query, behind the prelude, and of all together."""
    tree = discover(packaged_sql_dir())
    asked: dict[str, tuple[Sequence[SqlFile], Sequence[SqlFile]]] = {
        **{file.label: ([file], ()) for file in tree.catalog},
        **{file.label: ((), [file]) for file in tree.checks},
        "all facts": (tree.catalog, ()),
        "all checks": ((), tree.checks),
    }
    found = {}
    for name, files in asked.items():
        connection.execute(_BEGIN.encode())
        found[name] = min(_seconds(connection, tree.prelude, *files) for _ in range(runs))
        connection.execute("rollback")
    return found


def _seconds(
    connection: Connection,
    prelude: SqlFile | None,
    catalog: Sequence[SqlFile],
    checks: Sequence[SqlFile],
) -> float:
    started = time.perf_counter()
    ask_files(connection, prelude, catalog, checks)
    return time.perf_counter() - started


def count(connection: Connection) -> int:
    """How many tables, views and functions of ours there are."""
    row = connection.execute(COUNT.encode()).fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    main()
