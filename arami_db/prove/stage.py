"""The stage: two users with rows everywhere, a record of attempts, and a judge of their effects."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial

import psycopg
from psycopg import sql

from arami_db.database.connect import Connection, query
from arami_db.prove.actors import Actor, insider, rendered
from arami_db.prove.catalog import Catalog, predicate
from arami_db.prove.trial import Result
from arami_db.rows.maker import Maker, Row
from arami_db.rows.tables import ForeignKey, Table


@dataclass(frozen=True)
class Attempt:
    """One thing somebody tried; outcome is denied, refused, no rows, leak, allowed or failed."""

    actor: str
    action: str
    object: str
    outcome: str
    leaked: bool
    detail: str


class Stage:
    """What the attacks share."""

    def __init__(self, connection: Connection, catalog: Catalog, role: str | None = None) -> None:
        """Set the stage; nobody has rows yet.

        Args:
            connection: in a transaction that will be rolled back.
            catalog: what there is to attack.
            role: the only one of the transaction, which it has taken on: on Citus.
        """
        self.connection = connection
        self.catalog = catalog
        self.role = role
        self.a, self.b = str(uuid.uuid4()), str(uuid.uuid4())
        self.is_outside = False  # on Citus: the role has no way to rows of anybody's
        self.maker = Maker(connection, partial(predicate, catalog) if role is not None else None)
        self.attempts: list[Attempt] = []
        self.unattempted: dict[str, None] = {}
        self._privileged: dict[tuple[str, str, str, str], list[str]] = {}

    def act_for(self, user: str) -> None:
        """Have the right to a user's rows: on Citus as that user, elsewhere as whoever began."""
        if self.role and not self.is_outside:
            self.connection.execute(insider(user, self.role).become)

    def cast(self, actor: Actor) -> Actor:
        """An actor as it acts here."""
        return replace(actor, on_citus=self.role is not None)

    def row(self, user: str, table: Table) -> Row | None:
        """A user's row of a table, or None when none could be made."""
        return self.maker.made.get((user, table.path))

    def where(self, table: Table, user: str) -> sql.Composable:
        """The condition that picks a user's rows."""
        return predicate(self.catalog, table, user)

    def pinpoint(self, table: Table, user: str) -> sql.Composable:
        """The same in plain values, which needs no right to read any other table."""
        row = self.maker.made[user, table.path]
        return sql.SQL(" and ").join(
            sql.SQL("{} = {}").format(sql.Identifier(name), row[name]) for name in table.owner
        )

    def count(self, statement: sql.Composed) -> int:
        """The one number of a query."""
        row = self.connection.execute(statement).fetchone()
        return int(row[0]) if row else 0

    def privileged(self, path: tuple[str, str], role: str, privilege: str) -> list[str]:
        """The columns of a relation on which a role has a privilege."""
        known = (*path, role, privilege)
        if known not in self._privileged:
            names = dict(zip(("schema", "name", "role", "privilege"), known, strict=True))
            found = self.connection.execute(query("prove_privileged_columns"), names)
            self._privileged[known] = [row[0] for row in found]
        return self._privileged[known]

    def belongings(self) -> frozenset[tuple[str, ...]]:
        """B's and nobody's rows, and those attached to B's: table, place, content.

        A rewritten row moves.
        """
        if self.is_outside:
            return frozenset()
        self.act_for(self.b)
        return frozenset(self.connection.execute(self._belongings).fetchall())

    @cached_property
    def _belongings(self) -> sql.SQL:
        part = sql.SQL("select {}, t.tableoid::text, t.ctid::text, t::text from {} as t where {}")
        parts = [
            part.format(table.label, table.identifier, self._touching(table))
            for table in self.catalog.owned
        ]
        return rendered(sql.SQL(" union all ").join(parts))

    def attachments(self, table: Table) -> Iterator[tuple[ForeignKey, Table]]:
        """Foreign keys by which a row of one user could point at a row of another's."""
        for key in table.foreign_keys:
            parent = self.catalog.tables[key.parent]
            free = set(key.columns) - set(table.owner)
            if parent.name != "users" and parent.owner and key != table.via and free:
                yield key, parent

    def has_ownerless(self, table: Table) -> bool:
        """Whether rows of the table can be nobody's, which users must not make or change."""
        return table.via is None and not table.columns[table.owner[0]].required

    def _touching(self, table: Table) -> sql.Composable:
        conditions = [self.where(table, self.b)]
        if self.role:  # each key to another's row holds the user's id there, and B sees B's rows
            return conditions[0]
        if self.has_ownerless(table):
            conditions.append(sql.SQL("{} is null").format(sql.Identifier(table.owner[0])))
        for key, parent in self.attachments(table):
            pairs = [
                (own, theirs)
                for own, theirs in zip(key.columns, key.references, strict=True)
                if own not in table.owner
            ]
            conditions.append(
                sql.SQL("({}) in (select {} from {} where {})").format(
                    sql.SQL(", ").join(sql.Identifier(own) for own, _ in pairs),
                    sql.SQL(", ").join(sql.Identifier(theirs) for _, theirs in pairs),
                    parent.identifier,
                    self.where(parent, self.b),
                )
            )
        return sql.SQL(" or ").join(conditions)

    def forget(self, table: Table, user: str) -> None:
        """Delete a user's rows of a table, with all rights, where nothing prevents it."""
        script = sql.SQL(
            "savepoint arami_forgetting; delete from {} where {}; release arami_forgetting"
        )
        try:
            self.act_for(user)
            self.connection.execute(script.format(table.identifier, self.where(table, user)))
        except psycopg.Error:
            if self.connection.closed:
                raise
            self.connection.execute("rollback to arami_forgetting; release arami_forgetting")

    def record(
        self, actor: Actor, action: str, name: str, result: Result, leak: str | None = None
    ) -> None:
        """Write an attempt down; leak says what came through, None that nothing did."""
        if leak is None and (result.interrupted or not result.answered):
            self.skip(f"{action} on {name} as {actor.name}: {result.message}")
            return
        outcome = "leak" if leak else result.outcome
        detail = leak or result.message
        self.attempts.append(Attempt(actor.name, action, name, outcome, leak is not None, detail))

    def record_effect(self, actor: Actor, action: str, name: str, result: Result) -> None:
        """Write down an attempt that is judged by what it did to B's rows."""
        leak = None
        if result.sqlstate is None and result.before != result.after:
            tables = sorted({row[0] for row in result.before ^ result.after})
            leak = f"rows of others changed in {', '.join(tables)}"
        elif self.is_outside and result.sqlstate is None and result.count != 0:
            leak = "it was done"
        self.record(actor, action, name, result, leak)

    def confirm(self, actor: Actor, action: str, name: str, result: Result, wanted: bool) -> None:
        """Write down something that an actor must be able to do."""
        if result.interrupted:
            self.skip(f"{action} on {name} as {actor.name}: {result.message}")
            return
        done = wanted and result.sqlstate is None
        detail = "" if done else result.message or f"{result.count} rows"
        outcome = "allowed" if done else "failed"
        self.attempts.append(Attempt(actor.name, action, name, outcome, False, detail))

    def skip(self, reason: str) -> None:
        """Write down something that could not be tried."""
        self.unattempted[reason] = None
