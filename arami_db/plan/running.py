"""Running the pending files on the throw-away database, as `migrate` would run them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import psycopg

from arami_db.database.execute import cleaning_steps, closing_steps, run_each
from arami_db.files.rules import Mode, transaction_mode
from arami_db.files.transactions import is_setting
from arami_db.plan.breaks import left_at_the_end
from arami_db.plan.model import Observed
from arami_db.plan.observe import BEYOND, FailedError, Observer
from arami_db.plan.rebuilding import needs_rebuild, rebuild, would_keep
from arami_db.plan.state import State, read_state

if TYPE_CHECKING:
    from collections.abc import Callable

    from arami_db.files.script import Script, Statement

# Classes of errors that the rows may be to blame for, or what a file expects of them: cardinality,
# data, integrity, and what code raises itself.
_OF_ROWS = ("21", "22", "23", "P0")
_LIMITS = {"statement_timeout", "lock_timeout", "transaction_timeout"}
_AVAILABLE = "select from pg_catalog.pg_available_extensions where name = %s"
_NOT_NULL, _NO_PARENT = "23502", "23503"
_REFUSED_INSIDE = {"25001", "2D000"}  # the second: it commits itself


@dataclass
class Run:
    """The pending files, one after another.

    Attributes:
        observer: runs their statements.
        refill: makes rows in tables that have none.
        is_strict: whether the rows are somebody's, so that failing on them counts.
        ending: how a file's transaction ends; with "rollback", nothing of it stays.
    """

    observer: Observer
    refill: Callable[[], object]
    is_strict: bool = False
    ending: str = "commit"
    _emptied: set[str] = field(default_factory=set)
    _unchecked: bool = False

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
        """Run one file; its last statement has a SQLSTATE where it failed, and what follows is
        missing.

        Args:
            script: the file.

        Raises:
            psycopg.Error: the connection broke.
        """
        if not script.in_transaction:
            return self._alone(script)
        if self._emptied:
            self.refill()
        self._emptied, self._unchecked = set(), False
        found: list[Observed] = []
        while True:
            again, error = self._attempt(script)
            # What came before a statement that failed for its rows is known from when there were
            # any.
            found = [*found[:-1], *again[max(len(found) - 1, 0) :]]
            if error is None or not self._makes_way(found, error):
                return found

    def _attempt(self, script: Script) -> tuple[list[Observed], psycopg.Error | None]:
        work, found = self.observer.sessions.work, list[Observed]()
        opening = {statement.offset for statement in script.opening}
        self.observer.prepare()
        work.execute("begin")
        try:
            for statement in script.opening:
                work.execute(statement.text.encode())
            if self._unchecked:
                work.execute("set local session_replication_role = replica")
            state = read_state(work)
            for statement in script.statements:
                if statement.offset in opening:
                    continue
                one, state = self._inside(script, statement, state)
                found.append(one)
            run_each(work, closing_steps(script))
            end = read_state(work)
            found = [replace(one, breaks=left_at_the_end(one.breaks, end)) for one in found]
            work.execute(self.ending)
        except FailedError as error:
            work.execute("rollback")
            return [*found, error.found], error.cause
        except psycopg.Error as error:
            if work.closed or not found:
                raise
            work.execute("rollback")
            return [*found[:-1], replace(found[-1], fails=error.sqlstate)], error
        return found, None

    def _inside(self, script: Script, statement: Statement, state: State) -> tuple[Observed, State]:
        if note := self._untried(statement):
            return Observed(script.file, statement, notes=(note,)), state
        if statement.node.variable_set_stmt.name in _LIMITS:  # they are for the target
            return Observed(script.file, statement), state
        return self.observer.inside(script.file, statement, state)

    def _alone(self, script: Script) -> list[Observed]:
        """A file marked no-transaction: each statement by itself, under the settings before it."""
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
        """Why a statement is not run here."""
        if statement.node.WhichOneof("node") in BEYOND:
            return "not tried: it reaches beyond the database"
        name = statement.node.create_extension_stmt.extname
        work = self.observer.sessions.work
        if name and work.execute(_AVAILABLE, [name]).fetchone() is None:
            return f"not tried: the throw-away server has no extension {name}"
        return None

    def _by_itself(self, script: Script, statement: Statement) -> Observed:
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

    def _makes_way(self, found: list[Observed], error: psycopg.Error) -> bool:
        """Take away the rows that a statement failed for; whether it may run now."""
        if self.is_strict or (error.sqlstate or "")[:2] not in _OF_ROWS:
            return False
        if self._is_certain(found, error):
            return False
        tables = self._tables()
        named = f"{error.diag.schema_name}.{error.diag.table_name}"
        rid = [t for t in tables if t.replace('"', "") == named.replace('"', "")] or tables
        if set(rid) <= self._emptied:
            rid = tables
        if set(rid) <= self._emptied:
            again = error.sqlstate == _NO_PARENT and not self._unchecked
            self._unchecked = True
            return again
        self._empty(rid)
        return True

    def _is_certain(self, found: list[Observed], error: psycopg.Error) -> bool:
        """Whether any row would do: the column is new, has no value, and nobody has filled it."""
        if error.sqlstate != _NOT_NULL:
            return False
        origin = self.observer.origin
        table = f"{error.diag.schema_name}.{error.diag.table_name}"
        columns = {
            f"{origin.relations[one.relation].schema}.{origin.relations[one.relation].bare}"
            f".{one.name}".replace('"', "")
            for one in origin.objects.values()
            if one.kind == "column"
        }
        is_new = f"{table}.{error.diag.column_name}" not in columns
        filled = {name.replace('"', "") for one in found for name in one.changed}
        return is_new and table not in filled

    def _tables(self) -> list[str]:
        now = read_state(self.observer.sessions.work).relations
        return [r.name for r in now.values() if r.kind in {"r", "p"}]

    def _empty(self, tables: Sequence[str]) -> None:
        work = self.observer.sessions.work
        with work.transaction():
            work.execute("set local client_min_messages = error")
            work.execute(f"truncate {', '.join(tables)} cascade".encode())
        self._emptied |= set(tables)
