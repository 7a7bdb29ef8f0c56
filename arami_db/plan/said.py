"""The server's messages on a statement: plans of its queries, and what DDL reads and rewrites."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

import psycopg

from arami_db.plan.reach import BY_INDEX, PlannedQuery

if TYPE_CHECKING:
    from psycopg.errors import Diagnostic

    from arami_db.database.connect import Connection
    from arami_db.plan.state import Locks, State

# The server then reports the plan of every query, also in functions and blocks.
_PLANS = """
    set local auto_explain.log_nested_statements = on;
    set local auto_explain.log_format = json;
    set local auto_explain.log_verbose = on;
    set local auto_explain.log_level = debug1;
    set local auto_explain.log_min_duration = 0
"""
_NO_PLANS = "set local auto_explain.log_min_duration = -1"
_LISTEN = "set local client_min_messages = debug1"  # whatever the file says
_END = """
    set local enable_seqscan = on;
    set local enable_hashjoin = on;
    set local enable_mergejoin = on
"""
_DOES = re.compile(r'(rewriting|verifying|building index ".*" on) table "(.*?)"')
_VALIDATES = re.compile(r'validating foreign key constraint "(.*)"')
_PLAN = re.compile(r"duration: .*? plan:\s*(?=\{)", re.DOTALL)
_REFERENCING = "select conrelid from pg_catalog.pg_constraint where contype = 'f' and conname = %s"


class Said:
    """What the server reports on a session's current statement.

    Attributes:
        explains: whether it reports the plans of queries.
    """

    def __init__(self, connection: Connection) -> None:
        """Listen to a session."""
        self._connection, self.explains = connection, False
        self._messages, self._plans = list[str](), Counter[str]()
        connection.add_notice_handler(self._hear)

    def prepare(self) -> None:
        """Enable the server's messages, as far as the session's role may."""
        # Disabled plan types have such high costs that the planner would compile every query.
        self._connection.execute("set jit = off")
        try:
            self._connection.execute("set track_functions = 'all'")
            self._connection.execute("load 'auto_explain'")
        except psycopg.Error:  # no superuser, or a server without that module
            if self._connection.closed:
                raise
            return
        self.explains = True

    def begin(self, *, calls: bool, is_alone: bool = False) -> None:
        """A statement begins.

        Args:
            calls: whether it may run hidden queries: then report their plans.
            is_alone: whether it is outside a transaction.
        """
        self._messages.clear()
        self._plans.clear()
        looking = [BY_INDEX, *([_PLANS] if self.explains else [])] if calls else []
        self._set([_LISTEN, *looking], is_alone=is_alone)

    def end(self, *, is_alone: bool = False) -> None:
        """It has ended."""
        self._set([_END, *([_NO_PLANS] if self.explains else [])], is_alone=is_alone)

    def _set(self, settings: list[str], *, is_alone: bool) -> None:
        text = "; ".join(settings)
        self._connection.execute((text.replace("set local", "set") if is_alone else text).encode())

    def _hear(self, notice: Diagnostic) -> None:
        said = notice.message_primary or ""
        if match := _PLAN.match(said):
            self._plans[said[match.end() :]] += 1
        else:
            self._messages.append(said)

    def queries(self) -> tuple[list[PlannedQuery], list[PlannedQuery]]:
        """The queries that it ran, and those of them that it ran more than once."""
        found = [json.loads(said) for said in self._plans]
        queries = [PlannedQuery(one["Query Text"], one["Plan"]) for one in found]
        runs = Counter[str]()  # with other values, a query may have another plan
        for query, times in zip(queries, self._plans.values(), strict=True):
            runs[query.text] += times
        return queries, [query for query in queries if runs[query.text] > 1]

    def tables(self, state: State, locks: Locks) -> tuple[set[int], set[int]]:
        """The tables that it read in full, and those that it rewrote.

        Args:
            state: the database as it is now.
            locks: that it took; among tables of one name, the locked one counts.
        """
        scanned, rewritten = set[int](), set[int]()
        for said in self._messages:
            if match := _DOES.match(said):
                oids = {
                    r.oid for r in state.relations.values() if r.bare == match[2] and r.oid in locks
                }
                scanned |= oids
                rewritten |= oids if match[1] == "rewriting" else set()
            elif match := _VALIDATES.match(said):
                rows = self._connection.execute(_REFERENCING, [match[1]])
                scanned |= {oid for (oid,) in rows}
        return scanned, rewritten
