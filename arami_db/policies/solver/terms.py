"""Values as terms of z3, and their kinds.

The kinds are int, real, text, flag, time (an instant), stamp (one without a zone), date and span.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import z3

from arami_db.policies.expressions.tree import Expr, walk
from arami_db.policies.search.goals import Spot
from arami_db.policies.search.places import Env, Place, place_of
from arami_db.rows.tables import Column

_NUMBERS = {"smallint", "integer", "bigint", "int", "int2", "int4", "int8"}
_BOUNDS = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}
_REALS = {"numeric", "real", "double precision", "float8", "float4"}
COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
COUNTED: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}
_TEXTS = {("auth", name) for name in ("uid", "role", "email")}
_CHANGING = {"coalesce", "nullif", "lower", "upper", "btrim", "trim", "to_jsonb"}
# The day goes on, and what is before it stays so.
_LASTING = {"now", "keyword", "lower", "upper", "length", "make_interval", "current_date"}


class UnknownError(Exception):
    """A term that is not translated."""


class NullError(Exception):
    """A term that is null, with which nothing is true or false."""


def kind_of(type_name: str) -> str:
    """The kind of a type's values.

    Args:
        type_name: as Postgres has it.

    Raises:
        UnknownError: there is none.
    """
    if type_name in _NUMBERS:
        return "int"
    if type_name in _REALS:
        return "real"
    if type_name.startswith("timestamp"):
        return "stamp" if type_name.endswith("without time zone") else "time"
    if type_name == "date":
        return "date"
    if type_name in {"boolean", "bool"}:
        return "flag"
    if type_name == "interval":
        return "span"
    if type_name in {"text", "character varying", "uuid", "name", "varchar"}:
        return "text"
    raise UnknownError


def enum_kind(type_name: str, spot: Spot) -> str | None:
    """The kind of an enum that a column has; None for any other type.

    Args:
        type_name: as Postgres has it.
        spot: whose tables have the columns.
    """
    name = type_name.rpartition(".")[2]
    return f"type {name}" if name in spot.server.enums else None


def text_place(part: Expr, env: Env) -> Place | None:
    """The place of a claim, or of a key of JSON taken out as text; None for anything else.

    Args:
        part: the expression.
        env: which row each name is.
    """
    if part.kind == "op" and part.name in {"->>", "#>>"}:
        inner = any(one.kind == "call" and one.path[-1] in _CHANGING for one in walk(part))
        return None if inner else place_of(part, env)
    is_claim = part.kind == "call" and part.path in _TEXTS
    return place_of(part, env) if is_claim else None


def is_lasting(part: Expr) -> bool:
    """Whether what an expression of known values says now is so at any time.

    Args:
        part: the expression.
    """
    calls = [one for one in walk(part) if one.kind == "call"]
    return all(one.path[-1] in _LASTING or one.path in _TEXTS for one in calls)


def variable(name: str, kind: str) -> Any:
    """What stands for a value that is not known.

    Args:
        name: its name.
        kind: its kind.
    """
    makers = {"int": z3.Int, "text": z3.String, "flag": z3.Bool}
    is_label = kind.startswith("type ")
    return (z3.String if is_label else makers.get(kind, z3.Real))(name)


def _kind(type_name: str) -> str:
    """The kind of a known value; an enum's labels are alike only to those of the same type."""
    try:
        return kind_of(type_name)
    except UnknownError:
        return f"type {type_name.rpartition('.')[2]}"


def known(part: Expr, spot: Spot) -> tuple[Any, str]:
    """A value that the server says, and its kind.

    Args:
        part: of what is known.
        spot: where it stands.

    Raises:
        UnknownError: it is of no kind.
        NullError: it is null.
    """
    answer = spot.value(part)
    if answer is None:
        raise UnknownError
    if answer[0] is None:
        raise NullError
    text, kind = answer[0], "text" if answer[1] == "unknown" else _kind(answer[1])
    if kind in {"time", "stamp", "date", "span"}:
        whole = Expr("call", args=(Expr("const", "'epoch'"), part), path=("date_part",))
        seconds = spot.value(whole)
        if seconds is None or seconds[0] is None or "inf" in seconds[0].lower():
            raise UnknownError
        return z3.RealVal(seconds[0]), kind
    if kind == "flag":
        return z3.BoolVal(text == "true"), kind
    makers = {"int": z3.IntVal, "real": z3.RealVal}
    return makers.get(kind, z3.StringVal)(text), kind


def like(pattern: str) -> Any:
    """The texts that a pattern of LIKE matches, as a regular expression.

    Args:
        pattern: without escapes.
    """
    parts = []
    anything = z3.AllChar(z3.ReSort(z3.StringSort()))
    for piece in re.findall(r"%|_|[^%_]+", pattern):
        if piece == "%":
            parts.append(z3.Star(anything))
        else:
            parts.append(anything if piece == "_" else z3.Re(piece))
    if not parts:
        return z3.Re("")
    return parts[0] if len(parts) == 1 else z3.Concat(*parts)


def rules_of(term: tuple[Any, str], column: Column, is_null: Any) -> list[Any]:
    """What a column's type says of its values.

    Args:
        term: what stands for its value, and the kind of that.
        column: the column.
        is_null: whether it is null.
    """
    value, kind = term
    found = [z3.Not(is_null)] if column.required else []
    if column.labels:
        found.append(z3.Or([value == label for label in column.labels]))
    if column.length is not None and kind == "text":
        found.append(z3.Length(value) <= column.length)
    if bound := _BOUNDS.get(column.type):
        found += [value >= -bound, value < bound]
    if kind == "date":
        found.append(z3.IsInt(value / 86400))
    if told := re.fullmatch(r"numeric\((\d+),(\d+)\)", column.full_type):
        scaled, most = value * 10 ** int(told[2]), 10 ** int(told[1])
        found += [z3.IsInt(scaled), scaled < most, scaled > -most]
    return found
