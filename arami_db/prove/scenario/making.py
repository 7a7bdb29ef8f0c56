"""Make a row of a table for a user, or use the one that a trigger has made."""

from __future__ import annotations

from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from arami_db.database.connect import Connection
from arami_db.policies import Policies, valid
from arami_db.prove.attempts.actors import claims
from arami_db.prove.schema.predicates import NOBODY, predicate
from arami_db.rows.identities import email
from arami_db.rows.maker import Maker, NoRowError, Row
from arami_db.rows.tables import Path, Table
from arami_db.rows.values import word


@dataclass(frozen=True)
class Making:
    """What it takes to make rows.

    Attributes:
        connection: in a transaction.
        policies: of the database, with what conditions speak of.
        maker: which drafts rows, and remembers them.
        on_citus: whether each role has its own transaction.
        adopted: users and tables whose rows triggers have made.
    """

    connection: Connection
    policies: Policies
    maker: Maker
    on_citus: bool
    adopted: set[tuple[str, Path]] = field(default_factory=set)

    def make(self, table: Table, user: str) -> None:
        """Insert a row, or take the one that a trigger has made; both may ask who is signed in.

        Args:
            table: the table.
            user: whose row.

        Raises:
            NoRowError: the table accepts none of those tried.
            psycopg.Error: as the server says it.
        """
        try:
            self._insert(table, user)
        except (NoRowError, psycopg.errors.UniqueViolation):
            if self.on_citus:
                raise
            if not self._adopted(table, user):
                self._insert_signed_in(table, user)

    def _insert(self, table: Table, user: str) -> None:
        agree = any(path == table.path for _, path in self.maker.agreed)
        try:
            if agree:
                self._agree(table, user)
            self.maker.draft(table, user)
        except NoRowError:
            if agree or not table.checks:
                raise
            self._agree(table, user)
            self.maker.draft(table, user)
        with self.connection.transaction():
            self.maker.insert(table, user)

    def _agree(self, table: Table, user: str) -> None:
        """Find values that a table's checks accept together, and none that a key has already."""
        given = self.maker.given(table, user)
        used = [row for (_, path), row in self.maker.agreed.items() if path == table.path]
        keys = [key.columns for key in table.keys if not given.keys() & {*key.columns}]
        unlike = [{n: row[n] for n in key if n in row} for row in used for key in keys]
        others = {name: held for name in given for held in self.maker.spare(table, name)}
        catalog = self.policies.catalog
        for known in (given, given | others):
            if found := valid(self.connection, catalog, table, known, unlike):
                self.maker.agreed[user, table.path] = found
                return

    def _insert_signed_in(self, table: Table, user: str) -> None:
        setting = sql.SQL("select set_config('request.jwt.claims', {}, true)")
        self.connection.execute(setting.format(claims(user)))
        try:
            self._insert(table, user)
        finally:
            self.connection.execute(setting.format(""))

    def _adopted(self, table: Table, user: str) -> bool:
        """Take a row that a trigger has made for a user."""
        theirs = predicate(self.maker, table, user) if table.direct else self._led(table, user)
        one = sql.SQL("select {} from {} where {} limit 1")
        statement = one.format(table.texts, table.identifier, theirs)
        with self.connection.transaction():
            found = self.connection.execute(statement).fetchone()
        if found:
            row = dict(zip(table.columns, found, strict=True))
            self._fill(table, user, row)
            self.maker.adopt(table, user, row)
            self.adopted.add((user, table.path))
        return found is not None

    def _led(self, table: Table, user: str) -> sql.Composable:
        """The condition that picks rows whose foreign keys lead to a user's rows, all of them."""
        given = self.maker.given(table, user)
        both = table.referring & given.keys()
        led = {name: given[name] for name in both if given[name] is not None}
        if not any(owner.column in led for owner in table.owners):
            return NOBODY
        return sql.SQL(" and ").join(
            sql.SQL("{} = {}").format(sql.Identifier(name), value) for name, value in led.items()
        )

    def _fill(self, table: Table, user: str, row: Row) -> None:
        """Have something to tell in a row that a trigger has left bare."""
        for name, column in table.columns.items():
            if row[name] is not None or name in table.referring or column.category != "S":
                continue
            value = email(user) if name == "email" else word()
            change = sql.SQL("update {} set {} = {} where {}").format(
                table.identifier, sql.Identifier(name), value, predicate(self.maker, table, user)
            )
            try:
                with self.connection.transaction():
                    self.connection.execute(change)
                row[name] = value
            except psycopg.Error:
                if self.connection.closed:
                    raise
