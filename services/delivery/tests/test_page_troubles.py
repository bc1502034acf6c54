"""The link page when something fails or changes behind it: it says so, and what is on the screen stays there."""

import pytest
from delivery_shop import Shop, a_code
from link_page_browser import a_page
from playwright.async_api import Browser, Page, expect
from test_links import a_link
from test_page import codes_on, in_every_scheme, press_reveal


@pytest.mark.parametrize("before", [0, 2], ids=["first", "last"])
async def test_with_the_bucket_out_of_reach_our_side_opens_it(
    shop: Shop, browser: Browser, origin: str, before: int
) -> None:
    order_id, token = await shop.delivered_order([a_code("OTHER-WAYIN-00001")])
    await shop.owner.execute("update links set reveals = $2 where order_id = $1", order_id, before)
    async with a_page(browser) as page:
        await page.route(f"{shop.settings.r2_endpoint}/**", lambda route: route.abort())
        await page.goto(f"{origin}/d/{token}")
        await press_reveal(page)
        assert await codes_on(page) == ["OTHER-WAYIN-00001"]
        await expect(page.get_by_text("Viewed once, on")).to_be_visible()
    assert await shop.owner.fetchval("select reveals from links where order_id = $1", order_id) == before + 1


async def test_a_reveal_that_failed_says_so_and_may_be_tried_again(shop: Shop, browser: Browser, origin: str) -> None:
    order_id, token = await shop.delivered_order([a_code("SECOND-TRY-000001")])
    kid = await shop.owner.fetchval("select kid from keys where order_id = $1", order_id)
    await shop.owner.execute("update keys set kid = 'forgotten' where order_id = $1", order_id)
    async with a_page(browser) as page:
        loads: list[Page] = []
        page.on("load", lambda loaded: loads.append(loaded))
        await page.goto(f"{origin}/d/{token}")
        await page.get_by_role("button", name="Reveal").click()
        await expect(page.locator("#status")).to_have_text("That did not work. Please try again in a moment.")
        await in_every_scheme(page, "page failed")
        await page.route("**/reveal", lambda route: route.fulfill(status=429, body="{}"))
        await page.get_by_role("button", name="Reveal").click()
        await expect(page.locator("#status")).to_have_text("That did not work. Please try again in a moment.")
        await page.unroute("**/reveal")
        await page.context.set_offline(True)
        await page.get_by_role("button", name="Reveal").click()
        await expect(page.locator("#status")).to_have_text("That did not work. Please try again in a moment.")
        await page.context.set_offline(False)
        await shop.owner.execute("update keys set kid = $2 where order_id = $1", order_id, kid)
        await press_reveal(page)
        assert await codes_on(page) == ["SECOND-TRY-000001"]
        assert len(loads) == 1


async def test_a_link_that_ended_meanwhile_leads_to_its_page(shop: Shop, browser: Browser, origin: str) -> None:
    order_id, token = await shop.delivered_order()
    async with a_page(browser) as page:
        await page.goto(f"{origin}/d/{token}")
        await shop.owner.execute("update links set reveals = 3 where order_id = $1", order_id)
        await page.get_by_role("button", name="Reveal").click()
        await expect(page.get_by_role("heading", name="has been used up")).to_be_visible()


async def test_a_waiting_page_notices_by_itself(shop: Shop, browser: Browser, origin: str) -> None:
    token = await a_link(shop, "waiting")
    order_id = await shop.owner.fetchval(
        "select order_id from links where id = $1", shop.settings.signer().read(token).link_id
    )
    async with a_page(browser) as page:
        await page.goto(f"{origin}/d/{token}")
        await expect(page.get_by_role("heading", name="on its way")).to_be_visible()
        await shop.deliver(order_id, [a_code()])
        await expect(page.get_by_role("button", name="Reveal key")).to_be_visible(timeout=15_000)


async def test_a_part_that_arrives_does_not_take_codes_off_the_screen(
    shop: Shop, browser: Browser, origin: str
) -> None:
    order_id = await shop.order(quantity=2)
    await shop.deliver(order_id, [a_code("FIRST-00000-00001")])
    await shop.mail(order_id)
    async with a_page(browser) as page:
        await page.goto(f"{origin}/d/{await shop.token(order_id)}")
        await in_every_scheme(page, "page partial")
        await press_reveal(page)
        await shop.deliver(order_id, [a_code("SECND-00000-00002")], part=2)
        await expect(page.locator("#more")).to_be_visible(timeout=15_000)
        assert await codes_on(page) == ["FIRST-00000-00001"]
        await page.reload()
        await press_reveal(page)
        assert await codes_on(page) == ["FIRST-00000-00001", "SECND-00000-00002"]


@pytest.mark.parametrize("change", ["reveals = 3", "expires_at = now()", "revoked_at = now()"])
async def test_nothing_takes_codes_off_the_screen(shop: Shop, browser: Browser, origin: str, change: str) -> None:
    order_id = await shop.order(quantity=2)
    await shop.deliver(order_id, [a_code("FIRST-00000-00001")])
    await shop.mail(order_id)
    async with a_page(browser) as page:
        await page.goto(f"{origin}/d/{await shop.token(order_id)}")
        await press_reveal(page)
        await shop.owner.execute(f"update links set {change} where order_id = $1", order_id)
        for _ in range(2):  # the second question is asked only by a page that the first answer left alone
            async with page.expect_response("**/status"):
                pass
        await shop.deliver(order_id, [a_code("SECND-00000-00002")], part=2)
        await expect(page.get_by_text("This link cannot reveal them any more")).to_be_visible(timeout=15_000)
        assert await codes_on(page) == ["FIRST-00000-00001"]
        await in_every_scheme(page, f"page more mailed {change}")


async def test_a_part_without_a_script_promises_no_more_than_it_keeps(
    shop: Shop, browser: Browser, origin: str
) -> None:
    order_id = await shop.order(quantity=2)
    await shop.deliver(order_id, [a_code()])
    await shop.mail(order_id)
    async with a_page(browser, java_script_enabled=False) as page:
        await page.goto(f"{origin}/d/{await shop.token(order_id)}")
        for _ in range(2):
            await expect(page.locator(".note").first).to_have_text(
                "1 of 2 keys are here. The others follow by themselves; we will write again when they arrive."
            )
            if not await codes_on(page):
                await page.get_by_role("button", name="Reveal").click()
