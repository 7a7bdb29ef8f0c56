"""Partitions whose rows are checked before they are attached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from arami_db.files.definitions.names import quoted
from arami_db.files.rules import relation_name
from arami_db.plan.safer.catalog import NoWayError, TableFacts
from arami_db.plan.safer.writing import checked

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import CreateStmt, PartitionCmd

_BOUND = "select pg_catalog.pg_get_partition_constraintdef(pg_catalog.to_regclass(%s))"
_DEFAULT = """
    select quote_ident(n.nspname) || '.' || quote_ident(c.relname)
    from pg_catalog.pg_partitioned_table as p
    inner join pg_catalog.pg_class as c on p.partdefid = c.oid
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    where p.partrelid = %s
"""
# The index of a partitioned table and those of its partitions, from the top down.
_TREE = """
    with named as (
        select
            t.relid,
            t.level,
            t.isleaf,
            t.parentrelid,
            quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name
        from pg_catalog.pg_partition_tree(pg_catalog.to_regclass(%s)) as t
        inner join pg_catalog.pg_class as c on t.relid = c.oid
        inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    )

    select child.name, parent.name, child.isleaf, pg_catalog.pg_get_indexdef(child.relid)
    from named as child
    left join named as parent on child.parentrelid = parent.relid
    order by child.level, child.name
"""
_CHECK = "arami_fits"


def attach(command: PartitionCmd, table: TableFacts) -> Iterator[str]:
    """ATTACH PARTITION, after checks that make its own scan unnecessary.

    Args:
        command: names the partition, and its bound.
        table: the table that gets it.

    Raises:
        NoWayError: it is an index, or has no bound that can be written as a check.
    """
    child = relation_name(command.name)
    if table.kind != "p" or not (bound := table.one(_BOUND, child)):
        raise NoWayError
    others = {} if command.bound.is_default else _of_default(table, bound)
    checks = {child: bound, **others}
    for name, condition in checks.items():
        yield from checked(name, _CHECK, condition)
    yield table.statement
    for name in checks:
        yield f"alter table {name} drop constraint {_CHECK}"


def create(statement: CreateStmt, table: TableFacts) -> list[str]:
    """CREATE TABLE … PARTITION OF, after a check on the default partition.

    Args:
        statement: the statement.
        table: the partitioned table.

    Returns:
        The statements; none where there is no default partition.
    """
    bound = table.one(_BOUND, relation_name(statement.relation))
    checks = _of_default(table, bound) if bound else {}
    made = [line for name, bound in checks.items() for line in checked(name, _CHECK, bound)]
    dropped = [f"alter table {name} drop constraint {_CHECK}" for name in checks]
    return [*made, table.statement, *dropped] if made else []


def index(table: TableFacts, name: str) -> list[str]:
    """An index of a partitioned table: built concurrently on each partition, then attached.

    Args:
        table: the partitioned table.
        name: the index's name, from the statement or the server.
    """
    rows = table.work.execute(_TREE, [f"{table.name.partition('.')[0]}.{quoted(name)}"]).fetchall()
    made = [
        str(sql).replace(" INDEX ", " INDEX CONCURRENTLY ", 1) if is_leaf else str(sql)
        for _, _, is_leaf, sql in rows
    ]
    attached = [
        f"alter index {parent} attach partition {child}"
        for child, parent, *_ in reversed(rows)
        if parent is not None
    ]
    return [*made, *attached]


def _of_default(table: TableFacts, bound: str) -> dict[str, str]:
    """The default partition, and the condition of rows that belong in the new one."""
    name = table.one(_DEFAULT, table.oid)
    return {name: f"not ({bound})"} if name else {}
