"""Every event that there is, who sends it, and who reads which topic. Tests hold it to the services' subscriptions."""

from typing import Final

from bitloot_common.events import admin, delivery, fulfillment, ingress, orders, topics
from bitloot_common.events.envelope import Event

EVENTS: Final[tuple[type[Event], ...]] = (
    ingress.NowPaymentsIpn,
    ingress.PaymentCreated,
    ingress.KinguinWebhook,
    ingress.KinguinEsaWebhook,
    fulfillment.OrderPaid,
    fulfillment.DeliveryRequested,
    fulfillment.NoticeRequested,
    delivery.KeysStored,
    delivery.LinkMailed,
    delivery.MailDue,
    delivery.MailBounced,
    admin.FulfillmentRetryRequested,
    admin.ResendRequested,
    admin.RevocationRequested,
    orders.OrderEvent,
)

READERS: Final[dict[str, tuple[str, ...]]] = {
    topics.PAYMENTS_IPN: ("fulfillment",),
    topics.KINGUIN_WEBHOOKS: ("fulfillment",),
    topics.ORDERS_PAID: ("fulfillment",),
    topics.DELIVERIES_REQUESTED: ("delivery",),
    topics.DELIVERIES_STORED: ("delivery", "fulfillment"),
    topics.DELIVERIES_MAILED: ("fulfillment",),
    topics.ORDERS_EVENTS: ("admin",),
}

SERVICES: Final = ("ingress", "fulfillment", "delivery", "admin")


def senders(event: type[Event]) -> tuple[str, ...]:
    """The services that publish it: the type's first part names it; the order's life is told by all."""
    producer = event.TYPE.partition(".")[0]
    return (producer,) if producer in SERVICES else SERVICES


def of_topic(topic: str) -> tuple[type[Event], ...]:
    """The events on a main topic."""
    return tuple(event for event in EVENTS if topic == event.TOPIC)
