"""Views and functions that CREATE OR REPLACE refuses to replace.

Postgres replaces a view only by one with the same columns and perhaps more, and a function only by
one of the same result. Everything else means dropping it and all that stands on it. Here that is
one transaction in which nothing else changes: owner, grants, comments, triggers, rules, indexes and
statistics come back as they were, and so does every dependant that no file of the run re-creates
itself: views, functions, and the policies, rules and triggers of tables. A materialized view, which
no statement replaces, is dropped and created whenever its file changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg

from arami_db.database.connect import Connection, query
from arami_db.database.execute import run_each
from arami_db.errors import RebuildError
from arami_db.rebuild.dropped import (
    Dropped,
    attached_names,
    created_name,
    creates_materialized,
    dropped_names,
    is_replacement,
)
from arami_db.rebuild.restore import Restorer, everything_qualified
from arami_db.runner.failure import FileFailedError
from arami_db.runner.steps import closing_steps

if TYPE_CHECKING:
    from arami_db.files.script import Script, Statement

# invalid_table_definition, invalid_function_definition: the column or result does not fit;
# duplicate_table: a materialized view; wrong_object_type: one where a view is to be.
IRREPLACEABLE = {"42P16", "42P13", "42P07", "42809"}
# lock_not_available, deadlock_detected, query_canceled: nothing is wrong with the definition.
_PASSING = {"55P03", "40P01", "57014"}


class Rebuild:
    """Runs files in the present transaction, dropping and restoring what is in their way."""

    def __init__(
        self, connection: Connection, on_statement: Callable[[Script, Statement | None], None]
    ) -> None:
        """Work on a connection that is inside a transaction.

        Args:
            connection: the connection.
            on_statement: told of each statement as it begins, and with None when it has ended.
        """
        self._connection = connection
        self._on_statement = on_statement
        self._dropped: dict[str, Dropped] = {}
        self._restorer = Restorer(connection)

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
            self._on_statement(script, statement)
            with self._blaming(script, statement):
                self._execute(script, statement)
            self._on_statement(script, None)
        with self._blaming(script, None):
            self._restorer.attach()
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
        if name and found and (dropped := self._dropped.pop(found[2], None)):
            kind = "materialized view" if creates_materialized(statement) else dropped.kind
            kind = "view" if statement.node.HasField("view_stmt") else kind
            settled = attached_names(script, name.last)
            self._restorer.restore(replace(dropped, kind=kind), settled)
            if name.last in dropped_names(script):
                self._restorer.forget()

    def _replace(self, script: Script, statement: Statement) -> None:
        """CREATE OR REPLACE, or where Postgres refuses that, drop and create."""
        if creates_materialized(statement):
            self._drop(script, statement)
            self._connection.execute(statement.text)
            return
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
        self._restorer.attach()  # what is dropped again is read with all it has
        with everything_qualified(self._connection):
            rows = self._connection.execute(
                query("rebuild_affected"), {"classid": found[0], "objid": found[1]}
            ).fetchall()
        affected = [Dropped(*row) for row in rows]
        if affected[0].kind is None:
            return  # a table of that name: the statement fails, as it should
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
            with everything_qualified(self._connection):
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
        self._restorer.restore(dropped)
        self._restorer.attach()

    @contextmanager
    def _blaming(self, script: Script, statement: Statement | None) -> Iterator[None]:
        """Whatever fails here failed for this statement."""
        try:
            yield
        except psycopg.Error as error:
            raise FileFailedError(script, statement, error) from error
