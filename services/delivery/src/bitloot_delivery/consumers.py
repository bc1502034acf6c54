"""Delivery's topics: decode, call one use case, return; the ladder acknowledges or retries."""

from typing import Any, Final

from bitloot_common.events.admin import ResendRequested, RevocationRequested
from bitloot_common.events.delivery import KeysStored, MailBounced, MailDue
from bitloot_common.events.fulfillment import DeliveryRequested, NoticeRequested
from bitloot_common.events.topics import DELIVERIES_REQUESTED, DELIVERIES_STORED, LADDER_DELAYS_S
from bitloot_common.retry import Ladder, Message

from bitloot_delivery.errors import MAIL
from bitloot_delivery.use_cases.queue_mail import QueueMail
from bitloot_delivery.use_cases.record_bounce import RecordBounce
from bitloot_delivery.use_cases.revoke_links import RevokeLinks
from bitloot_delivery.use_cases.send_mail import SendMail
from bitloot_delivery.use_cases.store_keys import StoreKeys

# A handler waits in line for a slow mail server, and up to ten minutes for its answer: no failure of the mail.
MAIL_S_MAX = 3600.0

ATTEMPTS_MAX: Final = len(LADDER_DELAYS_S) + 1

REQUESTS = {
    event.TYPE: event
    for event in (DeliveryRequested, NoticeRequested, ResendRequested, RevocationRequested, MailBounced)
}
MAILS = {event.TYPE: event for event in (KeysStored, MailDue)}


def declare(
    ladder: Ladder,
    *,
    store_keys: StoreKeys,
    queue_mail: QueueMail,
    revoke_links: RevokeLinks,
    send_mail: SendMail,
    record_bounce: RecordBounce,
) -> None:
    """Subscribes to both topics. Storing and mailing are steps of their own: a mail failure stores nothing again."""

    # Kinguin and storage are not among the needs: while they are away, requests for keys wait one by one where
    # they are, and a revocation or a resend behind them goes on.
    @ladder.subscribe(DELIVERIES_REQUESTED, REQUESTS, needs=("postgresql",), timeout_s=60)
    async def on_delivery_requested(message: Message[Any]) -> None:
        match message.data:
            case DeliveryRequested() as request:
                await store_keys(request, cause_of(message))
            case NoticeRequested() as request:
                await queue_mail.notice(request, message.id, cause_of(message))
            case ResendRequested() as request:
                await queue_mail.resend(request, message.id, cause_of(message))
            case RevocationRequested() as request:
                await revoke_links(request, message.id, cause_of(message))
            case MailBounced() as bounced:
                await record_bounce.bury(bounced)

    @ladder.subscribe(DELIVERIES_STORED, MAILS, needs=("postgresql", MAIL), timeout_s=MAIL_S_MAX)
    async def on_delivery_stored(message: Message[Any]) -> None:
        # The last attempt that a mail server answers with "later" asks for itself again: it would be buried.
        last = message.attempt >= ATTEMPTS_MAX
        match message.data:
            case KeysStored() as stored:
                await send_mail.of_part(stored.order_id, stored.part, cause_of(message), last=last)
            case MailDue() as due:
                await send_mail(due.delivery_id, cause_of(message), not_before=due.not_before, last=last)


def cause_of(message: Message[Any]) -> dict[str, Any]:
    """What a timeline entry says of the message that led to it."""
    return {
        "event_id": message.id,
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
        "attempt": message.attempt,
    }
