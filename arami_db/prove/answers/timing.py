"""Find the functions that take long, as those that hash a password: they are called a few times."""

from __future__ import annotations

import time

from psycopg import sql

from arami_db.prove.answers.questions import is_closed, written
from arami_db.prove.arguments.calls import calls
from arami_db.prove.attempts.actors import Actor
from arami_db.prove.attempts.model import Result
from arami_db.prove.attempts.single import asked
from arami_db.prove.scenario import Scenario

_LONG = 0.05  # seconds: a thousand calls would take a minute
_TIMES = 5  # a busy machine takes long now and then
_NOTHING = sql.SQL("select")
_WHY = "a call takes long, so only a few were made, as A and as anon"


def measure(scenario: Scenario, actor: Actor) -> None:
    """Call every function about B with all that it will be called with, and name those that take
    long each time, beyond what it takes to ask for nothing.

    Args:
        scenario: in which B has rows.
        actor: A.
    """
    for function in () if scenario.role else scenario.schema.functions:
        for call in calls(scenario, function, scenario.b):
            result, is_slow = _timed(scenario, actor, written(function, call))
            if is_slow:
                scenario.slow.add(function.identity)
                scenario.untried.setdefault(function.identity, _WHY)
            if is_slow or is_closed(result):
                break


def _timed(scenario: Scenario, actor: Actor, statement: sql.Composable) -> tuple[Result, bool]:
    """What comes of a statement, and whether it takes long each time."""
    taken, idle = [], []
    for _ in range(_TIMES):
        begun = time.perf_counter()
        result = asked(scenario.connection, actor, statement)
        taken.append(time.perf_counter() - begun)
        if taken[-1] < _LONG:
            return result, False
        asked(scenario.connection, actor, _NOTHING)
        idle.append(time.perf_counter() - begun - taken[-1])
    return result, min(taken) - min(idle) >= _LONG
