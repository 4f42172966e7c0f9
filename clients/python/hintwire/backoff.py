"""How long to wait after a failure."""

import random


class Backoff:
    """Full jitter: the wait is uniform between nothing and a bound that doubles with each failure.

    So a crowd that failed together does not come back together. `base` and `most` bound the wait, in seconds.
    """

    def __init__(self, base: float, most: float = 30.0):
        self._base = base
        self._most = most
        self._failures = 0

    def next_wait(self) -> float:
        bound = min(self._base * 2 ** min(self._failures, 31), self._most)
        self._failures += 1
        return random.uniform(0, bound)

    def reset(self) -> None:
        """Starts again from the base: what failed has worked."""
        self._failures = 0
