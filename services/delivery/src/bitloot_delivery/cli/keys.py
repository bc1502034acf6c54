"""`bitloot keys`: the key ring that wraps every sealed object's data key."""

import asyncio
from typing import Annotated

import asyncpg
import typer
from bitloot_common import db
from bitloot_common.cli.output import fail, print_json
from bitloot_common.settings import DatabaseSettings, load

from bitloot_delivery.settings import KeyRingSettings
from bitloot_delivery.store import keys
from bitloot_delivery.use_cases.rotate_keys import Rotation, rotate_keys

app = typer.Typer(help="The key ring that wraps the sealed objects' data keys.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


class KeysSettings(DatabaseSettings, KeyRingSettings):
    """DATABASE_URL of delivery or of the owner, and KEY_RING."""


@app.command()
def rotate(json: Json = False) -> None:
    """Wraps every data key with KEY_RING's first key. Objects stay as they are; services may run meanwhile.

    Put the new key first in KEY_RING, keep the old one behind it, restart delivery, run this, then take the old
    one out. Exits 1 when a row could not be rewrapped.
    """
    settings = load(KeysSettings)
    done = asyncio.run(_rotate(settings))
    if json:
        print_json({"current": settings.ring().current, "rewrapped": done.rewrapped, "failed": done.failed})
    else:
        typer.echo(f"{done.rewrapped} data keys are now wrapped with {settings.ring().current!r}")
    if done.failed:
        failed = ", ".join(f"{count} under {kid!r}" for kid, count in sorted(done.failed.items()))
        fail(f"not rewrapped: {failed}; is that key still in KEY_RING?")


@app.command()
def status(json: Json = False) -> None:
    """How many data keys each key of the ring wraps. One that wraps none may be taken out of KEY_RING."""
    settings = load(KeysSettings)
    counts = asyncio.run(_count(settings))
    if json:
        print_json({"current": settings.ring().current, "wrapped": counts})
        return
    for kid, count in counts.items():
        typer.echo(f"{kid:32} {count}")


async def _rotate(settings: KeysSettings) -> Rotation:
    connection = await asyncpg.connect(settings.database_url, timeout=10)
    try:
        await db.prepare(connection)
        return await rotate_keys(connection, settings.ring())
    finally:
        await connection.close()


async def _count(settings: KeysSettings) -> dict[str, int]:
    connection = await asyncpg.connect(settings.database_url, timeout=10)
    try:
        return await keys.count_by_kid(connection)
    finally:
        await connection.close()
