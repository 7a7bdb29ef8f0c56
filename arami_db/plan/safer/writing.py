"""The parts that safer ways are made of."""

from __future__ import annotations

from collections.abc import Iterator

from arami_db.plan.safer.catalog import quoted

_BATCHES = """do $batches$
#variable_conflict use_column
declare
    batch_begin {table}.{key}%type := (select {key} from {table} order by {key} limit 1);
    batch_end {table}.{key}%type;
begin
    while batch_begin is not null loop
        select b.{key} into batch_end
        from (select {key} from {table} where {key} >= batch_begin order by {key} limit 10000) as b
        order by b.{key} desc limit 1;
        update {table} set {assigned} where {key} between batch_begin and batch_end{condition};
        commit;
        batch_begin := (select {key} from {table} where {key} > batch_end order by {key} limit 1);
    end loop;
end
$batches$"""


def batches(table: str, key: str, assigned: str, condition: str | None) -> str:
    """An update in transactions of ten thousand rows, in the order of the primary key.

    Args:
        table: its name as SQL.
        key: the column of its primary key, likewise.
        assigned: what follows SET.
        condition: which rows; None for all.
    """
    more = f" and ({condition})" if condition else ""
    return _BATCHES.format(table=table, key=key, assigned=assigned, condition=more)


def not_null(table: str, column: str) -> Iterator[str]:
    """SET NOT NULL by a check that is proved while others read and write."""
    check = quoted(f"arami_{column.replace(chr(34), '')}_not_null")
    yield f"alter table {table} add constraint {check} check ({column} is not null) not valid"
    yield f"alter table {table} validate constraint {check}"
    yield f"alter table {table} alter column {column} set not null"
    yield f"alter table {table} drop constraint {check}"


def checked(table: str, name: str, condition: str) -> Iterator[str]:
    """A check that is proved while others read and write."""
    yield f"alter table {table} add constraint {name} check ({condition}) not valid"
    yield f"alter table {table} validate constraint {name}"


def script(statements: list[str], *, why: str | None = None) -> str:
    """Statements as a script, each to be run in a transaction of its own."""
    first = f"-- {why}\n" if why else ""
    return first + ";\n".join(statements) + ";"
