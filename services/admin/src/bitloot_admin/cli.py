"""`bitloot admin`: the first admin, a way back in for a locked-out one, and the pages' acts from a shell."""

import asyncio
import os
import sys
from typing import Annotated

import asyncpg
import typer
from bitloot_common import db
from bitloot_common.cli.output import fail, print_json
from bitloot_common.problem import Problem
from bitloot_common.settings import DatabaseSettings, load
from pydantic import SecretStr, ValidationError

from bitloot_admin import cli_acts, cli_lookup
from bitloot_admin.identity import Identity
from bitloot_admin.models.people import NewPerson, Person
from bitloot_admin.rights import RIGHTS, Role
from bitloot_admin.use_cases import generate_history as history
from bitloot_admin.use_cases.add_person import PersonExists, add_person

app = typer.Typer(help="People of the admin service, and orders by their ids.", no_args_is_help=True)


app.command("find")(cli_lookup.find)
app.command("order")(cli_lookup.order)
for act in (
    cli_acts.retry, cli_acts.resend, cli_acts.revoke, cli_acts.replay_webhook, cli_acts.note, cli_acts.jobs,
    cli_acts.abort,
):  # fmt: skip
    app.command(act.__name__.replace("_", "-"))(act)


@app.callback()
def admin_commands() -> None:
    """People of the admin service, and orders by their ids."""


@app.command()
def create(
    email: Annotated[str, typer.Argument(help="Their e-mail, with which they sign in.")],
    name: Annotated[str, typer.Option(help="How the pages call them.")] = "",
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.ADMIN,
    if_absent: Annotated[bool, typer.Option("--if-absent", help="Exit 0 when the e-mail is taken.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Adds a person, by default an admin. The password is ADMIN_PASSWORD, else asked for, else read from stdin."""
    settings = load(DatabaseSettings)
    try:
        new = NewPerson(
            email=email,
            name=name or email.partition("@")[0],
            role=role,
            password=SecretStr(_password()),
            reason="made by command",
        )
    except ValidationError as error:
        fail("; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)))
    try:
        person = asyncio.run(_create(settings.database_url, new))
    except PersonExists as error:
        if if_absent:
            raise typer.Exit from None
        fail(error.detail)
    except Problem as error:
        fail(error.detail)
    if json:
        print_json(person.model_dump(mode="json", by_alias=True))
    else:
        typer.echo(f"{person.email} may sign in as {person.role}")


def _password() -> str:
    given = os.environ.get("ADMIN_PASSWORD")
    if given:
        return given
    if sys.stdin.isatty():
        asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return asked
    return sys.stdin.readline().rstrip("\n")


async def _create(database_url: str, new: NewPerson) -> Person:
    connection = await asyncpg.connect(database_url, timeout=10)
    try:
        await db.prepare(connection)
        user = f"command:{os.environ.get('USER', 'unknown')}"
        return await add_person(connection, new, by=Identity(user, Role.ADMIN, RIGHTS[Role.ADMIN]))
    finally:
        await connection.close()


@app.command()
def generate_history(
    orders: Annotated[
        int, typer.Option(min=1, max=10_000_000, help="Five webhook logs are made for each.")
    ] = 1_000_000,
) -> None:
    """Fills an EMPTY database with made-up orders, to see every page at its real size. Never for production."""
    settings = load(DatabaseSettings)
    try:
        asyncio.run(history.generate_history(settings.database_url, orders, typer.echo))
    except history.DatabaseNotEmpty as error:
        fail(str(error))
