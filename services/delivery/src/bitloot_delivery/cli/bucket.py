"""`bitloot bucket`: the bucket that the sealed keys lie in."""

import asyncio
from typing import Annotated
from urllib.parse import urlsplit

import typer
from bitloot_common.cli.output import fail, print_json
from bitloot_common.settings import load
from pydantic import Field

from bitloot_delivery.clients.s3 import open_storage
from bitloot_delivery.errors import StorageDown, StorageRefused, StorageUnavailable
from bitloot_delivery.settings import StorageSettings

app = typer.Typer(help="The bucket of the sealed keys.", no_args_is_help=True, rich_markup_mode=None)


class BucketSettings(StorageSettings):
    """The bucket, and whose page reads from it."""

    frontend_url: str = Field(pattern="^https?://[^/]+", description="where the link page is")


@app.callback()
def bucket() -> None:
    """The bucket of the sealed keys."""


@app.command()
def apply(json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False) -> None:
    """Makes the bucket where it is missing and lets the link page's origin read from it (CORS). Deletes nothing."""
    settings = load(BucketSettings)
    try:
        done = asyncio.run(_apply(settings))
    except (StorageDown, StorageUnavailable, StorageRefused) as error:
        fail(str(error))
    if json:
        print_json(done)
    else:
        typer.echo(", ".join(f"{what} {how}" for what, how in done.items()))


async def _apply(settings: BucketSettings) -> dict[str, str]:
    page = urlsplit(settings.frontend_url)
    async with open_storage(settings) as storage:
        created = await storage.make_bucket()
        allowed = await storage.allow_origin(f"{page.scheme}://{page.netloc}")
    return {
        "bucket": "created" if created else "is there",
        "cors": "set" if allowed else "left to the bucket's owner: these credentials may not set it",
    }
