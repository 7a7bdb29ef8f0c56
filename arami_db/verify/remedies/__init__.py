"""The SQL that restores a fact, where it follows from the facts; and what to do where it does not.

What drops an object never cascades, and what is there under another name gets its name back.
"""

from __future__ import annotations

from collections.abc import Callable, Set

from arami_db.verify.remedies import columns, functions, grants, others, parts, relations
from arami_db.verify.remedies.around import NOTHING, Around, Difference, Properties, by_object
from arami_db.verify.remedies.causes import cause_of
from arami_db.verify.remedies.names import head, sequence_of
from arami_db.verify.remedies.words import words

__all__ = ["Around", "advice", "by_object", "remedy"]

_Maker = Callable[[Difference], str | None]

_CREATE: dict[str, _Maker] = {
    "table": relations.create_table,
    "view": relations.create_view,
    "materialized view": relations.create_view,
    "sequence": relations.create_sequence,
    "column": columns.create_column,
    "constraint": parts.create_constraint,
    "index": parts.create_by_definition,
    "trigger": parts.create_by_definition,
    "rule": parts.create_by_definition,
    "statistics": parts.create_by_definition,
    "policy": parts.create_policy,
    "function": functions.create_function,
    "procedure": functions.create_function,
    "window function": functions.create_function,
    "type": others.create_type,
    "schema": others.create_schema,
    "extension": others.create_extension,
}
_CHANGE: dict[str, tuple[_Maker, ...]] = {
    "grant": (grants.grant,),
    "default privilege": (grants.default_privilege,),
    "table": (relations.change_relation,),
    "view": (relations.change_relation,),
    "materialized view": (relations.change_relation,),
    "sequence": (relations.change_relation,),
    "index": (relations.change_relation, parts.change_index),
    "column": (columns.change_column,),
    "constraint": (parts.change_constraint,),
    "trigger": (parts.change_enabled,),
    "rule": (parts.change_enabled,),
    "statistics": (parts.change_statistics,),
    "function": (functions.change_function,),
    "procedure": (functions.change_function,),
    "window function": (functions.change_function,),
    "type": (others.change_type,),
    "extension": (others.change_extension,),
    "event trigger": (others.change_event_trigger,),
    "publication": (others.change_publication,),
}
# Made again where another property differs: they hold nothing.
_AGAIN = {"policy", "trigger", "rule", "constraint", "index", "statistics"}
# Properties that no CREATE sets, and how they begin.
_AFTER = {"owner", "comment", "enabled", "row level security", "force row level security"} | {
    *("replica identity", "clustered", "statistics targets", "target", "owned by"),
    *("storage", "compression", "statistics target", "depends on extension"),
}
_AFTER_OF_COLUMNS = ("option ", "security label ")


def remedy(  # noqa: PLR0913, PLR0917 - a difference, and what is around it
    kind: str,
    name: str,
    key: str | None,
    wanted: Properties,
    actual: str | None = None,
    around: Around = NOTHING,
) -> str | None:
    """SQL that makes one difference go away, or None.

    Args:
        kind: the object's kind, as the facts state it.
        name: the object, quoted and qualified.
        key: the property that differs; None when the whole object is missing or extra.
        wanted: all properties the object should have; empty when there should be no such object.
        actual: what that property is instead, if anything.
        around: everything that should be and that is.
    """
    difference = Difference(kind, name, key, wanted, actual, around)
    if cause_of(difference):
        return None
    sql = _change(difference) if key is not None else _object(difference)
    return None if sql is None or _lost(sql, around) else sql


def advice(  # noqa: PLR0913, PLR0917 - as remedy()
    kind: str,
    name: str,
    key: str | None,
    wanted: Properties,
    actual: str | None = None,
    around: Around = NOTHING,
) -> str:
    """What to do about a difference that no SQL is derived for, in a sentence; takes the same."""
    difference = Difference(kind, name, key, wanted, actual, around)
    if cause := cause_of(difference):
        return f"Mend {cause}: this follows from it."
    return words(difference)


def _lost(sql: str, around: Around) -> bool:
    """Whether it needs a schema that is not there."""
    schemas = (name for kind, name in around.wanted if kind == "schema")
    gone = [name for name in schemas if around.is_missing(("schema", name))]
    return any(f"{name}." in sql or f" schema {name};" in sql for name in gone)


def _object(difference: Difference) -> str | None:
    if sql := others.rename(difference):
        return sql
    if difference.wanted:
        return _restored(difference)
    if difference.name.endswith('."_RETURN"'):
        return parts.change_enabled(difference.about("enabled"))
    return others.drop(difference)


def _change(difference: Difference) -> str | None:
    makers = (others.change_any, *_CHANGE.get(difference.kind, ()))
    for make in makers:
        if sql := make(difference):
            return _replaced(difference, sql)
    if difference.kind in {"view", "materialized view"} and difference.key == "definition":
        return _view(difference)
    if difference.kind in _AGAIN and "not null" not in {difference.key, *difference.wanted}:
        return _again(difference)
    return None


def _replaced(difference: Difference, sql: str) -> str | None:
    """A function that must be another one is dropped first, if nothing depends on it."""
    if not sql.startswith("create or replace ") or not functions.is_another(difference):
        return sql
    if difference.around.dependents(head(difference.name)):
        return None
    return _again(difference)


def _view(difference: Difference) -> str | None:
    """A view with the columns that it should have is replaced; another is made anew."""
    around, name = difference.around, difference.name
    sides = [
        {
            (n, properties.get("type"))
            for (kind, n), properties in side.items()
            if kind == "column" and n.startswith(f"{name}.")
        }
        for side in (around.wanted, around.actual)
    ]
    if difference.kind == "view" and sides[0] == sides[1]:
        return relations.create_view(difference)
    return None if around.dependents(name) else _again(difference)


def _again(difference: Difference) -> str | None:
    made, dropped = _restored(difference), others.drop(difference, if_exists=True)
    return f"{dropped}\n{made}" if made and dropped else None


def _restored(difference: Difference) -> str | None:
    """An object with all that is its own."""
    make = _CREATE.get(difference.kind)
    made = make(difference) if make else None
    if made is None:
        return None
    statements = [made, *_parts(difference), *_rest(difference), *grants.grants_of(difference)]
    return "\n".join(statements)


def _parts(difference: Difference) -> list[str]:
    """Of a table, view or domain: what is on it, foreign keys last."""
    around, found = difference.around, list[str]()
    if difference.kind not in {"table", "view", "materialized view", "type"}:
        return found
    for kind in ("column", "constraint", "index", "trigger", "rule", "policy", "statistics"):
        for name in around.parts(difference.name, kind):
            if kind == "column":
                part = difference.of(kind, name)
                found += _rest(part, {"default"} if difference.kind == "view" else set())
                found += _sequence(part)
            elif kind == "index" and around.constraint_of(name):
                found += _rest(difference.of(kind, name))
            else:
                found.append(_restored(difference.of(kind, name)) or "")
    return sorted(filter(None, found), key=lambda sql: " FOREIGN KEY " in sql)


def _sequence(column: Difference) -> list[str]:
    """What an identity's sequence has of its own."""
    name = sequence_of(column.name)
    if "identity" not in column.wanted or ("sequence", name) not in column.around.wanted:
        return []
    sequence = column.of("sequence", name)
    changes = [relations.change_relation(sequence.about(k)) for k in sequence.wanted]
    return [*dict.fromkeys(filter(None, changes)), *_comment(sequence)]


def _comment(difference: Difference) -> list[str]:
    made = others.change_any(difference.about("comment"))
    return [made] if made and "comment" in difference.wanted else []


def _rest(difference: Difference, also: Set[str] = frozenset()) -> list[str]:
    """The properties that creating it does not set, and those that are named."""
    kind, wanted = difference.kind, difference.wanted
    is_apart = kind == "column" or (kind == "index" and "definition" not in wanted)
    keys = [
        key
        for key, value in wanted.items()
        if (key in _AFTER | also or (is_apart and key.startswith(_AFTER_OF_COLUMNS)))
        and (key, value) != ("row level security", "disabled")
    ]
    return [sql for key in keys if (sql := _change(difference.about(key)))]
