"""Views and functions that CREATE OR REPLACE refuses to replace.

Postgres replaces a view only by one with the same columns and perhaps more, and a function only by
one of the same result. Everything else means dropping it and all that stands on it. Here that is
one transaction in which nothing else changes: owner, grants, comments, triggers, rules and indexes
come back as they were, and so does every dependant that no file of the run re-creates itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from postgast import to_drop

from arami_db.database.connect import Connection, query
from arami_db.database.failure import FileFailedError
from arami_db.errors import RebuildError

if TYPE_CHECKING:
    from arami_db.files.script import Script, Statement

# invalid_table_definition, invalid_function_definition: the column or result does not fit.
IRREPLACEABLE = {"42P16", "42P13"}
_UNDEFINED_COLUMN = "42703"


@dataclass(frozen=True)
class Dropped:
    """What a dropped object was: a row of rebuild_affected.sql."""

    kind: str | None
    description: str
    identity: str
    definition: str
    owner: str
    acl: list[str]
    extras: list[str]
    comment: str | None

    @property
    def is_function(self) -> bool:
        """Whether it is a routine rather than a relation."""
        return self.kind in {"function", "procedure"}


class Rebuild:
    """Runs statements in the present transaction, dropping and restoring what is in their way."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection that is inside a transaction."""
        self._connection = connection
        self._dropped: dict[str, Dropped] = {}

    def execute(self, script: Script, statement: Statement) -> None:
        """Run one statement of a file.

        Raises:
            FileFailedError: it failed for another reason than what stands in its way.
            RebuildError: something that cannot be re-created depends on what it replaces.
        """
        if not is_replacement(statement):
            self._run(script, statement)
            return
        self._connection.execute("savepoint replacing")
        try:
            self._run(script, statement)
        except FileFailedError as error:
            if error.sqlstate not in IRREPLACEABLE:
                raise
            self._connection.execute("rollback to savepoint replacing")
            self._drop(script, statement)
            self._run(script, statement)
        self._connection.execute("release savepoint replacing")
        identity = self._identify(statement)[2]
        if dropped := self._dropped.pop(identity, None):
            self._restore_attributes(dropped)

    def restore(self, script: Script) -> None:
        """Re-create every dependant that no statement re-created.

        Raises:
            RebuildError: a dependant no longer fits, such as one that uses a column now gone.
        """
        for dropped in list(self._dropped.values()):
            try:
                self._connection.execute(dropped.definition)
            except psycopg.Error as error:
                raise RebuildError(
                    f"{script.file.label}: {dropped.description} depends on what changed and no"
                    f" longer fits: {error.diag.message_primary}",
                    hint="Change it in the same run (its own file in views/), or drop it first.",
                ) from error
            self._restore_attributes(dropped)
        self._dropped.clear()

    def _run(self, script: Script, statement: Statement) -> None:
        try:
            self._connection.execute(statement.text)
        except psycopg.Error as error:
            raise FileFailedError(script, statement, error) from error

    def _identify(self, statement: Statement) -> tuple[int, int, str]:
        words = to_drop(statement.text).split(" ", 2)
        values = {"is_function": words[1] != "VIEW", "name": words[2]}
        row = self._connection.execute(query("rebuild_target"), values).fetchone()
        if row is None:
            raise RebuildError(f"{words[2]}: not found after it was created")
        return row[0], row[1], row[2]

    def _drop(self, script: Script, statement: Statement) -> None:
        """Remember the object and its dependants, then drop them, farthest first."""
        classid, objid, _ = self._identify(statement)
        rows = self._connection.execute(
            query("rebuild_affected"), {"classid": classid, "objid": objid}
        ).fetchall()
        affected = [Dropped(*row) for row in rows]
        if foreign := [dropped.description for dropped in affected if dropped.kind is None]:
            raise RebuildError(
                f"{script.file.label}: {affected[0].description} must be dropped and re-created,"
                f" but these depend on it: {', '.join(foreign)}",
                hint="Write a migration that moves them out of the way.",
            )
        for dropped in reversed(affected):
            self._connection.execute(f"drop {dropped.kind} {dropped.identity}")
        self._dropped = {dropped.identity: dropped for dropped in affected} | self._dropped

    def _restore_attributes(self, dropped: Dropped) -> None:
        """Give a re-created object its owner, comment, privileges and attachments back."""
        execute = self._connection.execute
        execute(f"alter {dropped.kind} {dropped.identity} owner to {dropped.owner}")
        if dropped.comment is not None:
            literal = psycopg.sql.Literal(dropped.comment).as_string(self._connection)
            execute(f"comment on {dropped.kind} {dropped.identity} is {literal}")
        grants = {
            "is_function": dropped.is_function,
            "kind": dropped.kind if dropped.is_function else "table",
            "identity": dropped.identity,
            "acl": dropped.acl,
        }
        for (statement,) in execute(query("rebuild_grants"), grants).fetchall():
            execute(statement)
        for extra in dropped.extras:
            self._restore_extra(extra)

    def _restore_extra(self, extra: str) -> None:
        """Run one statement; what speaks of a column that is gone went with it."""
        self._connection.execute("savepoint extra")
        try:
            self._connection.execute(extra)
        except psycopg.Error as error:
            if error.sqlstate != _UNDEFINED_COLUMN:
                raise
            self._connection.execute("rollback to savepoint extra")
        self._connection.execute("release savepoint extra")


def is_replacement(statement: Statement) -> bool:
    """Whether it is CREATE OR REPLACE of a view or function."""
    node = statement.node
    return bool(node.view_stmt.replace or node.create_function_stmt.replace)
