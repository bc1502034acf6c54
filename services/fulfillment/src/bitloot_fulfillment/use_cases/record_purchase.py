"""Writes down how far a purchase is, and moves its order along; in the caller's transaction."""

from typing import Any, Final

from bitloot_common.db import Connection
from bitloot_common.events.fulfillment import DeliveryRequested
from bitloot_kinguin import ReservationStatus

from bitloot_fulfillment.books import Cause
from bitloot_fulfillment.buyer import Buyer
from bitloot_fulfillment.kinguin_news import News
from bitloot_fulfillment.order_machine import BUYING, HANDING_OVER, Fact, Status
from bitloot_fulfillment.progress import learn
from bitloot_fulfillment.store import purchases
from bitloot_fulfillment.store.orders import Order
from bitloot_fulfillment.store.purchases import Progress, Purchase

_RANK: Final = {"intended": 0, "requested": 0, "reserved": 1, "given": 2, "delivered": 3}


async def record_purchase(
    buyer: Buyer, connection: Connection, order: Order, purchase: Purchase, news: News, cause: Cause
) -> Order:
    """`order` is locked and `purchase` is its newest attempt. Returns the order as it is then.

    News of RESERVED, GIVEN and DELIVERED only; what is older than what is known changes nothing.
    """
    if purchase.reservation_id and purchase.reservation_id != news.reservation_id:
        why = "Kinguin has a second reservation under our external id"
        doubled = {"known": purchase.reservation_id, "second": news.reservation_id}
        await buyer.books.alert(connection, order.id, Fact.RESERVED, why, cause, doubled)
        return order
    reached = _reached(buyer, purchase, news)
    request = await _next_part(connection, purchase, news) if reached == "delivered" else None
    if purchase.reservation_id and _RANK[reached] <= _RANK.get(purchase.status, 9) and request is None:
        if (news.available or 0) > purchase.codes_delivered:
            await purchases.count(connection, purchase, news.available or 0)
        return order
    detail = {"reservation_id": news.reservation_id, "provider_status": news.provider_status}
    after = order
    for fact in _facts(order, purchase, reached, request):
        after = await learn(buyer.books, connection, after, fact, cause, detail=detail, delivery=request)
    await purchases.record(connection, purchase, _progress(buyer, after, purchase, news, reached, request))
    return after


def _reached(buyer: Buyer, purchase: Purchase, news: News) -> str:
    """The purchase's status by these news: codes that wait for the rest are not delivered yet."""
    match news.status:
        case ReservationStatus.DELIVERED:
            waits = buyer.policy.deliver_partial == "when_complete" and not is_complete(purchase, news)
            return "given" if waits and not news.is_last else "delivered"
        case ReservationStatus.GIVEN:
            if news.available and buyer.policy.deliver_partial == "as_it_comes":
                return "delivered"
            return "given"
        case ReservationStatus.RESERVED:
            return "reserved"
        case _:
            return purchase.status if purchase.reservation_id else "reserved"


def is_complete(purchase: Purchase, news: News) -> bool:
    """Whether all codes are there."""
    return news.complete or purchase.quantity == 1 or (news.available or 0) >= purchase.quantity


async def _next_part(connection: Connection, purchase: Purchase, news: News) -> DeliveryRequested | None:
    """The delivery to ask for now: the part after those that are sealed, once, and only for codes not sealed yet."""
    available = purchase.quantity if is_complete(purchase, news) else (news.available or 1)
    parts, codes = (0, 0) if purchase.parts_requested == 0 else await purchases.stored(connection, purchase.order_id)
    if available <= codes or purchase.parts_requested > parts:
        return None
    assert purchase.reservation_id or news.reservation_id
    return DeliveryRequested(
        order_id=purchase.order_id,
        reservation_id=purchase.reservation_id or news.reservation_id,
        quantity=purchase.quantity,
        part=parts + 1,
    )


def _facts(order: Order, purchase: Purchase, reached: str, request: DeliveryRequested | None) -> list[Fact]:
    """What the order learns, in the order in which it happened."""
    facts = [] if purchase.reservation_id else [Fact.RESERVED]
    if reached == "given":
        facts.append(Fact.GIVEN)
    if reached == "delivered":
        facts.append(Fact.DELIVERED if request is None or order.status in BUYING else Fact.FURTHER_CODES)
    return facts


def _progress(
    buyer: Buyer, after: Order, purchase: Purchase, news: News, reached: str, request: DeliveryRequested | None
) -> Progress:
    status = reached if _RANK[reached] > _RANK.get(purchase.status, 9) else purchase.status
    known: dict[str, Any] = {"codes_delivered": news.available or 0, "parts_requested": 0}
    if reached == "delivered" and is_complete(purchase, news):
        known["codes_delivered"] = purchase.quantity
    if request is not None:
        known["parts_requested"] = request.part
    incomplete = after.status in HANDING_OVER and known["codes_delivered"] < purchase.quantity
    return Progress(
        status=status,
        reservation_id=news.reservation_id,
        provider_status=news.provider_status,
        provider_updated_at=news.updated_at,
        price=news.price,
        offer_id=news.offer_id,
        expires_at=news.expires_at,
        ask_in_s=buyer.deadlines.of(Status.GIVEN if incomplete else after.status),
        **known,
    )
