"""What A may do that sets triggers, rules or functions off, and the tables that these come to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from arami_db.prove import promises, through
from arami_db.prove import statements as make
from arami_db.prove.actors import Actor
from arami_db.prove.attempt import Attack
from arami_db.prove.doors import Question
from arami_db.prove.parts import ApiFunction, Guard
from arami_db.prove.scenario import Scenario
from arami_db.rows.maker import Row
from arami_db.rows.tables import Path, Table

_ANYTHING = re.compile(r"\b(?:execute|perform|call)\b")  # what it comes to, the body does not say
_MOST = 50  # tables, where it may come to any


@dataclass(frozen=True)
class Deed:
    """What A does, whether it names B's row in A's, and the tables that it may come to."""

    attack: Attack
    tables: tuple[Table, ...]
    is_linked: bool = False

    @property
    def command(self) -> str:
        """Insert, update, delete or call."""
        return self.attack.action.split()[0]


def of_tables(scenario: Scenario, actor: Actor) -> Iterator[Deed]:
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
            if deed := _set_off(scenario, guard, attack, table):
                yield deed
        for attack in _linked(scenario, guard, table, actor, draft or {}):
            if deed := _set_off(scenario, guard, attack, table):
                yield replace(deed, is_linked=True)


def of_views(scenario: Scenario, actor: Actor) -> Iterator[Deed]:
    """Writes to views that have triggers or rules.

    Args:
        scenario: in which A and B have rows.
        actor: A.
    """
    for view in scenario.schema.views:
        guard = scenario.schema.guard((view.schema, view.name))
        for attack in through.attacks(scenario, view, actor) if guard.acts else ():
            if deed := _set_off(scenario, guard, attack, None):
                yield deed


def of_functions(scenario: Scenario, todo: Sequence[Question], actor: Actor) -> Iterator[Deed]:
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
            yield Deed(attack, named(scenario, q.of.body))


def named(scenario: Scenario, body: str) -> tuple[Table, ...]:
    """The tables that a body names; where it may come to any, all of them.

    Args:
        scenario: whose tables.
        body: of a function, or a rule.
    """
    tables = list(scenario.schema.tables.values())
    if _ANYTHING.search(body.lower()) and len(tables) <= _MOST:
        return tuple(tables)
    words = set(re.findall(r"\w+", body.lower()))
    return tuple(t for t in tables if set(re.findall(r"\w+", t.name.lower())) <= words)


def _set_off(scenario: Scenario, guard: Guard, attack: Attack, table: Table | None) -> Deed | None:
    command = attack.action.split()[0]
    body = guard.acts.get(command)
    if not body or not guard.columns(attack.actor.role, command):
        return None
    reached = {t.path: t for t in (*((table,) if table else ()), *named(scenario, body))}
    return Deed(attack, tuple(reached.values()))


def _linked(
    scenario: Scenario, guard: Guard, table: Table, actor: Actor, draft: Row
) -> Iterator[Attack]:
    """A's row with the key of a row of B's in every column that can hold it, one at a time."""
    owners = {owner.column for owner in table.direct}
    body = " ".join(guard.acts.values())
    there = scenario.row(scenario.a, table.path) is not None
    for path, column, kind, value in _keys(scenario, named(scenario, body)):
        for name in guard.columns(actor.role, "insert") if draft else ():
            if (
                table.columns[name].type != kind
                or name in owners
                or not table.columns[name].writable
            ):
                continue
            label = f"with B's {'.'.join(path)}.{column} as {name}"
            row = {**draft, name: value}
            insert = make.insert(scenario, table, actor.role, row)
            clear = scenario.clearing(table, scenario.a)
            yield Attack(actor, f"insert {label}", table.label, insert, clear)
        for name in guard.columns(actor.role, "update") if there else ():
            if table.columns[name].type == kind and name not in owners:
                label = f"with B's {'.'.join(path)}.{column} as {name}"
                hers = scenario.pinpoint(table, scenario.a)
                update = make.update(table, {name: value}, hers)
                yield Attack(actor, f"update {label}", table.label, update)


def _keys(scenario: Scenario, tables: Sequence[Table]) -> Iterator[tuple[Path, str, str, str]]:
    """The keys of one column that B's rows have, with their types."""
    for table in tables:
        row = scenario.row(scenario.b, table.path) or {}
        for key in table.keys:
            value = row.get(key.columns[0]) if key.primary and len(key.columns) == 1 else None
            if value is not None:
                yield table.path, key.columns[0], table.columns[key.columns[0]].type, value
