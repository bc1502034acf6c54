"""Kafka away while services start: who serves people needs the database only, and work begins when Kafka comes."""

from typing import Any

import httpx
import pytest
from bitloot_common.events.fulfillment import DeliveryRequested
from bitloot_common.health import Degraded, health_routes
from bitloot_common.retry import Ladder, Message, WrongDeclaration
from bitloot_delivery.app import _consumers
from eventually import eventually
from fastapi import FastAPI
from shop import Shop as Storefront
from storefronts import kill, start

SERVE_PEOPLE = ("delivery", "ingress", "admin")


@pytest.fixture
async def storefront(system: Any) -> Any:
    storefront = Storefront(system.env)
    await storefront.no_faults()
    yield storefront
    await storefront.close()


async def readiness(storefront: Storefront, system: Any, name: str) -> tuple[int, dict[str, Any]]:
    answer = await storefront.http.get(f"{system.env[f'{name.upper()}_URL']}/readyz")
    return answer.status_code, answer.json()


@pytest.mark.timeout(300)
async def test_links_open_though_delivery_starts_without_kafka(storefront: Storefront, system: Any) -> None:
    order = await storefront.order("early@example.com")
    await storefront.pay(await storefront.payment(order))
    link = await storefront.link_for(order)
    await storefront.reaches(order, "fulfilled")  # the mail is there before the word of it has come through Kafka
    for name in ("kafka", *SERVE_PEOPLE):
        await kill(system, name)
    for name in SERVE_PEOPLE:
        await start(system, name)  # returns when it is ready

    assert (await storefront.http.get(link)).status_code == 200
    assert len(await storefront.reveal(link)) == 1
    assert (await storefront.admin_order(order.id))["status"] == "fulfilled"
    for name in SERVE_PEOPLE:
        status, told = await readiness(storefront, system, name)
        assert (status, told["status"]) == (200, "degraded"), told
    told = (await readiness(storefront, system, "delivery"))[1]
    assert told["checks"]["consumers"] == "degraded: Kafka has not answered yet; new orders wait"
    later = await storefront.order("later@example.com")
    await storefront.pay(await storefront.payment(later))

    await start(system, "kafka")
    await storefront.reaches(later, "fulfilled", deadline_s=120)
    assert (await storefront.http.get(await storefront.link_for(later))).status_code == 200

    async def consuming() -> bool:
        _, told = await readiness(storefront, system, "delivery")
        return bool(told["status"] == "ready")

    await eventually(consuming, "delivery says that all is well again")


async def ready(ladder: Ladder) -> tuple[int, str]:
    """What delivery's /readyz would say of the consumers."""
    app = FastAPI()
    app.include_router(health_routes({"consumers": lambda: _consumers(ladder)}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://delivery.test") as http:
        answer = await http.get("/readyz")
    return answer.status_code, answer.json()["status"]


async def test_partitions_that_change_hands_do_not_take_the_page_away() -> None:
    ladder = Ladder("delivery", "nobody:1")

    @ladder.subscribe("deliveries.requested", DeliveryRequested)
    async def on_delivery_requested(message: Message[DeliveryRequested]) -> None:
        pass

    ladder._lanes = [ladder._main_lane()]  # not assigned, as between a revocation and the next assignment
    assert await ready(ladder) == (200, "degraded")
    with pytest.raises(Degraded, match="delivery has no assignment; new orders wait"):
        await _consumers(ladder)


async def test_a_topic_that_was_not_made_stops_a_deployment() -> None:
    ladder = Ladder("delivery", "nobody:1")
    ladder._wrong = WrongDeclaration("the broker has no topic deliveries.requested")
    assert await ready(ladder) == (503, "not ready")
