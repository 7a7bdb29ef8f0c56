"""Objects that block a change, and may be dropped because they can be created again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import psycopg

from arami_db.database.connect import Connection
from arami_db.drift.findings import Finding
from arami_db.drift.remedies import others
from arami_db.drift.remedies.around import RELATIONS, Object, Properties, Sides, by_object
from arami_db.drift.remedies.difference import Difference
from arami_db.drift.remedies.words import PLACE
from arami_db.facts import Fact
from arami_db.facts.names import split
from arami_db.undo.columns import moved
from arami_db.undo.publications import published

_HOLDS_ROWS = {"table", "foreign table", "sequence"}
# Created again where they cannot be changed; remedies do this for constraints and the like.
_AGAIN = {"view", "materialized view", "function", "procedure", "window function"} | {
    *("aggregate", "type", "operator", "collation", "cast", "event trigger", "publication"),
    *("statistics", "policy", "rule", "trigger", "foreign table", "constraint", "index"),
}
_COLUMN = "column"
# Objects that allow a change of a column's type: a later stage drops them, too.
_SPARED = {"index", "constraint"}
# Separate facts that no statement drops.
_NOTHING = {"grant", "reach", "default privilege", "extension"}


def clearing(
    connection: Connection,
    finding: Finding,
    around: Sides,
    ask: Callable[[], frozenset[Fact]],
    *,
    spare: bool,
) -> list[tuple[Object, str]]:
    """Statements that drop all objects that block a difference, by name.

    Args:
        connection: in a transaction.
        finding: the difference.
        around: what should be and what is.
        ask: states the facts.
        spare: whether the indexes and constraints of a column may stay.

    Returns:
        Each object and its statement, unordered; none where rows that must stay would be lost.

    Raises:
        psycopg.Error: the connection broke.
    """
    facts = finding.missing or finding.extra
    if not facts or facts[0].kind in _NOTHING or facts[0][:2] not in around.actual:
        return []
    own = _own(facts[0], around)
    after = _after_cascade(connection, [_drop(item, around, if_exists=True) for item in own], ask)
    if after is None:
        return []
    gone = dict(_gone(around, after))
    kind = facts[0].kind
    if kind == _COLUMN and spare:
        gone = {i: sql for i, sql in gone.items() if not _is_spared(i, facts[0], around)}
    # A view can only be replaced by one with the same columns in the same order.
    is_other = (kind, facts[0].property) == ("view", "definition")
    is_again = kind in _AGAIN and (finding.remedy is None or is_other)
    parts = {item for item in gone if _is_part(item, {name for _, name in own})}
    left = {i: s for i, s in gone.items() if is_again or (i not in own and i not in parts)}
    if any(_is_kept(i, around) for i in left if i not in own and not _counts(i, own, around)):
        return []
    return [
        (item, sql)
        for item, sql in left.items()
        if sql and not _goes_along(item, left, around) and not _counts(item, own, around)
    ]


def _counts(item: Object, own: Collection[Object], around: Sides) -> bool:
    """Whether it is the sequence of a column: it is created and dropped with that, or kept."""
    column = around.identity_of(item[1]) or around.actual.get(item, {}).get("owned by", "")
    return item[0] == "sequence" and (_COLUMN, column) in own


def _is_spared(item: Object, fact: Fact, around: Sides) -> bool:
    """Whether it need not be dropped first: it changes, or is dropped, together with a column."""
    is_foreign = around.actual.get(item, {}).get("definition", "").startswith("FOREIGN KEY")
    return item[0] in _SPARED and not (fact.property == PLACE and is_foreign)


def _own(fact: Fact, around: Sides) -> list[Object]:
    """The object of a difference; for a column in another place, all columns to rebuild."""
    if fact.property != PLACE:
        return [fact[:2]]
    table = split(fact.object)[0]
    return [(_COLUMN, f"{table}.{column}") for column in moved(table, around)]


def _drop(item: Object, around: Sides, *, if_exists: bool = False) -> str | None:
    return others.drop(Difference(*item, None, {}, None, around), if_exists=if_exists)


def _after_cascade(
    connection: Connection, drops: Sequence[str | None], ask: Callable[[], frozenset[Fact]]
) -> Mapping[Object, Properties] | None:
    """The objects that DROP CASCADE leaves."""
    if not drops or None in drops:
        return None
    try:
        with connection.transaction(force_rollback=True):
            for drop in filter(None, drops):
                connection.execute((drop.rstrip().removesuffix(";") + " cascade;").encode())
            return by_object(ask())
    except psycopg.Error:
        if connection.closed:
            raise
        return None


def _gone(around: Sides, after: Mapping[Object, Properties]) -> Iterator[tuple[Object, str | None]]:
    """What DROP CASCADE drops, and statements to drop each by name."""
    for item, properties in around.actual.items():
        if item[0] in _NOTHING:
            continue
        if item[0] == "publication" and item in after:
            for key in properties.keys() - after[item].keys():
                if sql := published(Difference(*item, key, {}, None, around)):
                    yield ("publication", f"{item[1]} {key}"), sql
        elif item not in after:
            yield item, _drop(item, around)
        elif item[0] == _COLUMN and "default" in properties.keys() - after[item].keys():
            table, last = split(item[1])
            yield ("default", item[1]), f"alter table {table} alter column {last} drop default;"


def _is_kept(item: Object, around: Sides) -> bool:
    """Whether rows or values that must stay would be lost with it."""
    kind, name = item
    if item not in around.wanted:
        return False
    if kind == _COLUMN:
        table = split(name)[0]
        properties = around.actual[item]
        return ("table", table) in around.actual and "generated kind" not in properties
    return kind in _HOLDS_ROWS


def _is_part(item: Object, names: Collection[str]) -> bool:
    return item[0] != "default" and split(item[1])[0] in names


def _goes_along(item: Object, gone: Mapping[Object, str | None], around: Sides) -> bool:
    """Whether it is a part of an object that is dropped, too."""
    kind, name = item
    table = split(name)[0]
    if kind == "index" and ("constraint", around.constraint_of(name) or "") in gone:
        return True
    return kind in {_COLUMN, "constraint", "index", "trigger", "rule", "policy"} and any(
        (relation, table) in gone for relation in (*RELATIONS, "type")
    )
