"""`bitloot erase`: forgets a customer."""

import asyncio
import getpass
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import asyncpg
import typer
from bitloot_common import db
from bitloot_common.cli.output import fail, print_json
from bitloot_common.settings import DatabaseSettings, load

from bitloot_delivery.clients.s3 import open_storage
from bitloot_delivery.errors import OrderUnknown, StorageDown, StorageRefused, StorageUnavailable
from bitloot_delivery.settings import StorageSettings
from bitloot_delivery.use_cases.erase_order import Erased, MailUnderWay, StillOpen, erase_order


class EraseSettings(DatabaseSettings, StorageSettings):
    """DATABASE_URL of the schema's owner, and the bucket."""


def erase(
    order: Annotated[UUID, typer.Option("--order", help="The order's id.")],
    reason: Annotated[str, typer.Option("--reason", help="Kept in the audit log.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Also while the customer is owed something.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Erases an order's personal data and its sealed keys; keeps the books. Repeating it is harmless."""
    settings = load(EraseSettings)
    try:
        erased = asyncio.run(_erase(settings, order, reason, force))
    except (OrderUnknown, StillOpen, MailUnderWay, StorageDown, StorageUnavailable, StorageRefused) as error:
        fail(str(error))
    if json:
        print_json(asdict(erased))
    else:
        typer.echo(
            f"order {order}: {erased.objects} objects, {erased.parts} wrapped keys and the customer's data are gone; "
            f"{erased.links} links revoked"
        )


async def _erase(settings: EraseSettings, order_id: UUID, reason: str, force: bool) -> Erased:
    connection = await asyncpg.connect(settings.database_url, timeout=10)
    try:
        await db.prepare(connection)
        async with open_storage(settings) as storage:
            return await erase_order(
                connection, storage, order_id, actor=f"cli:{getpass.getuser()}", reason=reason, force=force
            )
    finally:
        await connection.close()
