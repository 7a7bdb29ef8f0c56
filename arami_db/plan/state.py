"""The state of the throw-away database at one moment, seen from a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from arami_db.database.connect import Connection, query

# Table-level locks as SQL names them, weakest first, by the names of pg_locks.
MODES = {
    "AccessShareLock": "ACCESS SHARE",
    "RowShareLock": "ROW SHARE",
    "RowExclusiveLock": "ROW EXCLUSIVE",
    "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE",
    "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "ExclusiveLock": "EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}
STRENGTH = {mode: strength for strength, mode in enumerate(MODES.values())}
BLOCKS_WRITES = STRENGTH["SHARE"]
BLOCKS_READS = STRENGTH["ACCESS EXCLUSIVE"]
Locks = dict[int, str]  # the strongest mode on each relation
# The weakest mode that each one conflicts with, and all stronger ones; but SHARE does not conflict
# with itself.
_WEAKEST = dict(zip(MODES.values(), (7, 6, 4, 3, 2, 2, 1, 0), strict=True))


def conflict(held: str, wanted: str) -> bool:
    """Whether a lock on a relation must wait for another one on it.

    Args:
        held, wanted: the modes, as SQL names them.
    """
    return STRENGTH[held] >= _WEAKEST[wanted] and (held, wanted) != ("SHARE", "SHARE")


class Relation(NamedTuple):
    """A row of plan_relations.sql."""

    oid: int
    name: str
    schema: str
    bare: str
    kind: str
    of_table: int
    file: int | None
    size: int | None
    scans: int
    inserted: int
    updated: int
    deleted: int
    key: str | None

    @property
    def is_heap(self) -> bool:
        """Whether it is a table or materialized view that has rows of its own."""
        return self.kind in {"r", "m"}


class Object(NamedTuple):
    """A row of plan_objects.sql."""

    kind: str
    identity: str
    relation: int
    name: str


@dataclass(frozen=True)
class State:
    """Everything by which statements are judged.

    Attributes:
        relations: by oid.
        objects: by kind and identity.
        locks: held by this session.
    """

    relations: Mapping[int, Relation]
    objects: Mapping[tuple[str, str], Object]
    locks: Locks

    def name(self, oid: int) -> str | None:
        """The name of a relation; None where the oid does not exist."""
        return self.relations[oid].name if oid in self.relations else None


def read_state(connection: Connection) -> State:
    """Read the relations and objects, and the locks and statistics of the transaction.

    Args:
        connection: in a transaction or not.

    Raises:
        psycopg.Error: as the server says it.
    """
    relations = connection.execute(query("plan_relations").encode()).fetchall()
    objects = connection.execute(query("plan_objects").encode()).fetchall()
    return State(
        {row[0]: Relation(*row) for row in relations},
        {(row[0], row[1]): Object(*row) for row in objects},
        locks_of(connection, None),
    )


def locks_of(connection: Connection, pid: int | None, *, granted: bool = True) -> Locks:
    """The strongest lock that a session holds, or waits for, on each relation.

    Args:
        connection: to the database.
        pid: the session's; None for the connection's own.
        granted: whether to read what it holds, rather than what it waits for.
    """
    rows = connection.execute(query("plan_locks"), [pid]).fetchall()
    return strongest(*({oid: MODES[mode]} for oid, mode, has in rows if has is granted))


def strongest(*several: Mapping[int, str]) -> Locks:
    """The strongest lock on each relation in several sets."""
    found: Locks = {}
    for locks in several:
        for oid, mode in locks.items():
            found[oid] = max(found.get(oid, mode), mode, key=STRENGTH.__getitem__)
    return found
