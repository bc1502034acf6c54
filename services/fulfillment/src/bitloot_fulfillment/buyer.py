"""What the use cases that buy have in common."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from bitloot_kinguin import Kinguin

from bitloot_fulfillment.books import Books
from bitloot_fulfillment.cashier import Cashier
from bitloot_fulfillment.deadlines import Deadlines
from bitloot_fulfillment.kinguin_news import PurchasePolicy

LEASE_MARGIN_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Buyer:
    """`call_s_max`: the longest that the call which buys can take, waiting for its turn included."""

    books: Books
    kinguin: Kinguin
    cashier: Cashier
    deadlines: Deadlines
    policy: PurchasePolicy
    call_s_max: float

    @property
    def lease_s(self) -> float:
        """Time for a look-up and the purchase, one after the other."""
        return 2 * self.call_s_max + LEASE_MARGIN_S


def external_id_of(order_id: UUID, attempt: int) -> str:
    """The idempotency key: the order id, for further offers with the attempt's number."""
    return str(order_id) if attempt == 1 else f"{order_id}:{attempt}"
