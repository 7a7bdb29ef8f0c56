"""Functions after which A reads rows of B's that A could not read before."""

from __future__ import annotations

import re

from psycopg import sql

from arami_db.prove.answers import questions
from arami_db.prove.answers.questions import Question
from arami_db.prove.attempts.actors import Actor
from arami_db.prove.attempts.model import Attack
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario import statements as make
from arami_db.rows.tables import Table

_ELSEWHERE = re.compile(r"\bselect\b|(?<![\w.])(?!auth\.)\w+\.\w+\(|setting")


def entered(scenario: Scenario, todo: list[Question]) -> None:
    """Let A call the functions that may write, and read rows of B again.

    Args:
        scenario: in which B has rows.
        todo: the calls that were accepted.
    """
    calls = [question for question in todo if question.actor.name == "A"]
    if not calls:
        return
    hidden = _hidden(scenario, calls[0].actor)
    reads = [make.select(scenario, t, calls[0].actor.role, scenario.b) for t in hidden]
    each = sql.SQL(" union all ").join(
        sql.SQL("select from ({}) as t").format(read) for read in reads
    )
    if not reads:
        return
    attacks = [Attack(q.actor, q.action, q.name, each, q.called, reads=True) for q in calls]
    results = list(zip(calls, scenario.run(attacks), strict=True))
    for question, (attack, result) in results:
        if result.is_done and questions.is_leak(scenario, question):
            _tell(scenario, attack, hidden)


def _hidden(scenario: Scenario, actor: Actor) -> list[Table]:
    """The tables in which A may look, and does not see B's row."""
    alike = {  # of tables with the same policies one will do
        _policies(scenario, table): table
        for table in scenario.schema.owned
        if scenario.row(scenario.b, table.path)
        and scenario.schema.guard(table.path).columns(actor.role, "select")
        and any(map(_ELSEWHERE.search, _policies(scenario, table)))
    }
    tables = list(alike.values())
    attacks = [
        Attack(actor, "see", t.label, make.select(scenario, t, actor.role, scenario.b), reads=True)
        for t in tables
    ]
    results = zip(tables, scenario.run(attacks), strict=True)
    return [t for t, (_, r) in results if r.sqlstate is None and not r.count]


def _policies(scenario: Scenario, table: Table) -> tuple[str, ...]:
    """What policies say of a table's rows, the same for two tables with the same policies."""
    branches = (b for p in scenario.schema.guard(table.path).policies for b in p.branches)
    return tuple(b.text.replace(table.name, "") + b.clause + b.command for b in branches)


def _tell(scenario: Scenario, attack: Attack, hidden: list[Table]) -> None:
    """Say what A sees after a call."""
    for table in hidden:
        read = make.select(scenario, table, attack.actor.role, scenario.b)
        look = Attack(attack.actor, "see", table.label, read, attack.prepare, reads=True)
        for _, result in scenario.run([look]):
            if result.is_done:
                leak = f"{result.count} of B's rows visible in {table.label} after it"
                scenario.record(attack.actor, attack.action, attack.object, result, leak)
