"""Views and functions that CREATE OR REPLACE refuses to replace.

Postgres replaces a view only by one with the same columns and perhaps more, and a function only by
one of the same result. Everything else means dropping it and all that stands on it. Here that is
one transaction in which nothing else changes: owner, grants, comments, triggers, rules and indexes
come back as they were, and so does every dependant that no file of the run re-creates itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psycopg

from arami_db.database.connect import Connection, query
from arami_db.database.execute import closing_steps, run_each
from arami_db.database.failure import FileFailedError
from arami_db.errors import RebuildError
from arami_db.migrate.dropped import Dropped, created_name, is_replacement

if TYPE_CHECKING:
    from arami_db.files.script import Script, Statement

# invalid_table_definition, invalid_function_definition: the column or result does not fit.
IRREPLACEABLE = {"42P16", "42P13"}
_UNDEFINED_COLUMN = "42703"
# lock_not_available, deadlock_detected, query_canceled: nothing is wrong with the definition.
_PASSING = {"55P03", "40P01", "57014"}


class Rebuild:
    """Runs files in the present transaction, dropping and restoring what is in their way."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection that is inside a transaction."""
        self._connection = connection
        self._dropped: dict[str, Dropped] = {}

    def run(self, script: Script, later: list[Script]) -> None:
        """Run a file, then restore the dependants that no later file re-creates.

        Args:
            script: the file.
            later: the files that follow in this transaction.

        Raises:
            FileFailedError: a statement failed for another reason than what stands in its way.
            RebuildError: something that cannot be re-created depends on what it replaces, or, with
                the last file, a dependant no longer fits.
        """
        for statement in script.statements:
            with self._blaming(script, statement):
                self._execute(script, statement)
        names = (created_name(statement) for file in later for statement in file.statements)
        owned = {name.last for name in names if name}
        with self._blaming(script, None):
            for dropped in list(self._dropped.values()):
                if not later or dropped.name not in owned:
                    self._restore(script, dropped, final=not later)
            run_each(self._connection, closing_steps(script))

    def _execute(self, script: Script, statement: Statement) -> None:
        if is_replacement(statement):
            self._replace(script, statement)
        else:
            self._connection.execute(statement.text)
        name = created_name(statement)
        found = self._identify(name.text, is_function=name.is_function) if name else None
        if found and (dropped := self._dropped.pop(found[2], None)):
            self._restore_attributes(dropped, attachments=is_replacement(statement))

    def _replace(self, script: Script, statement: Statement) -> None:
        """CREATE OR REPLACE, or where Postgres refuses that, drop and create."""
        self._connection.execute("savepoint replacing")
        try:
            self._connection.execute(statement.text)
        except psycopg.Error as error:
            if error.sqlstate not in IRREPLACEABLE:
                raise
            self._connection.execute("rollback to savepoint replacing")
            self._drop(script, statement)
            self._connection.execute(statement.text)
        self._connection.execute("release savepoint replacing")

    def _identify(self, name: str, *, is_function: bool) -> tuple[int, int, str] | None:
        values = {"is_function": is_function, "name": name}
        row = self._connection.execute(query("rebuild_target"), values).fetchone()
        return (row[0], row[1], row[2]) if row else None

    def _drop(self, script: Script, statement: Statement) -> None:
        """Remember the object and its dependants, then drop them, farthest first."""
        name = created_name(statement)
        found = self._identify(name.text, is_function=name.is_function) if name else None
        if found is None:
            return
        with self._everything_qualified():
            rows = self._connection.execute(
                query("rebuild_affected"), {"classid": found[0], "objid": found[1]}
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

    def _restore(self, script: Script, dropped: Dropped, *, final: bool) -> None:
        """Re-create a dependant; leave it for later where it stands on one not there yet."""
        self._connection.execute("savepoint restoring")
        try:
            with self._everything_qualified():
                # A body in quotes keeps the names it was written with; they are for its callers.
                self._connection.execute("set local check_function_bodies = off")
                self._connection.execute(dropped.definition)
        except psycopg.Error as error:
            self._connection.execute("rollback to savepoint restoring")
            if error.sqlstate in _PASSING:
                raise
            if final:
                raise RebuildError(
                    f"{script.file.label}: {dropped.description} depends on what changed and no"
                    f" longer fits: {error.diag.message_primary}",
                    hint="Change it in the same run (its own file in views/), or drop it first.",
                ) from error
            return
        self._connection.execute("release savepoint restoring")
        del self._dropped[dropped.identity]
        self._restore_attributes(dropped, attachments=True)

    def _restore_attributes(self, dropped: Dropped, *, attachments: bool) -> None:
        """Give a re-created object its owner, comment, privileges and attachments back."""
        execute = self._connection.execute
        with self._everything_qualified():
            execute(f"alter {dropped.kind} {dropped.identity} owner to {dropped.owner}")
            if dropped.comment is not None:
                literal = psycopg.sql.Literal(dropped.comment).as_string(self._connection)
                execute(f"comment on {dropped.kind} {dropped.identity} is {literal}")
            for (statement,) in execute(query("rebuild_grants"), dropped.grants).fetchall():
                execute(statement)
            for extra in dropped.extras if attachments else []:
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

    @contextmanager
    def _everything_qualified(self) -> Iterator[None]:
        """An empty search_path, so that definitions mean the same read and run."""
        row = self._connection.execute("select current_setting('search_path')").fetchone()
        self._connection.execute("set local search_path = ''")
        try:
            yield
        finally:
            with suppress(psycopg.Error):  # an aborted transaction forgets the setting by itself
                self._connection.execute(
                    "select set_config('search_path', %s, true)", [row[0] if row else ""]
                )

    @contextmanager
    def _blaming(self, script: Script, statement: Statement | None) -> Iterator[None]:
        """Whatever fails here failed for this statement."""
        try:
            yield
        except psycopg.Error as error:
            raise FileFailedError(script, statement, error) from error
