"""The files beside the ledger: what is applied, what is pending, and where the two disagree."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from arami_db.errors import LedgerError, UsageError
from arami_db.files import SqlFile, SqlTree, refuse_gaps
from arami_db.ledger import Ledger, Row


class State(StrEnum):
    """How a file stands to the ledger."""

    APPLIED = "applied"
    PENDING = "pending"
    OUT_OF_ORDER = "out of order"  # pending, below a version that is applied
    CHANGED = "changed"  # applied, and edited since
    MISSING = "missing"  # applied, and its file is gone


_REMEDY = {
    State.CHANGED: "Restore the file and write a new migration;"
    " or accept the edit: arami-db repair --accept {version}",
    State.MISSING: "Restore the file; or forget it: arami-db repair --forget {version}",
    State.OUT_OF_ORDER: "Renumber the file above {latest}; or pass --allow-out-of-order.",
}


@dataclass(frozen=True)
class Entry:
    """One version: its state, its file (None when missing) and its ledger row (None when new)."""

    kind: str
    version: int
    name: str
    state: State
    file: SqlFile | None
    row: Row | None

    @property
    def label(self) -> str:
        """As in views/002_user_dashboard: the file's title, or what it must have been."""
        if self.file:
            return self.file.title
        return f"{self.kind}s/{self.version:03}_{self.name}"


@dataclass(frozen=True)
class Plan:
    """All entries: migrations, then views, each by version."""

    entries: tuple[Entry, ...]

    def of(self, *states: State) -> tuple[Entry, ...]:
        """The entries in any of these states."""
        return tuple(entry for entry in self.entries if entry.state in states)

    @property
    def pending(self) -> tuple[SqlFile, ...]:
        """The files to run, in the order to run them."""
        entries = self.of(State.PENDING, State.OUT_OF_ORDER)
        return tuple(entry.file for entry in entries if entry.file)

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
            if entry.state in {State.PENDING, State.OUT_OF_ORDER}
            and (entry.kind == "view" or entry.version > target)
        }
        if not any(id(e) in held_back for e in self.entries if e.kind == "migration"):
            return self
        return Plan(tuple(entry for entry in self.entries if id(entry) not in held_back))

    def require_agreement(self, *, allow_out_of_order: bool = False) -> None:
        """Refuse to go on where ledger and files disagree.

        Raises:
            LedgerError: naming each disagreement and its way out.
        """
        wrong = self.of(State.CHANGED, State.MISSING)
        if not allow_out_of_order:
            wrong += self.of(State.OUT_OF_ORDER)
        if not wrong:
            return
        latest = max(
            (e.version for e in self.entries if e.kind == "migration" and e.row), default=0
        )
        lines = [f"{entry.label}: {entry.state}" for entry in wrong]
        hints = {
            _REMEDY[entry.state].format(version=reference(entry), latest=latest) for entry in wrong
        }
        raise LedgerError(
            "the ledger and the files disagree:\n  " + "\n  ".join(lines),
            hint="\n      ".join(sorted(hints)),
        )


def reference(entry: Entry) -> str:
    """How `repair` names an entry: 7, or views/2."""
    return str(entry.version) if entry.kind == "migration" else f"{entry.kind}s/{entry.version}"


def make_plan(tree: SqlTree, ledger: Ledger) -> Plan:
    """Compare the files of a tree with a ledger; touches neither.

    Raises:
        RefusedFileError: a file cannot be read, or a migration is missing that no ledger knows.
    """
    entries = []
    for kind, files in (("migration", tree.migrations), ("view", tree.views)):
        by_version = {file.version: file for file in files}
        rows = {row.version: row for row in ledger.rows.values() if row.kind == kind}
        latest = max(rows, default=0)
        versions = sorted(by_version.keys() | rows.keys())
        if kind == "migration":
            refuse_gaps(versions, tree.root / "migrations")
        for version in versions:
            file, row = by_version.get(version), rows.get(version)
            name = file.name if file else row.name if row else ""
            entries.append(Entry(kind, version, name, _state(kind, file, row, latest), file, row))
    return Plan(tuple(entries))


def _state(kind: str, file: SqlFile | None, row: Row | None, latest: int) -> State:
    if file is None:
        return State.MISSING
    if row is None:
        late = kind == "migration" and file.version < latest
        return State.OUT_OF_ORDER if late else State.PENDING
    if row.checksum == file.checksum:
        return State.APPLIED
    return State.PENDING if kind == "view" else State.CHANGED
