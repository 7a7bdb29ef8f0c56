"""Versions: what is a file, what is in the ledger, and how the two stand to each other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from arami_db.files import SqlFile, SqlTree
from arami_db.files.sqlfile import folder_of
from arami_db.ledger import Ledger, Row


class EntryState(StrEnum):
    """How a version stands: its file to its row in the ledger."""

    APPLIED = "applied"
    RENAMED = "renamed"  # applied with the same text, under another name: harmless
    HISTORY = "history"  # applied, and older than the first version that the files declare
    PENDING = "pending"
    OUT_OF_ORDER = "out of order"  # pending, below a version that is applied
    CHANGED = "changed"  # applied, and edited since
    SWAPPED = "swapped"  # each of two files holds what was applied as the other
    RENUMBERED = "renumbered"  # what was applied under this number and its file are now apart
    MISSING = "missing"  # applied, and its file is gone
    AHEAD = "ahead"  # a newer release applied it: it has no file here, or an older one


IN_PLACE = (EntryState.APPLIED, EntryState.RENAMED)


@dataclass(frozen=True)
class Entry:
    """One version.

    Attributes:
        kind: "migration", "view", or "distributed".
        version: its number.
        state: how its file stands to its row.
        file: its file; None where it has none.
        row: its row in the ledger; None where it has none.
        twin: the number under which the file's text was applied, or else the one under which the
            row's text has its file now; None where there is no other number.
    """

    kind: str
    version: int
    state: EntryState
    file: SqlFile | None
    row: Row | None
    twin: int | None = None

    @property
    def name(self) -> str:
        """The file's name, else the ledger's."""
        named = self.file or self.row
        return named.name if named else ""

    @property
    def label(self) -> str:
        """As in views/002_user_dashboard: the file's title, or what it must have been."""
        if self.file:
            return self.file.title
        return f"{folder_of(self.kind)}/{self.version:03}_{self.name}"


def compare(tree: SqlTree, ledger: Ledger) -> tuple[Entry, ...]:
    """Set the files of a tree beside a ledger; touches neither.

    Returns:
        An entry for each version that either knows: migrations, then what distributes them where
        that was done, then views, by version.

    Raises:
        RefusedFileError: a file cannot be read, or two have the same number.
    """
    migrations = _migrations(tree, ledger.of("migration"))
    if not ledger.is_distributed:
        return (*migrations, *_again("view", tree.views, ledger, migrations))
    distributed = _again("distributed", tree.distributed, ledger, migrations)
    views = _again("view", tree.distributed_views, ledger, migrations)
    return (*migrations, *distributed, *views)


def _migrations(tree: SqlTree, rows: dict[int, Row]) -> list[Entry]:
    files = {file.version: file for file in tree.migrations}
    twins = _twins(files, rows)
    entries = []
    for version in sorted(files.keys() | rows.keys()):
        file, row = files.get(version), rows.get(version)
        if version in twins:
            other = twins[version]
            holds, held = _agree(file, rows.get(other)), _agree(files.get(other), row)
            state = EntryState.SWAPPED if holds and held else EntryState.RENUMBERED
        elif file and row:
            state = _same(file, row) or EntryState.CHANGED
        elif file:
            state = (
                EntryState.OUT_OF_ORDER if version < max(rows, default=-1) else EntryState.PENDING
            )
        elif version < (tree.first_version or 0):
            state = EntryState.HISTORY
        else:
            state = EntryState.AHEAD if files and version > max(files) else EntryState.MISSING
        entries.append(Entry("migration", version, state, file, row, twins.get(version)))
    return entries


def _again(
    kind: str, tree: tuple[SqlFile, ...], ledger: Ledger, migrations: list[Entry]
) -> list[Entry]:
    """What is applied again whenever its text changes: views, and what distributes the tables.

    Those of a newer release stay as it made them: its tables may not bear older ones. One above all
    files came with a newer release only where the migrations are the same: files that bring
    migrations are the newer ones themselves.
    """
    files, rows = {file.version: file for file in tree}, ledger.of(kind)
    ahead = any(entry.state is EntryState.AHEAD for entry in migrations)
    alike = all(entry.state in {*IN_PLACE, EntryState.HISTORY} for entry in migrations)
    gone, new = rows.keys() - files.keys(), files.keys() - rows.keys()
    twins = _twins({v: files[v] for v in new}, {v: rows[v] for v in gone}) if not ahead else {}
    beyond = {v for v in gone - twins.keys() if ahead or (alike and v > max(files, default=-1))}
    entries = []
    for version in sorted(files.keys() | rows.keys()):
        file, row = files.get(version), rows.get(version)
        if version in twins:
            state = EntryState.RENUMBERED
        elif file is None:
            state = EntryState.AHEAD if version in beyond else EntryState.MISSING
        else:
            changed = EntryState.AHEAD if ahead or beyond else EntryState.PENDING
            state = (row and _same(file, row)) or changed
        entries.append(Entry(kind, version, state, file, row, twins.get(version)))
    return entries


def _same(file: SqlFile, row: Row) -> EntryState | None:
    if not _agree(file, row):
        return None
    return EntryState.APPLIED if file.name == row.name else EntryState.RENAMED


def _agree(file: SqlFile | None, row: Row | None) -> bool:
    return bool(file and row and file.checksum == row.checksum)


def _twins(files: dict[int, SqlFile], rows: dict[int, Row]) -> dict[int, int]:
    """Files whose text was applied under another number, and the numbers they have left.

    It is the same migration when the name is the same too, or when nothing else has that text.
    """
    apart = {v for v in files.keys() | rows.keys() if not _agree(files.get(v), rows.get(v))}
    uses = Counter(one.checksum for side in (files, rows) for one in side.values())
    left = sorted(apart & rows.keys())
    found = {}
    for version in sorted(apart & files.keys()):
        file = files[version]
        for was in left:
            row = rows[was]
            if row.checksum == file.checksum and (row.name == file.name or uses[row.checksum] == 2):
                found[version] = was
                left.remove(was)
                break
    return {was: now for now, was in found.items()} | found
