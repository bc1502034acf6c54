"""A headless Chromium, and how a person uses these pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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
def page(browser: Browser, *, width: int = WIDE, scheme: str = "light", **options: Any) -> Iterator[Page]:
    """A fresh browser profile's page. Anything that its console complains of fails the test."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)  # type: ignore[arg-type]
    context.set_default_timeout(60_000)
    opened = context.new_page()
    opened.on("console", lambda message: complaints.extend([message.text] if message.type == "error" else []))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == [], "the browser's console complains"


def sign_in(opened: Page, url: str, email: str, password: str) -> None:
    """Types into the sign-in form and waits for the overview."""
    opened.goto(f"{url}/sign-in")
    opened.get_by_label("E-mail").fill(email)
    opened.get_by_label("Password").fill(password)
    opened.get_by_role("button", name="Sign in", exact=True).click()
    expect(opened.get_by_role("heading", name="Overview")).to_be_visible()
