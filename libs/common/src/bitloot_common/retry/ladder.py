"""The ladder: what a service consumes, and what becomes of a message that fails.

    main topic ─▶ handler ─ok─▶ commit
                     │fails
                     ├─ permanent, poison, last attempt ─▶ <service>.dlt
                     ├─ a breaker is open ─▶ waits in place (main) or for another round (step), uncounted
                     └─ else ─▶ <service>.retry.1s ─▶ handler … .2s … .4s … .8s … .16s

An offset is committed only when its message's work is done or its next record is on the broker: at least
once, always; the inbox makes it once in effect. Reads from top to bottom: declare, start, work, fail, move.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, Final, TypeVar

import structlog
from aiokafka.errors import KafkaConnectionError
from pydantic import BaseModel

from bitloot_common import tracing
from bitloot_common.agents import Agents
from bitloot_common.events.topics import LADDER_DELAYS_S, dead_letter_topic, retry_topic
from bitloot_common.kafka import client as kafka_client
from bitloot_common.retry import depth, metrics, spans, story
from bitloot_common.retry.breaker import Breaker, Breakers, State, subject
from bitloot_common.retry.classify import POSTGRESQL, ErrorTypes, Verdict, classify
from bitloot_common.retry.entrance import Doorkeeper, Entrance
from bitloot_common.retry.errors import Kind, UnknownSubscription
from bitloot_common.retry.forwarder import Forwarder
from bitloot_common.retry.headers import Headers
from bitloot_common.retry.lane import BATCH_MAX, Lane, Limits
from bitloot_common.retry.message import (
    Delivery,
    Failed,
    Handler,
    Hop,
    Message,
    Subscription,
    due_at,
    models_by_type,
    now_ms,
)
from bitloot_common.retry.slots import Slots
from bitloot_common.retry.window import Record
from bitloot_common.scrub import scrub as scrub_secrets

log = structlog.get_logger(__name__)

H = TypeVar("H", bound=Handler)

RETRY_AFTER_S_MAX: Final = 3600.0  # a provider's Retry-After is taken seriously up to an hour
START_S_MAX: Final = 60.0
STEP_WINDOW: Final = 4_000  # records of one retry partition held in memory, waiting or at work


class WrongDeclaration(Exception):
    """A subscription that cannot work, found before anything is consumed."""


class Ladder:
    """The consumers of one service. Declare with `subscribe`, then `start`."""

    def __init__(
        self,
        service: str,
        bootstrap_servers: str,
        *,
        breakers: Breakers | None = None,
        client_id: str | None = None,
        instance_id: str | None = None,
        concurrency: int = 64,
        step_concurrency: int = 16,
        scrub: Callable[[str], str] = scrub_secrets,
        limits: Limits | None = None,
    ) -> None:
        """`concurrency`: handlers at once of a main topic; `step_concurrency`: of a subscription on a retry topic.
        `instance_id`: unique among the service's processes and the same after a restart, so that a killed
        one is back at once; without it the group waits for the dead one's session to end."""
        self.service = service
        self.breakers = breakers or Breakers()
        self._subscriptions: dict[str, Subscription] = {}
        self._teller = story.Teller(service, scrub)
        self._limits = limits or Limits(concurrency=concurrency, partition_window=1_000, total_window=5_000)
        self._step_limits = replace(
            self._limits, concurrency=step_concurrency, partition_window=STEP_WINDOW, total_window=4 * STEP_WINDOW
        )
        self._client = {**kafka_client(bootstrap_servers), "client_id": client_id or service}
        self._consumer = {**self._client, "group_instance_id": instance_id}
        self._forwarder = Forwarder(service, self._client)
        self.started = asyncio.Event()
        self._wrong: WrongDeclaration | None = None
        self._lanes: list[Lane] = []
        self._steps: dict[str, int] = {}
        self._agents = Agents()
        self._doorkeeper = Doorkeeper(service)
        self._tracing = False

    # Declare

    def subscribe(
        self,
        topic: str,
        models: type[BaseModel] | Mapping[str, type[BaseModel]],
        *,
        needs: Iterable[str] = (),
        timeout_s: float = 60.0,
        delays_s: Iterable[int] = LADDER_DELAYS_S,
        retry_on: ErrorTypes = (),
        bury_on: ErrorTypes = (),
        ignore: Iterable[str] = (),
    ) -> Callable[[H], H]:
        """Declares the decorated function as the handler of `topic`.

        `models`: the event, or several by their `ce_type`; types in `ignore` are skipped. `needs`: the
        dependencies whose open breaker pauses this topic. `delays_s`: one retry per delay, each on its own
        topic. `retry_on` and `bury_on` overrule how errors are classified.
        Raises WrongDeclaration for a topic declared twice, an unknown breaker or a useless limit.
        """
        delays = tuple(delays_s)
        unknown = [name for name in needs if name not in self.breakers]
        if topic in self._subscriptions:
            raise WrongDeclaration(f"{topic} is subscribed twice")
        if unknown:
            raise WrongDeclaration(f"{topic} needs {', '.join(unknown)}, but there is no such breaker")
        if timeout_s <= 0 or any(delay < 1 for delay in delays):
            raise WrongDeclaration(f"{topic}: timeout_s and delays_s must be positive")
        if contradiction := set(retry_on) & set(bury_on):
            raise WrongDeclaration(f"{topic}: both retried and buried: {contradiction}")

        def declare(handler: H) -> H:
            metrics.expect_attempts(self.service, topic)
            self._subscriptions[topic] = Subscription(
                topic=topic,
                models=models_by_type(models),
                ignore=frozenset(ignore),
                handler=handler,
                timeout_s=timeout_s,
                delays_s=delays,
                retry_on=tuple(retry_on),
                bury_on=tuple(bury_on),
                needs=tuple(self.breakers[name] for name in needs),
                entrance=Entrance(2 * self._limits.concurrency, self._limits.retries_per_s / (len(delays) or 1)),
            )
            return handler

        return declare

    @property
    def subscriptions(self) -> Mapping[str, Subscription]:
        """What is declared, by topic."""
        return self._subscriptions

    # Start and stop

    async def start(self) -> None:
        """Consumes. Returns when every lane has its assignment, or has waited a minute for it; `started` is set then.

        Raises KafkaConnectionError when no broker answers within a minute, WrongDeclaration when a topic
        of a subscription, or of its ladder, does not exist. After either it may be called again.
        """
        self._tracing = tracing.is_on()
        await self._connect()
        try:
            await self._check_topics()
        except BaseException as error:
            self._wrong = error if isinstance(error, WrongDeclaration) else None
            await self._forwarder.stop()
            raise
        self._wrong = None
        self._lanes = [self._main_lane(), *(self._step_lane(topic) for topic in sorted(self._steps))]
        for lane in self._lanes:
            lane.start()
        self._agents.start("ladder-depth", self._sample_depth)
        doors = {topic: subscription.entrance for topic, subscription in self._subscriptions.items()}
        self._agents.start("ladder-doors", lambda: self._doorkeeper.keep_freeing(doors))
        waiting = [asyncio.ensure_future(lane.assigned.wait()) for lane in self._lanes]
        _, late = await asyncio.wait(waiting, timeout=START_S_MAX)
        for task in late:
            task.cancel()
        self.started.set()
        log.info("ladder.started", topics=sorted(self._subscriptions), lanes=len(self._lanes), late=len(late))

    async def stop(self, deadline_s: float = 20.0) -> None:
        """Finishes what runs within the deadline, hands the rest back to the broker, then disconnects."""
        await self._agents.stop()
        await asyncio.gather(*(lane.stop(deadline_s) for lane in self._lanes))
        self.breakers.stop()
        await self._forwarder.stop()
        log.info("ladder.stopped")

    def checks(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """For readiness: the consumers (raise WrongDeclaration, or RuntimeError while they have no assignment), each
        breaker (Degraded)."""
        return {"consumers": self._check_lanes, **{b.dependency: b.check for b in self.breakers}}

    async def _sample_depth(self) -> None:
        partitions = (await self._forwarder.topics())[dead_letter_topic(self.service)]
        await depth.sample(self.service, self._lanes, partitions, self._client)

    async def _check_lanes(self) -> None:
        if self._wrong is not None:
            raise self._wrong
        if not self._lanes:
            raise RuntimeError("Kafka has not answered yet")
        for lane in self._lanes:
            await lane.check()

    async def _connect(self) -> None:
        deadline = asyncio.get_running_loop().time() + START_S_MAX
        while True:
            try:
                return await self._forwarder.start()
            except KafkaConnectionError as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                log.warning("ladder.no_broker", error=str(error))
                await asyncio.sleep(1)

    async def _check_topics(self) -> None:
        existing = await self._forwarder.topics()
        wanted = {retry_topic(self.service, d) for s in self._subscriptions.values() for d in s.delays_s}
        needed = {*self._subscriptions, *wanted, dead_letter_topic(self.service)}
        if missing := needed - set(existing):
            raise WrongDeclaration(f"the broker has no topic {', '.join(sorted(missing))}")
        # Also steps that no subscription declares any more: what waits there must not be forgotten.
        step = re.compile(re.escape(retry_topic(self.service, 0).removesuffix("0s")) + r"(\d+)s")
        matches = {topic: match for topic in existing if (match := step.fullmatch(topic))}
        self._steps = {topic: int(match.group(1)) for topic, match in matches.items()}
        await self._forwarder.learn([*self._steps, dead_letter_topic(self.service)])

    def _main_lane(self) -> Lane:
        def deliver(record: Record, had_turn: bool, slots: Slots) -> Awaitable[Breaker | None]:
            subscription = self._subscriptions[record.topic]
            return self._work(Delivery(record, Hop.first(record), subscription, None, had_turn), slots)

        def held(topic: str, in_flight: int) -> bool:
            subscription = self._subscriptions[topic]
            away = {breaker.state for breaker in subscription.needs} - {State.CLOSED}
            # half-open: a batch is more than enough for trials, and the rest is better off on its topic
            return subscription.entrance.crowded or State.OPEN in away or bool(away and in_flight >= BATCH_MAX)

        return Lane(self.service, self.service, self._subscriptions, deliver, self._limits, self._consumer, held=held)

    def _step_lane(self, topic: str) -> Lane:
        def deliver(record: Record, _: bool, slots: Slots) -> Awaitable[Breaker | None]:
            hop = Hop.later(record)
            subscription = self._subscriptions.get(hop.subscription)
            return self._work(Delivery(record, hop, subscription, topic, had_turn=True), slots)

        return Lane(self.service, topic, [topic], deliver, self._step_limits, self._consumer, due_at=due_at)

    # Work

    async def _work(self, delivery: Delivery, slots: Slots) -> Breaker | None:
        """Settles one record, or says whose turn to wait for. Returning None lets its offset be committed."""
        wait_ms = delivery.hop.not_before - now_ms()
        if wait_ms > 0 and delivery.delays_s:
            await self._postpone(delivery, delivery.delay_s(wait_ms / 1000))
            return None
        async with delivery.entrance, slots.of(delivery.hop.subscription if delivery.subscription else ""):
            outcome = await self._attempt(delivery)
        if isinstance(outcome, Breaker):
            return await self._hold(delivery, outcome)
        if isinstance(outcome, Failed):
            return await self._fail(delivery, outcome)
        self._count(delivery.hop, "handled" if outcome else "ignored")
        return None

    async def _attempt(self, delivery: Delivery) -> Breaker | Failed | bool:
        """One attempt: a breaker that forbids it, what went wrong, or whether the handler did it (True) or
        the event is of no interest (False)."""
        subscription = delivery.subscription
        if subscription is None:
            return _permanent(UnknownSubscription(delivery.hop.subscription))
        for breaker in subscription.needs:
            if breaker.blocks(had_turn=delivery.had_turn):
                return breaker
        try:
            if subscription.ignores(delivery.record):
                return False
            message = subscription.decode(delivery.record, delivery.hop)
        except Exception as poison:  # noqa: BLE001  (poison is whatever cannot be read)
            return _permanent(poison)
        if delivery.step is not None:
            late_s = max(0.0, (now_ms() - delivery.hop.due_at) / 1000)
            metrics.lateness_s(delivery.step).observe(late_s)
            self._doorkeeper.began(late_s)
        begun = time.perf_counter()
        error, span = await self._call(subscription, message, delivery)
        metrics.process_duration_s(self.service, message.topic).observe(time.perf_counter() - begun)
        if error is None:
            return True
        verdict = classify(error, retry_on=subscription.retry_on, bury_on=subscription.bury_on)
        return Failed(error, verdict, span)

    async def _call(
        self, subscription: Subscription, message: Message[Any], delivery: Delivery
    ) -> tuple[BaseException | None, str | None]:
        """The handler: what it raised, and the attempt's span where there is one."""
        subject.set((message.topic, message.partition, message.offset))
        if not self._tracing:
            with tracing.within(message.traceparent):
                return await _handle(subscription, message), None
        with spans.attempt_span(self.service, message, delivery.hop) as span:
            error = await _handle(subscription, message)
            if error is not None:
                tracing.fail(span, error)
            return error, tracing.traceparent_of(span)

    # Fail

    async def _fail(self, delivery: Delivery, failed: Failed) -> Breaker | None:
        """Decides: bury, hold or retry."""
        last = delivery.hop.attempts >= len(delivery.delays_s)
        if failed.verdict.kind is not Kind.PERMANENT:
            breaker = await self._culprit(delivery, failed, last=last)
            if breaker is not None:
                return await self._hold(delivery, breaker)
            if not last:
                await self._retry(delivery, failed)
                return None
        await self._bury(delivery, failed)
        return None

    async def _culprit(self, delivery: Delivery, failed: Failed, *, last: bool) -> Breaker | None:
        """The breaker of a dependency that is away, if that is why: then the message is not to blame.

        While something that it needs is away, no failure but a permanent one speaks against a message. On
        the last attempt the dependencies' own probes are asked: a message alone in an outage is no evidence.
        """
        named = self.breakers.get(failed.verdict.dependency)
        if named is not None and named.state is State.CLOSED:
            named.failed(failed.error)
        needs = delivery.subscription.needs if delivery.subscription else ()
        for breaker in (named, *needs):
            if breaker is None:
                continue
            if breaker.state is not State.CLOSED or (last and await breaker.confirm()):
                return breaker
        return None

    # Move

    async def _hold(self, delivery: Delivery, breaker: Breaker) -> Breaker | None:
        """An outage: on a main topic the message waits where it is, in order; on a step, which it would block
        for others, it goes round again. Either way its attempt does not count."""
        if delivery.step is None:
            self._count(delivery.hop, "held")
            return breaker
        await self._postpone(delivery, self._steps[delivery.step])
        return None

    async def _postpone(self, delivery: Delivery, delay_s: int) -> None:
        """Round again, nothing counted."""
        told = story.postpone(delivery, now_ms() + delay_s * 1000)
        await self._forward(delivery, retry_topic(self.service, delay_s), told)
        self._count(delivery.hop, "postponed")

    async def _retry(self, delivery: Delivery, failed: Failed) -> None:
        """One step up. A Retry-After beyond the step's delay chooses a longer step, and a time before which
        the message is sent round again: in the due time it would block the step for all behind it."""
        wait_s = min(failed.verdict.retry_after_s or 0.0, RETRY_AFTER_S_MAX)
        delay_s = delivery.delay_s(max(wait_s, delivery.delays_s[delivery.hop.attempts]))
        not_before = now_ms() + int(wait_s * 1000) if wait_s else None
        if delivery.step is None and delivery.subscription is not None:
            delivery.subscription.entrance.keep()
        told, autopsy = self._teller.tell(delivery, failed, due_at=now_ms() + delay_s * 1000, not_before=not_before)
        await self._forward(delivery, retry_topic(self.service, delay_s), told)
        self._count(delivery.hop, "retried")
        log.debug("ladder.retried", **story.summary(delivery, failed, autopsy), delay_s=delay_s)

    async def _bury(self, delivery: Delivery, failed: Failed) -> None:
        """To the dead letters, byte for byte."""
        told, autopsy = self._teller.tell(delivery, failed)
        await self._forward(delivery, dead_letter_topic(self.service), told)
        self._count(delivery.hop, "buried")
        log.error("ladder.buried", **story.summary(delivery, failed, autopsy), message=autopsy.message)

    async def _forward(self, delivery: Delivery, topic: str, told: Headers) -> None:
        with spans.forward_span(topic, told) if self._tracing else nullcontext():
            await self._forwarder.send(topic, delivery.record.key, delivery.record.value, told)

    def _count(self, hop: Hop, outcome: str) -> None:
        metrics.attempts(self.service, hop.topic, outcome).inc()
        if outcome == "handled" and hop.first_failed_at is not None:
            metrics.RECOVERY_S.labels(self.service, hop.topic).observe((now_ms() - hop.first_failed_at) / 1000)


async def _handle(subscription: Subscription, message: Message[Any]) -> BaseException | None:
    """The handler under its time limit: None, or what it raised."""
    try:
        async with asyncio.timeout(subscription.timeout_s):
            await subscription.handler(message)
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise  # ours: the lane hands the message back
        return error
    except Exception as error:  # noqa: BLE001  (whatever a handler raises is judged, never lost)
        return error
    for breaker in subscription.needs:
        if breaker.dependency == POSTGRESQL:
            breaker.succeeded()  # every handler ends in a transaction
    return None


def _permanent(error: BaseException) -> Failed:
    return Failed(error, Verdict(Kind.PERMANENT))
