"""kill -9 of each process in turn: orders that are on their way still arrive, bought once."""

import os

import pytest
from shop import Shop
from stack import ENGINES, SERVICES, Stack

# where the processes are ours, test_chaos.py kills the two that take long to come back
OTHERS = ENGINES if os.environ.get("E2E_TARGET") == "compose" else ("s3", "smtp")
TELLS = ("ingress", "sandbox")  # neither can be gone when the second payment is told of


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", [*SERVICES, *OTHERS, "sandbox"])
async def test_an_order_survives_the_kill_of_a_process(shop: Shop, stack: Stack, name: str) -> None:
    order, later = [await shop.order(f"kill-{name}-{when}@example.com") for when in ("before", "after")]
    payment, later_payment = await shop.payment(order), await shop.payment(later)
    await shop.pay(payment)
    stack.kill(name)
    if name not in TELLS:
        await shop.pay(later_payment)
    stack.start(name)
    if name in TELLS:
        await shop.pay(later_payment)
    for one in (order, later):
        await shop.reaches(one, "fulfilled", deadline_s=120)
        assert len(await shop.purchases(one.id)) == 1
        assert len(await shop.reveal(await shop.link_for(one))) == 1


@pytest.mark.timeout(240)
async def test_an_order_survives_the_kill_of_all_services_at_once(shop: Shop, stack: Stack) -> None:
    orders = [await shop.order(f"kill-all-{n}@example.com") for n in range(5)]
    payments = [await shop.payment(order) for order in orders]
    for payment in payments:
        await shop.pay(payment)
    for service in SERVICES:
        stack.kill(service)
    for service in SERVICES:
        stack.start(service)
    for order in orders:
        await shop.reaches(order, "fulfilled", deadline_s=90)
        assert len(await shop.purchases(order.id)) == 1
