"""One way out to Kinguin: breaker, bulkhead, token bucket, time-outs; foreign errors become ours here.

Order on the way out: breaker (fail at once while Kinguin is away), bulkhead (calls in flight), bucket (calls
per second), then httpx. What failed before the request was written has surely not happened.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import perf_counter
from typing import Any

import httpx
import orjson
from bitloot_common.bounded_body import read_bounded
from bitloot_common.from_zero import from_zero
from bitloot_common.retry import Breaker
from bitloot_common.token_bucket import TokenBucket
from bitloot_common.tracing import calling
from opentelemetry import trace
from prometheus_client import Counter, Histogram

from bitloot_kinguin.errors import THROTTLED, KinguinUnavailable
from bitloot_kinguin.settings import KinguinSettings

_CALLS = Counter("bitloot_kinguin_calls_total", "Calls to Kinguin.", ["api", "operation", "outcome"])
_DURATION = Histogram(
    "bitloot_kinguin_call_duration_seconds",
    "From asking for a connection to the answer's last byte.",
    ["api", "operation"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)

FAILURES = ("unavailable", "401", "403")
"""The outcomes that an alert rests on; a 429 and every 5xx are `unavailable`."""

ANSWER_BYTES_MAX = 33_554_432
"""A page of a hundred codes that are pictures, with room to spare."""

RETRY_AFTER_DEFAULT_S = 1.0
RETRY_AFTER_S_MAX = 300.0

# httpx raises these before a byte of the request was written (httpcore, _sync/connection_pool.py and
# connection.py); every other transport error may come after it
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer below 500. `body` is decoded JSON, None when there is none or it is something else."""

    status: int
    body: Any

    def field(self, name: str) -> Any:
        """A member of an object body, None where it or the object is missing."""
        return self.body.get(name) if isinstance(self.body, dict) else None


class Transport:
    """Calls of one adapter. `label` names the API in metrics, `operations` what it calls."""

    def __init__(
        self,
        settings: KinguinSettings,
        breaker: Breaker,
        *,
        label: str,
        operations: Iterable[str] = (),
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._settings = settings
        self._breaker = breaker
        self._label = label
        from_zero(_CALLS, [label], operations, FAILURES)
        self._bulkhead = asyncio.Semaphore(settings.kinguin_concurrent_max)
        self._bucket = TokenBucket(settings.kinguin_rate_per_s, settings.kinguin_burst)
        self._http = http or httpx.AsyncClient(
            limits=httpx.Limits(
                max_connections=settings.kinguin_connections_max,
                max_keepalive_connections=settings.kinguin_connections_max,
                keepalive_expiry=settings.kinguin_keepalive_s,
            ),
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def check(self) -> None:
        """For readiness: raises Degraded while the breaker is not closed."""
        await self._breaker.check()

    def trip(self, reason: str) -> None:
        """Opens the breaker: every order would fail alike."""
        self._breaker.trip(reason)

    async def call(
        self,
        operation: str,
        method: str,
        url: str,
        *,
        timeout_s: float | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        past_breaker: bool = False,
    ) -> Answer:
        """One call; `timeout_s` bounds it whole, from the first byte out to the last byte in.

        Raises KinguinUnavailable on a time-out, a broken connection, 429 and 5xx; Outage while the breaker is
        open. A call `past_breaker` neither asks nor tells the breaker: its probe, and what no order depends on. Any
        other answer is the caller's to judge.
        """
        whole_s = timeout_s or self._settings.kinguin_timeout_s
        timeout = httpx.Timeout(whole_s, connect=self._settings.kinguin_connect_timeout_s)
        request = self._http.build_request(
            method, url, headers=headers, params=params, json=json, data=form, timeout=timeout
        )
        async with self._place(operation), nullcontext() if past_breaker else self._breaker:
            started = perf_counter()
            outcome = "unavailable"
            try:
                with calling(f"{method} kinguin.{operation}", _told(request)):
                    answer = await self._send(operation, request, whole_s)
                outcome = str(answer.status)
            finally:
                _CALLS.labels(self._label, operation, outcome).inc()
                _DURATION.labels(self._label, operation).observe(perf_counter() - started)
            return answer

    @asynccontextmanager
    async def _place(self, operation: str) -> AsyncIterator[None]:
        """A place in the bulkhead and a token, within the longest wait; else KinguinUnavailable: nothing was sent."""
        try:
            async with asyncio.timeout(self._settings.kinguin_wait_s_max):
                await self._bulkhead.acquire()
        except TimeoutError:
            raise KinguinUnavailable(operation, "too many calls in flight", may_have_happened=False) from None
        try:
            if not await self._bucket.take(self._settings.kinguin_wait_s_max):
                raise KinguinUnavailable(operation, "our own rate limit", may_have_happened=False, retry_after_s=1.0)
            yield
        finally:
            self._bulkhead.release()

    async def _send(self, operation: str, request: httpx.Request, timeout_s: float) -> Answer:
        # `from None` throughout: httpx errors hold the request, and with it headers and body
        try:
            async with asyncio.timeout(timeout_s):
                response = await self._http.send(request, stream=True)
                try:
                    body = await read_bounded(response.aiter_bytes(), ANSWER_BYTES_MAX)
                finally:
                    await response.aclose()
        except TimeoutError:
            what = f"no whole answer within {timeout_s:g} s"
            raise _away(operation, what) from None
        except _NOT_SENT as error:
            raise _away(operation, type(error).__name__, may_have_happened=False) from None
        except httpx.HTTPError as error:
            raise _away(operation, type(error).__name__) from None
        if body is None:
            raise _away(operation, "an endless answer")
        trace.get_current_span().set_attribute("http.response.status_code", response.status_code)
        if response.status_code == 429:
            retry_after_s = _retry_after_s(response.headers.get("retry-after"))
            self._bucket.pause(retry_after_s)
            raise KinguinUnavailable(operation, THROTTLED, may_have_happened=False, retry_after_s=retry_after_s)
        if response.status_code >= 500:
            raise _away(operation, str(response.status_code))
        return Answer(response.status_code, _json(body))


def _away(operation: str, what: str, *, may_have_happened: bool = True) -> KinguinUnavailable:
    return KinguinUnavailable(operation, what, may_have_happened=may_have_happened, is_away=True)


def _told(request: httpx.Request) -> dict[str, str | int]:
    """What a span says of a call: where to, never the path or the query, which carry ids."""
    url = request.url
    port = url.port or (443 if url.scheme == "https" else 80)
    return {"http.request.method": request.method, "server.address": url.host, "server.port": port}


def _json(body: bytes) -> Any:
    """The body as JSON, or None; orjson's error would carry the document, and with it codes."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _retry_after_s(header: str | None) -> float:
    """Seconds of a `Retry-After` header (RFC 9110, 10.2.3: seconds or a date), bounded."""
    if not header:
        return RETRY_AFTER_DEFAULT_S
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return RETRY_AFTER_DEFAULT_S
    return min(max(seconds, 0.0), RETRY_AFTER_S_MAX)
