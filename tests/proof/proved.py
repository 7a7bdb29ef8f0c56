"""What the proof says of each case: `python -m tests.proof.proved [SERVER] [NAME ...]`.

found: an attempt leaked on an object of the case. oracle: the proof says that the object tells
whether a row exists. open: it says which policy for anon lets everybody read the object.
not tried: it names an object that it could not try. silent: none of these.
accused: a design that is correct is said to leak or to fail. stuck: the proof of one fails, since
something stood in its way.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

import psycopg

from arami_db.prove import Proof, prove
from tests.proof import databases, tally
from tests.proof.case import Case
from tests.proof.corpus import CASES

FOUND, RIGHT = (
    ("found", "oracle", "open", "not tried", "silent"),
    ("right", "not tried", "stuck", "accused"),
)


def main() -> int:
    """Prove the cases, those named each in a database of its own; return how many it gets wrong."""
    names = {name for name in sys.argv[1:] if name in CASES}
    sys.argv[1:] = [word for word in sys.argv[1:] if word not in names]
    alone = [group for group in databases.each() if names & {case.id for case in group.cases}]
    said: dict[str, str] = {}
    with databases.server() as server, databases.base(server) as template:
        for group in alone or databases.groups():
            with databases.holding(server, template, group) as conninfo:
                proof = proof_of(conninfo)
            for case in group.cases:
                said[case.id], why = verdict(case, proof, group.schema(case))
                print(f"{case.id}: {said[case.id]} {why}".rstrip(), flush=True)
    print(tally.table(said, ("leak", "oracle"), FOUND))
    print(tally.table(said, ("good",), RIGHT))
    return sum(word in {"silent", "stuck", "accused"} for word in said.values())


def proof_of(conninfo: str) -> Proof:
    """The proof of a database."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        return prove(connection)


def verdict(case: Case, proof: Proof, schema: str) -> tuple[str, str]:
    """The verdict on a case, and the first line that bears it out.

    Args:
        case: the case.
        proof: of a database that holds it.
        schema: where the case stands there.
    """
    leaks = [f"{a.object}: {a.actor}: {a.action}: {a.detail}" for a in proof.leaks]
    fails = [f"{a.object}: {a.actor}: {a.action}: {a.detail}" for a in proof.failures]
    oracles = [f"{o.object}: {o.by}: {o.how}" for o in proof.oracles]
    if case.kind == "oracle":
        leaks += oracles
    if case.kind == "good":  # another case may do something to its rows
        wrong = [line for line in [*leaks, *fails] if _of(case, schema, [line.split(": ")[0]])]
    else:
        wrong = _of(case, schema, leaks)
    untried = [f"{u.object}: {u.reason}" for u in proof.untried]
    made_up = [f"{name}: called with made-up arguments" for name in proof.made_up]
    named = _of(case, schema, [*proof.unattempted, *untried, *made_up])
    bad, fine = ("accused", "right") if case.kind == "good" else ("found", "silent")
    if wrong:
        return bad, wrong[0]
    if case.kind == "good" and (stuck := _of(case, schema, proof.unattempted)):
        return "stuck", stuck[0]
    told = [line for line in oracles if line.startswith(case.placed(case.object, schema))]
    if case.kind == "leak" and told:
        return "oracle", told[0]
    shown = _of(case, schema, [f"{name}: policy {policy}" for name, policy in proof.public])
    if case.kind == "leak" and not named and shown:
        return "open", shown[0]
    return ("not tried", named[0]) if named else (fine, "")


def _of(case: Case, schema: str, lines: Iterable[str]) -> list[str]:
    """The lines that speak of an object of a case; in a database of its own, of any."""
    places = (f"{case.id}.", f"{case.id}_") if schema != "public" else ("",)
    return [line for line in lines if any(place in line for place in places)]


if __name__ == "__main__":
    sys.exit(main())
