"""What a failure says, what it leaves behind, and that no password is ever shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from .conftest import LIMIT, end, eventually, run_cli, run_json, scalar, start_cli

Project = Callable[[dict[str, str]], Path]

GOOD = {"migrations/001_good.sql": "create table public.good (id int);\n"}
SECRET = "Tr0ub4dor"  # noqa: S105


def applied(conninfo: str) -> list[tuple[str, int]]:
    """What the ledger holds."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        return connection.execute(
            "select kind, version from arami_db.migration order by 1, 2"
        ).fetchall()


def history(conninfo: str, version: int) -> list[tuple[str, str | None]]:
    """Event and SQLSTATE of every line of a migration's history."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        return connection.execute(
            "select event, sqlstate from arami_db.event"
            " where kind = 'migration' and version = %s order by id",
            [version],
        ).fetchall()


def fail(conninfo: str, root: Path, *args: str, expect: int = 1) -> Any:
    """Migrate in vain; the error as data."""
    found = run_json("migrate", "-d", conninfo, "--sql-dir", str(root), *args, expect=expect)
    return found["error"]


def working_pid(conninfo: str, query: str) -> int:
    """The backend that runs a statement like this, once it does."""
    found = eventually(
        f"a backend running {query}",
        lambda: scalar(
            conninfo,
            "select pid from pg_stat_activity where datname = current_database()"
            " and state = 'active' and pid <> pg_backend_pid() and query like %s"
            " and application_name like 'arami-db%%'",
            f"%{query}%",
        ),
    )
    return int(found)


# --- the place of an error ----------------------------------------------------------------------

PLACES = {
    "unknown column": ("select 1;\nselect\n    nothing;", (3, 5, "42703")),
    "after é": ("select 'é漢😀', nothing;", (1, 15, "42703")),
    "after a statement with é": ("select 'é漢😀'; select 'é', nothing;", (1, 27, "42703")),
    "after a comment with é": ("/* é漢 */\n-- 😀\n  select nothing;", (3, 10, "42703")),
    "CRLF": ("select 1;\r\nselect 'a\r\nb',\r\n  nothing;\r\n", (4, 3, "42703")),
    "a byte order mark": ("\ufeffselect nothing;", (1, 8, "42703")),
    "without a position": ("select 1;\n  select 1 / 0;", (2, 3, "22012")),
    "an unknown table": ("insert into\n  nowhere values (1);", (2, 3, "42P01")),
    "in a function's body": (
        "create function f() returns int language sql as $$\n  select nothing\n$$;",
        (2, 10, "42703"),
    ),
}


@pytest.mark.parametrize(("text", "place"), PLACES.values(), ids=PLACES.keys())
def test_a_failure_names_line_and_column(
    text: str, place: tuple[int, int, str], empty_database: str, project: Project
) -> None:
    root = project(GOOD)
    (root / "migrations/002_bad.sql").write_bytes(text.encode())
    error = fail(empty_database, root)
    assert (error["line"], error["column"], error["sqlstate"]) == place
    assert f"002_bad.sql:{place[0]}:{place[1]}: " in error["message"]


DATA = """\
create table public.people (id int primary key, name text);
insert into public.people values (1, 'Ada');
insert into public.people values (2, 'Bob');
insert into public.people values (3, 'Cy');
create index idx_people_name on public.people (name);
update public.people set name = 'Eve' where id = 3;

-- the seventh
  insert into public.people
  values (2, 'Dan');
select 1;
"""


def test_the_seventh_statement_fails_and_everything_is_told(
    empty_database: str, project: Project
) -> None:
    root = project({**GOOD, "migrations/002_data.sql": DATA, "migrations/003_x.sql": "select 1"})
    result = run_cli("migrate", "-d", empty_database, "--sql-dir", str(root), expect=1)
    assert "002_data.sql:9:3: duplicate key value violates unique constraint" in result.stderr
    assert "insert into public.people\n      values (2, 'Dan')" in result.stderr
    assert "SQLSTATE: 23505" in result.stderr
    assert "detail: Key (id)=(2) already exists." in result.stderr
    assert "Nothing of " in result.stderr
    assert result.stdout == ""


def test_a_failure_is_told_without_the_drivers_noise(empty_database: str, project: Project) -> None:
    text = "select nothing;\n" + "select 1;\n" * 900
    root = project({**GOOD, "migrations/002_bad.sql": text})
    result = run_cli("migrate", "-d", empty_database, "--sql-dir", str(root), expect=1)
    assert "Pipeline" not in result.stderr
    _, told = result.stderr.split("error: ")
    assert told.count("\n") < 8


def test_a_failed_file_leaves_only_a_line_of_history(empty_database: str, project: Project) -> None:
    root = project({**GOOD, "migrations/002_data.sql": DATA, "migrations/003_x.sql": "select 1"})
    error = fail(empty_database, root)
    assert (error["type"], error["exit_code"]) == ("FileFailed", 1)
    assert (error["line"], error["column"], error["sqlstate"]) == (9, 3, "23505")
    assert error["statement"] == "insert into public.people\n  values (2, 'Dan')"
    assert error["detail"] == "Key (id)=(2) already exists."
    assert applied(empty_database) == [("migration", 1)]
    assert scalar(empty_database, "select to_regclass('public.people')") is None
    assert history(empty_database, 2) == [("failed", "23505")]
    assert history(empty_database, 3) == []
    assert not scalar(empty_database, "select bool_or(message like '%(2)%') from arami_db.event")


def test_status_shows_a_failure_until_it_is_mended(empty_database: str, project: Project) -> None:
    root = project({**GOOD, "migrations/002_data.sql": DATA})
    fail(empty_database, root)
    found = run_json("status", "-d", empty_database, "--sql-dir", str(root))
    [failure] = found["failures"]
    assert (failure["version"], failure["event"], failure["sqlstate"]) == (2, "failed", "23505")
    assert found["counts"] == {"applied": 1, "pending": 1}
    text = run_cli("status", "-d", empty_database, "--sql-dir", str(root))
    assert "23505: duplicate key" in text.stdout + text.stderr
    project({"migrations/002_data.sql": DATA.replace("(2, 'Dan')", "(4, 'Dan')")})
    mended = run_json("migrate", "-d", empty_database, "--sql-dir", str(root))
    assert [file["version"] for file in mended["applied"]] == [2]
    assert run_json("status", "-d", empty_database, "--sql-dir", str(root))["failures"] == []
    assert history(empty_database, 2) == [("failed", "23505"), ("applied", None)]


def test_the_context_of_a_block_is_shown(empty_database: str, project: Project) -> None:
    text = (
        "create function f() returns void language plpgsql as $$\nbegin\n  perform 1 / 0;\nend $$;"
    )
    root = project({"migrations/001_bad.sql": f"{text}\ndo $$ begin\n perform f();\nend $$;"})
    error = fail(empty_database, root)
    assert (error["line"], error["sqlstate"]) == (5, "22012")
    assert "PL/pgSQL function f() line 3 at PERFORM" in error["context"]
    assert "inline_code_block line 2" in error["context"]
    result = run_cli("migrate", "-d", empty_database, "--sql-dir", str(root), expect=1)
    assert "context: " in result.stderr


def test_a_constraint_that_fails_at_commit_rolls_the_file_back(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            **GOOD,
            "migrations/002_late.sql": "create table p (id int primary key);\n"
            "create table c (p int references p deferrable initially deferred);\n"
            "insert into c values (1);\n",
        }
    )
    error = fail(empty_database, root)
    assert (error["sqlstate"], error["statement"]) == ("23503", "commit")
    assert error["line"] == 3
    assert 'Key (p)=(1) is not present in table "p"' in error["detail"]
    assert applied(empty_database) == [("migration", 1)]
    assert scalar(empty_database, "select to_regclass('c')") is None
    assert history(empty_database, 2) == [("failed", "23503")]


def test_a_hint_of_the_server_is_passed_on(empty_database: str, project: Project) -> None:
    root = project(
        {"migrations/001_bad.sql": "do $$ begin raise 'no' using hint = 'try harder'; end $$"}
    )
    error = fail(empty_database, root)
    assert (error["hint"], error["sqlstate"]) == ("try harder", "P0001")


def test_a_statement_timeout_names_the_way_out(empty_database: str, project: Project) -> None:
    name = conninfo_to_dict(empty_database)["dbname"]
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(f"alter database {name} set statement_timeout = '2s'")
    root = project({**GOOD, "migrations/002_slow.sql": "select 1;\nselect pg_sleep(60);"})
    error = fail(empty_database, root)
    assert (error["line"], error["sqlstate"]) == (2, "57014")
    assert "statement_timeout = 0" in error["hint"]
    project({"migrations/002_slow.sql": "set local statement_timeout = 0;\nselect pg_sleep(2.5);"})
    run_cli("migrate", "-d", empty_database, "--sql-dir", str(root))


def test_a_cancelled_statement_is_not_blamed_on_a_timeout(
    empty_database: str, project: Project
) -> None:
    root = project({**GOOD, "migrations/002_slow.sql": "select pg_sleep(100);"})
    process = start_cli("migrate", "-d", empty_database, "--sql-dir", str(root))
    pid = working_pid(empty_database, "pg_sleep(100)")
    scalar(empty_database, "select pg_cancel_backend(%s)", pid)
    stderr = end(process, 1).stderr
    assert "user request" in stderr
    assert "statement_timeout" not in stderr
    assert history(empty_database, 2) == [("failed", "57014")]


def test_a_commit_inside_a_block_is_refused_and_rolled_back(
    empty_database: str, project: Project
) -> None:
    root = project({"migrations/001_bad.sql": "create table half ();\ndo $$ begin commit; end $$;"})
    error = fail(empty_database, root)
    assert (error["line"], error["sqlstate"]) == (2, "2D000")
    assert scalar(empty_database, "select to_regclass('half')") is None


def test_a_failing_auth_stub_is_told_like_any_file(empty_database: str, project: Project) -> None:
    root = project({**GOOD, "auth_stub.sql": "create schema auth;\nselect nothing;\n"})
    error = fail(empty_database, root)
    assert (error["line"], error["column"], error["sqlstate"]) == (2, 8, "42703")
    assert scalar(empty_database, "select to_regnamespace('auth')") is None


# --- a connection that breaks -------------------------------------------------------------------


def test_a_terminated_connection_leaves_ledger_and_schema_in_step(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            **GOOD,
            "migrations/002_slow.sql": "create table half ();\nselect pg_sleep(100);",
            "migrations/003_x.sql": "select 1",
        }
    )
    process = start_cli("migrate", "-d", empty_database, "--sql-dir", str(root))
    pid = working_pid(empty_database, "pg_sleep(100)")
    scalar(empty_database, "select pg_terminate_backend(%s)", pid)
    result = end(process, 7)
    assert "Traceback" not in result.stderr
    assert "arami-db status" in result.stderr
    assert applied(empty_database) == [("migration", 1)]
    assert scalar(empty_database, "select to_regclass('half')") is None
    project({"migrations/002_slow.sql": "create table half ();"})
    run_cli("migrate", "-d", empty_database, "--sql-dir", str(root))
    assert applied(empty_database) == [("migration", n) for n in (1, 2, 3)]


def test_losing_the_lock_stops_the_run_and_what_was_sent_ahead(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            **GOOD,
            "migrations/002_slow.sql": "select pg_advisory_xact_lock(42); select 'held';",
            "migrations/003_x.sql": "create table third (); select pg_sleep(600);",
        }
    )
    with psycopg.connect(empty_database) as blocker:
        blocker.execute("select pg_advisory_lock(42)")
        process = start_cli(
            "migrate", "-d", empty_database, "--sql-dir", str(root), "--lock-timeout", "0"
        )
        working_pid(empty_database, "pg_advisory_xact_lock(42)")
        holder = scalar(
            empty_database,
            "select l.pid from pg_locks as l"
            " join pg_database as d on d.oid = l.database and d.datname = current_database()"
            " where l.locktype = 'advisory' and l.granted and l.pid <> %s",
            blocker.info.backend_pid,
        )
        scalar(empty_database, "select pg_terminate_backend(%s, 10000)", holder)
        blocker.execute("select pg_advisory_unlock(42)")
        blocker.commit()
        assert "lock" in end(process, 7).stderr
    assert scalar(empty_database, "select to_regclass('third')") is None
    project({"migrations/003_x.sql": "create table third ();"})
    run_cli("migrate", "-d", empty_database, "--sql-dir", str(root))
    assert applied(empty_database) == [("migration", n) for n in (1, 2, 3)]


# --- passwords ----------------------------------------------------------------------------------


URLS = {
    "nobody listens": "postgresql://u:{secret}@127.0.0.1:1/d",
    "an unknown host": "postgresql://u:{secret}@no.such.host.invalid/d",
    "a slash in the password": "postgresql://u:{secret}/x@127.0.0.1:1/d",
    "a slash at the front": "postgresql://u:/{secret}@127.0.0.1:1/d",
    "an at sign in the password": "postgresql://u:x@{secret}@127.0.0.1:1/d",
    "a colon in the password": "postgresql://u:x:{secret}@127.0.0.1:1/d",
    "a hash in the password": "postgresql://u:x#{secret}@127.0.0.1:1/d",
    "a question mark in the password": "postgresql://u:x?{secret}@127.0.0.1:1/d",
    "a percent sign": "postgresql://u:%zz{secret}@127.0.0.1:1/d",
    "a space": "postgresql://u:x {secret}@127.0.0.1:1/d",
    "no scheme": "u:{secret}@127.0.0.1:1/d",
    "another scheme": "mysql://u:{secret}@127.0.0.1/d",
    "a scheme misspelt": "postgresq://u:{secret}@127.0.0.1/d",
    "a quote": 'postgresql//u:a"{secret}@127.0.0.1/d',
    "a quote and a bad escape": 'postgresql://u:%zz"{secret}@127.0.0.1/d',
    "a bad port": "postgresql://u:{secret}@127.0.0.1:abc/d",
    "an unknown parameter": "postgresql://u:{secret}@127.0.0.1:1/d?nonsense=1",
    "a password parameter": "postgresql://u@127.0.0.1:1/d?password={secret}&nonsense=1",
    "pairs": "host=127.0.0.1 port=1 dbname=d user=u password={secret}",
    "pairs with a space": "host=127.0.0.1 port=1 user=u password=a {secret}",
    "pairs with an open quote": "host=127.0.0.1 port=1 user=u password='{secret}",
    "a bad timeout": "host=127.0.0.1 port=1 password={secret} connect_timeout=soon",
    "an unclosed bracket": "postgresql://u:{secret}@[::1/d",
}


@pytest.mark.parametrize("url", URLS.values(), ids=URLS.keys())
def test_a_password_in_the_name_of_a_database_is_never_shown(url: str) -> None:
    named = url.format(secret=SECRET)
    process = start_cli("status", "--database", named)
    stdout, stderr = process.communicate(timeout=LIMIT)
    assert SECRET not in stdout + stderr
    assert "Traceback" not in stderr
    assert process.returncode in {2, 7}


def test_a_password_in_the_environment_is_never_shown() -> None:
    for variables in (
        {"DATABASE_URL": f"postgresql://u:{SECRET}@127.0.0.1:1/d"},
        {"PGHOST": "127.0.0.1", "PGPORT": "1", "PGPASSWORD": SECRET},
    ):
        for command in ("migrate", "status"):
            result = run_cli(command, expect=7, **variables)
            assert SECRET not in result.stdout + result.stderr


def test_a_wait_in_vain_shows_no_password() -> None:
    url = f"postgresql://u:{SECRET}@127.0.0.1:1/d"
    result = run_cli("wait", "-d", url, "--timeout", "300ms", expect=7)
    assert SECRET not in result.stdout + result.stderr
