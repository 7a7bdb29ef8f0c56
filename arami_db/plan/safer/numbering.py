"""Columns that number rows, serial or identity: existing rows get numbers in batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from postgast.pg_query_pb2 import CONSTR_IDENTITY

from arami_db.files.definitions.names import quoted
from arami_db.plan.safer.catalog import NoWayError, TableFacts
from arami_db.plan.safer.writing import batches, not_null

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import ColumnDef, Constraint

_SERIAL = {"smallserial", "serial", "bigserial", "serial2", "serial4", "serial8"}
_TYPE = """
    select pg_catalog.format_type(a.atttypid, a.atttypmod) from pg_catalog.pg_attribute as a
    where a.attrelid = %s and a.attname = %s
"""
_SEQUENCE = "select pg_catalog.pg_get_serial_sequence(%s, %s)"
_GENERATED = """do $identity$
declare
    next_value bigint := nextval('{sequence}');
begin
    alter table {table} alter column {column} drop default;
    drop sequence {sequence};
    alter table {table} alter column {column} add generated {when} as identity;
    perform setval('{sequence}', next_value, false);
end
$identity$"""


def numbers(column: ColumnDef) -> bool:
    """Whether a column numbers its rows by its own sequence."""
    return column.type_name.names[-1].string.sval in _SERIAL or bool(_identity(column))


def number(column: ColumnDef, table: TableFacts) -> Iterator[str]:
    """A column without values, the sequence for new rows, values in batches, then the identity.

    Args:
        column: one for which numbers() is true.
        table: the table that gets it.

    Raises:
        NoWayError: the sequence has special options.
    """
    name, identity = quoted(column.colname), _identity(column)
    sequence = table.one(_SEQUENCE, table.name, column.colname)
    if sequence is None or any(one.options for one in identity):
        raise NoWayError
    kind = table.one(_TYPE, table.oid, column.colname)
    yield f"alter table {table.name} add column {name} {kind}"
    yield f"create sequence {sequence} as {kind} owned by {table.name}.{name}"
    value = f"nextval('{sequence}'::regclass)"
    yield f"alter table {table.name} alter column {name} set default {value}"
    yield batches(table.name, table.key, f"{name} = default", f"{name} is null")
    yield from not_null(table.name, name)
    for one in identity:
        when = "always" if one.generated_when == "a" else "by default"
        yield _GENERATED.format(table=table.name, column=name, sequence=sequence, when=when)


def _identity(column: ColumnDef) -> list[Constraint]:
    every = [one.constraint for one in column.constraints]
    return [one for one in every if one.contype == CONSTR_IDENTITY]
