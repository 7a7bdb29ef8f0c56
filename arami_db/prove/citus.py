"""The proof on Citus, which refuses two roles in one transaction: each role has one of its own.

The users of a role make their rows themselves. The role anon cannot make rows: it attacks rows that
exist. Each success is a leak, and so is an answer about an existing user that differs from the
answer about a user who does not exist.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql

from arami_db.database.connect import Connection
from arami_db.prove.answers import comparing, questions
from arami_db.prove.attacks import direct
from arami_db.prove.attempts.actors import API_ROLES, Actor, attackers
from arami_db.prove.calls import effects
from arami_db.prove.proving import attempt_all
from arami_db.prove.scenario import Scenario
from arami_db.prove.schema.predicates import predicate
from arami_db.prove.schema.reading import ExposedSchema, read
from arami_db.rows.maker import Maker, Row
from arami_db.rows.tables import Path

# Citus sends each to the workers, one at a time.
_SENT = (
    "set local lock_timeout = '3s'",
    "set local datestyle = 'ISO, YMD'",
    "set local intervalstyle = 'postgres'",
    "set local citus.enable_ddl_propagation = off",  # temporary objects are the session's own
)


@dataclass(frozen=True)
class Somebody:
    """A user who is there.

    Attributes:
        user: the id.
        rows: one of each table in which they have any, as text.
    """

    user: str
    rows: dict[Path, Row]


def prove_there(
    connection: Connection, settings: str, begin: Callable[[str], None]
) -> list[Scenario]:
    """Try role by role, each in a transaction of its own.

    Args:
        connection: to the coordinator, as a superuser.
        settings: what is set with all rights.
        begin: called with each step as it begins.

    Raises:
        psycopg.Error: as the server says it.
    """
    with connection.transaction(force_rollback=True):
        connection.execute(settings)
        schema = read(connection)
        there = _somebody(connection, schema)
        definers = tuple(f for f in schema.functions if f.is_definer)
        scenarios = [Scenario(connection, replace(schema, views=(), functions=definers))]
        _definers(scenarios[0], there)
    invokers = tuple(f for f in schema.functions if not f.is_definer)
    schema = replace(schema, functions=invokers)
    for role in API_ROLES:
        begin(f"proving: everything as {role}")
        scenarios.append(_as_role(connection, schema, role, there))
    return scenarios


def _as_role(
    connection: Connection, schema: ExposedSchema, role: str, there: Somebody | None
) -> Scenario:
    scenario = Scenario(connection, schema, role)
    with connection.transaction(force_rollback=True):
        for setting in _SENT:
            connection.execute(setting)
        try:
            connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        except psycopg.errors.InsufficientPrivilege as error:
            scenario.skip(f"everything as {role}: {error.diag.message_primary}")
            return scenario
        if role == "anon":
            _outside(scenario, there)
        else:
            attempt_all(scenario)
    return scenario


def _somebody(connection: Connection, schema: ExposedSchema) -> Somebody | None:
    """A user with as many kinds of rows as can be told at once; None where there is nobody."""
    for table in reversed(schema.owned):
        for owner in table.direct:
            if owner.kind != "id" or owner.is_element:
                continue
            users = sql.SQL("select {}::text from {} order by 1 desc limit 1")
            query = users.format(sql.Identifier(owner.column), table.identifier)
            if (found := connection.execute(query).fetchone()) and found[0]:
                return Somebody(found[0], _rows(connection, schema, found[0]))
    return None


def _rows(connection: Connection, schema: ExposedSchema, user: str) -> dict[Path, Row]:
    rows: dict[Path, Row] = {}
    maker = Maker(connection)
    for table in schema.owned:
        if not table.direct:
            continue
        one = sql.SQL("select {} from {} where {} limit 1")
        query = one.format(table.texts, table.identifier, predicate(maker, table, user))
        if found := connection.execute(query).fetchone():
            rows[table.path] = dict(zip(table.columns, found, strict=True))
    return rows


def _adopt(scenario: Scenario, there: Somebody) -> None:
    scenario.b = there.user
    for table in scenario.schema.owned:
        if row := there.rows.get(table.path):
            scenario.maker.adopt(table, there.user, row)


def _outside(scenario: Scenario, there: Somebody | None) -> None:
    """Let everybody of a role try that has no rows of its own."""
    if there is None:
        scenario.skip(f"everything as {scenario.role}: no table has a row to try it on")
        return
    scenario.is_outside = True
    _adopt(scenario, there)
    for actor in attackers(there.user, there.user, {}):
        if actor.role != scenario.role:
            continue
        cast = scenario.cast(actor)
        for table in scenario.schema.owned:
            for attack, result in scenario.run(list(direct.on(scenario, table, cast))):
                done = result.sqlstate is None and result.count
                leak = "it was done" if done else None
                scenario.record(cast, attack.action, table.label, result, leak)
        _about(scenario, cast, there)


def _definers(scenario: Scenario, there: Somebody | None) -> None:
    """Let everybody call what runs with the rights of another role, and look with full rights."""
    if not scenario.schema.functions or there is None:
        return
    _adopt(scenario, there)
    for actor in attackers(scenario.a, there.user, {}):
        _about(scenario, actor, there)


def _about(scenario: Scenario, actor: Actor, there: Somebody) -> None:
    """Ask about somebody and about nobody: an answer that differs is a leak."""
    todo = questions.questions(scenario, [actor])
    about = questions.ask(scenario, todo)
    again = questions.ask(scenario, todo, about)
    if not scenario.role:
        effects.judge(scenario, todo)
    nobody = str(uuid.uuid4())
    names = {there.user: nobody, **{v: str(uuid.uuid4()) for v in _ids(there)}}
    others = []
    for question in todo:
        statement = question.statement.as_string()
        for name, other in names.items():
            statement = statement.replace(name, other)
        others.append(replace(question, statement=sql.SQL(statement)))
    comparing.compare(
        scenario, todo, list(zip(about, again, questions.ask(scenario, others), strict=True))
    )


def _ids(there: Somebody) -> set[str]:
    return {row["id"] for row in there.rows.values() if row.get("id")} - {None, there.user}  # type: ignore[return-value]
