"""What admin publishes: an operator's commands. Admin writes only its own tables; the owners act."""

from typing import ClassVar
from uuid import UUID

from bitloot_common.events import topics
from bitloot_common.events.envelope import Event


class FulfillmentRetryRequested(Event):
    """An operator wants a stuck order to be taken up again from where it is."""

    TYPE: ClassVar[str] = "admin.fulfillment_retry_requested.v1"
    TOPIC: ClassVar[str] = topics.ORDERS_PAID

    order_id: UUID
    actor: str
    reason: str = ""


class ResendRequested(Event):
    """An operator wants the order's link mailed again, with a fresh link."""

    TYPE: ClassVar[str] = "admin.resend_requested.v1"
    TOPIC: ClassVar[str] = topics.DELIVERIES_REQUESTED

    order_id: UUID
    actor: str
    reason: str = ""


class RevocationRequested(Event):
    """An operator wants every link of the order to stop working at once."""

    TYPE: ClassVar[str] = "admin.revocation_requested.v1"
    TOPIC: ClassVar[str] = topics.DELIVERIES_REQUESTED

    order_id: UUID
    actor: str
    reason: str = ""
