"""Where files and ledger disagree: what is wrong and each way out, many of a kind said as one."""

from __future__ import annotations

from collections.abc import Callable

from arami_db.errors import LedgerError
from arami_db.ledger.plan import Entry, EntryState, Plan, references
from arami_db.runner.gaps import gaps
from arami_db.runner.session import MigrateOptions

_SHOWN = 8
_MOVED = (EntryState.SWAPPED, EntryState.RENUMBERED)
_NEWER = (
    "Run that release; or, where this older one works with the newer schema, pass --allow-newer:"
    " all that is newer stays as it is."
)


def require_agreement(plan: Plan, options: MigrateOptions) -> None:
    """Refuse to go on where ledger and files disagree.

    Args:
        plan: the files beside the ledger.
        options: whether files may be out of order, and the database ahead of them.

    Raises:
        LedgerError: naming each disagreement and its way out.
    """
    wrong = _wrong(plan, options)
    message = "the ledger and the files disagree:\n  "
    message += "\n  ".join(line for entries, _ in wrong for line in _lines(plan, entries))
    ways = [way for _, way in wrong]
    if plan.ahead and not options.allow_newer:
        message = f"{plan.ahead}; and {message}" if wrong else plan.ahead
        ways.insert(0, _NEWER)
    if ways:
        raise LedgerError(message, hint="\n      ".join(ways))


def notes(plan: Plan, options: MigrateOptions) -> tuple[str, ...]:
    """What a reader of the states should know besides: why, and the ways out not taken.

    Args:
        plan: the files beside the ledger.
        options: as for require_agreement().
    """
    found = []
    if plan.ahead:
        found.append(plan.ahead if options.allow_newer else f"{plan.ahead}. {_NEWER}")
    for entries, way in _wrong(plan, options):
        state = entries[0].state
        what = "; ".join(_lines(plan, entries)) if state in _MOVED else str(state)
        found.append(f"{what}. {way}" if state in _MOVED else f"{what}: {way}")
    if renamed := plan.of(EntryState.RENAMED):
        lines = [f"{entry.label} was applied as {_applied_as(entry)}" for entry in renamed]
        command = _repair(plan, accept=renamed)
        found.append(f"{'; '.join(_few(lines))}; the new name is entered by {command}")
    if (missing := gaps(plan)) and not options.allow_gaps:
        found.append(f"{'; '.join(missing)}: migrate refuses that without --allow-gaps")
    return tuple(found)


def _wrong(plan: Plan, options: MigrateOptions) -> list[tuple[tuple[Entry, ...], str]]:
    """What is wrong and the way out of it, in the order of the first version of each."""
    found = []
    for states, way in _WAYS.items():
        entries = plan.of(*states)
        if entries and not (options.allow_out_of_order and EntryState.OUT_OF_ORDER in states):
            found.append((entries, way(plan, entries)))
    return sorted(found, key=lambda wrong: plan.entries.index(wrong[0][0]))


# --- what is wrong ------------------------------------------------------------------------------


def _lines(plan: Plan, entries: tuple[Entry, ...]) -> list[str]:
    return _few([line for entry in entries if (line := _line(plan, entry))])


def _line(plan: Plan, entry: Entry) -> str | None:
    """What is wrong with an entry; None where the line of its twin says it."""
    twin = plan.twin(entry)
    if twin is None:
        named = entry.row is None or entry.row.name == entry.name
        known = "" if named else f", it was applied as {_applied_as(entry)}"
        return f"{entry.label}: {entry.state}{known}"
    if entry.state is EntryState.SWAPPED:
        first = entry.version < twin.version
        return f"{entry.label} and {twin.label}: swapped" if first else None
    if plan.holds_twin(entry):
        return f"{entry.label}: renumbered, it was applied as {_applied_as(twin)}"
    return f"{entry.label}: has the number of {_applied_as(entry)}" if entry.file else None


def _applied_as(entry: Entry) -> str:
    name = entry.row.name if entry.row else entry.name
    return f"{entry.version:03}_{name}"


def _few(lines: list[str]) -> list[str]:
    more = len(lines) - _SHOWN
    return lines if more <= 1 else [*lines[:_SHOWN], f"and {more} more"]


# --- the ways out -------------------------------------------------------------------------------


def _changed(plan: Plan, entries: tuple[Entry, ...]) -> str:
    them = _them(entries)
    accept = _repair(plan, accept=entries)
    return f"Restore {them} and write a new migration; or accept the edit: {accept}"


def _missing(plan: Plan, entries: tuple[Entry, ...]) -> str:
    ways = [f"Restore {_them(entries)}"]
    files = [entry for entry in plan.entries if entry.kind == "migration" and entry.file]
    if files and all(e.kind == "migration" and e.version < files[0].version for e in entries):
        baseline = f"arami-db baseline {files[0].version}"
        ways.append(f"where {files[0].label} stands for them, a squash: {baseline}")
    if not plan.ahead:
        ways.append(
            f"forget {'it' if len(entries) == 1 else 'them'}: {_repair(plan, forget=entries)}"
        )
    return "; or ".join(ways) + ("." if plan.ahead else "")


def _out_of_order(plan: Plan, entries: tuple[Entry, ...]) -> str:
    latest = max(e.version for e in plan.entries if e.kind == "migration" and e.row)
    return (
        f"Renumber {_them(entries)} above {latest}; or pass --allow-out-of-order; or, where the"
        f" database has what it makes: {_repair(plan, applied=entries)}"
    )


def _moved(plan: Plan, entries: tuple[Entry, ...]) -> str:
    kept = [entry for entry in entries if plan.holds_twin(entry)]
    command = _repair(
        plan,
        forget=tuple(entry for entry in entries if entry not in kept),
        accept=tuple(entry for entry in kept if entry.row),
        applied=tuple(entry for entry in kept if not entry.row),
    )
    was, now = ("it", "it is") if len(kept) == 1 else ("them", "they are")
    back = f"Put {was} back as {'it was' if len(kept) == 1 else 'they were'} applied"
    return f"{back}; or enter {was} as {now} now: {command}"


_WAYS: dict[tuple[EntryState, ...], Callable[[Plan, tuple[Entry, ...]], str]] = {
    (EntryState.CHANGED,): _changed,
    (EntryState.MISSING,): _missing,
    _MOVED: _moved,
    (EntryState.OUT_OF_ORDER,): _out_of_order,
}


def _them(entries: tuple[Entry, ...]) -> str:
    return "the file" if len(entries) == 1 else "the files"


def _repair(plan: Plan, **wishes: tuple[Entry, ...]) -> str:
    options = [
        f"--{wish} {word}" for wish, entries in wishes.items() for word in references(plan, entries)
    ]
    return " ".join(["arami-db repair", *options])
