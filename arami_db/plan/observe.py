"""Running one statement on the throw-away database, and seeing what it does there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import psycopg

from arami_db.database.connect import Connection, query
from arami_db.plan.hidden import Sessions, reveal
from arami_db.plan.judging import Told, observed
from arami_db.plan.model import Observed
from arami_db.plan.reach import DATA, Reach, reach
from arami_db.plan.safer import safer
from arami_db.plan.state import Locks, State, read_state

if TYPE_CHECKING:
    from psycopg.errors import Diagnostic
    from psycopg.sql import Composed

    from arami_db.files import SqlFile
    from arami_db.files.script import Statement

_SAVEPOINT = "arami_statement"
_UNLIMITED = (
    "set local enable_seqscan = on; set local statement_timeout = 0; set local lock_timeout = 0"
)
# They reach beyond the database, or wait for another server: nothing of it is tried.
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
# What may call code that nobody sees: there the planner is kept from reading whole tables.
_CALLS = {*DATA, "do_stmt", "call_stmt", "execute_stmt"}
_SAID = re.compile(r'(rewriting|verifying) table "(.*)"')
_VALIDATES = re.compile(r'validating foreign key constraint "(.*)"')
_BOUNDED = re.compile(r"\b(limit|fetch\s+(first|next))\b", re.IGNORECASE)
_REFERENCING = "select conrelid from pg_catalog.pg_constraint where contype = 'f' and conname = %s"


class FailedError(Exception):
    """A statement failed on the throw-away database."""

    def __init__(self, found: Observed, cause: psycopg.Error) -> None:
        """Keep what is known of it.

        Args:
            found: the statement, with its SQLSTATE.
            cause: what the server said.
        """
        super().__init__(str(cause))
        self.found, self.cause = found, cause


@dataclass
class Observer:
    """Runs statements.

    Attributes:
        sessions: on the throw-away database.
        origin: what was there before the first pending file.
        settings: what makes a session like one of the target's.
    """

    sessions: Sessions
    origin: State
    settings: Sequence[Composed] = ()
    _said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Hear what the server says."""
        self.sessions.work.add_notice_handler(self._hear)

    def prepare(self) -> None:
        """Begin a file: have the server say what it reads, and count the functions it calls."""
        work = self.sessions.work
        for setting in self.settings:
            work.execute(setting)
        # What the planner is kept from looks so dear to it that it would compile every query.
        work.execute("set client_min_messages = debug1; set jit = off")
        try:
            work.execute("set track_functions = 'all'")
        except psycopg.errors.InsufficientPrivilege:
            return

    def _hear(self, notice: Diagnostic) -> None:
        self._said.append(notice.message_primary or "")

    def inside(self, file: SqlFile, statement: Statement, before: State) -> tuple[Observed, State]:
        """Run a statement in the transaction at work.

        Args:
            file: where it is from.
            statement: itself.
            before: what there is.

        Returns:
            What it did, and what there is afterwards.

        Raises:
            FailedError: it failed; the transaction is where it was before.
        """
        work = self.sessions.work
        self._said.clear()
        plain = reach(work, statement.text, statement.node, before)
        work.execute(f"savepoint {_SAVEPOINT}")
        try:
            freed = self._run(statement, before)
            # What the file has limited is for its own statements, and not for these.
            work.execute(_UNLIMITED)
            after = read_state(work)
            told = self._told(plain, statement, after, freed)
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
        """Run a statement; where it may have freed locks, once more to see them."""
        work, text = self.sessions.work, statement.text
        seqscan = "off" if statement.node.WhichOneof("node") in _CALLS else "on"
        work.execute(f"set local enable_seqscan = {seqscan}")
        work.execute(text.encode())
        if not self._may_swallow(statement):
            return {}
        work.execute(f"rollback to savepoint {_SAVEPOINT}")
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
        is_whole = vacuum.is_vacuumcmd and not vacuum.rels  # that waits for nobody, or for all
        try:
            freed = reveal(self.sessions, statement.text, [] if is_whole else known, savepoint=None)
        except psycopg.Error as error:
            raise FailedError(_failed(file, statement, error), error) from error
        states = before, read_state(self.sessions.work)
        told = Told(freed=freed, is_alone=True)
        return observed((file, statement), states, self.origin, told)

    def _may_swallow(self, statement: Statement) -> bool:
        if statement.node.HasField("do_stmt"):
            return "exception" in statement.text.lower()
        return self.sessions.work.execute(query("plan_swallows")).fetchone() is not None

    def _told(self, plain: Reach, statement: Statement, after: State, freed: Locks) -> Told:
        scanned, rewritten = set(plain.unbounded), set[int]()
        for said in self._said:
            if match := _SAID.match(said):
                oids = {r.oid for r in after.relations.values() if r.bare == match[2]}
                scanned |= oids
                rewritten |= oids if match[1] == "rewriting" else set()
            elif match := _VALIDATES.match(said):
                rows = self.sessions.work.execute(_REFERENCING, [match[1]])
                scanned |= {oid for (oid,) in rows}
        return Told(
            freed=freed,
            scanned=frozenset(scanned),
            rewritten=frozenset(rewritten),
            updates=plain.updates,
            deletes=plain.deletes,
            inserts=plain.inserts,
            is_bounded=self._is_bounded(plain, statement),
        )

    def _is_bounded(self, plain: Reach, statement: Statement) -> bool:
        """Whether a statement changes no more rows than it says; what it calls is not seen."""
        if plain.updates or plain.deletes:
            return not plain.unbounded
        return bool(_BOUNDED.search(statement.text))


def _failed(file: SqlFile, statement: Statement, error: psycopg.Error) -> Observed:
    message = error.diag.message_primary or str(error)
    return Observed(file, statement, fails=error.sqlstate or "XX000", notes=(message,))


__all__ = ["BEYOND", "Connection", "FailedError", "Observer"]
