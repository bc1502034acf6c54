"""`bitloot reconcile`: asks the providers about one order, by hand."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import typer
from bitloot_common import db
from bitloot_common.cli.output import fail, print_json
from bitloot_common.outbox import Outbox
from bitloot_common.retry import Failure
from bitloot_common.settings import load

from bitloot_fulfillment.books import Cause
from bitloot_fulfillment.settings import ShopSettings
from bitloot_fulfillment.shop import open_shop
from bitloot_fulfillment.use_cases.take_up_order import reconcile_order


def reconcile(
    order: Annotated[UUID, typer.Option("--order", help="The order's id.")],
    json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Asks NOWPayments and Kinguin about one order and takes it up from where it is.

    Messages that come of it are published by the running fulfillment service.
    """
    settings = load(ShopSettings)
    try:
        found = asyncio.run(_reconcile(settings, order))
    except Failure as error:
        fail(str(error))
    if json:
        print_json(found)
        return
    moved = found["before"] if found["before"] == found["after"] else f"{found['before']} -> {found['after']}"
    typer.echo(f"order {order}: {moved}")
    for payment_id, outcome in found["payments"].items():
        typer.echo(f"payment {payment_id}: {outcome}")
    typer.echo(f"purchase: {found['purchase']}")


async def _reconcile(settings: ShopSettings, order_id: UUID) -> dict[str, Any]:
    pool = await db.open_pool(settings, application="bitloot-reconcile")
    try:
        # no relay here: this instance's rows are adopted by the service's
        async with open_shop(settings, pool, Outbox("fulfillment")) as shop:
            cause = Cause(None, {"by": "bitloot reconcile"})
            return await reconcile_order(shop.buyer, shop.nowpayments, order_id, cause)
    finally:
        await pool.close()
