"""Made-up rows must not be the reason for a failure: they are deleted."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg
from postgast.pg_query_pb2 import CONSTR_GENERATED, AT_AddColumn

from arami_db.database.connect import Connection
from arami_db.plan.model import Observed
from arami_db.plan.state import State, read_state

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

# Classes of errors that rows may cause, or a file's expectations of them: cardinality, data,
# integrity, and errors raised by code.
_OF_ROWS = ("21", "22", "23", "P0")
_NO_PARENT = "23503"
_OF_DEFAULTS = {"23502", "23505", "23514"}  # null, duplicate, or forbidden by a check
_KEY = re.compile(r"Key \((.*?)\)=")


@dataclass
class Rows:
    """The rows of the throw-away database, while one file runs.

    Attributes:
        work: the session that runs files.
        origin: what was there before the first pending file.
        refill: makes rows in tables that have none.
        theirs: tables with rows that are not made up: failures on these count.
        unchecked: whether to leave foreign keys unchecked, because the parents are missing.
    """

    work: Connection
    origin: State
    refill: Callable[[], object]
    theirs: frozenset[str] = frozenset()
    unchecked: bool = False
    _emptied: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """Begin a file: refill empty tables."""
        if self._emptied:
            self.refill()
        self._emptied, self.unchecked = set(), False

    def make_way(self, found: Sequence[Observed], error: psycopg.Error) -> bool:
        """Delete the rows that made a statement fail.

        Args:
            found: what was observed of its file.
            error: from the server; the file has been rolled back.

        Returns:
            Whether the file can run now.

        Raises:
            psycopg.Error: as the server says it.
        """
        is_of_rows = (error.sqlstate or "")[:2] in _OF_ROWS
        if not is_of_rows or self._fails_on_any(found, error):
            return False
        named = _plain(f"{error.diag.schema_name}.{error.diag.table_name}")
        every = self._tables()
        tables = {name for name in every if _plain(name) == named}
        if self.theirs and (not tables or tables & self.theirs):
            return False
        left = every - self._emptied - self.theirs
        if tables := (tables & left) or left:
            self._empty(tables)
            return True
        if error.sqlstate != _NO_PARENT or self.unchecked:
            return False
        self.unchecked = True
        return True

    def _fails_on_any(self, found: Sequence[Observed], error: psycopg.Error) -> bool:
        """Whether a new column's default fails, because nothing has filled the column."""
        table = _plain(f"{error.diag.schema_name}.{error.diag.table_name}")
        filled = {_plain(name) for one in found for name in one.changed}
        if error.sqlstate not in _OF_DEFAULTS or table in filled:
            return False
        commands = found[-1].statement.node.alter_table_stmt.cmds if found else []
        if commands and all(map(_adds_value, commands)):
            return True
        named = _KEY.match(error.diag.message_detail or "")
        columns = named[1].split(", ") if named else [error.diag.column_name]
        old = {
            _plain(f"{self.origin.name(one.relation)}.{one.name}")
            for one in self.origin.objects.values()
            if one.kind == "column"
        }
        return all(column and f"{table}.{_plain(column)}" not in old for column in columns)

    def _tables(self) -> set[str]:
        relations = read_state(self.work).relations.values()
        return {one.name for one in relations if one.kind in {"r", "p"}}

    def _empty(self, tables: set[str]) -> None:
        with self.work.transaction():
            self.work.execute("set local client_min_messages = error")
            self.work.execute(f"truncate {', '.join(sorted(tables))} cascade".encode())
        self._emptied |= tables


def _adds_value(command: Node) -> bool:
    """Whether a command of ALTER TABLE adds a column that is not generated."""
    column = getattr(command.alter_table_cmd, "def").column_def
    kinds = {one.constraint.contype for one in column.constraints}
    return command.alter_table_cmd.subtype == AT_AddColumn and CONSTR_GENERATED not in kinds


def _plain(name: str) -> str:
    """A name without quotes, as in the server's errors."""
    return name.replace('"', "")
