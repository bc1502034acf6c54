"""Kinguin's webhooks of the reservations API: a static token in `X-Auth-Token`."""

from typing import Any, ClassVar

import orjson
from bitloot_common.events.ingress import KinguinWebhook

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

EVENTS = frozenset("reserve give delivered cancel outofstock returned refunded reversed preorder".split())

# The seller side's spelling, in `status`.
_OF_STATUS = {
    "BUYING": "reserve",
    "BOUGHT": "give",
    "DELIVERED": "delivered",
    "CANCELED": "cancel",
    "OUT_OF_STOCK": "outofstock",
    "RETURNED": "returned",
    "REFUNDED": "refunded",
    "REVERSED": "reversed",
    "PROCESSING_PREORDER": "preorder",
}


class Kinguin:
    """One webhook per reservation, event and, where given, `updatedAt`: a partial delivery may tell twice."""

    NAME: ClassVar[str] = "kinguin"
    PATHS: ClassVar[tuple[str, ...]] = ("/kinguin/webhook", "/kinguin/webhooks")
    SIGNATURE_HEADERS: ClassVar[tuple[bytes, ...]] = (b"x-auth-token",)
    ANSWER: ClassVar[bytes] = b""
    EVENT_TYPE: ClassVar[str] = KinguinWebhook.TYPE
    TOPIC: ClassVar[str] = KinguinWebhook.TOPIC

    def __init__(self, settings: Settings) -> None:
        self._secrets = Secrets(settings.kinguin_webhook_secret, settings.kinguin_webhook_secret_previous)

    def verify(self, signature: bytes, body: bytes, *, raw_only: bool) -> str | None:  # noqa: ARG002
        """The token is the same for every body."""
        return self._secrets.equal_to(signature)

    def read(self, headers: Headers, body: bytes) -> Reading:  # noqa: ARG002
        fields = load_object(body)
        kept = without_codes(body, fields)
        if fields is None:
            return Reading(Outcome.INVALID, fingerprint(kept), "unreadable", kept, reason="not a JSON object")
        reservation_id, event = short_text(fields.get("reservationId")), _event(fields)
        if reservation_id is None or event is None:
            return Reading(Outcome.INVALID, fingerprint(kept), "unreadable", kept, reason="reservationId or event")
        order_id = order_id_of(fields.get("externalId"))
        known = event in EVENTS
        return Reading(
            Outcome.ACCEPTED if known else Outcome.IGNORED,
            at_time(reservation_id, fields, kept),
            event,
            kept,
            key=order_id or reservation_id,
            order_id=order_id,
            reservation_id=reservation_id,
            reason=_reason(known=known, redacted=kept is not body),
        )


def _event(fields: dict[str, Any]) -> str | None:
    """The event's name; `event` wins over `status`."""
    if (event := short_text(fields.get("event"), 40)) is not None:
        return event.lower()
    status = short_text(fields.get("status"), 40)
    return None if status is None else _OF_STATUS.get(status.upper(), status.lower())


def _reason(*, known: bool, redacted: bool) -> str | None:
    if not known:
        return "unknown event"
    return "a code was redacted" if redacted else None


def at_time(provider_id: str, fields: dict[str, Any], kept: bytes) -> str:
    """The external id of a webhook about `provider_id`: a later `updatedAt` is news, and where there is none whatever
    says something else (the second `delivered` of a partial delivery). Of what is kept, so that no code is hashed.
    """
    updated_at = short_text(fields.get("updatedAt"), 60)
    return f"{provider_id}@{updated_at}" if updated_at else f"{provider_id}#{fingerprint(_meaning(kept))}"


def _meaning(kept: bytes) -> bytes:
    """The same for the same content, however it is spelt and in whatever order."""
    try:
        return orjson.dumps(load_object(kept), option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a lone surrogate, or nested deeper than orjson writes
        return kept
