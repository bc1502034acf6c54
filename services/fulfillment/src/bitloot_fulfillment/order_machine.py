"""The order's state machine, as data: states, facts, what each fact does in each state, what is told of it.

Everything that arrives out of order, twice or in contradiction is decided in `DECISIONS` and nowhere else.
`docs/state-machine.md` is generated from it (`python -m bitloot_fulfillment.machine_diagram`).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bitloot_common.retry import Permanent


class Status(StrEnum):
    """`orders.status`."""

    CREATED = "created"
    AWAITING_PAYMENT = "awaiting_payment"
    UNDERPAID = "underpaid"
    PAID = "paid"
    RESERVING = "reserving"
    RESERVED = "reserved"
    GIVEN = "given"
    DELIVERED = "delivered"
    PARTLY_DELIVERED = "partly_delivered"
    STORED = "stored"
    FULFILLED = "fulfilled"
    PARTLY_FULFILLED = "partly_fulfilled"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUND_DUE = "refund_due"


UNPAID: Final = (Status.CREATED, Status.AWAITING_PAYMENT, Status.UNDERPAID, Status.EXPIRED)
BUYING: Final = (Status.RESERVING, Status.RESERVED, Status.GIVEN)
HANDING_OVER: Final = (Status.DELIVERED, Status.PARTLY_DELIVERED)
HANDED_OVER: Final = (*HANDING_OVER, Status.STORED, Status.FULFILLED, Status.PARTLY_FULFILLED)
ENDED: Final = (Status.CANCELLED, Status.REFUND_DUE)


class Fact(StrEnum):
    """What is learnt about an order, from whatever source: webhook, answer, reconciler, operator."""

    PAYMENT_OPENED = "payment_opened"
    PAYMENT_PARTIAL = "payment_partial"
    PAYMENT_COMPLETE = "payment_complete"
    PAYMENT_CLOSED = "payment_closed"
    UNDERPAYMENT_CLOSED = "underpayment_closed"
    MONEY_RETURNED = "money_returned"
    PAYMENT_DISPUTED = "payment_disputed"
    PURCHASE_STARTED = "purchase_started"
    RESERVED = "reserved"
    GIVEN = "given"
    DELIVERED = "delivered"
    FURTHER_CODES = "further_codes"
    OFFER_REPLACED = "offer_replaced"
    OFFERS_EXHAUSTED = "offers_exhausted"
    PURCHASE_REVERSED = "purchase_reversed"
    PART_STORED = "part_stored"
    REST_FAILED = "rest_failed"
    CODES_STORED = "codes_stored"
    LINK_MAILED = "link_mailed"


class Emission(StrEnum):
    """A message that a transition puts into the outbox, beside its `orders.events` entry."""

    ORDER_PAID = "orders.paid OrderPaid"
    DELIVERY_REQUESTED = "deliveries.requested DeliveryRequested"
    NOTICE_UNDERPAID = "deliveries.requested NoticeRequested(underpaid)"
    NOTICE_CANCELLED = "deliveries.requested NoticeRequested(cancelled)"
    NOTICE_REFUND_DUE = "deliveries.requested NoticeRequested(refund_due)"
    NOTICE_REST_CANCELLED = "deliveries.requested NoticeRequested(rest_cancelled)"
    NOTICE_OVERPAID = "deliveries.requested NoticeRequested(overpaid)"


@dataclass(frozen=True, slots=True)
class Move:
    """The order moves on and these messages leave."""

    to: Status
    emits: tuple[Emission, ...] = ()


@dataclass(frozen=True, slots=True)
class Stay:
    """Nothing changes, and why that is right."""

    why: str


@dataclass(frozen=True, slots=True)
class Alert:
    """Nothing changes by itself, but a person has to look."""

    why: str


Decision = Move | Stay | Alert


class IllegalTransition(Permanent):
    """A fact that cannot be true in this state: somebody is wrong, and retrying will not make it right."""

    def __init__(self, status: Status, fact: Fact) -> None:
        super().__init__(f"{fact} cannot happen to an order that is {status}")
        self.status = status
        self.fact = fact


def _each(statuses: tuple[Status, ...], decision: Decision) -> dict[Status, Decision]:
    return dict.fromkeys(statuses, decision)


_PAID_BEFORE = Stay("money for it has been booked before; what is too much is a refund due")
_KNOWN = Stay("known already: repeated, or overtaken by what came later")
_OVER = Stay("the order has ended")
_CANCELS_DELIVERED = Alert("Kinguin cancels what it has delivered")
_DISPUTED = Alert("NOWPayments takes back a payment that it had reported as arrived: is the money there?")
_PURCHASE_ALIVE = Alert("Kinguin goes on with a purchase whose order has ended")

DECISIONS: Final[dict[Fact, dict[Status, Decision]]] = {
    Fact.PAYMENT_OPENED: {
        Status.CREATED: Move(Status.AWAITING_PAYMENT),
        Status.EXPIRED: Move(Status.AWAITING_PAYMENT),
        **_each((Status.AWAITING_PAYMENT, Status.UNDERPAID), _KNOWN),
        **_each((Status.PAID, *BUYING, *HANDED_OVER, *ENDED), _KNOWN),
    },
    Fact.PAYMENT_PARTIAL: {
        Status.CREATED: Move(Status.UNDERPAID, (Emission.NOTICE_UNDERPAID,)),
        Status.AWAITING_PAYMENT: Move(Status.UNDERPAID, (Emission.NOTICE_UNDERPAID,)),
        Status.EXPIRED: Move(Status.UNDERPAID, (Emission.NOTICE_UNDERPAID,)),
        Status.UNDERPAID: _KNOWN,
        **_each((Status.PAID, *BUYING, *HANDED_OVER), _PAID_BEFORE),
        Status.CANCELLED: Move(Status.REFUND_DUE, (Emission.NOTICE_REFUND_DUE,)),
        Status.REFUND_DUE: _PAID_BEFORE,
    },
    Fact.PAYMENT_COMPLETE: {
        # `expired` too: deposits are accepted after expiry, the price was ours, the customer waits for a key
        **_each(UNPAID, Move(Status.PAID, (Emission.ORDER_PAID,))),
        **_each((Status.PAID, *BUYING, *HANDED_OVER), _PAID_BEFORE),
        Status.CANCELLED: Move(Status.REFUND_DUE, (Emission.NOTICE_REFUND_DUE,)),
        Status.REFUND_DUE: _PAID_BEFORE,
    },
    Fact.PAYMENT_CLOSED: {
        **_each((Status.CREATED, Status.AWAITING_PAYMENT), Move(Status.EXPIRED)),
        Status.UNDERPAID: Stay("money has arrived and stays: the order waits for the rest, then for a refund"),
        **_each((Status.PAID, *BUYING, *HANDED_OVER), Stay("it is not this payment that has paid it")),
        Status.EXPIRED: _KNOWN,
        **_each(ENDED, _OVER),
    },
    Fact.UNDERPAYMENT_CLOSED: {
        Status.UNDERPAID: Move(Status.REFUND_DUE, (Emission.NOTICE_REFUND_DUE,)),
        **_each((Status.CREATED, Status.AWAITING_PAYMENT, Status.EXPIRED), Stay("no money has arrived")),
        **_each((Status.PAID, *BUYING, *HANDED_OVER), Stay("it was paid after all")),
        **_each(ENDED, _OVER),
    },
    Fact.MONEY_RETURNED: {
        **_each((Status.CREATED, Status.AWAITING_PAYMENT, Status.EXPIRED), Stay("no money was booked")),
        Status.UNDERPAID: Move(Status.CANCELLED),
        Status.PAID: Move(Status.CANCELLED, (Emission.NOTICE_CANCELLED,)),
        **_each(BUYING, Alert("the customer's money went back while the key is being bought")),
        **_each(HANDED_OVER, Alert("the customer's money went back after the key was handed over")),
        Status.CANCELLED: _OVER,
        # learnt when nothing is left that would have to go back: until then `refund_due` stays
        Status.REFUND_DUE: Move(Status.CANCELLED),
    },
    Fact.PAYMENT_DISPUTED: {
        **_each((Status.CREATED, Status.AWAITING_PAYMENT, Status.EXPIRED), Stay("no money was booked")),
        **_each((Status.UNDERPAID, Status.PAID, *BUYING, *HANDED_OVER, Status.REFUND_DUE), _DISPUTED),
        Status.CANCELLED: _OVER,
    },
    Fact.PURCHASE_STARTED: {Status.PAID: Move(Status.RESERVING)},
    Fact.RESERVED: {
        Status.RESERVING: Move(Status.RESERVED),
        **_each((Status.RESERVED, Status.GIVEN, *HANDED_OVER), _KNOWN),
        **_each(ENDED, _PURCHASE_ALIVE),
    },
    Fact.GIVEN: {
        # from `reserving` too: the webhook may overtake the answer that reserves
        **_each((Status.RESERVING, Status.RESERVED), Move(Status.GIVEN)),
        **_each((Status.GIVEN, *HANDED_OVER), _KNOWN),
        **_each(ENDED, _PURCHASE_ALIVE),
    },
    Fact.DELIVERED: {
        **_each(BUYING, Move(Status.DELIVERED, (Emission.DELIVERY_REQUESTED,))),
        **_each(HANDED_OVER, _KNOWN),
        **_each(ENDED, _PURCHASE_ALIVE),
    },
    Fact.FURTHER_CODES: {
        Status.DELIVERED: Move(Status.DELIVERED, (Emission.DELIVERY_REQUESTED,)),
        Status.PARTLY_DELIVERED: Move(Status.PARTLY_DELIVERED, (Emission.DELIVERY_REQUESTED,)),
        **_each((Status.STORED, Status.FULFILLED, Status.PARTLY_FULFILLED), _KNOWN),
        **_each(ENDED, _PURCHASE_ALIVE),
    },
    Fact.OFFER_REPLACED: {
        **_each(BUYING, Move(Status.RESERVING, (Emission.ORDER_PAID,))),
        **_each(HANDED_OVER, _CANCELS_DELIVERED),
        **_each(ENDED, _OVER),
    },
    Fact.OFFERS_EXHAUSTED: {
        **_each(BUYING, Move(Status.REFUND_DUE, (Emission.NOTICE_REFUND_DUE,))),
        **_each(HANDED_OVER, _CANCELS_DELIVERED),
        **_each(ENDED, _OVER),
    },
    Fact.PURCHASE_REVERSED: {
        **_each((*BUYING, *HANDED_OVER), Alert("Kinguin took the purchase back: do the codes still work?")),
        **_each(ENDED, _OVER),
    },
    Fact.PART_STORED: {
        **_each(HANDING_OVER, Move(Status.PARTLY_DELIVERED)),
        **_each((Status.STORED, Status.FULFILLED, Status.PARTLY_FULFILLED), _KNOWN),
        **_each(ENDED, Alert("codes were stored for an order that has ended")),
    },
    # the purchase is dead and all of it that could be had is stored: what was handed over is never bought again
    Fact.REST_FAILED: {
        **_each(HANDING_OVER, Move(Status.PARTLY_FULFILLED, (Emission.NOTICE_REST_CANCELLED,))),
        **_each((Status.STORED, Status.FULFILLED), _CANCELS_DELIVERED),
        Status.PARTLY_FULFILLED: _KNOWN,
        **_each(ENDED, _OVER),
    },
    Fact.CODES_STORED: {
        **_each(HANDING_OVER, Move(Status.STORED)),
        **_each((Status.STORED, Status.FULFILLED), _KNOWN),
        Status.PARTLY_FULFILLED: Alert("the rest of the codes came after its money was promised back"),
        **_each(ENDED, Alert("codes were stored for an order that has ended")),
    },
    Fact.LINK_MAILED: {
        # from `delivered` too: the two topics are read side by side
        **_each((*HANDING_OVER, Status.STORED), Move(Status.FULFILLED)),
        **_each((Status.FULFILLED, Status.PARTLY_FULFILLED), _KNOWN),
        **_each(ENDED, Alert("a link was mailed for an order that has ended")),
    },
}


MORE_IS_OWED: Final[dict[Status, Emission]] = {
    **dict.fromkeys((Status.PAID, *BUYING, *HANDED_OVER), Emission.NOTICE_OVERPAID),
    **dict.fromkeys(ENDED, Emission.NOTICE_REFUND_DUE),
}
"""What the customer is told when `orders.refund_due` grows in a state, unless the move has told it already."""


def emitted(status: Status, fact: Fact) -> tuple[Emission, ...]:
    """What leaves when `fact` is learnt of an order that is `status`."""
    decision = decide(status, fact)
    return decision.emits if isinstance(decision, Move) else ()


def decide(status: Status, fact: Fact) -> Decision:
    """What `fact` does to an order that is `status`. Raises IllegalTransition where it cannot be true."""
    decision = DECISIONS[fact].get(status)
    if decision is None:
        raise IllegalTransition(status, fact)
    return decision
