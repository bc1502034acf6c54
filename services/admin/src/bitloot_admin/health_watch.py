"""The other services as they say they are: their /readyz, every few seconds; what breaks is remembered.

An open breaker shows there as `degraded`, so an outage of Kinguin, R2 or SMTP is seen the moment that a
service stops consuming for it.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import httpx
import structlog
from bitloot_common.db import Pool
from bitloot_common.deadletters.effect import ITSELF

from bitloot_admin.store import outages

log = structlog.get_logger(__name__)

EVERY_S: Final = 3.0
TIMEOUT_S: Final = 2.5


@dataclass(slots=True)
class ServiceState:
    """One service: `state` is ok, degraded, failed or unknown; `checks` what it says of each dependency."""

    name: str
    url: str
    state: str = "unknown"
    checks: dict[str, str] = field(default_factory=dict)
    asked_at: datetime | None = None


class ServicesWatch:
    """Asks every service; writes the beginning and the end of each outage."""

    def __init__(self, pool: Pool, urls: dict[str, str]) -> None:
        self._pool = pool
        self.services = {name: ServiceState(name, url) for name, url in urls.items() if url}

    async def run(self) -> None:
        """Until cancelled. Raises asyncpg's errors when the outage cannot be written; its agent goes on."""
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
            while True:
                await asyncio.gather(*(self._ask(client, state) for state in self.services.values()))
                for state in self.services.values():
                    await outages.note(self._pool, state.name, broken(state))
                await asyncio.sleep(EVERY_S)

    async def _ask(self, client: httpx.AsyncClient, state: ServiceState) -> None:
        try:
            answer = await client.get(f"{state.url.rstrip('/')}/readyz")
            told = answer.json()
            state.checks = {str(name): str(check) for name, check in told["checks"].items()}
            state.state = {"ready": "ok", "degraded": "degraded"}.get(told["status"], "failed")
        except (httpx.HTTPError, ValueError, KeyError, AttributeError) as error:
            state.checks = {ITSELF: f"failed: {type(error).__name__}"}
            state.state = "failed"
        state.asked_at = datetime.now(UTC)


def broken(state: ServiceState) -> dict[str, str]:
    """What it says that it cannot reach."""
    return {name: told for name, told in state.checks.items() if told != "ok"}
