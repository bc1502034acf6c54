"""Create a payment for an order: one address per order and coin while it waits, however often it is asked for."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import structlog
from bitloot_common import timeline
from bitloot_common.db import Pool
from bitloot_common.events.ingress import PaymentCreated
from bitloot_common.ids import new_id
from bitloot_common.outbox import Outbox
from bitloot_common.problem import Conflict, NotFound, Unavailable, Unprocessable
from bitloot_common.timeline import Entry
from bitloot_nowpayments import (
    AmountTooSmall,
    CurrencyUnavailable,
    MinAmount,
    NewPayment,
    NowPayments,
    NowPaymentsBusy,
    NowPaymentsRefused,
    NowPaymentsUnavailable,
    Payment,
)

from bitloot_ingress import checkout_store as store
from bitloot_ingress.minimums import Minimums

log = structlog.get_logger(__name__)

# Fulfillment takes over from here; this is for a payment whose event it never sees.
ASK_AFTER_S = 120.0

RETRY_AFTER_S = 5

_PAYABLE = frozenset({"created", "awaiting_payment"})


class NotPayable(Conflict):
    """The order is paid, over, or partly paid: then the rest goes to the first address."""


class BelowMinimum(Unprocessable):
    """The coin's network takes no amount as small as this."""


class CoinUnavailable(Unprocessable):
    """The provider does not take this coin, or not now."""


class ProviderAway(Unavailable):
    """NOWPayments does not answer; nothing was recorded."""


class TooManyPayments(Conflict):
    """The order has more payments than any customer needs."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How we ask for money."""

    ipn_callback_url: str
    is_fixed_rate: bool
    payments_per_order_max: int


class PaymentDesk:
    """Creates payments. Of simultaneous requests for one order and coin, one asks the provider."""

    def __init__(self, pool: Pool, outbox: Outbox, provider: NowPayments, minimums: Minimums, terms: Terms) -> None:
        self._pool = pool
        self._outbox = outbox
        self._provider = provider
        self._minimums = minimums
        self._terms = terms
        self._running: dict[tuple[UUID, str], asyncio.Task[store.Order]] = {}

    async def create_payment(self, order_id: UUID, pay_currency: str) -> store.Order:
        """The payment's row. Raises NotFound, NotPayable, TooManyPayments, BelowMinimum, CoinUnavailable or
        ProviderAway."""
        return await self._once((order_id, pay_currency), lambda: self._create(order_id, pay_currency))

    async def _once(self, key: tuple[UUID, str], create: Callable[[], Awaitable[store.Order]]) -> store.Order:
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.ensure_future(create())
            task.add_done_callback(lambda _: self._running.pop(key, None))
        # shielded: one customer's hang-up must not take the address from the other, nor leave it unrecorded
        return await asyncio.shield(task)

    async def _create(self, order_id: UUID, pay_currency: str) -> store.Order:
        order = await store.order(self._pool, order_id)
        if order is None:
            raise NotFound("There is no such order.")
        if order["status"] not in _PAYABLE:
            raise NotPayable("This order takes no new payment.")
        if waiting := await store.waiting_payment(self._pool, order_id, pay_currency):
            return waiting
        if len(await store.payments(self._pool, order_id)) >= self._terms.payments_per_order_max:
            raise TooManyPayments("This order has had too many payments.")
        payment = await self._ask_provider(order, pay_currency)
        return await self._record(order_id, pay_currency, payment)

    async def _ask_provider(self, order: store.Order, pay_currency: str) -> Payment:
        amount, currency = order["amount"], order["currency"]
        try:
            minimum = await self._minimums.of(pay_currency, currency)
            if minimum is not None and minimum.fiat is not None and amount < minimum.fiat:
                raise _below(amount, currency, minimum)
            return await self._provider.create_payment(
                NewPayment(
                    order_id=str(order["id"]),
                    order_description=f"BitLoot order {order['id']}",
                    price_amount=amount,
                    price_currency=currency,
                    pay_currency=pay_currency,
                    ipn_callback_url=self._terms.ipn_callback_url,
                    is_fixed_rate=self._terms.is_fixed_rate,
                )
            )
        except AmountTooSmall:
            raise BelowMinimum("The amount is too small for this coin.", amount=float(amount)) from None
        except CurrencyUnavailable:
            raise CoinUnavailable("This coin is not available now.", payCurrency=pay_currency) from None
        except NowPaymentsRefused:
            raise CoinUnavailable("The payment provider refused this payment.", payCurrency=pay_currency) from None
        except (NowPaymentsUnavailable, NowPaymentsBusy) as error:
            retry_after = str(max(1, round(getattr(error, "retry_after_s", None) or RETRY_AFTER_S)))
            log.warning("payment.provider.away", error=str(error))
            raise ProviderAway(
                "The payment provider does not answer; try again.", headers={"Retry-After": retry_after}
            ) from None

    async def _record(self, order_id: UUID, pay_currency: str, payment: Payment) -> store.Order:
        """The row and the event that tells of it; fulfillment alone moves the order's status."""
        async with self._pool.acquire() as connection, connection.transaction():
            await store.lock_payment_of(connection, order_id)
            # another process may have been quicker: then its address is the one, and ours is never shown
            if waiting := await store.waiting_payment(connection, order_id, pay_currency):
                return waiting
            await store.insert_payment(connection, new_id(), order_id, payment, ask_after_s=ASK_AFTER_S)
            event = PaymentCreated(order_id=order_id, payment_id=payment.payment_id)
            await self._outbox.add(connection, event, key=str(order_id))
            detail = {"paymentId": payment.payment_id, "payCurrency": payment.pay_currency}
            await timeline.append(
                connection, self._outbox, Entry(order_id, "payment.created", public=True, detail=detail)
            )
            row = await store.payment(connection, payment.payment_id)
        self._outbox.committed()
        assert row is not None, "inserted in this transaction, or there before"
        return row


def _below(amount: Decimal, currency: str, minimum: MinAmount) -> BelowMinimum:
    return BelowMinimum(
        "The amount is too small for this coin.",
        amount=float(amount),
        currency=currency,
        minAmount=float(minimum.fiat or 0),
        payCurrency=minimum.currency,
        minPayAmount=float(minimum.amount),
    )
