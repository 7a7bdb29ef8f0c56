"""What calls of functions change in B's rows."""

from __future__ import annotations

from arami_db.prove.answers.questions import Question, is_leak
from arami_db.prove.attempts.model import Attack, Result
from arami_db.prove.calls.states import states
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario.harm import changes_of
from arami_db.prove.schema.parts import ApiFunction

_PAID = (
    "called by A with values of A's and of B's, it changes numbers in B's rows; that may be meant,"
    " as a payment is"
)


def judge(scenario: Scenario, todo: list[Question]) -> list[Question]:
    """Call the functions that may write, and compare B's rows before and after.

    Args:
        scenario: in which B has rows.
        todo: the questions.

    Returns:
        What was accepted of it.
    """
    writing = [q for q in todo if isinstance(q.of, ApiFunction) and not q.of.reads_only]
    plain = [(q, Attack(q.actor, q.action, q.name, q.statement)) for q in writing]
    done: list[Question] = []
    changing = _changing(scenario, plain, done)
    others = [q for q in writing if q.name not in changing and q.actor.name == "A"]
    _changing(
        scenario,
        [
            (q, Attack(q.actor, f"{q.action}, of {state} rows", q.name, q.statement, steps))
            for q in others
            if isinstance(q.of, ApiFunction)
            for state, steps in states(scenario, q.of)
        ],
        [],
    )
    return done


def _changing(
    scenario: Scenario, todo: list[tuple[Question, Attack]], done: list[Question]
) -> set[str]:
    """The functions that changed B's rows, which is written down; done gets what was accepted."""
    found = set()
    results = scenario.run([attack for _, attack in todo])
    for (question, attack), (_, result) in zip(todo, results, strict=True):
        if result.sqlstate is None:
            done.append(question)
        leak = result.harm
        if question.is_mixed and result.changed and not _is_harm(scenario, attack, result):
            continue
        if result.changed and is_leak(scenario, question):
            scenario.record(attack.actor, attack.action, attack.object, result, leak)
            found.add(attack.object)
    return found


def _is_harm(scenario: Scenario, attack: Attack, result: Result) -> bool:
    """Whether a call with values of A's and of B's does to B's rows what no design may.

    To give B a row, as an invitation does, is none; to change a number may be a payment.
    """
    changes = changes_of(scenario, attack, result.changed)
    if changes == "numbers":
        scenario.untried.setdefault(attack.object, _PAID)
    return changes == "rows"
