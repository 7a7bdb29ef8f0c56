"""Attacks by writing to a view: they change its tables, or run its triggers and rules."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from arami_db.prove.attempts.actors import Actor
from arami_db.prove.attempts.model import Attack
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario import statements as make
from arami_db.prove.schema.parts import Guard, View
from arami_db.prove.schema.predicates import pinpoint
from arami_db.rows.maker import Row
from arami_db.rows.tables import Table


def attacks(scenario: Scenario, view: View, actor: Actor) -> Iterator[Attack]:
    """What an actor tries on B's rows through a view that can be written.

    A trigger or rule behind it may do more than is asked: own rows are written, too.

    Args:
        scenario: in which A and B have rows.
        view: the view.
        actor: who tries.
    """
    guard = scenario.schema.guard((view.schema, view.name))
    for table in scenario.schema.tables.values():
        if table.label not in view.reads:
            continue
        for whose, user in (("", scenario.b), (" own", scenario.a)):
            row = scenario.row(user, table.path)
            if row is not None:
                yield from _changes(view, guard, actor, (table, row), whose)
        yield from _inserts(scenario, view, guard, actor, table)


def _changes(
    view: View, guard: Guard, actor: Actor, there: tuple[Table, Row], whose: str
) -> Iterator[Attack]:
    table, row = there
    name = sql.Identifier(view.schema, view.name)
    seen = {n: v for n, v in row.items() if n in guard.columns(actor.role, "select")}
    where = pinpoint(table, seen) if seen else sql.SQL("true")
    led = {n for key in table.keys for n in key.columns}
    led |= {n for key in table.foreign_keys for n in key.columns}
    columns = guard.columns(actor.role, "update")
    may = [n for n in columns if n in row and table.columns[n].writable]
    for column in sorted(may, key=lambda n: n in led)[:1]:
        change = sql.SQL("update {} set {} where {}")
        statement = change.format(name, make.assign({column: row[column]}), where)
        yield Attack(actor, f"update{whose}", view.label, statement)
    if guard.columns(actor.role, "delete"):
        delete = sql.SQL("delete from {} where {}").format(name, where)
        yield Attack(actor, f"delete{whose}", view.label, delete)


def _inserts(
    scenario: Scenario, view: View, guard: Guard, actor: Actor, table: Table
) -> Iterator[Attack]:
    drafts = scenario.maker.drafts
    theirs, mine = (
        drafts.get((scenario.b, table.path), {}),
        drafts.get((scenario.a, table.path), {}),
    )
    keys = {n: theirs[n] for key in table.keys for n in key.columns if theirs.get(n) is not None}
    clear = scenario.clearing(table, scenario.b)
    made: list[tuple[str, Row, tuple[sql.Composable, ...]]] = [("insert for B", theirs, clear)]
    if guard.acts.get("insert") and mine:  # which may change a row that is there
        made.append(("insert own", mine, scenario.clearing(table, scenario.a)))
        made.append(("insert with B's keys", {**mine, **keys}, ()))
    for action, row, prepare in made:
        new = {n: v for n, v in row.items() if n in guard.columns(actor.role, "insert")}
        if new:
            statement = sql.SQL("insert into {} ({}) values ({})").format(
                sql.Identifier(view.schema, view.name),
                sql.SQL(", ").join(map(sql.Identifier, new)),
                sql.SQL(", ").join(map(sql.Literal, new.values())),
            )
            yield Attack(actor, action, view.label, statement, prepare)
