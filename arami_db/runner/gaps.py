"""Missing numbers among pending migrations: a file was forgotten, or is not merged yet."""

from __future__ import annotations

from itertools import pairwise

from arami_db.errors import RefusedFileError
from arami_db.files import SqlFile
from arami_db.files.sqlfile import DATE_DIGITS
from arami_db.ledger.plan import Entry, EntryState, Plan

_FILL = "Restore what is missing, or renumber what comes after it"


def refuse_gaps(plan: Plan) -> None:
    """Refuse to run pending migrations with a gap between them.

    Raises:
        RefusedFileError: names what is missing, and how to fix it.
    """
    if not (found := gaps(plan)):
        return
    ways = "; or ".join(dict.fromkeys([*found.values(), "pass --allow-gaps"]))
    raise RefusedFileError(f"{_waiting(plan)[0].path.parent}: {'; '.join(found)}", hint=f"{ways}.")


def gaps(plan: Plan) -> dict[str, str]:
    """The gaps between the latest applied migration, or the first number, and the pending ones.

    Gaps below the latest applied one are history. Dates have gaps by nature; a number with as many
    digits as a date is a date.

    Returns:
        Each gap as text, and how to fix it.
    """
    waiting, latest, first = _waiting(plan), _latest(plan), plan.first_version
    if not waiting:
        return {}
    next_one = waiting[0]
    if first is not None and next_one.version < first:
        what = f"{next_one.path.name} lies below first-version = {first}"
        return {what: "Delete the file, or correct first-version"}
    if first is not None and latest and latest.version < first:
        what = f"this database is at {latest.version}, and these files begin at {first}"
        return {
            what: f"Bring it to {first} with the earlier files; or, if it has what"
            f" {next_one.path.name} makes: arami-db baseline {next_one.version}"
        }
    numbers = [_start(plan, next_one), *((file.version, len(file.number)) for file in waiting)]
    return _between(numbers, begins=latest is None and first is None)


def _between(numbers: list[tuple[int, int]], *, begins: bool) -> dict[str, str]:
    """The gaps between versions, each with its digits; the first may be before the first file."""
    found = {}
    for (below, one), (version, other) in pairwise(numbers):
        if version > below + 1 and max(one, other) < DATE_DIGITS:
            last = version - 1
            which = (
                f"versions {below + 1} to {last} are" if last > below + 1 else f"version {last} is"
            )
            starts = begins and version == numbers[1][0]
            declare = f"declare first-version = {version} in arami-db.toml"
            way = f"{_FILL}; or, where these files begin there, {declare}" if starts else _FILL
            found[f"{which} missing (the next is {version})"] = way
    return found


def _waiting(plan: Plan) -> list[SqlFile]:
    """Pending migrations above all that are applied."""
    pending = plan.of(EntryState.PENDING)
    return [entry.file for entry in pending if entry.file and entry.kind == "migration"]


def _latest(plan: Plan) -> Entry | None:
    applied = [entry for entry in plan.entries if entry.kind == "migration" and entry.row]
    return applied[-1] if applied else None


def _start(plan: Plan, next_one: SqlFile) -> tuple[int, int]:
    """The number before the first expected one, and its number of digits."""
    if latest := _latest(plan):
        return latest.version, len(latest.file.number if latest.file else str(latest.version))
    start = min(1, next_one.version) if plan.first_version is None else plan.first_version
    return start - 1, 1
