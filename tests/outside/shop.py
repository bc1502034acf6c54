"""The shop seen from outside: a customer, the providers' buttons and an admin, over HTTP only.

The end-to-end tests, the chaos test and the benchmarks drive the system through this and nothing else, so
that they run against the local stack and against compose alike.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from bitloot_admin_client import AuthenticatedClient
from bitloot_admin_client.api.dead_letters import list_dead_letters
from bitloot_admin_client.api.orders import get_order
from bitloot_admin_client.api.webhook_logs import list_webhook_logs
from bitloot_admin_client.models import (
    DeadLetterSummary,
    OrderDetail,
    PageDeadLetterSummary,
    PageWebhookSummary,
    WebhookSummary,
)
from eventually import eventually
from joserfc import jwe
from joserfc.jwk import OctKey

LINK = re.compile(r"/d/[\w.~%=-]+")


@dataclass(frozen=True, slots=True)
class Order:
    """An order as its customer knows it."""

    id: str
    token: str
    email: str


class Shop:
    """One running system, known by its `.local/env` names."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = dict(env)
        self.ingress = env["INGRESS_URL"]
        self.delivery = env["DELIVERY_URL"]
        self.sandbox = env["SANDBOX_URL"]
        self.mailbox = env["MAILBOX_URL"]
        self.http = httpx.AsyncClient(
            timeout=15,
            # a connection that was opened to a process killed since must not fail the next request
            transport=httpx.AsyncHTTPTransport(retries=3, limits=httpx.Limits(max_keepalive_connections=20)),
        )
        self.admin = AuthenticatedClient(env["ADMIN_URL"], env["ADMIN_TOKEN"], timeout=httpx.Timeout(15))

    async def close(self) -> None:
        await self.http.aclose()
        await self.admin.get_async_httpx_client().aclose()

    # ── the customer ───────────────────────────────────────────────────────────

    async def order(self, email: str, product: str = "demo", quantity: int = 1, **headers: str) -> Order:
        body = {"email": email, "productId": product, "quantity": quantity}
        answer = await self.http.post(f"{self.ingress}/orders", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        order = answer.json()
        return Order(order["orderId"], order["orderSessionToken"], email)

    async def payment(self, order: Order) -> dict[str, Any]:
        answer = await self.http.post(f"{self.ingress}/payments/create", json={"orderId": order.id})
        assert answer.status_code == 201, answer.text
        payment: dict[str, Any] = answer.json()
        return payment

    async def status(self, order: Order) -> dict[str, Any]:
        answer = await self.http.get(
            f"{self.ingress}/orders/{order.id}", headers={"x-order-session-token": order.token}
        )
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen

    async def mails_of(self, order: Order) -> list[dict[str, Any]]:
        """The mails of this order: by Message-ID, because another run may have used the same address."""
        answer = await self.http.get(f"{self.mailbox}/api/email")
        # a mailbox killed while it took a mail may have kept an empty one
        mails = [mail for mail in answer.json() if mail["headers"].get("message-id", "").startswith(f"<{order.id}")]
        assert all(to["address"] == order.email for mail in mails for to in mail["to"])
        return mails

    async def link_for(self, order: Order, deadline_s: float = 60) -> str:
        async def probe() -> str | None:
            for mail in await self.mails_of(order):
                if found := LINK.search(mail["text"]):
                    return f"{self.delivery}{found.group(0)}"
            return None

        return await eventually(probe, f"a mail with a link to {order.email}", deadline_s)

    async def reveal(self, link: str) -> list[str]:
        """What the link page's script does: reveal, fetch the sealed objects, open them."""
        answer = await self.http.post(f"{link}/reveal", headers={"Accept": "application/json"})
        assert answer.status_code == 200, answer.text
        codes: list[str] = []
        for item in answer.json()["items"]:
            sealed = (await self.http.get(item["url"])).text
            key = OctKey.import_key(base64.urlsafe_b64decode(item["key"] + "=="))
            document = json.loads(jwe.decrypt_compact(sealed, key).plaintext or b"{}")
            codes += [code["code"] for code in document["codes"]]
        return codes

    # ── the providers ──────────────────────────────────────────────────────────

    async def pay(self, payment: Mapping[str, Any], status: str = "finished", **more: Any) -> None:
        """Moves the payment at the sandbox, which sends us the signed IPN."""
        body = {"status": status, **more}
        answer = await self.http.post(f"{self.sandbox}/control/payments/{payment['paymentId']}", json=body)
        assert answer.is_success, answer.text

    async def fault(self, **fault: Any) -> None:
        answer = await self.http.post(f"{self.sandbox}/control/faults", json=fault)
        assert answer.is_success, answer.text

    async def no_faults(self) -> None:
        await self.http.delete(f"{self.sandbox}/control/faults")

    async def provider_settings(self, **settings: Any) -> None:
        answer = await self.http.post(f"{self.sandbox}/control/settings", json=settings)
        assert answer.is_success, answer.text

    async def purchases(self, order_id: str | None = None) -> list[dict[str, Any]]:
        ledger = (await self.http.get(f"{self.sandbox}/control/ledger")).json()
        return [one for one in ledger["purchases"] if order_id is None or order_id in one["orderId"]]

    def signed_ipn(self, **body: Any) -> tuple[bytes, dict[str, str]]:
        """A NOWPayments IPN as the provider writes it: keys sorted, compact, HMAC-SHA512 over the bytes."""
        raw = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        secret = self.env["NOWPAYMENTS_IPN_SECRET"].encode()
        signature = hmac.new(secret, raw, hashlib.sha512).hexdigest()
        return raw, {"x-nowpayments-sig": signature, "content-type": "application/json"}

    # ── the admin, by the client that is generated from its API ────────────────

    async def admin_order(self, order_id: str) -> dict[str, Any]:
        """The order as admins see it; empty while it is not there, or admin is not."""
        try:
            found = await get_order.asyncio(UUID(order_id), client=self.admin)
        except httpx.TransportError:  # admin was killed while we asked
            return {}
        return found.to_dict() if isinstance(found, OrderDetail) else {}

    async def webhooks(self, **filters: Any) -> list[WebhookSummary]:
        """What admin knows of webhooks, the newest first."""
        found = await list_webhook_logs.asyncio(client=self.admin, **filters)
        assert isinstance(found, PageWebhookSummary), found
        return list(found.items)

    async def dead_letters(self, order: Order) -> list[DeadLetterSummary]:
        """The order's dead letters, whatever has become of them."""
        found = await list_dead_letters.asyncio(client=self.admin, order_id=UUID(order.id))
        assert isinstance(found, PageDeadLetterSummary), found
        return list(found.items)

    async def reaches(self, order: Order, *statuses: str, deadline_s: float = 60) -> dict[str, Any]:
        """The admin's view of the order once its machine state is one of `statuses`."""
        last: dict[str, Any] = {}

        async def probe() -> dict[str, Any] | None:
            last.update(await self.admin_order(order.id))
            return last if last.get("status") in statuses else None

        wanted = " or ".join(statuses)
        try:
            return await eventually(probe, wanted, deadline_s)
        except AssertionError:
            status = last.get("status")
            raise AssertionError(f"order {order.id} is {status}, not {wanted}, after {deadline_s:g} s") from None
