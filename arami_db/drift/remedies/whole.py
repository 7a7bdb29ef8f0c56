"""Whole objects with their parts, and changes in place: which function makes which SQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Set

from arami_db.drift.remedies import columns, functions, grants, others, parts, relations
from arami_db.drift.remedies.around import Sides
from arami_db.drift.remedies.difference import Difference
from arami_db.drift.remedies.names import sequence_of

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
# Properties that no CREATE sets, and prefixes of such properties.
_AFTER = {"owner", "comment", "enabled", "row level security", "force row level security"} | {
    *("replica identity", "clustered", "statistics targets", "target", "owned by"),
    *("storage", "compression", "statistics target"),
}
_REFERENCES = re.compile(r' REFERENCES ((?:"(?:[^"]|"")*"|[^" (])+)')
_AFTER_ALWAYS = ("security label ", "depends on extension ")


def change_in_place(difference: Difference) -> str | None:
    """The statement that changes one property, if that is possible."""
    makers = (others.change_any, *_CHANGE.get(difference.kind, ()))
    return next((sql for make in makers if (sql := make(difference))), None)


def restored(difference: Difference) -> str | None:
    """An object with all its parts."""
    make = _CREATE.get(difference.kind)
    made = make(difference) if make else None
    if made is None:
        return None
    statements = [made, *_parts(difference), *_rest(difference), *grants.grants_of(difference)]
    statements += relations.attached(difference) if difference.kind == "table" else []
    return "\n".join(statements)


def _parts(difference: Difference) -> list[str]:
    """The parts of a table, view or domain, foreign keys last."""
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
            elif "inherited" in around.wanted[kind, name] or _is_to_partition(around, name):
                continue  # it comes with the parent's
            else:
                found.append(restored(difference.of(kind, name)) or "")
    return sorted(filter(None, found), key=lambda sql: " FOREIGN KEY " in sql)


def _is_to_partition(around: Sides, constraint: str) -> bool:
    """Whether a foreign key to a partition, which comes with the one to what that is a part of."""
    properties = around.wanted.get(("constraint", constraint), {})
    found = _REFERENCES.search(properties.get("definition", ""))
    return found is not None and "partition bound" in around.wanted.get(("table", found[1]), {})


def _sequence(column: Difference) -> list[str]:
    """The properties of the sequence of an identity column."""
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
    """The properties that its CREATE does not set, and the given ones."""
    kind, wanted = difference.kind, difference.wanted
    if kind == "column" or (kind == "index" and "definition" not in wanted):
        also = {*also, "option "}
    keys = [
        key
        for key, value in wanted.items()
        if (key in _AFTER | also or key.startswith((*_AFTER_ALWAYS, *also)))
        and (key, value) != ("row level security", "disabled")
    ]
    return [sql for key in keys if (sql := change_in_place(difference.about(key)))]
