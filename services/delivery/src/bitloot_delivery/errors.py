"""What may go wrong in delivery, in the ladder's classes. Messages name the order, never an address or a code.

Permanent   OrderUnknown           an event names an order that is not there
            SealedObjectBroken     an object does not open, or is not what was put
            MailRefused            the mail server said no for good (5xx), with its words
            MailGivenUp            the mail server said later for as long as we have patience
            MailUnreachable        the mail was taken and came back
            MailUnwanted           the mail arrived and its recipient called it spam
            NoticeUnknown          no text for this notice
NotYet      EarlierPartUnsealed    parts are sealed in their order
            CodesMissing           Kinguin has no code that is not sealed already
Transient   StorageUnavailable     object storage did not answer, or with a 5xx
            StorageRefused         object storage said no to this one request
            MailDelayed            the mail server said later (4xx), or broke off
            MailNotYet             asked again before the time that the mail server named
            MailInWork             another sender holds this mail's lease
            KeyUnknown             the key ring lacks the key that a row was wrapped with
Outage      StorageDown            object storage cannot be reached, or refuses our credentials
            MailDown               the mail server cannot be reached, or refuses our credentials or our sender
"""

from typing import Final
from uuid import UUID

from bitloot_common.retry import NotYet, Outage, Permanent, Transient

STORAGE: Final = "r2"
MAIL: Final = "smtp"


class OrderUnknown(Permanent):
    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"order {order_id} is unknown")


class NoticeUnknown(Permanent):
    def __init__(self, notice: str) -> None:
        super().__init__(f"no text for the notice {notice!r}")


class SealedObjectBroken(Permanent):
    def __init__(self, storage_ref: str, why: str) -> None:
        super().__init__(f"object {storage_ref}: {why}")


class EarlierPartUnsealed(NotYet):
    def __init__(self, order_id: UUID, part: int) -> None:
        super().__init__(f"order {order_id}: a part before {part} is not sealed yet")


class CodesMissing(NotYet):
    def __init__(self, order_id: UUID, stored: int, quantity: int) -> None:
        super().__init__(f"order {order_id}: {stored} of {quantity} codes are sealed, Kinguin has no further one")


class StorageUnavailable(Transient):
    """It names whom to ask, so that a message alone in an outage is held, not buried."""

    dependency = STORAGE

    def __init__(self, operation: str, why: str) -> None:
        super().__init__(f"object storage {operation}: {why}")


class StorageRefused(Transient):
    """An answer, so no sign of an outage. Transient: S3 says `RequestTimeout` and `OperationAborted` with a 4xx."""

    def __init__(self, operation: str, why: str) -> None:
        super().__init__(f"object storage {operation}: {why}")


class StorageDown(Outage):
    def __init__(self, operation: str, why: str) -> None:
        super().__init__(STORAGE, f"object storage {operation}: {why}")


class KeyUnknown(Transient):
    """Transient: whoever forgot the key in KEY_RING can put it back."""

    def __init__(self, kid: str) -> None:
        super().__init__(f"the key ring has no key {kid!r}")


class MailRefused(Permanent):
    def __init__(self, why: str) -> None:
        super().__init__(f"the mail server refused: {why}")


class MailUnreachable(Permanent):
    def __init__(self, order_id: UUID, reason: str) -> None:
        super().__init__(f"order {order_id}: its mail came back ({reason}); resend it to an address that works")


class MailUnwanted(Permanent):
    def __init__(self, order_id: UUID) -> None:
        super().__init__(
            f"order {order_id}: its mail arrived and was reported as spam; the provider sends that address no more,"
            " so ask the customer before a resend"
        )


class MailDelayed(Transient):
    """`of_recipient`: the server said later of this mail's address, so it speaks against no other mail.

    With `retry_after_s` the other side answered and wants to be asked again, then; without, it broke off.
    """

    def __init__(self, why: str, retry_after_s: float | None = None, *, of_recipient: bool = False) -> None:
        super().__init__(f"the mail server delays: {why}", retry_after_s=retry_after_s)
        self.of_recipient = of_recipient


class MailGivenUp(Permanent):
    def __init__(self, hours: float, tries: int, last: MailDelayed) -> None:
        super().__init__(f"given up after {hours:.0f} h and {tries} tries; the last time {last}")


class MailNotYet(Transient):
    """It came before the time that a mail server named."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("the mail server asked for more time", retry_after_s=retry_after_s)


class MailDown(Outage):
    def __init__(self, why: str) -> None:
        super().__init__(MAIL, f"mail: {why}")


class MailInWork(Transient):
    def __init__(self, message_id: str, retry_after_s: float) -> None:
        super().__init__(f"mail {message_id} is being sent by another", retry_after_s=retry_after_s)
