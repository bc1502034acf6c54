"""Admin on a shop of years: what each list costs the database, and when a page is painted.

    python -m bench.admin [--orders 200000] [--out FILE]

A stack of its own (Kafka, PostgreSQL, admin) with made-up history: five webhook logs for each order. The
database's times are those of the service's own statements by its own role, page and total together.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from bitloot_admin.models.model import Model
from bitloot_admin.paging import PageRequest
from bitloot_admin.store import overview
from bitloot_admin.store.listing import fetch_page
from bitloot_admin.use_cases.find_anything import find_anything
from bitloot_admin.use_cases.generate_history import generate_history
from bitloot_admin.use_cases.show_order import show_order
from bitloot_common.db import open_pool
from bitloot_common.settings import DatabaseSettings
from bitloot_local import topology
from bitloot_local.config import Config
from bitloot_local.layout import DEFAULT_ROOT
from bitloot_local.program import Lane, Report
from bitloot_local.servers import python_services
from bitloot_local.system import System, settings
from bitloot_local.topology import Topology

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "outside"))

from admin_lists import LISTS
from admin_pages import launch, page, sign_in
from playwright.sync_api import sync_playwright

ROUNDS = 3
PASSWORD = "a good password for the bench"
TABLES = "orders, payments, reservations, deliveries, webhook_logs, order_events, dead_letters"
# milliseconds since the navigation began; it may be yet to come
FIRST_PAINT = """new Promise((done) => new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (entry.name === "first-contentful-paint") done(entry.startTime);
}).observe({ type: "paint", buffered: true }))"""


class Anything(Model):
    """A row of any list: what is measured is the database, not the model."""


async def admin_only(config: Config, report: Report) -> Topology:
    """Kafka, PostgreSQL and admin."""
    return Topology(
        servers=await topology.servers(config, ("kafka", "postgres"), report),
        lanes=(
            Lane("postgres", (python_services.schema(config),)),
            Lane("kafka", (python_services.topics(config),)),
        ),
        services=(python_services.service(config, "admin"),),
    )


async def fill(owner_url: str, orders: int) -> float:
    """Makes the history, and vacuums as the autovacuum of a shop of years has. Returns seconds."""
    started = time.monotonic()
    await generate_history(owner_url, orders, lambda line: print(line, flush=True))
    took = time.monotonic() - started
    connection = await asyncpg.connect(owner_url)
    await connection.execute(f"vacuum (analyze) {TABLES}", timeout=600)
    await connection.close()
    return took


async def database_ms(admin_url: str) -> dict[str, float]:
    """Milliseconds of each list (first page, and a page further on) and of each page that is no list."""
    pool = await open_pool(
        DatabaseSettings(database_url=admin_url), application="bench", plan_cache_mode="force_custom_plan"
    )
    order = await pool.fetchval("select id from orders where status = 'fulfilled' order by id desc limit 1")
    email = await pool.fetchval("select email from orders where id = $1", order)
    told: dict[str, float] = {}
    for name, listing in LISTS.items():
        told[name] = await _ms(partial(fetch_page, pool, listing, PageRequest(), Anything))
        further = (await fetch_page(pool, listing, PageRequest(limit=200), Anything)).next_cursor
        if further:
            request = PageRequest(cursor=further)
            told[f"{name}, further on"] = await _ms(partial(fetch_page, pool, listing, request, Anything))
    told["one order"] = await _ms(lambda: show_order(pool, order))
    told["the search box"] = await _ms(lambda: find_anything(pool, email))
    told["the overview"] = await _ms(lambda: overview.read(pool))
    await pool.close()
    return told


async def _ms(work: Callable[[], Awaitable[Any]]) -> float:
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(taken), 1)


def paint_ms(url: str, token: str) -> dict[str, float]:
    """First contentful paint of each page in Chromium, the median of some loads."""
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, trust_env=False) as client:
        new = {"email": "bench@bitloot.example", "name": "Bench", "role": "admin", "password": PASSWORD}
        client.post("/admin/people", json=new).raise_for_status()
        order = client.get("/admin/orders?status=fulfilled&limit=1").json()["items"][0]["orderId"]
        letter = client.get("/admin/dead-letters?limit=1").json()["items"][0]["id"]
        webhook = client.get("/admin/webhook-logs?limit=1").json()["items"][0]["id"]
    paths = [
        "/", "/orders", "/orders?status=refund_due&sort=-moved", f"/orders/{order}", "/payments", "/reservations",
        "/deliveries", "/webhooks", f"/webhooks?open={webhook}", "/dead-letters", f"/dead-letters/{letter}", "/outages",
        "/jobs", "/audit", "/people",
    ]  # fmt: skip
    told = {}
    with sync_playwright() as playwright:
        browser = launch(playwright)
        with page(browser) as opened:
            sign_in(opened, url, "bench@bitloot.example", PASSWORD)
            for path in paths:
                taken = []
                for _ in range(ROUNDS):
                    opened.goto(url + path)
                    taken.append(opened.evaluate(FIRST_PAINT))
                told[path.replace(order, "…").replace(letter, "…").replace(webhook, "…")] = round(
                    statistics.median(taken)
                )
        browser.close()
    return told


def summary(told: dict[str, float]) -> dict[str, Any]:
    """The slowest ones by name, and the median."""
    slowest = sorted(told.items(), key=lambda item: -item[1])
    return {"slowest": dict(slowest[:5]), "median": statistics.median(told.values()), "count": len(told)}


def measure(orders: int) -> dict[str, Any]:
    """Everything."""
    DEFAULT_ROOT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DEFAULT_ROOT, prefix="bench-admin-") as root:
        Path(root).chmod(0o755)  # PostgreSQL runs as somebody else
        system = System(settings(Path(root)))
        try:
            system.up(admin_only)
            took_s = asyncio.run(fill(system.env["DATABASE_URL"], orders))
            admin_url = system.config.database_url("bitloot_admin", "ADMIN_DATABASE_PASSWORD")
            database = asyncio.run(database_ms(admin_url))
            paint = paint_ms(system.env["ADMIN_URL"], system.env["ADMIN_TOKEN"])
        finally:
            system.down()
    return {
        "orders": orders,
        "webhook_logs": orders * 5,
        "made_in_s": round(took_s),
        "database_ms": summary(database),
        "first_paint_ms": summary(paint),
    }


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--orders", type=int, default=200_000)
    arguments.add_argument("--out", type=Path)
    given = arguments.parse_args()
    told = json.dumps(measure(given.orders), indent=2, ensure_ascii=False)
    print(told)
    if given.out:
        given.out.write_text(told)


if __name__ == "__main__":
    main()
