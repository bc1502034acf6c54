"""Composition of the use cases' parts, for the service and for the command line."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bitloot_common.db import Pool
from bitloot_common.outbox import Outbox
from bitloot_kinguin import Kinguin, open_kinguin
from bitloot_nowpayments import NowPayments

from bitloot_fulfillment.books import Books
from bitloot_fulfillment.buyer import Buyer
from bitloot_fulfillment.cashier import Cashier
from bitloot_fulfillment.deadlines import Deadlines
from bitloot_fulfillment.settings import ShopSettings


@dataclass(frozen=True, slots=True)
class Shop:
    """Everything that a use case may be handed."""

    books: Books
    cashier: Cashier
    buyer: Buyer
    kinguin: Kinguin
    nowpayments: NowPayments
    deadlines: Deadlines


@asynccontextmanager
async def open_shop(settings: ShopSettings, pool: Pool, outbox: Outbox) -> AsyncIterator[Shop]:
    """Opens the clients of both providers and closes them at the end."""
    deadlines = Deadlines(settings.reconcile_interval_s)
    books = Books(pool, outbox)
    cashier = Cashier(books, settings.payment_policy, deadlines)
    kinguin = open_kinguin(settings)
    try:
        async with NowPayments(settings.nowpayments_base, settings.nowpayments_api_key) as nowpayments:
            buyer = Buyer(books, kinguin, cashier, deadlines, settings.purchase_policy, settings.purchase_call_s_max)
            yield Shop(books, cashier, buyer, kinguin, nowpayments, deadlines)
    finally:
        await kinguin.close()
