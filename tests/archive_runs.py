"""What the tests of archiving share: sessions old and young, and a gate that holds a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from tests.conftest import ALICE, Process, eventually, rows, scalar, start_cli

_FILL = """
insert into public.users (id, name) values (%(user)s, 'Alice') on conflict do nothing;
insert into public.daily_sessions (id, user_id, session_type, conversation_transcript, created_at)
select
    ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, %(user)s, 'written_clarity',
    'session ' || n,
    case when n <= %(old)s then '2020-01-01 00:00:00+00'::timestamptz + n * interval '1 minute'
    else now() - interval '1 day' + n * interval '1 second' end
from generate_series(1, %(old)s + %(young)s) as n;
insert into public.session_analytics (session_id, user_id, metric_name, metric_value)
select s.id, s.user_id, m.name, 0.5
from public.daily_sessions as s cross join (values ('clarity'), ('engagement')) as m (name);
insert into public.virtue_collection (user_id, virtue_name, earned_from_session_id)
select user_id, 'virtue of ' || conversation_transcript, id from public.daily_sessions
where id::text like '%%0';
"""

_GATE = """
create function public.gate() returns trigger language plpgsql as $$
begin
    while not pg_try_advisory_xact_lock_shared(7) loop perform pg_sleep(0.01); end loop;
    return null;
end $$;
create trigger gate before insert on public.daily_sessions_archive
for each statement execute function public.gate();
comment on trigger gate on public.daily_sessions_archive is 'archive: it holds a batch up, no more';
"""

_STATE = """
select
    (select count(*) from public.daily_sessions),
    (select count(*) from public.session_analytics),
    (select count(*) from public.daily_sessions_archive),
    (select count(*) from public.session_analytics_archive),
    (select count(earned_from_session_id) from public.virtue_collection),
    (select count(earned_from_archived_session_id) from public.virtue_collection)
"""


def session(number: int) -> str:
    """The id of a session of fill(), oldest first."""
    return f"00000000-0000-4000-8000-{number:012}"


def fill(conninfo: str, old: int, young: int = 0, user: str = ALICE) -> None:
    """Sessions of 2020 and of yesterday, two analytics each, a virtue for each tenth."""
    with psycopg.connect(conninfo) as connection:
        cursor = psycopg.ClientCursor(connection)
        cursor.execute(_FILL, {"user": user, "old": old, "young": young})


def execute(conninfo: str, statements: str) -> None:
    """Run statements."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(statements.encode())


def state(conninfo: str) -> tuple[int, ...]:
    """Rows live (sessions, analytics), archived (the same), virtues earned live and archived."""
    return rows(conninfo, _STATE)[0]


def moved(sessions: int, of: int, young: int = 0) -> tuple[int, ...]:
    """The state after so many of fill()'s old sessions were archived."""
    live, virtues = of + young - sessions, (of + young) // 10
    return (live, 2 * live, sessions, 2 * sessions, virtues - sessions // 10, sessions // 10)


def batches(conninfo: str) -> list[int]:
    """The sizes of all batches, in order."""
    found = rows(conninfo, "select sessions from audit.archive_batch order by id")
    return [sessions for (sessions,) in found]


def runs(conninfo: str) -> list[tuple[str, str | None]]:
    """Kind and outcome of all runs, in order."""
    return rows(conninfo, "select kind, outcome from audit.archive_run order by id")


def slow(conninfo: str, seconds: float = 0.001) -> None:
    """Each session takes that long."""
    execute(
        conninfo,
        "create function public.slow() returns trigger language plpgsql as $$ begin"
        f" perform pg_sleep({seconds} * (select count(*) from fresh)); return null; end $$;"
        " create trigger slow after insert on public.daily_sessions_archive"
        " referencing new table as fresh for each statement execute function public.slow();"
        " comment on trigger slow on public.daily_sessions_archive is 'archive: it takes its time'",
    )


@contextmanager
def closed_gate(conninfo: str) -> Iterator[Callable[[], None]]:
    """Hold every batch in its middle, until the yielded function is called or the block ends."""
    if scalar(conninfo, "select to_regproc('public.gate') is null"):
        execute(conninfo, _GATE)
    with psycopg.connect(conninfo, autocommit=True) as holder:
        holder.execute("select pg_advisory_lock(7)")

        def open_gate() -> None:
            holder.execute("select pg_advisory_unlock_all()")

        yield open_gate


def at_gate(conninfo: str, number: int = 1) -> list[int]:
    """The backends of the batches at the gate, once there are so many."""
    query = (
        "select pid from pg_stat_activity where datname = current_database()"
        " and wait_event = 'PgSleep' and query like '%_daily_sessions(%'"
    )
    found = eventually(
        f"{number} at the gate",
        lambda: len(pids := rows(conninfo, query)) >= number and pids,
    )
    return [pid for (pid,) in found]


def start(conninfo: str, *args: str, **extra: str) -> Process:
    """Start an archive run."""
    return start_cli("archive", *args, "-d", conninfo, **extra)


def said(process: Process, text: str) -> str:
    """Read what a process says on stderr up to a line with this text; that line."""
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return line
    raise AssertionError(f"never said: {text}")
