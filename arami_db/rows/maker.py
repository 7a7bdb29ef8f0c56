"""Making valid rows for a user, in any table, from nothing but the catalog."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

import psycopg
from psycopg import sql

from arami_db.database.connect import Connection
from arami_db.rows.identities import Identities, email
from arami_db.rows.savepoints import undone
from arami_db.rows.tables import Column, Path, Table
from arami_db.rows.values import DEFAULT, Value, candidates, is_free

Row = dict[str, str | None]
Theirs = Callable[[Table, str], sql.Composable]
_DOUBLED = re.compile(r"\(([^=]*)\)=\(")  # Key (id, day)=(1, …) already exists: in any language
_TRIES = 500
_TRIES_OF_VARIANT = 30
_CLAIMED = {("public", "users"): {"email", "phone"}}


class NoRowError(Exception):
    """No row that the table accepts was found; the message is the last refusal."""


def _constrained(table: Table, name: str, detail: str) -> tuple[str, ...]:
    """The columns of a constraint; those of a partition's own stand in what its error details."""
    if name in table.checks:
        return table.checks[name].columns
    told = _DOUBLED.search(detail)
    named = tuple(one.strip('"') for one in told[1].split(", ")) if told else ()
    keys = {key.name: key.columns for key in table.keys}
    return keys.get(name, tuple(one for one in named if one in table.columns))


def inserting(table: Table, row: Row) -> sql.Composed:
    """The insert of a row; no columns at all is a row of defaults."""
    if not row:
        return sql.SQL("insert into {} default values").format(table.identifier)
    return sql.SQL("insert into {} ({}) values ({})").format(
        table.identifier,
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(map(sql.Literal, row.values())),
    )


class Maker(Identities):
    """Makes rows for users, children after their parents, and remembers them."""

    def __init__(self, connection: Connection, theirs: Theirs | None = None) -> None:
        """Start with no rows.

        Args:
            connection: in a transaction.
            theirs: on Citus, the condition for a user's rows of a table, because INSERT returns
                no casts there. Values that the coordinator would claim, which is not rolled
                back, are then left out.
        """
        super().__init__()
        self._left_out = _CLAIMED if theirs else {}
        self._theirs = theirs
        self._connection = connection
        self.avoid: frozenset[str] = frozenset()  # values that may grant rights, tried last
        self.never: frozenset[str] = frozenset()  # those by which a row grants rights on its table
        self.telling = False  # whether texts with a default get another value
        self.turn = 0  # the index of the value to try first in each column; -1 for the last
        self.agreed: dict[tuple[str, Path], Row] = {}  # what a table's checks accept together
        self.drafts: dict[tuple[str, Path], Row] = {}

    def adopt(self, table: Table, user: str, row: Row) -> None:
        """Treat an existing row as one made for the user."""
        self.made[user, table.path] = row
        writable = {name: value for name, value in row.items() if table.columns[name].writable}
        self.drafts[user, table.path] = writable
        self._ids[(*table.path, user)] = row.get("id") or user

    def draft(self, table: Table, user: str) -> Row:
        """Find a row for the user that the table accepts; it does not stay in the table.

        Raises:
            NoRowError: there is none among those tried.
        """
        row = dict(self._first(table, user))
        owners = {owner.column for owner in table.direct}
        spare = {n for n, c in table.columns.items() if c.default and is_free(table, c)}
        optional = [
            n for n in row if n not in owners and (n in spare or not table.columns[n].required)
        ]
        choices: dict[str, Iterator[dict[str, Value]]] = {}
        for _ in range(_TRIES_OF_VARIANT if self.turn else _TRIES):
            values: Row = {n: v for n, v in row.items() if v is None or isinstance(v, str)}
            refusal = self._refusal(table, values)
            if refusal is None:
                self.drafts[user, table.path] = values
                return values
            step = self._next(table, user, refusal, choices)
            if step is not None:
                row |= step
            elif optional:
                row = {name: value for name, value in row.items() if name not in optional}
                optional = []
            else:
                break
        raise NoRowError(str(refusal.diag.message_primary if refusal else "no try was made"))

    def insert(self, table: Table, user: str) -> Row:
        """Insert the drafted row and return all of it, as text."""
        draft = self.drafts[user, table.path]
        if self._theirs:
            self._connection.execute(inserting(table, draft))
            picked = self._theirs(table, user)
            statement = sql.SQL("select {} from {} where {}").format(
                table.texts, table.identifier, picked
            )
        else:
            statement = sql.SQL("{} returning {}").format(inserting(table, draft), table.texts)
        found = self._connection.execute(statement).fetchone()
        if found is None:
            raise NoRowError("the insert succeeded, but inserted no row")
        row = dict(zip(table.columns, found, strict=True))
        self.made[user, table.path] = row
        return row

    def _refusal(self, table: Table, row: Row) -> psycopg.Error | None:
        try:
            with undone(self._connection, "arami_drafted"):
                self._connection.execute(inserting(table, row))
                self._connection.execute("set constraints all immediate")
        except psycopg.Error as error:
            if self._connection.closed:
                raise
            return error
        return None

    def _first(self, table: Table, user: str) -> Iterator[tuple[str, Value]]:
        fixed = self.given(table, user) | self.agreed.get((user, table.path), {})
        for name, column in table.columns.items():
            if name in fixed and column.writable:
                yield name, fixed[name]
            elif name in self._left_out.get(table.path, ()):
                continue
            elif name == "email" and column.category == "S" and table.direct:
                yield name, email(user)
            elif column.writable and self.telling and is_free(table, column):
                free = self._candidates(table, column)
                yield name, next(value for value in free if value is not DEFAULT)
            elif column.writable and (not column.default or self._varies(table, name)):
                values = self._candidates(table, column)
                yield name, values[self.turn if self.turn < len(values) else 0]

    def _varies(self, table: Table, name: str) -> bool:
        """Whether a column with a default gets another value this time."""
        return bool(self.turn) and not any(name in key.columns for key in table.keys)

    def _next(
        self,
        table: Table,
        user: str,
        refusal: psycopg.Error,
        choices: dict[str, Iterator[dict[str, Value]]],
    ) -> dict[str, Value] | None:
        """The next combination of values for the columns of the violated constraint."""
        name = refusal.diag.constraint_name or ""
        if name not in choices:
            columns = _constrained(table, name, refusal.diag.message_detail or "")
            choices[name] = self._combinations(table, user, columns)
        return next(choices[name], None)

    def _candidates(self, table: Table, column: Column) -> list[Value]:
        """Values to try, last those in policies of other tables, such as an administrator's."""
        own = table.policies
        return sorted(
            candidates(table, column),
            key=lambda v: v in self.never or (v in self.avoid and f"'{v}'" not in own),
        )

    def _combinations(
        self, table: Table, user: str, columns: tuple[str, ...]
    ) -> Iterator[dict[str, Value]]:
        fixed = self.given(table, user)
        options: list[list[Value]] = []
        for name in columns:
            column = table.columns[name]
            if name in fixed:
                options.append([fixed[name], *self.spare(table, name)])
            elif column.writable:
                options.append(self._candidates(table, column))
            else:
                options.append([DEFAULT])
        if columns:
            for values in itertools.product(*options):
                yield dict(zip(columns, values, strict=True))
