"""The building blocks of safer ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from arami_db.files.definitions.names import quoted

_BATCHES = """do $batches$
#variable_conflict use_column
declare
    batch_begin record;
    batch_end record;
begin
    select {key} into batch_begin from {table} order by {key} limit 1;
    while found loop
        select {key} into batch_end
        from (select {key} from {table} where {row} >= {begin} order by {key} limit 10000) as b
        order by {last} limit 1;
        update {target} set {assigned}
        where {its_row} between {begin} and {end}{condition};
        commit;
        select {key} into batch_begin from {table} where {row} > {end} order by {key} limit 1;
    end loop;
end
$batches$"""


def batches(
    table: str, key: Sequence[str], assigned: str, condition: str | None, alias: str | None = None
) -> str:
    """An update in transactions of ten thousand rows, in the order of the primary key.

    Args:
        table: its name as SQL.
        key: the columns of its primary key as SQL.
        assigned: the text after SET.
        condition: the rows to update; None for all.
        alias: the table's alias in these texts, if it has one.
    """
    return _BATCHES.format(
        table=table,
        key=", ".join(key),
        row=_row(key),
        begin=_row([f"batch_begin.{one}" for one in key]),
        end=_row([f"batch_end.{one}" for one in key]),
        last=", ".join(f"{one} desc" for one in key),
        target=f"{table} as {alias}" if alias else table,
        its_row=_row([f"{alias}.{one}" for one in key] if alias else key),
        assigned=assigned,
        condition=f" and ({condition})" if condition else "",
    )


def _row(columns: Sequence[str]) -> str:
    return columns[0] if len(columns) == 1 else f"({', '.join(columns)})"


def not_null(table: str, column: str) -> Iterator[str]:
    """SET NOT NULL by a check that is validated while others read and write."""
    check = quoted(f"arami_{column.replace(chr(34), '')}_not_null")
    yield f"alter table {table} add constraint {check} check ({column} is not null) not valid"
    yield f"alter table {table} validate constraint {check}"
    yield f"alter table {table} alter column {column} set not null"
    yield f"alter table {table} drop constraint {check}"


def checked(table: str, name: str, condition: str) -> Iterator[str]:
    """A check that is validated while others read and write."""
    yield f"alter table {table} add constraint {name} check ({condition}) not valid"
    yield f"alter table {table} validate constraint {name}"


def script(statements: list[str], *, why: str | None = None) -> str:
    """Statements as a script; each runs in its own transaction."""
    first = f"-- {why}\n" if why else ""
    return first + ";\n".join(statements) + ";"
