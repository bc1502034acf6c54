"""`bitloot catalogue`: what can be ordered."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from bitloot_common import catalogue
from bitloot_common.cli.output import fail, print_json
from bitloot_common.settings import DatabaseSettings, load

app = typer.Typer(help="The product catalogue.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def catalogue_commands() -> None:
    """The product catalogue."""


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(help="Products as YAML.", exists=True, dir_okay=False)],
    json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Inserts or updates the file's products; others stay as they are."""
    settings = load(DatabaseSettings)
    try:
        products = catalogue.read(file)
    except ValidationError as error:
        fail(f"{file}: {error}")
    count = asyncio.run(catalogue.apply(settings.database_url, products))
    if json:
        print_json({"products": [product.id for product in products]})
    else:
        typer.echo(f"{count} products: {', '.join(product.id for product in products)}")
