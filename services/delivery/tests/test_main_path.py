"""Stored, mailed, opened, revealed: the whole way once, as the page's script goes it."""

import base64
import json
import re
from typing import Any

import httpx
from joserfc import jwe
from joserfc.jwk import OctKey


async def test_a_code_travels_from_kinguin_to_the_buyers_screen(shop: Any, smtp_server: Any) -> None:
    order_id, token = await shop.delivered_order()
    code = shop.kinguin.codes[f"res-{order_id}"][0].reveal()

    (stored,) = await shop.outbox(order_id, "deliveries.stored")
    assert (stored["codesStored"], stored["quantity"], stored["complete"]) == (1, 1, True)
    (mailed,) = await shop.outbox(order_id, "deliveries.mailed")
    assert (mailed["purpose"], mailed["complete"]) == ("keys", True)

    (mail,) = smtp_server.mails(to=await shop.address(order_id))
    assert mail["messageId"] == f"{order_id}.keys.1@bitloot.example"
    assert code not in mail["source"]
    links = set(re.findall(r"http\S+/d/[\w.-]+", mail["text"] + mail["html"]))
    assert links == {f"{shop.settings.frontend_url}/d/{token}"}

    page = await shop.http.get(f"/d/{token}", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert code not in page.text

    answer = await shop.http.post(f"/d/{token}/reveal", headers={"accept": "application/json"})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["orderId"], told["views"], told["revealsLeft"]) == (str(order_id), 1, 2)
    async with httpx.AsyncClient(trust_env=False) as browser:
        sealed = (await browser.get(told["url"])).text
    assert code not in sealed
    key = OctKey.import_key(base64.urlsafe_b64decode(told["key"] + "=="))
    document = json.loads(jwe.decrypt_compact(sealed, key).plaintext or b"")
    assert [entry["code"] for entry in document["codes"]] == [code]

    assert await shop.timeline(order_id) == ["keys.stored", "mail.sent", "link.viewed"]


async def test_without_a_script_the_page_shows_the_codes(shop: Any) -> None:
    order_id, token = await shop.delivered_order()
    code = shop.kinguin.codes[f"res-{order_id}"][0].reveal()
    answer = await shop.http.post(f"/d/{token}/reveal", headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert code in answer.text
    assert answer.headers["cache-control"] == "no-store"
