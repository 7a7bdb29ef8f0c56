"""The other half of the proof: users can do with their own rows what the document promises."""

from __future__ import annotations

from functools import partial

from psycopg import sql

from arami_db.prove.actors import SERVICE, Actor
from arami_db.prove.ground import assign, changed_column, forget_children
from arami_db.prove.observe import World
from arami_db.prove.stage import Stage
from arami_db.prove.trial import Result, attempt
from arami_db.rows.maker import inserting
from arami_db.rows.tables import Table


def insert_own(stage: Stage, table: Table, actor: Actor) -> None:
    """A inserts the row that A is about to get."""
    statement = inserting(table, stage.maker.drafts[stage.a, table.path])
    result = attempt(stage.connection, actor, statement)
    stage.confirm(actor, "insert own", table.label, result, result.count == 1)


def keep_own(stage: Stage, table: Table, actor: Actor) -> None:
    """A reads, updates and deletes A's own row."""
    row = stage.row(stage.a, table)
    if row is None:
        return
    mine = stage.pinpoint(table, stage.a)
    name = changed_column(stage, table, actor.role)
    statements = {
        "select own": sql.SQL("select * from {} where {}").format(table.identifier, mine),
        "update own": sql.SQL("update {} set {} where {}").format(
            table.identifier, assign({name: row[name]}), mine
        ),
        "delete own": sql.SQL("delete from {} where {}").format(table.identifier, mine),
    }
    for action, statement in statements.items():
        clear = partial(forget_children, stage, table, stage.a) if "delete" in action else None
        result = attempt(stage.connection, actor, statement, prepare=clear)
        stage.confirm(actor, action, table.label, result, result.count >= 1)


def serve_table(stage: Stage, table: Table) -> None:
    """service_role sees A's row and B's."""
    if stage.row(stage.a, table) is None or stage.row(stage.b, table) is None:
        return
    statement = sql.SQL("select 1 from {} where ({}) or ({})").format(
        table.identifier, stage.pinpoint(table, stage.a), stage.pinpoint(table, stage.b)
    )
    result = attempt(stage.connection, stage.cast(SERVICE), statement)
    stage.confirm(SERVICE, "select both", table.label, result, result.count >= 2)


def read_views(stage: Stage, actor: Actor, before: World, now: World) -> None:
    """A finds A's rows in every view that has them."""
    for view in stage.catalog.views:
        name = f"public.{view.name}"
        if view.materialized:
            continue
        result, empty = now[actor.name, "select", name], before[actor.name, "select", name]
        there = bool(view.ids) and stage.count(_of_users(view.name, view.ids, stage.a)) > 0
        seen = result.rows != empty.rows or not there
        stage.confirm(actor, "select own", name, result, seen)


def serve_views(stage: Stage) -> None:
    """service_role finds the rows of A and B in every view where a user's id is."""
    for view in stage.catalog.views:
        for user in (stage.a, stage.b):
            statement = _of_users(view.name, view.ids, user)
            if view.materialized or not view.ids or not stage.count(statement):
                continue
            result = attempt(stage.connection, stage.cast(SERVICE), statement)
            seen = bool(result.rows and result.rows[0][0])
            who = "A" if user == stage.a else "B"
            stage.confirm(SERVICE, f"select {who}'s", f"public.{view.name}", result, seen)


def call_functions(stage: Stage, actor: Actor, before: World, now: World) -> None:
    """A learns of A's rows from every function that tells service_role of them."""
    for (who, action, name), served in now.items():
        if who != SERVICE.name or not action.startswith("call"):
            continue
        if served.rows and served.rows != before[who, action, name].rows:
            asked: Result = now[actor.name, action, name]
            told = asked.rows != before[actor.name, action, name].rows
            stage.confirm(actor, action, name, asked, told)


def _of_users(view: str, ids: tuple[str, ...], user: str) -> sql.Composed:
    return sql.SQL("select count(*) from {} where {} in ({})").format(
        sql.Identifier("public", view), user, sql.SQL(", ").join(map(sql.Identifier, ids))
    )
