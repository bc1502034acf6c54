"""`product_notes`: region and activation of what is on sale, as Kinguin says it, kept for the link page."""

from datetime import timedelta

from bitloot_common.db import Connection
from bitloot_kinguin import ProductNotes

# Claimed before the question is asked: two instances do not ask the same, and what fails is left for a while.
_CLAIM = """
with due as (
  select distinct p.kinguin_product_id as id from products p
  left join product_notes n using (kinguin_product_id)
  where p.active
    and (n.asked_at is null
      or n.asked_at < now() - case when n.noted_at >= n.asked_at then $1::interval else $2::interval end)
  limit $3
)
insert into product_notes as n (kinguin_product_id) select id from due
on conflict (kinguin_product_id) do update set asked_at = now()
where n.asked_at < now() - least($1::interval, $2::interval)
returning kinguin_product_id
"""

_NOTE = """
update product_notes set region = $2, countries_excluded = $3, activation = $4, noted_at = now()
where kinguin_product_id = $1
"""


async def claim_due(connection: Connection, *, keep: timedelta, retry: timedelta, limit: int) -> list[str]:
    """Kinguin's ids of products on sale whose notes are older than `keep`, or were asked for in vain `retry` ago."""
    return [record["kinguin_product_id"] for record in await connection.fetch(_CLAIM, keep, retry, limit)]


async def note(connection: Connection, kinguin_product_id: str, notes: ProductNotes) -> None:
    """Keeps the answer."""
    countries = list(notes.countries_excluded)
    await connection.execute(_NOTE, kinguin_product_id, notes.region, countries, notes.activation)
