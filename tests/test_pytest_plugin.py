"""The fixtures for an application's own tests, in runs of pytest of their own."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from arami_db.pytest_plugin import _url
from tests.conftest import made, rows

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
APP, ITS_TESTS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[2:4]
PLUGINS = ("-p", "arami_db.pytest_plugin")  # loaded by name: this very code, installed or not


@pytest.fixture
def application(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, server: dict[str, str]
) -> pytest.Pytester:
    """An empty folder for an application, where ARAMI_TEST_SERVER names the tests' server."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("ARAMI_TEST_SERVER", make_conninfo("", **server))
    return pytester


def run(application: pytest.Pytester, *arguments: str, **outcomes: int) -> pytest.RunResult:
    """Run pytest there, and require how many tests pass, fail and so on."""
    result = application.runpytest_subprocess(*PLUGINS, *arguments)
    result.assert_outcomes(**outcomes)
    return result


def left(server: dict[str, str]) -> list[str]:
    found = "select datname from pg_database where datname like 'arami\\_db\\_test\\_%'"
    return [name for (name,) in rows(make_conninfo("", **server), found)]


def write(application: pytest.Pytester, text: str) -> None:
    application.makepyfile(test_it=textwrap.dedent(text))


def test_the_example_of_the_page_passes_on_a_server_made_for_it(
    application: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ARAMI_TEST_SERVER")
    application.makepyfile(app=APP, test_app=ITS_TESTS)
    result = run(application, passed=2)
    result.stdout.no_fnmatch_line("arami-db: creates test databases*")


def test_each_test_has_a_migrated_database_of_its_own_and_nothing_is_left(
    application: pytest.Pytester, server: dict[str, str]
) -> None:
    write(
        application,
        """
        import psycopg, pytest
        seen = set()

        @pytest.mark.parametrize("n", range(3))
        def test_it(arami_template, arami_database, n):
            assert arami_database.startswith("postgresql://")
            seen.add(arami_database)
            with psycopg.connect(arami_database) as connection:
                assert connection.execute("select count(*) from users").fetchone() == (0,)
                connection.execute("insert into users (name) values ('somebody')")
                # So that no other run takes them for what a killed one left.
                held = "select count(*) from pg_stat_activity where application_name = %s"
                for name in (arami_template, connection.info.dbname):
                    assert connection.execute(held, [name]).fetchone() == (1,)
            assert len(seen) == n + 1
        """,
    )
    result = run(application, passed=3)
    result.stdout.fnmatch_lines(
        ["arami-db: creates test databases on the server of ARAMI_TEST_SERVER"]
    )
    assert left(server) == []


def test_who_acts_is_who_the_policies_see(application: pytest.Pytester) -> None:
    write(
        application,
        """
        import json, uuid, psycopg, pytest
        ALICE = uuid.UUID("a11ce000-0000-4000-8000-000000000001")
        WHO = "select current_user::text, auth.uid(), current_setting('request.jwt.claims')"

        def test_it(acting_as, arami_database):
            with psycopg.connect(arami_database) as owner:
                owner.execute("insert into users (id, name) values (%s, 'Alice')", [ALICE])
            alice = acting_as(ALICE, aal="aal2")
            with pytest.raises(psycopg.Error), alice.transaction():
                alice.execute("select nothing")  # and she is still Alice afterwards
            role, uid, claims = alice.execute(WHO).fetchone()
            assert (role, uid) == ("authenticated", ALICE)
            assert json.loads(claims) == {"sub": str(ALICE), "role": role, "aal": "aal2"}
            assert alice.execute("select name from users").fetchall() == [("Alice",)]
            assert acting_as(str(uuid.uuid4())).execute("select name from users").fetchall() == []
            assert acting_as().execute(WHO).fetchone()[:2] == ("anon", None)
            server = acting_as(role="service_role")
            assert server.execute(WHO).fetchone()[:2] == ("service_role", None)
            assert server.execute("select name from users").fetchall() == [("Alice",)]
            with pytest.raises(psycopg.Error):
                acting_as(role="nobody")
        """,
    )
    run(application, passed=1)


def test_settings_name_server_and_files_and_the_template_may_have_more(
    application: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, server: dict[str, str]
) -> None:
    monkeypatch.setenv("ARAMI_TEST_SERVER", "postgresql://nobody@127.0.0.1:1/nowhere")
    application.mkpydir("db").joinpath("migrations").mkdir()
    (application.path / "db/migrations/001_a.sql").write_text("create table a (id int);")
    application.makeconftest(
        """
        import psycopg, pytest

        @pytest.fixture(scope="session")
        def arami_prepare():
            def prepare(url):
                with psycopg.connect(url) as connection:
                    connection.execute("insert into a values (7)")
            return prepare
        """
    )
    write(
        application,
        """
        import psycopg

        def test_it(arami_database):
            with psycopg.connect(arami_database) as connection:
                assert connection.execute("table a").fetchall() == [(7,)]
        """,
    )
    application.makeini(
        f"[pytest]\narami_sql_dir = db\narami_database = {make_conninfo('', **server)}\n"
    )
    run(application, passed=1).stdout.fnmatch_lines(["*server of the setting arami_database"])
    run(application, "--arami-database=postgresql://nobody@127.0.0.1:1/x", errors=1)


def test_what_a_killed_run_left_is_dropped_and_what_runs_is_not(
    application: pytest.Pytester, server: dict[str, str]
) -> None:
    admin = make_conninfo("", **{**server, "application_name": "arami_db_test_running"})
    write(application, "def test_it(arami_database): pass")
    with psycopg.connect(admin, autocommit=True) as running:
        running.execute("create database arami_db_test_killed")
        running.execute("create database arami_db_test_running")
        run(application, passed=1)
        assert left(server) == ["arami_db_test_running"]
        running.execute("drop database arami_db_test_running")


def test_workers_beside_each_other_have_templates_of_their_own(
    application: pytest.Pytester, server: dict[str, str]
) -> None:
    write(
        application,
        """
        import pytest

        @pytest.mark.parametrize("n", range(4))
        def test_it(arami_template, arami_database, worker_id, n):
            with open(f"{worker_id}.txt", "w") as file:
                file.write(arami_template)
        """,
    )
    run(application, "-p", "xdist", "-n", "2", passed=4)
    assert len({path.read_text() for path in application.path.rglob("gw*.txt")}) == 2
    assert left(server) == []


def test_a_run_that_asks_for_no_database_loads_no_driver(
    application: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARAMI_TEST_SERVER", "no name of a database")
    write(application, "def test_it():\n    import sys\n    assert 'psycopg' not in sys.modules")
    run(application, passed=1)


@pytest.mark.parametrize(
    "conninfo",
    [
        "host=/run/x y port=5433 user=a dbname=b",
        "host=db.example.com port=6543 user=o'neil password='p@ss/w:rd' dbname='a b' sslmode=allow",
        "host=a,b port=1,2 user=u dbname=d",
        "host=::1 dbname=d",
        "service=test dbname=d",
    ],
)
def test_a_url_says_all_that_the_parameters_say(conninfo: str) -> None:
    conninfo = conninfo.replace("/run/x y", "'/run/x y'").replace("o'neil", r"o\'neil")
    assert conninfo_to_dict(_url(conninfo_to_dict(conninfo))) == conninfo_to_dict(conninfo)


def test_the_servers_own_databases_are_told_apart(server: dict[str, str]) -> None:
    with made(server) as conninfo:
        assert rows(_url(conninfo_to_dict(conninfo)), "select current_database()::text") == [
            (conninfo_to_dict(conninfo)["dbname"],)
        ]
