"""Bringing the ledger in line with the files, version by version, as asked for."""

from __future__ import annotations

import re

from arami_db import ledger
from arami_db.adopt.entries import Adopted, enter, forget, write
from arami_db.database.connect import query
from arami_db.database.execute import Step
from arami_db.errors import LedgerError, UsageError
from arami_db.files import SqlTree
from arami_db.migrate.plan import Entry, Plan, State, make_plan, reference
from arami_db.runner.locked import locked
from arami_db.runner.session import Session

# What each wish may be said of.
_FITS = {
    "accept": {State.CHANGED},
    "forget": {State.MISSING},
    "applied": {State.PENDING, State.OUT_OF_ORDER},
}


def repair(session: Session, tree: SqlTree, wishes: dict[str, list[str]]) -> tuple[Adopted, ...]:
    """Change the ledger, and only the ledger, in one transaction.

    Args:
        session: the database, the options and the report.
        tree: the SQL files.
        wishes: versions (7, or views/2) by what to do: "accept", "forget", "applied".

    Returns:
        What was changed.

    Raises:
        UsageError: nothing was asked for, or what was asked does not fit the version's state.
        LedgerError: there is no ledger.
    """
    if not any(wishes.values()):
        plan = make_plan(tree, ledger.read(session.connection))
        raise UsageError("say what to repair", hint=_suggestions(plan))
    with locked(session) as runner:
        state = ledger.read(runner.connection)
        if not state.exists:
            raise LedgerError("this database has no ledger", hint="Use migrate or baseline.")
        plan = make_plan(tree, state)
        chosen = [(wish, _find(plan, wish, word)) for wish in wishes for word in wishes[wish]]
        write(runner.connection, [step for wish, entry in chosen for step in _steps(wish, entry)])
    done = {"accept": "repaired", "forget": "forgotten", "applied": "repaired"}
    return tuple(Adopted(done[wish], entry.label) for wish, entry in chosen)


def _find(plan: Plan, wish: str, word: str) -> Entry:
    match = re.fullmatch(r"(migrations/|views/)?0*([0-9]+)", word)
    if match is None:
        raise UsageError(f"{word!r} is no version; write 7, or views/2")
    kind = (match[1] or "migrations/")[:-2]
    for entry in plan.entries:
        if (entry.kind, entry.version) == (kind, int(match[2] or 0)):
            if entry.state in _FITS[wish]:
                return entry
            raise UsageError(f"{entry.label} is {entry.state}; --{wish} does not fit")
    raise UsageError(f"neither a file nor the ledger knows {kind} {match[2]}")


def _steps(wish: str, entry: Entry) -> list[Step]:
    if wish == "applied" and entry.file:
        return enter(entry.file, origin="repair", event="repaired")
    values = {"kind": entry.kind, "version": entry.version}
    if wish == "accept" and entry.file:
        accept = {**values, "name": entry.name, "checksum": entry.file.checksum}
        return [Step(query("ledger_accept"), accept), ledger.event("repaired", entry.file)]
    return [forget(entry.kind, entry.version)]


def _suggestions(plan: Plan) -> str:
    lines = [
        f"{entry.label} is {entry.state}: arami-db repair --{wish} {reference(entry)}"
        for wish in ("accept", "forget")
        for entry in plan.of(*_FITS[wish])
    ]
    return "\n      ".join(lines) or "There is nothing to repair."
