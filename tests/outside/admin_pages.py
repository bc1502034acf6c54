"""A headless Chromium, and how a person uses admin's pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Browser, Page, Playwright, expect

WIDE, NARROW = 1360, 390
# the machine may be busy; waiting longer never makes a wrong page right
expect.set_options(timeout=60_000)


def launch(playwright: Playwright) -> Browser:
    """The system's Chromium where there is one, else Playwright's own (`playwright install chromium`)."""
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    return playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])


@contextmanager
def page(
    browser: Browser, *, width: int = WIDE, scheme: str = "light", refusals: int = 0, status: int = 422, **options: Any
) -> Iterator[Page]:
    """A fresh browser profile's page. Anything that its console complains of fails the test, but for as many
    answers of `status` as the test provokes."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)  # type: ignore[arg-type]
    context.set_default_timeout(60_000)
    opened = context.new_page()
    opened.on("console", lambda message: complaints.extend([message.text] if message.type == "error" else []))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    refused = [text for text in complaints if f"status of {status}" in text]
    assert len(refused) == refusals, complaints
    assert [text for text in complaints if text not in refused] == [], "the browser's console complains"


def sign_in(opened: Page, url: str, email: str, password: str) -> None:
    """Types into the sign-in form and waits for the overview."""
    opened.goto(f"{url}/sign-in")
    opened.get_by_label("E-mail").fill(email)
    opened.get_by_label("Password").fill(password)
    opened.get_by_role("button", name="Sign in", exact=True).click()
    expect(opened.get_by_role("heading", name="Overview")).to_be_visible()


def violations(opened: Page) -> list[tuple[str, str]]:
    """What axe finds wrong with the page as it is. It is injected: open the page with `bypass_csp=True`."""
    opened.evaluate(_axe())
    # without resultTypes axe also describes everything that is right, which takes most of its time
    answer = opened.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [(rule["id"], str([node["target"] for node in rule["nodes"]][:3])) for rule in answer["violations"]]


@cache
def _axe() -> str:
    return next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text()
