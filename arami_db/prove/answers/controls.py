"""Controls: B asks about B's own rows. An answer that B's rows do not change proves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from arami_db.prove.answers import comparing, questions
from arami_db.prove.answers.questions import Question
from arami_db.prove.attempts.actors import Actor
from arami_db.prove.attempts.model import Attack, Result
from arami_db.prove.scenario import Scenario
from arami_db.prove.schema.parts import View

_WHY = "its answer to B is the same without B's rows, so the attempts on it prove nothing"
_AS_OWNER = (
    "it reads with the rights of its owner, so policies hold nothing back; the conditions of its"
    " own query were tried with these rows only"
)


class Controls:
    """The answers that B gets about B's own rows."""

    def __init__(self, scenario: Scenario, todo: list[Question], me: Actor) -> None:
        """Ask while B has rows.

        Args:
            scenario: in which B has rows.
            todo: what A asks.
            me: B.
        """
        self._scenario = scenario
        asked = [q for q in todo if q.actor.name == "A" and _may_hide(scenario, q)]
        self._todo = [replace(question, actor=me) for question in asked]
        self._lively = set(_changing(scenario, self._todo))
        self._there = questions.ask(scenario, self._todo)

    def settle(self) -> None:
        """Ask again, now that B has none, and name what it makes no difference to."""
        without = questions.ask(self._scenario, self._todo)
        for question, there, bare in zip(self._todo, self._there, without, strict=True):
            if _answer(there) != _answer(bare):
                self._lively.add(question.name)
        leaking = {attempt.object for attempt in self._scenario.attempts if attempt.leaked}
        for question in self._todo:
            if question.name in leaking:
                continue
            if question.name not in self._lively:
                self._scenario.called.discard(question.name)
                self._scenario.untried.setdefault(question.name, _WHY)
            elif isinstance(question.of, View) and question.of.as_owner:
                self._scenario.untried.setdefault(question.name, _AS_OWNER)


def _changing(scenario: Scenario, todo: list[Question]) -> Iterator[str]:
    writing = [q for q in todo if not isinstance(q.of, View) and not q.of.reads_only]
    attacks = [Attack(q.actor, q.action, q.name, q.statement) for q in writing]
    return (attack.object for attack, result in scenario.run(attacks) if result.changed)


def _may_hide(scenario: Scenario, question: Question) -> bool:
    """Whether it has other rights than the caller's, and comes to rows."""
    if comparing.is_open_to_all(scenario, question):
        return False
    if isinstance(question.of, View):
        return True
    function = question.of
    body = function.body.lower()
    names = (table.name.lower() for table in scenario.schema.tables.values())
    comes_to = "execute" in body or any(re.search(rf"\b{re.escape(n)}\b", body) for n in names)
    is_slow = function.identity in scenario.slow  # which is named as not tried enough already
    return function.is_definer and not function.in_policy and comes_to and not is_slow


def _answer(result: Result) -> tuple[object, ...]:
    return result.rows, result.said, result.sqlstate, result.message
