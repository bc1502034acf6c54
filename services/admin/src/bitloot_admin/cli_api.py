"""Asking admin's API from a shell, with the generated client."""

from typing import Annotated, Any

import httpx
import typer
from bitloot_admin_client import AuthenticatedClient
from bitloot_admin_client.models import Problem
from bitloot_common.cli.output import fail
from bitloot_common.settings import load
from pydantic import SecretStr
from pydantic_settings import BaseSettings

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


class ApiSettings(BaseSettings):
    """Where admin is, and a token for it."""

    admin_url: str
    admin_token: SecretStr


def asked(call: Any) -> Any:
    """What `call(client)` is answered; ends the command when admin refuses, or does not answer."""
    settings = load(ApiSettings)
    client = AuthenticatedClient(base_url=settings.admin_url, token=settings.admin_token.get_secret_value())
    try:
        answer = call(client)
    except httpx.HTTPError as error:
        fail(f"admin does not answer ({type(error).__name__})")
    if isinstance(answer.parsed, Problem):
        fail(f"admin answered {int(answer.status_code)}: {answer.parsed.detail}")
    if answer.status_code >= 300:
        fail(f"admin answered {int(answer.status_code)}: {answer.content.decode(errors='replace')[:200]}")
    return answer.parsed
