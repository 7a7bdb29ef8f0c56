"""Values in the words of z3, and of which kind each is: int, real, text, time, span or flag."""

from __future__ import annotations

import re
from typing import Any

import z3

from arami_db.policies.spots import Spot
from arami_db.policies.tree import Expr

_NUMBERS = {"smallint", "integer", "bigint", "int", "int2", "int4", "int8"}
_REALS = {"numeric", "real", "double precision", "float8", "float4"}
_TIMES = ("timestamp", "date")


class UnknownError(Exception):
    """A term that is not translated."""


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
    if type_name.startswith(_TIMES):
        return "time"
    if type_name in {"boolean", "bool"}:
        return "flag"
    if type_name == "interval":
        return "span"
    if type_name in {"text", "character varying", "uuid", "name", "varchar"}:
        return "text"
    raise UnknownError


def cast_kind(part: Expr) -> str:
    """The kind of a claim or of a key of JSON, which is text unless it is cast.

    Args:
        part: the claim or key, cast or not.

    Raises:
        UnknownError: it is cast to what has none.
    """
    return kind_of(part.name) if part.kind == "cast" else "text"


def variable(name: str, kind: str) -> Any:
    """What stands for a value that is not known.

    Args:
        name: its name.
        kind: its kind.
    """
    makers = {"int": z3.Int, "text": z3.String, "flag": z3.Bool}
    return makers.get(kind, z3.Real)(name)


def known(part: Expr, spot: Spot) -> tuple[Any, str]:
    """A value that the server says, and its kind.

    Args:
        part: of what is known.
        spot: where it stands.

    Raises:
        UnknownError: it is null, or of no kind.
    """
    answer = spot.value(part)
    if answer is None or answer[0] is None:
        raise UnknownError
    text, kind = answer[0], "text" if answer[1] == "unknown" else kind_of(answer[1])
    if kind in {"time", "span"}:
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
