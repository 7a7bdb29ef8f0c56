"""Naming a database the way libpq does, and saying what is wrong with a name."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from arami_db.errors import UsageError

_NAMING_VARIABLES = ("PGDATABASE", "PGHOST", "PGHOSTADDR", "PGSERVICE")
NO_DATABASE = (
    "no database named: pass --database URL, or set DATABASE_URL or PGHOST/PGDATABASE/PGSERVICE,",
    "or pass --embedded to use a private server of your own.",
)


_FORMS = (
    "Write postgresql://user@host:5432/name or 'host=… dbname=…';"
    " percent-encode special characters in a URL."
)


def resolve(database: str | None, *, embedded: bool, note: Callable[[str], None]) -> str:
    """Turn what the user said into libpq connection parameters.

    Args:
        database: a postgresql:// URL, key=value pairs, "embedded", or None for DATABASE_URL and
            then libpq's own PG* variables.
        embedded: the same as database="embedded".
        note: told whose programs the embedded server is started with, where that is a question.

    Returns:
        A key=value connection string.

    Raises:
        UsageError: no database is named, two are, or the name is none that libpq reads.
        EmbeddedError: the embedded server cannot be started.
    """
    named, source = name_of(database, embedded=embedded)
    if named == "embedded":
        from arami_db.embedded import start

        return start(note=note).conninfo
    if not named and not is_named():
        raise UsageError("\n".join(NO_DATABASE))
    return read_name(named, source)


def name_of(database: str | None, *, embedded: bool) -> tuple[str, str]:
    """What names a database, without libpq's own variables.

    Args:
        database: as resolve() takes it.
        embedded: likewise.

    Returns:
        The name, empty where there is none, and where it was said.

    Raises:
        UsageError: --database is empty, or two databases are named.
    """
    if database == "":
        raise UsageError("--database is empty", hint="Leave it out to take DATABASE_URL or PG*.")
    if database and embedded and database != "embedded":
        raise UsageError("--database and --embedded name two databases", hint="Say one of them.")
    if database:
        return database, "--database"
    if embedded:
        return "embedded", "--embedded"
    return os.environ.get("DATABASE_URL") or "", "DATABASE_URL"


def is_named() -> bool:
    """Whether libpq's own variables name a database."""
    return any(os.environ.get(variable) for variable in _NAMING_VARIABLES)


def read_name(named: str, source: str) -> str:
    """The connection parameters that a name holds, as key=value pairs.

    Args:
        named: a URL or key=value pairs; may be empty.
        source: where it was said, for messages.

    Raises:
        UsageError: libpq cannot read it.
    """
    _refuse_other_forms(named, source)
    try:
        parameters = conninfo_to_dict(named)
    except UnicodeError:
        raise UsageError(f"{source} cannot be read: it is not UTF-8", hint=_FORMS) from None
    except psycopg.Error as error:
        # libpq quotes the piece it stumbled over, which may be (part of) a password: cut it off.
        reason = re.split(r"[\"'«„“]", str(error).strip())[0].strip() + " …"
        if reason == "missing …":
            reason = "not every word in it is key=value (quote a value with a space: 'a b')"
        raise UsageError(f"{source} cannot be read: {reason}", hint=_FORMS) from None
    authority, _, path = named.partition("://")[2].partition("?")[0].partition("/")
    strays = authority.count("@") > 1 or "@" in path
    if strays or any("@" in str(parameters.get(key, "")) for key in ("host", "hostaddr")):
        # What follows the first @ of a URL is the host: this one begins inside a password.
        raise UsageError(f"{source} cannot be read: there is an @ in its host", hint=_FORMS)
    return make_conninfo("", **parameters)


def _refuse_other_forms(named: str, source: str) -> None:
    """Refuse a bare name and URLs of other kinds, of which nothing but the scheme is repeated."""
    if re.fullmatch(r"[\w.-]+", named):
        raise UsageError(
            f"{source} is only a name, {named!r}, of a database or of a server",
            hint=f"Write postgresql://user@host:5432/{named}; or, for the server that PGHOST and"
            f" PGPORT name, dbname={named}",
        )
    scheme = re.match(r"\s*((?:jdbc:)?[A-Za-z][A-Za-z0-9+.-]*)://", named)
    if scheme is None or named.startswith(("postgresql://", "postgres://")):
        return
    kind = scheme[1]
    if "postgres" not in kind.lower():
        raise UsageError(
            f"{source} does not name a Postgres database: its URL begins with {kind}://",
            hint=_FORMS,
        )
    raise UsageError(
        f"{source} cannot be read: its URL begins with {kind}://, which is another library's form",
        hint=f"Begin it with postgresql://, in small letters. {_FORMS}",
    )
