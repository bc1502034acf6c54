"""The schema's version: upgrade, look, and the services' database roles."""

import asyncio
import os
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

SERVICES = ("ingress", "fulfillment", "delivery", "admin")

_LOCATION = Path(__file__).parent / "migrations"


def _config(database_url: str | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_LOCATION))
    config.set_main_option("path_separator", "os")
    if database_url:
        config.attributes["database_url"] = database_url.replace("postgresql://", "postgresql+asyncpg://", 1)
    return config


def upgrade(database_url: str) -> tuple[str | None, str]:
    """Upgrades to the newest revision. Returns the revision before and after."""
    before = current(database_url)
    command.upgrade(_config(database_url), "head")
    return before, head()


def head() -> str:
    """The revision that the code wants."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None, "the history has at least one revision"
    return revision


def current(database_url: str) -> str | None:
    """The revision that the database has; None when it is empty."""
    return asyncio.run(_current(database_url))


async def _current(database_url: str) -> str | None:
    connection = await asyncpg.connect(database_url, timeout=10)
    try:
        if await connection.fetchval("select to_regclass('alembic_version')") is None:
            return None
        revision: str | None = await connection.fetchval("select version_num from alembic_version")
        return revision
    finally:
        await connection.close()


async def set_logins(database_url: str) -> list[str]:
    """Gives each service's role the password from <SERVICE>_DATABASE_PASSWORD. Returns the roles set."""
    connection = await asyncpg.connect(database_url, timeout=10)
    done = []
    try:
        for service in SERVICES:
            password = os.environ.get(f"{service.upper()}_DATABASE_PASSWORD")
            if password:
                # ALTER ROLE takes no parameters: the server quotes the literal for us
                quoted = await connection.fetchval("select quote_literal($1::text)", password)
                await connection.execute(f"alter role bitloot_{service} login password {quoted}")
                done.append(f"bitloot_{service}")
    finally:
        await connection.close()
    return done
