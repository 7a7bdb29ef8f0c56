"""The SQL that restores a fact, where it follows from the facts; and what to do where it does not.

What drops an object never cascades, and what is there under another name gets its name back.
"""

from __future__ import annotations

from arami_db.drift.remedies import functions, others, parts, relations
from arami_db.drift.remedies.around import Sides
from arami_db.drift.remedies.causes import cause_of, column_of
from arami_db.drift.remedies.difference import Difference
from arami_db.drift.remedies.whole import change_in_place, restored
from arami_db.drift.remedies.words import words
from arami_db.facts.names import head

__all__ = ["advice", "remedy"]

# Made again where another property differs: they hold nothing.
_AGAIN = {"policy", "trigger", "rule", "constraint", "index", "statistics"}


def remedy(difference: Difference) -> str | None:
    """SQL that makes one difference go away; None where there is none, or another cause."""
    if cause_of(difference):
        return None
    sql = _change(difference) if difference.key is not None else _object(difference)
    return None if sql is None or _lost(sql, difference.around) else sql


def advice(difference: Difference) -> str:
    """What to do about a difference that no SQL is derived for, in a sentence."""
    if cause := cause_of(difference):
        return f"Mend {cause}: this follows from it."
    return words(difference)


def _lost(sql: str, around: Sides) -> bool:
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
    if difference.kind == "publication":
        return others.unpublish(difference)
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
