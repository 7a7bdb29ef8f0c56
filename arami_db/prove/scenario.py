"""A scenario: two users with rows in every table, and a record of what was tried on them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import psycopg
from psycopg import sql

from arami_db.database.connect import Connection
from arami_db.prove.actors import Actor, insider, rendered
from arami_db.prove.asking import one_by_one
from arami_db.prove.attempt import Attack, Result
from arami_db.prove.batch import Watched, attempts
from arami_db.prove.record import Record
from arami_db.prove.schema import ExposedSchema
from arami_db.prove.whose import may_be_nobodys, pinpoint, predicate
from arami_db.rows.maker import Maker, NoRowError, Row
from arami_db.rows.tables import Path, Table

_LITERAL = re.compile(r"'([^']+)'")
_MOMENT = tuple(f"{century}" for century in (19, 20))  # moments are nobody's secret


class Scenario(Record):
    """What the attacks share."""

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
        self.a, self.b, self.c = (str(uuid.uuid4()) for _ in range(3))
        self.is_outside = False  # on Citus: the role has no way to rows of anybody's
        self.maker = Maker(connection, self._theirs if role is not None else None)
        self.maker.third, self.maker.shared = self.c, schema.shared
        literals = (_LITERAL.findall(branch.text) for branch in schema.policies.branches)
        self.maker.avoid = frozenset(literal for found in literals for literal in found)
        self.claims: dict[str, object] = {}  # what A's token holds besides, as operators set it

    def _theirs(self, table: Table, user: str) -> sql.Composable:
        return predicate(self.maker, table, user)

    def act_for(self, user: str) -> None:
        """Have the right to a user's rows: on Citus as that user, elsewhere as whoever began."""
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
                self._make(table, user)
            except (NoRowError, psycopg.Error) as error:
                if self.connection.closed:
                    raise
                who = {self.a: "A", self.b: "B"}.get(user, "C")
                self._not_made(table, f"no valid row could be made for {who}: {error}")

    def _make(self, table: Table, user: str) -> None:
        try:
            self.maker.draft(table, user)
            with self.connection.transaction():
                self.maker.insert(table, user)
        except (NoRowError, psycopg.errors.UniqueViolation):
            if not self._adopted(table, user):
                raise

    def _adopted(self, table: Table, user: str) -> bool:
        """Take a row that a trigger has made for a user."""
        if not table.direct or self.role:
            return False
        texts = sql.SQL(", ").join(
            sql.SQL("{}::text").format(sql.Identifier(name)) for name in table.columns
        )
        one = sql.SQL("select {} from {} where {} limit 1")
        statement = one.format(texts, table.identifier, self.where(table, user))
        with self.connection.transaction():
            found = self.connection.execute(statement).fetchone()
        if found:
            self.maker.adopt(table, user, dict(zip(table.columns, found, strict=True)))
        return found is not None

    def _not_made(self, table: Table, reason: str) -> None:
        guard = self.schema.guard(table.path)
        reached = table.schema in self.schema.exposed and any(
            guard.columns(role, action)
            for role in ("anon", "authenticated")
            for action in ("select", "insert", "update", "delete")
        )
        if reached:
            self.skip(f"{table.label}: {reason}")
        elif table.schema != "auth":
            self.untried.setdefault(table.label, reason)

    def clearing(self, table: Table, user: str) -> tuple[sql.Composable, ...]:
        """What deletes a user's row and all that hangs on it, so that another fits."""
        return (*self.releasing(table, user), self.forgetting(table, user))

    def releasing(self, table: Table, user: str) -> tuple[sql.Composable, ...]:
        """What deletes all that hangs on a user's row, lest keys protect what policies must."""
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

    def belongings(self) -> frozenset[tuple[str, ...]]:
        """B's rows on Citus, as B sees them: table, place, content. A rewritten row moves."""
        if self.is_outside:
            return frozenset()
        self.act_for(self.b)
        part = sql.SQL("select {}, t.tableoid::text, t.ctid::text, t::text from {} as t where {}")
        parts = [
            part.format(table.label, table.identifier, self.where(table, self.b))
            for table in self.schema.owned
        ]
        return frozenset(self.connection.execute(sql.SQL(" union all ").join(parts)).fetchall())

    @cached_property
    def watched(self) -> dict[str, str]:
        """By table, what digests B's rows and nobody's; A's own are A's to change."""
        part = "select count(*) || ' ' || coalesce(sum(hashtextextended(concat_ws(' ', t.tableoid,"
        part += (
            " t.ctid, t::text), 0)::numeric), 0)::text from {} as t where ({}) and ({}) is not true"
        )
        found = {}
        for table in self.schema.tables.values():
            theirs = self.where(table, self.b)
            if may_be_nobodys(table):
                nobody = sql.Identifier(table.direct[0].column)
                theirs = sql.SQL("{} or {} is null").format(theirs, nobody)
            mine = self.where(table, self.a) if table.direct else sql.SQL("false")
            text = sql.SQL(part).format(table.identifier, theirs, mine).as_string()
            if oid := self.oids.get(table.path):
                found[str(oid)] = text
        return found

    @cached_property
    def tokens(self) -> list[str]:
        """What is in B's rows, in nobody else's, and cannot be guessed."""
        mine = {
            v for (user, _), row in self.maker.made.items() if user != self.b for v in row.values()
        }
        theirs = {
            v
            for (user, _), row in self.maker.made.items()
            if user == self.b
            for v in row.values()
            if v
        }
        return sorted(v for v in theirs - mine if len(v) >= 12 and not v.startswith(_MOMENT))

    @cached_property
    def oids(self) -> dict[Path, int]:
        """The tables as Postgres numbers them."""
        rows = self.connection.execute(
            "select n.nspname, c.relname, c.oid::bigint from pg_catalog.pg_class as c inner join"
            " pg_catalog.pg_namespace as n on n.oid = c.relnamespace where c.relkind in ('r', 'p')"
            " and has_table_privilege(c.oid, 'select')"
        )
        return {(schema, name): oid for schema, name, oid in rows}

    @cached_property
    def labels(self) -> dict[str, str]:
        """What people call the tables that Postgres numbers."""
        return {str(oid): ".".join(path) for path, oid in self.oids.items()}

    def run(self, attacks: Sequence[Attack]) -> Iterator[tuple[Attack, Result]]:
        """Try attacks, and say what came of each; nothing is written down."""
        if self.role:
            yield from one_by_one(self.connection, attacks, self.belongings)
            return
        for attack, result in attempts(self.connection, attacks, self._watch()):
            changed = tuple(self.labels.get(oid, oid) for oid in result.changed)
            yield attack, Result(result.count, result.sqlstate, result.message, changed)

    def _watch(self) -> Watched:
        hooked = {t.label for t in self.schema.tried if self.schema.guard(t.path).has_hooks}
        hooked |= {function.identity for function in self.schema.functions}
        return Watched(self.watched, self._reaches, frozenset(hooked))

    @cached_property
    def _reaches(self) -> dict[str, tuple[str, ...]]:
        of = {label: oid for oid, label in self.labels.items() if oid in self.watched}
        return {
            name: tuple(of[label] for label in labels if label in of)
            for name, labels in self.schema.reaches.items()
            if labels is not None
        }
