"""A circuit breaker per dependency: it tells a dependency that is down from a message that fails.

    closed ──(many different messages in a row, or half of them, met an outage)──▶ open
    open ──(after a pause that grows to a cap)──▶ half-open
    half-open ──(one probe or trial call succeeds)──▶ closed     ──(it fails)──▶ open

Evidence is counted per message, not per call: one order that always times out, retried for ever, is one
piece of evidence and cannot open a breaker.
"""

import asyncio
import contextlib
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType
from typing import ParamSpec, TypeVar

import structlog

from bitloot_common.retry import metrics
from bitloot_common.retry.classify import is_outage
from bitloot_common.retry.errors import Outage

log = structlog.get_logger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

TRIAL_TURN_S = 0.1  # half-open: how soon the next waiter is woken when one made no call
WELL_FOR_S = 1.0  # how long one good answer to `confirm` counts

Probe = Callable[[], Awaitable[object]]

# Whom a call is made for: the engine sets the message at work, so that its calls count as one.
subject: ContextVar[object | None] = ContextVar("breaker_subject", default=None)


class State(StrEnum):
    """What calls meet."""

    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


class Breaker:
    """Guards the calls to one dependency: `async with breaker: await client.get(…)`.

    Only what `counts` calls an outage is evidence (connect errors, time-outs, 5xx, our Outage); every other
    answer, 4xx included, is a sign of life. `probe` asks the dependency how it is and raises when unwell;
    without one, single real calls are let through as trials. With `trials` both: a good probe lets them through,
    where a dependency may answer the probe and fail at the work.
    """

    def __init__(
        self,
        dependency: str,
        *,
        probe: Probe | None = None,
        counts: Callable[[BaseException], bool] = is_outage,
        failures_in_a_row: int = 5,
        failure_rate: float = 0.5,
        sample: int = 20,
        sample_max_age_s: float = 60.0,
        pause_s: float = 1.0,
        pause_s_max: float = 15.0,
        trial_s_max: float = 10.0,
        trials: bool = False,
    ) -> None:
        self.dependency = dependency
        self.state = State.CLOSED
        self.since = datetime.now(UTC)
        self.reason = ""
        self._probe = probe
        self._counts = counts
        self._failures_in_a_row = failures_in_a_row
        self._failure_rate = failure_rate
        self._sample = sample
        self._sample_max_age_s = sample_max_age_s
        self._pause_s = pause_s
        self._pause_s_max = pause_s_max
        self._trial_s_max = trial_s_max
        self._recent: OrderedDict[object, tuple[bool, float]] = OrderedDict()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._trial: object | None = None
        self._trial_until = 0.0
        self._trials = trials or probe is None
        self._trying = False
        self._verdict = asyncio.Event()
        self._asking = asyncio.Lock()
        self._well_until = 0.0
        self._recovery: asyncio.Task[None] | None = None
        metrics.BREAKER_STATE.labels(dependency).set(0)

    # Calls

    async def __aenter__(self) -> None:
        self._enter()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave(error)

    async def call(self, function: Callable[P, Awaitable[R]], *args: P.args, **kwargs: P.kwargs) -> R:
        """`await function(…)` under the breaker."""
        async with self:
            return await function(*args, **kwargs)

    def _enter(self) -> None:
        if self.state is State.CLOSED:
            return
        if self.state is State.HALF_OPEN and self._trying and self._trial is None:
            self._trial = asyncio.current_task()
            self._trial_until = time.monotonic() + self._trial_s_max
            return
        raise Outage(self.dependency, f"{self.dependency} is away since {self.since:%Y-%m-%dT%H:%M:%SZ}")

    def _leave(self, error: BaseException | None) -> None:
        if self._trial is not None and self._trial is asyncio.current_task():
            self._trial = None
        if isinstance(error, asyncio.CancelledError):
            return  # neither an answer nor the lack of one
        if error is not None and self._counts(error):
            self.failed(error)
        else:
            self.succeeded()

    # Evidence

    def failed(self, error: BaseException) -> None:
        """The dependency did not answer the message at work."""
        if self.state is State.CLOSED:
            self._note(failed=True)
            if self._convinced():
                self.trip(f"{type(error).__name__}: {len(self._recent)} messages sampled")
        elif self.state is State.HALF_OPEN and self._trying:
            self._change(State.OPEN, "trial failed")
            self._verdict.set()

    def succeeded(self) -> None:
        """The dependency answered."""
        if self.state is State.CLOSED:
            if self._recent:  # a healthy dependency costs nothing
                self._note(failed=False)
        elif self.state is State.HALF_OPEN and self._trying:
            self._close()

    def _note(self, *, failed: bool) -> None:
        key = subject.get() or object()
        now = time.monotonic()
        self._recent.pop(key, None)
        self._recent[key] = (failed, now)
        while len(self._recent) > self._sample or self._oldest_age_s(now) > self._sample_max_age_s:
            self._recent.popitem(last=False)
        if not any(failed for failed, _ in self._recent.values()):
            self._recent.clear()

    def _oldest_age_s(self, now: float) -> float:
        return now - next(iter(self._recent.values()))[1] if self._recent else 0.0

    def _convinced(self) -> bool:
        outcomes = [failed for failed, _ in self._recent.values()]
        row = outcomes[-self._failures_in_a_row :]
        if len(row) == self._failures_in_a_row and all(row):
            return True
        return len(outcomes) >= self._sample and sum(outcomes) >= self._failure_rate * len(outcomes)

    # State

    def trip(self, reason: str) -> None:
        """Opens now, whatever the evidence."""
        if self.state is State.CLOSED:
            self.stop()
            self._change(State.OPEN, reason)
            self._recovery = asyncio.create_task(self._recover(), name=f"breaker {self.dependency}")

    async def confirm(self) -> bool:
        """Asks the probe whether the dependency is away; opens if so. False without a probe.

        For the last attempt of a message that met an outage alone, when there is no other evidence.
        """
        if self._probe is not None:
            async with self._asking:  # many last attempts at once ask once
                if self.state is State.CLOSED and time.monotonic() > self._well_until:
                    if await self._probed():
                        self._well_until = time.monotonic() + WELL_FOR_S
                    else:
                        self.trip("probe failed")
        return self.state is not State.CLOSED

    def blocks(self, *, had_turn: bool) -> bool:
        """Whether a message should not even try; one that had its turn may, as a trial."""
        return self.state is State.OPEN or (self.state is State.HALF_OPEN and not had_turn)

    async def turn(self) -> None:
        """Returns when a call has a chance: at once when closed; else once closed, or as the next trial."""
        if self.state is State.CLOSED:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            await future
        finally:
            with contextlib.suppress(ValueError):
                self._waiting.remove(future)

    async def check(self) -> None:
        """For readiness: raises Degraded unless closed."""
        from bitloot_common.health import Degraded  # here, as FastAPI is most of a worker's start-up time

        if self.state is not State.CLOSED:
            raise Degraded(f"{self.dependency} {self.state} since {self.since:%Y-%m-%dT%H:%M:%SZ} ({self.reason})")

    def stop(self) -> None:
        """Ends the recovery task; the state stays."""
        if self._recovery:
            self._recovery.cancel()

    async def _recover(self) -> None:
        """Runs from opening to closing: pause, then let the probe or a trial decide."""
        pause_s = self._pause_s
        while self.state is not State.CLOSED:
            await asyncio.sleep(pause_s)
            self._change(State.HALF_OPEN, self.reason)
            if self._probe is not None and not await self._probed():
                self._change(State.OPEN, "probe failed")
            elif self._trials:
                await self._try_one_by_one()
            else:
                self._close()
            pause_s = min(pause_s * 2, self._pause_s_max)

    async def _try_one_by_one(self) -> None:
        """Wakes waiters until one call has decided: a waiter may end without having made a call, and a call
        that hangs decides nothing. After `trial_s_max` the next may try beside it."""
        self._verdict.clear()
        self._trying = True
        try:
            while self.state is State.HALF_OPEN and not self._verdict.is_set():
                if self._trial is not None and time.monotonic() >= self._trial_until:
                    self._trial = None
                if self._trial is None:
                    self._wake(1)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(TRIAL_TURN_S):
                        await self._verdict.wait()
        finally:
            self._trying = False

    async def _probed(self) -> bool:
        assert self._probe is not None
        try:
            async with asyncio.timeout(self._trial_s_max):
                await self._probe()
        except Exception:  # noqa: BLE001  (whatever it raises, the dependency is not well)
            return False
        return True

    def _close(self) -> None:
        self._recent.clear()
        self._change(State.CLOSED, "")
        self._verdict.set()
        self._wake(len(self._waiting))

    def _wake(self, count: int) -> None:
        while count and self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)
                count -= 1

    def _change(self, state: State, reason: str) -> None:
        before, self.state = self.state, state
        if before is State.CLOSED or state is State.CLOSED:
            away_s = (datetime.now(UTC) - self.since).total_seconds() if state is State.CLOSED else None
            self.since = datetime.now(UTC)
            log.warning("breaker.changed", dependency=self.dependency, state=state, reason=reason, away_s=away_s)
        else:
            log.info("breaker.probed", dependency=self.dependency, state=state, reason=reason)
        self.reason = reason or self.reason
        metrics.BREAKER_STATE.labels(self.dependency).set(metrics.BREAKER_STATES[state])


class Breakers:
    """The breakers of one process, by dependency."""

    def __init__(self, *breakers: Breaker) -> None:
        self._breakers = {breaker.dependency: breaker for breaker in breakers}
        if len(self._breakers) != len(breakers):
            raise ValueError("two breakers for one dependency")

    def __getitem__(self, dependency: str) -> Breaker:
        return self._breakers[dependency]

    def __contains__(self, dependency: object) -> bool:
        return dependency in self._breakers

    def __iter__(self) -> Iterator[Breaker]:
        return iter(self._breakers.values())

    def get(self, dependency: str | None) -> Breaker | None:
        """The breaker of `dependency`, if there is one."""
        return self._breakers.get(dependency or "")

    def stop(self) -> None:
        """Ends all recovery tasks."""
        for breaker in self:
            breaker.stop()
