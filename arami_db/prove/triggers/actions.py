"""Statements of A that run triggers, rules or functions, and the tables that these may write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from arami_db.prove import promises
from arami_db.prove.answers.questions import Question
from arami_db.prove.attacks import view_writes
from arami_db.prove.attempts.actors import Actor
from arami_db.prove.attempts.model import Attack
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario import statements as make
from arami_db.prove.schema.parts import ApiFunction, Guard
from arami_db.rows.maker import Row
from arami_db.rows.tables import Table


@dataclass(frozen=True)
class Action:
    """A statement of A's, the tables that it may write to, and the one whose row of B's it has."""

    attack: Attack
    tables: tuple[Table, ...]
    named: Table | None = None

    @property
    def command(self) -> str:
        """Insert, update, delete or call."""
        return self.attack.action.split()[0]


def of_tables(scenario: Scenario, actor: Actor) -> Iterator[Action]:
    """Writes of A's own rows to tables that have triggers or rules, with keys of B's rows in them.

    Args:
        scenario: in which A and B have rows.
        actor: A.
    """
    for table in scenario.schema.tried:
        guard = scenario.schema.guard(table.path)
        if not guard.acts or table.partition:
            continue
        own = [a for a in promises.own(scenario, table, actor) if not a.reads]
        draft = scenario.maker.drafts.get((scenario.a, table.path))
        if not own and draft:
            insert = make.insert(scenario, table, actor.role, draft)
            own = [Attack(actor, "insert own", table.label, insert)]
        for attack in own:
            if action := _action(scenario, guard, attack, table):
                yield action
        for attack, parent in _linked(scenario, guard, table, actor, draft or {}):
            if action := _action(scenario, guard, attack, table):
                yield replace(action, named=parent)


def of_views(scenario: Scenario, actor: Actor) -> Iterator[Action]:
    """Writes to views that have triggers or rules.

    Args:
        scenario: in which A and B have rows.
        actor: A.
    """
    for view in scenario.schema.views:
        guard = scenario.schema.guard((view.schema, view.name))
        for attack in view_writes.attacks(scenario, view, actor) if guard.acts else ():
            if action := _action(scenario, guard, attack, None):
                yield action


def of_functions(scenario: Scenario, todo: Sequence[Question], actor: Actor) -> Iterator[Action]:
    """Calls of functions that may write with other rights than the caller's.

    Args:
        scenario: in which B has rows.
        todo: the questions that are asked.
        actor: A.
    """
    for q in todo:
        if q.actor.name != actor.name or not isinstance(q.of, ApiFunction):
            continue
        if q.of.is_definer and not q.of.reads_only:
            attack = Attack(q.actor, q.action, q.name, q.statement, q.prepare)
            yield Action(attack, scenario.schema.named(q.of.body))


def _action(scenario: Scenario, guard: Guard, attack: Attack, table: Table | None) -> Action | None:
    command = attack.action.split()[0]
    body = guard.acts.get(command)
    if not body or not guard.columns(attack.actor.role, command):
        return None
    reached = {t.path: t for t in (*((table,) if table else ()), *scenario.schema.named(body))}
    return Action(attack, tuple(reached.values()))


def _linked(
    scenario: Scenario, guard: Guard, table: Table, actor: Actor, draft: Row
) -> Iterator[tuple[Attack, Table]]:
    """A's row with the key of a row of B's in every column that can hold it, one at a time."""
    held = {k.columns[0] for k in table.keys if k.primary and len(k.columns) == 1}
    held = held - table.referring | {owner.column for owner in table.direct}
    there = scenario.row(scenario.a, table.path) is not None
    for parent, column, value in _keys(scenario, guard):
        label = f"with B's {parent.label}.{column} as"
        fitting = [
            c.name
            for c in table.columns.values()
            if c.writable and c.name not in held and c.type == parent.columns[column].type
        ]
        for name in fitting:
            if draft and name in guard.columns(actor.role, "insert"):
                insert = make.insert(scenario, table, actor.role, {**draft, name: value})
                clear = scenario.clearing(table, scenario.a)
                yield Attack(actor, f"insert {label} {name}", table.label, insert, clear), parent
            if there and name in guard.columns(actor.role, "update"):
                hers = scenario.pinpoint(table, scenario.a)
                update = make.update(table, {name: value}, hers)
                yield Attack(actor, f"update {label} {name}", table.label, update), parent


def _keys(scenario: Scenario, guard: Guard) -> Iterator[tuple[Table, str, str]]:
    """The keys of one column that B's rows have, in the tables that may be come to."""
    for table in scenario.schema.named(" ".join(guard.acts.values())):
        row = scenario.row(scenario.b, table.path) or {}
        for key in table.keys:
            value = row.get(key.columns[0]) if key.primary and len(key.columns) == 1 else None
            if value is not None:
                yield table, key.columns[0], value
