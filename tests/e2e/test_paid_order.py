"""The main job: money in, one purchase, one mail, one key on the customer's screen."""

from eventually import eventually
from shop import Shop

BOTH_ADAPTERS = True


async def test_a_paid_order_is_fulfilled_and_its_key_revealed(shop: Shop) -> None:
    order = await shop.order("main-job@example.com")
    payment = await shop.payment(order)
    for status in ("waiting", "confirming", "confirmed", "sending", "finished"):
        await shop.pay(payment, status)
    await shop.reaches(order, "fulfilled")

    (purchase,) = await shop.purchases(order.id)
    assert purchase["idempotencyKey"] == order.id
    link = await shop.link_for(order)
    page = await shop.http.get(link, headers={"Accept": "text/html"})
    assert page.status_code == 200
    code = purchase["codes"][0]["code"]
    assert code not in page.text, "a GET reveals nothing"
    before = await shop.admin_order(order.id)
    assert not any(entry["event"] == "link.viewed" for entry in before["timeline"])

    assert await shop.reveal(link) == [code]

    async def viewed() -> bool:
        seen = await shop.admin_order(order.id)
        return any(entry["event"] == "link.viewed" for entry in seen["timeline"])

    await eventually(viewed, "the view on the order's timeline")
    assert len(await shop.mails_of(order)) == 1
    public = await shop.status(order)
    assert public["status"] == "fulfilled"
    assert code not in str(public)


async def test_quantity_two_delivers_two_codes_in_one_mail(shop: Shop) -> None:
    order = await shop.order("two@example.com", quantity=2)
    await shop.pay(await shop.payment(order))
    await shop.reaches(order, "fulfilled")
    (purchase,) = await shop.purchases(order.id)
    assert len(purchase["codes"]) == 2
    revealed = await shop.reveal(await shop.link_for(order))
    assert sorted(revealed) == sorted(code["code"] for code in purchase["codes"])


async def test_an_unpaid_order_buys_nothing(shop: Shop) -> None:
    paid, unpaid = await shop.order("paid@example.com"), await shop.order("unpaid@example.com")
    await shop.pay(await shop.payment(unpaid), "waiting")
    await shop.pay(await shop.payment(paid))
    await shop.reaches(paid, "fulfilled")
    assert await shop.purchases(unpaid.id) == []
    assert (await shop.status(unpaid))["status"] in {"created", "waiting"}
