"""Run one statement on the throw-away database, and observe its effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import psycopg

from arami_db.database.connect import Connection, query
from arami_db.files.rules import is_concurrent, relation_name
from arami_db.plan.hidden import Sessions, reveal
from arami_db.plan.judging import Told, observed
from arami_db.plan.model import Observed
from arami_db.plan.reach import BY_INDEX, PlannedQuery, explain, reach
from arami_db.plan.safer import safer
from arami_db.plan.said import Said
from arami_db.plan.state import Locks, State, read_state, strongest

if TYPE_CHECKING:
    from psycopg.sql import Composed

    from arami_db.files import SqlFile
    from arami_db.files.script import Statement

_SAVEPOINT = "arami_statement"
_UNLIMITED = "set local statement_timeout = 0; set local lock_timeout = 0"
# They reach beyond the database, or wait for another server: they are not tried.
BEYOND = {
    "alter_subscription_stmt",
    "alter_system_stmt",
    "create_subscription_stmt",
    "create_table_space_stmt",
    "createdb_stmt",
    "drop_subscription_stmt",
    "drop_table_space_stmt",
    "dropdb_stmt",
    "copy_stmt",
}
# Statements that may run hidden queries: for these the planner avoids full scans.
_DATA = {"insert_stmt", "update_stmt", "delete_stmt", "merge_stmt", "select_stmt"}
_CALLS = {*_DATA, "do_stmt", "call_stmt", "execute_stmt"}
_OID = "select pg_catalog.to_regclass(%s)::oid"


class FailedError(Exception):
    """A statement failed on the throw-away database."""

    def __init__(self, found: Observed, cause: psycopg.Error) -> None:
        """Keep its statement and cause.

        Args:
            found: the statement, with its SQLSTATE.
            cause: the server's error.
        """
        super().__init__(str(cause))
        self.found, self.cause = found, cause


@dataclass
class Observer:
    """Runs statements.

    Attributes:
        sessions: on the throw-away database.
        origin: the state before the first pending file.
        settings: those of the target's sessions.
    """

    sessions: Sessions
    origin: State
    settings: Sequence[Composed] = ()
    _said: Said = field(init=False)

    def __post_init__(self) -> None:
        """Listen to the server."""
        self._said = Said(self.sessions.work)

    def prepare(self) -> None:
        """Begin a file: with the target's settings and all messages of the server."""
        for setting in self.settings:
            self.sessions.work.execute(setting)
        self._said.prepare()

    def inside(self, file: SqlFile, statement: Statement, before: State) -> tuple[Observed, State]:
        """Run a statement in the current transaction.

        Args:
            file: where it is from.
            statement: itself.
            before: the state before it.

        Returns:
            What it did, and the state after it.

        Raises:
            FailedError: it failed; the transaction is rolled back to the state before it.
        """
        work = self.sessions.work
        kind = statement.node.WhichOneof("node")
        is_data = kind in _DATA and not statement.node.select_stmt.HasField("into_clause")
        own = explain(work, statement.text) if is_data else []
        work.execute(f"savepoint {_SAVEPOINT}")
        try:
            freed = self._run(statement, before)
            # The file's timeouts apply to its own statements, not to these.
            work.execute(_UNLIMITED)
            self._said.end()
            after = read_state(work)
            told = self._told(own, after, freed)
        except psycopg.Error as error:
            if work.closed:
                raise
            work.execute(f"rollback to savepoint {_SAVEPOINT}")
            raise FailedError(_failed(file, statement, error), error) from error
        found = observed((file, statement), (before, after), self.origin, told)
        way = safer(statement, found, (work, self.sessions.second))
        work.execute(f"release savepoint {_SAVEPOINT}")
        return replace(found, safer=way), after

    def _run(self, statement: Statement, before: State) -> Locks:
        """Run a statement; again if it may have released locks, to see them."""
        work, text = self.sessions.work, statement.text
        calls = statement.node.WhichOneof("node") in _CALLS
        self._said.begin(calls=calls)
        work.execute(text.encode())
        if not self._may_swallow(statement):
            return {}
        work.execute(f"rollback to savepoint {_SAVEPOINT}; release savepoint {_SAVEPOINT}")
        if calls:
            work.execute(BY_INDEX)
        work.execute(f"savepoint {_SAVEPOINT}")
        return reveal(self.sessions, text, before.relations.values(), savepoint=_SAVEPOINT)

    def alone(self, file: SqlFile, statement: Statement) -> Observed:
        """Run a statement outside a transaction.

        Args:
            file: where it is from.
            statement: itself.

        Raises:
            FailedError: it failed.
        """
        before = read_state(self.sessions.work)
        known = [r for oid, r in before.relations.items() if oid in self.origin.relations]
        vacuum = statement.node.vacuum_stmt
        is_whole = vacuum.is_vacuumcmd and not vacuum.rels  # that waits for no session, or for all
        calls = statement.node.WhichOneof("node") in _CALLS
        self._said.begin(calls=calls, is_alone=True)
        try:
            freed = reveal(self.sessions, statement.text, [] if is_whole else known, savepoint=None)
        except psycopg.Error as error:
            raise FailedError(_failed(file, statement, error), error) from error
        finally:
            if calls:
                self._said.end(is_alone=True)
        after = read_state(self.sessions.work)
        freed = strongest(freed, self._detached(statement))
        told = replace(self._told([], after, freed), is_alone=True)
        return observed((file, statement), (before, after), self.origin, told)

    def _detached(self, statement: Statement) -> Locks:
        """The last lock of DETACH CONCURRENTLY, which cannot run again if it stops before it."""
        if not (statement.node.HasField("alter_table_stmt") and is_concurrent(statement.node)):
            return {}
        command = statement.node.alter_table_stmt.cmds[0].alter_table_cmd
        name = relation_name(getattr(command, "def").partition_cmd.name)
        row = self.sessions.work.execute(_OID, [name]).fetchone()
        return {row[0]: "ACCESS EXCLUSIVE"} if row else {}

    def _may_swallow(self, statement: Statement) -> bool:
        if statement.node.HasField("do_stmt"):
            return "exception" in statement.text.lower()
        return self.sessions.work.execute(query("plan_swallows")).fetchone() is not None

    def _told(self, own: Sequence[PlannedQuery], after: State, freed: Locks) -> Told:
        """What the catalog does not show.

        Args:
            own: the statement with its plan, if it is one of data.
            after: the state after it.
            freed: locks that it released.
        """
        scanned, rewritten = self._said.tables(after, strongest(after.locks, freed))
        queries, again = self._said.queries()
        itself, found = reach(own, after), reach([*own, *queries], after)
        is_once = self._said.explains and not reach(again, after).is_bounded
        return Told(
            freed=freed,
            scanned=frozenset(scanned | found.unbounded),
            rewritten=frozenset(rewritten),
            changes=found.changes,
            deletes=found.deletes,
            is_bounded=itself.is_bounded or is_once,
        )


def _failed(file: SqlFile, statement: Statement, error: psycopg.Error) -> Observed:
    message = error.diag.message_primary or str(error)
    return Observed(file, statement, fails=error.sqlstate or "XX000", notes=(message,))


__all__ = ["BEYOND", "Connection", "FailedError", "Observer"]
