"""What a statement did: the throw-away database before and after it compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from arami_db.plan.breaks import breaks, lasting
from arami_db.plan.model import Observed
from arami_db.plan.state import (
    BLOCKS_READS,
    BLOCKS_WRITES,
    STRENGTH,
    Locks,
    Relation,
    State,
    strongest,
)

if TYPE_CHECKING:
    from arami_db.files import SqlFile
    from arami_db.files.script import Statement


_VIEWS = {"v", "m"}


@dataclass(frozen=True)
class Told:
    """What the catalog does not show of a statement.

    Attributes:
        freed: locks that it took and gave back before it ended.
        scanned: relations that it read unbounded, by the planner or the server's messages.
        rewritten: relations that it rewrote, by the server's messages.
        changes: relations whose rows its queries change or lock unbounded.
        deletes: those whose rows they delete unbounded, for good.
        is_bounded: whether it changes only these rows, whatever the statistics count.
        is_alone: whether it ran outside a transaction.
    """

    freed: Locks = field(default_factory=dict)
    scanned: frozenset[int] = frozenset()
    rewritten: frozenset[int] = frozenset()
    changes: frozenset[int] = frozenset()
    deletes: frozenset[int] = frozenset()
    is_bounded: bool = False
    is_alone: bool = False


def observed(
    at: tuple[SqlFile, Statement], states: tuple[State, State], origin: State, told: Told
) -> Observed:
    """What a statement did.

    Args:
        at: the statement and its file.
        states: when it began, and when it had ended.
        origin: before the first pending file.
        told: what the states do not show.
    """
    before, after = states
    known = {oid: r for oid, r in before.relations.items() if _is_known(r, origin)}
    moved = {*_moved(known, after), *told.rewritten}
    rebuilt = set(_rebuilt(known, after))
    locks = _in_force(known, after, told, moved, rebuilt)
    taken = {oid: mode for oid, mode in locks.items() if mode != before.locks.get(oid)}
    reads, writes = _blocked(known, locks)
    truncates = at[1].node.HasField("truncate_stmt")
    emptied = {oid for oid in moved if truncates or _is_emptied(before, after, oid)}
    counts = not (told.is_alone or truncates)  # else the statistics include other statements
    scanned = {*told.scanned, *_scanned(known, after, counts)}
    changed, deleted = _changed(known, (before, after), told, locks)

    def named(oids: Iterable[int]) -> tuple[str, ...]:
        return tuple(sorted(known[oid].name for oid in oids if oid in known))

    return Observed(
        *at,
        locks={r.name: locks[oid] for oid, r in known.items() if _matters(r, locks)},
        takes=frozenset(named(set().union(*_blocked(known, taken)))),
        blocks_reads=named(reads),
        blocks_writes=named(writes | changed),
        rewritten=named(moved - emptied),
        rebuilt=named(rebuilt),
        scanned=named(scanned),
        changed=named(changed),
        loses=named({*emptied, *deleted, *_lost(origin, before, after)}),
        breaks=breaks(origin, before, after),
        notes=(*_remade(known, after), *lasting(origin, before, after)),
    )


def _is_known(relation: Relation, origin: State) -> bool:
    """Whether somebody may use it: it existed, or replaces a view that did."""
    if relation.oid in origin.relations:
        return True
    return relation.kind in _VIEWS and relation.name in {r.name for r in origin.relations.values()}


def _remade(known: Mapping[int, Relation], after: State) -> Iterator[str]:
    names = {r.name for oid, r in after.relations.items() if oid not in known}
    for oid, relation in known.items():
        if relation.kind in _VIEWS and oid not in after.relations and relation.name in names:
            yield f"drops {relation.name} and creates it again"


def _matters(relation: Relation, locks: Locks) -> bool:
    """Whether to report a lock: on an index, only one stronger than its table's."""
    if relation.oid not in locks or relation.of_table == relation.oid:
        return relation.oid in locks
    strength = STRENGTH[locks[relation.oid]]
    is_strong = strength >= STRENGTH["SHARE UPDATE EXCLUSIVE"]
    return is_strong and locks.get(relation.of_table) != "ACCESS EXCLUSIVE"


def _in_force(
    known: Mapping[int, Relation], after: State, told: Told, moved: set[int], rebuilt: set[int]
) -> Locks:
    """The locks while it ran; outside a transaction some are derived from its effects."""
    locks = strongest(after.locks, told.freed)
    if not told.is_alone:
        return locks
    writes = _blocked(known, locks)[1]
    # A new file needs ACCESS EXCLUSIVE, unless it is built concurrently.
    blocked = moved | {oid for oid in rebuilt if known[oid].of_table in writes}
    changes = dict.fromkeys(told.changes, "ROW EXCLUSIVE")
    return strongest(locks, changes, dict.fromkeys(blocked, "ACCESS EXCLUSIVE"))


def _blocked(known: Mapping[int, Relation], locks: Locks) -> tuple[set[int], set[int]]:
    """The relations whose readers, and those whose writers, are blocked.

    A lock on an index blocks sessions that read or write its table.
    """
    reads, writes = set[int](), set[int]()
    for oid, mode in locks.items():
        if oid not in known:
            continue
        kind, table = known[oid].kind, known[oid].of_table
        if STRENGTH[mode] >= BLOCKS_READS:
            reads.add(table)
        if STRENGTH[mode] >= BLOCKS_WRITES and (kind != "m" or table in reads):
            writes.add(table)
    return reads, writes


def _moved(known: Mapping[int, Relation], after: State) -> Iterator[int]:
    """Tables and materialized views whose heap has a new file."""
    for oid, relation in known.items():
        if relation.is_heap and (now := after.relations.get(oid)) and now.file != relation.file:
            yield oid


def _is_emptied(before: State, after: State, oid: int) -> bool:
    had, has = before.relations[oid], after.relations.get(oid)
    return had.kind == "r" and bool(had.size) and has is not None and not has.size


def _scanned(known: Mapping[int, Relation], after: State, counts: bool) -> Iterator[int]:
    """What the transaction's statistics call a sequential scan, if they count."""
    for oid, relation in after.relations.items() if counts else ():
        had = known.get(oid)
        if had and had.is_heap and relation.scans > had.scans:
            yield oid


def _rebuilt(known: Mapping[int, Relation], after: State) -> Iterator[int]:
    """Indexes of the same name that have another file."""
    files = {r.name: r.file for r in after.relations.values() if r.kind == "i"}
    for oid, relation in known.items():
        if relation.kind == "i" and files.get(relation.name, relation.file) != relation.file:
            yield oid


def _changed(
    known: Mapping[int, Relation], states: tuple[State, State], told: Told, locks: Locks
) -> tuple[set[int], set[int]]:
    """Tables whose rows a statement changes in bulk, and those that lose rows."""
    changed = {oid for oid in told.changes if locks.get(oid, "ACCESS SHARE") != "ACCESS SHARE"}
    deleted, inserted = set(told.deletes), 0
    counted = set[int]()
    for oid in () if told.is_bounded or told.is_alone else known:
        had, now = (state.relations.get(oid) for state in states)
        if had is None or now is None or had.kind != "r":
            continue
        inserted += now.inserted - had.inserted
        rows, gone = now.updated - had.updated, now.deleted - had.deleted
        # A statement that changes several of the few rows by key may change any number.
        if rows + gone > 1:
            changed.add(oid)
            counted |= {oid} if gone else set()
    return changed, deleted | (set() if inserted else counted)


def _lost(origin: State, before: State, after: State) -> Iterator[int]:
    """Dropped tables, and tables that lost a column."""
    tables = {oid for oid, r in before.relations.items() if r.kind in {"r", "p"}}
    yield from (oid for oid in tables if oid not in after.relations)
    for key, part in before.objects.items():
        is_gone = key in origin.objects and key not in after.objects
        if part.kind == "column" and is_gone and part.relation in tables:
            yield part.relation
