"""Signed IPNs and Kinguin webhooks, as the providers write them."""

import asyncio
import hashlib
import hmac
import json
from itertools import count
from typing import Any
from uuid import uuid4

from .conftest import IPN_SECRET, KINGUIN_SECRET

_numbers = count(int(uuid4().int % 10**12) * 1000)


def payment_id() -> int:
    """One that no other test has."""
    return next(_numbers)


def raw_ipn(**fields: Any) -> bytes:
    """A body as captured ones are spelt: keys sorted, compact."""
    ipn = {"payment_id": payment_id(), "payment_status": "finished", "order_id": str(uuid4()), "actually_paid": 1}
    return json.dumps(ipn | fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed(raw: bytes, secret: str = IPN_SECRET) -> dict[str, str]:
    signature = hmac.new(secret.encode(), raw, hashlib.sha512).hexdigest()
    return {"x-nowpayments-sig": signature, "content-type": "application/json"}


def kinguin(**fields: Any) -> tuple[bytes, dict[str, str]]:
    return json.dumps(fields).encode(), {"X-Auth-Token": KINGUIN_SECRET}


def esa(name: str = "order.status", **fields: Any) -> tuple[bytes, dict[str, str]]:
    return json.dumps(fields).encode(), {"X-Event-Name": name, "X-Event-Secret": KINGUIN_SECRET}


async def post_alone(port: int, raw: bytes, headers: dict[str, str]) -> int:
    """One POST to the IPN door over a connection of its own; returns the status. 1,000 at once are no effort."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = ["POST /payments/ipn HTTP/1.1", "Host: x", f"Content-Length: {len(raw)}", *lines, "", ""]
    writer.write("\r\n".join(head).encode() + raw)
    status = int((await reader.readline()).split()[1])
    writer.close()
    return status
