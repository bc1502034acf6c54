"""kill -9 of each service in turn: an order placed before still arrives, bought once."""

from typing import Any

import pytest
from shop import Shop

SERVICES = ["ingress", "fulfillment", "delivery", "admin"]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("service", SERVICES)
async def test_an_order_survives_the_kill_of_a_service(shop: Shop, system: Any, service: str) -> None:
    order = await shop.order(f"kill-{service}@example.com")
    payment = await shop.payment(order)
    if service == "ingress":
        system.kill(service)
        system.start(service)
        await shop.pay(payment)
    else:
        await shop.pay(payment)
        system.kill(service)
        system.start(service)
    await shop.reaches(order, "fulfilled", deadline_s=90)
    assert len(await shop.purchases(order.id)) == 1
    assert len(await shop.reveal(await shop.link_for(order))) == 1


@pytest.mark.timeout(240)
async def test_an_order_survives_the_kill_of_all_services_at_once(shop: Shop, system: Any) -> None:
    orders = [await shop.order(f"kill-all-{n}@example.com") for n in range(5)]
    payments = [await shop.payment(order) for order in orders]
    for payment in payments:
        await shop.pay(payment)
    for service in SERVICES:
        system.kill(service)
    for service in SERVICES:
        system.start(service)
    for order in orders:
        await shop.reaches(order, "fulfilled", deadline_s=90)
        assert len(await shop.purchases(order.id)) == 1
