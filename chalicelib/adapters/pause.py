"""Waiting between tries: full jitter, so that those who collided do not collide again."""

from __future__ import annotations

import random
import time

_FIRST_S = 0.02
_LONGEST_S = 2.0


def jittered(tried: int) -> None:
    """Wait a random moment before try number `tried` (1, 2, ...): up to 20 ms, doubling, at most 2 s."""
    time.sleep(random.uniform(0, min(_LONGEST_S, _FIRST_S * 2**tried)))  # noqa: S311 # nosec B311 # guards nothing
