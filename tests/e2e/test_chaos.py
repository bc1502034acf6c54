"""Promises 1 and 2 under kill -9: one purchase per paid order, none for unpaid, all of them end.

CHAOS_ORDERS and CHAOS_SEED choose size and seed; `make chaos` runs 2,000.
"""

import os
import random
from typing import Any

import pytest
from chaos import Chaos, Plan
from shop import Shop
from stack import Stack

BOTH_ADAPTERS = True
ORDERS = int(os.environ.get("CHAOS_ORDERS", "40"))
SEED = int(os.environ.get("CHAOS_SEED") or random.randrange(1_000_000))


@pytest.mark.timeout(max(600, ORDERS * 3))
async def test_every_paid_order_is_bought_once_and_mailed(shop: Shop, stack: Stack, capsys: Any) -> None:
    plan = Plan(seed=SEED, orders=ORDERS, engine_restarts=1 if ORDERS < 500 else 2, settle_s=max(180.0, ORDERS * 0.5))
    chaos = Chaos(shop, stack, plan)
    tally = await chaos.run()
    with capsys.disabled():
        print(f"\nchaos seed {SEED}, {ORDERS} orders\n{tally}")
    assert not tally.violations, f"seed {SEED}"
