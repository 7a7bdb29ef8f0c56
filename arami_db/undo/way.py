"""What is in the way of a change, and may be dropped because it can be made again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import psycopg

from arami_db.database.connect import Connection
from arami_db.drift.findings import Finding
from arami_db.drift.remedies import others
from arami_db.drift.remedies.around import RELATIONS, Around, Object, Properties, by_object
from arami_db.drift.remedies.difference import Difference
from arami_db.facts import Fact
from arami_db.facts.names import split

_HOLDS_ROWS = {"table", "foreign table", "sequence"}
# Made again where they cannot be changed; of a constraint and the like a remedy does it.
_AGAIN = {"view", "materialized view", "function", "procedure", "window function"} | {
    *("aggregate", "type", "operator", "collation", "cast", "event trigger", "publication"),
    *("statistics", "policy", "rule", "trigger", "foreign table", "constraint", "index"),
}
_COLUMN = "column"
# What a column's type may change beneath: a later stage drops them, too.
_SPARED = {"index", "constraint"}
# Facts of their own that no statement drops.
_NOTHING = {"grant", "reach", "default privilege", "extension"}


def clearing(
    connection: Connection,
    finding: Finding,
    around: Around,
    ask: Callable[[], frozenset[Fact]],
    *,
    spare: bool,
) -> list[str]:
    """What drops all that is in the way of a difference, by name.

    Args:
        connection: in a transaction.
        finding: the difference.
        around: what should be and what is.
        ask: states the facts.
        spare: whether the indexes and constraints of a column may stay.

    Returns:
        The statements, in no order; none where something that holds rows is in the way.

    Raises:
        psycopg.Error: the connection broke.
    """
    facts = finding.missing or finding.extra
    if not facts or facts[0].kind in _NOTHING or facts[0][:2] not in around.actual:
        return []
    kind, name = facts[0][:2]
    itself = _drop((kind, name), around)
    if itself is None:
        return []
    after = _after_cascade(connection, itself, ask)
    if after is None:
        return []
    gone = dict(_gone(around, after))
    if kind == _COLUMN and spare:
        gone = {item: sql for item, sql in gone.items() if item[0] not in _SPARED}
    is_again = kind in _AGAIN and finding.remedy is None
    if kind == "type" and is_again and "composite" in around.actual[kind, name]:
        gone = {item: sql for item, sql in gone.items() if not _is_part(item, name)}
    if not is_again:
        gone = {
            item: sql
            for item, sql in gone.items()
            if item != (kind, name) and not _is_part(item, name)
        }
    if any(_is_kept(item, around) for item in gone if item != (kind, name)):
        return []
    return [sql for item, sql in gone.items() if sql and not _goes_along(item, gone)]


def _drop(item: Object, around: Around) -> str | None:
    return others.drop(Difference(*item, None, {}, None, around))


def _after_cascade(
    connection: Connection, drop: str, ask: Callable[[], frozenset[Fact]]
) -> Mapping[Object, Properties] | None:
    """The objects that a cascading drop leaves."""
    sql = drop.rstrip().removesuffix(";") + " cascade;"
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(sql.encode())
            return by_object(ask())
    except psycopg.Error:
        if connection.closed:
            raise
        return None


def _gone(
    around: Around, after: Mapping[Object, Properties]
) -> Iterator[tuple[Object, str | None]]:
    """What a cascading drop takes, and what drops it by name."""
    for item, properties in around.actual.items():
        if item[0] in _NOTHING:
            continue
        if item not in after:
            yield item, _drop(item, around)
        elif item[0] == _COLUMN and "default" in properties.keys() - after[item].keys():
            table, last = split(item[1])
            yield ("default", item[1]), f"alter table {table} alter column {last} drop default;"


def _is_kept(item: Object, around: Around) -> bool:
    """Whether rows or values would go with it that should stay."""
    kind, name = item
    if item not in around.wanted:
        return False
    if kind == _COLUMN:
        table = split(name)[0]
        properties = around.actual[item]
        return ("table", table) in around.actual and "generated kind" not in properties
    return kind in _HOLDS_ROWS


def _is_part(item: Object, name: str) -> bool:
    return item[0] != "default" and split(item[1])[0] == name


def _goes_along(item: Object, gone: Mapping[Object, str | None]) -> bool:
    """Whether it is a part of something that goes itself."""
    kind, name = item
    table = split(name)[0]
    return kind in {_COLUMN, "constraint", "index", "trigger", "rule", "policy"} and any(
        (relation, table) in gone for relation in (*RELATIONS, "type")
    )
