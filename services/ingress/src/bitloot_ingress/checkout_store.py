"""Ingress's SQL: orders, payments and what the customer may see of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import asyncpg
from bitloot_common.db import Connection, Pool
from bitloot_nowpayments import Payment

Order = asyncpg.Record
"""A row of the statement that reads it; columns by name."""

_PRODUCT = """
select id, name, price, currency, kinguin_product_id, offer_id, price_ceiling, quantity_max
from products where id = $1 and active
"""

_INSERT_ORDER = """
insert into orders (id, email, locale, product_id, product_name, kinguin_product_id, offer_id, price_ceiling, quantity,
    unit_price, amount, currency, idempotency_key, idempotency_fingerprint, session_token_hash)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
on conflict (idempotency_key) do nothing
returning created_at
"""

_ORDER = """
select id, email, product_id, product_name, quantity, unit_price, amount, currency, status, session_token_hash,
       idempotency_fingerprint, created_at
from orders
"""

_PAYMENT = """
select payment_id, order_id, status, pay_address, pay_amount, pay_currency, price_amount, price_currency,
       payin_extra_id, network, actually_paid, expires_at, created_at
from payments
"""

_TIMELINE = "select at, event, to_status from order_events where order_id = $1 and public order by id"

# Reused while there is a minute left to pay: the second click shows the first address.
_WAITING = """
where order_id = $1 and lower(pay_currency) = $2 and parent_payment_id is null and status = 'waiting'
  and (expires_at is null or expires_at > now() + interval '1 minute')
order by created_at desc limit 1
"""

_INSERT_PAYMENT = """
insert into payments (id, order_id, payment_id, invoice_id, status, price_amount, price_currency, pay_amount,
    pay_currency, pay_address, payin_extra_id, network, expires_at, next_ask_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now() + make_interval(secs => $14))
on conflict (provider, payment_id) do nothing
"""


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order as it is inserted; prices are the catalogue's of this moment."""

    id: UUID
    email: str
    locale: str
    product: Order
    quantity: int
    idempotency_key: str | None
    fingerprint: bytes
    session_token_hash: bytes

    @property
    def amount(self) -> Decimal:
        """What the customer pays, in the product's currency."""
        price: Decimal = self.product["price"]
        return price * self.quantity


async def product(pool: Pool, product_id: str) -> Order | None:
    """A product that can be ordered."""
    return await pool.fetchrow(_PRODUCT, product_id)


async def insert_order(connection: Connection, order: NewOrder) -> bool:
    """False: the idempotency key has been used."""
    found = order.product
    return bool(
        await connection.fetchval(
            _INSERT_ORDER,
            order.id,
            order.email,
            order.locale,
            found["id"],
            found["name"],
            found["kinguin_product_id"],
            found["offer_id"],
            found["price_ceiling"],
            order.quantity,
            found["price"],
            order.amount,
            found["currency"],
            order.idempotency_key,
            order.fingerprint,
            order.session_token_hash,
        )
    )


async def order(pool: Pool, order_id: UUID) -> Order | None:
    """The order with this id."""
    return await pool.fetchrow(_ORDER + "where id = $1", order_id)


async def order_by_key(connection: Connection, idempotency_key: str) -> Order | None:
    """The order that was placed with this idempotency key."""
    return await connection.fetchrow(_ORDER + "where idempotency_key = $1", idempotency_key)


async def payments(pool: Pool, order_id: UUID) -> Sequence[Order]:
    """The order's payments, oldest first."""
    return await pool.fetch(_PAYMENT + "where order_id = $1 order by created_at, id", order_id)


async def payment(connection: Connection, payment_id: str) -> Order | None:
    """The payment that NOWPayments knows by this id."""
    return await connection.fetchrow(_PAYMENT + "where provider = 'nowpayments' and payment_id = $1", payment_id)


async def timeline(pool: Pool, order_id: UUID) -> Sequence[Order]:
    """What the customer may see of the order's timeline."""
    return await pool.fetch(_TIMELINE, order_id)


async def waiting_payment(connection: Pool | Connection, order_id: UUID, pay_currency: str) -> Order | None:
    """A payment of the order in this coin that still waits for money."""
    return await connection.fetchrow(_PAYMENT + _WAITING, order_id, pay_currency.lower())


async def lock_payment_of(connection: Connection, order_id: UUID) -> None:
    """Until the transaction ends nobody else records a payment for this order."""
    await connection.execute("select pg_advisory_xact_lock($1)", int.from_bytes(order_id.bytes[8:], signed=True))


async def insert_payment(
    connection: Connection, row_id: UUID, order_id: UUID, payment: Payment, *, ask_after_s: float
) -> None:
    """Records a payment that the provider has made; the reconciler asks about it from `ask_after_s` on."""
    await connection.execute(
        _INSERT_PAYMENT,
        row_id,
        order_id,
        payment.payment_id,
        payment.invoice_id,
        payment.status,
        payment.price_amount,
        payment.price_currency,
        payment.pay_amount,
        payment.pay_currency,
        payment.pay_address,
        payment.payin_extra_id,
        payment.network,
        payment.expires_at,
        ask_after_s,
    )
