"""Events survive the way over Kafka: value and CloudEvents headers."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from bitloot_common.events.envelope import CloudEvent, as_record_headers
from bitloot_common.events.fulfillment import DeliveryRequested
from bitloot_common.events.ingress import KinguinWebhook, NowPaymentsIpn
from pydantic import ValidationError


def test_an_event_round_trips_in_camel_case() -> None:
    event = DeliveryRequested(order_id=uuid4(), reservation_id="r-1", quantity=2)
    assert b'"reservationId":"r-1"' in event.to_value()
    assert DeliveryRequested.from_value(event.to_value()) == event


def test_attributes_round_trip_as_headers() -> None:
    event = CloudEvent(
        "1", "a.b.v1", "/bitloot/x", "order", datetime(2026, 1, 2, 3, 4, 5, 6000, tzinfo=UTC), "00-a-b-01"
    )
    headers = as_record_headers(event.to_headers())
    assert dict(headers)["ce_specversion"] == b"1.0"
    assert CloudEvent.from_headers(headers) == event


def test_poison_headers_are_read_without_an_error() -> None:
    read = CloudEvent.from_headers([("ce_id", b"\xff\xfe"), ("ce_id", b"second"), ("ce_type", None), ("ce_time", b"x")])
    assert read.id == "\ufffd\ufffd"
    assert (read.type, read.time) == ("", None)


def test_the_providers_ids_come_as_numbers_or_text() -> None:
    as_number = NowPaymentsIpn.from_value(b'{"payment_id": 5745459419, "payment_status": "finished"}')
    as_text = NowPaymentsIpn.from_value(b'{"payment_id": "5745459419", "payment_status": "finished"}')
    assert as_number == as_text


def test_what_is_not_the_event_is_refused() -> None:
    with pytest.raises(ValidationError):
        KinguinWebhook.from_value(b"not json")
