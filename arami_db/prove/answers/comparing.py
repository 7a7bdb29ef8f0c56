"""Compare what views and functions answer while B has rows with what they answer without them."""

from __future__ import annotations

import re
from dataclasses import replace

from arami_db.prove.answers import questions
from arami_db.prove.answers.questions import Question
from arami_db.prove.attempts.model import DENIED, Result
from arami_db.prove.scenario import Scenario
from arami_db.prove.schema.parts import ApiFunction, View
from arami_db.prove.verdicts.public import is_public
from arami_db.rows.tables import Table

_NO_PARENT = "23503"
_DEPENDS = "its answer depends on B's rows"
_WORD = re.compile(r"[\w.+-]+")


def compare(
    scenario: Scenario, todo: list[Question], answers: list[tuple[Result, Result, Result]]
) -> None:
    """Record which answers tell of rows of B, or that they exist.

    Args:
        scenario: in which they were asked.
        todo: the questions.
        answers: to each, with B's rows, with them once more, and without.
    """
    for question, (there, again, without) in zip(todo, answers, strict=True):
        leak = _leak(scenario, question, there, again, without)
        is_vague = leak == _DEPENDS and question.is_mixed and not _quotes(scenario, there, without)
        if leak and (_is_helper(question) or is_vague):
            told = "it tells the caller whether another user has such a row"
            scenario.oracles.setdefault((question.name, "answer"), told)
            leak = None
        if leak and isinstance(question.of, View) and question.of.counts:
            told = "it tells how many rows there are in all, so that another one was added"
            scenario.oracles.setdefault((question.name, "count"), told)
            leak = None
        if leak and not questions.is_leak(scenario, question):
            leak = None
        if leak is None and question.is_made_up and there.sqlstate != DENIED:
            scenario.made_up.setdefault(question.name, question.action)
        elif there.sqlstate == DENIED or (leak is None and there.sqlstate is None):
            scenario.called.add(question.name)
        if leak is None and not there.answered and isinstance(question.of, ApiFunction):
            scenario.failing.setdefault(question.name, there.message)
            continue
        is_made_up = question.is_made_up and there.sqlstate is None
        answer = replace(there, count=0)  # an answer of any size is one row
        scenario.record(
            question.actor, question.action, question.name, answer, leak, is_made_up=is_made_up
        )


def _leak(
    scenario: Scenario, question: Question, there: Result, again: Result, without: Result
) -> str | None:
    if is_open_to_all(scenario, question):
        return None
    told = " ".join(
        [*(str(cell) for row in there.rows for cell in row), *there.said, there.message]
    )
    for token in scenario.tokens:
        if token in told and token not in question.given and token not in str(without.rows):
            return "it tells what is in B's rows"
    if there.rows != again.rows or there.sqlstate != again.sqlstate:
        return None  # another plan, or another moment, made the difference
    is_refused = without.sqlstate == _NO_PARENT  # a key that leads to nobody says that, and no more
    if there.rows and there.rows != without.rows and there.sqlstate is None and not is_refused:
        return _DEPENDS
    if _said(there) != _said(without) and there.answered and without.answered:
        told = "what it says differs by whether somebody has such a row"
        scenario.oracles.setdefault((question.name, "error"), told)
    return None


def _quotes(scenario: Scenario, there: Result, without: Result) -> bool:
    """Whether an answer has a value of B's rows in it, however short, that it has not without."""
    told, bare = (
        {word for row in one.rows for word in _WORD.findall(str(row[-1]))}
        for one in (there, without)
    )
    made = scenario.maker.made.items()
    values = {value for (user, _), row in made if user == scenario.b for value in row.values()}
    return bool((told - bare - {"t", "f", "true", "false"}) & values)


def _said(result: Result) -> tuple[object, ...]:
    return result.said, result.sqlstate, result.message


def _is_helper(question: Question) -> bool:
    """Whether a policy asks it whether something is so, and people may ask the same."""
    function = question.of
    return isinstance(function, ApiFunction) and function.in_policy and function.result == "boolean"


def is_open_to_all(scenario: Scenario, question: Question) -> bool:
    """Whether a view or function only tells of rows that a policy lets everybody read.

    Args:
        scenario: in which it was asked.
        question: about a view or a function.
    """
    tables = scenario.schema.tables.values()
    if isinstance(question.of, View):
        read = [t for t in tables if t.label in question.of.reads]
        is_whole = len(read) == len(question.of.reads)
    else:
        body = question.of.body.lower()
        read = [t for t in tables if re.search(rf"\b{re.escape(t.name.lower())}\b", body)]
        read += [
            t for v in scenario.schema.views if v.name in body for t in tables if t.label in v.reads
        ]
        is_whole = "execute" not in body.replace("execute function", "")
    return is_whole and bool(read) and all(_is_open(scenario, question, t) for t in read)


def _is_open(scenario: Scenario, question: Question, table: Table) -> bool:
    """Whether everybody may read a table, or the caller may and its rows have no owner."""
    may_read = scenario.schema.guard(table.path).promises(question.actor.role, "select")
    return is_public(scenario, table) or (may_read and not table.owners)
