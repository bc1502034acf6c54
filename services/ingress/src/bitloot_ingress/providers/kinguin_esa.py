"""Kinguin's ESA webhooks: `X-Event-Name` and a static `X-Event-Secret`; any 2xx with an empty body is an answer."""

from typing import Any, ClassVar

from bitloot_common.events.ingress import KinguinEsaWebhook

from bitloot_ingress.providers.kinguin import at_time
from bitloot_ingress.providers.provider import (
    Headers,
    Outcome,
    Reading,
    Secrets,
    fingerprint,
    load_object,
    order_id_of,
    short_text,
)
from bitloot_ingress.providers.redaction import without_codes
from bitloot_ingress.settings import Settings

STATUSES = frozenset({"processing", "completed", "canceled", "refunded"})


class KinguinEsa:
    """Kept under the name `kinguin`: to those who read the log it is the same provider."""

    NAME: ClassVar[str] = "kinguin"
    PATHS: ClassVar[tuple[str, ...]] = ("/kinguin/webhook", "/kinguin/webhooks")
    SIGNATURE_HEADERS: ClassVar[tuple[bytes, ...]] = (b"x-event-secret",)
    ANSWER: ClassVar[bytes] = b""
    EVENT_TYPE: ClassVar[str] = KinguinEsaWebhook.TYPE
    TOPIC: ClassVar[str] = KinguinEsaWebhook.TOPIC

    def __init__(self, settings: Settings) -> None:
        current, previous = settings.kinguin_esa_webhook_secret, settings.kinguin_esa_webhook_secret_previous
        if not current:  # without one of its own it shares the other's, both of them
            current = settings.kinguin_webhook_secret
            previous = previous or settings.kinguin_webhook_secret_previous
        self._secrets = Secrets(current, previous)

    def verify(self, signature: bytes, body: bytes, *, raw_only: bool) -> str | None:  # noqa: ARG002
        """The secret is the same for every body."""
        return self._secrets.equal_to(signature)

    def read(self, headers: Headers, body: bytes) -> Reading:
        name = headers.get(b"x-event-name", b"order.status").decode("latin-1").strip()
        if name == "product.update":  # comes for the whole catalogue, thousands of products
            return Reading(Outcome.DROPPED, "", name, b"")
        fields = load_object(body)
        kept = without_codes(body, fields)
        if fields is None:
            return Reading(Outcome.INVALID, fingerprint(kept), "unreadable", kept, reason="not a JSON object")
        if name != "order.status":
            event = short_text(name, 60) or "other"
            return Reading(Outcome.IGNORED, fingerprint(kept), event, kept, reason="unknown X-Event-Name")
        return _order_status(fields, kept)


def _order_status(fields: dict[str, Any], kept: bytes) -> Reading:
    order, status = short_text(fields.get("orderId")), short_text(fields.get("status"), 40)
    if order is None or status is None:
        return Reading(Outcome.INVALID, fingerprint(kept), "unreadable", kept, reason="orderId or status")
    order_id = order_id_of(fields.get("orderExternalId"))
    known = status in STATUSES
    return Reading(
        Outcome.ACCEPTED if known else Outcome.IGNORED,
        at_time(order, fields, kept),
        status,
        kept,
        key=order_id or order,
        order_id=order_id,
        reservation_id=order,
        reason=None if known else "unknown status",
    )
