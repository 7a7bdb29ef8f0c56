"""Bringing the ledger in line with the files, version by version, as asked for."""

from __future__ import annotations

import re

from arami_db import ledger
from arami_db.adopt.entries import Adopted, enter, forget, write
from arami_db.database.connect import query
from arami_db.database.execute import Step
from arami_db.errors import LedgerError, UsageError
from arami_db.files import SqlTree
from arami_db.ledger.plan import Entry, EntryState, Plan, make_plan, references
from arami_db.runner.disagreement import notes
from arami_db.runner.locked import locked
from arami_db.runner.session import MigrateOptions, Session

_PART = r"[0-9]{1,19}(?:-[0-9]{1,19})?"
_WORD = re.compile(rf"(migrations/|distributed/|views/)?({_PART}(?:,{_PART})*)")
_MOVED = {EntryState.SWAPPED, EntryState.RENUMBERED}
# What each wish may be said of.
_STATES = {
    "accept": {EntryState.CHANGED, EntryState.RENAMED, *_MOVED},
    "forget": {EntryState.MISSING, EntryState.AHEAD, EntryState.HISTORY, *_MOVED},
    "applied": {EntryState.PENDING, EntryState.OUT_OF_ORDER, *_MOVED},
}


def repair(session: Session, tree: SqlTree, wishes: dict[str, list[str]]) -> tuple[Adopted, ...]:
    """Change the ledger, and only the ledger, in one transaction.

    Args:
        session: the database, the options and the report.
        tree: the SQL files.
        wishes: versions (7, 3-5,9 or views/2) by what to do: "accept", "forget", "applied".

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
        chosen = choose(plan, wishes)
        write(runner.connection, [step for wish, entry in chosen for step in _steps(wish, entry)])
    done = {"accept": "repaired", "forget": "forgotten", "applied": "repaired"}
    return tuple(Adopted(done[wish], entry.label) for wish, entry in chosen)


def choose(plan: Plan, wishes: dict[str, list[str]]) -> list[tuple[str, Entry]]:
    """The entries that wishes name, each with its wish.

    Raises:
        UsageError: a wish names no version, or one that it does not fit.
    """
    return [
        (wish, entry)
        for wish in wishes
        for word in wishes[wish]
        for entry in _find(plan, wish, word)
    ]


def _find(plan: Plan, wish: str, word: str) -> list[Entry]:
    """The entries of a word, such as 7, 3-5,9 or views/2."""
    match = _WORD.fullmatch(word)
    if match is None:
        raise UsageError(f"{word!r} is not a version; write 7, 3-5,9 or views/2")
    kind = {None: "migration", "distributed/": "distributed"}.get(match[1], (match[1] or "")[:-2])
    found = []
    for part in match[2].split(","):
        first, _, last = part.partition("-")
        wanted = range(int(first), int(last or first) + 1)
        named = [e for e in plan.entries if e.kind == kind and e.version in wanted]
        if not named:
            raise UsageError(f"neither a file nor the ledger knows {kind} {part}")
        found += named
    for entry in found:
        if not _fits(wish, plan, entry):
            raise UsageError(f"{entry.label} is {entry.state}; --{wish} does not fit")
    return found


def _fits(wish: str, plan: Plan, entry: Entry) -> bool:
    # Whether another file took the place of what was applied, which has a file of another number.
    is_ousted = entry.twin is not None and not plan.holds_twin(entry)
    fits = {
        "accept": entry.file is not None and entry.row is not None and not is_ousted,
        "forget": entry.file is None or is_ousted,
        "applied": entry.row is None
        or entry.state is EntryState.PENDING,  # a view that has changed
    }
    return entry.state in _STATES[wish] and fits[wish]


def _steps(wish: str, entry: Entry) -> list[Step]:
    if wish == "applied" and entry.file:
        return enter(entry.file, origin="repair", event="repaired")
    values = {"kind": entry.kind, "version": entry.version}
    if wish == "accept" and entry.file:
        accept = {**values, "name": entry.name, "checksum": entry.file.checksum}
        return [Step(query("ledger_accept"), accept), ledger.event("repaired", entry.file)]
    return [forget(entry.kind, entry.version)]


def _suggestions(plan: Plan) -> str:
    lines = [*notes(plan, MigrateOptions())]
    if deleted := tuple(entry for entry in plan.of(EntryState.AHEAD) if not entry.file):
        words = " ".join(f"--forget {word}" for word in references(plan, deleted))
        lines.append(f"Only where the files were deleted on purpose: arami-db repair {words}")
    return "\n      ".join(lines) or "There is nothing to repair."
