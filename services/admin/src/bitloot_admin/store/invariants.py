"""The shop's promises as counts of the orders that break them: each must be 0, always.

A query looks at what is on the way and at the last day (indexes on status and time), and counts up to a bound:
it runs every minute beside the shop's own work.
"""
# ruff: noqa: S608  (the queries are put together of our own literals)

from typing import Final

from bitloot_common.db import Connection

_RECENT = """
with recent as (
    select id, quantity from orders where status = 'fulfilled' and status_since > now() - interval '24 hours'
    order by status_since desc limit 20000
)
"""
_ALIVE = "('reserved', 'given', 'delivered')"

INVARIANTS: Final = {
    # promise 1: no order is lost. Money that was booked on an order moved it.
    "paid_order_is_taken_up": """
        select count(*) from payments p join orders o on o.id = p.order_id
        where p.created_at > now() - interval '7 days' and p.settled_at < now() - interval '1 minute'
        and o.status in ('created', 'awaiting_payment', 'expired')
    """,
    # promise 2: at most one purchase per order
    "one_purchase_per_order": f"""
        {_RECENT}, watched as (
            select id from recent union all
            (select id from orders
             where status in ('reserved', 'given', 'delivered', 'partly_delivered', 'stored') limit 20000)
        )
        select count(*) from watched
        where (select count(*) from reservations r where r.order_id = watched.id and r.status in {_ALIVE}) > 1
    """,
    "fulfilled_order_was_paid": f"""
        {_RECENT} select count(*) from recent
        where not exists (select from payments p where p.order_id = recent.id and p.settled_at is not null)
    """,
    "fulfilled_order_has_all_its_codes": f"""
        {_RECENT} select count(*) from recent where quantity > (
            select coalesce(sum(codes_count) filter (where sealed_at is not null), 0)
            from keys k where k.order_id = recent.id
        )
    """,
    "fulfilled_order_was_mailed": f"""
        {_RECENT} select count(*) from recent
        where not exists (select from deliveries d where d.order_id = recent.id and d.mailed_at is not null)
    """,
}


async def violations(connection: Connection) -> dict[str, int]:
    """How many orders break each promise now."""
    return {name: await connection.fetchval(query) for name, query in INVARIANTS.items()}
