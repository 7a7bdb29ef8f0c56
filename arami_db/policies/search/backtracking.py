"""Search, with backtracking, for a world in which all conditions are true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from arami_db.policies.expressions.tree import walk
from arami_db.policies.search.conditions import steps
from arami_db.policies.search.evaluator import Evaluator
from arami_db.policies.search.goals import Goal, Spot, has_query, keys_of, unknowns, with_keys
from arami_db.policies.search.worlds import CaseWorld

_PATTERNS = {"~", "~*", "~~", "~~*"}


@dataclass
class Search:
    """A search for worlds, with a limit on the conditions that it looks at.

    Attributes:
        server: answers what expressions are.
        patience: how many more.
    """

    server: Evaluator
    patience: int = 400

    def worlds(self, world: CaseWorld, goals: Sequence[Goal]) -> Iterator[CaseWorld]:
        """Worlds in which, as far as can be told, all conditions are true.

        Args:
            world: to begin with.
            goals: the conditions, each with which row its names are.
        """
        if not goals:
            yield world
            return
        self.patience -= 1
        if self.patience < 0:
            return
        # The one with the fewest unknowns first: it leaves the others the fewest choices.
        place = min(range(len(goals)), key=lambda one: _weight(goals[one], world))
        part, env = goals[place]
        rest = (*goals[:place], *goals[place + 1 :])
        spot = Spot(self.server, world, env)
        for made, more in steps(with_keys(part, spot) if keys_of(part) else part, spot):
            yield from self.worlds(made, (*more, *rest))


def _weight(goal: Goal, world: CaseWorld) -> int:
    part, env = goal
    missing = len(unknowns(part, world, env)) + 10 * has_query(part)
    if not missing or part.kind in {"and", "const"}:
        return -1
    if any(one.kind == "op" and one.name in _PATTERNS for one in walk(part)):
        return 0  # few texts match a pattern, and any text will do for most other conditions
    return missing + 5 * (part.kind in {"or", "test"})
