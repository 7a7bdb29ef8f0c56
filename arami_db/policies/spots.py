"""Where an expression stands, and what of it is known there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from arami_db.policies.measuring import Answer, Server
from arami_db.policies.places import Env, Place, place_of
from arami_db.policies.tree import Expr, walk
from arami_db.policies.worlds import World

Goal = tuple[Expr, Env]
Step = tuple[World, tuple[Goal, ...]]


@dataclass(frozen=True)
class Spot:
    """Where an expression stands: in which world, among which rows."""

    server: Server
    world: World
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


def unknowns(part: Expr, world: World, env: Env) -> Mapping[Place, Expr]:
    """The places that an expression reads and that have no value yet, and by which part.

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
