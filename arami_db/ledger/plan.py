"""The files beside the ledger: what is applied, what is pending, and what is to be run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

from arami_db.errors import UsageError
from arami_db.files import SqlFile, SqlTree
from arami_db.ledger import Ledger
from arami_db.ledger.entries import IN_PLACE, Entry, EntryState, compare

__all__ = ["IN_PLACE", "Entry", "EntryState", "Plan", "make_plan", "references"]


@dataclass(frozen=True)
class Plan:
    """All entries, migrations, then views, each by version; and where the files begin, if declared.

    Attributes:
        entries: one for each version that a file or the ledger knows.
        first_version: as SqlTree.first_version.
    """

    entries: tuple[Entry, ...]
    first_version: int | None = None

    def of(self, *states: EntryState) -> tuple[Entry, ...]:
        """The entries in any of these states."""
        return tuple(entry for entry in self.entries if entry.state in states)

    @property
    def pending(self) -> tuple[SqlFile, ...]:
        """The files to run, in the order to run them."""
        entries = self.of(EntryState.PENDING, EntryState.OUT_OF_ORDER)
        return tuple(entry.file for entry in entries if entry.file)

    def distributing(self) -> Plan:
        """The plan with all that distributes tables to be run, changed or not."""
        entries = (
            replace(entry, state=EntryState.PENDING)
            if entry.kind == "distributed" and entry.state in IN_PLACE
            else entry
            for entry in self.entries
        )
        return replace(self, entries=tuple(entries))

    @property
    def ahead(self) -> str | None:
        """That the database is ahead of the files, and by what; None where it is not."""
        newer = [entry.label for entry in self.of(EntryState.AHEAD) if entry.file is None]
        if not newer:
            return None
        more = f" and {len(newer) - 3} more" if len(newer) > 3 else ""
        newest = f"{', '.join(newer[:3])}{more}"
        return f"this database is ahead of these files: a newer release applied {newest}"

    def twin(self, entry: Entry) -> Entry | None:
        """The entry of an entry's twin."""
        if entry.twin is None:
            return None
        place = (entry.kind, entry.twin)
        return next((e for e in self.entries if (e.kind, e.version) == place), None)

    def holds_twin(self, entry: Entry) -> bool:
        """Whether the file of an entry is what was applied as its twin."""
        twin = self.twin(entry)
        applied = twin and twin.row
        return bool(entry.file and applied and entry.file.checksum == applied.checksum)

    def up_to(self, target: int | None) -> Plan:
        """The plan without pending migrations above a version, and then without views.

        Views are written against the latest tables, so they wait until all migrations are in.

        Raises:
            UsageError: no file has that version.
        """
        if target is None:
            return self
        versions = [e.version for e in self.entries if e.kind == "migration" and e.file]
        if target not in versions:
            known = f"{versions[0]} to {versions[-1]}" if versions else "none"
            raise UsageError(f"no migration {target}; there is {known}")
        held_back = {
            id(entry)
            for entry in self.entries
            if entry.state in {EntryState.PENDING, EntryState.OUT_OF_ORDER}
            and (entry.kind == "view" or (entry.kind == "migration" and entry.version > target))
        }
        if not any(id(e) in held_back for e in self.entries if e.kind == "migration"):
            return self
        return replace(self, entries=tuple(e for e in self.entries if id(e) not in held_back))


def references(plan: Plan, entries: tuple[Entry, ...]) -> list[str]:
    """How `repair` names entries: 1-50,52, and views/2,3; a word for each kind."""
    words = []
    for kind, prefix in (("migration", ""), ("distributed", "distributed/"), ("view", "views/")):
        chosen = {entry.version for entry in entries if entry.kind == kind}
        known = [(e.version, e.version in chosen) for e in plan.entries if e.kind == kind]
        runs = [list(run) for is_chosen, run in groupby(known, itemgetter(1)) if is_chosen]
        parts = [f"{run[0][0]}-{run[-1][0]}" if run[1:] else f"{run[0][0]}" for run in runs]
        words += [prefix + ",".join(parts)] if parts else []
    return words


def make_plan(tree: SqlTree, ledger: Ledger) -> Plan:
    """Compare the files of a tree with a ledger; touches neither.

    Args:
        tree: the SQL files.
        ledger: what has been applied.

    Returns:
        Every version with its state; what is to be done about them is said in disagreement.py.

    Raises:
        RefusedFileError: a file cannot be read, or two have the same number.
    """
    return Plan(compare(tree, ledger), tree.first_version)
