"""How long an order may be in a state before somebody asks why, and how often it is asked again."""

from dataclasses import dataclass
from typing import Final

from bitloot_fulfillment.order_machine import Status

DAY_S: Final = 86_400.0

DEADLINES: Final = {
    # in units of the reconciler's interval: what Kinguin may have done without telling is asked soon, what only
    # waits for our own queues later
    Status.PAID: 15,
    Status.RESERVING: 5,
    Status.RESERVED: 1,
    Status.GIVEN: 1,
    Status.DELIVERED: 15,
    Status.PARTLY_DELIVERED: 1,
}

ASK_GROWTH: Final = 1.5
"""A question waits about half as long as all those before it took."""

ASK_S_MAX: Final = 3600.0
PAYMENT_ASKED_FOR_S: Final = 7 * DAY_S
"""NOWPayments keeps a payment's state up to date for seven days from its creation."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The deadlines for one interval of the reconciler, in seconds."""

    interval_s: float

    def of(self, status: Status) -> float | None:
        """Seconds in `status` after which it is asked about; None where nothing can be asked."""
        factor = DEADLINES.get(status)
        return factor * self.interval_s if factor else None

    def after_asking(self, status: Status, asked_count: int) -> float | None:
        """Seconds until the next question, growing with each to an hour."""
        first_s = self.of(status)
        return min(first_s * ASK_GROWTH ** min(asked_count, 60), ASK_S_MAX) if first_s else None

    def payment(self, asked_count: int, age_s: float) -> float | None:
        """Seconds until a payment is asked about again; None once the provider has stopped looking at it."""
        if age_s >= PAYMENT_ASKED_FOR_S:
            return None
        wait_s = min(self.interval_s * ASK_GROWTH ** min(asked_count, 60), ASK_S_MAX)
        return min(wait_s, max(PAYMENT_ASKED_FOR_S - age_s, 1.0))
