"""Buys an order's keys, at most once, whatever crashes, repeats or stays unclear.

1. One transaction: the order is locked, the intent and the lease on it are committed (`requested_at`).
2. Without a transaction: was a call made before? Then look it up by our external id, and buy again only
   when the search has said "none" as often as the API's search policy wants. Else buy.
3. `give` at once, which is harmless when repeated; then one transaction: both results. A crash before it is
   an unclear outcome like any other: the next attempt looks the purchase up.
"""

from dataclasses import dataclass, replace
from time import monotonic
from typing import Any
from uuid import UUID

from bitloot_common.retry import Outage
from bitloot_kinguin import (
    ExternalIdTaken,
    KinguinDown,
    KinguinUnavailable,
    OfferUnavailable,
    Refused,
    Reservation,
    ReservationEnded,
    ReservationStatus,
)

from bitloot_fulfillment.books import Cause
from bitloot_fulfillment.buyer import Buyer, external_id_of
from bitloot_fulfillment.errors import OrderUnknown, OvertakenByAnother, PurchaseInWork, PurchaseUnsettled
from bitloot_fulfillment.kinguin_news import TAKEN_BACK, News, of_reservation
from bitloot_fulfillment.order_machine import Fact, Status
from bitloot_fulfillment.progress import learn
from bitloot_fulfillment.store import orders, purchases
from bitloot_fulfillment.store.orders import Order
from bitloot_fulfillment.store.purchases import Intent, Lease, Purchase
from bitloot_fulfillment.use_cases.give_key import give_key
from bitloot_fulfillment.use_cases.record_purchase import record_purchase
from bitloot_fulfillment.use_cases.replace_offer import replace_offer

UNSETTLED_S_MIN = 1.0


@dataclass(frozen=True, slots=True)
class Claim:
    """The lease on one purchase. `may_exist`: a call may have left before this claim."""

    order: Order
    purchase: Purchase
    may_exist: bool
    until: float


async def reserve_key(buyer: Buyer, order_id: UUID, cause: Cause) -> None:
    """Takes a paid order to `given`, or resumes where an earlier attempt broke off; else does nothing.

    Raises PurchaseInWork, PurchaseUnsettled and Kinguin's errors; then everything learnt so far is committed.
    """
    claim = await _claim(buyer, order_id, cause)
    if claim is None:
        return
    purchase = claim.purchase
    if purchase.reservation_id is None:
        try:
            reservation = await _buy(buyer, claim, cause)
        except OfferUnavailable as error:
            await replace_offer(buyer, order_id, purchase, None, f"out_of_stock: {error.why}", cause)
            return
        if reservation.status.is_dead or reservation.status in TAKEN_BACK:
            await _release(buyer, purchase, f"found {reservation.status}", surely_nothing=False)
            await replace_offer(buyer, order_id, purchase, reservation.id, reservation.status, cause)
            return
        await _give_and_record(buyer, order_id, purchase, reservation, cause)
    elif claim.order.status is Status.RESERVED:
        await give_key(buyer, order_id, purchase, purchase.reservation_id, cause)


async def _claim(buyer: Buyer, order_id: UUID, cause: Cause) -> Claim | None:
    """Commits the intent and the lease. None when there is nothing to buy or to give."""
    started = monotonic()
    lease = Lease(buyer.books.outbox.instance, buyer.lease_s)
    until = started + buyer.lease_s - buyer.call_s_max
    async with buyer.books.transaction() as connection:
        order = await orders.lock(connection, order_id)
        if order is None:
            raise OrderUnknown(order_id)
        if order.status not in (Status.PAID, Status.RESERVING, Status.RESERVED):
            return None
        purchase = await purchases.current(connection, order_id)
        if order.status is Status.RESERVED and purchase is not None:
            return Claim(order, purchase, may_exist=True, until=until)
        if order.status is Status.PAID:
            intent = _intent(order, buyer.kinguin.api)
            purchase = await purchases.intend(connection, intent, buyer.deadlines.of(Status.RESERVING), lease)
            detail = {"attempt": intent.attempt}
            order = await learn(buyer.books, connection, order, Fact.PURCHASE_STARTED, cause, detail=detail)
            return Claim(order, purchase, may_exist=False, until=until)
        assert purchase is not None, "an order that is reserving has a purchase"
        held_for_s = await purchases.held_for_s(connection, purchase, lease.owner)
        if held_for_s is not None:
            raise PurchaseInWork(order_id, held_for_s)
        may_exist = purchase.requested_at is not None
        return Claim(order, await purchases.take(connection, purchase, lease), may_exist, until)


def _intent(order: Order, api: str) -> Intent:
    return Intent(
        order_id=order.id,
        api=api,
        attempt=1,
        external_id=external_id_of(order.id, 1),
        product_id=order.kinguin_product_id,
        offer_id=order.offer_id,
        quantity=order.quantity,
    )


async def _buy(buyer: Buyer, claim: Claim, cause: Cause) -> Reservation:
    """The reservation: found, or made now. Whatever was in doubt stands on the order's timeline."""
    purchase = claim.purchase
    if claim.may_exist:
        found = await _find(buyer, purchase, cause)
        if found is not None:
            return found
        await _believe_none(buyer, purchase, cause)
    if monotonic() > claim.until:  # paused for long: another may hold the lease before our call would end
        await _release(buyer, purchase, "lease too old", surely_nothing=not claim.may_exist)
        raise OvertakenByAnother(f"purchase {purchase.external_id}")
    try:
        return await buyer.kinguin.reserve(
            purchase.external_id, purchase.product_id, purchase.offer_id, purchase.quantity, claim.order.price_ceiling
        )
    except ExternalIdTaken:
        found = await _find(buyer, purchase, cause)
        if found is not None:
            return found
        await _release(buyer, purchase, "external id said to be taken", surely_nothing=False)
        raise PurchaseUnsettled(purchase.external_id, UNSETTLED_S_MIN) from None
    except KinguinUnavailable as error:
        if error.may_have_happened:
            await _note(buyer, purchase, "purchase.unclear", cause, why=str(error))
        await _release(buyer, purchase, str(error), surely_nothing=not error.may_have_happened)
        raise
    except OfferUnavailable as error:  # whoever comes next need not wait while the offers are asked for
        await _release(buyer, purchase, str(error), surely_nothing=True)
        raise
    except (KinguinDown, Refused) as error:  # its answer to a call that left; one look-up more costs nothing
        await _release(buyer, purchase, str(error), surely_nothing=False)
        raise
    except Outage as error:  # the breaker is open: nothing left
        await _release(buyer, purchase, str(error), surely_nothing=True)
        raise


async def _find(buyer: Buyer, purchase: Purchase, cause: Cause) -> Reservation | None:
    try:
        found = await buyer.kinguin.find(purchase.external_id)
    except Exception as error:
        await _release(buyer, purchase, str(error), surely_nothing=False)
        raise
    if found is not None:
        what = {"reservation_id": found.id, "provider_status": found.provider_status}
        await _note(buyer, purchase, "purchase.found", cause, **what)
    return found


async def _note(buyer: Buyer, purchase: Purchase, event: str, cause: Cause, **detail: Any) -> None:
    """For whoever has to explain the order later; the customer need not know."""
    async with buyer.books.transaction() as connection:
        told = {"attempt": purchase.attempt, **detail}
        await buyer.books.note(connection, purchase.order_id, event, cause, detail=told)


async def _believe_none(buyer: Buyer, purchase: Purchase, cause: Cause) -> None:
    """Returns when the search has said none often enough; raises PurchaseUnsettled until then."""
    search = buyer.kinguin.search
    async with buyer.books.transaction() as connection:
        noted = await purchases.note_none(connection, purchase)
        if noted is None:
            raise OvertakenByAnother(f"purchase {purchase.external_id}")
        nones, none_for_s = noted
        settled = nones >= search.nones and none_for_s >= search.over_s
        if settled and not await purchases.request_again(connection, purchase):
            raise OvertakenByAnother(f"purchase {purchase.external_id}")
        told = {"attempt": purchase.attempt, "nones": nones, "for_s": round(none_for_s, 1), "believed": settled}
        await buyer.books.note(connection, purchase.order_id, "purchase.searched_none", cause, detail=told)
        if not settled:
            await purchases.release(connection, purchase, "the search says none so far", surely_nothing=False)
    if not settled:
        raise PurchaseUnsettled(purchase.external_id, max(search.over_s - none_for_s, UNSETTLED_S_MIN))


async def _release(buyer: Buyer, purchase: Purchase, error: str, *, surely_nothing: bool) -> None:
    async with buyer.books.transaction() as connection:
        await purchases.release(connection, purchase, error, surely_nothing=surely_nothing)


async def _give_and_record(
    buyer: Buyer, order_id: UUID, purchase: Purchase, reservation: Reservation, cause: Cause
) -> None:
    """Both answers in one transaction; whatever `give` raises, the reservation is written down before it goes on."""
    news = of_reservation(reservation)
    if reservation.status is not ReservationStatus.RESERVED:
        await _record(buyer, order_id, purchase, news, cause)
        return
    try:
        given = of_reservation(await buyer.kinguin.give(reservation.id))
    except ReservationEnded as error:
        await _record(buyer, order_id, purchase, news, cause)
        await replace_offer(buyer, order_id, purchase, reservation.id, error.how, cause)
    except Exception:
        await _record(buyer, order_id, purchase, news, cause)
        raise
    else:
        both = replace(
            news,
            status=given.status,
            provider_status=given.provider_status,
            updated_at=given.updated_at,
            complete=given.complete,
        )
        await _record(buyer, order_id, purchase, both, cause)


async def _record(buyer: Buyer, order_id: UUID, purchase: Purchase, news: News, cause: Cause) -> None:
    async with buyer.books.transaction() as connection:
        order = await orders.lock(connection, order_id)
        latest = await purchases.current(connection, order_id)
        assert order is not None, "orders are never deleted"
        assert latest is not None, "nor are reservations"
        if latest.id != purchase.id:
            raise OvertakenByAnother(f"purchase {purchase.external_id}")
        await record_purchase(buyer, connection, order, latest, news, cause)
