"""How long functions take: one that hashes a password, or sleeps, is called a few times only."""

from __future__ import annotations

import time

from arami_db.prove.actors import Actor
from arami_db.prove.arguments import calls
from arami_db.prove.asking import asked
from arami_db.prove.doors import is_closed, written
from arami_db.prove.scenario import Scenario

_LONG = 0.05  # seconds: a thousand calls would take a minute
_TIMES = 3  # a busy machine takes long now and then
_WHY = "a call takes long, so only a few were made, as A and as anon"


def measure(scenario: Scenario, actor: Actor) -> None:
    """Call every function about B with all that it will be called with, and name those that take
    long each time.

    Args:
        scenario: in which B has rows.
        actor: A.
    """
    for function in () if scenario.role else scenario.schema.functions:
        for call in calls(scenario, function, scenario.b):
            statement = written(function, call)
            taken: list[float] = []
            while len(taken) < _TIMES and min(taken, default=_LONG) >= _LONG:
                begun = time.perf_counter()
                result = asked(scenario.connection, actor, statement)
                taken.append(time.perf_counter() - begun)
            if min(taken) >= _LONG:
                scenario.slow.add(function.identity)
                scenario.untried.setdefault(function.identity, _WHY)
            if min(taken) >= _LONG or is_closed(result):
                break
