"""What an archive run is asked, what it tells on its way, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from arami_db.archive.selection import Selection
from arami_db.archive.verification import Verification


class Outcome(StrEnum):
    """How a run ended; audit.archive_run knows the same words."""

    DONE = "done"
    STOPPED_EARLY = "stopped early"
    FAILED = "failed"
    BROKEN_OFF = "broken off"


@dataclass(frozen=True)
class Options:
    """How to go about it.

    Attributes:
        batch_size: sessions a transaction, at most; None to find the size that keeps each
            transaction near half a second, or 5 ms while others are at work.
        max_duration: stop at the end of a batch after so many seconds; None for never.
        pause: seconds to rest after each batch.
        max_lag: wait while a replica's replay lags by more seconds than this; 0 for never.
        jobs: how many connections share the work.
        verify: of so many users at most, compare everything after the run with before.
    """

    batch_size: int | None = None
    max_duration: float | None = None
    pause: float = 0.0
    max_lag: float = 10.0
    jobs: int = 1
    verify: int = 0


@dataclass(frozen=True)
class Moved:
    """What changed sides: in one batch, or in several.

    Attributes:
        sessions: how many.
        rows: what moved with them, by live table, or points to where they are now.
        batches: in so many transactions.
    """

    sessions: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    batches: int = 0

    def __add__(self, other: Moved) -> Moved:
        """Both together."""
        rows = Counter(self.rows) + Counter(other.rows)
        return Moved(self.sessions + other.sessions, dict(rows), self.batches + other.batches)


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes:
        moved: so far.
        total: sessions there were to move when it began.
        seconds: since it began.
    """

    moved: Moved
    total: int
    seconds: float

    @property
    def rate(self) -> float:
        """Sessions a second."""
        return self.moved.sessions / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds it will take yet, at this rate; None while there is no rate."""
        remaining = max(self.total - self.moved.sessions, 0)
        return remaining / self.rate if self.rate else None


@dataclass(frozen=True)
class Failure:
    """Sessions that cannot be moved, for one reason.

    Attributes:
        sqlstate: of the error.
        message: what the server said of one of them.
        sessions: how many.
        examples: the ids of the first of them.
    """

    sqlstate: str
    message: str
    sessions: int
    examples: list[str]


@dataclass(frozen=True)
class Result:
    """What a run did. Moments are text as JSON has them: a user's may be infinity, or BC.

    Attributes:
        run_id: its row in audit.archive_run; None when it was stopped before it had one.
        selection: what was to move.
        moved: what changed sides.
        left: sessions still to move, because somebody held them, they cannot be moved or the run
            stopped early; None when it stopped before it knew.
        seconds: how long it took.
        outcome: how it ended.
        reason: why it stopped early or failed; None when it did not.
        failures: why sessions stay that cannot be moved.
        unknown: what a restore named and is not in the archive, and why.
        verification: None when none was asked for, or the run was stopped.
    """

    run_id: int | None
    selection: Selection
    moved: Moved
    left: int | None
    seconds: float
    outcome: Outcome
    reason: str | None = None
    failures: tuple[Failure, ...] = ()
    unknown: tuple[str, ...] = ()
    verification: Verification | None = None


@dataclass(frozen=True)
class Obstacle:
    """Something in the catalog that makes every batch fail.

    Attributes:
        object: which trigger, rule, column or foreign key.
        problem: what it would do.
        remedy: the way out.
    """

    object: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        """All three, for people."""
        return f"{self.object}: {self.problem}. {self.remedy}"


@dataclass(frozen=True)
class Estimate:
    """What a run would move, from counts and a sample; nothing was written.

    Attributes:
        selection: what would be.
        sessions: that would change sides.
        rows: what would move with them, by live table.
        bytes: of all of that as stored, without indexes; from a sample.
        oldest, newest: created_at of the first and the last of them; None when there is none.
        seconds: at the rate of past runs; None when there was none.
        wal: bytes that will be written to the WAL, roughly.
        disk: bytes that the other side will grow by, indexes included; the side that sessions
            leave gives none back before it is vacuumed, and then to itself.
        obstacles: what a run would refuse for.
        unknown: what a restore names and is not in the archive, and why.
    """

    selection: Selection
    sessions: int
    rows: dict[str, int]
    bytes: int
    oldest: str | None
    newest: str | None
    seconds: float | None
    wal: int
    disk: int
    obstacles: tuple[Obstacle, ...]
    unknown: tuple[str, ...]


class Report(Protocol):
    """Where a run tells how it goes; every method returns at once."""

    def progress(self, progress: Progress) -> None:
        """The run stands here: told after every batch, and once a second."""

    def note(self, text: str) -> None:
        """Something the user should know, and need not act on."""
