"""One timeline of an order, across webhook, Kafka, provider call, state, mail and link view.

The services write what they did to `order_events`. Webhooks, dead letters and views have rows of their
own; they are woven in here unless a service already told of the very same row.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bitloot_common.scrub import scrub_value

from bitloot_admin.models.deliveries import LinkView
from bitloot_admin.models.orders import DeadLetterOfOrder, TimelineEntry
from bitloot_admin.models.webhooks import WebhookSummary

_KIND_OF_PREFIX = {
    "webhook": "webhook",
    "ipn": "webhook",
    "payment": "money",
    "refund": "money",
    "reservation": "provider",
    "kinguin": "provider",
    "provider": "provider",
    "keys": "seal",
    "seal": "seal",
    "mail": "mail",
    "notice": "mail",
    "link": "link",
    "message": "kafka",
    "dead_letter": "deadLetter",
    "admin": "operator",
    "operator": "operator",
}


def kind_of(service: str, event: str) -> str:
    """What an entry is about, from its dotted name: money, provider, seal, mail, link, … or state."""
    if service == "admin":
        return "operator"
    return _KIND_OF_PREFIX.get(event.split(".", 1)[0], "state")


def weave(
    events: Iterable[Any],
    webhooks: Iterable[WebhookSummary],
    dead_letters: Iterable[DeadLetterOfOrder],
    views: Iterable[LinkView],
) -> list[TimelineEntry]:
    """All of them in order of time, each with its distance from the previous and from the first, in ms."""
    entries = [_from_event(row) for row in events]
    told = {str(entry.cause.get("webhookId")) for entry in entries if entry.event.startswith("webhook.")}
    entries += [_from_webhook(webhook) for webhook in webhooks if str(webhook.id) not in told]
    entries += [_from_dead_letter(letter) for letter in dead_letters]
    if not any(entry.kind == "link" for entry in entries):
        entries += [_from_view(view) for view in views]
    entries.sort(key=lambda entry: entry.at)
    previous: datetime | None = None
    for entry in entries:
        if previous is not None:
            entry.since_previous_ms = _milliseconds(previous, entry.at)
            entry.since_start_ms = _milliseconds(entries[0].at, entry.at)
        previous = entry.at
    return entries


def _milliseconds(start: datetime, end: datetime) -> int:
    return round((end - start).total_seconds() * 1000)


def _from_event(row: Any) -> TimelineEntry:
    return TimelineEntry(
        at=row["at"],
        kind=kind_of(row["service"], row["event"]),
        service=row["service"],
        event=row["event"],
        from_status=row["from_status"],
        to_status=row["to_status"],
        detail=scrub_value(row["detail"]),
        cause=scrub_value(row["cause"]),
        trace_id=row["trace_id"],
    )


def _from_webhook(webhook: WebhookSummary) -> TimelineEntry:
    detail: dict[str, Any] = {"outcome": webhook.outcome}
    if webhook.reason:
        detail["reason"] = webhook.reason
    if webhook.duplicates:
        detail["duplicates"] = webhook.duplicates
    cause: dict[str, Any] = {"webhookId": str(webhook.id)}
    if webhook.topic:
        cause |= {"topic": webhook.topic, "partition": webhook.partition, "offset": webhook.offset}
    return TimelineEntry(
        at=webhook.received_at,
        kind="webhook",
        service="ingress",
        event=f"webhook.{webhook.provider}.{webhook.event_type}",
        detail=detail,
        cause=cause,
        trace_id=webhook.trace_id,
        href=f"/webhooks/{webhook.id}",
    )


def _from_dead_letter(letter: DeadLetterOfOrder) -> TimelineEntry:
    return TimelineEntry(
        at=letter.dead_at,
        kind="deadLetter",
        service=letter.original_topic.split(".", 1)[0],
        event="message.buried",
        detail={"error": letter.error_class, "message": letter.error_message, "state": letter.state},
        cause={"topic": letter.original_topic, "deadLetterId": str(letter.id)},
        href=f"/dead-letters/{letter.id}",
    )


def _from_view(view: LinkView) -> TimelineEntry:
    return TimelineEntry(
        at=view.at,
        kind="link",
        service="delivery",
        event=f"link.{view.outcome}",
        detail={"address": view.address} if view.address else {},
        cause={"linkId": str(view.link_id)},
    )
