"""The money's side of the interleavings: what a customer pays, what NOWPayments says of it, and what must be owed.

A second reckoning beside `money.py`, from what was said and nothing that the shop has written.
"""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from uuid import UUID

from bitloot_fulfillment.money import PaymentReport

COINS: Final = Decimal("0.001")
"""What each payment asks for."""

_IN_TIME: Final = ("waiting", "expired", "confirming", "partially_paid", "finished", "refunded")
_HERE: Final = ("partially_paid", "finished")
_ENDED: Final = ("cancelled", "refund_due")
_LEAST_SURPLUS: Final = Decimal(1)


@dataclass
class Deposit:
    """One payment at the provider. `paid` in its own coin; a child was sent to its parent's address."""

    payment_id: str
    parent: "Deposit | None" = None
    coin: str = "btc"
    paid: Decimal = Decimal(0)
    said: list[str] = field(default_factory=list)

    @property
    def last_word(self) -> str:
        """The status that stays, in whatever order they are heard of."""
        return max(self.said, key=_IN_TIME.index, default="waiting")

    @property
    def is_here(self) -> bool:
        return self.last_word in _HERE

    @property
    def was_here(self) -> bool:
        return any(status in _HERE for status in self.said)


class Till:
    """Two payments of one order, and two deposits that came later to the first one's address, one in another coin."""

    def __init__(self, order_id: UUID) -> None:
        self.order_id = order_id
        first = str(order_id.int % 10**15)
        root = Deposit(first)
        self.roots = [root, Deposit(f"{first}1")]
        self.deposits = [*self.roots, Deposit(f"{first}7", root), Deposit(f"{first}8", root, "ltc")]

    def say(self, deposit: Deposit, status: str, paid: Decimal) -> PaymentReport:
        """NOWPayments' view of it moves on; its IPN."""
        deposit.paid = max(deposit.paid, paid)
        deposit.said.append(status)
        return PaymentReport(
            deposit.payment_id,
            status,
            parent_payment_id=deposit.parent.payment_id if deposit.parent else None,
            order_id=None if deposit.parent else str(self.order_id),
            pay_amount=deposit.paid if deposit.parent else None,
            pay_currency=deposit.coin,
            actually_paid=deposit.paid,
        )

    @property
    def most(self) -> Decimal:
        """The largest share of the price that anybody could have believed at any time."""
        paid = [
            one.paid
            for one in self.deposits
            if one.was_here and one.coin == "btc" and (one.parent is None or one.parent.was_here)
        ]
        return sum(paid, Decimal(0)) / COINS

    @property
    def refunded(self) -> bool:
        return any("refunded" in one.said for one in self.deposits)

    @property
    def anything(self) -> bool:
        """Whether any money was ever sent."""
        return any(one.was_here for one in self.deposits)

    def owed(self, status: str, amount: Decimal, kept: Decimal) -> tuple[Decimal, bool]:
        """What an order of `amount` must owe when it ends as `status` with the share `kept` of its codes handed over;
        and whether it owes anything, which may have no sum."""
        here = [one for one in self.deposits if one.is_here]
        share = sum((one.paid for one in here if one.coin == "btc"), Decimal(0)) / COINS
        unsized = any(one.coin != "btc" for one in here)
        worth = Decimal(0) if status in _ENDED else kept if status == "partly_fulfilled" else Decimal(1)
        if status == "expired":
            assert not here, "an order that money has reached does not just expire"
        due = (max(share - worth, Decimal(0)) * amount).quantize(Decimal("0.01"), ROUND_HALF_UP)
        if worth == 1 and due < _LEAST_SURPLUS:
            due = Decimal(0)
        return due, unsized or due > 0
