"""What fulfillment publishes."""

from typing import ClassVar
from uuid import UUID

from bitloot_common.events import topics
from bitloot_common.events.envelope import Event


class OrderPaid(Event):
    """The order's payment is complete: its keys may be bought. Published once per order and purchase attempt."""

    TYPE: ClassVar[str] = "fulfillment.order_paid.v1"
    TOPIC: ClassVar[str] = topics.ORDERS_PAID

    order_id: UUID


class DeliveryRequested(Event):
    """Codes wait at Kinguin under `reservation_id`: fetch, seal and mail them.

    `part` counts the deliveries of one order from 1: a partial delivery asks again, with the next part.
    """

    TYPE: ClassVar[str] = "fulfillment.delivery_requested.v1"
    TOPIC: ClassVar[str] = topics.DELIVERIES_REQUESTED

    order_id: UUID
    reservation_id: str
    quantity: int
    part: int = 1


class NoticeRequested(Event):
    """The customer is to be told something that is not a key: cancelled, underpaid, refund due."""

    TYPE: ClassVar[str] = "fulfillment.notice_requested.v1"
    TOPIC: ClassVar[str] = topics.DELIVERIES_REQUESTED

    order_id: UUID
    notice: str
