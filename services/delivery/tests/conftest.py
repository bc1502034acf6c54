"""Delivery's fixtures: settings for the real servers, and a shop on them (see `delivery_shop.py`)."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from bitloot_delivery.settings import DeliverySettings
from delivery_shop import Shop, a_key, open_shop
from link_page_browser import open_browser, served
from playwright.async_api import Browser


@pytest.fixture(scope="module")
def delivery_settings(database: Any, s3_server: Any, smtp_server: Any) -> DeliverySettings:
    return DeliverySettings(
        database_url=database.url_of("delivery"),
        kafka_bootstrap_servers="none:0",
        http_port=0,
        r2_endpoint=s3_server.endpoint_url,
        r2_access_key_id=s3_server.access_key_id,
        r2_secret_access_key=s3_server.secret_access_key,
        r2_bucket=s3_server.bucket,
        r2_region=s3_server.region,
        key_ring=a_key(),
        link_secrets=a_key(),
        reveals_max=3,
        fresh_link_pause_s=0,
        frontend_url=s3_server.allowed_origin,
        smtp_url=smtp_server.url,
        email_from="BitLoot <keys@bitloot.example>",
        shop_contact="help@bitloot.example",
        kinguin_api="esa",
        kinguin_api_key="unused",
        kinguin_base_url="http://unused.example",
    )


@pytest.fixture
async def shop(database: Any, delivery_settings: DeliverySettings) -> AsyncIterator[Shop]:
    async with AsyncExitStack() as stack:
        yield await open_shop(stack, delivery_settings, database.url)


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as browser:
        yield browser


@pytest.fixture
async def origin(shop: Shop) -> AsyncIterator[str]:
    async with served(shop) as origin:
        yield origin
