"""Columns that are added empty, or next to the old one, and filled in batches."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import TYPE_CHECKING

from postgast.pg_query_pb2 import (
    CONSTR_CHECK,
    CONSTR_DEFAULT,
    CONSTR_FOREIGN,
    CONSTR_IDENTITY,
    CONSTR_NOTNULL,
    CONSTR_NULL,
    Node,
)

from arami_db.files.definitions.names import quoted
from arami_db.plan.safer.catalog import NoWayError, TableFacts, expression, written
from arami_db.plan.safer.constraints import LETTERS, add
from arami_db.plan.safer.numbering import number, numbers
from arami_db.plan.safer.writing import batches, not_null

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import AlterTableCmd, ColumnDef, Constraint

_SIMPLE = {CONSTR_DEFAULT, CONSTR_NOTNULL, CONSTR_NULL}
_NEEDED = """
    select from pg_catalog.pg_attribute as a
    where
        a.attrelid = %(table)s
        and a.attname = %(column)s
        and (
            a.attacl is not null
            or a.attgenerated <> ''
            or a.attidentity <> ''
            or exists (
                select from pg_catalog.pg_depend as d
                where
                    d.refobjid = a.attrelid
                    and d.refobjsubid = a.attnum
                    and d.classid <> 'pg_catalog.pg_attrdef'::pg_catalog.regclass
            )
            or pg_catalog.col_description(a.attrelid, a.attnum) is not null
        )
"""
_DEFAULT = """
    select pg_catalog.pg_get_expr(d.adbin, d.adrelid) from pg_catalog.pg_attrdef as d
    inner join pg_catalog.pg_attribute as a on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = %s and a.attname = %s
"""
_FOLLOW = """create function {schema}.{follow}() returns trigger language plpgsql as $follow$
begin
    select {value} into new.{new} from (select new.*) as r;
    return new;
end
$follow$"""
_SWAP = """do $swap$
begin
    drop trigger {follow} on {table};
    drop function {schema}.{follow}();
    alter table {table} drop column {column};
    alter table {table} rename column {new} to {column};
end
$swap$"""


def add_column(command: AlterTableCmd, table: TableFacts) -> Iterator[str]:
    """A column without values, its default for new rows, values in batches, then its constraints.

    Args:
        command: ADD COLUMN.
        table: the table that gets it.

    Raises:
        NoWayError: it can only be added in one statement: a generated column, a domain.
    """
    column = getattr(command, "def").column_def
    constraints = [one.constraint for one in column.constraints]
    kinds = {one.contype for one in constraints}
    if not table.rewrites:  # its values cost nothing; only its constraints are validated later
        yield from _proved_later(column, table)
        return
    values = [one.raw_expr for one in constraints if one.contype == CONSTR_DEFAULT]
    name, is_numbered = quoted(column.colname), numbers(column)
    is_domain = table.one(_IS_DOMAIN, table.oid, column.colname) is not None
    if (
        not kinds <= {*_SIMPLE, *LETTERS, CONSTR_IDENTITY}
        or table.kind == "p"
        or is_domain
        or ((values or is_numbered) and (not table.key or name in table.key))
    ):
        raise NoWayError
    yield from number(column, table) if is_numbered else _filled(column, table, values)
    for constraint in constraints:
        if constraint.contype in LETTERS:
            yield from add(_of_table(constraint, column.colname), table)


def _filled(column: ColumnDef, table: TableFacts, values: Sequence[Node]) -> Iterator[str]:
    """A column without values, its default for new rows, then values in batches."""
    name = quoted(column.colname)
    yield f"alter table {table.name} add column {_bare(column)}"
    for value in values:
        yield f"alter table {table.name} alter column {name} set default {expression(value)}"
        yield batches(table.name, table.key, f"{name} = default", f"{name} is null")
    if any(one.constraint.contype == CONSTR_NOTNULL for one in column.constraints):
        yield from not_null(table.name, name)


_IS_DOMAIN = """
    select t.typname from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_type as t on a.atttypid = t.oid
    where a.attrelid = %s and a.attname = %s and t.typtype = 'd'
"""


def _proved_later(column: ColumnDef, table: TableFacts) -> Iterator[str]:
    """A column with its default; its constraints are validated afterwards."""
    later = [one.constraint for one in column.constraints if one.constraint.contype in LETTERS]
    if not later or table.kind == "p":
        return
    yield f"alter table {table.name} add column {_bare(column, keep=_SIMPLE)}"
    for constraint in later:
        yield from add(_of_table(constraint, column.colname), table)


def _of_table(constraint: Constraint, column: str) -> Constraint:
    """A column constraint as a table constraint."""
    whole = type(constraint)()
    whole.CopyFrom(constraint)
    if constraint.contype == CONSTR_FOREIGN:
        whole.fk_attrs.add().string.sval = column
    elif constraint.contype != CONSTR_CHECK:
        whole.keys.add().string.sval = column
    return whole


def _bare(column: ColumnDef, name: str | None = None, keep: Container[int] = ()) -> str:
    """A column's name and type, with its constraints of some kinds."""
    node = Node()
    node.create_stmt.relation.relname = "t"
    node.create_stmt.relation.relpersistence = "p"
    made = node.create_stmt.table_elts.add().column_def
    made.CopyFrom(column)
    del made.constraints[:]
    made.constraints.extend(c for c in column.constraints if c.constraint.contype in keep)
    made.ClearField("raw_default")
    made.colname = name or column.colname
    return written(node).partition("(")[2].removesuffix(")")


def alter_type(command: AlterTableCmd, table: TableFacts) -> Iterator[str]:
    """A new column next to the old one, synchronised by a trigger; at the end it gets the name.

    It is then the last column of its table, wherever the old one was.

    Args:
        command: ALTER COLUMN … TYPE.
        table: the table of the column.

    Raises:
        NoWayError: other objects depend on the column, and would have to be created again.
    """
    column, key = getattr(command, "def").column_def, table.key
    named = {"table": table.oid, "column": command.name}
    is_domain = table.one(_IS_DOMAIN, table.oid, command.name) is not None
    if not key or is_domain or table.second.execute(_NEEDED, named).fetchone() is not None:
        raise NoWayError
    new = f"{command.name}_new"
    definition = _bare(column, new)
    cast = f"{quoted(command.name)}::{definition.partition(' ')[2]}"
    value = expression(column.raw_default) if column.HasField("raw_default") else cast
    names = {
        "schema": table.name.partition(".")[0],
        "table": table.name,
        "column": quoted(command.name),
        "new": quoted(new),
        "follow": quoted(f"{command.name}_follows"),
        "value": value,
    }
    yield f"alter table {table.name} add column {definition}"
    yield _FOLLOW.format(**names)
    yield (
        f"create trigger {names['follow']} before insert or update on {table.name}"
        f" for each row execute function {names['schema']}.{names['follow']}()"
    )
    yield batches(table.name, key, f"{names['new']} = {value}", None)
    if default := table.one(_DEFAULT, table.oid, command.name):
        yield f"alter table {table.name} alter column {names['new']} set default {default}"
    if not table.nullable([command.name]):
        yield from not_null(table.name, names["new"])
    yield _SWAP.format(**names)
