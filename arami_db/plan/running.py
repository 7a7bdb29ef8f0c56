"""Run the pending files on the throw-away database, like `migrate`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import psycopg

from arami_db.database.execute import run_each
from arami_db.files.rules import Mode, transaction_mode
from arami_db.files.transactions import is_setting
from arami_db.plan.blame import Rows
from arami_db.plan.breaks import left_at_the_end, mentions
from arami_db.plan.model import Observed
from arami_db.plan.observe import BEYOND, FailedError, Observer
from arami_db.plan.rebuilding import needs_rebuild, rebuild, would_keep
from arami_db.plan.state import State, read_state
from arami_db.runner.steps import cleaning_steps, closing_steps

if TYPE_CHECKING:
    from arami_db.files.script import Script, Statement

_INVALID = """
    select i.indexrelid::pg_catalog.regclass::text from pg_catalog.pg_index as i
    inner join pg_catalog.pg_class as c on i.indexrelid = c.oid
    where not i.indisvalid and c.relkind = 'i'
"""
_LIMITS = {"statement_timeout", "lock_timeout", "transaction_timeout"}
_AVAILABLE = "select from pg_catalog.pg_available_extensions where name = %s"
_REFUSED_INSIDE = {"25001", "2D000"}  # the second: it commits itself


@dataclass
class Run:
    """The pending files, one after another.

    Attributes:
        observer: runs their statements.
        rows: those for the files.
    """

    observer: Observer
    rows: Rows

    def files(self, scripts: Sequence[Script]) -> list[Observed]:
        """Run files up to the first that fails.

        Args:
            scripts: the files, in order.

        Raises:
            psycopg.Error: the connection broke.
        """
        found: list[Observed] = []
        for number, script in enumerate(scripts):
            did = [] if would_keep(script) else self.file(script)
            if would_keep(script) or needs_rebuild(script, did):
                return found + rebuild(self.observer, scripts[number:])
            found += did
            if did and did[-1].fails:
                break
        return found

    def file(self, script: Script) -> list[Observed]:
        """Run one file.

        Args:
            script: the file.

        Returns:
            What its statements did; a failed one is the last, and has a SQLSTATE.

        Raises:
            psycopg.Error: the connection broke.
        """
        if not script.in_transaction:
            return self._alone(script)
        self.rows.begin()
        found: list[Observed] = []
        while True:
            again, error = self._attempt(script)
            # What came before a statement that failed for its rows is known from when there were
            # any.
            found = [*found[:-1], *again[max(len(found) - 1, 0) :]]
            if error is None or not self.rows.make_way(found, error):
                return found

    def _attempt(self, script: Script) -> tuple[list[Observed], psycopg.Error | None]:
        work, found = self.observer.sessions.work, list[Observed]()
        opening = {statement.offset for statement in script.opening}
        self.observer.prepare()
        work.execute("begin")
        try:
            for statement in script.opening:
                work.execute(statement.text.encode())
            if self.rows.unchecked:
                work.execute("set local session_replication_role = replica")
            state = read_state(work)
            for statement in script.statements:
                if statement.offset in opening:
                    continue
                one, state = self._inside(script, statement, state)
                found.append(one)
            run_each(work, closing_steps(script))
            found = self._settled(found)
            work.execute("commit")
        except FailedError as error:
            work.execute("rollback")
            return [*found, error.found], error.cause
        except psycopg.Error as error:
            if work.closed or not found:
                raise
            work.execute("rollback")
            return [*found[:-1], replace(found[-1], fails=error.sqlstate)], error
        return found, None

    def _settled(self, found: list[Observed]) -> list[Observed]:
        """What a file breaks at its end, and the functions that still name it."""
        work = self.observer.sessions.work
        if not any(one.breaks for one in found):
            return found
        end = read_state(work)
        left = [left_at_the_end(one.breaks, end) for one in found]
        return [
            replace(one, breaks=(*gone, *mentions(work, gone)))
            for one, gone in zip(found, left, strict=True)
        ]

    def _inside(self, script: Script, statement: Statement, state: State) -> tuple[Observed, State]:
        if note := self._untried(statement):
            return Observed(script.file, statement, notes=(note,)), state
        if statement.node.variable_set_stmt.name in _LIMITS:  # these are for the target
            return Observed(script.file, statement), state
        return self.observer.inside(script.file, statement, state)

    def _alone(self, script: Script) -> list[Observed]:
        """A file marked no-transaction: each statement alone, with the settings before it."""
        work, found = self.observer.sessions.work, list[Observed]()
        self.observer.prepare()
        for statement in script.statements:
            try:
                if statement.node.variable_set_stmt.name in _LIMITS:
                    continue
                if is_setting(statement.node):
                    work.execute(statement.text.encode())
                elif note := self._untried(statement):
                    found.append(Observed(script.file, statement, notes=(note,)))
                else:
                    found.append(self._by_itself(script, statement))
            except FailedError as error:
                found.append(error.found)
                break
        run_each(work, cleaning_steps())
        return found

    def _untried(self, statement: Statement) -> str | None:
        """Why a statement does not run here."""
        if statement.node.WhichOneof("node") in BEYOND:
            return "not tried: it reaches beyond the database"
        name = statement.node.create_extension_stmt.extname
        work = self.observer.sessions.work
        if name and work.execute(_AVAILABLE, [name]).fetchone() is None:
            return f"not tried: the throw-away server has no extension {name}"
        return None

    def _by_itself(self, script: Script, statement: Statement) -> Observed:
        while True:
            try:
                return self._once(script, statement)
            except FailedError as error:
                if not self.rows.make_way([error.found], error.cause):
                    raise
            invalid = self.observer.sessions.work.execute(_INVALID).fetchall()
            for (name,) in invalid:  # left by the attempt
                self.observer.sessions.work.execute(f"drop index {name}".encode())

    def _once(self, script: Script, statement: Statement) -> Observed:
        work = self.observer.sessions.work
        if transaction_mode(statement.node) is Mode.NEVER:
            return self.observer.alone(script.file, statement)
        work.execute("begin")
        try:
            found, _ = self.observer.inside(script.file, statement, read_state(work))
        except FailedError as error:
            work.execute("rollback")
            if error.cause.sqlstate not in _REFUSED_INSIDE:
                raise
            return self.observer.alone(script.file, statement)
        work.execute("commit")
        return found
