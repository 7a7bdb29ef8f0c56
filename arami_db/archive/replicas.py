"""Which replica a run waits for, and why: one that hangs, is gone, or falls behind."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

RETAINED = 256 * 1024 * 1024  # bytes of WAL that a slot may keep while nobody reads it
_NO_GAIN = 30  # times --max-lag without any gain


@dataclass(frozen=True)
class Replica:
    """What the primary knows of a replica, or of a slot that nobody reads.

    Attributes:
        name: its application_name, or the slot's name.
        receives: by how many seconds it is behind in writing WAL to its disk, or in answering.
        replays: by how many seconds it is behind in replaying that.
        retains: bytes of WAL that the slot keeps; 0 while somebody reads it.
    """

    name: str
    receives: float = 0.0
    replays: float = 0.0
    retains: int = 0


class Replicas:
    """Whom to wait for, from one look to the next."""

    def __init__(self, max_lag: float) -> None:
        """Know nothing yet.

        Args:
            max_lag: the seconds that a replica may be behind; 0 for any.
        """
        self._max_lag = max_lag
        self._least: dict[str, tuple[float, float]] = {}  # replay lag, and since when not less
        self._delayed: set[str] = set()
        self.notes: dict[str, str] = {}

    def in_the_way(self, replicas: Sequence[Replica]) -> tuple[str, str] | None:
        """What to wait for, by name and as text; None when nothing is.

        A replica that has all WAL on disk and whose replay does not gain in thirty times max_lag is
        taken for one that is delayed on purpose: only what it has on disk counts from then on.
        """
        for replica in replicas if self._max_lag else ():
            if replica.retains > RETAINED:
                return replica.name, (
                    f"slot {replica.name} is read by nobody and retains {_mb(replica.retains)} of"
                    f" WAL, more than {_mb(RETAINED)} (drop it if nobody will read it)"
                )
            if replica.retains:
                self.notes[f"slot {replica.name}"] = (
                    f"slot {replica.name} is read by nobody and retains {_mb(replica.retains)} of"
                    f" WAL: it is waited for from {_mb(RETAINED)} on"
                )
            if replica.receives > self._max_lag:
                text = f"replica {replica.name} lags by more than {self._max_lag:g} s"
                return replica.name, text
            if replica.replays > self._max_lag and not self._is_delayed(replica):
                text = f"replica {replica.name} lags by more than {self._max_lag:g} s in replaying"
                return f"replay of {replica.name}", text
        return None

    def _is_delayed(self, replica: Replica) -> bool:
        name, now = replica.name, time.monotonic()
        least, since = self._least.get(name, (replica.replays, now))
        if replica.replays < least or name not in self._least:
            self._least[name] = (replica.replays, now)
        elif now - since > _NO_GAIN * self._max_lag:
            self._delayed.add(name)
            self.notes[name] = (
                f"replica {name} has all WAL and does not catch up in replaying it"
                " (recovery_min_apply_delay?): not waiting for its replay"
            )
        return name in self._delayed


def _mb(size: float) -> str:
    return f"{size / 1024 / 1024:.0f} MB"
