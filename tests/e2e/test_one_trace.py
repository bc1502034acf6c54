"""An order is one trace, from the webhook that paid it to the mail, retries included (docs/architecture.md)."""

from itertools import pairwise

from eventually import eventually
from shop import Order, Shop
from spans import Span, drawn, of_trace, orphans, read
from stack import Stack

FAILURES = 2
HOPS = (
    ("ingress", "payments.ipn", "fulfillment"),
    ("fulfillment", "orders.paid", "fulfillment"),
    ("fulfillment", "deliveries.requested", "delivery"),
    ("delivery", "deliveries.stored", "delivery"),
    ("delivery", "deliveries.stored", "fulfillment"),
    ("delivery", "deliveries.mailed", "fulfillment"),
)
CALLS = ("GET kinguin.delivered", "S3.PutObject", "SMTP send")
STAGES = {"order.paid", "order.reserved", "order.delivered", "keys.stored", "mail.sent", "order.fulfilled"}


async def test_a_retried_order_is_one_trace_without_an_orphan(shop: Shop, stack: Stack) -> None:
    order = await shop.order("one-trace@example.com")
    payment = await shop.payment(order)
    await shop.fault(provider="kinguin", operation="reserve", mode="error", status=503, count=FAILURES)
    await shop.pay(payment)
    await shop.reaches(order, "fulfilled")
    exported, trace = await whole_trace(shop, stack, order)
    try:
        hangs_together(exported, trace)
        shows_every_message(trace, order)
        shows_every_attempt(trace)
        shows_every_call(trace)
    except (AssertionError, ValueError) as error:
        raise AssertionError(f"{error}\n{drawn(trace)}") from error


def hangs_together(exported: list[Span], trace: list[Span]) -> None:
    """One root, the webhook; every parent and every link is a span that somebody exported."""
    assert orphans(trace) == []
    (root,) = [span for span in trace if span.parent is None]
    assert (root.service, root.name, root.kind) == ("ingress", "webhook nowpayments", "SERVER")
    known = {span.id for span in exported}
    assert [span.name for span in trace if not known.issuperset(span.links)] == []


def shows_every_message(trace: list[Span], order: Order) -> None:
    """Sent by the relay of who wrote it, processed by who consumes it, by the conventions' names."""
    for producer, topic, consumer in HOPS:
        sent, processed = spans(trace, producer, f"send {topic}"), spans(trace, consumer, f"process {topic}")
        assert {span.kind for span in sent} == {"PRODUCER"}, f"{producer} sends {topic}"
        assert {span.kind for span in processed} == {"CONSUMER"}, f"{consumer} processes {topic}"
        for span in (*sent, *processed):
            assert span.attributes["messaging.system"] == "kafka"
            assert span.attributes["messaging.message.conversation_id"] == order.id


def shows_every_attempt(trace: list[Span]) -> None:
    """Each that failed with its hop to the next step, each linked to the one before; and what Kinguin answered.

    The ESA adapter needs more of them: it asks first whether the unclear purchase exists.
    """
    attempts = spans(trace, "fulfillment", "process orders.paid")
    attempts.sort(key=lambda span: span.attributes["bitloot.attempt"])
    assert len(attempts) > FAILURES
    assert [span.failed for span in attempts] == [True] * (len(attempts) - 1) + [False]
    for failed, after in pairwise(attempts):
        assert failed.id in after.links
        (hop,) = [one for one in trace if one.parent == failed.id and one.name.startswith("send fulfillment.retry.")]
        assert hop.kind == "PRODUCER"
    calls = [one for one in trace if one.name == "POST kinguin.reserve"]
    assert {call.parent for call in calls} <= {attempt.id for attempt in attempts}
    assert [call.attributes["http.response.status_code"] for call in calls][:FAILURES] == [503] * FAILURES
    assert [call.failed for call in calls] == [True] * FAILURES + [False]


def shows_every_call(trace: list[Span]) -> None:
    """The codes fetched, sealed away and mailed."""
    for name in CALLS:
        (call,) = spans(trace, "delivery", name)
        assert (call.kind, call.failed) == ("CLIENT", False)


def spans(trace: list[Span], service: str, name: str) -> list[Span]:
    return [span for span in trace if span.service == service and span.name == name]


async def whole_trace(shop: Shop, stack: Stack, order: Order) -> tuple[list[Span], list[Span]]:
    """All that was exported, and of it the trace that the order's timeline names from `paid` on; once its last
    message has been processed."""
    timeline = (await shop.admin_order(order.id))["timeline"]
    (trace_id,) = {entry["traceId"] for entry in timeline if entry["event"] in STAGES}

    async def probe() -> tuple[list[Span], list[Span]] | None:
        exported = read(stack.traces())
        trace = of_trace(exported, trace_id)
        return (exported, trace) if spans(trace, "fulfillment", "process deliveries.mailed") else None

    return await eventually(probe, "the trace's last span")
