"""Conditions as formulas of z3. With nulls in SQL, a condition may be neither true nor false."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import z3

from arami_db.policies.expressions.claims import string
from arami_db.policies.expressions.splitting import denied
from arami_db.policies.expressions.tree import NULL, Expr
from arami_db.policies.expressions.writing import text
from arami_db.policies.search.goals import Spot, is_known
from arami_db.policies.search.places import Place, place_of
from arami_db.policies.solver.terms import (
    COMPARED,
    COUNTED,
    NullError,
    UnknownError,
    enum_kind,
    is_lasting,
    kind_of,
    known,
    like,
    rules_of,
    text_place,
    variable,
)


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
    _free: dict[str, tuple[Any, Any]] = field(default_factory=dict)

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
                is_null = self._is_null(part.args[0], spot)
                if is_null is not None:
                    return is_null if (part.name == "null") == wanted else z3.Not(is_null)
            case "test" if part.name.removeprefix("not ") in {"true", "false"}:
                is_so = self._holds(part.args[0], spot, wanted=part.name.endswith("true"))
                return z3.Not(is_so) if part.name.startswith("not ") == wanted else is_so
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
            return self._either(part, wanted=wanted)
        return z3.And(found if wanted else z3.Not(found), *(z3.Not(one) for one in nulls))

    def _either(self, part: Expr, *, wanted: bool) -> Any:
        """A condition of which nothing is known but that it is not true and false at once."""
        opposite = text(denied(part))
        if opposite in self._free:
            return self._free[opposite][not wanted]
        name = text(part) if is_lasting(part) else f"{len(self._free)} {text(part)}"
        if name not in self._free:
            pair = z3.Bool(f"false: {name}"), z3.Bool(f"true: {name}")
            self._free[name] = pair
            self.rules.append(z3.Not(z3.And(pair)))
        return self._free[name][wanted]

    def _null(self, place: Place) -> Any:
        return self.nulls.setdefault(place, z3.Bool(f"null {place}"))

    def _is_null(self, part: Expr, spot: Spot) -> Any:
        """When an expression is null; None where its operands do not say."""
        if part.kind == "not" or (part.kind == "op" and part.name in {*COMPARED, *COUNTED}):
            each = [self._is_null(arg, spot) for arg in part.args]
            return None if any(one is None for one in each) else z3.Or(each)
        if part.kind == "const":
            return z3.BoolVal(val=part == NULL)
        place = place_of(part, spot.env) if part.kind == "column" else None
        place = place or text_place(part, spot.env)
        if place is None or spot.world.has(place):
            return None
        column = spot.world.column(place)
        if column is not None and column.required and len(place) == 2:
            return z3.BoolVal(val=False)
        return self._null(place)

    def _atom(self, part: Expr, spot: Spot, nulls: list[Any]) -> Any:
        if part.kind == "op" and part.name in {"~~", "!~~"}:
            text, pattern = self._term(part.args[0], spot, nulls), string(part.args[1])
            if pattern is None or "\\" in pattern or text[1] != "text":
                raise UnknownError
            found = z3.InRe(text[0], like(pattern))
            return found if part.name == "~~" else z3.Not(found)
        if part.kind == "op" and part.name in COMPARED and len(part.args) == 2:
            left, right = (self._term(arg, spot, nulls) for arg in part.args)
            kinds = {left[1], right[1]}
            if any(string(arg) is not None for arg in part.args):  # of the type of what it is with
                kinds -= {"text"} if any(kind.startswith("type ") for kind in kinds) else set()
            if len(kinds) > 1 and kinds != {"int", "real"}:
                raise UnknownError
            if z3.is_string(left[0]) and part.name not in {"=", "<>"}:
                raise UnknownError  # which comes first is the collation's to say
            return COMPARED[part.name](left[0], right[0])
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
            kind = enum_kind(column.type, spot) or kind_of(column.type)
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
        if enum := enum_kind(part.name, spot):
            value, given = self._term(part.args[0], spot, nulls)
            if given not in {"text", enum}:
                raise UnknownError
            return value, enum  # a text that is not a label raises an error, which is not true
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
        if part.name in COUNTED and kinds <= {"int", "real"}:
            return COUNTED[part.name](left, right), "int" if kinds == {"int"} else "real"
        if part.name in {"+", "-"} and "span" in kinds and kinds & {"time", "stamp"}:
            self.is_exact = False  # months differ
            return COUNTED[part.name](left, right), one if one != "span" else other
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
                self.rules += rules_of(self.values[place], column, self._null(place))
        nulls.append(self._null(place))
        return self.values[place]
