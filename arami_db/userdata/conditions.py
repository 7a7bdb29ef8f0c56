"""Which rows of a table are about a person, as SQL.

A row that names people by keys to users is theirs and nobody else's. A row that names nobody is
whoever's the row is that it refers to, over however many tables. Besides, a row speaks of whose id
it has in a column that no key explains, and a line of a log of who has the row that it is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from arami_db.userdata.model import (
    CASCADE,
    CLEARING,
    Holdings,
    UserColumn,
    UserReference,
    UserTable,
)

_NOTHING = SQL("false")


def source(table: UserTable, alias: str) -> Composed:
    """A table in FROM, without those that inherit from it: keys do not reach their rows."""
    only = SQL("" if table.is_partitioned else "only ")
    return SQL("{}{} as {}").format(only, Identifier(table.schema, table.name), Identifier(alias))


def either(conditions: Iterable[Composable]) -> Composable:
    """Any of them."""
    found = list(conditions)
    return SQL("({})").format(SQL(" or ").join(found)) if found else _NOTHING


@dataclass(frozen=True)
class Conditions:
    """What is true of the rows about a person.

    Attributes:
        holdings: the tables.
        person: whose id.
        erasing: only of rows that go with the person: what a key clears stays, and so does what is
            another person's as well, unless the key cascades.
    """

    holdings: Holdings
    person: str
    erasing: bool = False

    def theirs(self, table: UserTable, alias: str = "a") -> Composable:
        """Whether a row is about the person."""
        if table in self.holdings.roots:
            return self._is_id(Identifier(alias, "id"), "uuid")
        places: list[Composable] = [self._walk()] if any(self._followed(table)) else []
        places += [self._lines(table)] if table.is_log and not table.says_whose else []
        if not places:
            return self._named(table, alias)
        # A union, and not OR, which would have Postgres read all of the table.
        named = SQL("select n.tableoid, n.ctid from {} where {}")
        places.append(named.format(source(table, "n"), self._named(table, "n")))
        either_place = SQL(" union all ").join(SQL("({})").format(place) for place in places)
        return SQL("({0}.tableoid, {0}.ctid) in ({1})").format(Identifier(alias), either_place)

    def named(self, table: UserTable, alias: str = "a") -> Composable:
        """Whether a row names the person by a key, or by their id in any column."""
        references = [self._refers(key, alias) for key in self.holdings.direct(table)]
        claims = [self.claimed(column, alias) for column in self.holdings.claims(table)]
        own = [self.theirs(table, alias)] if table in self.holdings.roots else []
        return either([*own, *references, *claims])

    def claimed(self, column: UserColumn, alias: str = "a") -> Composed:
        """Whether a column holds the person's id."""
        if column.type in {"json", "jsonb"}:
            return SQL("{} in ({} ->> 'actor_id', {} #>> '{{traits,user_id}}')").format(
                Literal(self.person), *[Identifier(alias, column.name)] * 2
            )
        return self._is_id(Identifier(alias, column.name), column.type)

    def says_theirs(self, log: UserTable) -> Composable:
        """Whether a line says itself that it is about a row of the person's."""
        owners = [column for column in self.holdings.claims(log) if column.name == "user_id"]
        return either([self.claimed(column) for column in owners])

    def names_others(self, table: UserTable, alias: str = "a") -> Composable:
        """Whether a row names somebody else by a key to users, or in a column called user_id."""
        if table in self.holdings.roots:
            return SQL("not {}").format(self.theirs(table, alias))
        keys = [self._refers_elsewhere(key, alias) for key in self.holdings.direct(table)]
        claims = [
            SQL("not {}").format(self.claimed(column, alias))
            for column in self.holdings.claims(table)
            if column.name == "user_id"
        ]
        return either([*keys, *claims])

    def _named(self, table: UserTable, alias: str) -> Composable:
        found: list[Composable] = []
        for key in self.holdings.direct(table):
            if not self.erasing or key.action == CASCADE:
                found.append(self._refers(key, alias))
            elif key.action not in CLEARING:
                found.append(self._alone(table, self._refers(key, alias), alias))
        for column in self.holdings.claims(table):
            claim = self.claimed(column, alias)
            if not self.erasing:
                found.append(claim)
            elif table not in self.holdings.logs:
                found.append(self._alone(table, claim, alias))
        return either(found)

    def _alone(self, table: UserTable, named: Composable, alias: str) -> Composed:
        """A row that names the person, and nobody besides."""
        return SQL("({} and ({}) is not true)").format(named, self.names_others(table, alias))

    def _is_id(self, column: Composable, kind: str) -> Composed:
        cast = SQL("uuid" if kind == "uuid" else "text")
        return SQL("{} = {}::{}").format(column, Literal(self.person), cast)

    def _refers(self, key: UserReference, alias: str) -> Composed:
        if key.parent_columns == ("id",):
            return self._is_id(Identifier(alias, key.columns[0]), "uuid")
        return SQL("({}) in ({})").format(_columns(key.columns, alias), self._own(key))

    def _refers_elsewhere(self, key: UserReference, alias: str) -> Composed:
        columns = _columns(key.columns, alias)
        return SQL("(({0}) is not null and not {1})").format(columns, self._refers(key, alias))

    def _own(self, key: UserReference) -> Composed:
        """What a key has to hold to refer to the person."""
        root = self.holdings.tables[key.parent]
        return SQL("select {} from {} where {}").format(
            _columns(key.parent_columns, "r"), source(root, "r"), self.theirs(root, "r")
        )

    def _names_nobody(self, table: UserTable, alias: str) -> Composable:
        keys = [key.columns for key in self.holdings.direct(table)]
        keys += [(c.name,) for c in self.holdings.claims(table) if c.name == "user_id"]
        named = [SQL("({}) is not null").format(_columns(columns, alias)) for columns in keys]
        return SQL("not {}").format(either(named))

    def _followed(self, table: UserTable) -> tuple[UserReference, ...]:
        """The keys by which a row that names nobody is somebody's."""
        keys = self.holdings.indirect(table)
        return tuple(k for k in keys if not (self.erasing and k.action in CLEARING))

    def _walk(self) -> Composed:
        """The places of all rows that name nobody and are the person's: from row to row."""
        keys = [key for table in self.holdings.reached for key in self._followed(table)]
        walked = {key.child for key in keys}
        steps = [self._step(key) for key in keys if key.parent in walked]
        if not steps:
            return SQL(" union ").join(map(self._seed, keys))
        return SQL(
            "with recursive walk (tab, place) as ("
            "({}) union select s.* from walk as w cross join lateral ({}) as s (tab, place))"
            " select tab, place from walk"
        ).format(SQL(" union ").join(map(self._seed, keys)), SQL(" union all ").join(steps))

    def _seed(self, key: UserReference) -> Composed:
        """Rows that refer to a row that names the person."""
        child, parent = self.holdings.tables[key.child], self.holdings.tables[key.parent]
        return SQL(
            "select c.tableoid, c.ctid from {} where {} and ({}) in (select {} from {} where {})"
        ).format(
            source(child, "c"),
            self._names_nobody(child, "c"),
            _columns(key.columns, "c"),
            _columns(key.parent_columns, "p"),
            source(parent, "p"),
            self._named(parent, "p"),
        )

    def _step(self, key: UserReference) -> Composed:
        """Rows that refer to a row that was found already."""
        child, parent = self.holdings.tables[key.child], self.holdings.tables[key.parent]
        return SQL(
            "select c.tableoid, c.ctid from {} inner join {} on ({}) = ({})"
            " where p.tableoid = w.tab and p.ctid = w.place and {}"
        ).format(
            source(parent, "p"),
            source(child, "c"),
            _columns(key.columns, "c"),
            _columns(key.parent_columns, "p"),
            self._names_nobody(child, "c"),
        )

    def _lines(self, log: UserTable) -> Composable:
        """The places of a log's lines about rows that are theirs."""
        theirs = [
            SQL("select t.id from {} where {}").format(source(table, "t"), self.theirs(table, "t"))
            for table in self.holdings.reached
            if table.has_id and not table.is_log
        ]
        return SQL("select l.tableoid, l.ctid from {} where l.row_id in ({})").format(
            source(log, "l"), SQL(" union all ").join(theirs)
        )


def _columns(names: Iterable[str], alias: str) -> Composed:
    return SQL(", ").join(Identifier(alias, name) for name in names)
