"""Statements tried on a database: those that ran, and the errors of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import psycopg

from arami_db.database.connect import Connection
from arami_db.drift.remedies.around import Object
from arami_db.facts import Fact

NAME = "name"  # the kind of statements that only restore a name


class Done(NamedTuple):
    """SQL that ran, and its object: kind and name."""

    about: Object
    sql: str


@dataclass(frozen=True)
class FromFiles:
    """What only the files know.

    Attributes:
        stated: the statement of a file that makes an object, by kind and name.
        names: statements that restore the names changed by the migration, as far as they run.
    """

    stated: Callable[[str, str], str | None]
    names: Sequence[str] = ()


@dataclass
class Trying:
    """The work on one database, in a transaction that is rolled back.

    Attributes:
        connection: to the database.
        wanted: the facts that should hold.
        ask: reads the facts that hold.
        api: the API's roles that exist.
        files: what only the files know.
        statements: those that ran, in order.
        cleared: for which findings and stages blockers were dropped already.
        failed: what the server said against a statement.
    """

    connection: Connection
    wanted: frozenset[Fact]
    ask: Callable[[], frozenset[Fact]]
    api: tuple[str, ...]
    files: FromFiles
    statements: list[Done] = field(default_factory=list)
    cleared: set[tuple[str, bool]] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)

    def runs(self, what: str, about: Object, sql: str) -> bool:
        """Run SQL, and keep it if it succeeds; else keep the error, by its purpose.

        Args:
            what: its purpose.
            about: its object.
            sql: one or more statements.

        Raises:
            psycopg.Error: the connection broke.
        """
        try:
            with self.connection.transaction():
                self.connection.execute(sql.encode())
        except psycopg.Error as error:
            if self.connection.closed:
                raise
            self.failed[what] = error.diag.message_primary or str(error)
            return False
        self.failed.pop(what, None)
        self.statements.append(Done(about, sql.strip()))
        return True

    def all_run(self, drops: Iterable[tuple[Object, str]]) -> bool:
        """Run statements; retry those that fail after the others.

        Args:
            drops: each object, and the statement that drops it.

        Raises:
            psycopg.Error: the connection broke.
        """
        waiting = list(drops)
        while waiting:
            failed = [(item, sql) for item, sql in waiting if not self.runs(sql, item, sql)]
            if len(failed) == len(waiting):
                return False
            waiting = failed
        return True

    def give_names_back(self) -> frozenset[Fact]:
        """Restore names, unless that does not help.

        Returns:
            The facts that hold then.

        Raises:
            psycopg.Error: the connection broke.
        """
        now = self.ask()
        with self.connection.transaction() as trial:
            if [sql for sql in self.files.names if self.runs(sql, (NAME, sql), sql)]:
                after = self.ask()
                if len(after ^ self.wanted) < len(now ^ self.wanted):
                    return after
                self.statements.clear()
                raise psycopg.Rollback(trial)
        return now
