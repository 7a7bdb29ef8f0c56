"""What an archive run is asked, what it tells on its way, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

ARCHIVE, RESTORE = "archive", "restore"


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
    """

    batch_size: int | None = None
    max_duration: float | None = None
    pause: float = 0.0
    max_lag: float = 10.0
    jobs: int = 1


@dataclass(frozen=True)
class Selection:
    """Which sessions to bring back: all that meet every criterion given.

    Attributes:
        sessions: their ids; empty for any.
        user: whose; None for anybody's.
        since: created then or later.
        until: created before.
    """

    sessions: tuple[str, ...] = ()
    user: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __str__(self) -> str:
        """As it is shown and recorded."""
        parts = [f"session {session}" for session in self.sessions]
        parts += [f"user {self.user}"] if self.user else []
        parts += [f"from {self.since}"] if self.since else []
        parts += [f"until {self.until}"] if self.until else []
        return ", ".join(parts) or "all"


@dataclass(frozen=True)
class Moved:
    """Rows that changed sides: of one batch, or of several."""

    sessions: int = 0
    analytics: int = 0
    virtues: int = 0
    batches: int = 0

    def __add__(self, other: Moved) -> Moved:
        """Both together."""
        return Moved(
            self.sessions + other.sessions,
            self.analytics + other.analytics,
            self.virtues + other.virtues,
            self.batches + other.batches,
        )


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
class SteppedOver:
    """A session that cannot be moved by itself.

    Attributes:
        id: its id.
        sqlstate: of the error; 55P03 when somebody holds a lock that moving it takes.
        message: what the server said.
    """

    id: str
    sqlstate: str
    message: str

    @property
    def locked(self) -> bool:
        """Whether it will move by itself once somebody lets go."""
        return self.sqlstate == "55P03"


@dataclass(frozen=True)
class Result:
    """What a run did. Moments are text as JSON has them: a user's may be infinity, or BC.

    Attributes:
        run_id: its row in audit.archive_run.
        kind: "archive" or "restore".
        cutoff: sessions created before it were to move; None for a restore.
        selection: what a restore was asked for; None for an archive.
        moved: rows that changed sides.
        left: sessions still to move, because somebody held them or the run stopped early; None
            when it stopped before it knew.
        seconds: how long it took.
        outcome: how it ended.
        reason: why it stopped early or failed; None when it did not.
        stepped_over: sessions that stay because moving them fails.
    """

    run_id: int
    kind: str
    cutoff: str | None
    selection: str | None
    moved: Moved
    left: int | None
    seconds: float
    outcome: Outcome
    reason: str | None = None
    stepped_over: tuple[SteppedOver, ...] = ()


@dataclass(frozen=True)
class Estimate:
    """What a run would move, from counts and a sample; nothing was written.

    Attributes:
        kind, cutoff, selection: as in Result.
        sessions, analytics, virtues: rows that would change sides.
        bytes: of those sessions and analytics, without indexes; from a sample of a thousand.
        oldest, newest: created_at of the first and the last of them; None when there is none.
        seconds: at the rate of past runs; None when there was none.
    """

    kind: str
    cutoff: str | None
    selection: str | None
    sessions: int
    analytics: int
    virtues: int
    bytes: int
    oldest: str | None
    newest: str | None
    seconds: float | None = None


class Report(Protocol):
    """The caller's ear; every method returns at once and is called from one thread."""

    def progress(self, progress: Progress) -> None:
        """The run stands here: told after every batch, and now and then between."""

    def note(self, text: str) -> None:
        """Something the user should know, and need not act on."""
