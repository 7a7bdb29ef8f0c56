"""The ways to make one condition true: values to set, and conditions that remain."""

from __future__ import annotations

from collections.abc import Iterator

from arami_db.policies.expressions.claims import string
from arami_db.policies.expressions.splitting import denied
from arami_db.policies.expressions.tree import TRUE, Expr
from arami_db.policies.search.arrays import holding, keyed, of_array
from arami_db.policies.search.candidates import any_value, chosen, labels, probed, rank, settled
from arami_db.policies.search.comparisons import mirrored, targets
from arami_db.policies.search.functions import json_for
from arami_db.policies.search.goals import Spot, Step, has_query, is_known, unknowns
from arami_db.policies.search.inversion import want
from arami_db.policies.search.places import place_of
from arami_db.policies.search.subqueries import found_rows, without_query

_CONDITIONS = {"test", "and", "or", "not", "exists", "in", "any", "all"}
_KEYS = {"?", "?|", "?&"}


def steps(part: Expr, spot: Spot) -> Iterator[Step]:
    """The ways of making a condition true, likely ones first.

    Args:
        part: the condition.
        spot: where it stands.
    """
    match part.kind:
        case "const":
            if part == TRUE or string(part) in {"t", "true"}:
                yield spot.world, ()
        case "and":
            yield spot.world, tuple((arg, spot.env) for arg in part.args)
        case "or":
            yield from ((spot.world, ((arg, spot.env),)) for arg in part.args)
        case "not":
            yield from _denied(part, spot)
        case "exists" | "in":
            yield from found_rows(part, spot)
        case "any" | "all":
            yield from of_array(part, spot)
        case "test":
            yield from _tested(part, spot)
        case _:
            yield from _compared(part, spot)


def _denied(part: Expr, spot: Spot) -> Iterator[Step]:
    opposite = denied(part.args[0])
    if opposite != part:
        yield spot.world, ((opposite, spot.env),)
    elif part.args[0].query is not None:
        yield spot.world, ()  # nobody has made such a row
    elif has_query(part):
        yield from without_query(part, spot)
    elif is_known(part, spot):
        yield from settled(part, spot)
    elif ("claims",) in unknowns(part, spot.world, spot.env):
        yield spot.world, ()  # there are only those that are named
    elif part.args[0].kind in {"op", "any", "all"}:
        yield from probed(part, spot)
        for world, goals in chosen(part, spot):
            yield world, (*goals, (part, spot.env))
    else:
        yield from want(part.args[0], "false", spot)
        yield from probed(part, spot)


def _tested(part: Expr, spot: Spot) -> Iterator[Step]:
    arg, name = part.args[0], part.name
    if name.endswith("distinct from"):
        yield from _distinct(part, spot)
    elif is_known(arg, spot):
        yield from settled(part, spot)
    elif name in {"true", "not false", "false", "not true"}:
        wanted = arg if name in {"true", "not false"} else denied(arg)
        yield spot.world, ((wanted, spot.env),)
        if name.startswith("not"):
            yield spot.world, ((Expr("test", "null", (arg,)), spot.env),)
    elif has_query(arg):
        yield from without_query(part, spot)
    elif place_of(arg, spot.env) == ("claims",):
        if name == "not null":
            yield spot.world, ()
    elif name in {"null", "unknown"}:
        yield from want(arg, None, spot)
        yield from probed(part, spot)
    else:
        yield from any_value(part, arg, spot)
        yield from probed(part, spot)


def _distinct(part: Expr, spot: Spot) -> Iterator[Step]:
    is_same = part.name.startswith("not")
    yield spot.world, ((Expr("op", "=" if is_same else "<>", part.args), spot.env),)
    left, right = (Expr("test", "null", (arg,)) for arg in part.args)
    pairs = [(left, right)] if is_same else [(left, denied(right)), (denied(left), right)]
    for pair in pairs:
        yield spot.world, tuple((one, spot.env) for one in pair)


def _compared(part: Expr, spot: Spot) -> Iterator[Step]:
    """A comparison, or whatever else is true or false: a column, a call."""
    if has_query(part):
        yield from without_query(part, spot)
    elif is_known(part, spot):
        yield from settled(part, spot)
    else:
        if part.kind == "op" and len(part.args) == 2:
            yield from _operands(part, spot)
        else:
            yield from want(part, "true", spot)
        if len(unknowns(part, spot.world, spot.env)) > 1:
            yield from any_value(part, part, spot)
        yield from probed(part, spot)


def _operands(part: Expr, spot: Spot) -> Iterator[Step]:
    left, right = part.args
    flipped = mirrored(part.name)
    if left.kind == right.kind == "row":
        pairs = zip(left.args, right.args, strict=False)
        yield spot.world, tuple((Expr("op", part.name, pair), spot.env) for pair in pairs)
    elif part.name in {"=", "<>"} and {left.kind, right.kind} & _CONDITIONS:
        other = right if part.name == "=" else denied(right)
        yield spot.world, ((left, spot.env), (other, spot.env))
        yield spot.world, ((denied(left), spot.env), (denied(other), spot.env))
    elif part.name in _KEYS:
        yield from keyed(part, spot)
    elif part.name in {"@?", "@@"} and string(right) is not None:
        yield from want(left, json_for(string(right) or ""), spot)
    elif is_known(right, spot):
        yield from _toward(part.name, left, right, spot)
    elif is_known(left, spot) and flipped:
        yield from _toward(flipped, right, left, spot)
    else:
        for side in sorted((left, right), key=lambda one: rank(one, spot)):
            yield from any_value(part, side, spot)


def _toward(operator: str, side: Expr, known: Expr, spot: Spot) -> Iterator[Step]:
    """Values of one side for what is known of the other."""
    answer = spot.value(known)
    if answer is None or answer[0] is None:
        return
    value, kind = answer[0], answer[1]
    named = list(labels(operator, side, value, spot))
    wanted = list(targets(operator, value, kind))
    # What is not to be something may well be what else the table's own constraints name.
    is_denied = operator in {"<>", "!="} or operator.startswith("!~")
    for target in (*named, *wanted) if is_denied else (*wanted, *named):
        if side.kind == "element" and not side.name.startswith("json"):
            yield from holding(side.args[0], target, spot)
        else:
            yield from want(side, target, spot)
