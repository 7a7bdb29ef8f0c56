"""What an administrator has to run before a role can migrate, verify and prove: one block of SQL.

It is complete, and needed before anything runs: `migrate` shows it when it refuses, `doctor` shows
it beforehand, and `verify --prove-rls` names the missing line of it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from arami_db.database.connect import Connection, query
from arami_db.database.server import Server
from arami_db.errors import PlatformError
from arami_db.facts import read, read_for
from arami_db.files import SqlFile, SqlTree

_WIDTH = 80
PROVING = "verify --prove-rls"
# For sessions that send one statement at a time, and for those that send one transaction.
_WRITING = ("set default_transaction_read_only = off;", "set transaction_read_only = off;")
# Statements that need rights which the role may lack. They are searched in lower case, to which
# Postgres folds names: this takes a third of the time of a search that ignores case.
_ROLE = re.compile(r"(?m)^\s*create role (\w+) ([a-z ]+);")
_SCHEMA = re.compile(r"(?m)^\s*create schema (?:if not exists )?(?!if\b)(\w+)")
_EXTENSION = re.compile(r"(?m)^\s*create extension (?:if not exists )?\"?([\w-]+)")
_EXTENSIONS = re.compile(r"pg_available_extensions\b[^;]*?\bname in \(([^)]*)\)")
_IN_PUBLIC = re.compile(
    r"\bpublic\.|\bcreate (?:or replace |unlogged )?"
    r"(?:table|view|materialized view|sequence|function|procedure|type|domain)"
    r" (?:if not exists )?\"?\w+\"?(?![\w\".])"
)
_GUESTS = re.compile(r"grant usage on schema public to ([\w, ]+);")
_ON_ACCOUNTS = {
    "trigger": re.compile(r"create (?:or replace |constraint )*trigger\b[^;]*\bon auth\.users\b"),
    "select": re.compile(r"(?:from|join) auth\.users\b"),
    "insert": re.compile(r"insert into auth\.users\b"),
    "update": re.compile(r"update auth\.users\b"),
    "delete": re.compile(r"delete from auth\.users\b"),
    "references": re.compile(r"references auth\.users\b"),
}


@dataclass(frozen=True)
class Need:
    """A statement for an administrator.

    Attributes:
        statement: without a semicolon; as block() writes it, it may be run again.
        reason: its purpose, in a sentence.
        commands: the commands that need it.
    """

    statement: str
    reason: str
    commands: tuple[str, ...]

    @property
    def advice(self) -> str:
        """The hint, in a sentence."""
        return f"Let an administrator run: {self.statement};"


class AdministratorError(PlatformError):
    """An administrator has to run something first."""

    def __init__(self, database: str, role: str, needs: Sequence[Need]) -> None:
        """Build the error.

        Args:
            database: where to run it.
            role: the role that needs it.
            needs: what to run.
        """
        super().__init__(
            f"{role} lacks rights that the files need; nothing was run",
            hint=f"Let an administrator run the block above in database {database}, then migrate"
            " again.\n      `arami-db doctor` shows it, too.",
        )
        self.block = block(needs, database)


def needs(connection: Connection, tree: SqlTree, server: Server) -> tuple[Need, ...]:
    """What an administrator has to run, in order, without what `migrate` will do itself.

    Args:
        connection: idle, of the role that will migrate; it needs only CONNECT, and nothing is
            written.
        tree: the SQL files, which decide what is needed; their checks of the environment run, too.
        server: facts of the server.

    Raises:
        RefusedFileError: a file cannot be read.
        QueryFailedError: a check failed.
        ConnectionFailedError: the connection broke.
    """
    asked = connection.execute(query("administrator"), _wanted(tree, server)).fetchall()
    found = [(Need(sql, reason, tuple(names)), handled) for sql, reason, names, handled in asked]
    known = {need.statement for need, _ in found}
    checks = [file for file in tree.checks if "_environment_" in file.path.name]
    answer = read(connection, read_for(connection, tree), checks)
    rows = [row for _, row in answer.found if row["remedy"]]
    others = {
        row["remedy"]: Need(row["remedy"], f"{row['object']}: {row['finding']}", ("verify",))
        for row in rows
        if row["remedy"] not in known
    }
    return (*(need for need, handled in found if not handled), *others.values())


def require(connection: Connection, tree: SqlTree, server: Server) -> tuple[Need, ...]:
    """Refuse a migration that would fail halfway because of a missing right.

    Args:
        connection, tree, server: as for needs().

    Returns:
        What an administrator has to run for commands other than `migrate`.

    Raises:
        AdministratorError: `migrate` itself needs something.
        RefusedFileError, QueryFailedError, ConnectionFailedError: as for needs().
    """
    found = needs(connection, tree, server)
    if any("migrate" in need.commands for need in found):
        raise AdministratorError(server.database, server.role, found)
    return found


def require_uid(server: Server, stub: SqlFile | None) -> None:
    """Refuse a schema auth that policies cannot use.

    Raises:
        PlatformError: there is a schema auth without auth.uid(), which we must not alter.
    """
    if stub is None or server.has_auth_uid or not server.has_auth_schema:
        return
    raise PlatformError(
        "schema auth exists but has no function auth.uid(), which every policy calls",
        hint="It is the platform's schema and is never altered here: add auth.uid() returning"
        f" uuid there ({stub.label} shows how), or rename the schema.",
    )


def block(needs: Iterable[Need], database: str) -> str:
    """The statements as a script for psql or any other client, with the reasons as comments.

    Args:
        needs: the result of needs().
        database: the name of the database to run it in.
    """
    lines = _comment(f"For an administrator, in database {database}. It may be run again.")
    needs = tuple(needs)
    if any("default_transaction_read_only" in need.statement for need in needs):
        lines += ["", *_comment("This session would be read-only, too."), *_WRITING]
    for reason, alike in groupby(needs, key=lambda need: need.reason):
        lines += ["", *_comment(reason)]
        lines += [_repeatable(need.statement) for need in alike]
    return "\n".join(lines)


def extensions(tree: SqlTree) -> list[str]:
    """The extensions that migrations create: always, or where they are available."""
    texts = [_folded(file.text) for file in tree.migrations]
    listed = (text for some in texts for text in _EXTENSIONS.findall(some))
    named = {name for text in listed for name in re.findall(r"'([\w-]+)'", text)}
    return sorted(named.union(*(_EXTENSION.findall(text) for text in texts)))


def _comment(text: str) -> list[str]:
    return [f"-- {line}" for line in textwrap.wrap(" ".join(text.split()), _WIDTH - 3)]


def _repeatable(statement: str) -> str:
    """A statement that may run again: CREATE ROLE has no IF NOT EXISTS."""
    if not statement.startswith("create role "):
        return f"{statement};"
    return f"do $$ begin\n    {statement};\nexception when duplicate_object then null; end $$;"


def _wanted(tree: SqlTree, server: Server) -> dict[str, object]:
    """What the files need of a server, as parameters of the query."""
    applies_stub = tree.auth_stub is not None and not server.has_auth_schema
    stub = tree.auth_stub.text.lower() if tree.auth_stub else ""
    code = "\n".join(_folded(file.text) for file in (*tree.migrations, *tree.views))
    schemas = {"arami_db", *_SCHEMA.findall(f"{code}\n{stub}" if applies_stub else code)}
    roles = _ROLE.findall(stub)
    return {
        "roles": [name for name, _ in roles],
        "attributes": [attributes for _, attributes in roles],
        "applies_stub": applies_stub,
        "schemas": sorted(schemas),
        "named": [name for name, _ in roles if re.search(rf"\b{name}\b", code)],
        "in_public": _IN_PUBLIC.search(code) is not None,
        "on_auth": re.search(r"\bauth\.", code) is not None,
        "guests": [name.strip() for text in _GUESTS.findall(code) for name in text.split(",")],
        "extensions": extensions(tree),
        "on_accounts": [right for right, found in _ON_ACCOUNTS.items() if found.search(code)],
    }


def _folded(text: str) -> str:
    """In lower case, without comments."""
    return re.sub(r"--.*", "", text).lower()
