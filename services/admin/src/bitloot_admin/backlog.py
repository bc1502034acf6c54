"""What waits, and what must not be, for Prometheus: sampled on a clock of its own, never by a scrape.

Every admin process samples the same database, so rules take the largest of what they say, never the sum.
"""

import asyncio
from typing import Final

from bitloot_common.db import Pool
from prometheus_client import Gauge

from bitloot_admin.broker import CONSUMERS
from bitloot_admin.store import backlog, invariants

EVERY_S: Final = 15.0
INVARIANTS_EVERY: Final = 4  # samples
GROUPS_MAX: Final = 50
"""Groups with a series of their own; the letters of further ones are counted as one group, `other`."""

_LETTERS = Gauge("bitloot_dlt_messages", "Dead letters that are open, by group (fingerprint).", ["service", "group"])
_LETTERS_AGE_S = Gauge("bitloot_dlt_oldest_age_seconds", "Age of the oldest open dead letter.", ["service"])
_ORDERS = Gauge("bitloot_orders_waiting", "Orders in each state that is not an end.", ["status"])
_ORDERS_AGE_S = Gauge(
    "bitloot_orders_oldest_waiting_seconds", "How long the oldest order of each state has been in it.", ["status"]
)
_DEBTS = Gauge("bitloot_refunds_due", "Orders that owe money back, whatever their state.")
_DEBTS_AGE_S = Gauge("bitloot_refunds_due_oldest_age_seconds", "Age of the oldest debt; 0 without any.")
_VIOLATIONS = Gauge("bitloot_invariant_violations", "Orders that break a promise of the shop's.", ["name"])
_SAMPLED_AT = Gauge("bitloot_backlog_sampled_at_seconds", "When the last sample was complete; Unix time.")


class Backlog:
    """A background role of admin."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def run(self) -> None:
        """Until cancelled. Raises asyncpg's errors: its agent starts it again, and the age of the sample tells."""
        number = 0
        while True:
            await self.sample(promises=number % INVARIANTS_EVERY == 0)
            number += 1
            await asyncio.sleep(EVERY_S)

    async def sample(self, *, promises: bool = True) -> None:
        """One look; `promises` too, which cost more."""
        async with self._pool.acquire() as connection:
            letters = await backlog.letters(connection)
            orders = await backlog.orders(connection)
            debts = await backlog.debts(connection)
            violated = await invariants.violations(connection) if promises else {}
        _show_letters(letters)
        for state in orders:
            _ORDERS.labels(state.status).set(state.count)
            _ORDERS_AGE_S.labels(state.status).set(state.age_s)
        _DEBTS.set(debts.count)
        _DEBTS_AGE_S.set(debts.age_s)
        for name, count in violated.items():
            _VIOLATIONS.labels(name).set(count)
        _SAMPLED_AT.set_to_current_time()


def _show_letters(letters: list[backlog.Letters]) -> None:
    """A group without open letters has no series any more. Nothing awaits here, so no scrape sees it half done."""
    _LETTERS.clear()
    for service in CONSUMERS:
        own = [group for group in letters if group.service == service]
        for group in own[:GROUPS_MAX]:
            _LETTERS.labels(service, group.group).set(group.count)
        if own[GROUPS_MAX:]:
            _LETTERS.labels(service, "other").set(sum(group.count for group in own[GROUPS_MAX:]))
        _LETTERS_AGE_S.labels(service).set(max((group.age_s for group in own), default=0.0))
