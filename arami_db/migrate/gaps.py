"""Numbers that are missing among pending migrations: a file forgotten, or not merged yet."""

from __future__ import annotations

from itertools import pairwise

from arami_db.errors import RefusedFileError
from arami_db.files import SqlFile
from arami_db.files.sqlfile import DATE_DIGITS
from arami_db.migrate.plan import Entry, Plan, State


def gaps(plan: Plan) -> tuple[str, ...]:
    """What is missing between the latest migration applied, or the first, and those pending.

    Below the latest one applied nothing is missing: that is history. Dates have gaps by nature; a
    number is one when it is written with as many digits.
    """
    waiting = _waiting(plan)
    if not waiting:
        return ()
    first = plan.first_version
    found = [
        f"{file.path.name} lies below first-version = {first}"
        for file in waiting
        if first is not None and file.version < first
    ]
    numbers = [_start(plan, waiting), *((file.version, len(file.number)) for file in waiting)]
    for (below, one), (version, other) in pairwise(numbers):
        if version > below + 1 and max(one, other) < DATE_DIGITS:
            found.append(f"{_range(below + 1, version - 1)} missing (the next is {version})")
    return tuple(found)


def refuse_gaps(plan: Plan) -> None:
    """Refuse to run pending migrations between which one is missing.

    Raises:
        RefusedFileError: names what is missing, and the ways out.
    """
    found = gaps(plan)
    if not found:
        return
    waiting = _waiting(plan)
    ways = ["Restore what is missing, or renumber what comes after it"]
    if plan.first_version is not None and waiting[0].version < plan.first_version:
        ways = ["Delete what lies below, or correct first-version"]
    if plan.first_version is None and _latest(plan) is None and waiting[0].version > 1:
        ways.append(f"where these files begin there, {declare(waiting[0].version)}")
    ways.append("pass --allow-gaps")
    raise RefusedFileError(
        f"{waiting[0].path.parent}: {'; '.join(found)}", hint=f"{'; or '.join(ways)}."
    )


def declare(version: int) -> str:
    """How the number is declared that a project's files begin at."""
    return f"declare first-version = {version} in arami-db.toml"


def _range(first: int, last: int) -> str:
    return f"version {first} is" if first == last else f"versions {first} to {last} are"


def _waiting(plan: Plan) -> list[SqlFile]:
    """Pending migrations above all that are applied."""
    pending = plan.of(State.PENDING)
    return [entry.file for entry in pending if entry.file and entry.kind == "migration"]


def _latest(plan: Plan) -> Entry | None:
    applied = [entry for entry in plan.entries if entry.kind == "migration" and entry.row]
    return applied[-1] if applied else None


def _start(plan: Plan, waiting: list[SqlFile]) -> tuple[int, int]:
    """The number before the first that is wanted, and with how many digits it is written."""
    if latest := _latest(plan):
        return latest.version, len(latest.file.number if latest.file else str(latest.version))
    start = min(1, waiting[0].version) if plan.first_version is None else plan.first_version
    return start - 1, 1
