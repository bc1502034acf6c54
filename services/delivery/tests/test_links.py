"""What each kind of link does, on the real database and the real S3 server."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from bitloot_delivery.clients.s3 import open_storage
from bitloot_delivery.links import LinkSigner
from bitloot_delivery.named_keys import NamedKeys
from delivery_shop import Shop, a_code, a_key
from eventually import eventually

HTML, JSON = {"accept": "text/html"}, {"accept": "application/json"}


async def a_link(shop: Shop, kind: str) -> str:  # noqa: C901  (a table, as a match)
    """The token of a link of this kind; its order's codes are stored unless the kind says otherwise."""
    if kind == "waiting":
        order_id = await shop.order()
        row = await shop.owner.fetchrow(
            "insert into links (id, order_id, expires_at) values ($1, $2, now() + interval '1 hour') returning *",
            uuid4(),
            order_id,
        )
        assert row is not None
        return shop.settings.signer().sign(row["id"], row["expires_at"])
    order_id, token = await shop.delivered_order()
    match kind:
        case "good":
            return token
        case "viewed":
            await shop.http.post(f"/d/{token}/reveal", headers=JSON)
            return token
        case "expired":
            past = datetime.now(UTC) - timedelta(seconds=1)
            row_id = await shop.owner.fetchval(
                "update links set expires_at = $2 where order_id = $1 returning id", order_id, past
            )
            return shop.settings.signer().sign(row_id, past)
        case "shortened":  # the row says that it is over, the token does not know
            await shop.owner.execute("update links set expires_at = now() where order_id = $1", order_id)
            return token
        case "tampered":
            head, claims, signature = token.split(".")
            return ".".join((head, claims, signature[:-1] + ("A" if signature[-1] != "A" else "E")))
        case "other signer":
            link_id = await shop.owner.fetchval("select id from links where order_id = $1", order_id)
            stranger = LinkSigner(NamedKeys.parse(a_key()))
            return stranger.sign(link_id, datetime.now(UTC) + timedelta(hours=1))
        case "other claims":
            _, other = await shop.delivered_order()
            head, _, signature = token.split(".")
            return ".".join((head, other.split(".")[1], signature))
        case "never made":
            return shop.settings.signer().sign(uuid4(), datetime.now(UTC) + timedelta(hours=1))
        case "revoked":
            await shop.owner.execute("update links set revoked_at = now() where order_id = $1", order_id)
            return token
        case "spent":
            await shop.owner.execute("update links set reveals = 3 where order_id = $1", order_id)
            return token
        case "deleted":
            await shop.owner.execute("update keys set deleted_at = now() where order_id = $1", order_id)
            return token
    raise ValueError(kind)


TABLE = [
    # kind            GET  POST  what the page says
    ("good", 200, 200, "Reveal key"),
    ("viewed", 200, 200, "You have viewed this key already"),
    ("waiting", 200, 409, "on its way"),
    ("expired", 410, 410, "has expired"),
    ("shortened", 410, 410, "has expired"),
    ("revoked", 410, 410, "was withdrawn"),
    ("spent", 410, 410, "has been used up"),
    ("deleted", 410, 410, "were deleted"),
    ("tampered", 404, 404, "do not know this link"),
    ("other signer", 404, 404, "do not know this link"),
    ("other claims", 404, 404, "do not know this link"),
    ("never made", 404, 404, "do not know this link"),
]


@pytest.mark.parametrize(("kind", "get", "post", "says"), TABLE, ids=[row[0] for row in TABLE])
async def test_each_kind_of_link(shop: Shop, kind: str, get: int, post: int, says: str) -> None:
    token = await a_link(shop, kind)
    page = await shop.http.get(f"/d/{token}", headers=HTML)
    assert page.status_code == get
    assert says in page.text
    for accept in (HTML, JSON):
        answer = await shop.http.post(f"/d/{token}/reveal", headers=accept)
        assert answer.status_code == post, answer.text
        if post != 200:
            assert "TEST-" not in answer.text
            assert ("problem+json" in answer.headers["content-type"]) == (accept is JSON)
    status = await shop.http.get(f"/d/{token}/status", headers=JSON)
    assert status.status_code in {200, 404}


LOOKS = [
    ("GET", HTML),
    ("GET", {}),
    ("HEAD", HTML),
    ("GET", HTML | {"sec-purpose": "prefetch;prerender", "purpose": "prefetch"}),
    ("GET", {"user-agent": "Barracuda Link Protection", "accept": "*/*"}),
]


async def test_looking_at_a_link_reveals_nothing_and_marks_nothing(shop: Shop) -> None:
    order_id, token = await shop.delivered_order()
    code = shop.kinguin.codes[f"res-{order_id}"][0].reveal()
    before = await traces(shop, order_id)
    for method, headers in LOOKS * 10:
        answer = await shop.http.request(method, f"/d/{token}", headers=headers)
        assert answer.status_code == 200
        assert code not in answer.text
        if method == "HEAD":
            assert answer.text == ""
    for path in ("reveal", "fresh"):
        assert (await shop.http.get(f"/d/{token}/{path}")).status_code in {404, 405}
    assert await traces(shop, order_id) == before


async def traces(shop: Shop, order_id: Any) -> list[Any]:
    """Everything that a view would change."""
    return [
        *await shop.owner.fetch("select viewed_at, view_count from keys where order_id = $1", order_id),
        *await shop.owner.fetch("select reveals from links where order_id = $1", order_id),
        *await shop.owner.fetch("select * from link_views where order_id = $1", order_id),
        *await shop.timeline(order_id),
    ]


async def test_a_storage_url_expires_and_cannot_be_bent(shop: Shop) -> None:
    order_id, token = await shop.delivered_order()
    other_id, _ = await shop.delivered_order()
    async with open_storage(shop.settings) as storage, httpx.AsyncClient(trust_env=False) as browser:
        url = await storage.get_signed_url(f"orders/{order_id}/1.jwe", 900)
        assert (await browser.get(url)).status_code == 200
        assert (await browser.get(url.replace(str(order_id), str(other_id)))).status_code == 403
        assert (await browser.get(url.replace("X-Amz-Expires=900", "X-Amz-Expires=9000"))).status_code == 403
        assert (await browser.put(url, content=b"mine")).status_code == 403
        assert (await browser.get(url.split("?")[0])).status_code == 403
        brief = await storage.get_signed_url(f"orders/{order_id}/1.jwe", 1)

        async def over() -> bool:
            return (await browser.get(brief)).status_code == 403

        await eventually(over)
    told = (await shop.http.post(f"/d/{token}/reveal", headers=JSON)).json()
    assert "X-Amz-Expires=900" in told["url"]
    assert told["expiresIn"] == 900


async def test_the_page_tells_nobody_where_it_is(shop: Shop) -> None:
    _, token = await shop.delivered_order()
    page = await shop.http.get(f"/d/{token}", headers=HTML)
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert f"connect-src 'self' {shop.settings.r2_endpoint}" in policy
    assert "http" not in page.text.replace("http-equiv", "").replace("https://schema", ""), "no third party"
    for name, url in (("css", "stylesheet"), ("js", "module")):
        assert name in page.text
        assert url in page.text


async def test_the_assets_are_what_the_page_says(shop: Shop) -> None:
    pages = (await shop.http.get(f"/d/{(await shop.delivered_order())[1]}", headers=HTML)).text
    assets = shop.http._transport.app.state.door.pages.assets  # type: ignore[attr-defined]
    for name in ("page.css", "page.js", "qr.js"):
        asset = assets[name]
        assert asset.url in pages
        assert asset.integrity in pages
        answer = await shop.http.get(asset.url)
        assert (answer.status_code, answer.content) == (200, asset.content)
        assert "immutable" in answer.headers["cache-control"]
        assert b"@on-" not in answer.content
    assert (await shop.http.get("/d/assets/none.js")).status_code == 404


async def test_a_fresh_link_goes_to_the_orders_address_at_a_bounded_rate(shop: Shop, smtp_server: Any) -> None:
    token = await a_link(shop, "expired")
    order_id = await shop.owner.fetchval(
        "select order_id from links where id = $1", shop.settings.signer().read(token).link_id
    )
    address = await shop.address(order_id)
    answers = [await shop.http.post(f"/d/{token}/fresh", headers=HTML) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1, "the answer does not tell whether a mail goes out"
    assert address.split("@")[0] not in answers[0].text
    for event in await shop.outbox(order_id, "deliveries.stored"):
        if "deliveryId" in event:
            await shop.use_cases.send_mail(event["deliveryId"], {})
    assert len(smtp_server.mails(to=address)) == 1 + shop.settings.fresh_links_per_hour_max
    assert (await shop.http.post(f"/d/{await shop.token(order_id)}/reveal", headers=JSON)).status_code == 200


@pytest.mark.parametrize(
    ("kind", "status"), [("revoked", 410), ("deleted", 410), ("tampered", 404), ("spent", 202), ("good", 202)]
)
async def test_who_gets_a_fresh_link(shop: Shop, kind: str, status: int) -> None:
    token = await a_link(shop, kind)
    order_id = await shop.owner.fetchval("select order_id from links order by created_at desc limit 1")
    assert (await shop.http.post(f"/d/{token}/fresh", headers=HTML)).status_code == status
    mails = await shop.owner.fetchval(
        "select count(*) from deliveries where order_id = $1 and purpose = 'fresh_link'", order_id
    )
    assert mails == (status == 202)


async def test_asking_for_fresh_links_without_end_leaves_no_trace_each_time(shop: Shop) -> None:
    token = await a_link(shop, "expired")
    link_id = shop.settings.signer().read(token).link_id
    allowed = shop.settings.fresh_links_per_hour_max + shop.settings.wrong_tokens_per_minute_max
    codes = [(await shop.http.post(f"/d/{token}/fresh", headers=HTML)).status_code for _ in range(allowed + 5)]
    assert codes == [202] * allowed + [429] * 5
    rows = await shop.owner.fetch("select outcome from link_views where link_id = $1", link_id)
    assert [row["outcome"] for row in rows] == ["fresh_link"] * shop.settings.fresh_links_per_hour_max


ODD = [
    # method  path, {} is a good token       status
    ("GET", "/d/" + "a" * 1100, 404),
    ("POST", f"/d/{'a' * 1100}/reveal", 404),
    ("GET", "/d/{}/", 404),
    ("GET", "/d/{}/other", 404),
    ("GET", "/d/", 404),
    ("GET", "/d/{}/reveal", 405),
    ("PUT", "/d/{}", 405),
    ("OPTIONS", "/d/{}/fresh", 405),
]


@pytest.mark.parametrize(("method", "path", "status"), ODD)
@pytest.mark.parametrize("accept", [HTML, JSON], ids=["html", "json"])
async def test_odd_requests_are_answered_like_every_link(
    shop: Shop, method: str, path: str, status: int, accept: dict[str, str]
) -> None:
    """Not sent elsewhere by a Host that a stranger chose, not kept anywhere, not told to anybody."""
    _, token = await shop.delivered_order()
    answer = await shop.http.request(method, path.format(token), headers=accept | {"host": "evil.example"})
    assert answer.status_code == status
    assert "location" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert token not in answer.text
    if status == 405:
        assert answer.headers["allow"]
    elif accept is HTML and method == "GET":
        assert "do not know this link" in answer.text


async def test_guessing_is_slowed_down_and_hurts_nobody_else(shop: Shop) -> None:
    _, token = await shop.delivered_order()
    limit = shop.settings.wrong_tokens_per_minute_max
    codes = [(await shop.http.get(f"/d/guess{number}", headers=HTML)).status_code for number in range(limit + 2)]
    assert codes == [404] * limit + [429] * 2
    busy = await shop.http.get("/d/guess", headers=HTML)
    assert busy.headers["retry-after"]
    assert (await shop.http.get(f"/d/{token}", headers=HTML)).status_code == 200


async def test_german_speaks_german(shop: Shop) -> None:
    _, token = await shop.delivered_order([a_code(), a_code()], locale="de")
    page = await shop.http.get(f"/d/{token}", headers=HTML)
    assert '<html lang="de">' in page.text
    assert "2 Schlüssel anzeigen" in page.text
    unknown = await shop.http.get("/d/nonsense", headers=HTML | {"accept-language": "fr;q=0.9, de-AT;q=0.8"})
    assert "kennen wir nicht" in unknown.text
