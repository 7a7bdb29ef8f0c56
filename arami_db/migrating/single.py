"""One statement outside a transaction, in a session set up for it and left as it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from arami_db.database.connect import query
from arami_db.database.execute import Step, no_time_limit
from arami_db.files.rules import is_concurrent, relation_name
from arami_db.runner.failure import FileFailedError
from arami_db.runner.steps import cleaning_steps, statement_steps

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import RangeVar
    from psycopg.rows import TupleRow

    from arami_db.files.script import Script
    from arami_db.migrating.parts import FilePart
    from arami_db.runner.apply import Runner


@dataclass(frozen=True)
class Single:
    """A part of a file, and the connection to run it on.

    Attributes:
        runner: its connection is idle.
        script: the file.
        part: the statement, and the settings that the file makes before it.
    """

    runner: Runner
    script: Script
    part: FilePart

    def execute(self, sql: str | None = None) -> None:
        """Run the statement, or another one in its place, under the file's settings.

        A first, small transaction sets what is to hold, so that a setting which fails stops the
        statement as well; all is one pipeline, so that a pooler gives it to one session.

        Args:
            sql: what to run in place of the statement.

        Raises:
            FileFailedError: it, or one of the settings, failed.
            ConnectionFailedError: the connection broke.
        """
        steps = [Step("begin"), *self._limits(), *statement_steps(self.script, self.part.settings)]
        steps.append(Step("commit"))
        if statement := self.part.statement:
            steps.append(Step(sql or statement.text, None, statement, self.script))
        self.runner.send(self.script, steps, after=cleaning_steps())

    def resolve(self, relation: RangeVar) -> int | None:
        """The relation that a name of the file means, by the file's own search_path; its oid.

        Raises:
            FileFailedError: one of the settings failed.
        """
        connection = self.runner.connection
        name = relation_name(relation)
        with connection.transaction(force_rollback=True):
            for setting in self.part.settings:
                try:
                    connection.execute(setting.text.encode())
                except psycopg.Error as error:
                    raise FileFailedError(self.script, setting, error) from error
            row = connection.execute("select to_regclass(%s)::oid", [name]).fetchone()
        return row[0] if row else None

    def ask(self, name: str, values: dict[str, Any]) -> list[TupleRow]:
        """The rows of a query of this package's."""
        return self.runner.connection.execute(query(name), values).fetchall()

    def note(self, text: str) -> None:
        """Tell the user something about the file."""
        self.runner.report.note(f"{self.script.file.label}: {text}")

    def _limits(self) -> list[Step]:
        """The runner's settings; the file's follow, and win.

        No time limit of the role or database holds: stopped in the middle, a statement that waits
        for others without blocking them leaves an invalid index, and would be stopped every time.
        """
        statement = self.part.statement
        concurrent = statement is not None and is_concurrent(statement.node)
        lock_timeout = "0" if concurrent else self.runner.options.lock_timeout_setting
        limits = ["set statement_timeout = 0", f"set lock_timeout = '{lock_timeout}'"]
        if self.runner.server.notices_death:
            limits.append("set client_connection_check_interval = '2s'")
        limits += no_time_limit(self.runner.connection, "session")
        return [Step(sql) for sql in limits]
