"""What each provider's bodies mean: unique key, Kafka key, outcome."""

import hmac
import json
from types import SimpleNamespace
from typing import Any

import pytest
from bitloot_ingress.providers import Outcome
from bitloot_ingress.providers.kinguin import Kinguin
from bitloot_ingress.providers.kinguin_esa import KinguinEsa
from bitloot_ingress.providers.nowpayments import NowPayments
from bitloot_ingress.providers.provider import Secrets, load_object, order_id_of, plain_id

ORDER = "01990a5e-6f2a-7c3e-9d51-3f1f0f6f7a10"
SETTINGS: Any = SimpleNamespace(
    nowpayments_ipn_secret="ipn",
    nowpayments_ipn_secret_previous="",
    kinguin_webhook_secret="now",
    kinguin_webhook_secret_previous="before",
    kinguin_esa_webhook_secret="",
    kinguin_esa_webhook_secret_previous="",
)
IPN, KINGUIN, ESA = NowPayments(SETTINGS), Kinguin(SETTINGS), KinguinEsa(SETTINGS)


def body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


# ── NOWPayments ────────────────────────────────────────────────────────────────


def test_an_ipn_of_ours() -> None:
    raw = body(payment_id=5745459419, payment_status="finished", actually_paid=0.10, order_id=ORDER)
    reading = IPN.read({}, raw)
    assert reading.outcome is Outcome.ACCEPTED
    assert (reading.external_id, reading.event_type, reading.key) == ("5745459419:0.1", "finished", ORDER)
    assert (reading.order_id, reading.payment_id, reading.body) == (ORDER, "5745459419", raw)


@pytest.mark.parametrize("amount", ["sNaN", "NaN", "-sNaN123", "Infinity", "1e400", "\ud800", "", "1e999999999999"])
def test_an_amount_that_is_none_has_a_fingerprint(amount: str) -> None:
    reading = IPN.read({}, body(payment_id=1, payment_status="finished", actually_paid=amount))
    assert reading.outcome is Outcome.ACCEPTED
    assert reading.external_id.startswith("1:sha256:")


@pytest.mark.parametrize("provider", [IPN, KINGUIN, ESA])
@pytest.mark.parametrize("nest", [b"[" * 500 + b"]" * 500, b'{"key":' * 500 + b"1" + b"}" * 500])
def test_no_depth_crashes_the_reading(provider: Any, nest: bytes) -> None:
    assert provider.read({}, nest).outcome in (Outcome.INVALID, Outcome.IGNORED)
    known = b'{"reservationId":"r","event":"give","orderId":"r","status":"completed","key":1,"payment_id":1,'
    read = provider.read({}, known + b'"payment_status":"finished","code":' + nest + b',"deep":' + nest + b"}")
    assert read.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("amount", [0.1, "0.1", "0.100", "1e-1", ".1"])
def test_one_amount_has_one_spelling(amount: object) -> None:
    assert IPN.read({}, body(payment_id=1, payment_status="x", actually_paid=amount)).external_id == "1:0.1"


def test_partially_paid_with_another_amount_is_news_and_finished_again_is_not() -> None:
    part, more = (body(payment_id=1, payment_status="partially_paid", actually_paid=paid) for paid in (0.1, 0.2))
    assert IPN.read({}, part).external_id != IPN.read({}, more).external_id
    first = IPN.read({}, body(payment_id=1, payment_status="finished", actually_paid=1, updated_at=1))
    again = IPN.read({}, body(payment_id="1", payment_status="finished", actually_paid="1.0", updated_at=2))
    assert (first.external_id, first.event_type) == (again.external_id, again.event_type)
    confirming = IPN.read({}, body(payment_id=1, payment_status="confirming", actually_paid=1))
    assert confirming.event_type != first.event_type


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"payment_id": 5745459419.0, "payment_status": "finished"}, Outcome.INVALID),
        ({"payment_id": "57-1", "payment_status": "finished"}, Outcome.INVALID),
        ({"payment_id": True, "payment_status": "finished"}, Outcome.INVALID),
        ({"payment_id": -1, "payment_status": "finished"}, Outcome.INVALID),
        ({"payment_id": 10**25, "payment_status": "finished"}, Outcome.INVALID),
        ({"payment_id": 1}, Outcome.INVALID),
        ({"payment_id": 1, "payment_status": "fini\x00shed"}, Outcome.INVALID),
        ({"payment_id": 1, "payment_status": 7}, Outcome.INVALID),
        ({"payment_id": 1, "payment_status": "dancing"}, Outcome.IGNORED),
        ({"id": 7, "status": "FINISHED"}, Outcome.IGNORED),
    ],
)
def test_what_is_kept_but_not_published(fields: dict[str, Any], outcome: Outcome) -> None:
    reading = IPN.read({}, body(**fields))
    assert reading.outcome is outcome
    assert reading.reason


@pytest.mark.parametrize("raw", [b"", b"[]", b"7", b"{", b"\xff", b'"text"', b"[" * 5000])
def test_a_signed_body_that_nobody_can_read_is_invalid(raw: bytes) -> None:
    for provider in (IPN, KINGUIN, ESA):
        assert provider.read({}, raw).outcome is Outcome.INVALID


def test_a_child_payment_goes_with_its_parent() -> None:
    child = {"payment_id": 2, "parent_payment_id": 1, "payment_status": "finished", "order_id": None}
    assert IPN.read({}, body(**child)).key == "1"
    assert IPN.read({}, body(**child | {"order_id": ORDER})).key == ORDER
    assert IPN.read({}, body(**child | {"parent_payment_id": None})).key == "2"


def test_lone_surrogates_are_json() -> None:
    assert load_object(b'{"a":"\\ud800"}') == {"a": "\ud800"}
    assert IPN.read({}, b'{"payment_id":1,"payment_status":"\\ud800"}').outcome is Outcome.INVALID
    assert IPN.read({}, b'{"payment_id":1,"payment_status":"x","actually_paid":"\\ud800"}').outcome is Outcome.IGNORED


# ── Kinguin ────────────────────────────────────────────────────────────────────


def test_a_reservations_webhook() -> None:
    raw = body(reservationId="r1", event="delivered", productId=1, externalId=f"{ORDER}:2", updatedAt="2026-01-01")
    reading = KINGUIN.read({}, raw)
    assert reading.outcome is Outcome.ACCEPTED
    assert (reading.external_id, reading.event_type, reading.key) == ("r1@2026-01-01", "delivered", ORDER)
    assert (reading.reservation_id, reading.order_id, reading.body) == ("r1", ORDER, raw)


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({"status": "BUYING"}, "reserve"),
        ({"status": "BOUGHT"}, "give"),
        ({"status": "DELIVERED"}, "delivered"),
        ({"status": "CANCELED"}, "cancel"),
        ({"status": "OUT_OF_STOCK"}, "outofstock"),
        ({"status": "REVERSED"}, "reversed"),
        ({"event": "give", "status": "CANCELED"}, "give"),
    ],
)
def test_the_sellers_spelling(fields: dict[str, Any], event: str) -> None:
    reading = KINGUIN.read({}, body(reservationId="r1", **fields))
    assert (reading.outcome, reading.event_type, reading.key) == (Outcome.ACCEPTED, event, "r1")


def test_an_unknown_event_is_ignored_and_one_without_id_invalid() -> None:
    assert KINGUIN.read({}, body(reservationId="r1", event="party")).outcome is Outcome.IGNORED
    assert KINGUIN.read({}, body(event="give")).outcome is Outcome.INVALID
    assert KINGUIN.read({}, body(reservationId="r1")).outcome is Outcome.INVALID


@pytest.mark.parametrize(
    ("provider", "fields"),
    [(KINGUIN, {"reservationId": "r1", "event": "delivered"}), (ESA, {"orderId": "r1", "status": "completed"})],
)
def test_without_a_time_other_content_is_news(provider: Any, fields: dict[str, Any]) -> None:
    def key(**more: Any) -> tuple[str, str]:
        reading = provider.read({}, body(**fields | more))
        return reading.external_id, reading.event_type

    first = key(delivered=1)
    assert key(delivered=2) != first
    assert provider.read({}, json.dumps({"delivered": 1, **fields}, indent=1).encode()).external_id == first[0]
    assert key(delivered=1, updatedAt="t") == key(delivered=2, updatedAt="t")
    assert key(name="\ud800") != first


def test_an_esa_webhook() -> None:
    at = "2020-10-16T11:24:08.025+00:00"
    raw = body(orderId="PHS84FJAG5U", orderExternalId=ORDER, status="completed", updatedAt=at)
    reading = ESA.read({b"x-event-name": b"order.status"}, raw)
    assert reading.outcome is Outcome.ACCEPTED
    assert reading.external_id == "PHS84FJAG5U@2020-10-16T11:24:08.025+00:00"
    assert (reading.event_type, reading.key, reading.reservation_id) == ("completed", ORDER, "PHS84FJAG5U")


def test_esa_tells_of_much_that_is_of_no_interest() -> None:
    assert ESA.read({b"x-event-name": b"product.update"}, b"{}").outcome is Outcome.DROPPED
    assert ESA.read({b"x-event-name": b"order.complete"}, body(orderId="A")).outcome is Outcome.IGNORED
    assert ESA.read({b"x-event-name": b"order.status"}, body(orderId="A", status="odd")).outcome is Outcome.IGNORED
    assert ESA.read({b"x-event-name": b"order.status"}, body(orderId="A")).outcome is Outcome.INVALID


# ── proof ──────────────────────────────────────────────────────────────────────


def test_two_secrets_hold_at_once_and_the_log_says_which() -> None:
    for provider in (KINGUIN, ESA):
        assert provider.verify(b"now", b"", raw_only=False) == "current"
        assert provider.verify(b"before", b"", raw_only=False) == "previous"
        for wrong in (b"", b"no", b"now ", b"NOW", b"nowbefore", b"\xff"):
            assert provider.verify(wrong, b"", raw_only=False) is None


def test_esa_with_a_secret_of_its_own_knows_no_other() -> None:
    own = KinguinEsa(SimpleNamespace(**{**vars(SETTINGS), "kinguin_esa_webhook_secret": "own"}))  # type: ignore[arg-type]
    assert own.verify(b"own", b"", raw_only=False) == "current"
    assert own.verify(b"now", b"", raw_only=False) is None
    assert own.verify(b"before", b"", raw_only=False) is None
    rotated = {"kinguin_esa_webhook_secret": "own", "kinguin_esa_webhook_secret_previous": "older"}
    both = KinguinEsa(SimpleNamespace(**{**vars(SETTINGS), **rotated}))  # type: ignore[arg-type]
    assert both.verify(b"older", b"", raw_only=False) == "previous"


def test_an_unset_secret_proves_nothing() -> None:
    assert Secrets("", "").equal_to(b"") is None
    unset: Any = SimpleNamespace(nowpayments_ipn_secret="", nowpayments_ipn_secret_previous="")
    signed_with_nothing = hmac.new(b"", b"{}", "sha512").hexdigest().encode()
    assert NowPayments(unset).verify(signed_with_nothing, b"{}", raw_only=False) is None


def test_ids() -> None:
    assert order_id_of(ORDER.upper()) == ORDER
    assert order_id_of(f"{ORDER}:3") == ORDER
    assert order_id_of(f"{ORDER}x") is None
    assert order_id_of("r1") is None
    assert order_id_of(7) is None
    assert plain_id("007") == "007"
    assert plain_id("٣") is None
    assert plain_id("") is None
