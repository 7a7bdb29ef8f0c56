"""Facts of a table that a safer way needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from postgast import deparse
from postgast.pg_query_pb2 import ParseResult

from arami_db.database.connect import Connection
from arami_db.files.definitions.names import quoted
from arami_db.files.rules import relation_name

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node, RangeVar

    from arami_db.files.script import Statement

_NAME = """
    select c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relkind::text
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    where c.oid = pg_catalog.to_regclass(%s)
"""
_FILE = "select pg_catalog.pg_relation_filenode(%s::oid)"
# Children of a table have no index of its key; partitions have.
_KEY = """
    select quote_ident(a.attname)
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_class as c on i.indrelid = c.oid
    cross join unnest(i.indkey) with ordinality as k (attnum, place)
    inner join pg_catalog.pg_attribute as a on i.indrelid = a.attrelid and k.attnum = a.attnum
    where
        i.indrelid = %s
        and i.indisprimary
        and k.place <= i.indnkeyatts
        and (c.relkind = 'p' or not c.relhassubclass)
    order by k.place
"""
_CONSTRAINTS = """
    select k.conname from pg_catalog.pg_constraint as k
    where k.conrelid = %s and k.contype = %s
    order by k.oid
"""
_KNOWN = """
    select a.attname from pg_catalog.pg_attribute as a
    where a.attrelid = %s and a.attname = any(%s)
"""
_NULLABLE = """
    select quote_ident(a.attname) from pg_catalog.pg_attribute as a
    where a.attrelid = %s and a.attname = any(%s) and not a.attnotnull
"""


class NoWayError(Exception):
    """There is no safer way."""


@dataclass(frozen=True)
class TableFacts:
    """A table, as it is after the statement that needs a safer way.

    Attributes:
        work: the session in the transaction that ran the statement.
        second: a session that sees the state before the file.
        statement: its text.
        relation: the table, as the statement names it.
        object_type: its type, as the statement names it.
        oid: of the table.
        name: with its schema, quoted where needed.
        kind: relkind of pg_class.
        rewrites: whether the statement has rewritten it.
    """

    work: Connection
    second: Connection
    statement: str
    relation: RangeVar
    object_type: int
    oid: int
    name: str
    kind: str
    rewrites: bool
    _made: dict[str, list[str]] = field(default_factory=dict)

    def one(self, sql: str, *values: Any) -> str | None:
        """The first value of a query in the statement's transaction."""
        row = self.work.execute(sql, values).fetchone()
        return None if row is None or row[0] is None else str(row[0])

    @property
    def key(self) -> list[str]:
        """The columns of its primary key, quoted; none if the key does not find all rows."""
        return [str(name) for (name,) in self.work.execute(_KEY, [self.oid]).fetchall()]

    def name_of(self, kind: str, given: str) -> str:
        """The name of the next constraint that the statement created, in its order.

        Args:
            kind: contype of pg_constraint.
            given: the name that the statement gives it; empty where the server chose one.

        Raises:
            NoWayError: there is none.
        """
        if kind not in self._made:
            there = self.second.execute(_CONSTRAINTS, [self.oid, kind]).fetchall()
            now = self.work.execute(_CONSTRAINTS, [self.oid, kind]).fetchall()
            self._made[kind] = [str(name) for (name,) in now if (name,) not in there]
        made = self._made[kind]
        if given in made:
            made.remove(given)
        if not given and not made:
            raise NoWayError
        return given or made.pop(0)

    def nullable(self, columns: Sequence[str]) -> list[str]:
        """Those columns, quoted, that could be null before the file."""
        there = self.second.execute(_NULLABLE, [self.oid, list(columns)]).fetchall()
        known = self.second.execute(_KNOWN, [self.oid, list(columns)]).fetchall()
        new = [quoted(one) for one in columns if (one,) not in known]
        return [*(str(name) for (name,) in there), *new]


def find(
    statement: Statement,
    relation: RangeVar,
    object_type: int,
    sessions: tuple[Connection, Connection],
) -> TableFacts:
    """The table that a statement names.

    Raises:
        NoWayError: there is none.
    """
    name = relation_name(relation)
    row = sessions[0].execute(_NAME, [name]).fetchone()
    if row is None:
        raise NoWayError
    files = [one.execute(_FILE, [row[0]]).fetchone() for one in sessions]
    work, second = sessions
    is_new = files[0] != files[1]
    oid, full_name, kind = row
    return TableFacts(
        work, second, statement.text, relation, object_type, oid, full_name, kind, is_new
    )


def written(node: Node) -> str:
    """A statement as SQL."""
    tree = ParseResult(version=170000)
    tree.stmts.add().stmt.CopyFrom(node)
    return deparse(tree)


def expression(node: Node) -> str:
    """An expression as SQL."""
    tree = ParseResult(version=170000)
    target = tree.stmts.add().stmt.select_stmt.target_list.add()
    target.res_target.val.CopyFrom(node)
    return deparse(tree).removeprefix("SELECT ")
