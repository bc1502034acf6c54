"""One search box that takes any id."""

from urllib.parse import quote

from bitloot_admin.models.model import Model
from bitloot_admin.search import Term
from bitloot_common.db import Connection, Pool

_HITS = """
select 'order' as kind, id::text as id, coalesce(email, 'erased') || ' · ' || product_name || ' · ' || status as label
from orders where id = $2
union all select 'webhook', id::text, provider || ' ' || event_type from webhook_logs where id = $2
union all select 'dead letter', id::text, coalesce(error_class, 'error') || ' on ' || original_topic
from dead_letters where id = $2 or event_id = $1
union all select 'order of the payment', order_id::text, provider || ' ' || status from payments
where ((provider = 'nowpayments' and payment_id = $1) or invoice_id = $1) and order_id is not null
union all select 'payment without an order', payment_id, provider || ' ' || status from payments
where ((provider = 'nowpayments' and payment_id = $1) or invoice_id = $1) and order_id is null
union all select 'order of the reservation', order_id::text, api || ' ' || status from reservations
where reservation_id = $1 or external_id = $1
union all (select 'order', id::text, email || ' · ' || product_name || ' · ' || status from orders
    where lower(email) ~>=~ $3 and lower(email) ~<~ $4 order by lower(email) using ~<~, id desc limit 8)
"""
_PAGES = {
    "webhook": "/webhooks/",
    "dead letter": "/dead-letters/",
    "payment without an order": "/payments?orphaned=true&q=",
}


class Hit(Model):
    """Something that the text names, and its page."""

    kind: str
    label: str
    href: str


async def find_anything(pool: Pool, typed: str) -> list[Hit]:
    """What `typed` may be: an id of anything, or the beginning of an e-mail. At most a dozen or so."""
    term = Term.of(typed)
    if term is None:
        return []
    async with pool.acquire() as connection:
        return await _find(connection, term)


async def _find(connection: Connection, term: Term) -> list[Hit]:
    # an id's beginning is no e-mail's: one character matches too many to be of use
    bounds = term.prefix_range if len(term.text) > 1 else ("", "")
    rows = await connection.fetch(_HITS, term.text, term.uuid, *bounds)
    hits = [
        Hit(kind=row["kind"], label=row["label"], href=f"{_PAGES.get(row['kind'], '/orders/')}{quote(row['id'])}")
        for row in rows
    ]
    return list({hit.href: hit for hit in hits}.values())[:12]
