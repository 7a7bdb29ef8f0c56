"""Functions and procedures: their whole definition, or one attribute."""

from __future__ import annotations

import re

from arami_db.drift.remedies.around import COMPILED, Properties
from arami_db.drift.remedies.difference import Difference
from arami_db.drift.remedies.names import dollars, literal, quoted
from arami_db.facts.names import head, listed, unquoted

# Settings that are lists of names: each name is quoted separately.
_LISTS = {
    "search_path",
    "temp_tablespaces",
    "local_preload_libraries",
    "session_preload_libraries",
    "shared_preload_libraries",
    "createrole_self_grant",
}
_USUAL = {  # the defaults
    "security": "invoker",
    "volatility": "volatile",
    "parallel": "unsafe",
    "cost": "100",
}
_DEFAULT = " DEFAULT "


def create_function(difference: Difference) -> str | None:
    """The whole definition of a function or procedure; None for other routines."""
    if difference.kind == "aggregate" or "arguments" not in difference.wanted:
        return None
    name, wanted = difference.name, difference.wanted
    kind = "procedure" if difference.kind == "procedure" else "function"
    lines = [f"create or replace {kind} {head(name)}({wanted['arguments']})"]
    lines += [f"returns {wanted['returns']}"] if kind == "function" else []
    lines += [f"language {wanted['language']}", *_attributes(difference.kind, wanted)]
    lines += [
        f"set {quoted(key.removeprefix('set '))} to {_value(key, value)}"
        for key, value in wanted.items()
        if key.startswith("set ")
    ]
    return "\n".join([*lines, _body(wanted)]) + ";"


def _attributes(kind: str, wanted: Properties) -> list[str]:
    security = ["security definer"] if wanted.get("security") == "definer" else []
    if kind == "procedure":
        return security
    clauses = ["window"] if kind == "window function" else []
    clauses += [wanted.get("volatility", "volatile")]
    clauses += ["strict"] if "strict" in wanted else []
    clauses += security
    clauses += ["leakproof"] if "leakproof" in wanted else []
    clauses += [f"parallel {wanted['parallel']}"] if "parallel" in wanted else []
    clauses += [f"cost {wanted.get('cost', '100')}"]
    clauses += [f"rows {wanted['rows']}"] if "rows" in wanted else []
    clauses += [f"support {wanted['support']}"] if "support" in wanted else []
    if "transforms" in wanted:
        types = ", ".join(f"for type {t}" for t in listed(wanted["transforms"]))
        clauses += [f"transform {types}"]
    return clauses


def _value(key: str, value: str) -> str:
    if key.removeprefix("set ") not in _LISTS:
        return literal(value)
    return ", ".join(literal(unquoted(name)) for name in listed(value)) or "''"


def _body(wanted: Properties) -> str:
    source = wanted.get("source", "")
    if wanted["language"] == "sql" and source.startswith(COMPILED):
        return source
    library = f"{literal(wanted['library'])}, " if "library" in wanted else ""
    return f"as {library}{dollars(source)}"


def change_function(difference: Difference) -> str | None:
    """One attribute, or the whole function where the definition itself differs."""
    key, wanted = difference.key or "", difference.wanted
    alter = f"alter {difference.kind.removeprefix('window ')} {difference.name}"
    if key.startswith("set "):
        name = quoted(key.removeprefix("set "))
        if key in wanted:
            return f"{alter} set {name} to {_value(key, wanted[key])};"
        return f"{alter} reset {name};"
    if key in {"strict", "leakproof"}:
        no = {"strict": "called on null input", "leakproof": "not leakproof"}
        return f"{alter} {key if key in wanted else no[key]};"
    if key in {"security", "parallel", "cost", "volatility"}:
        clause = "" if key == "volatility" else f"{key} "
        return f"{alter} {clause}{wanted.get(key, _USUAL[key])};"
    if key == "rows" and key in wanted:
        return f"{alter} rows {wanted[key]};"
    return None if key == "rows" else create_function(difference)


def is_another(difference: Difference) -> bool:
    """Whether the expected function cannot replace the existing one, which must be dropped."""
    now, wanted = difference.now, difference.wanted
    if difference.key not in {"arguments", "returns", "source", "language"}:
        return False
    if now.get("returns") != wanted.get("returns"):
        return True
    before, after = now.get("arguments", ""), wanted.get("arguments", "")
    # A default may be changed and added, but not removed.
    return _names(before) != _names(after) or before.count(_DEFAULT) > after.count(_DEFAULT)


def _names(arguments: str) -> list[str]:
    return [re.split(_DEFAULT, argument)[0] for argument in arguments.split(", ")]
