"""A deadline at the answer.

A time-out around a pool's query comes back only when the connection has been released, which waits for the
server: with PostgreSQL stopped that was 8 seconds (measured). So the work goes on alone, and we answer.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import asyncpg
import structlog
from bitloot_common.problem import Unavailable

log = structlog.get_logger(__name__)

Result = TypeVar("Result")

_LEFT_ALONE: set[asyncio.Task[Any]] = set()


async def within(deadline_s: float, work: Coroutine[Any, Any, Result]) -> Result:
    """The result of `work`, or `Unavailable` when the database is away or the deadline has passed."""
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait([task], timeout=deadline_s)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not done:
        task.cancel()
        _LEFT_ALONE.add(task)
        task.add_done_callback(_forget)
        raise Unavailable("It takes too long right now; try again.", headers={"Retry-After": "5"})
    try:
        return task.result()
    except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError) as error:
        log.warning("checkout.database.away", error=type(error).__name__)
    except (asyncpg.OperatorInterventionError, asyncpg.InsufficientResourcesError) as error:
        log.warning("checkout.database.away", error=type(error).__name__)
    raise Unavailable("It cannot be made durable right now; try again.", headers={"Retry-After": "5"})


def _forget(task: asyncio.Task[Any]) -> None:
    _LEFT_ALONE.discard(task)
    if not task.cancelled():
        task.exception()
