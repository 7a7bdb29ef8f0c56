"""Ask z3 for a world in which conditions are true, or for a proof that there is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from arami_db.policies.expressions.tree import Expr
from arami_db.policies.search.evaluator import Evaluator
from arami_db.policies.search.goals import Goal, Spot
from arami_db.policies.search.places import Place
from arami_db.policies.search.subqueries import found_rows, without_query
from arami_db.policies.search.worlds import CaseWorld

if TYPE_CHECKING:
    from arami_db.policies.solver.translation import Translation

HOW = "install arami-db[solver], which looks for them by calculation"
_LIMIT = 2_000_000  # of z3's own units of work: the same everywhere

# The usual claims, and then others: the last time no claim is as usual.
_LEFT_OUT = (set[str](), {"role"}, {"sub"}, {"sub", "role", "email"})


class ImpossibleError(Exception):
    """It was proved that there is no such world."""


def is_installed() -> bool:
    """Whether z3 can be asked."""
    return find_spec("z3") is not None


def solved(
    server: Evaluator, world: CaseWorld, goals: Sequence[Goal], checks: Sequence[Expr]
) -> tuple[CaseWorld, tuple[Goal, ...]] | None:
    """A world that z3 finds for some conditions, and these conditions without their queries.

    Args:
        server: answers what expressions are.
        world: to begin with.
        goals: the conditions.
        checks: what must not be false of the policy's row.

    Raises:
        ImpossibleError: there is none.
    """
    begin, flat, is_whole = _flat(server, world, goals)
    for left_out in _LEFT_OUT:
        usual = {place: v for place, v in begin.usual.items() if place[1] not in left_out}
        now = replace(begin, usual=usual)
        answer, made = _asked(Spot(server, now, goals[0][1]), flat, checks)
        if answer.is_sat:
            found = _filled(now, made, answer.model)
            return None if found is None else (found, flat)
    if answer.is_unsat and not is_whole:  # without what could be true in other ways as well
        now, flat, _ = _flat(server, replace(world, usual=usual), goals, is_strict=True)
        answer, made = _asked(Spot(server, now, goals[0][1]), flat, checks)
    if answer.is_unsat and made.is_exact:
        raise ImpossibleError
    return None


@dataclass(frozen=True)
class _Answer:
    is_sat: bool
    is_unsat: bool
    model: Any


def _asked(
    spot: Spot, goals: Sequence[Goal], checks: Sequence[Expr]
) -> tuple[_Answer, Translation]:
    import z3

    from arami_db.policies.solver.translation import Translation

    made, solver = Translation(), z3.Solver()
    solver.set("rlimit", _LIMIT)
    for part, env in goals:
        solver.add(made.true(part, replace(spot, env=env)))
    for check in checks:
        solver.add(z3.Not(made.false(check, spot)))
    solver.add(made.rules)
    answer = solver.check()
    model = solver.model() if answer == z3.sat else None
    return _Answer(answer == z3.sat, answer == z3.unsat, model), made


def _flat(
    server: Evaluator, world: CaseWorld, goals: Sequence[Goal], *, is_strict: bool = False
) -> tuple[CaseWorld, tuple[Goal, ...], bool]:
    """Conditions without queries: on rows, instead. Whether these say all that those did.

    Strictly, what says more than its query did is left out.
    """
    todo, flat, is_whole = list(goals), list[Goal](), True
    while todo:
        part, env = todo.pop(0)
        spot = Spot(server, world, env)
        if part.kind == "and":
            todo += [(arg, env) for arg in part.args]
            continue
        if part.kind in {"exists", "in"}:
            step, says_more = next(found_rows(part, spot), None), _is_loose(part)
        else:
            step = next(without_query(part, spot), None)
            says_more = step is not None
        is_whole = is_whole and not says_more
        if is_strict and says_more:
            continue
        if step is None:
            flat.append((part, env))
        else:
            world, more = step
            todo += more
    return world, tuple(flat), is_whole


def _is_loose(part: Expr) -> bool:
    """Whether a query may find something in another way than by a new row of each of its tables."""
    sources = part.query.sources if part.query else ()
    return any(source.left or source.table is None for source in sources)


def _filled(world: CaseWorld, made: Translation, model: Any) -> CaseWorld | None:
    now: CaseWorld | None = world
    places: dict[Place, str | None] = {}
    for place, (variable, kind) in made.values.items():
        places[place] = _text(model.eval(variable, model_completion=True), kind)
    for place, is_null in made.nulls.items():
        if model.eval(is_null, model_completion=True).sexpr() == "true":
            places[place] = None
    for place, value in places.items():
        usual = {known: v for known, v in world.usual.items() if known not in places}
        now = replace(now, usual=usual).put(place, value) if now else None
    return now


def _text(value: Any, kind: str) -> str:
    if kind == "text" or kind.startswith("type "):
        found = value.as_string()
        return re.sub(
            r"\\u\{([0-9a-f]+)\}", lambda m: chr(int(m[1], 16)) if m[1] != "0" else "x", found
        )
    if kind == "flag":
        return "true" if value.sexpr() == "true" else "false"
    if kind == "int":
        return str(value.as_string())
    number = value.as_fraction()
    if kind in {"time", "stamp", "date"}:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(number))
        return str(moment) if kind == "time" else str(moment.replace(tzinfo=None))
    written = f"{float(number):.9f}".rstrip("0").rstrip(".")
    return f"{written} seconds" if kind == "span" else written
