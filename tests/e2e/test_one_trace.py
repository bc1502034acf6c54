"""An order is one trace, from the webhook that paid it to the mail, retries included (docs/architecture.md)."""

from itertools import pairwise

from shop import Order, Shop, eventually
from spans import Span, drawn, of_trace, orphans, read
from stack import Stack

FAILURES = 2


async def test_a_retried_order_is_one_trace_without_an_orphan(shop: Shop, stack: Stack) -> None:
    order = await shop.order("one-trace@example.com")
    payment = await shop.payment(order)
    await shop.fault(provider="kinguin", operation="reserve", mode="error", status=503, count=FAILURES)
    await shop.pay(payment)
    await shop.reaches(order, "fulfilled")
    trace = await whole_trace(shop, stack, order)
    shown = drawn(trace)

    assert orphans(trace) == [], shown
    (root,) = [span for span in trace if span.parent is None]
    assert (root.service, root.name, root.kind) == ("ingress", "webhook nowpayments", "SERVER"), shown

    # every message: sent by the relay of who wrote it, processed by who consumes it, by the conventions' names
    for producer, topic, consumer in (
        ("ingress", "payments.ipn", "fulfillment"),
        ("fulfillment", "orders.paid", "fulfillment"),
        ("fulfillment", "deliveries.requested", "delivery"),
        ("delivery", "deliveries.stored", "delivery"),
        ("delivery", "deliveries.stored", "fulfillment"),
        ("delivery", "deliveries.mailed", "fulfillment"),
    ):
        sent = spans(trace, producer, f"send {topic}")
        assert sent, f"{producer} sends {topic}\n{shown}"
        assert {span.kind for span in sent} == {"PRODUCER"}
        processed = spans(trace, consumer, f"process {topic}")
        assert processed, f"{consumer} processes {topic}\n{shown}"
        assert {span.kind for span in processed} == {"CONSUMER"}
        assert all(span.attributes["messaging.system"] == "kafka" for span in (*sent, *processed))
        assert all(
            span.attributes["messaging.message.conversation_id"] == order.id
            for span in (*sent, *processed)
            if topic != "payments.ipn"  # a provider's message: its key is the provider's until it was read
        )

    # the attempts that failed, each with its call, and the hop to the next step of the ladder
    attempts = [one for one in spans(trace, "fulfillment", "process orders.paid") if calls(trace, one, "reserve")]
    attempts.sort(key=lambda span: span.attributes["bitloot.attempt"])
    assert [span.failed for span in attempts] == [True] * FAILURES + [False], shown
    for failed, after in pairwise(attempts):
        assert failed.id in after.links, "each attempt links to the one before"
        (hop,) = [
            span for span in trace if span.parent == failed.id and span.name.startswith("send fulfillment.retry.")
        ]
        assert hop.kind == "PRODUCER"
    assert [
        call.attributes["http.response.status_code"] for span in attempts for call in calls(trace, span, "reserve")
    ][:FAILURES] == [503] * FAILURES

    # the world outside: codes fetched, sealed away, mailed
    for name in ("GET kinguin.delivered", "S3.PutObject", "SMTP send"):
        (call, *_) = spans(trace, "delivery", name) or [None]
        assert call is not None, f"{name}\n{shown}"
        assert call.kind == "CLIENT"
        assert not call.failed


def spans(trace: list[Span], service: str, name: str) -> list[Span]:
    return [span for span in trace if span.service == service and span.name == name]


def calls(trace: list[Span], attempt: Span, operation: str) -> list[Span]:
    return [span for span in trace if span.parent == attempt.id and span.name.endswith(f" kinguin.{operation}")]


async def whole_trace(shop: Shop, stack: Stack, order: Order) -> list[Span]:
    """The trace that the order's timeline names, once its last message has been processed."""
    timeline = (await shop.admin_order(order.id))["timeline"]
    (paid,) = [entry for entry in timeline if entry["event"] == "order.paid"]
    assert {entry["traceId"] for entry in timeline if entry["event"] != "order.created"} >= {paid["traceId"]}

    async def probe() -> list[Span] | None:
        trace = of_trace(read(stack.traces()), paid["traceId"])
        return trace if spans(trace, "fulfillment", "process deliveries.mailed") else None

    return await eventually(probe, "the trace's last span")
