"""`arami-db archive --verify`: what live and archive hold together is what was there before."""

from __future__ import annotations

import json

from tests.archive_runs import (
    at_gate,
    closed_gate,
    execute,
    fill,
    moved,
    runs,
    session,
    start,
    state,
)
from tests.conftest import BOB, end, run_cli, run_json

# What an application might do behind the routine's back, after a batch, without the change log.
_TAMPER = """
create function public.tamper() returns trigger language plpgsql as $$
begin
    perform set_config('arami_db.moving', 'on', true);
    {}
    return null;
end $$;
create constraint trigger tamper after insert on audit.archive_batch
deferrable initially deferred for each row execute function public.tamper();
"""


def tampered(conninfo: str, statement: str) -> list[tuple[str, str, str]]:
    """What a run finds after somebody has changed something behind its back."""
    execute(conninfo, _TAMPER.format(statement))
    result = run_json("archive", "--verify", "-d", conninfo, expect=1)
    assert (result["outcome"], runs(conninfo)) == ("failed", [("archive", "failed")])
    found = result["verification"]["differences"]
    return [(row["table"], row["id"], row["problem"]) for row in found]


def test_a_run_proves_that_all_answers_are_as_before(database: str) -> None:
    fill(database, 30, young=10)
    done = run_cli("archive", "--verify-all", "-d", database)
    # All that the user has, young sessions too: 40 with 80 metrics, and 4 virtues.
    assert "verified: 124 rows of 1 users are as before" in done.stdout
    assert state(database) == moved(30, of=30, young=10)
    assert run_json("archive", "-d", database)["verification"] is None


def test_a_row_that_is_lost_changed_or_doubled_fails_the_run_by_name(database: str) -> None:
    fill(database, 20)
    gone = f"delete from public.daily_sessions_archive where id = '{session(7)}';"
    found = tampered(database, gone)
    assert ("public.daily_sessions", session(7), "is gone") in found
    assert {table for table, _, _ in found} == {"public.daily_sessions", "public.session_analytics"}


def test_a_changed_row_is_named(database: str) -> None:
    fill(database, 20)
    found = tampered(
        database,
        "update public.daily_sessions_archive set conversation_transcript = 'odd'"
        f" where id = '{session(7)}';",
    )
    assert found == [("public.daily_sessions", session(7), "has changed")]


def test_a_doubled_row_is_named(database: str) -> None:
    fill(database, 20)
    found = tampered(
        database,
        "insert into public.daily_sessions (id, user_id, session_type, created_at)"
        " select id, user_id, session_type, created_at from public.daily_sessions_archive"
        f" where id = '{session(7)}';",
    )
    assert found == [("public.daily_sessions", session(7), "is there twice")]


def test_what_users_do_meanwhile_is_theirs(database: str) -> None:
    fill(database, 20, young=5)
    with closed_gate(database) as open_gate:
        process = start(database, "--verify", "--format", "json")
        at_gate(database)
        execute(
            database,
            f"update public.daily_sessions set virtue_earned = 'x' where id = '{session(23)}';"
            f" delete from public.daily_sessions where id = '{session(24)}';"
            f" insert into public.users (id, name) values ('{BOB}', 'Bob');"
            " insert into public.daily_sessions (user_id, session_type)"
            " select user_id, 'written_clarity' from public.daily_sessions limit 1",
        )
        open_gate()
        found = json.loads(end(process).stdout)["verification"]
    assert (found["theirs"], found["differences"]) == (
        4,
        [],
    )  # one edited, one gone with two metrics


def test_an_applications_own_table_is_proved_too(database: str) -> None:
    fill(database, 20)
    execute(
        database,
        "create table public.notes (id uuid primary key default gen_random_uuid(), user_id uuid,"
        " session_id uuid, note text, foreign key (user_id, session_id)"
        " references public.daily_sessions (user_id, id) on delete cascade);"
        " create table public.notes_archive (id uuid primary key, user_id uuid, session_id uuid,"
        " note text, foreign key (user_id, session_id)"
        " references public.daily_sessions_archive (user_id, id) on delete cascade);"
        " insert into public.notes (user_id, session_id, note)"
        " select user_id, id, 'n' from public.daily_sessions",
    )
    found = tampered(database, "update public.notes_archive set note = 'm';")
    assert {(table, problem.split(" (")[0]) for table, _, problem in found} == {
        ("public.notes", "has changed")
    }
    assert len(found) == 20


_OWN = """
create table public.notes (
    session_id uuid references public.daily_sessions (id) on delete cascade, note text
);
create table public.notes_archive (session_id uuid, note text);
insert into public.notes
select s.id, n from public.daily_sessions as s, unnest('{a,a,b}'::text []) as n;
alter table public.virtue_collection
    add proved_in_session_id uuid references public.daily_sessions (id) on delete set null,
    add proved_in_archived_session_id uuid,
    add is_proved boolean generated always as (proved_in_session_id is not null) stored;
update public.virtue_collection set proved_in_session_id = earned_from_session_id;
"""


def test_tables_without_a_key_and_two_pointers_in_a_row_are_proved_too(database: str) -> None:
    fill(database, 20)
    execute(database, _OWN)
    done = run_cli("archive", "--verify-all", "-d", database)
    # A session, two metrics, two sorts of notes each; 2 virtues.
    assert "verified: 102 rows of 1 users are as before" in done.stdout


def test_a_table_that_is_not_in_the_change_log_says_so(database: str) -> None:
    fill(database, 20)
    execute(database, _OWN)
    found = tampered(
        database,
        f"delete from public.notes_archive where session_id = '{session(3)}' and note = 'b';",
    )
    [(table, _, problem)] = found
    assert table == "public.notes"
    assert problem.startswith("is gone (perhaps its user did it")


def test_what_goes_with_a_session_that_its_user_deletes_is_theirs(database: str) -> None:
    fill(database, 20, young=5)
    execute(database, _OWN)
    with closed_gate(database) as open_gate:
        process = start(database, "--verify", "--format", "json")
        at_gate(database)
        execute(database, f"delete from public.daily_sessions where id = '{session(24)}'")
        open_gate()
        found = json.loads(end(process).stdout)["verification"]
    assert (found["theirs"], found["differences"]) == (5, [])
