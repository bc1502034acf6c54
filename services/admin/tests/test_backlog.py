"""What admin tells Prometheus of the database: dead letters, waiting orders, broken promises."""

import asyncpg
from bitloot_admin.backlog import GROUPS_MAX, Backlog
from bitloot_admin.store import overview
from bitloot_common.ids import new_id
from bitloot_local.pytest_plugin import Database
from prometheus_client import REGISTRY

LETTER = """
insert into dead_letters (id, service, dlt_topic, dlt_partition, dlt_offset, original_topic, headers, fingerprint,
    dead_at, state)
values ($1, $2, 'x.dlt', 0, $3, 'orders.paid', '[]', $4, now() - make_interval(secs => $5), $6)
"""
ORDER = """
insert into orders (id, product_id, product_name, kinguin_product_id, price_ceiling, quantity, unit_price, amount,
    currency, status, status_since, session_token_hash)
values ($1, 'demo', 'Demo', 'k', 9, 2, 10, 20, 'EUR', $2, now() - make_interval(secs => $3), '')
"""


def value(metric: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"bitloot_{metric}", labels)


async def test_dead_letters_and_waiting_orders_are_told_by_count_and_age(database: Database) -> None:
    async with asyncpg.create_pool(database.url, min_size=1, max_size=1) as pool:
        for number in range(GROUPS_MAX + 2):
            await pool.execute(LETTER, new_id(), "fulfillment", number, f"group-{number}", 10.0 * number, "open")
        await pool.execute(LETTER, new_id(), "fulfillment", 900, "group-0", 5000.0, "discarded")
        await pool.execute(ORDER, new_id(), "paid", 300.0)
        await pool.execute(ORDER, new_id(), "paid", 30.0)
        await Backlog(pool).sample()

        assert value("dlt_messages", service="fulfillment", group="group-0") == 1
        assert value("dlt_messages", service="fulfillment", group="other") == 2
        assert 500 < (value("dlt_oldest_age_seconds", service="fulfillment") or 0) < 4000
        assert value("dlt_oldest_age_seconds", service="delivery") == 0
        assert value("orders_waiting", status="paid") == 2
        assert 299 < (value("orders_oldest_waiting_seconds", status="paid") or 0) < 4000
        assert value("orders_oldest_waiting_seconds", status="given") == 0
        assert value("backlog_sampled_at_seconds")

        await pool.execute("update dead_letters set state = 'replayed'")
        await Backlog(pool).sample()
        assert value("dlt_messages", service="fulfillment", group="group-0") is None
        assert value("dlt_oldest_age_seconds", service="fulfillment") == 0


async def test_money_owed_is_told_whatever_the_state_of_its_order(database: Database) -> None:
    async with asyncpg.create_pool(database.url, min_size=1, max_size=1) as pool:
        await Backlog(pool).sample()
        before = value("refunds_due") or 0
        for status, amount, owed_s in (("delivered", 5, 900.0), ("refund_due", None, 60.0), ("cancelled", 0, None)):
            await pool.execute(ORDER, order_id := new_id(), status, 10.0)
            await pool.execute(
                "update orders set refund_due = $2, refund_due_since = now() - make_interval(secs => $3) where id = $1",
                order_id, amount, owed_s,
            )  # fmt: skip
        on_the_overview = (await overview.read(pool)).refund_due
        await Backlog(pool).sample()
        assert value("refunds_due") == before + 2 == on_the_overview
        assert 899 < (value("refunds_due_oldest_age_seconds") or 0) < 4000


async def test_each_broken_promise_is_counted_and_a_kept_one_is_not(database: Database) -> None:
    async with asyncpg.create_pool(database.url, min_size=1, max_size=1) as pool:
        kept, broken, unmoved = new_id(), new_id(), new_id()
        await pool.execute(ORDER, kept, "fulfilled", 60.0)
        await pool.execute(ORDER, broken, "fulfilled", 60.0)
        await pool.execute(ORDER, unmoved, "expired", 60.0)
        for order in (kept, unmoved):
            await pool.execute(
                "insert into payments (id, order_id, payment_id, status, settled_at)"
                " values ($1, $2, $3, 'finished', now() - interval '1 hour')",
                new_id(),
                order,
                str(order),
            )
        for attempt, status in enumerate(("cancelled", "delivered", "delivered"), 1):
            for order in (kept, broken) if attempt < 3 else (broken,):
                await pool.execute(
                    "insert into reservations (id, order_id, api, attempt, external_id, product_id, quantity, status)"
                    " values ($1, $2, 'esa', $3, $4, 'k', 2, $5)",
                    new_id(),
                    order,
                    attempt,
                    f"{order}/{attempt}",
                    status,
                )
        for order, codes in ((kept, 2), (broken, 1)):
            await pool.execute(
                "insert into keys (id, order_id, reservation_id, storage_ref, codes_count, wrapped_key, kid, sealed_at)"
                " values ($1, $2, 'r', $3, $4, '', 'k1', now())",
                new_id(),
                order,
                str(order),
                codes,
            )
        await pool.execute(
            "insert into deliveries (id, order_id, purpose, message_id, mailed_at) values ($1, $2, 'keys', 'm', now())",
            new_id(),
            kept,
        )
        await Backlog(pool).sample()

    for name in (
        "paid_order_is_taken_up",
        "one_purchase_per_order",
        "fulfilled_order_was_paid",
        "fulfilled_order_has_all_its_codes",
        "fulfilled_order_was_mailed",
    ):
        assert value("invariant_violations", name=name) == 1, name
