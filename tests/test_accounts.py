"""From sign-up to deletion: the auth server's own statements, and what becomes of the profile."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests import gotrue
from tests.archiving import CUTOFF, add_session, archive
from tests.asking import TREE, facts, found
from tests.conftest import ALICE, BOB, acting_as, made, run_cli, run_json
from tests.documented import Connection, insert, names, row_for, settle, tables, value

SUFFIX = uuid.uuid4().hex[:8]
OWNER = f"app_{SUFFIX}"  # who migrates: as hosted, no superuser
SEED_USER = "550e8400-e29b-41d4-a716-446655440000"
HER, HIS = "ada@example.com", "bob@example.com"
USUAL = "foreign key (id) references auth.users (id) on delete cascade"

# Section 8.2 of the document, to the letter.
DOCUMENTS_SEED = """
-- Seed script for development/testing
INSERT INTO users (id, email, name, onboarding_completed) VALUES
('550e8400-e29b-41d4-a716-446655440000', 'test@arami.ai', 'Test User', true);

INSERT INTO onboarding_profiles (user_id, disc_type, confidence_score) VALUES
('550e8400-e29b-41d4-a716-446655440000', 'I', 0.85);

INSERT INTO ritual_preferences (user_id, timing, duration, style, voice_id, focus_area) VALUES
('550e8400-e29b-41d4-a716-446655440000', 'morning_person', 'quick_focused', 'guided_structure', 'warm_friend', 'stress_management');
"""  # noqa: E501


@pytest.fixture(scope="module")
def roles(server: dict[str, str], template: str) -> Iterator[None]:
    """The roles of a hosted server beside the API's."""
    conninfo = make_conninfo("", **{**server, "dbname": "postgres"})
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"create role {OWNER} login createrole")
        yield
        for role in (OWNER, gotrue.GOTRUE):
            if value(connection, "select to_regrole(%s)", role):
                connection.execute(f"drop owned by {role} cascade; drop role {role}")


@contextmanager
def platform(
    server: dict[str, str], *, later: bool = True, grants: str = gotrue.GRANTS
) -> Iterator[str]:
    """A database as Supabase has it before anybody migrates, as a superuser."""
    with made(server) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            gotrue.install(connection, later=later)
            gotrue.adopt(connection, OWNER, grants)
        yield conninfo


def as_owner(conninfo: str) -> str:
    return make_conninfo(conninfo, user=OWNER)


@contextmanager
def copy(server: dict[str, str], name: str) -> Iterator[str]:
    """A copy of a migrated database; schema public belongs to the owner of the database."""
    with made(server, name) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            database = sql.Identifier(connection.info.dbname)
            owned = sql.SQL("alter database {} owner to {}")
            connection.execute(owned.format(database, sql.Identifier(OWNER)))
        yield conninfo


@pytest.fixture(scope="module", params=["later", "first"])
def migrated(server: dict[str, str], roles: None, request: Any) -> Iterator[str]:
    """The name of a migrated database of Supabase's: as it is now, and as it was at first."""
    with platform(server, later=request.param == "later") as conninfo:
        run_cli("migrate", "-d", as_owner(conninfo))
        yield str(conninfo_to_dict(conninfo)["dbname"])


@pytest.fixture(scope="module")
def hosted(server: dict[str, str], roles: None) -> Iterator[str]:
    """The name of a migrated database of Supabase's as it is now."""
    with platform(server) as conninfo:
        run_cli("migrate", "-d", as_owner(conninfo))
        yield str(conninfo_to_dict(conninfo)["dbname"])


@pytest.fixture
def supabase(server: dict[str, str], hosted: str) -> Iterator[str]:
    """A copy of it, as superuser."""
    with copy(server, hosted) as conninfo:
        yield conninfo


@pytest.fixture
def connection(supabase: str) -> Iterator[Connection]:
    with psycopg.connect(supabase, autocommit=True) as opened:
        yield opened


@contextmanager
def heard(connection: Connection) -> Iterator[list[str]]:
    """What the server warns of meanwhile."""
    said: list[str] = []

    def hear(diagnostic: psycopg.errors.Diagnostic) -> None:
        if diagnostic.severity_nonlocalized == "WARNING":
            said.append(diagnostic.message_primary or "")

    connection.add_notice_handler(hear)
    yield said
    connection.remove_notice_handler(hear)


def profile(connection: Connection, login: str) -> tuple[Any, ...] | None:
    query = "select email, phone, name, preferred_language from public.users where id = %s"
    return connection.execute(query, [login]).fetchone()


def count(connection: Connection, login: str) -> dict[str, int]:
    """How many rows of a person each table holds, where there are any."""
    found = {}
    for table in tables(connection):
        column = "id" if table == "users" else "user_id"
        query = f"select count(*) from public.{table} where {column} = %s"
        found[table] = value(connection, query, login)
    return {table: rows for table, rows in found.items() if rows}


def logins_found(conninfo: str) -> list[str]:
    """What check 039 finds."""
    report = run_json("verify", "-d", conninfo, expect=4)
    assert {f["source"] for f in report["findings"]} == {"039_logins"}
    return [f["message"] for f in report["findings"]]


# Sign-up


def test_every_sign_up_has_a_profile(server: dict[str, str], migrated: str) -> None:
    with copy(server, migrated) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        found = [gotrue.sign_up(opened, f"{n}@example.com") for n in range(5)]
        phone = {} if migrated_first(opened) else {"phone": "15550001"}
        found.append(gotrue.sign_up(opened, "", **phone))
        assert len(names(opened, "select id::text from public.users")) == 6
        assert profile(opened, found[0]) == ("0@example.com", None, None, "en")
        assert profile(opened, found[5]) == (None, phone.get("phone"), None, "en")
        gotrue.delete(opened, found[0])
        assert profile(opened, found[0]) is None
        assert run_json("verify", "-d", as_owner(conninfo))["findings"] == []


def migrated_first(connection: Connection) -> bool:
    query = "select from pg_attribute where attrelid = 'auth.users'::regclass and attname = 'phone'"
    return connection.execute(query).fetchone() is None


def test_nobody_has_no_identifier_and_two_without_do_not_collide(connection: Connection) -> None:
    with heard(connection) as warnings:
        for number in range(2):
            gotrue.sign_up(connection, f"{number}@example.com")
            gotrue.sign_up(connection, None, is_anonymous=True)
        gotrue.sign_up(connection, "", phone="")
        insert(connection, "users", row_for("users", ALICE, email=None, phone=None))
    assert warnings == []
    assert value(connection, "select count(*) from public.users where phone is null") == 5


def test_name_and_language_come_from_the_metadata(connection: Connection) -> None:
    languages = value(
        connection,
        "select array(select m[1] from regexp_matches(pg_get_constraintdef(oid), '''(\\w+)''', 'g')"
        " as m) from pg_constraint where conname = 'chk_users_preferred_language'",
    )
    assert len(languages) == 4
    for language in languages:
        metadata = {"name": "\n Ada Lovelace\t", "preferred_language": language}
        login = gotrue.sign_up(connection, f"{language}@x.org", metadata=metadata)
        assert profile(connection, login) == (f"{language}@x.org", None, "Ada Lovelace", language)


@pytest.fixture(scope="module")
def reused(server: dict[str, str], hosted: str) -> Iterator[Connection]:
    with made(server, hosted) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        yield opened


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=300)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
METADATA = JSON | st.fixed_dictionaries(
    {},
    optional={
        "name": JSON | st.just("x" * 100_000),
        "preferred_language": JSON | st.sampled_from(["en", "pt", "EN", "de", "", "es'"]),
        "onboarding_completed": st.just(True),
        "id": st.just(BOB),
        "email": st.just("victim@example.com"),
    },
)


@given(metadata=METADATA)
def test_no_metadata_makes_a_sign_up_fail_or_is_believed_more(
    reused: Connection, metadata: Any
) -> None:
    with reused.transaction(force_rollback=True), heard(reused) as warnings:
        login = gotrue.sign_up(reused, HER, metadata=metadata)
        found = reused.execute(
            "select id::text, email, name, preferred_language, onboarding_completed"
            " from public.users"
        ).fetchall()
    assert warnings == []
    [(who, email, name, language, completed)] = found
    assert (who, email, completed) == (login, HER, False)
    given_name = metadata.get("name") if isinstance(metadata, dict) else None
    if isinstance(given_name, str) and len(given_name) <= 200:
        assert name == (given_name.strip(" \t\n\r\f\v") or None)
    else:
        assert name is None
    spoken = metadata.get("preferred_language") if isinstance(metadata, dict) else None
    assert language == (spoken if spoken in ("en", "pt", "es", "fr") else "en")


def test_metadata_that_is_null_is_none(connection: Connection) -> None:
    login = gotrue.sign_up(connection, HER, raw_user_meta_data=None)
    assert profile(connection, login) == (HER, None, None, "en")


# What changes


def test_the_profile_follows_e_mail_and_phone_and_nothing_else(connection: Connection) -> None:
    login = gotrue.sign_up(connection, None, is_anonymous=True)
    connection.execute("update public.users set name = 'Ada'")
    stamped = value(connection, "select updated_at from public.users")
    connection.execute("truncate audit.change_log")

    gotrue.update(connection, login, last_sign_in_at="now")
    gotrue.update(connection, login, email=None, raw_user_meta_data='{"name": "Eve"}')
    gotrue.update(connection, login, email="", phone="")
    assert value(connection, "select updated_at from public.users") == stamped
    assert value(connection, "select count(*) from audit.change_log") == 0

    gotrue.update(connection, login, email=HER, is_anonymous=False, email_confirmed_at="now")
    assert profile(connection, login) == (HER, None, "Ada", "en")
    gotrue.update(connection, login, email="", phone="15550001")
    assert profile(connection, login) == (None, "15550001", "Ada", "en")
    changed = "select changed_columns from audit.change_log order by id"
    assert connection.execute(changed).fetchall() == [(["email"],), (["email", "phone"],)]


def by_the_api(connection: Connection, login: str, statement: str) -> None:
    """Change the profile as its user, as PostgREST does, and commit."""
    with connection.transaction():
        connection.execute(
            "select set_config('request.jwt.claims', %s, true)", [json.dumps({"sub": login})]
        )
        connection.execute("set local role authenticated")
        connection.execute(statement.encode())


def test_what_users_write_into_their_profile_is_theirs(supabase: str) -> None:
    with psycopg.connect(supabase, autocommit=True) as connection:
        login = gotrue.sign_up(connection, HER)
        by_the_api(connection, login, "update public.users set phone = '351'")
        gotrue.update(connection, login, email=HIS)
        assert profile(connection, login) == (HIS, "351", None, "en")
        by_the_api(connection, login, "update public.users set email = null")
        gotrue.update(connection, login, phone="15550001")
        assert profile(connection, login) == (None, "15550001", None, "en")
        by_the_api(
            connection, login, "update public.users set email = 'other@example.com', phone = '351'"
        )
        assert run_json("verify", "-d", supabase)["findings"] == []
        gotrue.update(connection, login, email=HER, phone=None)
        assert profile(connection, login) == (HER, None, None, "en")
        by_the_api(connection, login, "delete from public.users")
        by_the_api(
            connection, login, "insert into public.users (id, email) values (auth.uid(), 'o@x')"
        )
        assert run_json("verify", "-d", supabase)["findings"] == []


@pytest.mark.parametrize("change", ["email = 'old@example.com'", "email = null", "phone = null"])
def test_what_did_not_follow_is_found(supabase: str, change: str) -> None:
    with psycopg.connect(supabase, autocommit=True) as connection:
        login = gotrue.sign_up(connection, HER, phone="15550001")
        by_the_api(connection, login, "update public.users set name = 'Ada'")
        connection.execute(f"update public.users set {change}".encode())
        [finding] = run_json("verify", "-d", supabase, expect=4)["findings"]
        assert finding["message"] == "Logins with another e-mail or phone than their profile: 1."
        connection.execute(finding["remedy"].encode())
        assert profile(connection, login) == (HER, "15550001", "Ada", "en")


def test_what_a_soft_deletion_left_is_found(supabase: str) -> None:
    with psycopg.connect(supabase, autocommit=True) as connection:
        login = gotrue.sign_up(connection, HER)
        gotrue.soft_delete(connection, login)
        connection.execute("update public.users set phone = '351'")
        [finding] = run_json("verify", "-d", supabase, expect=4)["findings"]
        connection.execute(finding["remedy"].encode())
        assert profile(connection, login) == (None, None, None, "en")


def test_a_profile_that_is_there_already_is_the_logins(connection: Connection) -> None:
    connection.execute(DOCUMENTS_SEED.encode())
    gotrue.sign_up(connection, "test@arami.ai", id=SEED_USER, metadata={"name": "Other"})
    assert profile(connection, SEED_USER) == ("test@arami.ai", None, "Test User", "en")
    gotrue.update(connection, SEED_USER, email=HER)
    assert profile(connection, SEED_USER) == (HER, None, "Test User", "en")


@pytest.mark.parametrize("name", ["on_auth_user_created", "users_insert_trigger"])
def test_a_trigger_of_the_application_may_make_the_profile_first(
    connection: Connection, name: str
) -> None:
    connection.execute(
        "create function public.handle_new_user() returns trigger language plpgsql"
        " security definer set search_path = '' as"
        " $$ begin insert into public.users (id, name) values (new.id, 'theirs');"
        " return new; end $$;"
        f" create trigger {name} after insert on auth.users"
        " for each row execute function public.handle_new_user()"
    )
    login = gotrue.sign_up(connection, HER, metadata={"name": "ours"})
    assert profile(connection, login) == (HER, None, "theirs", "en")


def test_a_login_deleted_softly_keeps_its_rows_and_loses_its_name(supabase: str) -> None:
    with psycopg.connect(supabase, autocommit=True) as connection:
        login = gotrue.sign_up(connection, HER, phone="15550001", metadata={"name": "Ada"})
        add_session(connection, login)
        gotrue.soft_delete(connection, login)
        assert profile(connection, login) == (None, None, None, "en")
        assert count(connection, login)["daily_sessions"] == 1
        assert run_json("verify", "-d", supabase)["findings"] == []
        with heard(connection) as warnings:
            again = gotrue.sign_up(connection, HER, phone="15550001")
        assert (warnings, profile(connection, again)) == ([], (HER, "15550001", None, "en"))
        gotrue.delete(connection, login)
        assert count(connection, login) == {}


# What collides


def test_an_e_mail_that_is_anothers_is_a_warning_and_found(supabase: str) -> None:
    with psycopg.connect(supabase, autocommit=True) as connection:
        connection.execute(DOCUMENTS_SEED.encode())
        with heard(connection) as warnings:
            login = gotrue.sign_up(connection, "test@arami.ai", phone="1", metadata={"name": "Ada"})
        assert warnings == [f"login {login}: its e-mail or phone is another profile's"]
        assert profile(connection, login) == (None, "1", "Ada", "en")
        found = run_json("verify", "-d", supabase, expect=4)["findings"]
        [(source, severity, remedy)] = [(f["source"], f["severity"], f["remedy"]) for f in found]
        assert (source, severity, remedy) == ("039_logins", "integrity", None)
        assert "so that theirs goes without: 1." in found[0]["message"]

        connection.execute("delete from public.users where id = %s", [SEED_USER])
        [finding] = run_json("verify", "-d", supabase, expect=4)["findings"]
        assert finding["message"] == "Logins with another e-mail or phone than their profile: 1."
        connection.execute(finding["remedy"].encode())
        assert profile(connection, login) == ("test@arami.ai", "1", "Ada", "en")
    assert run_json("verify", "-d", supabase)["findings"] == []


def test_single_sign_on_shares_e_mails_and_a_changed_one_may_collide(
    connection: Connection,
) -> None:
    first = gotrue.sign_up(connection, HER)
    with heard(connection) as warnings:
        second = gotrue.sign_up(connection, HER, is_sso_user=True)
        third = gotrue.sign_up(connection, HIS, phone="1", is_sso_user=True)
        gotrue.update(connection, third, email=HER)
    assert len(warnings) == 2
    assert [profile(connection, login) for login in (first, second, third)] == [
        (HER, None, None, "en"),
        (None, None, None, "en"),
        (None, "1", None, "en"),
    ]


@pytest.mark.parametrize("commits", [True, False])
def test_of_two_sign_ups_at_once_both_get_a_profile(supabase: str, commits: bool) -> None:
    second: dict[str, Any] = {}

    def sign_up() -> None:
        with psycopg.connect(supabase, autocommit=True) as other:
            with heard(other) as warnings:
                second["login"] = gotrue.sign_up(other, HER, is_sso_user=True)
            second["warnings"] = warnings

    with psycopg.connect(supabase) as one:
        first = gotrue.sign_up(one, HER)
        thread = threading.Thread(target=sign_up)
        thread.start()
        wait_for_a_lock(supabase)
        if commits:
            one.commit()
        thread.join()
        one.commit()
        assert profile(one, first) == (HER, None, None, "en")
        assert profile(one, second["login"]) == (None, None, None, "en")
    assert len(second["warnings"]) == 1


def wait_for_a_lock(conninfo: str) -> None:
    waiting = "select from pg_locks where not granted and locktype = 'transactionid'"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        while connection.execute(waiting).fetchone() is None:
            pass


IN_THE_WAY = {
    "a lock": "lock table public.users in access exclusive mode",
    "a trigger": """
        create function public.no() returns trigger language plpgsql
        as $$ begin raise exception 'no'; end $$;
        create trigger no before insert on public.users for each row execute function public.no()
    """,
    "no table": "drop table public.users cascade",
    "no column": "alter table public.users drop column preferred_language cascade",
    "no function": "drop function audit.keep_profile(jsonb, jsonb)",
    "no right": f"alter function audit.follow_login() owner to {gotrue.GOTRUE}",
    "a constraint": "alter table public.users add constraint c check (id is null)",
    "row level security": f"""
        alter table public.users force row level security;
        alter role {OWNER} nobypassrls
    """,
}


@pytest.mark.parametrize("what", IN_THE_WAY)
def test_whatever_is_in_the_way_a_sign_up_succeeds(supabase: str, what: str) -> None:
    with (
        psycopg.connect(supabase, autocommit=True) as connection,
        psycopg.connect(supabase) as other,
        heard(connection) as warnings,
    ):
        other.execute(IN_THE_WAY[what].encode())
        if what != "a lock":
            other.commit()
        login = gotrue.sign_up(connection, HER)
        gotrue.update(connection, login, email=HIS)
        other.rollback()
        if what == "row level security":
            connection.execute(f"alter role {OWNER} bypassrls")
        assert value(connection, "select email from auth.users") == HIS
        assert warnings
    if what == "a lock":
        assert "a profile: 1." in logins_found(supabase)[0]
        script = run_json("verify", "-d", supabase, expect=4)["findings"][0]["remedy"]
        with psycopg.connect(supabase) as connection:
            connection.execute(script.encode())
            assert profile(connection, login) == (HIS, None, None, "en")


def test_a_value_that_a_constraint_refuses_is_left_out(connection: Connection) -> None:
    connection.execute("alter table public.users add constraint c check (email !~ 'mole')")
    with heard(connection) as warnings:
        login = gotrue.sign_up(connection, "mole@example.com")
    assert len(warnings) == 1
    assert profile(connection, login) == (None, None, None, "en")


# Deletion


def fill(connection: Connection, login: str) -> None:
    """Rows in every table, some of them archived, with a virtue earned on both sides."""
    connection.execute("delete from public.users where id = %s", [login])
    settle(connection, login)
    add_session(connection, login, 0, virtue="Patience")
    archive(connection, cutoff=CUTOFF)
    add_session(connection, login, 1, virtue="Courage")
    assert set(count(connection, login)) == set(tables(connection))


def test_a_deleted_login_takes_everything_with_it(connection: Connection) -> None:
    ada, bob = (gotrue.sign_up(connection, email) for email in (HER, HIS))
    fill(connection, ada)
    fill(connection, bob)
    left = count(connection, bob)
    gotrue.delete(connection, ada)
    assert count(connection, ada) == {}
    assert count(connection, bob) == left
    query = "select actor_role from audit.change_log where row_id = %s and operation = 'delete'"
    assert gotrue.GOTRUE in names(connection, query, ada)


def test_a_deletion_that_cannot_be_whole_is_none(connection: Connection) -> None:
    login = gotrue.sign_up(connection, HER)
    fill(connection, login)
    before = count(connection, login)
    connection.execute("create table public.kept (user_id uuid references public.users)")
    connection.execute("insert into public.kept values (%s)", [login])
    with pytest.raises(errors.ForeignKeyViolation):
        gotrue.delete(connection, login)
    assert count(connection, login) == before | {"kept": 1}
    assert value(connection, "select count(*) from auth.users") == 1


@pytest.mark.parametrize("key", [True, False])
def test_emptying_the_logins_spares_profiles_that_have_none(
    connection: Connection, key: bool
) -> None:
    login = gotrue.sign_up(connection, HER)
    fill(connection, login)
    if key:  # then the profiles are emptied, too
        connection.execute(f"alter table public.users add {USUAL}")
    else:
        connection.execute(DOCUMENTS_SEED.encode())
    connection.execute("truncate auth.users cascade")
    assert count(connection, login) == {}
    assert names(connection, "select id::text from public.users") == ([] if key else [SEED_USER])


def delete_account(connection: Connection, role: str, user: str | None) -> None:
    """Call it as PostgREST does, and commit."""
    claims = json.dumps({"sub": user, "role": role} if user else {"role": role})
    with connection.transaction():
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        connection.execute(f"set local role {role}")
        connection.execute("select public.delete_account()")


def test_delete_account_takes_the_callers_login_and_profile(connection: Connection) -> None:
    ada, bob = (gotrue.sign_up(connection, email) for email in (HER, HIS))
    connection.execute("insert into auth.sessions values (gen_random_uuid(), %s)", [ada])
    fill(connection, ada)
    fill(connection, bob)
    left = count(connection, bob)
    delete_account(connection, "authenticated", ada)
    assert count(connection, ada) == {}
    assert count(connection, bob) == left
    assert names(connection, "select email from auth.users") == [HIS]
    assert value(connection, "select count(*) from auth.sessions") == 0
    query = "select actor_id::text, actor_role from audit.change_log where table_name = 'users'"
    assert connection.execute(f"{query} order by id desc limit 1").fetchone() == (
        ada,
        "authenticated",
    )


def test_delete_account_of_a_profile_without_a_login(connection: Connection) -> None:
    connection.execute(DOCUMENTS_SEED.encode())
    delete_account(connection, "authenticated", SEED_USER)
    assert count(connection, SEED_USER) == {}
    delete_account(connection, "authenticated", SEED_USER)  # what is gone stays gone


def test_delete_account_is_refused_to_whoever_is_nobody(connection: Connection) -> None:
    login = gotrue.sign_up(connection, HER)
    for role in ("anon", "service_role"):
        with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
            delete_account(connection, role, login)
    with pytest.raises(errors.InsufficientPrivilege, match="nobody is signed in") as refused:
        delete_account(connection, "authenticated", None)
    assert "access token" in (refused.value.diag.message_hint or "")
    for call in ("delete_caller()", "keep_profile('{}')"):
        with pytest.raises(errors.InsufficientPrivilege, match="schema audit"):  # noqa: SIM117
            with acting_as(connection, "authenticated", login):
                connection.execute(f"select audit.{call}".encode())
    assert profile(connection, login)


def test_delete_account_leaves_no_login_that_a_policy_hides(connection: Connection) -> None:
    login = gotrue.sign_up(connection, HER)
    connection.execute(f"alter role {OWNER} nobypassrls")
    try:
        with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
            delete_account(connection, "authenticated", login)
    finally:
        connection.execute(f"alter role {OWNER} bypassrls")
    assert profile(connection, login)


def test_no_function_of_the_api_runs_as_its_owner(connection: Connection) -> None:
    """Splinter's lints 0028 and 0029."""
    query = """
        select p.oid::regprocedure::text from pg_proc as p
        where p.pronamespace = 'public'::regnamespace and p.prosecdef
            and (has_function_privilege('anon', p.oid, 'execute')
                or has_function_privilege('authenticated', p.oid, 'execute'))
    """
    assert names(connection, query) == []


# Servers of other kinds


def test_the_documents_own_seed_script_runs(database: str, supabase: str) -> None:
    for conninfo in (database, supabase):
        with psycopg.connect(conninfo) as connection:
            connection.execute(DOCUMENTS_SEED.encode())
        assert run_json("verify", "-d", conninfo)["findings"] == []


def test_the_stub_serves_what_the_auth_server_says(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(gotrue.ROLE.encode())
        connection.execute(f"grant usage on schema auth to {gotrue.GOTRUE}")
        connection.execute(f"alter table auth.users owner to {gotrue.GOTRUE}")
        login = gotrue.sign_up(connection, HER, metadata={"name": "Ada"})
        gotrue.update(connection, login, email=HIS, last_sign_in_at="now")
        assert profile(connection, login) == (HIS, None, "Ada", "en")
        assert gotrue.sign_up(connection, HIS, is_sso_user=True)
        gotrue.soft_delete(connection, login)
        gotrue.delete(connection, login)
        assert profile(connection, login) is None
        delete = sql.SQL("drop owned by {0}").format(sql.Identifier(gotrue.GOTRUE))
        connection.execute(delete)


NO_LOGINS = {
    "no table": "",
    "a view": "create view auth.users as select gen_random_uuid() as id",
    "of numbers": "create table auth.users (id integer primary key)",
}


@pytest.mark.parametrize("what", NO_LOGINS)
def test_a_server_without_logins_goes_without(empty_database: str, roles: None, what: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(gotrue.FUNCTIONS.encode())
        connection.execute(NO_LOGINS[what].encode())
        run_cli("migrate", "-d", empty_database)
        report = run_json("verify", "-d", empty_database)
        assert (report["findings"], report["skipped"]) == ([], [])
        if what == "no table":
            insert(connection, "users", row_for("users", ALICE))
            delete_account(connection, "authenticated", ALICE)
            assert value(connection, "select count(*) from public.users") == 0


def test_logins_from_before_get_their_profiles(server: dict[str, str], roles: None) -> None:
    with platform(server) as conninfo, psycopg.connect(conninfo, autocommit=True) as connection:
        ada = gotrue.sign_up(connection, HER, metadata={"name": "Ada"})
        bob = gotrue.sign_up(connection, HER, is_sso_user=True)
        said = run_cli("migrate", "-d", as_owner(conninfo)).stderr
        assert "its e-mail or phone is another profile's" in said
        found = sorted(filter(None, (profile(connection, login) for login in (ada, bob))), key=str)
        assert [row[0] for row in found] in ([HER, None], [None, HER])


NOTHING = "grant usage on schema auth to {0} with grant option; alter role {0} nobypassrls"


def test_who_may_not_keep_profiles_is_told_what_to_have_granted(
    server: dict[str, str], roles: None
) -> None:
    with platform(server, grants=NOTHING) as conninfo:
        named = ("-d", as_owner(conninfo))
        asked = run_json("migrate", *named, expect=1)["error"]["block"]
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(asked.encode())
            run_cli("migrate", *named)
            gotrue.sign_up(connection, HER)
        assert run_json("verify", *named)["skipped"] == []


def test_the_migration_says_it_too_where_another_tool_applies_it(
    server: dict[str, str], roles: None
) -> None:
    [accounts] = [file for file in TREE.migrations if file.path.name == "023_accounts.sql"]
    others = [file for file in TREE.migrations if file.version < accounts.version]
    with (
        platform(server, grants=NOTHING) as conninfo,
        psycopg.connect(as_owner(conninfo), autocommit=True) as owner,
    ):
        for file in others:
            owner.execute(file.text.encode())
        with pytest.raises(errors.InsufficientPrivilege, match="keep a profile") as refused:
            owner.execute(accounts.text.encode())
        asked = (refused.value.diag.message_hint or "").split("administrator run: ")[1]
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(asked.encode())
        owner.execute(accounts.text.encode())


# What verify finds


def test_who_may_not_see_the_logins_is_told_that_they_were_not_looked_at(supabase: str) -> None:
    with psycopg.connect(supabase, autocommit=True) as connection:
        gotrue.sign_up(connection, HER)
        connection.execute("alter table auth.users disable trigger zz_sync_profile_insert")
        gotrue.sign_up(connection, HIS)
        name = f"Reader {SUFFIX}"
        connection.execute(f'create role "{name}" login in role pg_read_all_data')
        try:
            reader = make_conninfo(supabase, user=name)
            report = run_json("verify", "-d", reader, expect=4)
            [reason] = report["skipped"]
            assert "039_logins" in reason
            assert "was not looked at" in reason
            assert [f["source"] for f in report["findings"]] == ["038_login_triggers"]
            said = run_cli("verify", "-d", reader, expect=4)
            assert "skipped 039_logins" in said.stdout
            connection.execute(f'alter role "{name}" bypassrls')
            report = run_json("verify", "-d", reader, expect=4)
            assert report["skipped"] == []
            assert len(report["findings"]) == 2
        finally:
            connection.execute(f'drop role "{name}"')


# A team's own foreign key


@pytest.fixture(scope="module")
def plain(server: dict[str, str], template: str) -> Iterator[Connection]:
    with made(server, template) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        yield opened


def test_a_teams_own_foreign_key_is_at_home(server: dict[str, str], migrated: str) -> None:
    with copy(server, migrated) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        named = ("-d", as_owner(conninfo))
        opened.execute(f"alter table public.users add {USUAL}")
        for _ in range(2):
            run_cli("seed", "--yes", *named)
        seeded = "select email, name, onboarding_completed from public.users"
        assert opened.execute(seeded).fetchall() == [("test@arami.ai", "Test User", True)]
        assert value(opened, "select confirmation_token || recovery_token from auth.users") == ""
        run_cli("seed", "demo", "--users", "20", *named)
        same = "select count(*) from auth.users join public.users using (id, email)"
        assert value(opened, same) == 21
        assert value(opened, "select count(*) from audit.change_log where actor_id is null") == 1
        assert run_json("seed", "demo", "--remove", *named)["removed"] == 20
        assert value(opened, same) == value(opened, "select count(*) from auth.users") == 1
        report = run_json("verify", "--prove-rls", *named)
        assert (report["findings"], report["skipped"]) == ([], [])
        assert report["checked"]["attempts"] > 1000
        login = gotrue.sign_up(opened, HER)
        add_sessions(opened, login)
        gotrue.delete(opened, login)
        assert count(opened, login) == {}


def add_sessions(connection: Connection, login: str) -> None:
    add_session(connection, login, 0, virtue="Patience")
    archive(connection, cutoff=CUTOFF)
    add_session(connection, login, 1, virtue="Courage")


OTHER_SHAPES = {
    "keeps": "alter table users add constraint k foreign key (id) references auth.users",
    "sets null": "alter table users add constraint k"
    " foreign key (id) references auth.users on delete set null",
    "updates": f"alter table users add constraint k {USUAL} on update cascade",
    "deferred": f"alter table users add constraint k {USUAL} deferrable",
    "not valid": f"alter table users add constraint k {USUAL} not valid",
    "disabled": f"alter table users add constraint k {USUAL};"
    " alter table users disable trigger all",
    "half disabled": f"""
        alter table users add constraint k {USUAL};
        do $$ declare t name; begin
            select tgname into t from pg_trigger
            where tgrelid = 'auth.users'::regclass and tgfoid::regproc::text ~ 'cascade_del'
                and tgconstrrelid = 'public.users'::regclass;
            execute format('alter table auth.users disable trigger %I', t);
        end $$
    """,
    "another key": "alter table auth.users add constraint u unique (id);"
    " alter table auth.users drop constraint users_pkey cascade;"
    f" alter table users add constraint k {USUAL}",
    "another column": "alter table users add l uuid;"
    " alter table users add constraint k foreign key (l) references auth.users on delete cascade",
    "another table": "create table public.profiles (id uuid primary key"
    " constraint k references auth.users on delete cascade)",
    "another schema": "create schema other; create table other.users (id uuid primary key);"
    " alter table users add constraint k"
    " foreign key (id) references other.users on delete cascade",
    "reversed": "alter table auth.users add constraint k"
    " foreign key (id) references public.users on delete restrict",
}


@pytest.mark.parametrize("shape", OTHER_SHAPES)
def test_another_shape_of_it_is_found(plain: Connection, shape: str) -> None:
    before = facts(plain, "constraint")
    assert before
    with plain.transaction(force_rollback=True):
        plain.execute(f"alter table public.users add constraint usual {USUAL}")
        assert facts(plain, "constraint") == before
        assert found(plain, "naming") == []
        plain.execute("alter table public.users drop constraint usual")
        plain.execute(OTHER_SHAPES[shape].encode())
        added = facts(plain, "constraint") - before
        assert {fact.object.rpartition(".")[2] for fact in added} >= {"k"}


# Beside other commands


def test_a_schema_made_by_hand_is_adopted_where_the_platform_has_triggers(
    server: dict[str, str], roles: None
) -> None:
    with platform(server) as conninfo:
        named = ("-d", as_owner(conninfo))
        assert "zz_sync_profile_insert" in run_cli("migrate", "--dry-run", *named).stdout
        with psycopg.connect(as_owner(conninfo), autocommit=True) as connection:
            for file in TREE.migrations:
                connection.execute(file.text.encode())
            connection.execute(f"alter table public.users add {USUAL}".encode())
        with psycopg.connect(conninfo, autocommit=True) as connection:
            gotrue.sign_up(connection, HER)
            latest = str(TREE.migrations[-1].version)
            run_cli("baseline", latest, *named)
            run_cli("migrate", *named)
            assert run_json("verify", *named)["findings"] == []
            assert value(connection, "select count(*) from public.users") == 1
