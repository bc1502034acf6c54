"""`bitloot db`: the schema and the roles."""

import asyncio
from typing import Annotated

import typer

from bitloot_common import schema
from bitloot_common.cli.output import print_json
from bitloot_common.settings import DatabaseSettings, load

app = typer.Typer(help="The shared database's schema and roles.", no_args_is_help=True, rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def upgrade(json: Json = False) -> None:
    """Brings the schema to the newest revision and gives each service's role its password.

    DATABASE_URL names a role that owns the schema. <SERVICE>_DATABASE_PASSWORD, where set, becomes that
    service's login (bitloot_<service>). A second run changes nothing.
    """
    settings = load(DatabaseSettings)
    before, after = schema.upgrade(settings.database_url)
    logins = asyncio.run(schema.set_logins(settings.database_url))
    if json:
        print_json({"from": before, "to": after, "logins": logins})
    else:
        typer.echo(f"schema {before or 'empty'} -> {after}; logins set: {', '.join(logins) or 'none'}")


@app.command()
def current(json: Json = False) -> None:
    """Says which revision the database has and which the code wants; exits 1 when they differ."""
    settings = load(DatabaseSettings)
    has, wants = schema.current(settings.database_url), schema.head()
    if json:
        print_json({"has": has, "wants": wants})
    else:
        typer.echo(f"database {has or 'empty'}, code {wants}")
    raise typer.Exit(0 if has == wants else 1)
