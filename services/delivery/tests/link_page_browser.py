"""A real browser on a real delivery page: Chromium, axe-core, screenshots where DELIVERY_SCREENSHOTS says."""

import asyncio
import base64
import io
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import segno
import uvicorn
from axe_playwright_python.async_playwright import Axe
from delivery_shop import Shop
from eventually import eventually
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

NARROW, WIDE = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=900)


def a_picture() -> str:
    """A picture key as Kinguin sells them: base64 of a PNG, here with a QR code on it."""
    out = io.BytesIO()
    segno.make("PICTURE-KEY").save(out, kind="png", scale=6)
    return base64.b64encode(out.getvalue()).decode()


PICTURE = a_picture()


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """Debian's Chromium where it is, else Playwright's own."""
    async with async_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        await browser.close()


@asynccontextmanager
async def served(shop: Shop) -> AsyncIterator[str]:
    """The shop's pages on the address that the bucket's CORS rules allow; yields their origin."""
    origin = shop.settings.frontend_url
    parts = urlsplit(origin)
    app = shop.http._transport.app  # type: ignore[attr-defined]
    config = uvicorn.Config(app, host=parts.hostname or "", port=parts.port or 0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    yield origin
    server.should_exit = True
    await task


@asynccontextmanager
async def a_page(browser: Browser, **options: Any) -> AsyncIterator[Page]:
    """A page of a fresh profile that fails the test on any script error or refused resource."""
    context = await browser.new_context(**{"viewport": WIDE, "locale": "en-GB"} | options)
    page = await context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if "Content Security" in message.text else None)
    yield page
    await context.close()
    assert troubles == []


async def accessible(page: Page) -> None:
    """No violation that axe-core knows of, nothing beyond the right edge."""
    results = await Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    width = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, f"the page is {width} px too wide"


async def screenshot(page: Page, name: str) -> None:
    directory = os.environ.get("DELIVERY_SCREENSHOTS")
    if directory:
        path = Path(directory) / f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=path, full_page=True)
