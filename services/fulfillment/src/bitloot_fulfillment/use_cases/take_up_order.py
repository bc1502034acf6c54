"""Takes one order up from where it is: asked for by an operator, or by the reconciler for those that stand still."""

from typing import Any
from uuid import UUID

from bitloot_common.events.fulfillment import OrderPaid

from bitloot_fulfillment import metrics
from bitloot_fulfillment.books import Cause
from bitloot_fulfillment.buyer import Buyer
from bitloot_fulfillment.errors import OrderUnknown
from bitloot_fulfillment.order_machine import Status
from bitloot_fulfillment.provider_payments import ProviderPayments
from bitloot_fulfillment.store import orders, payments, purchases
from bitloot_fulfillment.use_cases.reconcile_payment import reconcile_payment
from bitloot_fulfillment.use_cases.reconcile_purchase import reconcile_purchase
from bitloot_fulfillment.use_cases.reserve_key import reserve_key


async def take_up_order(buyer: Buyer, order_id: UUID, cause: Cause, *, actor: str, reason: str) -> None:
    """Does the next step that the order's state allows; where there is none, only the timeline says so."""
    async with buyer.books.transaction() as connection:
        order = await orders.lock(connection, order_id)
        if order is None:
            raise OrderUnknown(order_id)
        purchase = await purchases.current(connection, order_id)
        detail = {"actor": actor, "reason": reason, "status": order.status}
        await buyer.books.note(connection, order_id, "fulfillment.retry_requested", cause, detail=detail)
    if order.status is Status.PAID:
        await reserve_key(buyer, order_id, cause)
    elif purchase is not None:
        await reconcile_purchase(buyer, purchase, cause, by_hand=True)


async def nudge_paid_order(buyer: Buyer, order_id: UUID, cause: Cause) -> None:
    """Publishes `orders.paid` once more for an order whose purchase nobody has started."""
    async with buyer.books.transaction() as connection:
        order = await orders.lock(connection, order_id)
        if order is None or order.status is not Status.PAID:
            return
        await buyer.books.tell(connection, order_id, OrderPaid(order_id=order_id))
        await buyer.books.note(connection, order_id, "order.nudged", cause)
        await orders.touch(connection, order_id)
    metrics.TAKEN_UP.labels("order_paid").inc()


async def reconcile_order(buyer: Buyer, provider: ProviderPayments, order_id: UUID, cause: Cause) -> dict[str, Any]:
    """Asks both providers about one order, whatever its deadlines. Returns what came of it.

    Raises OrderUnknown and the providers' errors.
    """
    async with buyer.books.reading() as connection:
        before = await orders.get(connection, order_id)
        if before is None:
            raise OrderUnknown(order_id)
        booked = await payments.of_order(connection, order_id)
    asked = {payment.payment_id: await reconcile_payment(buyer.cashier, provider, payment, cause) for payment in booked}
    async with buyer.books.reading() as connection:
        order = await orders.get(connection, order_id)
        purchase = await purchases.current(connection, order_id)
    outcome = "none"
    if order and order.status is Status.PAID:
        await reserve_key(buyer, order_id, cause)
        outcome = "news"
    elif purchase is not None:
        outcome = await reconcile_purchase(buyer, purchase, cause, by_hand=True)
    async with buyer.books.reading() as connection:
        after = await orders.get(connection, order_id)
    return {
        "orderId": str(order_id),
        "before": before.status,
        "after": after.status if after else None,
        "payments": asked,
        "purchase": outcome,
    }
