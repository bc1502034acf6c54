"""Load for the webhook doors: prepared, signed, unique IPNs, sent by wrk from Debian.

wrk with a Lua script that only hands out ready-made requests is not the bottleneck; a client in Python is.
"""

import hashlib
import hmac
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

LUA = r"""
local file = io.open(os.getenv("BENCH_REQUESTS"), "rb")
local size = tonumber(file:read("*l"))
local requests = {}
while true do
  local length = file:read("*l")
  if not length then break end
  requests[#requests + 1] = file:read(tonumber(length))
end
file:close()
local at = 0
request = function()
  at = at + 1
  if at > size then at = 1 end
  return requests[at]
end
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    "RESULT requests=%d seconds=%.6f p50=%.1f p90=%.1f p99=%.1f max=%.1f not2xx=%d socket=%d\n",
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(90),
    latency:percentile(99), latency.max, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
"""

_RESULT = re.compile(r"RESULT (.*)")


@dataclass(frozen=True)
class Load:
    """One run's outcome. `per_s` counts what was taken (2xx) only; latencies, of all answers, in milliseconds."""

    requests: int
    per_s: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float
    errors: int


def ipn(number: int, secret: str) -> tuple[bytes, str]:
    """One IPN as captured ones are spelt (keys sorted, compact, about 600 bytes), and its signature."""
    body = {
        "actually_paid": 0.00016514,
        "actually_paid_at_fiat": 0,
        "fee": {"currency": "btc", "depositFee": "0.000083", "serviceFee": "0", "withdrawalFee": "0"},
        "invoice_id": None,
        "order_description": f"BitLoot order {number}",
        "order_id": str(uuid4()),
        "outcome_amount": 0.00016431,
        "outcome_currency": "btc",
        "parent_payment_id": None,
        "pay_address": "3EZ2uTdVDAMFXTfc6uLDDKR6o8qKBZXVkj",
        "pay_amount": 0.00016514,
        "pay_currency": "btc",
        "payin_extra_id": None,
        "payment_extra_ids": None,
        "payment_id": number,
        "payment_status": "finished",
        "price_amount": 9.99,
        "price_currency": "eur",
        "purchase_id": "6084744717",
    }
    raw = json.dumps(body, separators=(",", ":")).encode()
    return raw, hmac.new(secret.encode(), raw, hashlib.sha512).hexdigest()


class Requests:
    """Writes files of ready-made requests; no payment id comes twice in one benchmark."""

    def __init__(self, directory: Path, secret: str, first: int) -> None:
        self._directory = directory
        self._secret = secret
        self._next = first

    def write(self, host: str, count: int, name: str = "requests.bin") -> Path:
        """`count` requests nobody has sent before. One file per target: two may be under load at once."""
        path = self._directory / name
        with path.open("wb") as file:
            file.write(b"%d\n" % count)
            for request in self._requests(host, count):
                file.write(b"%d\n" % len(request))
                file.write(request)
        return path

    def _requests(self, host: str, count: int) -> Iterator[bytes]:
        for _ in range(count):
            self._next += 1
            raw, signature = ipn(self._next, self._secret)
            head = (
                f"POST /payments/ipn HTTP/1.1\r\nHost: {host}\r\nUser-Agent: NOWPayments v1.0\r\n"
                f"Content-Type: application/json\r\nx-nowpayments-sig: {signature}\r\n"
                f"Content-Length: {len(raw)}\r\n\r\n"
            )
            yield head.encode() + raw


def run(directory: Path, url: str, requests: Path, *, connections: int, seconds: float, core: int | None) -> Load:
    """One run of wrk. Raises CalledProcessError when it cannot run."""
    script = directory / "load.lua"
    script.write_text(LUA)
    pin = ["taskset", "-c", str(core)] if core is not None else []
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "10s", "-s", str(script), url]
    out = subprocess.run(
        [*pin, *command], env={"BENCH_REQUESTS": str(requests), "PATH": "/usr/bin:/bin:/usr/local/bin"},
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    found = _RESULT.search(out)
    if found is None:
        raise RuntimeError(f"wrk said nothing we know: {out[-300:]}")
    values = {name: float(value) for name, _, value in (part.partition("=") for part in found[1].split())}
    return Load(
        requests=int(values["requests"]),
        per_s=(values["requests"] - values["not2xx"]) / values["seconds"],
        p50_ms=values["p50"] / 1000,
        p90_ms=values["p90"] / 1000,
        p99_ms=values["p99"] / 1000,
        max_ms=values["max"] / 1000,
        errors=int(values["not2xx"] + values["socket"]),
    )
