"""Temporary tables that A makes with the names of real ones: functions may read them instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
from psycopg import sql

from arami_db.prove.answers.questions import Question
from arami_db.prove.attempts.actors import Actor
from arami_db.prove.attempts.model import Result
from arami_db.prove.scenario import Scenario

_SHADOWS = " past temporary tables"


@contextmanager
def shadows(scenario: Scenario, actor: Actor) -> Iterator[bool]:
    """Temporary tables of every table's name, the actor's own, first in the search path.

    Args:
        scenario: in which is asked.
        actor: who casts the shadows.
    """
    with scenario.connection.transaction(force_rollback=True):
        try:
            with scenario.connection.transaction():
                _cast(scenario, actor)
        except psycopg.Error as error:
            if scenario.connection.closed:
                raise
            refused = Result(sqlstate=error.sqlstate or "XX000", message=str(error).strip())
            scenario.record(actor, "create temporary tables", "pg_temp", refused)
            yield False
            return
        yield True


def shadowed(todo: list[Question], actor: Actor) -> list[Question]:
    """The questions of an actor whose answers temporary tables could change.

    Args:
        todo: all questions.
        actor: who casts the shadows.
    """
    mine = [q for q in todo if q.actor.name == actor.name]
    return [replace(question, action=f"{question.action}{_SHADOWS}") for question in mine]


def _cast(scenario: Scenario, actor: Actor) -> None:
    """Make the temporary tables and functions as the actor, and return to full rights."""
    execute = scenario.connection.execute
    execute(actor.become)
    names = set()
    bodies = " ".join(function.body for function in scenario.schema.functions)
    for table in scenario.schema.owned:
        if table.name in names or table.name not in bodies:
            continue
        names.add(table.name)
        name = sql.Identifier("pg_temp", table.name)
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(c.full_type))
            for c in table.columns.values()
        )
        execute(sql.SQL("create temporary table {} ({})").format(name, columns))
        execute(sql.SQL("grant all on {} to public").format(name))
        if row := scenario.row(scenario.a, table.path):
            values = sql.SQL(", ").join(map(sql.Literal, row.values()))
            execute(sql.SQL("insert into {} values ({})").format(name, values))
    lookalike = sql.SQL("create function pg_temp.uid() returns uuid return {}::uuid")
    execute(lookalike.format(scenario.b))
    # Then what is there: neighbours' functions may find their extensions in it.
    path = "concat_ws(', ', 'pg_temp, public', current_setting('search_path'))"
    execute(f"select set_config('search_path', {path}, true)")
    if scenario.role is None:
        execute("reset role")
        execute("set local row_security = off")
