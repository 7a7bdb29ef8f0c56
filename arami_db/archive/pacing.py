"""How fast a run goes: the size of its batches, and when it waits for users and replicas."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from arami_db.archive.work import ArchiveOptions, Stop
from arami_db.database.connect import AsyncConnection, query

_TARGET = 0.15  # seconds a batch should take
_START, _LEAST, _MOST = 100, 10, 20_000
_SLOWEST, _FASTEST = 0.5, 2.0  # by how much the size may change from one batch to the next

_REST = 6  # times as long as a batch took, while others are at work
_SHORTEST = 0.1  # seconds, when somebody waited for a batch
_POLL = 1.0
_RETAINED = 256 * 1024 * 1024  # bytes of WAL that a slot may keep while nobody reads it
_NO_GAIN = 30  # times max_lag that a replica may take without any gain in replaying


@dataclass(frozen=True)
class Pressure:
    """What a batch did to others.

    Attributes:
        blocks: somebody waited for a lock it held.
        others: are at work in this database; None where this role may not see that.
        replicas: the name of each, or of a slot that nobody reads; by how many seconds it is behind
            in writing WAL to its disk or in answering, by how many in replaying it; and how many
            bytes of WAL the slot keeps.
        lag_hidden: there are replicas, and this role may not see their lag.
    """

    blocks: bool
    others: bool | None
    replicas: list[dict[str, Any]]
    lag_hidden: bool


async def pressure(connection: AsyncConnection) -> Pressure:
    """Ask for it, in one round trip."""
    cursor = await connection.execute(query("archive_pressure"))
    return Pressure(*(await cursor.fetchone() or ()))


class BatchSize:
    """The size of the next batch of one worker.

    A size the user named is kept, but for trouble: it is halved then too, and grows back.
    """

    def __init__(self, fixed: int | None, at_most: int = _MOST) -> None:
        """Begin with the size the user named, or with a guess.

        Args:
            fixed: the size the user named; None to find one.
            at_most: no more sessions than that are left.
        """
        self._fixed = fixed
        self.present = max(1, min(fixed or _START, at_most))

    def took(self, seconds: float) -> None:
        """A full batch went through in that time."""
        if self._fixed is not None:
            self.present = min(self._fixed, self.present * 2)
        else:
            factor = min(max(_TARGET / max(seconds, 0.001), _SLOWEST), _FASTEST)
            self.present = max(_LEAST, min(round(self.present * factor), _MOST))

    def halve(self, least: int = 1) -> None:
        """The batch did not go through, or somebody waited for it."""
        self.present = max(min(least, self.present), self.present // 2)

    def disturbed(self) -> None:
        """Somebody waits for us: halve it, within reason."""
        self.halve(min(_LEAST, self._fixed or _LEAST))


class Pacing:
    """When the workers of a run rest, and what has been said about it.

    Attributes:
        workers: how many there are at present.
    """

    def __init__(self, options: ArchiveOptions, stop: Stop, note: Callable[[str], None]) -> None:
        """Set the limits.

        Args:
            options: how to run.
            stop: ends every rest.
            note: told once that we wait, and why.
        """
        self._options, self._stop, self._note = options, stop, note
        self._said: set[str] = set()
        self._least: dict[str, tuple[float, float]] = {}  # of each replica: see _is_delayed
        self.workers = options.jobs

    async def rest(self, found: Pressure, took: float) -> None:
        """Rest after a batch.

        While others are at work each worker rests so long that all of them together are at work for
        a seventh of the time.

        Args:
            found: what it did to others.
            took: seconds it took; whoever waited for it gets as long for themselves.
        """
        seconds = self._options.pause
        if found.blocks:
            self._once("somebody waits for rows of a batch: pausing, smaller batches")
            seconds += max(took, _SHORTEST)
        if found.others is not False and self._options.batch_size is None:
            seen = "others are at work"
            if found.others is None:
                seen = "this role may not see whether others are at work (grant pg_monitor to it)"
            self._once(f"{seen}: resting {_REST} times as long as a batch takes")
            seconds += took * ((_REST + 1) * self.workers - 1)
        if seconds:
            await self._stop.rest(seconds)

    async def let_replicas_catch_up(
        self, found: Pressure, again: Callable[[], Awaitable[Pressure]]
    ) -> None:
        """Wait while one lags too far.

        Args:
            found: as last seen.
            again: asks for it anew.
        """
        if not self._options.max_lag:
            return
        if found.lag_hidden:
            self._once(
                "this role may not see how far replicas lag: not waiting for them"
                " (grant pg_monitor to it)"
            )
        while not self._stop and any(self._is_behind(**replica) for replica in found.replicas):
            await self._stop.rest(_POLL)
            found = await again()

    def _is_behind(self, name: str, receives: float, replays: float, retains: int) -> bool:
        """Whether to wait for a replica, or for a slot to be read or dropped."""
        lags = f"replica {name} lags by more than {self._options.max_lag:g} s"
        if retains:
            slot = f"slot {name} is read by nobody and retains"
            if retains > _RETAINED:
                self._once(
                    f"waiting: {slot} {_mb(retains)} of WAL, more than {_mb(_RETAINED)} (drop it if"
                    " nobody will read it)",
                    key=f"waiting: {slot}",
                )
                return True
            self._once(
                f"{slot} {_mb(retains)} of WAL: it is waited for from {_mb(_RETAINED)} on", key=slot
            )
        elif receives > self._options.max_lag:
            self._once(f"waiting: {lags}")
            return True
        elif replays <= self._options.max_lag:
            self._least.pop(name, None)
        elif not self._is_delayed(name, replays):
            self._once(f"waiting: {lags} in replaying")
            return True
        return False

    def _is_delayed(self, name: str, replays: float) -> bool:
        """Whether it has all WAL and does not gain in replaying it, as one delayed on purpose."""
        now = time.monotonic()
        least, since = self._least.setdefault(name, (replays, now))
        if replays < least:
            self._least[name] = (replays, now)
        elif now - since > _NO_GAIN * self._options.max_lag:
            self._once(
                f"replica {name} has all WAL and does not catch up in replaying it"
                " (recovery_min_apply_delay?): not waiting for its replay"
            )
            return True
        return False

    def _once(self, text: str, *, key: str | None = None) -> None:
        if (key or text) not in self._said:
            self._said.add(key or text)
            self._note(text)


def _mb(size: float) -> str:
    return f"{size / 1024 / 1024:.0f} MB"
