"""One call that a provider serves: its route, and the name by which faults and the ledger know it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Depends, FastAPI

from bitloot_sandbox.refusals import Api

Endpoint = Callable[..., Any]
TAGS: dict[Api, str] = {
    "nowpayments": "NOWPayments",
    "reservations": "Kinguin reservations",
    "esa": "Kinguin ESA",
}


@dataclass(frozen=True)
class Door:
    api: Api
    operation: str
    method: str
    path: str
    endpoint: Endpoint
    guard: Endpoint | None  # refuses callers without the right key
    summary: str
    status: int = 200

    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{\w+\}", "[^/]+", self.path))


def mount(doors: list[Door], app: FastAPI) -> None:
    """Straight on the application: included routers cost a second search for each request."""
    for door in doors:
        app.add_api_route(
            door.path,
            door.endpoint,
            methods=[door.method],
            status_code=door.status,
            dependencies=[Depends(door.guard)] if door.guard else [],
            summary=door.summary,
            tags=[TAGS[door.api]],
            operation_id=f"{door.api}_{door.operation}_{door.path.split('/')[-2]}_{door.method}".lower(),
        )
