"""What grants and policies promise: users can read and write their own rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from psycopg import sql

from arami_db.prove.answers.questions import is_closed, written
from arami_db.prove.arguments.calls import calls
from arami_db.prove.attempts.actors import SERVICE, Actor
from arami_db.prove.attempts.model import TAKEN, Attack, Result
from arami_db.prove.attempts.single import asked
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario import statements as make
from arami_db.prove.schema.parts import Guard
from arami_db.prove.verdicts import ownerless
from arami_db.rows.tables import Table

# A row that could not be made to go is in the way; a trigger says no in words of its own.
_NO_ANSWER = (*TAKEN, "P0001")
_ASKING = re.compile(r"\w\.\w+\(|current_setting|current_user|session_user")  # auth.uid(), f()
_COMMANDS = ("insert", "select", "update", "delete")


def own(scenario: Scenario, table: Table, actor: Actor) -> Iterator[Attack]:
    """A inserts, reads, updates and deletes A's own row, by which a trigger could reach B's.

    Args:
        scenario: in which A has rows.
        table: whose.
        actor: A.
    """
    row = scenario.row(scenario.a, table.path)
    if row is None:
        return
    mine = scenario.pinpoint(table, scenario.a)
    name = make.changed_column(scenario, table, actor.role)
    draft = scenario.maker.drafts[scenario.a, table.path]
    reads = set(scenario.schema.guard(table.path).columns(actor.role, "select"))
    at: tuple[sql.Composable, ...] = ()
    if not reads:  # to find the row by its key would ask for a right that is not granted
        mine, at = make.CURRENT, (make.point(scenario, table, scenario.a),)
    made = {
        "insert": (
            make.insert(scenario, table, actor.role, draft),
            scenario.clearing(table, scenario.a),
        ),
        "select": (make.select(scenario, table, actor.role, scenario.a), ()),
        "update": (make.update(table, {name: row[name]}, mine), at),
        "delete": (make.delete(table, mine), (*scenario.releasing(table, scenario.a), *at)),
    }
    for action, (statement, prepare) in made.items():
        is_reading = action == "select"
        yield Attack(actor, f"{action} own", table.label, statement, prepare, reads=is_reading)


def keep(scenario: Scenario, attack: Attack, result: Result) -> None:
    """Remember what A could do with an own row, or why not.

    Args:
        scenario: in which it was tried.
        attack: one of own().
        result: what came of it.
    """
    [table] = [t for t in scenario.schema.tried if t.label == attack.object]
    action = attack.action.split()[0]
    if result.is_done:
        scenario.kept[table.path, action] = result
    elif not result.interrupted and result.sqlstate not in _NO_ANSWER:
        scenario.kept.setdefault((table.path, action), result)


def settle(scenario: Scenario, actor: Actor, let: set[tuple[str, str]] | None) -> None:
    """Record which promises were kept.

    Args:
        scenario: in which all was tried.
        actor: A.
        let: what policies let A do, as measured on rows: by them it should have been done; None
            where that could not be measured, and each is taken to let.
    """
    for table in scenario.schema.owned:
        guard = scenario.schema.guard(table.path)
        for action in _COMMANDS:
            key = (table.path, action)
            if key not in scenario.kept:
                continue
            result = scenario.kept[key]
            is_let = let is None or (table.label, action) in let or not guard.is_secured
            is_promised = guard.promises(actor.role, action) and _is_of_own(
                guard, table, actor, action
            )
            if result.is_done or (is_let and is_promised):
                why_not = None if result.is_done else result.message or "no rows"
                scenario.confirm(actor, f"{action} own", table.label, why_not)
            else:
                scenario.tell(actor, f"{action} own", table.label, result)


def _is_of_own(guard: Guard, table: Table, actor: Actor, action: str) -> bool:
    """Whether a policy speaks of own rows.

    One that asks only for a state promises that state; one that looks for another row of the same
    table, such as an administrator's, promises it to whom that row is.
    """
    branches = [one for policy in guard.letting(actor.role, action) for one in policy.branches]
    same = f"from {table.schema}.{table.name} "
    asks = [one for one in branches if one.text == "true" or _ASKING.search(one.text)]
    return not guard.is_secured or any(same not in one.text for one in asks)


def serve(scenario: Scenario) -> None:
    """Check that service_role reads the rows that it has grants on; record what else it can do.

    Args:
        scenario: in which both have rows.
    """
    actor, todo = scenario.cast(SERVICE), []
    for table in scenario.schema.owned:
        for who, user in (("A", scenario.a), ("B", scenario.b)):
            if scenario.row(user, table.path) is not None:
                read = make.select(scenario, table, actor.role, user)
                todo.append(Attack(actor, f"select {who}'s", table.label, read, reads=True))
        if not scenario.role:
            writes = [a for a in own(scenario, table, actor) if not a.reads]
            todo += [replace(a, action=a.action.replace("own", "A's")) for a in writes]
    for view in scenario.schema.views:
        if scenario.schema.guard((view.schema, view.name)).columns(actor.role, "select"):
            read = make.read_view(scenario, view, actor.role)
            todo.append(Attack(actor, "select", view.label, read, reads=True))
    if not scenario.role:
        nobodys = [
            a for t in scenario.schema.ownerless for a in ownerless.attacks(scenario, t, actor)
        ]
        todo += [a for a in nobodys if a.action != "truncate"]
    granted = {t.label for t in scenario.schema.owned if _may_read(scenario, t)}
    for attack, result in scenario.run(todo):
        if not attack.reads or attack.object not in granted:
            scenario.tell(actor, attack.action, attack.object, result)
            continue
        why_not = None if result.is_done else result.message or "no rows"
        scenario.confirm(actor, attack.action, attack.object, why_not)
    _call(scenario, actor)


def _may_read(scenario: Scenario, table: Table) -> bool:
    return bool(scenario.schema.guard(table.path).columns("service_role", "select"))


def views(scenario: Scenario, actor: Actor) -> None:
    """A may read every view that A holds a grant on, and calls every function.

    Args:
        scenario: in which A has rows.
        actor: A.
    """
    for view in scenario.schema.views:
        guard = scenario.schema.guard((view.schema, view.name))
        if view.materialized or not guard.columns(actor.role, "select"):
            continue
        read = make.read_view(scenario, view, actor.role)
        result = asked(scenario.connection, actor, read)
        scenario.confirm(actor, "select own", view.label, result.message or None)
    _call(scenario, actor)


def _call(scenario: Scenario, actor: Actor) -> None:
    """Call every function about A: what comes of it is told, and promised to nobody."""
    for function in () if scenario.role else scenario.schema.functions:
        for one in calls(scenario, function, scenario.a):
            result = asked(scenario.connection, actor, written(function, one))
            told = replace(result, count=1)  # that it was called is what was to be done
            scenario.tell(actor, f"call own{one.label}", function.identity, told)
            if result.sqlstate is None or is_closed(result):
                break
