"""What maintain finds, what it does, and what it could not do."""

from __future__ import annotations

from dataclasses import dataclass

_FEW = 50  # rows not worth a vacuum, whatever their share; autovacuum's own base
_MANY_INSERTED = 1000  # likewise for rows inserted


@dataclass(frozen=True)
class TableStatistics:
    """A table as the statistics see it.

    Attributes:
        id: its oid.
        name: schema.table.
        bare_name: without the schema.
        quoted: the same for use in SQL.
        in_schemas: whether it is in one of the schemas asked for.
        is_catalog: it belongs to the system.
        is_partitioned: its rows are in its partitions; there is nothing to vacuum.
        is_distributed: its rows are in shards, on several machines; their figures are added up.
        ancestors: the tables, by oid, of which it is a partition; with itself.
        live, dead: rows.
        toast_live, toast_dead: pieces of long values, which Postgres keeps in a table of their own.
        modified: rows changed since the last analyze.
        inserted: rows inserted since the last vacuum.
        never_analyzed: the planner knows nothing of it.
        vacuums, analyzes: how often it was done by hand.
    """

    id: int
    name: str
    bare_name: str
    quoted: str
    in_schemas: bool
    is_catalog: bool
    is_partitioned: bool
    is_distributed: bool
    ancestors: list[int]
    live: int
    dead: int
    toast_live: int
    toast_dead: int
    modified: int
    inserted: int
    never_analyzed: bool
    vacuums: int
    analyzes: int

    @property
    def dead_share(self) -> float:
        """Dead rows among all, in percent."""
        return _share(self.dead, self.live)

    def why(self, threshold: float) -> str | None:
        """The reason to vacuum it, or for a partitioned table to analyze it; None without one.

        Args:
            threshold: vacuum once this share of its rows, in percent, is dead or changed; 0 for
                always.
        """
        few, many = (_FEW, _MANY_INSERTED) if threshold else (0, 0)
        if not self.is_partitioned and (reason := self.why_dead(threshold)):
            return reason
        if self.never_analyzed and self.live >= few:
            return f"never analyzed ({self.live} rows)"
        if self.modified >= few and self.modified >= self.live * threshold / 100:
            return f"{self.modified} rows changed since the last analyze"
        if self.inserted >= many and self.inserted >= self.live * threshold / 100:
            return f"{self.inserted} rows inserted since the last vacuum"
        return None

    def why_dead(self, threshold: float) -> str | None:
        """Dead rows, or dead pieces of long values, as the reason; None when they are few."""
        few = _FEW if threshold else 0
        if self.dead >= few and self.dead_share >= threshold:
            return f"{self.dead_share:.0f}% dead rows ({self.dead} of {self.live + self.dead})"
        toast_share = _share(self.toast_dead, self.toast_live)
        if self.toast_dead >= few and toast_share >= threshold:
            total = self.toast_live + self.toast_dead
            return f"{toast_share:.0f}% dead in TOAST ({self.toast_dead} of {total} pieces)"
        return None


def _share(dead: int, live: int) -> float:
    return 100 * dead / max(live + dead, 1)


@dataclass(frozen=True)
class Job:
    """A table that needs it.

    Attributes:
        table: which.
        why: the reason.
        seconds: how long it took; None in a dry run.
        failure: why it did not happen; None when it did.
        left, toast_left: rows, and pieces of long values, that are dead and still there after it.
        is_held: whether these are as many as would be reason enough for a vacuum.
    """

    table: TableStatistics
    why: str
    seconds: float | None = None
    failure: str | None = None
    left: int = 0
    toast_left: int = 0
    is_held: bool = False


@dataclass(frozen=True)
class Holder:
    """Who keeps dead rows from being removed.

    Attributes:
        kind: "session", "prepared transaction", "slot", "standby" or "setting".
        name: its pid, gid, or name.
        role: whose it is.
        application: as it calls itself; of a slot, who reads it.
        state: such as "idle in transaction"; None where this role may not know.
        seconds: since when; None where nobody knows.
        xids: how many transactions ago.
        fix: the way out.
    """

    kind: str
    name: str
    role: str | None
    application: str | None
    state: str | None
    seconds: float | None
    xids: int
    fix: str


@dataclass(frozen=True)
class Upkeep:
    """What was looked at and what was done.

    Attributes:
        examined: how many tables.
        jobs: those that needed it.
        holders: who keeps the dead rows that are still there, the oldest first.
    """

    examined: int
    jobs: tuple[Job, ...]
    holders: tuple[Holder, ...] = ()

    @property
    def left(self) -> tuple[Job, ...]:
        """Those in which dead rows are still there, however few."""
        return tuple(job for job in self.jobs if job.left or job.toast_left)

    @property
    def failed(self) -> bool:
        """Whether a table that needs it did not get it."""
        return any(job.failure for job in self.jobs)

    @property
    def held(self) -> bool:
        """Whether dead rows worth a vacuum are still there after it."""
        return any(job.is_held for job in self.jobs)
