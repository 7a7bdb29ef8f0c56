"""A throw-away database: what files come to, tried out on a server of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

import psycopg
from psycopg import errors
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from arami_db import ledger
from arami_db.database.connect import Connection, connect, query
from arami_db.database.execute import (
    Step,
    cleaning_steps,
    run_each,
    statement_steps,
    transaction,
)
from arami_db.database.pipeline import run
from arami_db.database.server import inspect
from arami_db.errors import AramiError
from arami_db.files.makes import makes
from arami_db.files.script import Script

_LEFT_EMPTY = "select from pg_catalog.pg_class where relnamespace = 'public'::regnamespace"


class ShadowError(AramiError):
    """The files could not be tried out on a throw-away database."""


@dataclass(frozen=True)
class Surroundings:
    """What files find on a server when they come there for the first time.

    Attributes:
        user: the role they are run as.
        extensions: those that are there, whoever made them.
        made: each kind and name, with the statement that makes it.
    """

    user: str
    extensions: frozenset[str]
    made: tuple[tuple[str, str, str], ...]

    def has(self, kind: str) -> frozenset[str]:
        """The names of a kind, such as "role", "extension" or "default privilege"."""
        return frozenset(name for made, name, _ in self.made if made == kind)


def surroundings(
    connection: Connection, scripts: Iterable[Script], platform: Iterable[str]
) -> Surroundings:
    """Read what files find on a server; what they make themselves is left out.

    Args:
        connection: to that server, idle.
        scripts: the files.
        platform: the schemas that are there before any file.

    Raises:
        psycopg.Error: as the server says it.
    """
    made = makes(scripts)
    values = {
        "roles": list(made.roles),
        "extensions": list(made.extensions),
        "publications": list(made.publications),
        "privileges": list(made.privileges),
        "platform": [name for name in platform if name not in made.schemas],
    }
    with connection.transaction():
        row = connection.execute(query("shadow_session")).fetchone()
        user, search_path, extensions = row or (connection.info.user, None, ())
        connection.execute("set local search_path = ''")  # so that all names are qualified
        values |= {"search_path": search_path}
        found = connection.execute(query("shadow_surroundings"), values).fetchall()
    return Surroundings(user, frozenset(extensions), tuple(found))


@contextmanager
def shadow(url: str | None, around: Surroundings) -> Iterator[Connection]:
    """Make a database that nobody needs, and drop it at the end.

    Args:
        url: a database to copy, with nothing in schema public and nobody connected; None for an
            embedded server made for the purpose.
        around: what the files are to find in it.

    Yields:
        A connection to it.

    Raises:
        EmbeddedError: the embedded server is not installed, or does not start.
        ConnectionFailedError: the server at the URL cannot be reached.
        ShadowError: it is not empty, or may not be copied.
    """
    if url is None:
        from arami_db.embedded.throwaway import throwaway

        with throwaway() as server:
            conninfo = make_conninfo(server.conninfo, dbname="postgres")
            with closing(connect(conninfo)) as admin:
                yield from _within(admin, conninfo, around, is_ours=True)
    else:
        with closing(connect(url)) as admin:
            yield from _within(admin, url, around, is_ours=False)


def _within(
    admin: Connection, conninfo: str, around: Surroundings, *, is_ours: bool
) -> Iterator[Connection]:
    if admin.execute(_LEFT_EMPTY).fetchone() is not None:
        raise ShadowError(
            f"{admin.info.dbname}: is to be copied for trying out files, and public is not empty",
            hint="Name an empty database with --shadow URL.",
        )
    roles = _roles(admin)
    name = f"arami_db_shadow_{secrets.token_hex(6)}"
    try:
        _create(admin, name)
        opened = make_conninfo(conninfo, dbname=name)
        _make_alike(opened, around, is_ours=is_ours)
        if is_ours and around.user != admin.info.user:
            # Their rights are the server's to give; here they only own what they make.
            user = Identifier(around.user)
            admin.execute(SQL("alter role {} login superuser").format(user))
            opened = make_conninfo(opened, user=around.user)
        with closing(connect(opened)) as connection:
            yield connection
    finally:
        if not admin.closed:
            admin.execute(SQL("drop database if exists {} with (force)").format(Identifier(name)))
            for role in _roles(admin) - roles:
                with suppress(psycopg.Error):  # it may own something elsewhere by now
                    admin.execute(SQL("drop role {}").format(Identifier(role)))


def _make_alike(conninfo: str, around: Surroundings, *, is_ours: bool) -> None:
    """Make what files find on the other server, as far as this one can have it."""
    with closing(connect(conninfo)) as connection:
        connection.execute("set check_function_bodies = off; set search_path = ''")
        for kind, _, sql in around.made:
            if kind == "role attributes" and not is_ours:
                continue  # nobody is given rights on a server that others use
            # What it cannot do, or has already, is for the files to tell.
            with suppress(psycopg.Error), connection.transaction():
                connection.execute(sql.encode())


def _create(admin: Connection, name: str) -> None:
    source = Identifier(admin.info.dbname)
    try:
        admin.execute(SQL("create database {} template {}").format(Identifier(name), source))
    except (errors.ObjectInUse, errors.InsufficientPrivilege) as error:
        raise ShadowError(
            f"{admin.info.dbname}: cannot be copied for trying out files:"
            f" {error.diag.message_detail or error.diag.message_primary}",
            hint="Name a database with --shadow URL that nobody uses and that this role may copy.",
        ) from error


def _roles(connection: Connection) -> set[str]:
    return {str(name) for (name,) in connection.execute("select rolname from pg_catalog.pg_roles")}


def apply(
    connection: Connection, scripts: Sequence[Script], stub: Script | None, around: Surroundings
) -> None:
    """Run files as a first `migrate` would, without entering them anywhere.

    An extension that only the other server has is done without: files find its functions.

    Args:
        connection: to a throw-away database, in autocommit.
        scripts: the files, in order.
        stub: what stands in for schema auth, where the database has none.
        around: what files find on the server they are for.

    Raises:
        ShadowError: a statement failed; names its place.
    """
    ledger.create(connection)
    available = connection.execute("select name from pg_catalog.pg_available_extensions")
    missing = around.extensions - {str(name) for (name,) in available}
    if stub is not None and not inspect(connection).has_auth_uid:
        _run(connection, stub, missing)
    for script in scripts:
        _run(connection, script, missing)


def _run(connection: Connection, script: Script, missing: Set[str]) -> None:
    from arami_db.database.failure import FileFailedError

    def kept(steps: Iterable[Step]) -> list[Step]:
        return [step for step in steps if _extension(step) not in missing]

    try:
        if script.in_transaction:
            run(connection, script, kept(transaction([Step("begin")], script)))
            return
        for step in kept(statement_steps(script, script.statements)):
            run(connection, script, [step])
        run_each(connection, cleaning_steps())
    except FileFailedError as error:
        raise ShadowError(
            f"{error} (SQLSTATE {error.sqlstate})",
            hint="Name a database with --shadow URL that has what the file needs.",
        ) from error


def _extension(step: Step) -> str | None:
    """The extension that a statement creates."""
    node = step.statement.node if step.statement else None
    return node.create_extension_stmt.extname if node else None
