"""Numbers that are missing among pending migrations: a file forgotten, or not merged yet."""

from __future__ import annotations

from itertools import pairwise

from arami_db.errors import RefusedFileError
from arami_db.files import SqlFile
from arami_db.files.sqlfile import DATE_DIGITS
from arami_db.ledger.plan import Entry, EntryState, Plan

_FILL = "Restore what is missing, or renumber what comes after it"


def refuse_gaps(plan: Plan) -> None:
    """Refuse to run pending migrations between which one is missing.

    Raises:
        RefusedFileError: names what is missing, and the ways out.
    """
    if not (found := gaps(plan)):
        return
    ways = "; or ".join(dict.fromkeys([*found.values(), "pass --allow-gaps"]))
    raise RefusedFileError(f"{_waiting(plan)[0].path.parent}: {'; '.join(found)}", hint=f"{ways}.")


def gaps(plan: Plan) -> dict[str, str]:
    """What is missing between the latest migration applied, or the first, and those pending.

    Below the latest one applied nothing is missing: that is history. Dates have gaps by nature; a
    number is one when it is written with as many digits.

    Returns:
        Each gap in words, with the way out of it.
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
            what: f"Bring it to {first} with the files from before; or, where it has what"
            f" {next_one.path.name} makes: arami-db baseline {next_one.version}"
        }
    numbers = [_start(plan, next_one), *((file.version, len(file.number)) for file in waiting)]
    return _between(numbers, begins=latest is None and first is None)


def _between(numbers: list[tuple[int, int]], *, begins: bool) -> dict[str, str]:
    """The gaps between versions, each with its digits; the first of them may be the beginning."""
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
    """The number before the first that is wanted, and with how many digits it is written."""
    if latest := _latest(plan):
        return latest.version, len(latest.file.number if latest.file else str(latest.version))
    start = min(1, next_one.version) if plan.first_version is None else plan.first_version
    return start - 1, 1
