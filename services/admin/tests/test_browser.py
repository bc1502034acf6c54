"""The pages in a real browser: accessible in both schemes and widths, usable by keyboard, state in the URL."""

import hashlib
import json
import re
from collections.abc import Iterator

import pytest
from admin_pages import NARROW, WIDE, launch, page, sign_in, violations
from bitloot_admin.pages.render import CONTENT_SECURITY_POLICY, STATIC
from playwright.sync_api import Browser, Page, StorageState, expect, sync_playwright

from .conftest import PASSWORD, Admin

OPERATOR = "operator@bitloot.example"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = launch(playwright)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def session(browser: Browser, admin: Admin) -> StorageState:
    """An operator's cookies: signing in once is enough for all that is not about signing in."""
    with page(browser) as opened:
        sign_in(opened, admin.url, OPERATOR, PASSWORD)
        return opened.context.storage_state()


@pytest.fixture
def signed_in(browser: Browser, admin: Admin, session: StorageState) -> Iterator[Page]:
    with page(browser, storage_state=session) as opened:
        opened.goto(admin.url)
        yield opened


@pytest.fixture(scope="module")
def paths(admin: Admin) -> list[str]:
    client = admin.bearer()
    order = client.get("/admin/orders?status=fulfilled&limit=1").json()["items"][0]["orderId"]
    webhook = client.get("/admin/webhook-logs?limit=1").json()["items"][0]["id"]
    letter = client.get("/admin/dead-letters?limit=1").json()["items"][0]["id"]
    return [
        "/", "/orders", f"/orders/{order}", "/orders?q=nobody@nowhere", "/payments?limit=15", "/reservations?limit=15",
        "/deliveries?limit=15", "/webhooks?limit=15", f"/webhooks?open={webhook}&limit=5", f"/webhooks/{webhook}",
        "/dead-letters", "/dead-letters?state=replayed", f"/dead-letters/{letter}", f"/dead-letters/replay?id={letter}",
        f"/dead-letters/{letter}/edit", "/jobs", "/outages", "/audit", "/people",
    ]  # fmt: skip


@pytest.mark.parametrize(("scheme", "width"), [("light", WIDE), ("dark", NARROW)])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    browser: Browser, admin: Admin, paths: list[str], scheme: str, width: int
) -> None:
    # axe is injected, which our policy rightly forbids to everybody else
    with page(browser, width=width, scheme=scheme, bypass_csp=True) as opened:
        found = [("/sign-in", checked(opened, f"{admin.url}/sign-in"))]
        sign_in(opened, admin.url, "admin@bitloot.example", PASSWORD)
        for path in paths:
            found.append((path, checked(opened, admin.url + path)))
            assert opened.evaluate("document.documentElement.scrollWidth") <= width, path
    assert [each for each in found if each[1]] == []


def checked(opened: Page, url: str) -> list[tuple[str, str]]:
    opened.goto(url)
    return violations(opened)


def test_filters_survive_reload_and_back(signed_in: Page, admin: Admin) -> None:
    signed_in.goto(f"{admin.url}/orders")
    signed_in.locator("select[name=status]").select_option("expired")
    expect(signed_in).to_have_url(re.compile(r"/orders\?status=expired$"))
    chips = signed_in.locator("#results td[data-label=Fulfilment] .chip")
    expect(chips.first).to_have_text("expired")
    signed_in.reload()
    expect(signed_in.locator("select[name=status]")).to_have_value("expired")
    signed_in.locator("[data-row]").first.click()
    expect(signed_in).to_have_url(re.compile(r"/orders/[0-9a-f-]{36}$"))
    signed_in.go_back()
    expect(signed_in.locator("select[name=status]")).to_have_value("expired")
    expect(chips.first).to_have_text("expired")


def refreshes(opened: Page, selector: str, event: str) -> None:
    opened.locator(selector).evaluate("(place, name) => place.dispatchEvent(new CustomEvent(name))", event)


def test_a_refresh_that_fails_leaves_what_is_there_and_says_so(
    browser: Browser, admin: Admin, session: StorageState
) -> None:
    with page(browser, storage_state=session, refusals=1, status=503) as opened:
        opened.goto(admin.url)
        light, tiles = opened.locator("#live"), opened.locator(".tile")
        expect(light).to_have_attribute("data-state", "on")
        count = tiles.count()
        opened.route(f"{admin.url}/", lambda route: route.fulfill(status=503, body="away"), times=1)
        refreshes(opened, "#overview", "live-tick")
        expect(light).to_have_text("not up to date")
        expect(tiles).to_have_count(count)
        refreshes(opened, "#overview", "live-tick")
        expect(light).to_have_text("live")
        expect(tiles).to_have_count(count)


def test_a_refresh_after_the_session_has_ended_leads_to_signing_in(signed_in: Page) -> None:
    expect(signed_in.locator("#live")).to_have_attribute("data-state", "on")
    signed_in.context.clear_cookies()
    refreshes(signed_in, "#overview", "live-tick")
    expect(signed_in).to_have_url(re.compile(r"/sign-in"))


def test_a_tab_that_is_shown_again_reads_again_what_it_missed(signed_in: Page, admin: Admin, paths: list[str]) -> None:
    (order,) = [path for path in paths if re.fullmatch(r"/orders/[0-9a-f-]{36}", path)]
    signed_in.goto(admin.url + order)
    expect(signed_in.locator("#live")).to_have_attribute("data-state", "on")
    show = "hidden => { Object.defineProperty(document, 'hidden', {get: () => hidden, configurable: true});"
    show += " document.dispatchEvent(new Event('visibilitychange')); }"
    signed_in.evaluate(show, True)
    with signed_in.expect_response(admin.url + order):
        signed_in.evaluate(show, False)


def test_filters_are_kept_as_a_view_of_ones_own(browser: Browser, signed_in: Page, admin: Admin) -> None:
    signed_in.goto(f"{admin.url}/orders")
    signed_in.locator("select[name=status]").select_option("expired")
    expect(signed_in).to_have_url(re.compile(r"status=expired$"))
    signed_in.get_by_role("button", name="Save view").click()
    signed_in.get_by_label("Name").fill("Too late")
    signed_in.get_by_role("button", name="Save", exact=True).click()
    views = signed_in.get_by_role("navigation", name="Saved views")
    signed_in.goto(f"{admin.url}/orders")
    views.get_by_role("link", name="Too late").click()
    expect(signed_in.locator("select[name=status]")).to_have_value("expired")
    with page(browser) as other:
        sign_in(other, admin.url, "viewer@bitloot.example", PASSWORD)
        other.goto(f"{admin.url}/orders")
        expect(other.get_by_role("navigation", name="Saved views")).to_have_count(0)
    views.get_by_role("button", name="Forget the view Too late").click()
    expect(views).to_have_count(0)


def test_pages_of_a_list_are_links_that_can_be_kept(signed_in: Page, admin: Admin) -> None:
    signed_in.goto(f"{admin.url}/orders?limit=10")
    first = signed_in.locator("[data-row]").first.get_attribute("href")
    signed_in.keyboard.press("n")
    expect(signed_in.locator("[data-row]").first).not_to_have_attribute("href", first or "")
    assert "cursor=" in signed_in.url
    expect(signed_in.locator("#live")).to_have_attribute("data-state", "on")  # its scripts have run
    signed_in.keyboard.press("p")
    expect(signed_in.locator("[data-row]").first).to_have_attribute("href", first or "")


def test_a_webhook_opens_over_its_list_and_stays_in_the_url(signed_in: Page, admin: Admin) -> None:
    signed_in.goto(f"{admin.url}/webhooks?eventType=finished")
    link = signed_in.locator("[data-row]").first
    link.click()
    dialog = signed_in.get_by_role("dialog")
    expect(dialog.locator("pre[data-view=pretty]").first).to_contain_text("payment_status")
    dialog.get_by_role("button", name="Raw").first.click()
    expect(dialog.locator("pre[data-view=raw]").first).to_contain_text('"payment_status":"finished"')
    signed_in.reload()
    expect(signed_in.get_by_role("dialog")).to_be_visible()
    assert "open=" in signed_in.url
    signed_in.keyboard.press("Escape")
    expect(signed_in.get_by_role("dialog")).to_have_count(0)
    assert "open=" not in signed_in.url
    assert "eventType=finished" in signed_in.url


def test_a_replay_says_what_it_will_do_and_what_it_did(signed_in: Page, admin: Admin) -> None:
    signed_in.goto(f"{admin.url}/webhooks?outcome=accepted")
    signed_in.locator("[data-row]").first.click()
    signed_in.get_by_role("dialog").get_by_role("button", name="Replay").click()
    asked = signed_in.get_by_role("dialog", name="Confirm")
    expect(asked).to_contain_text("does not cause twice")
    asked.get_by_role("button", name="Replay").click()
    expect(signed_in.locator("p.note.good")).to_contain_text("again, as event")
    expect(signed_in.get_by_text(f"by {OPERATOR}")).to_be_visible()


def test_everything_has_a_key(signed_in: Page, admin: Admin) -> None:
    email = admin.bearer().get("/admin/orders?status=fulfilled&limit=1").json()["items"][0]["email"]
    signed_in.keyboard.press("?")
    expect(signed_in.get_by_role("dialog", name="Keyboard")).to_be_visible()
    signed_in.keyboard.press("Escape")
    signed_in.keyboard.press("g")
    signed_in.keyboard.press("o")
    expect(signed_in.get_by_role("heading", name="Orders")).to_be_visible()
    expect(signed_in.locator("#live")).to_have_attribute("data-state", "on")  # its scripts have run
    signed_in.keyboard.press("j")
    signed_in.keyboard.press("j")
    expect(signed_in.locator("[data-row]").nth(1)).to_be_focused()
    signed_in.keyboard.press("Control+k")
    signed_in.get_by_role("combobox", name="Type a command").fill(email)
    expect(signed_in.get_by_role("option").filter(has_text=email).first).to_be_visible()
    signed_in.keyboard.press("Enter")
    expect(signed_in.get_by_role("link", name=email)).to_be_visible()


def test_a_viewer_is_offered_nothing_that_is_refused(browser: Browser, admin: Admin, paths: list[str]) -> None:
    with page(browser) as opened:
        sign_in(opened, admin.url, "viewer@bitloot.example", PASSWORD)
        for path in (path for path in paths if "/orders/" in path or "/webhooks" in path or "/dead-letters" in path):
            if path.endswith("/edit"):
                continue
            opened.goto(admin.url + path)
            for name in (
                "Replay",
                "Re-send keys",
                "Revoke links",
                "Retry fulfilment",
                "Discard",
                "Edit…",
                "Exact bytes",
            ):
                expect(opened.get_by_role("button", name=name, exact=True)).to_have_count(0)
                expect(opened.get_by_role("link", name=name, exact=True)).to_have_count(0)


def test_pages_may_load_nothing_from_elsewhere(admin: Admin) -> None:
    answer = admin.bearer().get("/orders", headers={"accept": "text/html"})
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert re.findall(r'(?:src|href)="(https?:)?//', answer.text) == []
    assert " style=" not in answer.text
    assert re.findall(r"\son\w+=", answer.text) == []


def test_vendored_files_are_those_that_were_recorded() -> None:
    recorded = json.loads((STATIC / "vendor" / "vendored.json").read_text())
    there = {path.name for path in (STATIC / "vendor").iterdir()} - {"vendored.json"}
    assert there == set(recorded)
    for name, entry in recorded.items():
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == entry["sha256"], name
