"""The SQL that restores a fact, where it follows from the facts; and what to do where it does not.

What drops an object never cascades, and what is there under another name gets its name back.
"""

from __future__ import annotations

from arami_db.verify.remedies import functions, others, parts, relations
from arami_db.verify.remedies.around import Around, Properties, by_object
from arami_db.verify.remedies.causes import cause_of, column_of
from arami_db.verify.remedies.difference import NOTHING, Difference
from arami_db.verify.remedies.names import head
from arami_db.verify.remedies.whole import change_in_place, restored
from arami_db.verify.remedies.words import words

__all__ = ["Around", "advice", "by_object", "remedy"]

# Made again where another property differs: they hold nothing.
_AGAIN = {"policy", "trigger", "rule", "constraint", "index", "statistics"}


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
    gone = around.missing["schema"]
    return any(f"{name}." in sql or f" schema {name};" in sql for name in gone)


def _object(difference: Difference) -> str | None:
    if sql := others.rename(difference):
        return sql
    if difference.wanted:
        return restored(difference)
    if difference.name.endswith('."_RETURN"'):
        return parts.change_enabled(difference.about("enabled"))
    if difference.kind == "constraint" and "not null" in difference.now:
        return others.not_null(difference, column_of(difference))
    return others.drop(difference)


def _change(difference: Difference) -> str | None:
    if sql := change_in_place(difference):
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
    made, dropped = restored(difference), others.drop(difference, if_exists=True)
    return f"{dropped}\n{made}" if made and dropped else None
