"""What a request handler may use. `app.py` builds it; handlers ask for it by its type."""

from dataclasses import dataclass
from typing import Annotated

from bitloot_common.client_address import ClientAddress
from bitloot_common.db import Pool
from bitloot_common.outbox import Outbox
from fastapi import Depends, Request

from bitloot_admin.broker import BrokerWatch
from bitloot_admin.clients.oidc import Provider
from bitloot_admin.health_watch import ServicesWatch
from bitloot_admin.live import Hub
from bitloot_admin.models.overview import Overview
from bitloot_admin.remembered import Remembered
from bitloot_admin.settings import Settings
from bitloot_admin.throttle import Throttle
from bitloot_admin.use_cases.replay_dead_letters import Jobs


@dataclass(frozen=True, slots=True)
class Parts:
    """The opened parts of the running service."""

    settings: Settings
    pool: Pool
    outbox: Outbox
    clients: ClientAddress
    sign_ins: Throttle
    provider: Provider | None
    hub: Hub
    broker: BrokerWatch
    health: ServicesWatch
    overview: Remembered[Overview]
    open_dead_letters: Remembered[int]
    jobs: Jobs


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


UsesParts = Annotated[Parts, Depends(_parts)]
