"""A customer's purchase over HTTP and mail, as the demo shows it and as anyone could do it with curl."""

import asyncio
import base64
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from joserfc import jwe
from joserfc.jwk import OctKey

from bitloot_local.errors import DemoFailed, end_of
from bitloot_local.layout import Layout
from bitloot_local.terminal import Terminal

STAGE_S_MAX = 60.0
POLL_S = 0.1
ANSWER_S_MAX = 15.0
PAYMENT_LIFE = ("waiting", "confirming", "confirmed", "sending", "finished")


class Purchase:
    def __init__(self, http: httpx.AsyncClient, env: Mapping[str, str], layout: Layout, terminal: Terminal) -> None:
        self._http = http
        self._env = env
        self._layout = layout
        self._terminal = terminal
        self._email = f"demo-{secrets.token_hex(3)}@customer.example"
        self._shown = 0
        self.order: dict[str, Any] = {}
        self.link = ""

    @classmethod
    @asynccontextmanager
    async def at(cls, env: Mapping[str, str], layout: Layout, terminal: Terminal) -> AsyncIterator["Purchase"]:
        async with httpx.AsyncClient(timeout=ANSWER_S_MAX, trust_env=False) as http:
            yield cls(http, env, layout, terminal)

    async def place_order(self) -> None:
        with self._terminal.step("order", "POST /orders") as step:
            body = {"email": self._email, "productId": "demo"}
            self.order = await self._post("ingress", f"{self._env['INGRESS_URL']}/orders", body)
            step.done = f"{self.order['orderId']}, {self.order['amount']} {self.order['currency']}"

    async def pay(self) -> None:
        """The customer pays; NOWPayments, here the sandbox, tells of it step by step in signed webhooks."""
        with self._terminal.step("payment", "POST /payments/create") as step:
            body = {"orderId": self.order["orderId"]}
            payment = await self._post("ingress", f"{self._env['INGRESS_URL']}/payments/create", body)
            step.done = f"{payment['payAmount']} {payment['payCurrency']} to {payment['payAddress']}"
        control = f"{self._env['SANDBOX_URL']}/control/payments/{payment['paymentId']}"
        for status in PAYMENT_LIFE:
            await self._post("sandbox", control, {"status": status})
            self._terminal.line("sandbox", f"payment is {status}")
            await self._show_timeline()

    async def arrives(self) -> None:
        """Follows the order until its mail is in the mailbox."""
        with self._terminal.step("mail", "following the order") as step:
            await self._until("no mail came", "fulfillment", "delivery", check=self._mail_came)
            await self._until("the order is not fulfilled", "fulfillment", check=self._is_fulfilled)
            step.done = f"to {self._email}"

    async def reveal(self) -> None:
        """Opens the link as a browser does: page, then reveal, then the sealed object and its key."""
        self._terminal.line("link", self.link)
        page = await self._get("delivery", self.link, accept="text/html")
        opened = await self._post("delivery", f"{self.link}/reveal", {})
        sealed = await self._get("s3", opened["url"])
        codes = unseal(sealed.text.strip(), opened["key"])["codes"]
        sold = await self._sold()
        if not codes or sorted(code["code"] for code in codes) != sorted(sold):
            raise DemoFailed(f"the revealed codes are not the ones the sandbox sold: {len(codes)} and {len(sold)}")
        if any(code in page.text for code in sold):
            raise DemoFailed("the link page shows the code before it was asked to")
        for code in codes:
            self._terminal.line("key", f"{code['code']}   ({code.get('name') or code.get('type')})", "bold green")

    async def _mail_came(self) -> bool:
        await self._show_timeline()
        pattern = re.escape(self._env["DELIVERY_URL"]) + r"/d/[\w.~%=-]+"
        for mail in (await self._get("smtp", f"{self._env['MAILBOX_URL']}/api/email")).json():
            if self._email in [to["address"] for to in mail["to"]]:
                found = re.search(pattern, f"{mail.get('text')}\n{mail.get('html')}")
                self.link = found[0] if found else self.link
        return bool(self.link)

    async def _is_fulfilled(self) -> bool:
        return await self._show_timeline() == "fulfilled"

    async def _show_timeline(self) -> str:
        """Prints what is new on the order's public timeline; returns the order's status."""
        url = f"{self._env['INGRESS_URL']}/orders/{self.order['orderId']}"
        token = {"x-order-session-token": str(self.order["orderSessionToken"])}
        order = (await self._get("ingress", url, **token)).json()
        for item in order["timeline"][self._shown :]:
            status = f"   order {item['status']}" if item.get("status") else ""
            self._terminal.line("timeline", f"{item['event']}{status}")
        self._shown = len(order["timeline"])
        return str(order["status"])

    async def _sold(self) -> list[str]:
        ledger = (await self._get("sandbox", f"{self._env['SANDBOX_URL']}/control/ledger")).json()
        order_id = self.order["orderId"]
        mine = [p for p in ledger["purchases"] if order_id in (p.get("orderId"), p.get("idempotencyKey"))]
        if len(mine) != 1:
            raise DemoFailed(f"the sandbox's ledger has {len(mine)} purchases for order {order_id}, not one")
        return [code["code"] for code in mine[0]["codes"]]

    async def _until(self, failure: str, *logs: str, check: Callable[[], Awaitable[bool]]) -> None:
        deadline = time.monotonic() + STAGE_S_MAX
        while not await check():
            if time.monotonic() > deadline:
                raise self._failed(f"{failure} within {STAGE_S_MAX:.0f} s", *logs)
            await asyncio.sleep(POLL_S)

    async def _get(self, process: str, url: str, **headers: str) -> httpx.Response:
        return await self._send(process, self._http.build_request("GET", url, headers=headers))

    async def _post(self, process: str, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        request = self._http.build_request("POST", url, json=body, headers={"Accept": "application/json"})
        told: dict[str, Any] = (await self._send(process, request)).json()
        return told

    async def _send(self, process: str, request: httpx.Request) -> httpx.Response:
        what = f"{request.method} {request.url.copy_with(query=None)}"  # a signed link's query is a secret
        try:
            answer = await self._http.send(request)
        except httpx.HTTPError as error:
            raise self._failed(f"{what}: {error or type(error).__name__}", process) from None
        if not answer.is_success:
            raise self._failed(f"{what} is {answer.status_code}: {answer.text[:300]}", process)
        return answer

    def _failed(self, what: str, *logs: str) -> DemoFailed:
        order = f" (order {self.order['orderId']})" if self.order else ""
        return DemoFailed("\n".join([f"{what}{order}", *(end_of(self._layout.log(name)) for name in logs)]))


def unseal(sealed: str, key: str) -> dict[str, Any]:
    """What the link page does with WebCrypto: a compact JWE, `dir` and A256GCM, opened with its data key."""
    raw = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    opened = jwe.decrypt_compact(sealed, OctKey.import_key(raw), algorithms=["dir", "A256GCM"])
    assert opened.plaintext is not None
    document: dict[str, Any] = json.loads(opened.plaintext)
    return document
