"""What both adapters promise, each against the sandbox's own spelling of it."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from decimal import Decimal
from uuid import uuid4

import pytest
from bitloot_common.retry import Outage, classify
from bitloot_common.retry.errors import Kind
from bitloot_kinguin import (
    ExternalIdTaken,
    Kinguin,
    KinguinDown,
    KinguinSettings,
    KinguinUnavailable,
    NotReady,
    OfferUnavailable,
    Refused,
    Reservation,
    ReservationEnded,
    ReservationStatus,
    ReservationUnknown,
    open_kinguin,
)
from prometheus_client import REGISTRY

from .conftest import Control

CEILING = Decimal("9.50")


async def reserve(kinguin: Kinguin, quantity: int = 1, **more: object) -> Reservation:
    external_id = str(more.pop("external_id", uuid4()))
    offer_id = more.pop("offer_id", None)
    ceiling = more.pop("ceiling", CEILING)
    return await kinguin.reserve(external_id, "kinguin-demo", offer_id, quantity, ceiling)  # type: ignore[arg-type]


async def test_reserve_give_and_fetch_the_codes(kinguin: Kinguin, control: Control) -> None:
    reservation = await reserve(kinguin, 2)
    assert reservation.quantity == 2
    assert reservation.price == Decimal("7.0")
    given = await kinguin.give(reservation.id)
    assert given.status is ReservationStatus.GIVEN
    assert await kinguin.give(reservation.id) == given, "repeating is harmless"
    delivered = await kinguin.delivered(reservation.id)
    assert delivered.complete
    (sold,) = [one for one in await control.ledger() if one["reservationId"] == reservation.id]
    assert [code.reveal() for code in delivered.codes] == [code["code"] for code in sold["codes"]]
    assert {code.type for code in delivered.codes} == {"text/plain"}
    assert "✦" in delivered.codes[0].name


async def test_a_picture_comes_as_base64(kinguin: Kinguin, control: Control) -> None:
    await control.set(codeType="image")
    reservation = await reserve(kinguin)
    await kinguin.give(reservation.id)
    (code,) = (await kinguin.delivered(reservation.id)).codes
    assert code.type == "image/png"
    assert base64.b64decode(code.reveal()).startswith(b"\x89PNG")


async def test_a_hundred_and_thirty_codes_come_in_pages(kinguin: Kinguin) -> None:
    reservation = await reserve(kinguin, 130, offer_id="kinguin-demo-offer-1")
    await kinguin.give(reservation.id)
    delivered = await kinguin.delivered(reservation.id)
    assert delivered.complete
    assert len({code.reveal() for code in delivered.codes}) == 130


async def test_partial_codes_are_not_complete(kinguin: Kinguin, control: Control) -> None:
    await control.set(partialDelivery=3)
    reservation = await reserve(kinguin, 5)
    await kinguin.give(reservation.id)
    delivered = await kinguin.delivered(reservation.id)
    assert (len(delivered.codes), delivered.complete) == (3, False)


async def test_no_code_yet_is_not_yet(kinguin: Kinguin, control: Control) -> None:
    await control.set(partialDelivery=0)
    reservation = await reserve(kinguin)
    await kinguin.give(reservation.id)
    with pytest.raises(NotReady) as early:
        await kinguin.delivered(reservation.id)
    assert classify(early.value).kind is Kind.NOT_YET


async def test_a_purchase_is_found_by_our_own_id(kinguin: Kinguin) -> None:
    external_id = str(uuid4())
    assert await kinguin.find(external_id) is None
    reservation = await reserve(kinguin, external_id=external_id)
    found = await kinguin.find(external_id)
    assert found
    assert (found.id, found.external_id) == (reservation.id, external_id)
    assert (await kinguin.get(reservation.id)).id == reservation.id


async def test_of_several_the_live_one_is_found(kinguin: Kinguin, control: Control) -> None:
    if kinguin.api == "reservations":
        pytest.skip("one idempotency key makes one reservation")
    external_id = str(uuid4())
    dead = await reserve(kinguin, external_id=external_id)
    await control.move(dead.id, "cancelled")
    live = await reserve(kinguin, external_id=external_id)
    found = await kinguin.find(external_id)
    assert found
    assert found.id == live.id


async def test_the_status_is_followed(kinguin: Kinguin, control: Control) -> None:
    reservation = await reserve(kinguin)
    await kinguin.give(reservation.id)
    assert (await kinguin.get(reservation.id)).status is ReservationStatus.DELIVERED
    await control.move(reservation.id, "refunded")
    assert (await kinguin.get(reservation.id)).status is ReservationStatus.REFUNDED
    await control.move(reservation.id, "cancelled")
    status = (await kinguin.get(reservation.id)).status
    assert status is ReservationStatus.CANCELLED
    assert status.is_dead
    assert len((await kinguin.delivered(reservation.id)).codes) == 1, "an end takes no code back"


async def test_what_ended_without_a_code_has_none(kinguin: Kinguin, control: Control) -> None:
    await control.set(partialDelivery=0)
    reservation = await reserve(kinguin)
    await kinguin.give(reservation.id)
    await control.move(reservation.id, "cancelled")
    with pytest.raises(ReservationEnded):
        await kinguin.delivered(reservation.id)


async def test_a_ceiling_below_the_price_is_this_offers_end(kinguin: Kinguin) -> None:
    with pytest.raises(OfferUnavailable) as refused:
        await reserve(kinguin, ceiling=Decimal("1.00"))
    assert classify(refused.value).kind is Kind.PERMANENT


async def test_offers_come_cheapest_first(kinguin: Kinguin, control: Control) -> None:
    await control.set(outOfStockOffers=["kinguin-demo-offer-1"])
    offers = await kinguin.offers("kinguin-demo")
    assert [offer.price for offer in offers] == sorted(offer.price for offer in offers)
    assert [offer.stock for offer in offers] == [0, 999, 999]


async def test_an_unknown_reservation_may_only_be_young(kinguin: Kinguin) -> None:
    for ask in (kinguin.get, kinguin.delivered):
        with pytest.raises(ReservationUnknown) as unknown:
            await ask("rsv_unknown")
        assert classify(unknown.value).kind is Kind.NOT_YET


async def test_a_used_external_id_says_look_it_up(kinguin: Kinguin, control: Control) -> None:
    external_id = str(uuid4())
    first = await reserve(kinguin, external_id=external_id)
    await control.set(externalIdUnique=True)
    if kinguin.api == "reservations":  # the same key and body: the same reservation
        assert (await reserve(kinguin, external_id=external_id)).id == first.id
        return
    with pytest.raises(ExternalIdTaken) as taken:
        await reserve(kinguin, external_id=external_id)
    assert classify(taken.value).kind is Kind.TRANSIENT


async def test_another_constraint_violation_is_not_a_used_id(kinguin: Kinguin, control: Control) -> None:
    if kinguin.api == "reservations":
        pytest.skip("ESA's word")
    await control.fault("reserve", "error", status=400, code="ConstraintViolation")
    with pytest.raises(Refused):
        await reserve(kinguin)


async def test_what_was_sold_cannot_be_cancelled_or_is_returned(kinguin: Kinguin) -> None:
    reservation = await reserve(kinguin)
    await kinguin.give(reservation.id)
    if kinguin.api == "esa":
        returned = await kinguin.cancel(reservation.id)
        assert returned.status is ReservationStatus.REFUNDED
    with pytest.raises(Refused):
        await kinguin.cancel(reservation.id)


async def test_a_reservation_is_cancelled(kinguin: Kinguin) -> None:
    if kinguin.api == "esa":
        pytest.skip("ESA sells at once")
    reservation = await reserve(kinguin)
    assert (await kinguin.cancel(reservation.id)).status is ReservationStatus.CANCELLED
    with pytest.raises(ReservationEnded):
        await kinguin.give(reservation.id)


@pytest.mark.parametrize(
    ("fault", "may_have_happened"),
    [
        ({"mode": "error", "status": 503}, True),
        ({"mode": "error", "status": 502, "body": "html"}, True),
        ({"mode": "timeout", "delayMs": 2000}, True),
        ({"mode": "accept_then_timeout", "delayMs": 2000}, True),
        ({"mode": "reset"}, True),
        ({"mode": "slow_answer", "delayMs": 2000}, True),
        ({"mode": "error", "status": 408, "body": "html"}, True),
        ({"mode": "error", "status": 404, "body": "html"}, True),
        ({"mode": "error", "status": 429}, False),
    ],
    ids=["503", "html", "timeout", "accepted", "reset", "slow", "408", "404", "429"],
)
async def test_no_answer_says_whether_it_may_have_happened(
    kinguin: Kinguin, control: Control, fault: dict[str, object], *, may_have_happened: bool
) -> None:
    await control.fault("reserve", **fault)  # type: ignore[arg-type]
    with pytest.raises(KinguinUnavailable) as unavailable:
        await reserve(kinguin)
    assert unavailable.value.may_have_happened is may_have_happened
    assert classify(unavailable.value).kind is Kind.TRANSIENT
    assert "<" not in str(unavailable.value), "no HTML in a message"


async def test_429_holds_the_next_call_for_as_long_as_it_says(kinguin: Kinguin, control: Control) -> None:
    await control.fault("lookup", "error", status=429, retryAfterS=30)
    with pytest.raises(KinguinUnavailable) as throttled:
        await kinguin.find("x")
    assert throttled.value.retry_after_s == 30
    with pytest.raises(KinguinUnavailable, match="our own rate limit"):
        await kinguin.find("x")
    await kinguin.breaker.check()  # an answer, however unwelcome, opens no breaker


async def test_nobody_there_has_surely_not_happened(kinguin_settings: KinguinSettings) -> None:
    kinguin = open_kinguin(kinguin_settings.model_copy(update={"kinguin_base_url": "http://127.0.0.1:9"}))
    with pytest.raises(KinguinUnavailable) as unavailable:
        await reserve(kinguin)
    assert unavailable.value.may_have_happened is False
    await kinguin.close()


async def test_wrong_credentials_are_an_outage_and_open_the_breaker(kinguin_settings: KinguinSettings) -> None:
    wrong = {"kinguin_api_key": "wrong", "kinguin_client_secret": "wrong"}
    kinguin = open_kinguin(kinguin_settings.model_copy(update=wrong))
    with pytest.raises(KinguinDown) as down:
        await reserve(kinguin)
    assert classify(down.value).kind is Kind.OUTAGE
    assert "wrong" not in str(down.value)
    with pytest.raises(Outage, match="away since"):
        await kinguin.find("x")
    await kinguin.close()


async def test_an_exhausted_balance_pauses_until_it_has_grown(
    kinguin_settings: KinguinSettings, control: Control
) -> None:
    kinguin = open_kinguin(kinguin_settings)
    if kinguin.api == "reservations":
        assert await kinguin.balance() is None
        await kinguin.close()
        return
    await control.set(balance=1)
    assert await kinguin.balance() == 1
    with pytest.raises(KinguinDown):
        await reserve(kinguin)
    for _ in range(2):
        with pytest.raises(KinguinDown):
            await kinguin.probe()
    await control.set(balance=5000)
    await kinguin.probe()
    await kinguin.close()


async def test_five_orders_that_meet_silence_open_the_breaker_and_its_probe_closes_it(
    kinguin: Kinguin, control: Control
) -> None:
    await control.fault("lookup", "error", status=503, count=5)
    for n in range(5):
        with pytest.raises(KinguinUnavailable):
            await kinguin.find(str(n))
    with pytest.raises(Outage):
        await kinguin.find("x")
    await asyncio.wait_for(kinguin.breaker.turn(), 20)
    assert await kinguin.find("x") is None


async def test_one_token_serves_many_callers_and_a_refused_one_is_replaced_once(
    kinguin: Kinguin, control: Control
) -> None:
    if kinguin.api == "esa":
        pytest.skip("ESA has an API key")
    await asyncio.gather(*(kinguin.find(str(n)) for n in range(10)))
    assert await _tokens(kinguin, lambda: kinguin.find("x")) == 0
    await control.set(tokenTtlS=0.05)
    await kinguin.probe()  # a token that dies early
    await asyncio.sleep(0.1)
    await control.set(tokenTtlS=3600)
    calls = [kinguin.find(str(n)) for n in range(10)]
    assert await _tokens(kinguin, lambda: asyncio.gather(*calls)) == 1


async def _tokens(kinguin: Kinguin, work: Callable[[], Awaitable[object]]) -> float:
    """How many tokens were fetched meanwhile, by the lib's own counter."""

    def count() -> float:
        labels = {"api": "reservations", "operation": "token", "outcome": "200"}
        return REGISTRY.get_sample_value("bitloot_kinguin_calls_total", labels) or 0

    before = count()
    await work()
    return count() - before


async def test_no_more_calls_than_the_bulkhead_has_places(kinguin_settings: KinguinSettings, control: Control) -> None:
    limits = {"kinguin_concurrent_max": 2, "kinguin_wait_s_max": 0.1}
    kinguin = open_kinguin(kinguin_settings.model_copy(update=limits))
    await kinguin.find("token")
    await control.set(latencyMs=400)
    outcomes = await asyncio.gather(*(kinguin.find(str(n)) for n in range(4)), return_exceptions=True)
    refused = [one for one in outcomes if isinstance(one, KinguinUnavailable)]
    assert len(refused) == 2
    assert all("too many calls in flight" in str(one) and not one.may_have_happened for one in refused)
    await kinguin.close()


async def test_no_message_of_a_failed_delivery_holds_a_code(kinguin: Kinguin, control: Control) -> None:
    await control.set(codes=["LEAKY-CODE1-22222"])
    reservation = await reserve(kinguin)
    await kinguin.give(reservation.id)
    await control.fault("delivered", "reset")
    with pytest.raises(KinguinUnavailable) as broken:
        await kinguin.delivered(reservation.id)
    chain = [broken.value, broken.value.__cause__, broken.value.__context__]
    assert not any("LEAKY" in repr(vars(error)) + str(error) for error in chain if error)


async def test_a_product_has_its_region_and_how_to_activate_it_in_plain_text(kinguin: Kinguin) -> None:
    notes = await kinguin.notes("kinguin-demo")
    assert (notes.region, notes.countries_excluded) == ("REGION FREE", ("BY", "RU"))
    lines = (notes.activation or "").splitlines()
    assert lines[2] == 'Click "Install Steam" (from the upper right corner)', "one empty line where there were three"
    assert "Games Menu & choose Activate a Product on Steam..." in lines[4]
    assert (await kinguin.notes("kinguin-gift-20")).activation is None


async def test_no_trouble_with_notes_opens_the_breaker(kinguin: Kinguin, control: Control) -> None:
    await control.fault("offers", "error", rate=1)
    for _ in range(30):
        with pytest.raises(KinguinUnavailable):
            await kinguin.notes("kinguin-demo")
    await kinguin.check()
    await reserve(kinguin)
