"""Where a failing message goes, and what its headers say, on the real broker."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from bitloot_common.retry import Ladder, Message, NotYet, Permanent, Transient, WrongDeclaration
from eventually import eventually

from .harness import Family, Order, story

Families = Callable[..., Awaitable[Family]]


async def run(
    ladder: Ladder, topic: str, fail: Callable[[Message[Order]], Any], **options: Any
) -> list[Message[Order]]:
    """Starts `ladder` with a handler that awaits or raises what `fail` gives, and notes what it handled."""
    handled: list[Message[Order]] = []

    @ladder.subscribe(topic, Order, **options)
    async def on_order(message: Message[Order]) -> None:
        outcome = fail(message)
        if isinstance(outcome, BaseException):
            raise outcome
        if outcome is not None:
            await outcome
        handled.append(message)

    await ladder.start()
    return handled


@pytest.mark.parametrize(
    "error", [Transient("try later"), NotYet("no reservation yet"), KeyError("who knows"), TimeoutError()], ids=repr
)
async def test_what_may_pass_is_tried_again_as_the_same_message(family: Families, error: Exception) -> None:
    shop = await family(1)
    handled = await run(shop.ladder(), shop.topic, lambda m: error if m.attempt == 1 else None, delays_s=(1,))
    await shop.send(7, headers=[("ce_id", b"e7"), ("traceparent", b"00-x"), ("twice", b"1"), ("twice", None)])
    await eventually(lambda: handled)
    [message] = handled
    assert (message.attempt, message.id, message.key, message.data) == (2, "e7", b"7", Order(n=7))
    assert (message.topic, message.offset, message.traceparent) == (shop.topic, 0, "00-x")
    assert message.headers == [("ce_id", b"e7"), ("traceparent", b"00-x"), ("twice", b"1"), ("twice", None)]
    assert await shop.records(shop.dlt) == []


async def test_after_the_last_step_it_is_a_dead_letter_that_tells_its_story(family: Families) -> None:
    shop = await family(1)
    before_ms = time.time_ns() // 1_000_000
    await run(shop.ladder(), shop.topic, lambda _: Transient("no luck with token=abcdef123"), delays_s=(1, 1))
    await shop.send(7, headers=[("ce_id", b"e7")])
    [dead] = await shop.records(shop.dlt, at_least=1)
    assert (dead.key, dead.value) == (b"7", b'{"n":7}')
    told = story(dead)
    assert told["kafka_original-topic"] == told["bitloot-subscription"] == shop.topic
    assert told["kafka_original-offset"] == "0"
    assert told["kafka_original-partition"] in ("0", "1")
    assert told["kafka_original-timestamp-type"] == "CreateTime"
    assert told["kafka_dlt-original-consumer-group"] == shop.service
    assert told["kafka_exception-fqcn"] == "bitloot_common.retry.errors.Transient"
    assert told["kafka_exception-message"] == "no luck with token=[redacted]"
    assert "test_ladder.py" in told["kafka_exception-stacktrace"]
    assert (told["bitloot-attempt"], told["bitloot-kind"]) == ("3", "transient")
    assert len(told["bitloot-fingerprint"]) == 16
    first, original = int(told["bitloot-first-failed-at"]), int(told["kafka_original-timestamp"])
    assert before_ms <= original <= first <= int(told["bitloot-failed-at"]) - 2_000
    assert dead.timestamp >= int(told["bitloot-failed-at"])
    assert [name for name, _ in dead.headers].count("bitloot-attempt") == 1
    steps = await shop.records(f"{shop.service}.retry.1s")
    assert [story(step)["bitloot-attempt"] for step in steps] == ["1", "2"]
    assert all(int(story(s)["bitloot-due-at"]) - int(story(s)["bitloot-failed-at"]) >= 1_000 for s in steps)


async def test_what_will_never_pass_is_a_dead_letter_at_once(family: Families) -> None:
    shop = await family(1)
    await run(shop.ladder(), shop.topic, lambda _: Permanent("refused"), delays_s=(1,))
    await shop.send(7)
    [dead] = await shop.records(shop.dlt, at_least=1)
    assert story(dead)["bitloot-attempt"] == "1"
    assert await shop.records(f"{shop.service}.retry.1s") == []


async def test_a_subscription_overrules_the_classification(family: Families) -> None:
    shop = await family(1)
    errors: dict[int, Exception] = {1: Permanent("after all"), 2: KeyError("no use")}
    handled = await run(
        shop.ladder(),
        shop.topic,
        lambda m: errors[m.data.n] if m.attempt == 1 else None,
        delays_s=(1,),
        retry_on=(Permanent,),
        bury_on=(KeyError,),
    )
    await shop.send(1, 2)
    [dead] = await shop.records(shop.dlt, at_least=1)
    assert dead.key == b"2"
    await eventually(lambda: [m.data.n for m in handled] == [1])


async def test_a_handler_that_hangs_is_a_failure_after_its_time_limit(family: Families) -> None:
    shop = await family(1)
    handled = await run(
        shop.ladder(),
        shop.topic,
        lambda m: asyncio.sleep(3600) if m.attempt == 1 else None,
        delays_s=(1,),
        timeout_s=0.2,
    )
    await shop.send(7)
    await eventually(lambda: [m.attempt for m in handled] == [2])


async def test_a_handler_that_cancels_itself_is_a_failure_not_a_loss(family: Families) -> None:
    shop = await family(1)
    handled = await run(
        shop.ladder(), shop.topic, lambda m: asyncio.CancelledError() if m.attempt == 1 else None, delays_s=(1,)
    )
    await shop.send(7)
    await eventually(lambda: [m.attempt for m in handled] == [2])


@pytest.mark.parametrize("value", [b"\xff\x00{", b'{"n": "seven"}', b"", None], ids=repr)
async def test_poison_is_buried_byte_for_byte_and_the_consumer_goes_on(family: Families, value: bytes | None) -> None:
    shop = await family(1)
    handled = await run(shop.ladder(), shop.topic, lambda _: None, delays_s=(1,))
    await shop.send_raw(b"\xfe", value, [("ce_id", b"\xff"), ("ce_id", None), ("x", b"1")])
    await shop.send(7)
    [dead] = await shop.records(shop.dlt, at_least=1)
    assert (dead.key, dead.value) == (b"\xfe", value)
    assert list(dead.headers[:3]) == [("ce_id", b"\xff"), ("ce_id", None), ("x", b"1")]
    assert story(dead)["bitloot-kind"] == "permanent"
    assert "seven" not in str(dead.headers), "what failed validation may be a secret"
    await eventually(lambda: [m.data.n for m in handled] == [7])


async def test_a_message_as_large_as_its_topic_takes_still_finds_the_dead_letters(family: Families) -> None:
    shop = await family(1)
    await run(shop.ladder(), shop.topic, lambda _: None, delays_s=(1,))
    value = b'{"n":"' + b"x" * 1_048_300
    await shop.send_raw(b"k", value[:1_048_400])
    [dead] = await shop.records(shop.dlt, at_least=1)
    assert dead.value == value


async def test_retry_after_is_honoured_beyond_the_longest_step(family: Families) -> None:
    shop = await family(1)
    failed_at: list[float] = []

    def fail(message: Message[Order]) -> Exception | None:
        if message.attempt == 1:
            failed_at.append(time.time())
            return Transient("slow down", retry_after_s=2.5)
        return None

    handled = await run(shop.ladder(), shop.topic, fail, delays_s=(1,))
    await shop.send(7)
    await eventually(lambda: handled)
    assert time.time() - failed_at[0] >= 2.5
    assert handled[0].attempt == 2, "waiting longer is not another attempt"
    assert len(await shop.records(f"{shop.service}.retry.1s")) == 3


async def test_keys_are_handled_in_order_and_a_slow_one_disturbs_no_other(family: Families) -> None:
    shop = await family(1)
    released = asyncio.Event()
    handled = await run(shop.ladder(), shop.topic, lambda m: released.wait() if m.data.n == 0 else None, delays_s=(1,))
    await shop.send(*range(5), key=b"slow")
    await shop.send(*range(10, 110))
    await eventually(lambda: len(handled) == 100)
    assert {m.data.n for m in handled} == set(range(10, 110))
    assert await committed(shop) < 101
    released.set()
    await eventually(lambda: len(handled) == 105)
    assert [m.data.n for m in handled if m.key == b"slow"] == [0, 1, 2, 3, 4]

    async def all_committed() -> bool:
        return await committed(shop) == 105

    await eventually(all_committed)


async def waiting(shop: Family, partition: int, due_ms: Iterable[int]) -> None:
    """Orders that wait on the first step, each with its due time."""
    for due in due_ms:
        headers = [("bitloot-subscription", shop.topic.encode()), ("bitloot-due-at", str(due).encode())]
        await shop.send(due, topic=f"{shop.service}.retry.1s", partition=partition, headers=headers)


async def test_retries_run_in_the_order_of_their_due_times_over_all_partitions_of_a_step(family: Families) -> None:
    shop = await family(1, step_partitions=2)
    handled = await run(shop.ladder(), shop.topic, lambda _: None, delays_s=(1,))
    soon = time.time_ns() // 1_000_000 + 4_000
    await waiting(shop, 0, range(soon, soon + 300, 2))
    await waiting(shop, 1, range(soon + 1, soon + 300, 2))
    await eventually(lambda: len(handled) == 300)
    assert [m.data.n for m in handled] == list(range(soon, soon + 300))


async def test_what_is_overdue_runs_in_order_and_no_partition_hides_the_other(family: Families) -> None:
    shop = await family(1, step_partitions=2)
    past = time.time_ns() // 1_000_000 - 60_000
    await waiting(shop, 0, range(past, past + 1_000, 2))
    await waiting(shop, 1, range(past + 1, past + 1_000, 2))
    handled = await run(shop.ladder(), shop.topic, lambda _: None, delays_s=(1,))
    await eventually(lambda: len(handled) == 1_000)
    order = [m.data.n - past for m in handled]
    for partition in (0, 1):
        mine = [n for n in order if n % 2 == partition]
        assert mine == sorted(mine)
    assert max(abs(place - n) for place, n in enumerate(order)) <= 200, "they take turns"


async def committed(shop: Family) -> int:
    """The sum of the committed offsets of the main topic."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=shop.bootstrap_servers, group_id=shop.service, enable_auto_commit=False
    )
    consumer.assign([TopicPartition(shop.topic, 0), TopicPartition(shop.topic, 1)])
    await consumer.start()
    try:
        return sum([await consumer.committed(p) or 0 for p in consumer.assignment()])
    finally:
        await consumer.stop()


class Other(Order):
    """A second event on the same topic."""


async def test_several_events_share_a_topic_by_their_type(family: Families) -> None:
    shop = await family(1)
    ladder = shop.ladder()
    handled: list[type] = []

    @ladder.subscribe(shop.topic, {"order": Order, "other": Other}, ignore=("noise",), delays_s=(1,))
    async def on_either(message: Message[Order]) -> None:
        handled.append(type(message.data))

    await ladder.start()
    for event_type in (b"noise", b"unheard-of", b"other", b"order"):
        await shop.send(1, headers=[("ce_type", event_type)])
    await eventually(lambda: sorted(t.__name__ for t in handled) == ["Order", "Other"])
    [dead] = await shop.records(shop.dlt, at_least=1)
    assert story(dead)["ce_type"] == "unheard-of"
    assert story(dead)["kafka_exception-fqcn"].endswith("UnknownEvent")


async def test_what_waits_on_a_step_outlives_its_subscription(family: Families) -> None:
    shop = await family(1, 2)
    ladder = shop.ladder()
    await run(ladder, shop.topic, lambda _: Transient("later"), delays_s=(2,))
    await shop.send(7)
    await shop.records(f"{shop.service}.retry.2s", at_least=1)
    await ladder.stop()
    successor = shop.ladder()
    handled = await run(successor, shop.topic, lambda _: None, delays_s=(1,))
    await eventually(lambda: [m.attempt for m in handled] == [2])


class TestDeclaration:
    async def test_a_topic_that_does_not_exist_is_refused_at_start(self, family: Families) -> None:
        shop = await family(1)
        with pytest.raises(WrongDeclaration, match="no topic nowhere"):
            await run(shop.ladder(), "nowhere", lambda _: None, delays_s=(1,))

    async def test_a_ladder_starts_again_when_its_topic_is_there_at_last(self, family: Families) -> None:
        shop = await family(1)
        late, handled = f"{shop.service}.late", list[int]()
        ladder = shop.ladder()

        @ladder.subscribe(late, Order, delays_s=(1,))
        async def on_order(message: Message[Order]) -> None:
            handled.append(message.data.n)

        with pytest.raises(RuntimeError, match="not answered"):
            await ladder.checks()["consumers"]()
        for attempt in (ladder.start, ladder.checks()["consumers"]):
            with pytest.raises(WrongDeclaration, match=late):
                await attempt()
        await shop.add(late)
        await ladder.start()
        await ladder.checks()["consumers"]()
        assert ladder.started.is_set()
        await shop.send(5, topic=late)
        await eventually(lambda: handled == [5])

    async def test_a_ladder_whose_steps_do_not_exist_is_refused_at_start(self, family: Families) -> None:
        shop = await family(1)
        with pytest.raises(WrongDeclaration, match=r"retry\.64s"):
            await run(shop.ladder(), shop.topic, lambda _: None, delays_s=(1, 64))

    def test_a_topic_is_subscribed_once(self) -> None:
        ladder = Ladder("s", "nobody:1")
        ladder.subscribe("t", Order)(_nothing)
        with pytest.raises(WrongDeclaration, match="twice"):
            ladder.subscribe("t", Order)(_nothing)

    @pytest.mark.parametrize(
        ("options", "complaint"),
        [
            ({"needs": ("kinguin",)}, "no such breaker"),
            ({"timeout_s": 0}, "positive"),
            ({"delays_s": (0,)}, "positive"),
            ({"retry_on": (KeyError,), "bury_on": (KeyError,)}, "both"),
        ],
    )
    def test_nonsense_is_refused_at_once(self, options: dict[str, Any], complaint: str) -> None:
        with pytest.raises(WrongDeclaration, match=complaint):
            Ladder("s", "nobody:1").subscribe("t", Order, **options)


async def _nothing(message: Message[Any]) -> None:
    pass
