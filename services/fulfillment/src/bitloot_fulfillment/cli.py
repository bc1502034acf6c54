"""`bitloot reconcile` asks the providers about one order, `bitloot return-keys` gives its keys back; by hand."""

import asyncio
import getpass
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, TypeVar
from uuid import UUID

import asyncpg
import typer
from bitloot_common import db, log
from bitloot_common.cli.output import fail, print_json
from bitloot_common.outbox import Outbox
from bitloot_common.retry import Failure
from bitloot_common.settings import LogSettings, load

from bitloot_fulfillment.books import Cause
from bitloot_fulfillment.settings import ShopSettings
from bitloot_fulfillment.shop import Shop, open_shop
from bitloot_fulfillment.use_cases.return_keys import return_keys
from bitloot_fulfillment.use_cases.take_up_order import reconcile_order

T = TypeVar("T")
Order = Annotated[UUID, typer.Option("--order", help="The order's id.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def reconcile(order: Order, json: Json = False) -> None:
    """Asks NOWPayments and Kinguin about one order and takes it up from where it is.

    Messages that come of it are published by the running fulfillment service.
    """
    cause = Cause(None, {"by": "bitloot reconcile"})
    found = _in_shop(lambda shop: reconcile_order(shop.buyer, shop.nowpayments, order, cause))
    if json:
        print_json(found)
        return
    moved = found["before"] if found["before"] == found["after"] else f"{found['before']} -> {found['after']}"
    typer.echo(f"order {order}: {moved}")
    for payment_id, outcome in found["payments"].items():
        typer.echo(f"payment {payment_id}: {outcome}")
    typer.echo(f"purchase: {found['purchase']}")


def give_keys_back(
    order: Order,
    reason: Annotated[str, typer.Option("--reason", help="Kept on the order's timeline.")] = "",
    json: Json = False,
) -> None:
    """Gives the keys of an order that has ended back to Kinguin, which refunds our balance. Repeating it is harmless.

    Only while nobody can have seen them; Kinguin's own rules: once per order, within 24 hours, unclaimed.
    """
    cause = Cause(None, {"by": "bitloot return-keys", "actor": f"cli:{getpass.getuser()}", "reason": reason})
    word = _in_shop(lambda shop: return_keys(shop.buyer, order, cause))
    if json:
        print_json({"orderId": str(order), "purchase": word})
    else:
        typer.echo(f"order {order}: Kinguin says its purchase is {word}")


def _in_shop(act: Callable[[Shop], Awaitable[T]]) -> T:
    """`act` on a shop of its own; a failure that has a name ends the command with it."""

    async def run() -> T:
        outbox = Outbox("fulfillment")
        pool = await db.open_pool(settings, application="bitloot-cli")
        try:
            async with _alive(settings, outbox), open_shop(settings, pool, outbox) as shop:
                return await act(shop)
        finally:
            await db.close_pool(pool)

    settings = load(ShopSettings)
    log.configure("bitloot", load(LogSettings), sys.stderr)
    try:
        return asyncio.run(run())
    except Failure as error:
        fail(str(error))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        fail(f"PostgreSQL does not answer: {type(error).__name__}")


@asynccontextmanager
async def _alive(settings: ShopSettings, outbox: Outbox) -> AsyncIterator[None]:
    """Holds this instance's lock: without it the running service takes our lease on a purchase for a dead one's.

    There is no relay here; when the lock is gone, the service's adopts this instance's rows.
    """
    connection = await asyncpg.connect(settings.database_url, timeout=5)
    try:
        await connection.execute("select pg_advisory_lock($1)", outbox.instance)
        yield
    finally:
        await connection.close(timeout=2)
