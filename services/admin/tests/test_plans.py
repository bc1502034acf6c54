"""Every list is read through an index, whatever its filter: no table of a size is scanned, nothing big is sorted.

Small tables are always scanned, rightly so. So the history here is large enough for the planner to care, and
`docs/admin.md` has what was measured with a million orders.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from bitloot_admin.models.dead_letters import DeadLetterFilter
from bitloot_admin.models.deliveries import DeliveryFilter
from bitloot_admin.models.orders import OrderFilter
from bitloot_admin.models.payments import PaymentFilter
from bitloot_admin.models.reservations import ReservationFilter
from bitloot_admin.models.webhooks import WebhookFilter
from bitloot_admin.paging import TOTAL_MAX, PageRequest
from bitloot_admin.store import dead_letters, deliveries, orders, payments, reservations, webhooks
from bitloot_admin.store.listing import Listing
from bitloot_admin.use_cases.generate_history import generate_history
from bitloot_local.pytest_plugin import Database

from .conftest import _sql, run

ORDERS = 20_000
NOW = datetime.now(UTC)
AN_ID = "01890000-0000-7000-8000-000000000000"
BIG = {"orders", "payments", "reservations", "deliveries", "webhook_logs"}
SORTED_ROWS_MAX = 2_000  # a page, or what one e-mail or id can match

LISTS: dict[str, Listing] = {
    "orders": orders.listing(OrderFilter()),
    "orders, oldest first": orders.listing(OrderFilter(sort="created")),
    "orders by last move": orders.listing(OrderFilter(sort="-moved")),
    "orders of a common status": orders.listing(OrderFilter(status=["fulfilled"])),
    "orders of a rare status": orders.listing(OrderFilter(status=["paid"])),
    "orders of a rare status by move": orders.listing(OrderFilter(status=["refund_due"], sort="-moved")),
    "orders on the way": orders.listing(OrderFilter(status=["paid", "reserving", "given"], sort="moved")),
    "orders by e-mail": orders.listing(OrderFilter(email="ada.lovelace3@example.com")),
    "orders by search": orders.listing(OrderFilter(q="ada.lovelace3@example.com")),
    "orders by searched id": orders.listing(OrderFilter(q=AN_ID)),
    "orders with refund due": orders.listing(OrderFilter(refund_due=True)),
    "orders of ten days": orders.listing(
        OrderFilter(created_from=NOW - timedelta(days=90), created_to=NOW - timedelta(days=80))
    ),
    "payments": payments.listing(PaymentFilter()),
    "payments of a status": payments.listing(PaymentFilter(status="partially_paid")),
    "payments without order": payments.listing(PaymentFilter(orphaned=True)),
    "payments by search": payments.listing(PaymentFilter(q="1000000100")),
    "reservations": reservations.listing(ReservationFilter()),
    "reservations of a status": reservations.listing(ReservationFilter(status="cancelled")),
    "reservations by id": reservations.listing(ReservationFilter(reservation_id="res_1")),
    "reservations by search": reservations.listing(ReservationFilter(q=AN_ID)),
    "deliveries": deliveries.listing(DeliveryFilter()),
    "deliveries of a status": deliveries.listing(DeliveryFilter(status="pending")),
    "deliveries of an order": deliveries.listing(DeliveryFilter(q=AN_ID)),
    "webhooks": webhooks.listing(WebhookFilter()),
    "webhooks of a provider": webhooks.listing(WebhookFilter(provider="kinguin")),
    "webhooks of an event": webhooks.listing(WebhookFilter(provider="kinguin", event_type="delivered")),
    "webhooks ignored": webhooks.listing(WebhookFilter(outcome="ignored")),
    "webhooks invalid": webhooks.listing(WebhookFilter(outcome="invalid")),
    "webhooks of an order": webhooks.listing(WebhookFilter(order_id=AN_ID)),
    "webhooks by search": webhooks.listing(WebhookFilter(q=AN_ID)),
    "webhooks of ten days": webhooks.listing(
        WebhookFilter(received_from=NOW - timedelta(days=90), received_to=NOW - timedelta(days=80))
    ),
    "dead letters": dead_letters.listing(DeadLetterFilter()),
    "dead letters open": dead_letters.listing(DeadLetterFilter(state="open")),
}


@pytest.fixture(scope="module")
def url(database: Database) -> str:
    run(generate_history(database.url, ORDERS, lambda _: None))
    return database.url


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def explained(url: str, statement: str, values: list[Any]) -> list[dict[str, Any]]:
    rows = run(_sql(url, f"explain (analyze, format json) {statement}", *values))
    plan = rows[0][0]
    return list(nodes((orjson.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]))


def deep(listing: Listing, url: str) -> PageRequest:
    """A page in the middle of the list."""
    sql, values, _ = listing.page(PageRequest(limit=200))
    rows = run(_sql(url, sql, *values))
    return PageRequest(cursor=listing.cursor(rows[-1], backwards=False)) if rows else PageRequest()


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("where", ["first page", "by cursor", "counted"])
def test_a_list_is_read_through_an_index(url: str, name: str, where: str) -> None:
    listing = LISTS[name]
    if where == "counted":
        statement, values = listing.count()
    else:
        statement, values, _ = listing.page(PageRequest() if where == "first page" else deep(listing, url))
    for node in explained(url, statement, values):
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in BIG:
            # a count stops early: in a table where nearly every row matches it may as well read the rows
            assert where == "counted", node
            assert node.get("Rows Removed by Filter", 0) <= 3 * TOTAL_MAX, node
        if "Sort" in node["Node Type"] and node["Node Type"] != "Incremental Sort":
            assert node["Actual Rows"] * node["Actual Loops"] <= SORTED_ROWS_MAX, node
