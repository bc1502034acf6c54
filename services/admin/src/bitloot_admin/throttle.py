"""How often one source may try something, in this process."""

import time
from collections import OrderedDict


class Throttle:
    """At most `count` tries per key within `window_s` seconds; remembers at most `keys_max` keys."""

    def __init__(self, count: int, window_s: float, *, keys_max: int = 10_000) -> None:
        self._count = count
        self._window_s = window_s
        self._keys_max = keys_max
        self._tries: OrderedDict[str, list[float]] = OrderedDict()

    def allows(self, key: str) -> bool:
        """Counts a try; False when it is one too many."""
        now = time.monotonic()
        recent = [at for at in self._tries.pop(key, []) if at > now - self._window_s]
        allowed = len(recent) < self._count
        if allowed:
            recent.append(now)
        self._tries[key] = recent
        if len(self._tries) > self._keys_max:
            self._tries.popitem(last=False)
        return allowed
