"""Conditions in the words of z3: when each is true, and when it is false; null is neither."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import z3

from arami_db.policies.claims import string
from arami_db.policies.places import Place, place_of
from arami_db.policies.spots import Spot, is_known
from arami_db.policies.terms import (
    NullError,
    UnknownError,
    is_lasting,
    kind_of,
    known,
    like,
    text_place,
    variable,
)
from arami_db.policies.tree import Expr
from arami_db.rows.tables import Column

_BOUNDS = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}
_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_COUNTED: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}


@dataclass
class Translation:
    """What was translated so far.

    Attributes:
        values: by place, what stands for its value; the kind of that is int, real, text, time or
            flag.
        nulls: by place, whether it is null.
        rules: what is so of every row.
        is_exact: whether all of it means what Postgres means, so that a contradiction is a proof.
    """

    values: dict[Place, tuple[Any, str]] = field(default_factory=dict)
    nulls: dict[Place, Any] = field(default_factory=dict)
    rules: list[Any] = field(default_factory=list)
    is_exact: bool = True
    _free: int = 0

    def true(self, part: Expr, spot: Spot) -> Any:
        """When a condition is true.

        Args:
            part: the condition.
            spot: where it stands.
        """
        return self._holds(part, spot, wanted=True)

    def false(self, part: Expr, spot: Spot) -> Any:
        """When a condition is false.

        Args:
            part: the condition.
            spot: where it stands.
        """
        return self._holds(part, spot, wanted=False)

    def _holds(self, part: Expr, spot: Spot, *, wanted: bool) -> Any:
        match part.kind:
            case "and" | "or":
                each = [self._holds(arg, spot, wanted=wanted) for arg in part.args]
                return z3.And(each) if (part.kind == "and") == wanted else z3.Or(each)
            case "not":
                return self._holds(part.args[0], spot, wanted=not wanted)
            case "test" if part.name in {"null", "not null"}:
                arg = part.args[0]
                place = place_of(arg, spot.env) if arg.kind == "column" else None
                place = place or text_place(arg, spot.env)
                if place is not None and not spot.world.has(place):
                    column = spot.world.column(place)
                    if column is not None and column.required and len(place) == 2:
                        return z3.BoolVal(val=(part.name == "not null") == wanted)
                    is_null = self.nulls.setdefault(place, z3.Bool(f"null {place}"))
                    return is_null if (part.name == "null") == wanted else z3.Not(is_null)
            case "any" | "all" if part.args[1].kind == "array":
                kind = "or" if part.kind == "any" else "and"
                each = [Expr("op", part.name, (part.args[0], one)) for one in part.args[1].args]
                return self._holds(Expr(kind, args=tuple(each)), spot, wanted=wanted)
        nulls: list[Any] = []
        try:
            found = self._atom(part, spot, nulls)
        except NullError:
            return z3.BoolVal(val=False)
        except (UnknownError, z3.Z3Exception):
            self._free += 1
            return z3.Bool(f"free {self._free}")  # it may be either
        return z3.And(found if wanted else z3.Not(found), *(z3.Not(one) for one in nulls))

    def _atom(self, part: Expr, spot: Spot, nulls: list[Any]) -> Any:
        if part.kind == "op" and part.name in {"~~", "!~~"}:
            text, pattern = self._term(part.args[0], spot, nulls), string(part.args[1])
            if pattern is None or "\\" in pattern or text[1] != "text":
                raise UnknownError
            found = z3.InRe(text[0], like(pattern))
            return found if part.name == "~~" else z3.Not(found)
        if part.kind == "op" and part.name in _COMPARED and len(part.args) == 2:
            left, right = (self._term(arg, spot, nulls) for arg in part.args)
            kinds = {left[1], right[1]}
            if len(kinds) > 1 and kinds != {"int", "real"}:
                raise UnknownError
            if z3.is_string(left[0]) and part.name not in {"=", "<>"}:
                raise UnknownError  # which comes first is the collation's to say
            return _COMPARED[part.name](left[0], right[0])
        value, kind = self._term(part, spot, nulls)
        if kind != "flag":
            raise UnknownError
        return value

    def _term(self, part: Expr, spot: Spot, nulls: list[Any]) -> tuple[Any, str]:
        """A value, and its kind; nulls gets what must not be null for there to be one."""
        if is_known(part, spot):
            self.is_exact = self.is_exact and is_lasting(part)
            return known(part, spot)
        if part.kind == "column":
            place = place_of(part, spot.env)
            column = spot.world.column(place) if place else None
            if place is None or column is None:
                raise UnknownError
            kind = f"type {column.type}" if column.labels else kind_of(column.type)
            return self._place(place, kind, spot, nulls)
        if (place := text_place(part, spot.env)) is not None:
            return self._place(place, "text", spot, nulls)
        if part.kind == "cast":
            return self._cast(part, spot, nulls)
        if part.kind == "op" and len(part.args) == 2:
            return self._counted(part, spot, nulls)
        if part.kind == "call" and part.path[-1] in {"length", "char_length"}:
            text, kind = self._term(part.args[0], spot, nulls)
            if kind == "text":
                return z3.Length(text), "int"
        raise UnknownError

    def _cast(self, part: Expr, spot: Spot, nulls: list[Any]) -> tuple[Any, str]:
        """A value of another type, where it stays the same value."""
        kind = kind_of(part.name)
        place = text_place(part.args[0], spot.env)
        if place is not None and not spot.world.has(place):
            return self._place(place, kind, spot, nulls)
        value, given = self._term(part.args[0], spot, nulls)
        if given == kind:
            return value, kind
        if (given, kind) == ("int", "real"):
            return z3.ToReal(value), kind
        raise UnknownError

    def _counted(self, part: Expr, spot: Spot, nulls: list[Any]) -> tuple[Any, str]:
        (left, one), (right, other) = (self._term(arg, spot, nulls) for arg in part.args)
        kinds = {one, other}
        if part.name in _COUNTED and kinds <= {"int", "real"}:
            return _COUNTED[part.name](left, right), "int" if kinds == {"int"} else "real"
        if part.name in {"+", "-"} and "span" in kinds and kinds & {"time", "stamp"}:
            self.is_exact = False  # months differ
            return _COUNTED[part.name](left, right), one if one != "span" else other
        if part.name == "||" and kinds == {"text"}:
            return z3.Concat(left, right), "text"
        if part.name in {"/", "%"} and kinds <= {"int", "real"}:
            self.is_exact = False  # Postgres cuts towards zero
            self.rules.append(right != 0)
            return (left % right, "int") if part.name == "%" else (left / right, "real")
        raise UnknownError

    def _place(self, place: Place, kind: str, spot: Spot, nulls: list[Any]) -> tuple[Any, str]:
        column = spot.world.column(place)
        if place in self.values and self.values[place][1] != kind:
            raise UnknownError
        if place not in self.values:
            self.values[place] = (variable(str(place), kind), kind)
            if column is not None and len(place) == 2:
                self._rule(place, column)
        nulls.append(self.nulls.setdefault(place, z3.Bool(f"null {place}")))
        return self.values[place]

    def _rule(self, place: Place, column: Column) -> None:
        """What the column's type says of its values."""
        value = self.values[place][0]
        if column.required:
            self.rules.append(z3.Not(self.nulls.setdefault(place, z3.Bool(f"null {place}"))))
        if column.labels:
            self.rules.append(z3.Or([value == label for label in column.labels]))
        if column.length is not None:
            self.rules.append(z3.Length(value) <= column.length)
        if bound := _BOUNDS.get(column.type):
            self.rules += [value >= -bound, value < bound]
        if self.values[place][1] == "date":
            self.rules.append(z3.IsInt(value / 86400))
        if found := re.fullmatch(r"numeric\((\d+),(\d+)\)", column.full_type):
            scale = 10 ** int(found[2])
            self.rules += [z3.IsInt(value * scale), value * scale < 10 ** int(found[1])]
            self.rules.append(value * scale > -(10 ** int(found[1])))
