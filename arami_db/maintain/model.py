"""What maintain finds, what it does, and what failed."""

from __future__ import annotations

from dataclasses import dataclass

_FEW = 50  # fewer rows need no vacuum, whatever their share; autovacuum's own base
_MANY_INSERTED = 1000  # the same for rows inserted


@dataclass(frozen=True)
class TableStatistics:
    """A table as the statistics see it.

    Attributes:
        id: its oid.
        name: schema.table.
        bare_name: the name without the schema.
        quoted: the qualified name, quoted for SQL.
        in_schemas: whether it is in one of the requested schemas.
        is_catalog: it is a system catalog.
        is_partitioned: its rows are in its partitions; there is nothing to vacuum.
        is_distributed: its rows are in shards on several machines; the figures are their sums.
        ancestors: the oids of the tables that it is a partition of, and its own.
        live, dead: rows.
        toast_live, toast_dead: pieces of long values, which Postgres keeps in the TOAST table.
        modified: rows changed since the last analyze.
        inserted: rows inserted since the last vacuum.
        never_analyzed: the planner has no statistics of it.
        vacuums, analyzes: how often each was run by hand.
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
        """The share of dead rows, in percent."""
        return _share(self.dead, self.live)

    def why(self, threshold: float) -> str | None:
        """The reason to vacuum it, or to analyze a partitioned table; None without a reason.

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
        """Dead rows, or dead pieces of long values, as a reason; None when there are few."""
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
        table: the table.
        why: the reason.
        seconds: how long it took; None in a dry run.
        failure: why it failed; None when it did not.
        left, toast_left: rows, and pieces of long values, that are dead and still there after it.
        is_held: whether these are enough to be a reason for another vacuum.
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
    """What keeps dead rows from being removed.

    Attributes:
        kind: "session", "prepared transaction", "slot", "standby" or "setting".
        name: its pid, gid, or name.
        role: its role.
        application: its application_name; for a slot, that of its reader.
        state: such as "idle in transaction"; None where this role may not see it.
        seconds: how long it has done so; None where that is unknown.
        xids: its age in transactions.
        fix: how to end it.
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
    """What was examined and what was done.

    Attributes:
        examined: how many tables.
        jobs: the tables that needed it.
        holders: what keeps the dead rows that are still there, the oldest first.
    """

    examined: int
    jobs: tuple[Job, ...]
    holders: tuple[Holder, ...] = ()

    @property
    def left(self) -> tuple[Job, ...]:
        """Those in which any dead rows are still there."""
        return tuple(job for job in self.jobs if job.left or job.toast_left)

    @property
    def failed(self) -> bool:
        """Whether the vacuum of a table failed."""
        return any(job.failure for job in self.jobs)

    @property
    def held(self) -> bool:
        """Whether enough dead rows for another vacuum are still there."""
        return any(job.is_held for job in self.jobs)
