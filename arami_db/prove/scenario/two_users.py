"""Give users rows in every table, and find, change and remove these rows with all rights."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace

import psycopg
from psycopg import sql

from arami_db.database.connect import Connection
from arami_db.prove.attempts.actors import Actor, insider, rendered
from arami_db.prove.scenario.making import Making
from arami_db.prove.scenario.record import Record
from arami_db.prove.schema.owners import ACCOUNTS
from arami_db.prove.schema.predicates import pinpoint, predicate
from arami_db.prove.schema.reading import ExposedSchema
from arami_db.rows.maker import Maker, NoRowError, Row
from arami_db.rows.tables import Path, Table

_LITERAL = re.compile(r"'([^']+)'")


# Policies of the parent do not guard a partition that is named itself.
_OTHER_PARTITION = "no row of B's lies in this partition, which can be used by its own name"


class TwoUsers(Record):
    """Whose rows there are, and who made them."""

    def __init__(
        self,
        connection: Connection,
        schema: ExposedSchema,
        role: str | None = None,
        begin: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Begin one; nobody has rows yet.

        Args:
            connection: in a transaction that will be rolled back.
            schema: what there is to attack.
            role: the only one of the transaction, which it has taken on: on Citus.
            begin: called with each step as it begins, for progress.
        """
        super().__init__()
        self.connection, self.schema, self.role, self.begin = connection, schema, role, begin
        # Alike but for their end: who compares less than all of an id takes one for another.
        self.a, self.b, self.c = map(str(uuid.uuid4())[:-1].__add__, "abc")
        self.is_outside = False  # on Citus: the role has no way to rows of anybody's
        self.maker = Maker(connection, self._theirs if role is not None else None)
        self.making = Making(connection, schema.policies, self.maker, role is not None)
        self.maker.telling = role is None
        self.maker.third, self.maker.shared = self.c, schema.shared
        literals = (_LITERAL.findall(branch.text) for branch in schema.policies.branches)
        self.maker.avoid = frozenset(literal for found in literals for literal in found)
        within = (b for b in schema.policies.branches if f"from {'.'.join(b.table)} " in b.text)
        self.maker.never = frozenset(one for b in within for one in _LITERAL.findall(b.text))
        self.claims: dict[str, object] = {}  # what A's token holds besides, as operators set it

    def _theirs(self, table: Table, user: str) -> sql.Composable:
        return predicate(self.maker, table, user)

    def act_for(self, user: str) -> None:
        """Get access to a user's rows: on Citus as that user, elsewhere as the first role."""
        if self.role and not self.is_outside:
            self.connection.execute(insider(user, self.role).become)

    def acting(self, user: str, statement: sql.Composable) -> sql.Composable:
        """A statement on a user's rows, with the right to them: on Citus as that user."""
        if not self.role or self.is_outside:
            return statement
        return sql.SQL("; ").join([insider(user, self.role).become, statement])

    def cast(self, actor: Actor) -> Actor:
        """An actor as it acts here."""
        return replace(actor, on_citus=self.role is not None)

    def row(self, user: str, path: Path) -> Row | None:
        """A user's row of a table, or None when none could be made."""
        return self.maker.made.get((user, path))

    def where(self, table: Table, user: str) -> sql.Composable:
        """The condition that picks a user's rows."""
        return predicate(self.maker, table, user)

    def pinpoint(self, table: Table, user: str) -> sql.Composable:
        """The condition that picks the one row that was made for a user."""
        return pinpoint(table, self.maker.made[user, table.path])

    def settle(self, user: str, only: Iterable[Table]) -> None:
        """Give a user a row in tables, parents first."""
        for table in only:
            if table.partition:
                continue
            try:
                self.act_for(user)
                self.making.make(table, user)
            except (NoRowError, psycopg.Error) as error:
                if self.connection.closed:
                    raise
                who = {self.a: "A", self.b: "B"}.get(user)
                if who is not None:  # who is named besides need not have everything
                    self._not_made(table, f"no valid row could be made for {who}: {error}")

    def partitions(self, user: str) -> None:
        """Find or make a user's rows in the partitions, which may be read by themselves."""
        for table in self.schema.tables.values():
            row = self.row(user, table.root) if table.root else None
            if row is None or table.root is None:
                continue
            one = sql.SQL("select from only {} where {}").format(
                table.identifier, pinpoint(table, row)
            )
            if self.connection.execute(one).fetchone() is not None:
                self.maker.made[user, table.path] = row
                self.maker.drafts[user, table.path] = self.maker.drafts[user, table.root]
            elif self._is_granted(table) and not self._is_made_in(table, user) and user == self.b:
                self.untried.setdefault(table.label, _OTHER_PARTITION)

    def _is_made_in(self, table: Table, user: str) -> bool:
        """Whether a user's row could be made in a partition."""
        try:
            self.making.make(table, user)
        except (NoRowError, psycopg.Error):
            if self.connection.closed:
                raise
        return (user, table.path) in self.maker.made

    def _is_granted(self, table: Table) -> bool:
        """Whether people who use the API may read or write a table by its own name."""
        guard = self.schema.guard(table.path)
        commands = ("select", "insert", "update", "delete")
        return table.schema in self.schema.exposed and any(
            guard.columns(role, command)
            for role in ("anon", "authenticated")
            for command in commands
        )

    def _not_made(self, table: Table, reason: str) -> None:
        """Name a table that gets no row; the platform's own are outside the application."""
        if table.schema != "auth" or (table.path in ACCOUNTS and not self.role):
            self.untried.setdefault(table.label, reason)

    def clearing(self, table: Table, user: str) -> tuple[sql.Composable, ...]:
        """Statements that delete a user's row and all that refer to it: another has room then."""
        return (*self.releasing(table, user), self.forgetting(table, user))

    def releasing(self, table: Table, user: str) -> tuple[sql.Composable, ...]:
        """Delete all rows that refer to a user's row, so that only policies can stop an attack."""
        children = self.schema.children(table.path)
        return tuple(
            self.forgetting(child, user)
            for child in children
            if child.owners or (user, child.path) in self.maker.made
        )

    def forgetting(self, table: Table, user: str) -> sql.SQL:
        """What deletes a user's rows of a table."""
        delete = sql.SQL("delete from {} where {}")
        return rendered(self.acting(user, delete.format(table.identifier, self.where(table, user))))
