"""Region and activation notes: asked beside the orders, shown when they are there, missed by nobody when not."""

import asyncio
from uuid import UUID, uuid4

import pytest
from bitloot_kinguin import KinguinUnavailable, ProductNotes
from delivery_shop import Shop, a_code

HTML = {"accept": "text/html"}
NOTES = ProductNotes("REGION FREE", ("BY", "RU"), "Launch Steam.\n\nActivate <b>here</b>.")


@pytest.fixture
async def product(shop: Shop) -> str:
    """A product on sale that nobody asked Kinguin about yet."""
    product_id = f"p-{uuid4()}"
    await shop.owner.execute("update products set active = false")
    await shop.owner.execute(
        "insert into products (id, name, price, currency, kinguin_product_id, price_ceiling) "
        "values ($1, 'x', 1, 'EUR', $1, 1)",
        product_id,
    )
    return product_id


async def an_order(shop: Shop, product: str) -> tuple[UUID, str]:
    return await shop.delivered_order([a_code()], product_id=product, kinguin_product_id=product)


async def later(shop: Shop, product: str, minutes: int) -> None:
    await shop.owner.execute(
        "update product_notes set asked_at = asked_at - make_interval(mins => $2), "
        "noted_at = noted_at - make_interval(mins => $2) where kinguin_product_id = $1",
        product,
        minutes,
    )


async def test_the_page_says_where_and_how_a_key_is_activated(shop: Shop, product: str) -> None:
    shop.kinguin.notes_of[product] = NOTES
    assert await shop.use_cases.note_products() == 1
    _, token = await an_order(shop, product)
    opened = await shop.http.get(f"/d/{token}", headers=HTML)
    revealed = await shop.http.post(f"/d/{token}/reveal", headers=HTML)
    for page in (opened.text, revealed.text):
        assert "REGION FREE" in page
        assert "Activate &lt;b&gt;here&lt;/b&gt;." in page, "sellers' text is text"
        assert '<span data-country="RU">RU</span>' in page


async def test_the_shops_own_words_come_first(shop: Shop, product: str) -> None:
    shop.kinguin.notes_of[product] = NOTES
    await shop.use_cases.note_products()
    await shop.owner.execute("update products set activation = 'Our way.' where id = $1", product)
    _, token = await an_order(shop, product)
    page = (await shop.http.get(f"/d/{token}", headers=HTML)).text
    assert "Our way." in page
    assert "Launch Steam." not in page


async def test_without_notes_everything_is_as_ever_and_kinguin_is_asked_again_after_a_while(
    shop: Shop, product: str
) -> None:
    refused = KinguinUnavailable("notes", "500", may_have_happened=False)
    shop.kinguin.notes_of[product] = refused
    assert await shop.use_cases.note_products() == 0
    _, token = await an_order(shop, product)
    assert "How to activate" not in (await shop.http.get(f"/d/{token}", headers=HTML)).text
    shop.kinguin.notes_of[product] = NOTES
    assert await shop.use_cases.note_products() == 0, "not at once"
    await later(shop, product, 11)
    assert await shop.use_cases.note_products() == 1
    assert "REGION FREE" in (await shop.http.get(f"/d/{token}", headers=HTML)).text
    await later(shop, product, 11)
    assert await shop.use_cases.note_products() == 0, "good for a day"
    shop.kinguin.notes_of[product] = refused
    await later(shop, product, 24 * 60)
    assert await shop.use_cases.note_products() == 0
    assert "REGION FREE" in (await shop.http.get(f"/d/{token}", headers=HTML)).text, "old notes are better than none"


async def test_two_instances_ask_once(shop: Shop, product: str) -> None:
    shop.kinguin.notes_of[product] = NOTES
    assert sum(await asyncio.gather(*(shop.use_cases.note_products() for _ in range(4)))) == 1
