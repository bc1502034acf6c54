"""Topic names. `deploy/topics.yaml` declares partitions and retention for exactly these (a test compares)."""

from typing import Final

PAYMENTS_IPN: Final = "payments.ipn"
KINGUIN_WEBHOOKS: Final = "kinguin.webhooks"
ORDERS_PAID: Final = "orders.paid"
DELIVERIES_REQUESTED: Final = "deliveries.requested"
DELIVERIES_STORED: Final = "deliveries.stored"
DELIVERIES_MAILED: Final = "deliveries.mailed"
ORDERS_EVENTS: Final = "orders.events"

MAIN: Final = (
    PAYMENTS_IPN,
    KINGUIN_WEBHOOKS,
    ORDERS_PAID,
    DELIVERIES_REQUESTED,
    DELIVERIES_STORED,
    DELIVERIES_MAILED,
    ORDERS_EVENTS,
)

LADDER_DELAYS_S: Final = (1, 2, 4, 8, 16)


def retry_topic(service: str, delay_s: int) -> str:
    """The service's retry topic of one delay in seconds, e.g. `fulfillment.retry.4s`."""
    return f"{service}.retry.{delay_s}s"


def dead_letter_topic(service: str) -> str:
    """The service's dead-letter topic, e.g. `fulfillment.dlt`."""
    return f"{service}.dlt"
