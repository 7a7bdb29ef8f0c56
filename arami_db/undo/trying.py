"""Statements tried on a database: those that run are kept, and what is said against the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import psycopg

from arami_db.database.connect import Connection
from arami_db.drift.remedies.around import Object
from arami_db.facts import Fact

NAME = "name"  # what a statement is about that only gives one back


class Done(NamedTuple):
    """SQL that was run, and the object that it is about: kind and name."""

    about: Object
    sql: str


@dataclass(frozen=True)
class FromFiles:
    """What only the files tell.

    Attributes:
        stated: the statement of a file that makes an object, by kind and name.
        names: what gives back the names that the migration changed, as far as it runs.
    """

    stated: Callable[[str, str], str | None]
    names: Sequence[str] = ()


@dataclass
class Trying:
    """The work on one database, in a transaction that is rolled back.

    Attributes:
        connection: to the database.
        wanted: the facts that should hold.
        ask: states those that do.
        api: the API's roles that are there.
        files: what these tell besides.
        statements: those that ran, in order.
        cleared: what was dropped for whom already: a finding's message, and at which stage.
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
        """Run SQL, and keep it if it does; else keep what was said, by what it was for.

        Args:
            what: what it is for.
            about: the object that it is about.
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
        """Run statements, those that fail again after the others.

        Args:
            drops: each object, and what drops it.

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
        """Give back names, unless that leads nowhere.

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
