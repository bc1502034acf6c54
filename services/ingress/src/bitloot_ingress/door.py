"""A webhook door: in front of FastAPI, which would cost three times the work itself. Most requests come to it
straight from the socket (`visit.py`), the rest as to any ASGI endpoint.

Promises: nothing of the body is believed or stored before its signature holds; 200 only for what is durable
(or of no interest); every answer within 2.5 s.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import orjson
import structlog
from bitloot_common.client_address import Networks
from bitloot_common.ids import new_id
from bitloot_common.scrub import MASK, is_secret_name
from opentelemetry.trace import Span
from prometheus_client import Counter, Histogram
from starlette.types import Receive, Scope, Send

from bitloot_ingress import answers
from bitloot_ingress.providers import Outcome, Provider, Reading
from bitloot_ingress.providers.provider import fingerprint
from bitloot_ingress.providers.redaction import without_codes
from bitloot_ingress.refusals import Refusals
from bitloot_ingress.seats import BUSY, Seats
from bitloot_ingress.sink import Item, Sink, Stored
from bitloot_ingress.sources import Sources
from bitloot_ingress.trace import Traces

log = structlog.get_logger(__name__)

_RECEIVED = Counter("bitloot_webhooks_received_total", "Webhooks by provider and outcome.", ["provider", "outcome"])
_SECONDS = Histogram(
    "bitloot_webhook_seconds",
    "From the request's headers to its answer, of webhooks that were stored.",
    ["provider"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)

Tell = Callable[[answers.Answer], None]

UNAUTHORIZED = answers.problem(401, "The signature is missing or does not match.")
FORBIDDEN = answers.problem(403, "This source address is not on the list.")
TOO_LARGE = answers.problem(413, "The body is larger than any webhook.", connection="close")
UNAVAILABLE = answers.problem(503, "It cannot be made durable right now; send it again.", retry_after="5")


class TooLarge(Exception):
    """The body is over the limit."""


class Gone(Exception):
    """The client hung up before its body was complete."""


class Door:
    """One path. `providers` are those who knock there, told apart by their signature's header."""

    def __init__(
        self,
        providers: list["Desk"],
        *,
        body_bytes_max: int,
        sources: Sources,
    ) -> None:
        self._by_header = [(header, desk) for desk in providers for header in desk.provider.SIGNATURE_HEADERS]
        self._fallback = providers[0]
        self.body_bytes_max = body_bytes_max
        self._sources = sources

    def desk(self, headers: Mapping[bytes, bytes]) -> tuple["Desk", bytes]:
        """Whose request it is, and its signature (empty: none)."""
        for header, desk in self._by_header:
            if header in headers:
                return desk, headers[header]
        return self._fallback, b""

    def source(self, client: tuple[str, int] | None, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """The request's source address."""
        return self._sources.address_of(client, headers)

    def take(self, headers: Mapping[bytes, bytes], body: bytes, source: str, tell: Tell) -> None:
        """Takes one complete request; `tell` is called once with its answer, now or later."""
        desk, signature = self.desk(headers)
        desk.take(headers, body, signature, source, tell)

    async def __call__(self, scope: Scope, receive: Receive, send: Send, seats: Seats) -> None:
        headers, source = first_of_each(scope["headers"]), self._sources.address(scope)
        try:
            body = await self._read(headers, receive)
        except TooLarge:
            self.desk(headers)[0].count("too_large")
            await TOO_LARGE.before_the_end(receive, send)
        except Gone:
            self.desk(headers)[0].count("gone")
        else:
            if not seats.enter():
                await BUSY(send)
                return
            try:
                await (await self._answer(headers, body, source))(send)
            finally:
                seats.leave()

    async def _answer(self, headers: Mapping[bytes, bytes], body: bytes, source: str) -> answers.Answer:
        answered: asyncio.Future[answers.Answer] = asyncio.get_running_loop().create_future()

        def tell(answer: answers.Answer) -> None:
            if not answered.done():  # cancelled at shutdown
                answered.set_result(answer)

        self.take(headers, body, source, tell)
        return await answered

    async def _read(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
        """The body. What is declared too long is not read at all; the server may hand over more than one chunk
        in one message, so the size is checked on every one."""
        declared = headers.get(b"content-length")
        if declared is not None and (not declared.isdigit() or int(declared) > self.body_bytes_max):
            raise TooLarge
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body: bytes = message.get("body", b"")
        if not message.get("more_body"):
            if len(body) > self.body_bytes_max:
                raise TooLarge
            return body
        parts, size = [body], len(body)
        while message.get("more_body"):
            if size > self.body_bytes_max:
                raise TooLarge
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            parts.append(message.get("body", b""))
            size += len(parts[-1])
        if size > self.body_bytes_max:
            raise TooLarge
        return b"".join(parts)


class Desk:
    """Takes one provider's webhooks: who may send, is it signed, what does it say, is it stored."""

    def __init__(self, provider: Provider, sink: Sink, refusals: Refusals, traces: Traces, allowed: Networks) -> None:
        self.provider = provider
        self._sink = sink
        self._refusals = refusals
        self._traces = traces
        self._allowed = allowed
        self._ok = answers.ok(provider.ANSWER)
        self._counters = {outcome: _RECEIVED.labels(provider.NAME, outcome) for outcome in _OUTCOMES}
        self._seconds = _SECONDS.labels(provider.NAME)
        self._span_name = f"webhook {provider.NAME}"
        self._source = f"/bitloot/ingress/{provider.NAME}"

    def count(self, outcome: str) -> None:
        """One more request with this outcome."""
        self._counters[outcome].inc()

    def take(self, headers: Mapping[bytes, bytes], body: bytes, signature: bytes, source: str, tell: Tell) -> None:
        """Calls `tell` once with the answer, which is a promise: after a 200 the webhook is stored or of no
        interest. `tell` must not raise."""
        started = time.monotonic()
        if self._allowed and source not in self._allowed:
            self.count("forbidden")
            self._refusals.note(self.provider.NAME, source, "source not allowed")
            tell(FORBIDDEN)
            return
        spent = self._refusals.spent(source)
        try:
            secret_id = self.provider.verify(signature, body, raw_only=spent) if signature else None
        except Exception as error:  # noqa: BLE001  (what cannot be checked does not match)
            tell(self._refuse(source, f"verification failed: {type(error).__name__}"))
            return
        if secret_id is None:
            tell(self._refuse(source, "no signature" if not signature else "signature does not match"))
            return
        try:
            reading = self.provider.read(headers, body)
        except Exception as error:  # noqa: BLE001  (it is signed: refused, it would only come again)
            reading = self._unread(body, error)
        if reading.outcome is Outcome.DROPPED:
            self.count(Outcome.DROPPED)
            tell(self._ok)
            return
        span = self._traces.span(self._span_name)

        def stored(what: Stored) -> None:
            if span is not None:
                span.end()
            self._seconds.observe(time.monotonic() - started)
            tell(self._answer(reading.outcome, what))

        self._sink.submit(self._item(reading, headers, secret_id, source, span), stored)

    def _unread(self, body: bytes, error: Exception) -> Reading:
        kind = type(error).__name__
        log.error("webhook.read.failed", provider=self.provider.NAME, error=kind)
        kept = without_codes(body, None)
        return Reading(Outcome.INVALID, fingerprint(kept), "unreadable", kept, reason=f"reading it failed: {kind}")

    def _answer(self, outcome: Outcome, stored: Stored) -> answers.Answer:
        if stored is Stored.UNAVAILABLE:
            self.count("unavailable")
            return UNAVAILABLE
        self.count(outcome if stored is Stored.FIRST else "duplicate")
        return self._ok

    def _refuse(self, source: str, reason: str) -> answers.Answer:
        if not self._refusals.note(self.provider.NAME, source, reason):
            self.count("limited")
            return self._refusals.answer
        self.count("unauthorized")
        return UNAUTHORIZED

    def _item(
        self, reading: Reading, headers: Mapping[bytes, bytes], secret_id: str, source: str, span: Span | None
    ) -> Item:
        trace_id, traceparent = self._traces.ids(span)
        item = Item(
            id=new_id(),
            provider=self.provider.NAME,
            external_id=reading.external_id,
            event_type=reading.event_type,
            outcome=reading.outcome,
            body=reading.body,
            headers=_kept(headers),
            source_address=source,
            secret_id=secret_id,
            trace_id=trace_id,
            order_id=reading.order_id,
            payment_id=reading.payment_id,
            reservation_id=reading.reservation_id,
            reason=reading.reason,
        )
        if reading.outcome is Outcome.ACCEPTED:
            item.topic, item.key = self.provider.TOPIC, reading.key
            item.event_headers = self._event_headers(item, traceparent)
        return item

    def _event_headers(self, item: Item, traceparent: str) -> str:
        """The CloudEvents headers, as `CloudEvent.to_headers` makes them (a test compares)."""
        event = {
            "ce_specversion": "1.0",
            "ce_id": str(item.id),
            "ce_type": self.provider.EVENT_TYPE,
            "ce_source": self._source,
            "ce_time": _time_of(item.id.int >> 80),
            "content-type": "application/json",
            "ce_subject": item.key,
            "traceparent": traceparent,
        }
        return orjson.dumps(event).decode()


_OUTCOMES = (
    *(outcome.value for outcome in Outcome),
    *"duplicate unavailable unauthorized limited forbidden too_large gone".split(),
)


def first_of_each(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The headers by name; of a repeated one the first."""
    return dict(reversed(list(headers)))


def _kept(headers: Mapping[bytes, bytes]) -> str:
    """The headers as JSON, secrets and signatures redacted."""
    return orjson.dumps(
        {_name(name): MASK if _secret(name) else _text(value) for name, value in headers.items()}
    ).decode()


def _text(value: bytes) -> str:
    """Header values are bytes; PostgreSQL's text holds no NUL."""
    return value.decode("latin-1").replace("\x00", "")


@lru_cache(maxsize=1024)
def _name(name: bytes) -> str:
    return name.decode("latin-1").replace("\x00", "")


@lru_cache(maxsize=1024)
def _secret(name: bytes) -> bool:
    return is_secret_name(name.decode("latin-1"))


def _time_of(epoch_ms: int) -> str:
    """A UUIDv7's milliseconds as RFC 3339."""
    seconds, ms = divmod(epoch_ms, 1000)
    return f"{_second(seconds)}.{ms:03d}Z"


@lru_cache(maxsize=4)
def _second(epoch_s: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(epoch_s))
