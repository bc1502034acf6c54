"""A limit on what one address may try in vain, held in memory: guessing and hammering cost us nothing lasting."""

import time
from collections import OrderedDict, deque
from typing import Final

WINDOW_S: Final = 60.0
ADDRESSES_MAX: Final = 10_000


class FailureLimit:
    """At most `per_minute_max` failures per address; unknown addresses share one count."""

    def __init__(self, per_minute_max: int) -> None:
        self._per_minute_max = per_minute_max
        self._failures: OrderedDict[str | None, deque[float]] = OrderedDict()

    def exceeded(self, address: str | None) -> bool:
        """Whether `address` has to wait."""
        times = self._failures.get(address)
        if times is None:
            return False
        while times and times[0] < time.monotonic() - WINDOW_S:
            times.popleft()
        return len(times) >= self._per_minute_max

    def note(self, address: str | None) -> None:
        """Counts a failure; the address seen longest ago is forgotten first."""
        times = self._failures.setdefault(address, deque(maxlen=self._per_minute_max))
        times.append(time.monotonic())
        self._failures.move_to_end(address)
        if len(self._failures) > ADDRESSES_MAX:
            self._failures.popitem(last=False)
