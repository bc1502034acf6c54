"""What a customer has paid: pure rules over the payments of one order.

Amounts of coins are compared with the amount of the coin that was asked for, so that everything is a share of
the price: 1 is paid in full, 2 is paid twice. Facts about the provider: NOWPayments' documents, as collected
in the project's notes (a second deposit is a child payment; an expired payment still takes money).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal
from uuid import UUID

CENT: Final = Decimal("0.01")

RANK: Final = {
    "waiting": 0,
    "expired": 10,
    "confirming": 20,
    "confirmed": 30,
    "sending": 40,
    "failed": 50,
    "partially_paid": 60,
    "finished": 70,
    "cancelled": 80,
    "refunded": 90,
}
"""A payment goes up only: what ranks lower came late or out of order. `expired` is low because deposits are
taken after it; `refunded` and `cancelled` are high because people decide them at the end."""

OPEN: Final = frozenset({"waiting", "confirming", "confirmed", "sending"})
_MONEY_ARRIVED: Final = frozenset({"partially_paid", "finished", "cancelled"})
_MONEY_CONFIRMED: Final = frozenset({"confirmed", "sending"})


@dataclass(frozen=True, slots=True)
class PaymentPolicy:
    """The shop's choices. Percentages of the price; `refund_min` in the order's currency."""

    pay_on: Literal["finished", "confirmed"] = "finished"
    underpayment_tolerance_percent: Decimal = Decimal("0.5")
    refund_min: Decimal = Decimal("1.00")

    @property
    def share_required(self) -> Decimal:
        return 1 - self.underpayment_tolerance_percent / 100

    @property
    def counting(self) -> frozenset[str]:
        """The statuses of a payment whose money has arrived."""
        return _MONEY_ARRIVED | (_MONEY_CONFIRMED if self.pay_on == "confirmed" else frozenset())


@dataclass(frozen=True, slots=True)
class Payment:
    """A row of `payments`. `pay_amount` and `actually_paid` are in `pay_currency`.

    `problem` names what a report said otherwise than the order asks: its money is here and pays nothing.
    """

    id: UUID
    order_id: UUID | None
    payment_id: str
    status: str
    invoice_id: str | None = None
    parent_payment_id: str | None = None
    price_amount: Decimal | None = None
    price_currency: str | None = None
    pay_amount: Decimal | None = None
    pay_currency: str | None = None
    actually_paid: Decimal = Decimal(0)
    asked_count: int = 0
    next_ask_at: datetime | None = None
    problem: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaymentReport:
    """What the provider says of a payment now: by IPN, or when asked."""

    payment_id: str
    status: str
    parent_payment_id: str | None = None
    invoice_id: str | None = None
    order_id: str | None = None
    price_amount: Decimal | None = None
    price_currency: str | None = None
    pay_amount: Decimal | None = None
    pay_currency: str | None = None
    actually_paid: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """The money of an order that has arrived, in shares of the price.

    `share` pays; `aside` has arrived and pays nothing (only children have money); `unsized`: there is more, of
    which nobody can say how much of the price it is (another coin, another price, an unknown parent).
    `problems` say what is wrong with what does not pay.
    """

    share: Decimal
    aside: Decimal = Decimal(0)
    unsized: bool = False
    problems: list[str] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        """Whether any money is here that would have to go back."""
        return self.unsized or self.share + self.aside > 0

    def less_than(self, before: "Received") -> bool:
        """Whether money went back that was here `before`."""
        return self.share + self.aside < before.share + before.aside or (before.unsized and not self.unsized)


def mismatch(payment: Payment, report: PaymentReport, amount: Decimal, currency: str) -> str | None:
    """Why `report` is not believed for the order of `payment`, of `amount` `currency`; None when it fits.

    A child is judged by its parent: its price is a copy, its amount and coin are what was sent. Its order, if it
    names one, is the parent's.
    """
    if report.order_id and not _names(report.order_id, payment.order_id):
        return "order_id"
    if report.parent_payment_id:
        return None
    if report.price_amount is not None and report.price_amount.quantize(CENT) != amount:
        return "price_amount"
    if report.price_currency and report.price_currency.casefold() != currency.casefold():
        return "price_currency"
    coin = payment.pay_currency
    if coin and report.pay_currency and report.pay_currency.casefold() != coin.casefold():
        return "pay_currency"
    return None


def _names(text: str, order_id: UUID | None) -> bool:
    try:
        return UUID(text) == order_id
    except ValueError:
        return False


def takes_back(payment: Payment, report: PaymentReport, policy: PaymentPolicy) -> bool:
    """Whether `report` denies money that `payment` has brought, and `advance` would not book it as gone.

    `failed` after `finished` may be late or a reversal, `cancelled` is set by hand: a person has to find out. A
    partial payment is closed as `cancelled` as a matter of course.
    """
    if payment.status not in policy.counting or payment.problem:
        return False
    if report.status == "failed":
        return RANK[payment.status] > RANK["failed"]
    return report.status == "cancelled" and payment.status not in ("partially_paid", "cancelled")


def advance(payment: Payment, report: PaymentReport) -> Payment | None:
    """`payment` with the news of `report`, or None when there is none: repeated, late, out of order.

    What was asked for (price, coin, amount) is filled in where it was open and never overwritten.
    """
    paid = report.actually_paid
    if paid is None:  # absent in hand-made IPNs only: `finished` says that it is all there
        paid = payment.pay_amount or report.pay_amount or Decimal(0) if report.status == "finished" else Decimal(0)
    paid = max(paid, payment.actually_paid)
    before, now = RANK.get(payment.status, 0), RANK.get(report.status, -1)
    if now < before or (now == before and paid <= payment.actually_paid):
        return None
    return replace(
        payment,
        status=report.status,
        actually_paid=paid,
        price_amount=payment.price_amount if payment.price_amount is not None else report.price_amount,
        price_currency=payment.price_currency or report.price_currency,
        pay_amount=payment.pay_amount if payment.pay_amount is not None else report.pay_amount,
        pay_currency=payment.pay_currency or report.pay_currency,
        parent_payment_id=payment.parent_payment_id or report.parent_payment_id,
    )


def received(payments: list[Payment], policy: PaymentPolicy) -> Received:
    """What all payments of one order together have brought.

    Only a payment without a parent pays an order by itself; a child tops up a parent that has brought money.
    """
    roots = {one.payment_id: one for one in payments if not one.parent_payment_id}
    arrived = [one for one in payments if one.status in policy.counting and one.actually_paid > 0]
    paying = {one.payment_id for one in arrived if not one.parent_payment_id}
    share = aside = Decimal(0)
    problems = []
    unsized = False
    for one in arrived:
        root = roots.get(one.parent_payment_id or one.payment_id)
        wrong = _wrong(one, root)
        if wrong or root is None or not root.pay_amount:
            problems.append(f"{wrong or 'no known amount'} in payment {one.payment_id}")
            unsized = True
        elif root.payment_id in paying:
            share += one.actually_paid / root.pay_amount
        else:
            problems.append(f"only child payments of {root.payment_id} have money")
            aside += one.actually_paid / root.pay_amount
    return Received(share, aside, unsized, problems)


def _wrong(payment: Payment, root: Payment | None) -> str | None:
    """Why its money is no share of the price."""
    if root is None:
        return "unknown parent"
    if payment.problem or root.problem:
        return f"wrong {payment.problem or root.problem}"
    return None if _same_coin(payment, root) else "wrong coin"


def owed(
    money: Received, amount: Decimal, *, keeps_goods: bool, policy: PaymentPolicy, kept: Decimal = Decimal(1)
) -> Decimal:
    """What must go back, in the order's currency: all of it, or what is more than the price of the goods `kept`.

    `kept` is the share of its codes that a customer who keeps goods has: less than 1 where the rest never came.
    """
    here = money.share + money.aside
    surplus = here - kept if keeps_goods else here
    due = (max(surplus, Decimal(0)) * amount).quantize(CENT, ROUND_HALF_UP)
    is_part_of_the_price = not keeps_goods or kept < 1
    return due if due >= policy.refund_min or (due and is_part_of_the_price) else Decimal(0)


def _same_coin(child: Payment, root: Payment) -> bool:
    return (child.pay_currency or "").casefold() == (root.pay_currency or "").casefold()
