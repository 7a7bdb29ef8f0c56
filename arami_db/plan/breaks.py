"""Objects that a statement drops or renames, and additions that cannot be dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator

from arami_db.database.connect import Connection, query
from arami_db.facts.names import unquoted
from arami_db.plan.state import Object, State

_KINDS = {
    "r": "table",
    "p": "table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
    "S": "sequence",
}
_PARTS = {"foreign key", "trigger", "policy"}


def breaks(origin: State, before: State, after: State) -> tuple[str, ...]:
    """What a statement dropped or renamed, in words.

    Args:
        origin: before the first pending file: nobody uses objects made later yet.
        before: when the statement began.
        after: when it had ended.
    """
    whole = list(_relations(origin, before, after))
    others = list(_objects(origin, before, after))
    cascades = any(one.endswith(" is gone") for one in (*whole, *others))
    return (*whole, *others, *(_parts(origin, before, after) if cascades else ()))


def left_at_the_end(found: tuple[str, ...], end: State) -> tuple[str, ...]:
    """What is still gone at the end of a file, which may create it again in its transaction.

    Args:
        found: as breaks() says it.
        end: when the file had ended.
    """
    names = {relation.name for relation in end.relations.values()}
    names |= {_full(end, one) for one in end.objects.values()}
    left = [one for one in found if not _is_back(one, names)]
    gone = {one.removesuffix(" is gone").rpartition("view ")[2] for one in left if "view " in one}
    return tuple(one for one in left if _of_column(one) not in gone)


def _of_column(said: str) -> str | None:
    """The relation of a column that is said to be gone."""
    match = re.fullmatch(r"column (.+)\.(?:[^.\"]+|\"[^\"]+\") is gone", said)
    return match[1] if match else None


def lasting(origin: State, before: State, after: State) -> Iterator[str]:
    """What a statement adds that cannot be dropped, in words.

    Args:
        origin: before the first pending file.
        before: when the statement began.
        after: when it had ended.
    """
    types = {one.name for one in origin.objects.values() if one.kind == "type"}
    for key, one in after.objects.items():
        is_new = one.kind == "label" and key not in before.objects
        if is_new and one.name.rpartition(" '")[0] in types:
            yield f"adds {one.name} for good: Postgres cannot drop values of an enum"


def mentions(connection: Connection, found: tuple[str, ...]) -> tuple[str, ...]:
    """Functions whose text names a dropped or renamed object, in words.

    Args:
        connection: in the transaction that has run the statement.
        found: as breaks() says it.
    """
    pairs = [pair for one in found if (pair := _named(one))]
    if not pairs:
        return ()
    values = {"names": [name for name, _ in pairs], "relations": [of for _, of in pairs]}
    rows = connection.execute(query("plan_mentions"), values).fetchall()
    return tuple(f"function {function} names {name}" for function, name in rows)


def _named(said: str) -> tuple[str, str] | None:
    """A dropped or renamed object, and its relation or itself."""
    match = re.fullmatch(r"(column|table|view|function) (.+?)(?:\(.*\))? is (?:gone|now .*)", said)
    if match is None:
        return None
    parts = [unquoted(part) for part in match[2].split(".")]
    if not all(re.fullmatch(r"\w+", part) for part in parts):
        return None
    return parts[-1], parts[-2] if match[1] == "column" else parts[-1]


def _is_back(said: str, names: set[str]) -> bool:
    kinds = (*_KINDS.values(), "column", "function", "type", "label")
    subject = said.removesuffix(" is gone")
    return subject != said and any(
        subject.removeprefix(f"{kind} ") in names for kind in kinds if subject.startswith(kind)
    )


def _relations(origin: State, before: State, after: State) -> Iterator[str]:
    names = {relation.name for relation in after.relations.values()}
    for oid, had in before.relations.items():
        if oid not in origin.relations or had.kind not in _KINDS:
            continue
        now = after.name(oid)
        if now is not None and now != had.name:
            yield f"{_KINDS[had.kind]} {had.name} is now {now}"
        elif had.name not in names:
            yield f"{_KINDS[had.kind]} {had.name} is gone"


def _objects(origin: State, before: State, after: State) -> Iterator[str]:
    """Columns, functions, types and labels."""
    names = {_full(after, one) for one in after.objects.values()}
    relations = {relation.name for relation in after.relations.values()}
    for key, had in before.objects.items():
        if key not in origin.objects or had.kind in _PARTS:
            continue
        name, now = _full(before, had), after.objects.get(key)
        if now is not None and now.name != had.name:
            yield f"{had.kind} {name} is now {now.name}"
        elif now is None and name not in names and _stands(before, had, relations):
            yield f"{had.kind} {name} is gone"


def _parts(origin: State, before: State, after: State) -> Iterator[str]:
    """Parts of remaining relations that were dropped with other objects."""
    names = {(one.kind, _full(after, one)) for one in after.objects.values()}
    for key, had in before.objects.items():
        if had.kind not in _PARTS or key not in origin.objects:
            continue
        if had.relation in after.relations and (had.kind, _full(before, had)) not in names:
            yield f"{had.kind} {had.name} on {before.name(had.relation)} is gone"


def _stands(before: State, one: Object, relations: set[str]) -> bool:
    """Whether the relation of an object still exists, by name, or may be created again."""
    if not one.relation or before.name(one.relation) in relations:
        return True
    return before.relations[one.relation].kind in {"v", "m"}


def _full(state: State, one: Object) -> str:
    """An object's name with that of its relation."""
    return f"{state.name(one.relation)}.{one.name}" if one.relation else one.name
