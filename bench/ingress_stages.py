"""Where ingress's Python goes, stage by stage, in microseconds of one request; no server is needed."""

import timeit
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import orjson
from bitloot_common.ids import new_id
from bitloot_common.relay.murmur2 import murmur2
from bitloot_ingress import door, javascript
from bitloot_ingress.providers.nowpayments import NowPayments
from bitloot_ingress.trace import Traces

from bench.ingress_load import ipn

CALLS = 5_000
REPEATS = 5
SECRET = "stages"

HEADERS = {
    b"host": b"127.0.0.1:4000",
    b"user-agent": b"NOWPayments v1.0",
    b"content-type": b"application/json",
    b"x-nowpayments-sig": b"0" * 128,
    b"content-length": b"620",
}


def _us(work: Callable[[], object]) -> float:
    """The best of a few rounds: what it costs when nobody disturbs it."""
    return round(min(timeit.repeat(work, number=CALLS, repeat=REPEATS)) / CALLS * 1e6, 2)


def measure() -> dict[str, float]:
    """Microseconds per call of each stage."""
    raw, signature = ipn(5_745_459_419, SECRET)
    signed = signature.encode()
    settings: Any = SimpleNamespace(nowpayments_ipn_secret=SECRET, nowpayments_ipn_secret_previous="")
    provider, traces = NowPayments(settings), Traces(0.0)
    key = orjson.loads(raw)["order_id"].encode()
    return {
        "verify, raw bytes": _us(lambda: provider.verify(signed, raw, raw_only=False)),
        "canonical text (only when the raw bytes do not match)": _us(
            lambda: javascript.stringify_sorted(javascript.parse(raw))
        ),
        "read": _us(lambda: provider.read({}, raw)),
        "headers as kept": _us(lambda: door._kept(HEADERS)),
        "id": _us(new_id),
        "trace ids": _us(traces.ids),
        "partition of a key": _us(lambda: murmur2(key)),
    }
