"""What a reveal counts, records and hands out, on the real database and the real S3 server."""

import asyncio

import pytest
from bitloot_delivery.store.links import Reader
from bitloot_delivery.use_cases.reveal_keys import NotRevealed
from delivery_shop import Shop, a_code
from test_links import HTML, JSON, traces


async def test_a_reveal_records_who_and_when_up_to_its_limit(shop: Shop) -> None:
    order_id, token = await shop.delivered_order()
    headers = JSON | {"user-agent": "a browser", "x-forwarded-for": "203.0.113.9"}
    for number in range(1, 4):
        told = (await shop.http.post(f"/d/{token}/reveal", headers=headers)).json()
        assert (told["views"], told["revealsLeft"]) == (number, 3 - number)
    refused = await shop.http.post(f"/d/{token}/reveal", headers=headers)
    assert refused.status_code == 410
    assert refused.json()["state"] == "spent"
    views = await shop.owner.fetch("select * from link_views where order_id = $1 order by id", order_id)
    assert [view["outcome"] for view in views] == ["revealed"] * 3 + ["spent"]
    assert {view["user_agent"] for view in views} == {"a browser"}
    assert "203.0.113.9" not in {view["address"] for view in views}, "no proxy is trusted here"
    keys_row = await shop.owner.fetchrow("select viewed_at, view_count from keys where order_id = $1", order_id)
    assert keys_row is not None
    assert (keys_row["view_count"], keys_row["viewed_at"]) == (3, views[0]["at"])
    seen = await shop.http.get(f"/d/{token}", headers=HTML)
    assert "Viewed 3 times" in seen.text


async def test_reveals_at_once_do_not_pass_the_limit_together(shop: Shop) -> None:
    order_id, token = await shop.delivered_order()
    answers = await asyncio.gather(*(shop.http.post(f"/d/{token}/reveal", headers=JSON) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [410] * 7
    assert await shop.owner.fetchval("select reveals from links where order_id = $1", order_id) == 3


async def test_plain_reveals_at_once_are_told_that_the_link_is_used_up(shop: Shop) -> None:
    _, token = await shop.delivered_order()
    answers = await asyncio.gather(*(shop.http.post(f"/d/{token}/reveal", headers=HTML) for _ in range(8)))
    refused = [answer for answer in answers if answer.status_code == 410]
    assert len(refused) == 5
    assert all("has been used up" in answer.text and "Reveal key" not in answer.text for answer in refused)


@pytest.mark.parametrize(
    ("change", "state"),
    [("revoked_at = now()", "revoked"), ("expires_at = now()", "expired"), ("reveals = 3", "spent")],
)
async def test_what_happens_between_look_and_count_is_told_and_recorded(shop: Shop, change: str, state: str) -> None:
    order_id, token = await shop.delivered_order()
    opened = await shop.use_cases.open_link(token)
    assert opened is not None
    await shop.owner.execute(f"update links set {change} where order_id = $1", order_id)
    with pytest.raises(NotRevealed) as refusal:
        await shop.use_cases.reveal_keys.for_browser(opened, Reader(None, None))
    assert refusal.value.now.state == state
    assert await shop.owner.fetchval("select outcome from link_views where order_id = $1", order_id) == state


async def test_what_the_browser_could_not_open_is_opened_by_us_without_counting_again(shop: Shop) -> None:
    order_id, token = await shop.delivered_order([a_code("LAST-REVEAL-OF-LINK")])
    await shop.owner.execute("update links set reveals = 2 where order_id = $1", order_id)
    told = (await shop.http.post(f"/d/{token}/reveal", headers=JSON)).json()
    assert told["revealsLeft"] == 0
    again = {"reveal": told["revealId"]}
    for _ in range(2):
        page = await shop.http.post(f"/d/{token}/reveal", headers=HTML, data=again)
        assert page.status_code == 200
        assert "LAST-REVEAL-OF-LINK" in page.text
    assert await shop.owner.fetchval("select reveals from links where order_id = $1", order_id) == 3
    assert await shop.owner.fetchval("select view_count from keys where order_id = $1", order_id) == 1
    assert (await shop.timeline(order_id)).count("link.viewed") == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("update link_views set at = at - interval '16 minutes' where order_id = $1", 410),
        ("update links set revoked_at = now() where order_id = $1", 410),
        ("update links set expires_at = now() where order_id = $1", 410),
        ("update link_views set outcome = 'spent' where order_id = $1", 410),
    ],
)
async def test_a_counted_reveal_is_good_for_a_quarter_of_an_hour_of_a_living_link(
    shop: Shop, change: str, status: int
) -> None:
    order_id, token = await shop.delivered_order()
    await shop.owner.execute("update links set reveals = 2 where order_id = $1", order_id)
    told = (await shop.http.post(f"/d/{token}/reveal", headers=JSON)).json()
    await shop.owner.execute(change, order_id)
    page = await shop.http.post(f"/d/{token}/reveal", headers=HTML, data={"reveal": told["revealId"]})
    assert page.status_code == status


@pytest.mark.parametrize("text", ["", "nonsense", "0b8f5a0e-7d0c-4b11-9a63-2f1c1d9e7a55", "x" * 10_000, "\N{SNOWMAN}"])
async def test_a_reveal_that_never_was_counts_as_a_new_one(shop: Shop, text: str) -> None:
    order_id, token = await shop.delivered_order()
    _, other = await shop.delivered_order()
    told = (await shop.http.post(f"/d/{other}/reveal", headers=JSON)).json()
    for number, value in enumerate((text, told["revealId"]), 1):
        page = await shop.http.post(f"/d/{token}/reveal", headers=HTML, data={"reveal": value})
        assert page.status_code == 200
        assert await shop.owner.fetchval("select reveals from links where order_id = $1", order_id) == number


async def test_codes_that_the_bucket_lost_do_not_count_as_viewed(shop: Shop) -> None:
    """Their retention would begin: deleted for good though nobody saw one."""
    order_id, token = await shop.delivered_order()
    await shop.outside.storage.delete_part(order_id, 1)
    before = await traces(shop, order_id)
    for accept in (HTML, JSON):
        assert (await shop.http.post(f"/d/{token}/reveal", headers=accept)).status_code == 503
    assert await traces(shop, order_id) == before


async def test_what_did_not_work_says_so_and_does_not_count(shop: Shop) -> None:
    order_id, token = await shop.delivered_order()
    await shop.owner.execute("update keys set kid = 'forgotten' where order_id = $1", order_id)
    for accept in (HTML, JSON):
        answer = await shop.http.post(f"/d/{token}/reveal", headers=accept)
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
    assert await shop.owner.fetchval("select reveals from links where order_id = $1", order_id) == 0
