"""The whole system as customers see it, for tests that buy many things quickly."""

import asyncio
from typing import Any

from shop import Order
from shop import Shop as Storefront

# The limits that protect a real provider and a real shop would make 200 orders take two minutes.
UNLIMITED = {
    "NOWPAYMENTS_PAYMENTS_PER_S_MAX": "1000",
    "NOWPAYMENTS_REQUESTS_PER_S_MAX": "1000",
    "API_REQUESTS_PER_SOURCE_PER_MINUTE_MAX": "100000",
}


async def restart(system: Any, name: str, **env: str) -> None:
    """A service of the running system, with `env` on top of its own this once."""
    await asyncio.to_thread(system.restart, name, env)


async def kill(system: Any, name: str) -> None:
    await asyncio.to_thread(system.kill, name)


async def start(system: Any, name: str, **env: str) -> None:
    await asyncio.to_thread(system.start, name, env)


async def buy(storefront: Storefront, name: str, count: int, at_once: int = 16) -> list[Order]:
    """So many paid orders, of `<name>-<number>@example.com`."""
    turn = asyncio.Semaphore(at_once)

    async def one(number: int) -> Order:
        async with turn:
            order = await storefront.order(f"{name}-{number}@example.com")
            await storefront.pay(await storefront.payment(order))
            return order

    return list(await asyncio.gather(*(one(number) for number in range(count))))
