"""Statements that read a view or call a function, whose answer may depend on B's rows."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from arami_db.prove.arguments.calls import Call, calls
from arami_db.prove.attempts.actors import RESET, Actor
from arami_db.prove.attempts.model import DENIED, Result
from arami_db.prove.attempts.single import asked
from arami_db.prove.scenario import Scenario
from arami_db.prove.schema.parts import ApiFunction, View

_ASKING = ("A", "A with B's id in what users write", "anon", "authenticated without claims")
_LET_IN = (
    "it lets in who holds a token out of B's rows, which A was given here: whether the token can be"
    " guessed or is read elsewhere was not tried"
)


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
        is_mixed: whether one of the arguments is A's, where the others are B's.
    """

    actor: Actor
    action: str
    of: View | ApiFunction
    statement: sql.Composable
    is_made_up: bool = False
    given: str = ""
    prepare: tuple[sql.Composable, ...] = ()
    is_mixed: bool = False

    @property
    def name(self) -> str:
        """The view or function, as people know it."""
        return self.of.label if isinstance(self.of, View) else self.of.identity

    @property
    def called(self) -> tuple[sql.Composable, ...]:
        """The question as steps before an attack: it is asked, and full rights are back."""
        return (sql.SQL("; ").join([self.actor.become, self.statement]), RESET)


def questions(scenario: Scenario, actors: list[Actor]) -> list[Question]:
    """Statements that read every view, and call every function with arguments from B's rows.

    Args:
        scenario: in which B has rows.
        actors: who asks.
    """
    asking = [actor for actor in actors if actor.name in _ASKING]
    found = [_of_view(scenario, actor, v) for v in scenario.schema.views for actor in asking]
    for function in scenario.schema.functions:
        for place, call in enumerate(calls(scenario, function, scenario.b)):
            statement = written(function, call)
            given = " ".join(argument.as_string() for argument in call.arguments)
            told = (f"call{call.label}", function, statement, call.is_made_up, given)
            who = _asking(function.identity in scenario.slow, call, place)
            found += [Question(a, *told, is_mixed=call.is_mixed) for a in asking if a.name in who]
    return found


def _asking(is_slow: bool, call: Call, place: int) -> tuple[str, ...]:
    """Who makes a call: A alone names A; where it takes long, others than A make one call."""
    if call.is_mixed or (is_slow and place):
        return ("A",)
    return ("A", "anon") if is_slow else _ASKING


def ask(
    scenario: Scenario, todo: list[Question], before: list[Result] | None = None
) -> list[Result]:
    """Send the questions one by one and return the answers; an actor without the right asks once.

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
        is_open = isinstance(question.of, ApiFunction) and "cursor" in question.of.body.lower()
        result = known or asked(
            scenario.connection,
            question.actor,
            question.statement,
            prepare=question.prepare,
            cursors=is_open,
        )
        if is_closed(result):
            denied[question.actor.name, question.name] = result
        results.append(result)
    return results


def is_closed(result: Result) -> bool:
    """Whether the actor lacks the right to call the function, or to read the view.

    Args:
        result: of a question.
    """
    kinds = ("function", "procedure", "schema", "view", "materialized view")
    return result.sqlstate == DENIED and result.message.startswith(
        tuple(f"permission denied for {kind} " for kind in kinds)
    )


def within_reach(todo: list[Question], there: list[Result]) -> list[Question]:
    """The questions about views and functions that at least one actor may use by its grants.

    Args:
        todo: all of them.
        there: the answers.
    """
    reached = {q.name for q, told in zip(todo, there, strict=True) if not is_closed(told)}
    return [question for question in todo if question.name in reached]


def is_leak(scenario: Scenario, question: Question) -> bool:
    """Whether an answer is a leak. With a token out of B's rows it is none: A is a guest.

    Args:
        scenario: in which B has rows.
        question: by which A came to rows of B's.
    """
    if scenario.is_let_in(question.given):
        scenario.untried.setdefault(question.name, _LET_IN)
        return False
    return True


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


def written(function: ApiFunction, about: Call) -> sql.Composed:
    """A call as a statement.

    Args:
        function: what is called.
        about: with what.
    """
    given = sql.SQL(", ").join(about.arguments)
    call = sql.SQL("{}({})").format(sql.Identifier(function.schema, function.name), given)
    if function.procedure:
        return sql.SQL("call {}").format(call)
    # In the list of columns, where a record of any kind may stand.
    return _digest(sql.SQL("(select {} as told offset 0)").format(call), sql.SQL("r.told::text"))
