"""A goal: a condition to make true, the world, and the rows that its names mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from arami_db.policies.expressions.claims import string
from arami_db.policies.expressions.tree import Expr, literal, walk
from arami_db.policies.search.evaluator import Answer, Evaluator
from arami_db.policies.search.places import Env, Place, place_of
from arami_db.policies.search.worlds import CaseWorld

Goal = tuple[Expr, Env]
Step = tuple[CaseWorld, tuple[Goal, ...]]


@dataclass(frozen=True)
class Spot:
    """The context of an expression: the world, and the rows that its names mean."""

    server: Evaluator
    world: CaseWorld
    env: Env

    def put(self, place: Place, value: object) -> Iterator[Step]:
        """The world with a value, if it can have it.

        Args:
            place: where.
            value: the value.
        """
        made = self.world.put(place, value)
        if made is not None:
            yield made, ()

    def value(self, part: Expr) -> Answer | None:
        """What an expression is here.

        Args:
            part: one whose values are all known.
        """
        return self.server.value(part, self.env, self.world)


def unknowns(part: Expr, world: CaseWorld, env: Env) -> Mapping[Place, Expr]:
    """The places that an expression reads without a value yet, each with the part that reads it.

    Args:
        part: the expression.
        world: where they have none.
        env: which row each name is.
    """
    place = place_of(part, env)
    if place is not None:
        return {} if world.has(place) else {place: part}
    found: dict[Place, Expr] = {}
    for arg in part.args:
        found |= unknowns(arg, world, env)
    return found


def with_keys(part: Expr, spot: Spot) -> Expr:
    """The same with the values of what is known among the keys of JSON that it reads.

    Args:
        part: the expression.
        spot: where it stands.
    """
    part = replace(part, args=tuple(with_keys(arg, spot) for arg in part.args))
    if part.kind == "op" and part.name in {"->", "->>"} and part.args[1:]:
        key = part.args[1]
        answer = spot.value(key) if string(key) is None and is_known(key, spot) else None
        if answer is not None and answer[1] in {"text", "integer"}:
            made = literal(answer[0]) if answer[1] == "text" else Expr("const", str(answer[0]))
            return replace(part, args=(part.args[0], made))
    return part


def keys_of(part: Expr) -> list[Expr]:
    """The keys, other than constants, by which an expression reads JSON.

    Args:
        part: the expression.
    """
    read = [one for one in walk(part) if one.kind == "op" and one.name in {"->", "->>"}]
    return [one.args[1] for one in read if one.args[1:] and string(one.args[1]) is None]


def is_known(part: Expr, spot: Spot) -> bool:
    """Whether all that an expression reads is known, and the server may be asked for it.

    Args:
        part: the expression.
        spot: where it stands.
    """
    is_taken_apart = any(one.kind == "element" for one in walk(part))
    return not (unknowns(part, spot.world, spot.env) or has_query(part) or is_taken_apart)


def has_query(part: Expr) -> bool:
    """Whether an expression looks at other tables, or at what is not in the tree.

    Args:
        part: the expression.
    """
    if part.query is not None or (part.kind == "opaque" and part.args):
        return True
    return any(has_query(arg) for arg in part.args)
