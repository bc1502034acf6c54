"""What an SRE sees of a message on the ladder: one trace, metrics, readiness."""

from collections.abc import Awaitable, Callable

import pytest
from bitloot_common.retry import Breaker, Breakers, Message, Permanent, Transient, depth
from eventually import eventually
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY

from .harness import Family, Order, story

Families = Callable[..., Awaitable[Family]]
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{SPAN}-01".encode()


@pytest.fixture
def spans() -> InMemorySpanExporter:
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        trace.set_tracer_provider(provider)
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


def links(span: ReadableSpan) -> set[str]:
    return {f"{link.context.span_id:016x}" for link in span.links}


async def attempts(shop: Family, exporter: InMemorySpanExporter, count: int) -> list[ReadableSpan]:
    def found() -> list[ReadableSpan] | None:
        mine = [s for s in exporter.get_finished_spans() if s.name == f"process {shop.topic}"]
        return mine if len(mine) >= count else None

    spans: list[ReadableSpan] = await eventually(found)
    return spans


async def test_one_trace_shows_every_attempt_linked_to_the_one_before(
    family: Families, spans: InMemorySpanExporter
) -> None:
    shop = await family(1)
    ladder = shop.ladder()

    @ladder.subscribe(shop.topic, Order, delays_s=(1, 1))
    async def on_order(message: Message[Order]) -> None:
        raise Transient("no luck")

    await ladder.start()
    await shop.send(7, headers=[("traceparent", TRACEPARENT), ("ce_subject", b"order-7")])
    first, second, third = await attempts(shop, spans, 3)
    ids = [f"{span.context.span_id:016x}" for span in (first, second, third)]
    assert {f"{span.context.trace_id:032x}" for span in (first, second, third)} == {TRACE}
    assert [links(span) for span in (first, second, third)] == [{SPAN}, {SPAN, ids[0]}, {SPAN, ids[1]}]
    assert third.attributes is not None
    assert third.attributes["bitloot.attempt"] == 3
    assert third.attributes["messaging.message.conversation_id"] == "order-7"
    assert third.attributes["error.type"] == "bitloot_common.retry.errors.Transient"
    assert not third.events, "an exception event would tell its arguments"
    [dead] = await shop.records(shop.dlt, at_least=1)
    assert story(dead)["traceparent"] == TRACEPARENT.decode()
    assert ids[2] in story(dead)["bitloot-attempt-traceparent"]


async def test_a_replay_is_a_trace_of_its_own_that_links_to_the_old(
    family: Families, spans: InMemorySpanExporter
) -> None:
    shop = await family(1)
    ladder = shop.ladder()

    @ladder.subscribe(shop.topic, Order, delays_s=(1,))
    async def on_order(message: Message[Order]) -> None:
        pass

    await ladder.start()
    await shop.send(7, headers=[("traceparent", TRACEPARENT), ("bitloot-replayed-from", b"x.dlt/0/1")])
    [span] = await attempts(shop, spans, 1)
    assert f"{span.context.trace_id:032x}" != TRACE
    assert links(span) == {SPAN}


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_metrics_tell_attempts_lateness_recovery_lag_and_dead_letters(
    family: Families, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(depth, "INTERVAL_S", 0.2)
    shop = await family(1)
    ladder = shop.ladder(Breakers(Breaker("r2")))

    @ladder.subscribe(shop.topic, Order, delays_s=(1,))
    async def on_order(message: Message[Order]) -> None:
        if message.data.n == 1:
            raise Permanent("never")
        if message.attempt == 1:
            raise Transient("later")

    await ladder.start()
    await ladder.checks()["consumers"]()
    await shop.send(1, 2)
    of_topic = {"service": shop.service, "topic": shop.topic}
    await eventually(lambda: value("bitloot_attempts_total", **of_topic, outcome="handled") == 1)
    assert value("bitloot_attempts_total", **of_topic, outcome="retried") == 1
    assert value("bitloot_attempts_total", **of_topic, outcome="buried") == 1
    assert value("bitloot_process_duration_seconds_count", **of_topic) == 3
    assert value("bitloot_recovery_seconds_count", **of_topic) == 1
    assert value("bitloot_recovery_seconds_sum", **of_topic) >= 1
    assert value("bitloot_retry_lateness_seconds_count", topic=f"{shop.service}.retry.1s") == 1
    await eventually(lambda: value("bitloot_dlt_records", service=shop.service) == 1)
    await eventually(lambda: REGISTRY.get_sample_value("bitloot_consumer_lag_messages", of_topic) == 0)
    assert value("bitloot_breaker_state", dependency="r2") == 0
    await ladder.stop()
    with pytest.raises(RuntimeError, match="no assignment"):
        await ladder.checks()["consumers"]()
