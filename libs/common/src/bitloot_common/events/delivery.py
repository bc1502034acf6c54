"""What delivery publishes."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from bitloot_common.events import topics
from bitloot_common.events.envelope import Event


class KeysStored(Event):
    """The codes of one part are sealed in object storage under `storage_ref`; the mail is due.

    `codes_stored` of `quantity` codes are stored over all parts; `complete` when they are equal.
    """

    TYPE: ClassVar[str] = "delivery.keys_stored.v1"
    TOPIC: ClassVar[str] = topics.DELIVERIES_STORED

    order_id: UUID
    part: int
    storage_ref: str
    codes_stored: int
    quantity: int
    complete: bool


class LinkMailed(Event):
    """The mail server took the mail with the link. `complete`: the order's last code is behind it."""

    TYPE: ClassVar[str] = "delivery.link_mailed.v1"
    TOPIC: ClassVar[str] = topics.DELIVERIES_MAILED

    order_id: UUID
    delivery_id: UUID
    purpose: str
    complete: bool


class MailDue(Event):
    """A mail waits in `deliveries`: a notice, a resend, a fresh link, or any that the mail server delays.

    Not to be tried before `not_before`, where that is told.
    """

    TYPE: ClassVar[str] = "delivery.mail_due.v1"
    TOPIC: ClassVar[str] = topics.DELIVERIES_STORED

    order_id: UUID
    delivery_id: UUID
    not_before: datetime | None = None


class MailBounced(Event):
    """The mail's recipient cannot be reached, or complained: told by the mail provider after it took the mail."""

    TYPE: ClassVar[str] = "delivery.mail_bounced.v1"
    TOPIC: ClassVar[str] = topics.DELIVERIES_REQUESTED

    order_id: UUID
    delivery_id: UUID
    reason: str
