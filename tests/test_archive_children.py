"""What an application builds around sessions: it moves along, or the archive says what stops it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.archiving import Connection, add_session, add_user, archive, restore, state
from tests.children import CHILDREN
from tests.conftest import ALICE
from tests.documented import insert, row_for, value

NOTES, GOALS = "public.session_notes", "public.user_goals"


@pytest.fixture
def db(connection: Connection) -> Connection:
    """A user with a session; by one migration alone, notes on it and a goal that began in it."""
    connection.execute(CHILDREN)
    add_user(connection, ALICE)
    session = add_session(connection, ALICE, virtue="calm")
    connection.execute(
        "insert into public.session_notes (session_id, user_id, body) select %s, %s, %s::json"
        " from generate_series(1, 2)",
        [session, ALICE, '{"mood":  "odd spacing stays"}'],
    )
    goal = row_for("user_goals", ALICE, updated_at="2020-01-01 00:00:00+00")
    insert(connection, "user_goals", {**goal, "began_in_session_id": session})
    return connection


def everything(connection: Connection) -> dict[str, Any]:
    """All rows that a move may touch, as text."""
    found: dict[str, Any] = dict(state(connection))
    for table in (NOTES, f"{NOTES}_archive", GOALS):
        found[table] = connection.execute(
            f"select to_jsonb(t) - 'archived_at' from {table} as t order by 1".encode()
        ).fetchall()
    return found


def problems(connection: Connection, kind: str = "archive") -> list[str]:
    """What stands in the way, without the remedies."""
    query = "select object || ': ' || problem from audit.archive_obstacles(%s)"
    return [row[0] for row in connection.execute(query, [kind])]


def test_a_child_and_a_pointer_move_along_and_come_back(db: Connection) -> None:
    before = everything(db)
    found = archive(db)
    assert found["rows"] == {
        "public.session_analytics": 2,
        NOTES: 2,
        GOALS: 1,
        "public.virtue_collection": 1,
    }
    after = everything(db)
    assert (after[NOTES], after[f"{NOTES}_archive"]) == ([], before[NOTES])
    [(goal,)] = after[GOALS]
    assert goal["began_in_session_id"] is None
    assert goal["began_in_archived_session_id"] == before[GOALS][0][0]["began_in_session_id"]
    assert restore(db, for_user=ALICE)["rows"] == found["rows"]
    assert everything(db) == before


_BY_ID = """
create table public.likes (
    session_id uuid references public.daily_sessions on delete cascade,
    user_id uuid
);
create table public.likes_archive (
    archived_at date default now(),
    user_id uuid,
    session_id uuid,
    foreign key (user_id, session_id) references public.daily_sessions_archive (user_id, id)
    on delete cascade
);
insert into public.likes select s.id, u.id from public.daily_sessions as s,
unnest(array[s.user_id, null]) as u (id);
"""
_AND_BY_BOTH = """
alter table public.likes add foreign key (user_id, session_id)
references public.daily_sessions (user_id, id) on delete cascade;
"""


@pytest.mark.parametrize("keys", [_BY_ID, _BY_ID + _AND_BY_BOTH])
def test_a_child_that_needs_no_user_moves_with_the_rows_of_nobody(
    db: Connection, keys: str
) -> None:
    """The archive's id is not a key: its children name the user, too."""
    db.execute(keys.encode())
    found = "select array_agg(l::text order by l.user_id) from public.likes as l"
    before = value(db, found)
    assert archive(db)["rows"]["public.likes"] == 2
    assert value(db, found) is None
    assert restore(db, for_user=ALICE)["rows"]["public.likes"] == 2
    assert value(db, found) == before


def test_a_session_with_very_many_rows_moves_in_no_more_than_their_time(db: Connection) -> None:
    """Compared each with each, these would take minutes."""
    db.execute(
        "insert into public.session_notes (session_id, user_id) select session_id, user_id"
        " from public.session_notes, generate_series(1, 10000)"
    )
    db.execute("set statement_timeout = '20s'")
    assert archive(db)["rows"][NOTES] == 20002


def test_history_counts_them(db: Connection) -> None:
    archive(db)
    assert value(db, "select rows from audit.archive_history")[NOTES] == 2


@pytest.mark.parametrize(
    "lock",
    [
        "select from public.session_notes where id = 1 for share",
        "update public.user_goals set updated_at = now()",
    ],
)
def test_a_session_stays_while_somebody_holds_what_belongs_to_it(
    db: Connection, database: str, lock: str
) -> None:
    with psycopg.connect(database) as other:
        other.execute(lock.encode())
        assert (archive(db)["sessions"], archive(db)["skipped"]) == (0, 1)
    assert archive(db)["sessions"] == 1


@pytest.mark.parametrize("side", ["daily_sessions", "daily_sessions_archive"])
def test_partitioned_tables_work_on_either_side(db: Connection, side: str) -> None:
    """A place in a table (ctid) is one of several there: rows are found by their keys."""
    _partition(db, side)
    for day in range(1, 20):
        add_session(db, ALICE, day, virtue=f"v{day}")
    before = everything(db)
    assert archive(db, 7)["sessions"] == 7
    assert archive(db)["sessions"] == 13
    while restore(db, for_user=ALICE, batch_size=6)["sessions"]:
        pass
    assert everything(db) == before


def _partition(connection: Connection, table: str) -> None:
    """Divide a table by user and session, with the keys that refer to it."""
    keys = connection.execute(
        "select format('alter table %%s add constraint %%I %%s', conrelid::regclass, conname,"
        " pg_get_constraintdef(oid)), format('alter table %%s drop constraint %%I',"
        " conrelid::regclass, conname) from pg_constraint where contype = 'f' and confrelid = %s"
        "::regclass",
        [f"public.{table}"],
    ).fetchall()
    for _, drop in keys:
        connection.execute(drop.encode())
    connection.execute(
        f"alter table public.{table} rename to old;"
        f" create table public.{table} (like public.old including defaults including constraints,"
        "  unique (user_id, id)) partition by hash (id, user_id);".encode()
    )
    for number in range(3):
        connection.execute(
            f"create table public.part{number} partition of public.{table}"
            f" for values with (modulus 3, remainder {number})".encode()
        )
    connection.execute(f"insert into public.{table} select * from public.old".encode())
    for add, _ in keys:
        connection.execute(add.encode())


def test_an_archive_by_years_needs_no_foreign_key(db: Connection) -> None:
    """Its keys would have to hold the year: the live side says what belongs to a session."""
    for table in ("session_analytics_archive", "session_notes_archive"):
        db.execute(
            f"alter table public.{table} drop constraint fk_{table}_daily_sessions_archive".encode()
        )
    for table in ("virtue_collection", "user_goals"):
        db.execute(
            f"alter table public.{table} drop constraint fk_{table}_daily_sessions_archive".encode()
        )
    before = everything(db)
    archive(db)
    restore(db, for_user=ALICE)
    assert everything(db) == before


STRANGERS = {
    "a table without a twin": (
        "create table public.stranger (s uuid constraint k references public.daily_sessions)",
        "foreign key k of public.stranger: it refers to public.daily_sessions",
    ),
    "a table that refers to something else of a session": (
        "alter table public.daily_sessions add code int constraint u unique;"
        " alter table public.daily_sessions_archive add code int;"
        " create table public.stranger (code int constraint k references public.daily_sessions"
        " (code)); create table public.stranger_archive (code int)",
        "foreign key k of public.stranger: it refers to public.daily_sessions",
    ),
    "a table whose twin could not be named": (
        f"create table public.{'n' * 63} (s uuid constraint k references public.daily_sessions)",
        f"foreign key k of public.{'n' * 63}: it refers to public.daily_sessions",
    ),
    "a table whose twin is a view of it": (
        "create table public.stranger (s uuid constraint k references public.daily_sessions);"
        " create view public.stranger_archive as select * from public.stranger",
        "foreign key k of public.stranger: it refers to public.daily_sessions",
    ),
    "a pointer that may not be null": (
        "create table public.stranger (s uuid not null references public.daily_sessions,"
        " archived_s uuid)",
        "column s of public.stranger: it may not be null, and its value moves to archived_s",
    ),
    "a table that inherits": (
        "create table public.stranger (more text) inherits (public.daily_sessions)",
        "table public.stranger: it inherits from public.daily_sessions",
    ),
    "a table that refers to a child": (
        "create table public.stranger (s uuid constraint k references public.session_analytics)",
        "foreign key k of public.stranger: it refers to public.session_analytics",
    ),
    "a column on one side": (
        "alter table public.session_notes add mood text",
        "column mood: column mood is text in public.session_notes and missing in"
        " public.session_notes_archive",
    ),
    "a rule": (
        "create rule r as on delete to public.session_notes do instead nothing",
        "rule r of public.session_notes",
    ),
    "a trigger on what arrives": (
        "create trigger t before insert on public.daily_sessions_archive"
        " for each row execute function public.app()",
        "trigger t of public.daily_sessions_archive",
    ),
    "a trigger on what leaves": (
        "create trigger t after delete on public.session_notes"
        " for each statement execute function public.app()",
        "trigger t of public.session_notes",
    ),
    "a trigger on a pointer": (
        "create trigger t after update of began_in_session_id on public.user_goals"
        " for each row execute function public.app()",
        "trigger t of public.user_goals",
    ),
}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_what_would_be_left_or_changed_is_named_and_stops_it(db: Connection, stranger: str) -> None:
    statement, words = STRANGERS[stranger]
    db.execute(
        "create function public.app() returns trigger language plpgsql as 'begin return null; end'"
    )
    db.execute(statement.encode())
    [problem] = problems(db)
    assert problem.startswith(words)
    before = everything(db)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match=words.split(":")[0]):
        archive(db)
    assert everything(db) == before


def test_where_replication_is_played_its_triggers_run_and_no_others(db: Connection) -> None:
    """A role or a database may have session_replication_role set."""
    db.execute(
        "create function public.app() returns trigger language plpgsql as 'begin return null; end';"
        " create trigger plain before insert on public.daily_sessions_archive for each row"
        " execute function public.app();"
        " create trigger replica before insert on public.daily_sessions_archive for each row"
        " execute function public.app();"
        " alter table public.daily_sessions_archive enable replica trigger replica"
    )
    assert [problem.split()[1] for problem in problems(db)] == ["plain"]
    db.execute("set session_replication_role = replica")
    assert [problem.split()[1] for problem in problems(db)] == ["replica"]


@pytest.mark.parametrize(
    "harmless",
    [
        "create trigger t after insert on public.daily_sessions"
        " for each row execute function public.app()",
        "create trigger t before update of created_at on public.user_goals"
        " for each statement execute function public.app()",
        "create trigger t after delete on public.session_notes for each row"
        " execute function public.app(); alter table public.session_notes disable trigger t",
        "create trigger t after delete on public.session_notes for each row"
        " execute function public.app();"
        " comment on trigger t on public.session_notes is 'archive: it only counts'",
    ],
)
def test_what_no_move_runs_or_somebody_declared_stops_nothing(
    db: Connection, harmless: str
) -> None:
    db.execute(
        "create function public.app() returns trigger language plpgsql as 'begin return new; end'"
    )
    db.execute(harmless.encode())
    assert problems(db) == []
    assert archive(db)["sessions"] == 1


def test_what_a_trigger_raises_of_a_row_stops_that_row_alone(db: Connection) -> None:
    """PostgREST has its users raise PTxyz, for HTTP's xyz."""
    for day in range(1, 4):
        add_session(db, ALICE, day)
    db.execute(
        "create function public.app() returns trigger language plpgsql as $$ begin"
        " if new.created_at > '2020-01-03' then raise sqlstate 'PT409'; end if;"
        " return new; end $$; create trigger t before insert on public.daily_sessions_archive"
        " for each row execute function public.app();"
        " comment on trigger t on public.daily_sessions_archive is 'archive: refuses some'"
    )
    assert (archive(db)["sessions"], value(db, "select sqlstate from audit.archive_failure")) == (
        3, "PT409",
    )  # fmt: skip


LIARS = {
    "a date": "new.created_at := now(); return new;",
    "a transcript": "new.conversation_transcript := null; return new;",
    "a row": "return null;",
}


@pytest.mark.parametrize("lie", LIARS)
def test_a_declared_trigger_that_changes_what_arrives_is_caught(db: Connection, lie: str) -> None:
    db.execute("update public.daily_sessions set conversation_transcript = 'said'")
    db.execute(
        "create function public.app() returns trigger language plpgsql as"
        f" $$ begin {LIARS[lie]} end $$;"
        " create trigger t before insert on public.daily_sessions_archive for each row"
        " execute function public.app();"
        " comment on trigger t on public.daily_sessions_archive is 'archive: harmless'".encode()
    )
    before = everything(db)
    with pytest.raises(psycopg.Error) as caught:
        archive(db)
    assert caught.value.sqlstate == "27000"
    assert "0 of 1 rows arrived" in str(caught.value)
    assert everything(db) == before


def test_a_child_that_is_kept_by_a_trigger_is_not_lost(db: Connection) -> None:
    """BEFORE DELETE … RETURN NULL keeps a row, which the session's own delete would cascade to."""
    db.execute(
        "create function public.app() returns trigger language plpgsql as"
        " 'begin return null; end'; create trigger t before delete on public.session_notes"
        " for each row execute function public.app();"
        " comment on trigger t on public.session_notes is 'archive: harmless'"
    )
    before = everything(db)
    with pytest.raises(psycopg.Error) as caught:
        archive(db)
    assert caught.value.sqlstate == "27000"
    assert everything(db) == before


# What cannot move


def break_archive(connection: Connection, bad: int) -> None:
    """More sessions, some of which violate a constraint that the archive was given later."""
    for day in range(1, 40):
        add_session(connection, ALICE, day, metrics=1)
    connection.execute(
        "update public.daily_sessions set duration_seconds = -1 where id in"
        " (select id from public.daily_sessions order by created_at limit %s)",
        [bad],
    )
    connection.execute(
        "alter table public.daily_sessions_archive add constraint positive"
        " check (duration_seconds > 0) not valid"
    )


@pytest.mark.parametrize("bad", [1, 17, 40])
def test_what_cannot_move_is_remembered_and_stops_nobody(db: Connection, bad: int) -> None:
    break_archive(db, bad)
    found = archive(db)
    assert (found["sessions"], found["failed"], found["skipped"]) == (40 - bad, bad, 0)
    again = archive(db)
    assert (again["sessions"], again["failed"], again["skipped"]) == (0, 0, 0)
    rows = db.execute("select distinct kind, sqlstate, message from audit.archive_failure")
    [(kind, sqlstate, message)] = rows.fetchall()
    assert (kind, sqlstate) == ("archive", "23514")
    assert '"positive"' in message


def test_what_is_remembered_is_tried_again_the_longest_untried_first(db: Connection) -> None:
    break_archive(db, 4)
    archive(db)
    tried = "select session_id from audit.archive_failure order by tried_at desc limit 2"
    again = _retry(db, 2)
    assert (again["sessions"], again["failed"], again["exhausted"]) == (0, 2, False)
    first = {row[0] for row in db.execute(tried)}
    _retry(db, 2)
    assert first.isdisjoint({row[0] for row in db.execute(tried)})
    db.execute("alter table public.daily_sessions_archive drop constraint positive")
    assert (_retry(db, 3)["sessions"], _retry(db, 3)["sessions"]) == (3, 1)
    assert value(db, "select count(*) from audit.archive_failure") == 0


def test_a_retry_counts_what_it_leaves_because_somebody_holds_it(
    db: Connection, database: str
) -> None:
    assert _retry(db, 10)["skipped"] == 0
    break_archive(db, 2)
    archive(db)
    db.execute(
        "update public.daily_sessions set duration_seconds = 1 where id ="
        " (select session_id from audit.archive_failure limit 1)"
    )
    with psycopg.connect(database) as other:
        other.execute(
            "select from public.session_analytics where session_id in"
            " (select session_id from audit.archive_failure limit 1) for update"
        )
        found = _retry(db, 10)
    assert (found["sessions"], found["failed"], found["skipped"]) == (0, 1, 1)


def test_a_session_that_is_gone_is_forgotten(db: Connection) -> None:
    break_archive(db, 3)
    archive(db)
    db.execute("delete from public.daily_sessions where duration_seconds = -1")
    _retry(db, 10)
    assert value(db, "select count(*) from audit.archive_failure") == 0


def test_an_account_takes_what_is_remembered_of_it_along(db: Connection) -> None:
    break_archive(db, 3)
    archive(db)
    db.execute("delete from public.users")
    assert value(db, "select count(*) from audit.archive_failure") == 0


def test_a_key_checked_at_commit_fails_its_session_and_not_the_batch(db: Connection) -> None:
    db.execute(
        "alter table public.session_notes_archive alter constraint"
        " fk_session_notes_archive_users deferrable initially deferred"
    )
    add_session(db, ALICE, 1)
    assert archive(db)["sessions"] == 2


def _retry(connection: Connection, size: int) -> dict[str, Any]:
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        row = cursor.execute(
            "select * from audit.archive_daily_sessions('2023-01-01', %s, retry => true)", [size]
        ).fetchone()
    assert row is not None
    return row
