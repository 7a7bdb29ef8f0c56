"""The matrix of access: what each actor may do with each object, as the attempts have shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from arami_db.prove.attempts.model import MEANT, NOBODYS, SHARED, Attempt
from arami_db.prove.schema.exposed import Exposed

ANON, OWN, OTHERS, SERVICE = ACTORS = ("anon", "A on own", "A on B's", "service_role")
COMMANDS = ("select", "insert", "update", "delete", "call")
# What a cell says where its attempts came to several things: the weakest defence comes first.
OUTCOMES = {
    "leak": "somebody came to what is not theirs",
    "broken": "grants and policies promise it, and it could not be done",
    "declared": "it was done, or could not be, and the settings say that this is meant",
    "public": "a policy for anon says that everybody may",
    "conditional": "done only on a row of no user, or where somebody who may has let A",
    "allowed": "done, as grants and policies let",
    "harmless": "done, and no row of B's was seen or changed",
    "no rows": "no row came or was touched",
    "nothing of B's": "a view or function answered, and the answer did not depend on B's rows",
    "refused by policy": "row level security refused the row",
    "refused": "a constraint, a trigger or the function itself refused",
    "refused by grant": "the right was not granted",
    "made up": "a function was called, with arguments of no user: this proves nothing",
    "not granted": "nobody tried it: the right was not granted",
    "not tried": "nobody tried it, or no attempt had an answer",
}
_OF_ROLE = {ANON: "anon", OWN: "authenticated", OTHERS: "authenticated", SERVICE: "service_role"}
_OWN = re.compile(r"(select|insert|update|delete) own|call own( .*)?", re.DOTALL)
_COMMAND_OF = {"upsert": "insert", "truncate": "delete"}
# What differs from one proof to the next: ids of users who are gone, and moments.
_PASSING = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d[ T]\d\d:\d\d[\d:.+-]*"
)

Declared = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Trace:
    """Attempts of a cell that came to the same.

    Attributes:
        outcome: what they came to, one of OUTCOMES.
        attempts: how many.
        actors: who tried.
        ways: how it was tried.
        evidence: the branch of a policy by which it was tried, if it was by one.
        detail: what came through, what the server said, or why it does no harm.
    """

    outcome: str
    attempts: int
    actors: tuple[str, ...]
    ways: tuple[str, ...]
    evidence: str
    detail: str


@dataclass(frozen=True)
class MatrixCell:
    """What an actor may do with an object.

    Attributes:
        actor: one of ACTORS.
        command: one of COMMANDS.
        outcome: the weakest of what the attempts came to, one of OUTCOMES.
        attempts: how many there were.
        traces: the attempts by what they came to, the weakest first.
        lets: the grant and the policies that the command passes, for people.
    """

    actor: str
    command: str
    outcome: str
    attempts: int
    traces: tuple[Trace, ...]
    lets: str


def matrix(
    objects: Iterable[Exposed], attempts: Iterable[Attempt], declared: Declared
) -> dict[Exposed, dict[tuple[str, str], MatrixCell]]:
    """The cells of each object, by actor and command.

    Args:
        objects: what is exposed.
        attempts: all that was tried.
        declared: by object and first word of the action, the reason why it is meant.
    """
    of: dict[tuple[str, str, str], list[Attempt]] = {}
    for attempt in attempts:
        of.setdefault((attempt.object, *_place(attempt)), []).append(attempt)
    return {
        one: {
            (actor, command): _cell(
                one, actor, command, of.get((one.name, actor, command), []), declared
            )
            for command in commands_of(one)
            for actor in ACTORS
        }
        for one in objects
    }


def commands_of(one: Exposed) -> tuple[str, ...]:
    """What can be done with an object."""
    return ("call",) if one.kind in {"function", "procedure"} else COMMANDS[:-1]


def _place(attempt: Attempt) -> tuple[str, str]:
    word = attempt.action.split(" ")[0]
    command = _COMMAND_OF.get(word, word)
    if attempt.actor == SERVICE:
        return SERVICE, command
    if attempt.actor.startswith("anon"):
        return ANON, command
    is_own = _OWN.fullmatch(attempt.action) or attempt.detail == SHARED
    return OWN if is_own else OTHERS, command


def _cell(
    one: Exposed, actor: str, command: str, attempts: list[Attempt], declared: Declared
) -> MatrixCell:
    groups: dict[tuple[str, str, str], list[Attempt]] = {}
    for attempt in attempts:
        outcome = _outcome(one, actor, attempt, declared)
        detail = _PASSING.sub("…", attempt.detail)
        groups.setdefault((outcome, attempt.evidence, detail), []).append(attempt)
    order = list(OUTCOMES)
    traces = tuple(
        Trace(
            outcome,
            len(group),
            tuple(dict.fromkeys(a.actor for a in group)),
            tuple(dict.fromkeys(a.action for a in group)),
            evidence,
            detail,
        )
        for (outcome, evidence, detail), group in sorted(
            groups.items(), key=lambda item: order.index(item[0][0])
        )
    )
    its = one.permission(_OF_ROLE[actor], command)
    untried = "not granted" if its and not its.is_granted else "not tried"
    outcome = traces[0].outcome if traces else untried
    return MatrixCell(actor, command, outcome, len(attempts), traces, _lets(one, actor, command))


def _outcome(one: Exposed, actor: str, attempt: Attempt, declared: Declared) -> str:
    if attempt.leaked or attempt.outcome == "failed":
        if (attempt.object, attempt.action.split(" ")[0]) in declared:
            return "declared"
        return "leak" if attempt.leaked else "broken"
    if attempt.outcome == "allowed":
        return _allowed(one, actor, attempt)
    if attempt.outcome == "denied":
        if "row-level security" in attempt.detail:
            return "refused by policy"
        is_grant = attempt.detail.startswith("permission denied")
        return "refused by grant" if is_grant else "refused"
    is_answer = one.kind != "table" and _place(attempt)[1] in {"select", "call"}
    return "nothing of B's" if is_answer and attempt.outcome == "no rows" else attempt.outcome


def _allowed(one: Exposed, actor: str, attempt: Attempt) -> str:
    if attempt.detail == MEANT:
        return "public"
    if actor in {OWN, SERVICE}:
        return "allowed"
    if attempt.evidence and (one.is_owned or attempt.detail != NOBODYS):
        return "conditional"
    return "harmless" if one.is_owned else "allowed"


def _lets(one: Exposed, actor: str, command: str) -> str:
    its = one.permission(_OF_ROLE[actor], command)
    if its is None:
        return ""
    if not its.is_granted:
        return "no grant"
    if actor == SERVICE or one.kind != "table":
        return "granted"
    if not one.is_secured:
        return "granted; no row level security"
    named = ", ".join(its.policies)
    return f"granted; policies: {named}" if named else "granted; no policy lets it"
