"""NOWPayments' IPNs: HMAC-SHA512 over the body with its keys sorted (shared facts: docs of the provider's SDK)."""

import binascii
import hmac
import math
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from bitloot_common.events.ingress import NowPaymentsIpn

from bitloot_ingress import javascript
from bitloot_ingress.providers.provider import (
    Headers,
    Outcome,
    Reading,
    Secrets,
    fingerprint,
    load_object,
    order_id_of,
    plain_id,
    short_text,
)
from bitloot_ingress.settings import Settings

_DIGEST_BYTES = 64
# A second spelling is tried on no more than this: genuine bodies have about 600 bytes.
_CANONICAL_BYTES_MAX = 16_384

STATUSES = frozenset(
    "waiting confirming confirmed sending finished partially_paid failed expired refunded cancelled".split()
)


class NowPayments:
    """One IPN per payment, status and amount. `x-nowpayments-signature` is the first shop's name of the header."""

    NAME: ClassVar[str] = "nowpayments"
    PATHS: ClassVar[tuple[str, ...]] = ("/payments/ipn", "/webhooks/nowpayments/ipn")
    SIGNATURE_HEADERS: ClassVar[tuple[bytes, ...]] = (b"x-nowpayments-sig", b"x-nowpayments-signature")
    ANSWER: ClassVar[bytes] = b'{"ok":true}'
    EVENT_TYPE: ClassVar[str] = NowPaymentsIpn.TYPE
    TOPIC: ClassVar[str] = NowPaymentsIpn.TOPIC

    def __init__(self, settings: Settings) -> None:
        secrets = Secrets(settings.nowpayments_ipn_secret, settings.nowpayments_ipn_secret_previous)
        # keyed once and copied: two thirds of the time that `hmac.digest` takes to look up its hash each time
        self._keyed = [(name, hmac.new(secret, digestmod="sha512")) for name, secret in secrets.by_id]

    def verify(self, signature: bytes, body: bytes, *, raw_only: bool) -> str | None:
        """The raw bytes first: real IPNs arrive already in the spelling that was signed."""
        try:
            given = binascii.unhexlify(signature.strip())
        except ValueError:
            return None
        if len(given) != _DIGEST_BYTES:
            return None
        for spelling in _spellings(body, raw_only=raw_only):
            for name, keyed in self._keyed:
                expected = keyed.copy()
                expected.update(spelling)
                if hmac.compare_digest(expected.digest(), given):
                    return name
        return None

    def read(self, headers: Headers, body: bytes) -> Reading:  # noqa: ARG002
        fields = load_object(body)
        if fields is None:
            return Reading(Outcome.INVALID, fingerprint(body), "unreadable", body, reason="not a JSON object")
        if "payment_id" not in fields:
            return Reading(Outcome.IGNORED, fingerprint(body), "other", body, reason="no payment_id: not a payment")
        payment_id, status = plain_id(fields["payment_id"]), short_text(fields.get("payment_status"), 40)
        if payment_id is None or status is None:
            return Reading(Outcome.INVALID, fingerprint(body), "unreadable", body, reason="payment_id or status")
        order_id = order_id_of(fields.get("order_id"))
        known = status in STATUSES
        return Reading(
            Outcome.ACCEPTED if known else Outcome.IGNORED,
            f"{payment_id}:{_amount(fields.get('actually_paid'))}",
            status,
            body,
            # a child payment's order id is null or the parent's: without one its parent keeps them together
            key=order_id or plain_id(fields.get("parent_payment_id")) or payment_id,
            order_id=order_id,
            payment_id=payment_id,
            reason=None if known else "unknown payment_status",
        )


def _spellings(body: bytes, *, raw_only: bool) -> Iterator[bytes]:
    """The texts that may have been signed. All are keyed, so none weakens the check."""
    yield body
    if raw_only or len(body) > _CANONICAL_BYTES_MAX:
        return
    for arrays_as_objects in (False, True):
        try:
            spelling = javascript.stringify_sorted(javascript.parse(body), arrays_as_objects=arrays_as_objects)
        except (javascript.NotJson, RecursionError):
            return
        yield spelling.encode()


def _amount(value: Any) -> str:
    """An amount in one spelling, so that 0.10, "0.1" and 1e-1 are the same event."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return javascript.number(value)
    if isinstance(value, str) and len(value) <= 60:
        try:
            amount = float(Decimal(value))
        except (InvalidOperation, ValueError):  # the second: a signalling NaN
            amount = math.nan
        if not math.isfinite(amount):
            return fingerprint(value.encode("utf-8", "replace"))
        return javascript.number(amount)
    return "0"
