"""The link page in Chromium: every state in both colour schemes and two widths, by keyboard, without a script."""

from typing import Any, Literal

import pytest
from bitloot_delivery.pages import Pages
from bitloot_kinguin import Code
from delivery_shop import Shop, a_code
from link_page_browser import NARROW, PICTURE, WIDE, a_page, accessible, screenshot
from playwright.async_api import Browser, Page, ViewportSize, expect
from test_links import a_link

SCHEMES: list[tuple[Literal["light", "dark"], ViewportSize]] = [
    ("light", WIDE),
    ("light", NARROW),
    ("dark", WIDE),
    ("dark", NARROW),
]


async def looked_at(browser: Browser, url: str, name: str) -> None:
    """The page in every scheme and width: nothing for axe to say, nothing too wide."""
    async with a_page(browser) as page:
        await page.goto(url)
        await in_every_scheme(page, name)


async def in_every_scheme(page: Page, name: str) -> None:
    for scheme, viewport in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        await page.set_viewport_size(viewport)
        await accessible(page)
        await screenshot(page, f"{name} {scheme} {viewport['width']}")


@pytest.mark.parametrize("kind", ["good", "viewed", "waiting", "expired", "revoked", "spent", "deleted", "tampered"])
async def test_every_kind_of_link_has_an_accessible_page(shop: Shop, browser: Browser, origin: str, kind: str) -> None:
    await looked_at(browser, f"{origin}/d/{await a_link(shop, kind)}", f"page {kind}")


@pytest.mark.parametrize("state", ["busy", "unavailable", "sent"])
async def test_the_other_pages_too(shop: Shop, browser: Browser, origin: str, state: str) -> None:
    pages: Pages = shop.http._transport.app.state.door.pages  # type: ignore[attr-defined]
    html = bytes(pages.plain(state, 200, "de").body)
    async with a_page(browser) as page:
        await page.route("**/shown", lambda route: route.fulfill(body=html, content_type="text/html"))
        await page.goto(f"{origin}/shown")
        await in_every_scheme(page, f"page {state}")


@pytest.mark.parametrize(("count", "heading"), [(1, "You have viewed this key"), (2, "You have viewed these keys")])
async def test_the_page_of_viewed_keys_says_when_and_how_often_before_anything_else(
    shop: Shop, browser: Browser, origin: str, count: int, heading: str
) -> None:
    _, token = await shop.delivered_order([a_code() for _ in range(count)])
    async with a_page(browser) as page:
        await page.goto(f"{origin}/d/{token}")
        await press_reveal(page)
        await expect(page.get_by_text("Viewed once, on")).to_be_visible()
        await page.reload()
        await expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        assert heading in await page.title()
        await expect(page.locator("main")).to_contain_text("If that was not you, write to us at once.")
        await expect(page.get_by_text("This link can reveal 2 more times.", exact=True)).to_be_visible()
        await press_reveal(page)
        await expect(page.get_by_role("heading", level=1)).to_have_text("Stellar Drift – Deluxe Edition")
        await expect(page.get_by_text("Viewed 2 times, first on")).to_be_visible()


async def test_keys_that_came_after_the_last_view_are_new(shop: Shop, browser: Browser, origin: str) -> None:
    order_id = await shop.order(quantity=2)
    await shop.deliver(order_id, [a_code()])
    await shop.mail(order_id)
    await shop.http.post(f"/d/{await shop.token(order_id)}/reveal")
    await shop.deliver(order_id, [a_code()], part=2)
    async with a_page(browser) as page:
        await page.goto(f"{origin}/d/{await shop.token(order_id)}")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Stellar Drift – Deluxe Edition")
        await expect(page.get_by_role("button", name="Reveal 2 keys")).to_be_visible()
        await expect(page.get_by_text("Viewed once, on")).to_be_visible()


async def codes_on(page: Page) -> list[str]:
    return await page.locator("#codes .value, ul.codes .value").all_inner_texts()


async def press_reveal(page: Page) -> None:
    await page.get_by_role("button", name="Reveal").click()
    await expect(page.locator("ul.codes li").first).to_be_visible()


async def test_the_browser_opens_the_codes_itself(shop: Shop, browser: Browser, origin: str) -> None:
    codes = [a_code("AAAA1-BBBB2-CCCC3"), a_code("漢字-ÄÖÜ <b>&amp;</b>"), Code(PICTURE, type="image/png", name="p")]
    order_id, token = await shop.delivered_order(codes)
    async with a_page(browser) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
        await page.goto(f"{origin}/d/{token}")
        assert await codes_on(page) == []
        await press_reveal(page)
        assert await codes_on(page) == [code.reveal() for code in codes[:2]]
        picture = page.locator("ul.codes img")
        assert await picture.get_attribute("src") == f"data:image/png;base64,{PICTURE}"
        assert await picture.get_attribute("alt") == "Picture of key 3"
        origins = {"/".join(one.split("/")[:3]) for one in asked if "data:" not in one}
        assert origins == {f"GET {origin}", f"POST {origin}", f"GET {shop.settings.r2_endpoint}"}, "no third party"
        assert any("/orders/" in one for one in asked), "the sealed object came from the bucket"
    assert await shop.owner.fetchval("select reveals from links where order_id = $1", order_id) == 1


async def test_revealed_codes_are_accessible(shop: Shop, browser: Browser, origin: str) -> None:
    codes = [a_code("7F3K9-Q2W8X-LM4ZT"), Code(PICTURE, type="image/png", name="p")]
    activation = "Open Steam, choose Games → Activate a Product on Steam, and enter the key."
    await shop.owner.execute(
        "insert into products (id, name, price, currency, kinguin_product_id, price_ceiling, activation) "
        "values ('with-help', 'x', 1, 'EUR', 'x', 1, $1) on conflict do nothing",
        activation,
    )
    await shop.owner.execute(
        "insert into product_notes (kinguin_product_id, region, countries_excluded) "
        "values ('with-help', 'Europe', '{RU,BY}') on conflict do nothing"
    )

    _, token = await shop.delivered_order(codes, product_id="with-help", kinguin_product_id="with-help")
    async with a_page(browser) as page:
        await page.goto(f"{origin}/d/{token}")
        await press_reveal(page)
        await page.get_by_text("Show QR code").click()
        await expect(page.get_by_role("img", name="QR code of key 1")).to_be_visible()
        assert await quiet_zone(page) >= 4
        assert await page.get_by_role("link", name="Save picture").get_attribute("download") == "key-2.png"
        await expect(page.get_by_text(activation)).to_be_visible()
        await expect(page.get_by_text("It cannot be activated in: Russia, Belarus")).to_be_visible()
        await in_every_scheme(page, "revealed")


async def quiet_zone(page: Page) -> float:
    """How many modules of white there are left of the QR code: scanners ask for 4, and a dark card gives none."""
    found: float = await page.evaluate(
        """() => {
            const svg = document.querySelector("details svg");
            const drawn = svg.querySelector("path").getBBox();
            const white = getComputedStyle(svg).backgroundColor === "rgb(255, 255, 255)";
            return white ? drawn.x - svg.viewBox.baseVal.x : 0;
        }"""
    )
    return found


async def test_nothing_turns_for_who_asked_for_less_motion(shop: Shop, browser: Browser, origin: str) -> None:
    token = await a_link(shop, "waiting")
    async with a_page(browser, reduced_motion="reduce") as page:
        await page.goto(f"{origin}/d/{token}")
        assert await page.locator(".spinner").evaluate("one => getComputedStyle(one).animationName") == "none"


async def test_everything_works_by_keyboard(shop: Shop, browser: Browser, origin: str) -> None:
    _, token = await shop.delivered_order([a_code("KEYB1-OARD2-ONLY3")])
    async with a_page(browser) as page:
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await page.goto(f"{origin}/d/{token}")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip")).to_be_focused()
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Reveal")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("#codes")).to_be_focused()
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Copy")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_have_text("Copied")
        assert await page.evaluate("navigator.clipboard.readText()") == "KEYB1-OARD2-ONLY3"
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("img", name="QR code of key 1")).to_be_visible()


async def test_without_a_script_the_form_does_it(shop: Shop, browser: Browser, origin: str) -> None:
    codes = [a_code("PLAIN-FORM1-WORKS"), Code(PICTURE, type="image/png", name="p")]
    _, token = await shop.delivered_order(codes)
    async with a_page(browser, java_script_enabled=False) as page:
        await page.goto(f"{origin}/d/{token}")
        await page.get_by_role("button", name="Reveal").click()
        assert await codes_on(page) == ["PLAIN-FORM1-WORKS"]
        await expect(page.get_by_role("button", name="Copy")).to_be_hidden()
        await page.get_by_text("Show QR code").click()
        await expect(page.get_by_role("img", name="QR code of key 1")).to_be_visible()
        assert await quiet_zone(page) >= 4
        assert await page.get_by_role("link", name="Save picture").get_attribute("download") == "key-2.png"
        await screenshot(page, "no script")
    html = (await shop.http.post(f"/d/{token}/reveal", headers={"accept": "text/html"})).text
    async with a_page(browser) as page:  # axe is a script itself
        await page.route("**/shown", lambda route: route.fulfill(body=html, content_type="text/html"))
        await page.goto(f"{origin}/shown")
        await in_every_scheme(page, "revealed on our side")


async def test_a_fresh_link_is_asked_for_with_a_button(shop: Shop, browser: Browser, origin: str) -> None:
    token = await a_link(shop, "expired")
    async with a_page(browser) as page:
        await page.goto(f"{origin}/d/{token}")
        await page.get_by_role("button", name="Send me a fresh link").click()
        await expect(page.get_by_role("heading", name="look into your mailbox")).to_be_visible()


@pytest.mark.parametrize("locale", ["en", "de"])
async def test_the_mail_is_readable_in_light_and_dark(
    shop: Shop, browser: Browser, smtp_server: Any, locale: str
) -> None:
    order_id, _ = await shop.delivered_order([a_code() for _ in range(2)], locale=locale)
    (mail,) = smtp_server.mails(to=await shop.address(order_id))
    async with a_page(browser) as page:
        await page.set_content(mail["html"])
        await in_every_scheme(page, f"mail {locale}")
