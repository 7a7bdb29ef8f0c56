"""What views and functions tell each actor, compared between worlds with and without B's rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from arami_db.prove import attacks
from arami_db.prove.actors import Actor
from arami_db.prove.catalog import Function, View
from arami_db.prove.stage import Stage
from arami_db.prove.trial import Result, Step, attempt
from arami_db.rows.maker import undone
from arami_db.rows.values import argument

World = dict[tuple[str, str, str], Result]


@dataclass(frozen=True)
class Question:
    """A statement whose answer may depend on somebody's rows."""

    action: str
    name: str
    statement: sql.Composed
    prepare: Step | None = None
    reads_only: bool = True


def ask(stage: Stage, actor: Actor, user: str, how: str = "") -> World:
    """Ask every view, and every function about a user, as an actor."""
    return {
        (actor.name, question.action + how, question.name): attempt(
            stage.connection,
            actor,
            question.statement,
            prepare=question.prepare,
            judge=None if question.reads_only else stage.belongings,
        )
        for question in questions(stage, actor, user)
    }


def questions(stage: Stage, actor: Actor, user: str) -> Iterator[Question]:
    """Every view, and every function with every id of the user's in place of its uuids."""
    serving = actor.role == "service_role"  # no whole views, nothing that writes, with its rights
    for view in () if serving else stage.catalog.views:
        yield _of_view(stage, actor, view)
    for function in stage.catalog.functions:
        if serving and not (function.reads_only and "uuid" in function.arguments):
            continue
        for label, arguments in _calls(stage, function, user):
            yield Question(
                f"call{label}",
                function.identity,
                _call(stage, function, arguments),
                reads_only=function.reads_only,
            )


def compare(stage: Stage, actor: Actor, without: World, how: str = "") -> None:
    """Ask again now that B has rows; a different answer has B's rows in it."""
    answers = ask(stage, actor, stage.b, how)
    again: World = {}
    control: World = {}
    for question, result in answers.items():
        _, action, name = question
        leak = None
        if result.before != result.after:
            stage.record_effect(actor, action, name, result)
            continue
        if result.sqlstate is None and result.rows != without[question].rows:
            again = again or ask(stage, actor, stage.b, how)
            control = control or _ask_without_b(stage, actor, how)
            if control[question].rows == result.rows:
                pass  # another plan, or another session, made the difference
            elif again[question].rows == result.rows:
                leak = "its answer depends on B's rows"
            elif result.rows[0][-1] is True and not action.startswith("call with"):
                leak = "B's id is in its answer"
        stage.record(actor, action, name, result, leak)


def _ask_without_b(stage: Stage, actor: Actor, how: str) -> World:
    """Ask once more as if B had never been, with the plans and the neighbours of this moment."""
    with undone(stage.connection, "arami_control"):
        for table in reversed(stage.catalog.owned):
            stage.forget(table, stage.b)
        return ask(stage, actor, stage.b, how)


def shadow(stage: Stage, actor: Actor, without: World | None) -> World:
    """Ask with temporary tables of every table's name, the actor's own, first in the search path.

    Args:
        stage: where A and B have their rows.
        actor: who casts the shadows.
        without: the answers before B had rows; None while B has none.
    """
    how, answers = " past temporary tables", World()
    with stage.connection.transaction(force_rollback=True):
        try:
            with stage.connection.transaction():
                cast_shadows(stage, actor)
        except psycopg.Error as error:
            if stage.connection.closed:
                raise
            refused = Result(sqlstate=error.sqlstate or "XX000", message=str(error).strip())
            stage.record(actor, "create temporary tables", "pg_temp", refused)
            return answers
        if without is None:
            return ask(stage, actor, stage.b, how)
        for table in stage.catalog.owned:
            attacks.read(stage, table, actor, how)
        compare(stage, actor, without, how)
    return answers


def cast_shadows(stage: Stage, actor: Actor) -> None:
    """Make the temporary tables and functions as the actor, and return to full rights."""
    execute = stage.connection.execute
    execute(actor.become)
    for table in stage.catalog.owned:
        name = sql.Identifier("pg_temp", table.name)
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(c.full_type))
            for c in table.columns.values()
        )
        execute(sql.SQL("create temporary table {} ({})").format(name, columns))
        execute(sql.SQL("grant all on {} to public").format(name))
        if row := stage.row(stage.a, table):
            values = sql.SQL(", ").join(map(sql.Literal, row.values()))
            execute(sql.SQL("insert into {} values ({})").format(name, values))
    lookalike = sql.SQL("create function pg_temp.uid() returns uuid return {}::uuid")
    execute(lookalike.format(stage.b))
    # Then what is there: neighbours' functions may find their extensions in it.
    path = "concat_ws(', ', 'pg_temp, public', current_setting('search_path'))"
    execute(f"select set_config('search_path', {path}, true)")
    if stage.role is None:
        execute("reset role")
        execute("set local row_security = off")


def _of_view(stage: Stage, actor: Actor, view: View) -> Question:
    readable = stage.privileged(("public", view.name), actor.role, "select")
    columns = sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(c)) for c in readable)
    row = sql.SQL("row({})::text").format(columns) if readable else sql.SQL("r::text")
    name = sql.Identifier("public", view.name)

    def refresh() -> None:
        stage.connection.execute(sql.SQL("refresh materialized view {}").format(name))

    prepare = refresh if view.materialized and view.readable else None
    return Question("select", f"public.{view.name}", _digest(stage, name, row), prepare)


def _digest(stage: Stage, source: sql.Composable, row: sql.Composable) -> sql.Composed:
    """An answer of any size in one row: how many, a hash, and whether B's id is in it."""
    return sql.SQL(
        "select count(*), coalesce(sum(hashtextextended({row}, 0)::numeric), 0),"
        " coalesce(bool_or(strpos({row}, {b}) > 0), false) from {source} as r"
    ).format(row=row, b=sql.Literal(stage.b), source=source)


def _calls(stage: Stage, function: Function, user: str) -> Iterator[tuple[str, list[str | None]]]:
    """Arguments to call a function with: the user's id, then the id of each row of the user's."""
    letter = "A" if user == stage.a else "B"
    fillers = [argument(kind) for kind in function.arguments]
    takes = [place for place, kind in enumerate(function.arguments) if kind in ("uuid", "uuid[]")]
    if not takes:
        yield "", fillers[: function.required]
        return
    ids = {f" with {letter}'s id": user}
    for table in stage.catalog.owned:
        ids.setdefault(f" with {letter}'s {table.name}", stage.maker.identity(table, user))
    needed = max(function.required, takes[-1] + 1)
    for label, value in ids.items():
        given = [
            _as_argument(value, function.arguments[n]) if n in takes else filler
            for n, filler in enumerate(fillers[:needed])
        ]
        yield label, given


def _as_argument(value: str, kind: str) -> str:
    return "{" + value + "}" if kind.endswith("[]") else value


def _call(stage: Stage, function: Function, arguments: list[str | None]) -> sql.Composed:
    last = len(function.arguments) - 1
    given = sql.SQL(", ").join(
        sql.SQL("{}{}::{}").format(
            sql.SQL("variadic " if function.variadic and place == last else ""),
            sql.Literal(value),
            sql.SQL(function.arguments[place]),
        )
        for place, value in enumerate(arguments)
    )
    call = sql.SQL("{}({})").format(sql.Identifier("public", function.name), given)
    if function.procedure:
        return sql.SQL("call {}").format(call)
    return _digest(stage, call, sql.SQL("r::text"))
