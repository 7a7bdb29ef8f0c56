"""How long to wait before a retry."""

from __future__ import annotations

import random

_FIRST, _LONGEST = 0.25, 8.0  # seconds


def backoff(failures: int) -> float:
    """Seconds to wait: twice as long after each failure, half of it random.

    The random part keeps clients that failed together from failing together again ("equal jitter"
    in M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015).

    Args:
        failures: how many failed before this one.
    """
    return float(min(_FIRST * 2**failures, _LONGEST)) * random.uniform(0.5, 1)  # noqa: S311
