"""Functions after which A changes rows of B's that A could not change before."""

from __future__ import annotations

from psycopg import sql

from arami_db.prove.answers.questions import Question, is_leak
from arami_db.prove.attempts.actors import Actor
from arami_db.prove.attempts.model import Attack, Result
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario import statements as make
from arami_db.prove.schema.parts import ApiFunction
from arami_db.rows.tables import Table

_TRY = "begin {}; exception when others then null; end;"


def judge(scenario: Scenario, todo: list[Question]) -> None:
    """Let A call functions that may write with more rights than A's, and change rows of B again.

    Args:
        scenario: in which B has rows.
        todo: the calls that were accepted.
    """
    calls = [q for q in todo if _may_raise(q)]
    script = _everything(scenario, calls[0].actor) if calls else None
    if script is None:
        return
    before = scenario.run([Attack(calls[0].actor, "change all", calls[0].name, script)])
    known = {label for _, result in before for label in result.changed}
    for question, (attack, result) in zip(calls, _after(scenario, calls, script), strict=True):
        changed = sorted({*result.changed} - known)
        if not changed or not is_leak(scenario, question):
            continue
        alone = Attack(question.actor, question.action, question.name, question.statement)
        if not any(found.changed for _, found in scenario.run([alone])):
            leak = f"rows of others can be changed after it in {', '.join(changed)}"
            scenario.record(attack.actor, attack.action, attack.object, result, leak)


def _may_raise(question: Question) -> bool:
    function = question.of
    if not isinstance(function, ApiFunction) or question.actor.name != "A":
        return False
    return function.is_definer and not function.reads_only


def _after(
    scenario: Scenario, calls: list[Question], script: sql.Composable
) -> list[tuple[Attack, Result]]:
    attacks = []
    for question in calls:
        action = f"change all after {question.action}"
        attacks.append(Attack(question.actor, action, question.name, script, question.called))
    return list(scenario.run(attacks))


def _everything(scenario: Scenario, actor: Actor) -> sql.Composable | None:
    """All updates and deletes that grants and policies may let an actor do; None for none."""
    tries = [
        _TRY.format(statement.as_string())
        for table in scenario.schema.owned
        for command, statement in _changes(scenario, table, actor)
        if scenario.schema.guard(table.path).promises(actor.role, command)
    ]
    body = f"begin {' '.join(tries)} end"
    return sql.SQL("do {}").format(sql.Literal(body)) if tries else None


def _changes(scenario: Scenario, table: Table, actor: Actor) -> list[tuple[str, sql.Composed]]:
    """Without a condition to read by, policies for reading do not judge."""
    theirs = scenario.row(scenario.b, table.path)
    if theirs is None:
        return []
    name = make.changed_column(scenario, table, actor.role)
    update = make.update(table, {name: theirs[name]}, sql.SQL("true"))
    return [("update", update), ("delete", make.delete(table, sql.SQL("true")))]
