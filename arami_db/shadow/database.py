"""Making the throw-away database, and running files in it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import partial
from typing import TypeAlias

import psycopg
from psycopg import errors
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from arami_db import ledger
from arami_db.database.connect import Connection, connect, query
from arami_db.database.execute import Step, run_each
from arami_db.database.server import inspect
from arami_db.errors import AramiError
from arami_db.files.script import Script
from arami_db.runner.pipeline import run
from arami_db.runner.steps import cleaning_steps, statement_steps, transaction
from arami_db.shadow.surroundings import Surroundings

_Shadow: TypeAlias = AbstractContextManager[Connection]

_PREFIX = "arami_db_shadow_"
_LEFT_EMPTY = "select from pg_catalog.pg_class where relnamespace = 'public'::regnamespace"


class ShadowError(AramiError):
    """The files could not be tried out on a throw-away database."""


@contextmanager
def shadow(url: str | None, around: Surroundings, major: int | None = None) -> Iterator[Connection]:
    """Make a database that nobody needs, and drop it at the end.

    Args:
        url: a database to copy, with nothing in schema public and nobody connected; None for an
            embedded server made for the purpose.
        around: what the files are to find in it.
        major: the version that an embedded server is to be of, where there is one.

    Yields:
        A connection to it.

    Raises:
        EmbeddedError: the embedded server is not installed, or does not start.
        ConnectionFailedError: the server at the URL cannot be reached.
        ShadowError: it is not empty, or may not be copied.
    """
    with shadows(url, major) as make, make(around) as connection:
        yield connection


@contextmanager
def shadows(
    url: str | None, major: int | None = None
) -> Iterator[Callable[[Surroundings], _Shadow]]:
    """One server for several throw-away databases, one after the other.

    Args:
        url, major: as shadow() has them.

    Yields:
        What makes such a database, as shadow() does.

    Raises:
        EmbeddedError: the embedded server is not installed, or does not start.
    """
    if url is not None:
        yield partial(_within, url, is_ours=False)
        return
    from arami_db.embedded.throwaway import throwaway

    with throwaway(major) as server:
        conninfo = make_conninfo(server.conninfo, dbname="postgres")
        yield partial(_within, conninfo, is_ours=True)


@contextmanager
def _within(conninfo: str, around: Surroundings, *, is_ours: bool) -> Iterator[Connection]:
    name = f"{_PREFIX}{secrets.token_hex(6)}"
    # Whoever sweeps spares a database with a session in it, or a session that bears its name.
    administering = make_conninfo(conninfo, application_name=name)
    with closing(connect(administering)) as admin:
        roles = _prepare(admin)
    try:
        with closing(connect(administering)) as admin:
            _create(admin, name)
            opened = make_conninfo(conninfo, dbname=name)
            _make_alike(opened, around, is_ours=is_ours)
            if is_ours and around.user != admin.info.user:
                # Their rights are the server's to give; here they only own what they make.
                user = Identifier(around.user)
                admin.execute(SQL("alter role {} login superuser").format(user))
                opened = make_conninfo(opened, user=around.user)
            connection = connect(opened)
        with closing(connection):  # without the other: nobody copies what somebody is connected to
            yield connection
    finally:
        with closing(connect(administering)) as admin:
            _drop(admin, name)
            for role in (_roles(admin) - roles) & around.roles:
                with suppress(psycopg.Error):  # it owns something elsewhere: then it is not ours
                    admin.execute(SQL("drop role {}").format(Identifier(role)))


def _prepare(admin: Connection) -> set[str]:
    """Refuse what is not to be copied, drop what killed runs left, and tell the roles there are."""
    if admin.execute(_LEFT_EMPTY).fetchone() is not None:
        raise ShadowError(
            f"{admin.info.dbname}: cannot be used to try the files: its schema public is not empty",
            hint="Name an empty database with --shadow URL.",
        )
    for (left,) in admin.execute(query("shadow_left"), [f"{_PREFIX}%"]).fetchall():
        _drop(admin, left)
    return _roles(admin)


def _drop(admin: Connection, name: str) -> None:
    admin.execute(SQL("drop database if exists {} with (force)").format(Identifier(name)))


def _make_alike(conninfo: str, around: Surroundings, *, is_ours: bool) -> None:
    """Make what files find on the other server, as far as this one can have it."""
    with closing(connect(conninfo)) as connection:
        with suppress(psycopg.Error):  # Windows has none; else what a killed run began ends soon
            name = Identifier(connection.info.dbname)
            connection.execute(
                SQL("alter database {} set client_connection_check_interval = '2s'").format(name)
            )
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
            f"{admin.info.dbname}: cannot be copied to try the files:"
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
    from arami_db.runner.failure import FileFailedError

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
