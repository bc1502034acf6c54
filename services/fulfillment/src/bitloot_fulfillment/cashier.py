"""What the use cases that book money have in common."""

from dataclasses import dataclass

from bitloot_fulfillment.books import Books
from bitloot_fulfillment.deadlines import Deadlines
from bitloot_fulfillment.money import PaymentPolicy


@dataclass(frozen=True, slots=True)
class Cashier:
    """What booking needs."""

    books: Books
    policy: PaymentPolicy
    deadlines: Deadlines
