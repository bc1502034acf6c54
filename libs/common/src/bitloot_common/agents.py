"""Background roles of a process (relay, reconciler, pruner): started together, watched, stopped in order.

A task that dies silently looks like a quiet system, so every agent is watched: its failure is logged and
counted, and it is started again after a pause.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import Counter

log = structlog.get_logger(__name__)

_FAILURES = Counter("bitloot_agent_failures_total", "Background roles that died and were started again.", ["agent"])

RESTART_PAUSE_S = 1.0


class Agents:
    """The background roles of one process."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, role: Callable[[], Awaitable[None]]) -> None:
        """Runs `role` until `stop`; when it fails, logs why and runs it again after a second."""
        _FAILURES.labels(name)  # at 0, so that the first failure is a step
        self._tasks[name] = asyncio.create_task(self._watch(name, role), name=name)

    async def _watch(self, name: str, role: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await role()
            except Exception:
                _FAILURES.labels(name).inc()
                log.exception("agent.failed", agent=name)
                await asyncio.sleep(RESTART_PAUSE_S)
            else:
                return

    async def stop(self, deadline_s: float = 5.0) -> None:
        """Cancels all, last started first, and waits for each up to the deadline in seconds."""
        for task in reversed(self._tasks.values()):
            task.cancel()
            await asyncio.wait([task], timeout=deadline_s)
        self._tasks.clear()
