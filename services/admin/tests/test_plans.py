"""Every list is read through an index, whatever its filter: no table of a size is scanned, nothing big is sorted.

Small tables are always scanned, rightly so. So the history here is large enough for the planner to care, and
the service's README has what was measured with a million orders.
"""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from admin_lists import LISTS
from bitloot_admin.paging import TOTAL_MAX, PageRequest
from bitloot_admin.store.listing import Listing
from bitloot_admin.use_cases.generate_history import generate_history
from bitloot_local.pytest_plugin import Database

from .conftest import _sql, run

ORDERS = 20_000
BIG = {"orders", "payments", "reservations", "deliveries", "webhook_logs", "audit_log", "dead_letters"}
SORTED_ROWS_MAX = 2_000  # a page, or what one e-mail or id can match


# A year of operators' acts, and of failures: the made-up history has next to none of either.
ACTS = """
insert into audit_log (at, actor, action, target)
select now() - interval '1 year' * n / 40000, case when n % 9 = 0 then 'ada@bitloot.example' else 'o' || n % 7 end,
    case when n % 5000 = 0 then 'person.added' when n % 2 = 0 then 'order.resend_requested' else 'webhook.replayed' end,
    'order:' || gen_random_uuid()
from generate_series(40000, 1, -1) n
"""
LETTERS = """
insert into dead_letters (id, service, dlt_topic, dlt_partition, dlt_offset, original_topic, headers, event_id,
    order_id, fingerprint, dead_at, state)
select gen_random_uuid(), case when n % 3 = 0 then 'delivery' else 'fulfillment' end, 'x.dlt', 0, n, 'orders.paid',
    '[]',
    gen_random_uuid()::text, gen_random_uuid(), 'group ' || n % 100, now() - interval '1 year' * n / 40000,
    case when n < 400 then 'open' else 'replayed' end
from generate_series(1, 40000) n
"""


@pytest.fixture(scope="module")
def url(database: Database) -> str:
    run(generate_history(database.url, ORDERS, lambda _: None))
    for statement in (ACTS, LETTERS, "analyze audit_log, dead_letters"):
        run(_sql(database.url, statement))
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
            assert node.get("Rows Removed by Filter", 0) <= 5 * TOTAL_MAX, node
        if "Sort" in node["Node Type"] and node["Node Type"] != "Incremental Sort":
            assert node["Actual Rows"] * node["Actual Loops"] <= SORTED_ROWS_MAX, node
