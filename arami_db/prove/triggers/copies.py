"""Whether triggers, rules or functions copy what is in B's rows to where others read it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import psycopg
from psycopg import sql

from arami_db.prove.answers.questions import Question
from arami_db.prove.attempts.actors import PLAIN, ROLE, Actor
from arami_db.prove.attempts.model import Result
from arami_db.prove.attempts.single import noticed, perhaps
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario import statements as make
from arami_db.prove.triggers import actions
from arami_db.prove.triggers.actions import Action
from arami_db.prove.triggers.derived import derived_columns
from arami_db.prove.verdicts.public import is_public
from arami_db.rows.savepoints import undone
from arami_db.rows.tables import Table

_VERBS = re.compile(r"\b(?:insert|update|delete|merge|truncate|execute|perform|call|copy|select)\b")
_MOST = 20  # rows with a secret, of a table


def judge(scenario: Scenario, todo: Sequence[Question], actors: Sequence[Actor]) -> None:
    """Let A run triggers, rules and functions; look for what they tell A, and for what others read.

    Args:
        scenario: in which A and B have rows.
        todo: the questions to functions.
        actors: everybody.
    """
    secrets = _secrets(scenario)
    _copied(scenario, [actor for actor in actors if actor.name in PLAIN], secrets)
    for actor in actors:
        if actor.name == "A":
            _set_off(scenario, todo, actor, secrets)


def _copied(scenario: Scenario, actors: Sequence[Actor], secrets: frozenset[str]) -> None:
    """Let people read what triggers and rules write elsewhere when B writes B's rows."""
    guards = scenario.schema.guards
    made: list[Table] = []
    for path, guard in guards.items():
        for body in guard.acts.values():
            made += (t for t in scenario.schema.named(body) if t.path != path)
    found = _found(scenario, actors, made, secrets)
    for table in scenario.schema.tried:
        for command, step in _of_b(scenario, table):
            reached = scenario.schema.named(guards[table.path].acts[command])
            others = [t for t in reached if t.path != table.path]
            with undone(scenario.connection, "arami_of_b"):
                for one in (*scenario.releasing(table, scenario.b), step):
                    perhaps(scenario.connection, one)
                found |= _found(scenario, actors, others, secrets)
    for (name, label), count in found.items():
        [actor] = [actor for actor in actors if actor.name == name]
        leak = "what is in B's rows was copied here, and may be read"
        scenario.record(actor, "select", label, Result(count), leak)


def _of_b(scenario: Scenario, table: Table) -> Iterator[tuple[str, sql.Composable]]:
    """What B does with B's row, where that sets something off."""
    guard, row = scenario.schema.guard(table.path), scenario.row(scenario.b, table.path)
    if row is None:
        return
    where = scenario.pinpoint(table, scenario.b)
    name = make.changed_column(scenario, table, ROLE)
    longer = sql.SQL("update {0} set {1} = {1} || 'x' where {2}")  # where a change alone tells
    steps: list[tuple[str, sql.Composable]] = [
        ("update", make.update(table, {name: row[name]}, where)),
        ("delete", make.delete(table, where)),
    ]
    if table.columns[name].category == "S":
        steps.insert(1, ("update", longer.format(table.identifier, sql.Identifier(name), where)))
    for command, step in steps:
        if guard.acts.get(command) and guard.promises(ROLE, command):
            yield command, step


def _found(
    scenario: Scenario, actors: Sequence[Actor], tables: Iterable[Table], secrets: frozenset[str]
) -> dict[tuple[str, str], int]:
    """How many rows that hold B's secrets people read in tables that are not for everybody."""
    closed = {
        t.label: t for t in tables if t in scenario.schema.tried and not is_public(scenario, t)
    }
    found = {}
    for actor in actors:
        with undone(scenario.connection, "arami_copied"):
            scenario.connection.execute(actor.become)
            if _read(scenario, actor, list(closed.values()), secrets):
                for table in closed.values():
                    if rows := _read(scenario, actor, (table,), secrets):
                        found[actor.name, table.label] = len(rows)
    return found


def _set_off(
    scenario: Scenario, todo: Sequence[Question], actor: Actor, secrets: frozenset[str]
) -> None:
    there = [*actions.of_tables(scenario, actor), *actions.of_views(scenario, actor)]
    linked = [action.attack for action in there if action.named]
    for attack, result in scenario.run(linked):
        if result.sqlstate is None and result.changed:
            scenario.record(attack.actor, attack.action, attack.object, result, result.harm)
    done = set()
    for action in [*there, *actions.of_functions(scenario, todo, actor)]:
        result, told = _told(scenario, action, secrets)
        if result.sqlstate is None and result.count:
            done.add((action.attack.object, action.command))
        if told and told - _told(scenario, action, secrets, is_done=False)[1]:
            leak = "A then sees values of B's rows"
            scenario.record(actor, action.attack.action, action.attack.object, result, leak)
        elif action.named and result.count and (columns := derived_columns(scenario, action)):
            leak = f"what B's row says decides what A then reads in {', '.join(columns)}"
            scenario.record(actor, action.attack.action, action.attack.object, result, leak)
    _name_unseen(scenario, actor, done)


def _secrets(scenario: Scenario) -> frozenset[str]:
    """What B's rows say, other than ids, that is not in a row which is everybody's."""
    tables = scenario.schema.tables
    theirs = {p: row for (user, p), row in scenario.maker.made.items() if user == scenario.b}
    open_ = {
        value
        for path, row in theirs.items()
        if not tables[path].owners or is_public(scenario, tables[path])
        for value in row.values()
    }
    ids = {
        value
        for path, row in theirs.items()
        for name, value in row.items()
        if tables[path].columns[name].type == "uuid"
    }
    return frozenset(scenario.tokens) - open_ - ids


def _told(
    scenario: Scenario, action: Action, secrets: frozenset[str], *, is_done: bool = True
) -> tuple[Result, frozenset[str]]:
    """The secrets of B that A receives or can read after an action; before it, unless is_done."""
    attack, connection = action.attack, scenario.connection
    told: list[object] = []
    result = Result()
    with noticed(connection) as said, undone(connection, "arami_aftermath"):
        for step in attack.prepare:
            perhaps(connection, step)
        connection.execute(attack.actor.become)
        if is_done:
            script = sql.SQL("{}; set constraints all immediate").format(attack.statement)
            try:
                with connection.transaction():
                    cursor = connection.execute(script)
                    told += cursor.fetchall() if cursor.description else []
                    result = Result(abs(cursor.rowcount))
            except psycopg.Error as error:
                if connection.closed:
                    raise
                told.append(str(error))
                result = Result(sqlstate=error.sqlstate or "XX000", message=str(error))
        if result.sqlstate is None:  # else it is undone
            told += _read(scenario, attack.actor, action.tables, secrets)
    text, given = " ".join(map(str, [*told, *said])), attack.statement.as_string()
    return result, frozenset(s for s in secrets if s in text and s not in given)


def _read(
    scenario: Scenario, actor: Actor, tables: Sequence[Table], secrets: Collection[str]
) -> list[tuple[Any, ...]]:
    """The rows of tables in which the actor, who is acting, finds a secret."""
    parts = []
    part = sql.SQL(
        "(select r.told from (select row({})::text as told from {}) as r where exists (select"
        " from unnest({}::text []) as s (secret) where strpos(r.told, s.secret) > 0) limit {})"
    )
    for table in tables:
        readable = scenario.schema.guard(table.path).columns(actor.role, "select")
        if readable and table.schema in scenario.schema.exposed:
            columns = sql.SQL(", ").join(map(sql.Identifier, readable))
            parts.append(part.format(columns, table.identifier, sorted(secrets), _MOST))
    if not parts or not secrets:
        return []
    whole = sql.SQL(" union all ").join(parts)
    try:
        with scenario.connection.transaction():
            return scenario.connection.execute(whole).fetchall()
    except psycopg.Error:
        if scenario.connection.closed:
            raise
        return [row for one in parts for row in perhaps(scenario.connection, one)]


def _name_unseen(scenario: Scenario, actor: Actor, done: set[tuple[str, str]]) -> None:
    """Name what nobody set off though people may, where it comes to tables."""
    for path, guard in scenario.schema.guards.items():
        label = ".".join(path)
        is_view = path not in scenario.schema.tables
        if path[0] not in scenario.schema.exposed:
            continue
        for command, body in guard.acts.items():
            may = guard.columns(actor.role, command) if is_view else False
            if not (may or guard.promises(actor.role, command)) or (label, command) in done:
                continue
            if _VERBS.search(body.lower()):
                why = f"no {command} of A's went through, so what it sets off was not seen"
                scenario.untried.setdefault(label, why)
