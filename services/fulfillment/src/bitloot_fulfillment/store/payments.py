"""`payments`: ingress inserts what it creates, fulfillment books what arrives."""
# ruff: noqa: S608  (column lists are our own literals)

from dataclasses import fields
from uuid import UUID

import asyncpg
from bitloot_common.db import Connection

from bitloot_fulfillment.money import Payment

_COLUMNS = ", ".join(field.name for field in fields(Payment))
_OF_ORDER = f"select {_COLUMNS} from payments where order_id = $1 order by created_at, id for update"
_BY_ID = f"select {_COLUMNS} from payments where provider = 'nowpayments' and payment_id = $1"
_BY_INVOICE = f"select {_COLUMNS} from payments where invoice_id = $1 order by created_at limit 1"
_BOOK = """
insert into payments (id, order_id, payment_id, invoice_id, parent_payment_id, status, price_amount, price_currency,
    pay_amount, pay_currency, actually_paid, problem, next_ask_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now() + make_interval(secs => $13))
on conflict (provider, payment_id) do update set
    order_id = coalesce(payments.order_id, excluded.order_id), status = excluded.status,
    parent_payment_id = excluded.parent_payment_id, price_amount = excluded.price_amount,
    price_currency = excluded.price_currency, pay_amount = excluded.pay_amount,
    pay_currency = excluded.pay_currency, actually_paid = excluded.actually_paid,
    problem = excluded.problem, next_ask_at = excluded.next_ask_at, asked_count = 0, updated_at = now()
"""
_SETTLE = """
update payments set settled_at = coalesce(settled_at, now()),
    next_ask_at = case when status in ('finished', 'refunded') then null else next_ask_at end
where order_id = $1 and settled_at is null and actually_paid > 0 and problem is null
"""
_SCHEDULE = """
update payments set asked_count = $2, next_ask_at = now() + make_interval(secs => $3), updated_at = now() where id = $1
"""
_DUE = f"""
select {_COLUMNS} from payments where next_ask_at <= now() order by next_ask_at limit $1
"""


def _payment(row: asyncpg.Record) -> Payment:
    return Payment(**row)


async def of_order(connection: Connection, order_id: UUID) -> list[Payment]:
    """All payments of the order, oldest first, locked. Lock the order before."""
    return [_payment(row) for row in await connection.fetch(_OF_ORDER, order_id)]


async def find(connection: Connection, payment_id: str) -> Payment | None:
    """By the provider's id."""
    row = await connection.fetchrow(_BY_ID, payment_id)
    return _payment(row) if row else None


async def find_by_invoice(connection: Connection, invoice_id: str) -> Payment | None:
    """The payment, or the placeholder, that was created for an invoice."""
    row = await connection.fetchrow(_BY_INVOICE, invoice_id)
    return _payment(row) if row else None


async def book(connection: Connection, payment: Payment, ask_in_s: float | None) -> None:
    """Writes the payment as it is now; `ask_in_s` seconds until the reconciler asks, None for never."""
    await connection.execute(
        _BOOK,
        payment.id,
        payment.order_id,
        payment.payment_id,
        payment.invoice_id,
        payment.parent_payment_id,
        payment.status,
        payment.price_amount,
        payment.price_currency,
        payment.pay_amount,
        payment.pay_currency,
        payment.actually_paid,
        payment.problem,
        ask_in_s,
    )


async def settle(connection: Connection, order_id: UUID) -> None:
    """The order is paid: its payments that brought money are booked in full."""
    await connection.execute(_SETTLE, order_id)


async def schedule(connection: Connection, payment: Payment, ask_in_s: float | None, asked_count: int) -> None:
    """Asked so often; asks again in `ask_in_s` seconds, or never."""
    await connection.execute(_SCHEDULE, payment.id, asked_count, ask_in_s)


async def due(connection: Connection, limit: int) -> list[Payment]:
    """Payments to ask about now, most overdue first."""
    return [_payment(row) for row in await connection.fetch(_DUE, limit)]
