"""Reads payments."""

from uuid import UUID

from bitloot_common.db import Connection, Pool

from bitloot_admin.models.payments import Payment, PaymentFilter
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.search import Term
from bitloot_admin.store.listing import Listing, fetch_page
from bitloot_admin.store.times import id_floor

COLUMNS = """
id, payment_id, order_id, provider, invoice_id, parent_payment_id, status, price_amount, price_currency, pay_amount,
pay_currency, actually_paid, pay_address, network, expires_at, settled_at, asked_count, next_ask_at, created_at,
updated_at
"""


def listing(wanted: PaymentFilter) -> Listing:
    """The payments that `wanted` names, newest first unless it says otherwise."""
    found = Listing(COLUMNS, "payments", order=[("id", "uuid")], descending=wanted.sort.startswith("-"))
    if term := Term.of(wanted.q):
        if term.uuid:
            found.where("(order_id = ? or id = ?)", term.uuid, term.uuid)
        else:
            found.where(
                "id = any(array(select id from payments where provider = 'nowpayments' and payment_id = ? "
                "union select id from payments where invoice_id = ?))",
                term.text,
                term.text,
            )
    if wanted.payment_id:
        found.where("provider = 'nowpayments' and payment_id = ?", wanted.payment_id)
    if wanted.order_id:
        found.where("order_id = ?", wanted.order_id)
    if wanted.status:
        found.where("status = ?", wanted.status)
    if wanted.orphaned is not None:
        found.where(f"order_id is {'' if wanted.orphaned else 'not '}null")
    if wanted.created_from:
        found.where("id >= ?", id_floor(wanted.created_from))
    if wanted.created_to:
        found.where("id < ?", id_floor(wanted.created_to))
    return found


async def list_payments(pool: Pool, wanted: PaymentFilter, page: PageRequest) -> Page[Payment]:
    """One page of payments."""
    return await fetch_page(pool, listing(wanted), page, Payment)


async def of_order(connection: Connection, order_id: UUID) -> list[Payment]:
    """The order's payments, oldest first."""
    rows = await connection.fetch(f"select {COLUMNS} from payments where order_id = $1 order by id", order_id)  # noqa: S608
    return [Payment.model_validate(dict(row)) for row in rows]
