"""The edges on Kafka: each handler decodes and calls one use case.

payments.ipn       NowPaymentsIpn            accept_payment
                   PaymentCreated            open_payment
orders.paid        OrderPaid                 reserve_key
                   FulfillmentRetryRequested take_up_order
kinguin.webhooks   Kinguin(Esa)Webhook       record_kinguin_event
deliveries.stored  KeysStored                mark_stored
deliveries.mailed  LinkMailed                mark_fulfilled
"""

from typing import Any, Final

from bitloot_common.events import topics
from bitloot_common.events.admin import FulfillmentRetryRequested
from bitloot_common.events.delivery import KeysStored, LinkMailed
from bitloot_common.events.fulfillment import OrderPaid
from bitloot_common.events.ingress import KinguinEsaWebhook, KinguinWebhook, NowPaymentsIpn, PaymentCreated
from bitloot_common.retry import Ladder, Message
from bitloot_kinguin.errors import DEPENDENCY as KINGUIN

from bitloot_fulfillment.books import Cause
from bitloot_fulfillment.kinguin_news import of_webhook
from bitloot_fulfillment.provider_payments import of_ipn
from bitloot_fulfillment.shop import Shop
from bitloot_fulfillment.use_cases.accept_payment import accept_payment
from bitloot_fulfillment.use_cases.mark_fulfilled import mark_fulfilled
from bitloot_fulfillment.use_cases.mark_stored import mark_stored
from bitloot_fulfillment.use_cases.open_payment import open_payment
from bitloot_fulfillment.use_cases.record_kinguin_event import record_kinguin_event
from bitloot_fulfillment.use_cases.reserve_key import reserve_key
from bitloot_fulfillment.use_cases.take_up_order import take_up_order

POSTGRESQL: Final = "postgresql"

YOUNG_ATTEMPTS: Final = 3
"""An IPN may overtake the commit of its payment by a moment; after so many attempts the payment is unknown."""

# what delivery tells itself on the same topic
_DELIVERYS_OWN: Final = ("delivery.mail_due.v1",)


def subscribe(ladder: Ladder, shop: Shop) -> None:
    """Declares all of fulfillment's subscriptions."""

    @ladder.subscribe(
        topics.PAYMENTS_IPN,
        {NowPaymentsIpn.TYPE: NowPaymentsIpn, PaymentCreated.TYPE: PaymentCreated},
        needs=(POSTGRESQL,),
        timeout_s=20,
    )
    async def on_payment(message: Message[Any]) -> None:
        cause = Cause.of(message)
        if isinstance(message.data, PaymentCreated):
            await open_payment(shop.cashier, message.data, cause)
        else:
            young = message.attempt <= YOUNG_ATTEMPTS
            await accept_payment(shop.cashier, of_ipn(message.data), cause, may_be_young=young)

    @ladder.subscribe(
        topics.ORDERS_PAID,
        {OrderPaid.TYPE: OrderPaid, FulfillmentRetryRequested.TYPE: FulfillmentRetryRequested},
        needs=(POSTGRESQL, KINGUIN),
        timeout_s=shop.buyer.lease_s,
    )
    async def on_order_paid(message: Message[Any]) -> None:
        cause, data = Cause.of(message), message.data
        if isinstance(data, FulfillmentRetryRequested):
            await take_up_order(shop.buyer, data.order_id, cause, actor=data.actor, reason=data.reason)
        else:
            await reserve_key(shop.buyer, data.order_id, cause)

    @ladder.subscribe(
        topics.KINGUIN_WEBHOOKS,
        {KinguinWebhook.TYPE: KinguinWebhook, KinguinEsaWebhook.TYPE: KinguinEsaWebhook},
        needs=(POSTGRESQL,),
        timeout_s=30,
    )
    async def on_kinguin_webhook(message: Message[Any]) -> None:
        await record_kinguin_event(shop.buyer, of_webhook(message.data), Cause.of(message))

    @ladder.subscribe(
        topics.DELIVERIES_STORED, {KeysStored.TYPE: KeysStored}, needs=(POSTGRESQL,), ignore=_DELIVERYS_OWN
    )
    async def on_keys_stored(message: Message[KeysStored]) -> None:
        await mark_stored(shop.books, shop.deadlines, message.data, Cause.of(message))

    @ladder.subscribe(topics.DELIVERIES_MAILED, LinkMailed, needs=(POSTGRESQL,))
    async def on_link_mailed(message: Message[LinkMailed]) -> None:
        await mark_fulfilled(shop.books, message.data, Cause.of(message))
