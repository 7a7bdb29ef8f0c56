"""What views and functions tell each actor, compared between worlds with and without B's rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from arami_db.prove import oracle
from arami_db.prove.actors import Actor
from arami_db.prove.arguments import calls
from arami_db.prove.attempt import DENIED, Attack, Result, asked
from arami_db.prove.scenario import Scenario
from arami_db.prove.schema import Function, View

_ASKING = ("A", "A with B's id in what users write", "anon", "authenticated without claims")
_SHADOWS = " past temporary tables"


@dataclass(frozen=True)
class Question:
    """A statement whose answer may depend on somebody's rows.

    Attributes:
        actor: who asks.
        action: how.
        of: the view or function.
        statement: the question.
        is_made_up: whether it asks about nobody in particular for want of anybody's values.
        given: the arguments, which may well be in the answer.
        prepare: run before with full rights.
    """

    actor: Actor
    action: str
    of: View | Function
    statement: sql.Composable
    is_made_up: bool = False
    given: str = ""
    prepare: tuple[sql.Composable, ...] = ()

    @property
    def name(self) -> str:
        """The view or function, as people know it."""
        return self.of.label if isinstance(self.of, View) else self.of.identity


def questions(scenario: Scenario, actors: list[Actor]) -> list[Question]:
    """Every view, and every function with what B has in place of its arguments.

    Args:
        scenario: in which B has rows.
        actors: who asks.
    """
    asking = [actor for actor in actors if actor.name in _ASKING]
    found = [_of_view(scenario, actor, v) for v in scenario.schema.views for actor in asking]
    for function in scenario.schema.functions:
        for call in calls(scenario, function, scenario.b):
            statement = _call(function, call.arguments)
            given = " ".join(argument.as_string() for argument in call.arguments)
            found += [
                Question(a, f"call{call.label}", function, statement, call.is_made_up, given)
                for a in asking
            ]
    return found


def ask(
    scenario: Scenario, todo: list[Question], before: list[Result] | None = None
) -> list[Result]:
    """Ask questions, one by one, and take down the answers; who may not call asks once.

    Args:
        scenario: in which is asked.
        todo: the questions.
        before: the answers of a moment ago: only those that tell anything are asked for again.
    """
    results = []
    denied: dict[tuple[str, str], Result] = {}
    for place, question in enumerate(todo):
        if before and (before[place].sqlstate or not before[place].rows) and not before[place].said:
            results.append(before[place])
            continue
        known = denied.get((question.actor.name, question.name))
        is_open = isinstance(question.of, Function) and "cursor" in question.of.body.lower()
        result = known or asked(
            scenario.connection,
            question.actor,
            question.statement,
            prepare=question.prepare,
            cursors=is_open,
        )
        if result.sqlstate == DENIED and _is_closed(result):
            denied[question.actor.name, question.name] = result
        results.append(result)
    return results


def _is_closed(result: Result) -> bool:
    return result.message.startswith(("permission denied for function", "permission denied for schema"))


def effects(scenario: Scenario, todo: list[Question]) -> None:
    """Call what may write, and look what became of B's rows.

    Args:
        scenario: in which B has rows.
        todo: the questions.
    """
    writing = [q for q in todo if isinstance(q.of, Function) and not q.of.reads_only]
    attacks = [Attack(q.actor, q.action, q.name, q.statement) for q in writing]
    for attack, result in scenario.run(attacks):
        if result.changed:
            leak = f"rows of others changed in {', '.join(result.changed)}"
            scenario.record(attack.actor, attack.action, attack.object, result, leak)


def compare(
    scenario: Scenario, todo: list[Question], answers: list[tuple[Result, Result, Result]]
) -> None:
    """Write down what came of questions.

    Args:
        scenario: in which they were asked.
        todo: the questions.
        answers: to each, with B's rows, with them once more, and without.
    """
    for question, (there, again, without) in zip(todo, answers, strict=True):
        leak = _leak(scenario, question, there, again, without)
        if leak and _is_helper(question):
            told = "it tells whoever asks whether somebody has such a row"
            scenario.oracles.setdefault((question.name, "answer"), told)
            leak = None
        if leak is None and question.is_made_up and there.sqlstate != DENIED:
            scenario.made_up.setdefault(question.name, question.action)
        elif leak is None and there.sqlstate is None or there.sqlstate == DENIED:
            scenario.called.add(question.name)
        if leak is None and not there.answered and isinstance(question.of, Function):
            scenario.failing.setdefault(question.name, there.message)
            continue
        is_made_up = question.is_made_up and there.sqlstate is None
        scenario.record(
            question.actor, question.action, question.name, there, leak, is_made_up=is_made_up
        )


def _leak(
    scenario: Scenario, question: Question, there: Result, again: Result, without: Result
) -> str | None:
    if _is_open_to_all(scenario, question):
        return None
    told = " ".join([*(str(cell) for row in there.rows for cell in row), *there.said, there.message])
    for token in scenario.tokens:
        if token in told and token not in question.given and token not in str(without.rows):
            return "it tells what is in B's rows"
    if there.rows != again.rows or there.sqlstate != again.sqlstate:
        return None  # another plan, or another moment, made the difference
    if there.rows and there.rows != without.rows and there.sqlstate is None:
        if without.sqlstate is None or there.count:
            return "its answer depends on B's rows"
    if (there.said, there.sqlstate, there.message) != (without.said, without.sqlstate, without.message):
        if there.answered and without.answered and there.said == again.said:
            scenario.oracles.setdefault(
                (question.name, "error"), "what it says differs by whether somebody has such a row"
            )
    return None


def _is_helper(question: Question) -> bool:
    """Whether a policy asks it whether something is so, and people may ask the same."""
    function = question.of
    return isinstance(function, Function) and function.in_policy and function.result == "boolean"


def _is_open_to_all(scenario: Scenario, question: Question) -> bool:
    """Whether it tells of nothing but rows that everybody may read by a policy."""
    tables = scenario.schema.tables.values()
    if isinstance(question.of, View):
        read = [t for t in tables if t.label in question.of.reads]
        is_whole = len(read) == len(question.of.reads)
    else:
        body = question.of.body.lower()
        read = [t for t in tables if re.search(rf"\b{re.escape(t.name.lower())}\b", body)]
        read += [t for v in scenario.schema.views if v.name in body for t in tables if t.label in v.reads]
        is_whole = "execute" not in body.replace("execute function", "")
    open_to_all = (not t.owners or oracle.is_public(scenario, t) for t in read)
    return is_whole and bool(read) and all(open_to_all)


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
    return [
        Question(q.actor, f"{q.action}{_SHADOWS}", q.of, q.statement, q.is_made_up, q.given, q.prepare)
        for q in todo
        if q.actor.name == actor.name
    ]


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


def _of_view(scenario: Scenario, actor: Actor, view: View) -> Question:
    readable = scenario.schema.guard((view.schema, view.name)).columns(actor.role, "select")
    columns = sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(c)) for c in readable)
    row = sql.SQL("row({})::text").format(columns) if readable else sql.SQL("r::text")
    name = sql.Identifier(view.schema, view.name)
    refresh = sql.SQL("refresh materialized view {}").format(name)
    prepare = (refresh,) if view.materialized and view.readable else ()
    return Question(actor, "select", view, _digest(name, row), prepare=prepare)


def _digest(source: sql.Composable, row: sql.Composable) -> sql.Composed:
    """An answer of any size in one row: how many, a hash, and the beginning of it."""
    return sql.SQL(
        "select count(*), coalesce(sum(hashtextextended(told, 0)::numeric), 0), coalesce("
        "string_agg(left(told, 4000), ' ') filter (where nth <= 40), '') from"
        " (select {row} as told, row_number() over () as nth from {source} as r) as r"
    ).format(row=row, source=source)


def _call(function: Function, arguments: tuple[sql.Composable, ...]) -> sql.Composed:
    given = sql.SQL(", ").join(arguments)
    call = sql.SQL("{}({})").format(sql.Identifier(function.schema, function.name), given)
    if function.procedure:
        return sql.SQL("call {}").format(call)
    # In the list of columns, where a record of any kind may stand.
    return _digest(sql.SQL("(select {} as told offset 0)").format(call), sql.SQL("r.told::text"))
