"""For an application's own pytest tests: a migrated database a test, and signed-in users.

pytest loads this module if arami-db is installed. The fixtures are `arami_database` and
`acting_as`; `arami_prepare` may be overridden. Their imports happen when a test uses one.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest

if TYPE_CHECKING:
    import psycopg

_PREFIX = "arami_db_test_"


class ActingAs(Protocol):
    """Opens a connection that acts as a user of the API."""

    def __call__(
        self, user: str | UUID | None = None, *, role: str | None = None, **claims: object
    ) -> psycopg.Connection:
        """Open it; it is closed at the end of the test.

        Args:
            user: the id of the signed-in user; None if nobody is signed in.
            role: the role; None for "authenticated", or "anon" if nobody is signed in.
            claims: further claims of the token, such as aal="aal2".
        """


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --arami-database, and the settings arami_database and arami_sql_dir."""
    says = "server for test databases: postgresql:// URL, 'key=value …' or 'embedded'"
    parser.getgroup("arami-db").addoption("--arami-database", metavar="URL", help=says)
    default = "$ARAMI_TEST_SERVER, then a throw-away embedded server"
    parser.addini("arami_database", f"{says} (default: {default})")
    parser.addini("arami_sql_dir", "directory with migrations/ (default: the Arami schema)")


def pytest_report_header(config: pytest.Config) -> str | None:
    """Report the server of the test databases, if it is not a throw-away one."""
    named, source = _named(config)
    return f"arami-db: creates test databases on the server of {source}" if named else None


def _named(config: pytest.Config) -> tuple[str, str]:
    """The named server, empty for a throw-away one, and where it is named."""
    for value, source in (
        (config.getoption("arami_database"), "--arami-database"),
        (config.getini("arami_database"), "the setting arami_database"),
        # Not DATABASE_URL: it may name production, and tests create and drop databases.
        (os.environ.get("ARAMI_TEST_SERVER"), "ARAMI_TEST_SERVER"),
    ):
        if value:
            return ("" if value == "embedded" else str(value)), source
    return "", ""


@pytest.fixture(scope="session")
def arami_server(pytestconfig: pytest.Config) -> Iterator[str]:
    """A connection string of the server of the test databases."""
    from arami_db.naming import read_name

    named, source = _named(pytestconfig)
    if named:
        yield read_name(named, source)
        return
    from arami_db.embedded.throwaway import throwaway

    with throwaway() as server:
        yield server.conninfo


@pytest.fixture(scope="session")
def arami_prepare() -> Callable[[str], None]:
    """A function to call with the URL of the migrated template; by default it does nothing.

    A project overrides this fixture. No connection to the template may stay open.
    """
    return lambda _url: None


@pytest.fixture(scope="session")
def arami_template(
    arami_server: str, arami_prepare: Callable[[str], None], pytestconfig: pytest.Config
) -> Iterator[str]:
    """The name of a database that is migrated once a session; each test gets a copy."""
    from arami_db.api import migrate

    folder = pytestconfig.getini("arami_sql_dir")
    with _database(arami_server) as (name, url):
        migrate(url, sql_dir=pytestconfig.rootpath / folder if folder else None)
        arami_prepare(url)
        yield name


@pytest.fixture
def arami_database(arami_server: str, arami_template: str) -> Iterator[str]:
    """The URL of the test's own migrated database, as the role that created it."""
    with _database(arami_server, arami_template) as (_, url):
        yield url


@pytest.fixture
def acting_as(arami_database: str) -> Iterator[ActingAs]:
    """Connections to the test's database that act as API roles: acting_as(user).

    Each is in autocommit, so a statement is a transaction, as a request of PostgREST is one.
    """
    with ExitStack() as opened:

        def act(
            user: str | UUID | None = None, *, role: str | None = None, **claims: object
        ) -> psycopg.Connection:
            return opened.enter_context(closing(_signed_in(arami_database, user, role, claims)))

        yield act


def _signed_in(
    url: str, user: str | UUID | None, role: str | None, claims: dict[str, object]
) -> psycopg.Connection[Any]:
    import psycopg
    from psycopg.sql import SQL, Identifier

    role = role or ("authenticated" if user else "anon")
    said = {**({"sub": str(user)} if user else {}), "role": role, **claims}
    connection = psycopg.connect(url, autocommit=True)
    try:
        setting = "select pg_catalog.set_config('request.jwt.claims', %s, false)"
        connection.execute(setting, [json.dumps(said)])
        connection.execute(SQL("set role {}").format(Identifier(role)))
    except psycopg.Error:
        connection.close()
        raise
    return connection


@contextmanager
def _database(server: str, template: str | None = None) -> Iterator[tuple[str, str]]:
    """Create a database and drop it at the end; yields its name and its URL.

    A connection has its name meanwhile, so that other runs do not clean it up.
    """
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
    from psycopg.sql import SQL, Identifier

    from arami_db.database.connect import connect, query

    name = f"{_PREFIX}{secrets.token_hex(6)}"
    drop = SQL("drop database if exists {} with (force)")
    with closing(connect(make_conninfo(server, application_name=name))) as admin:
        if template is None:
            for (left,) in admin.execute(query("shadow_left"), [f"{_PREFIX}%"]).fetchall():
                admin.execute(drop.format(Identifier(left)))
        copied = SQL("template {}").format(Identifier(template)) if template else SQL("")
        admin.execute(SQL("create database {} {}").format(Identifier(name), copied))
        try:
            yield name, _url({**conninfo_to_dict(server), "dbname": name})
        finally:
            admin.execute(drop.format(Identifier(name)))


def _url(parameters: dict[str, Any]) -> str:
    """Connection parameters as a URL that libpq, SQLAlchemy and asyncpg read alike."""
    left = {key: str(value) for key, value in parameters.items()}
    login, name = quote(left.pop("user", ""), safe=""), quote(left.pop("dbname"), safe="")
    if password := left.pop("password", ""):
        login += f":{quote(password, safe='')}"
    place = f"{login}@" if login else ""
    if "host" in left and not set(left["host"]) & set("/,:"):
        port = left.pop("port", "")
        place += left.pop("host") + (f":{port}" if port else "")
    options = f"?{urlencode(left, quote_via=quote)}" if left else ""
    return f"postgresql://{place}/{name}{options}"
