"""NOWPayments over HTTP: rate-limited, with a time-out on everything, foreign errors mapped once."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import Any, Final, Self

import httpx
import orjson
from bitloot_common.bounded_body import read_bounded
from bitloot_common.token_bucket import TokenBucket
from bitloot_common.tracing import calling

from bitloot_nowpayments.errors import (
    AmountTooSmall,
    CurrencyUnavailable,
    NowPaymentsBusy,
    NowPaymentsError,
    NowPaymentsRefused,
    NowPaymentsUnavailable,
    PaymentNotFound,
)
from bitloot_nowpayments.payment import MinAmount, NewPayment, Payment, amount_of

# The provider's 429 is an HTML page without Retry-After.
PAUSE_S_DEFAULT: Final = 5.0
PAUSE_S_MAX: Final = 60.0
ANSWER_BYTES_MAX: Final = 262_144


@dataclass(frozen=True, slots=True)
class Limits:
    """The provider's rates per source address, and how long a call may wait for its turn and its answer.

    `answer_s` is for the whole of it, from asking for a connection to the last byte: httpx's own limits are for
    each read, and an answer that drips would never end.
    """

    payments_per_s: float = 3.0
    requests_per_s: float = 7.0
    turn_s_max: float = 5.0
    connect_s: float = 3.0
    answer_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, read whole. `content` is None when it was too long."""

    status_code: int
    headers: httpx.Headers
    content: bytes | None


class NowPayments:
    """An async context manager. Every call raises NowPaymentsUnavailable, -Busy or one of -Refused."""

    def __init__(self, base_url: str, api_key: str, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self._limits = limits
        self._creating = TokenBucket(limits.payments_per_s, burst=max(1, int(limits.payments_per_s)))
        self._asking = TokenBucket(limits.requests_per_s, burst=max(1, int(limits.requests_per_s)))
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"x-api-key": api_key, "accept": "application/json"},
            timeout=httpx.Timeout(limits.answer_s, connect=limits.connect_s, pool=limits.turn_s_max),
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=10),
            follow_redirects=False,  # the API key goes to this host only
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def create_payment(self, new: NewPayment) -> Payment:
        """An address to pay to. A time-out is ambiguous: the payment may exist, and nobody was told of it."""
        body = {
            "price_amount": float(new.price_amount),
            "price_currency": new.price_currency.lower(),
            "pay_currency": new.pay_currency.lower(),
            "order_id": new.order_id,
            "order_description": new.order_description.encode("ascii", "replace").decode(),
            "ipn_callback_url": new.ipn_callback_url,
            "is_fixed_rate": new.is_fixed_rate,
        }
        fields = await self._call("create_payment", "POST", "/payment", self._creating, json=body)
        return _payment("create_payment", fields)

    async def get_payment(self, payment_id: str) -> Payment:
        """How far a payment is. Raises PaymentNotFound."""
        if not (payment_id.isascii() and payment_id.isdigit()):
            raise PaymentNotFound("get_payment", 404, "not an id")
        fields = await self._call("get_payment", "GET", f"/payment/{payment_id}", self._asking)
        return _payment("get_payment", fields)

    async def min_amount(self, pay_currency: str, fiat: str) -> MinAmount:
        """The least that can be paid in `pay_currency`, and about how much that is in `fiat`."""
        query = {
            "currency_from": pay_currency.lower(),
            "currency_to": pay_currency.lower(),
            "fiat_equivalent": fiat.lower(),
        }
        fields = await self._call("min_amount", "GET", "/min-amount", self._asking, params=query)
        amount = amount_of(fields.get("min_amount"))
        if amount is None:
            raise NowPaymentsUnavailable("min_amount", "an answer without min_amount")
        return MinAmount(pay_currency.lower(), amount, amount_of(fields.get("fiat_equivalent")))

    async def estimate(self, amount: Decimal, currency_from: str, currency_to: str) -> Decimal:
        """About how much `amount` is in `currency_to`."""
        query = {
            "amount": str(amount),
            "currency_from": currency_from.lower(),
            "currency_to": currency_to.lower(),
        }
        fields = await self._call("estimate", "GET", "/estimate", self._asking, params=query)
        estimated = amount_of(fields.get("estimated_amount"))
        if estimated is None:
            raise NowPaymentsUnavailable("estimate", "an answer without estimated_amount")
        return estimated

    async def status(self) -> None:
        """Returns when the provider says that it is up. Needs no key and no token."""
        answer = await self._send("status", "GET", "/status")
        if not 200 <= answer.status_code < 300:
            raise _error("status", answer.status_code, _json(answer) or {})

    async def _call(
        self, operation: str, method: str, path: str, bucket: TokenBucket, **request: Any
    ) -> dict[str, Any]:
        if not await bucket.take(self._limits.turn_s_max):
            raise NowPaymentsBusy(operation, "our own rate limit", self._limits.turn_s_max)
        answer = await self._send(operation, method, path, **request)
        if answer.status_code == 429:
            pause_s = _retry_after_s(answer)
            bucket.pause(pause_s)
            raise NowPaymentsBusy(operation, "429 too many requests", pause_s)
        fields = _json(answer)
        if 200 <= answer.status_code < 300 and fields is not None:
            return fields
        raise _error(operation, answer.status_code, fields or {})

    async def _send(self, operation: str, method: str, path: str, **request: Any) -> Answer:
        try:
            with calling(f"{method} nowpayments.{operation}", {"http.request.method": method}) as span:
                async with (
                    asyncio.timeout(self._limits.answer_s),
                    self._http.stream(method, path, **request) as response,
                ):
                    span.set_attribute("http.response.status_code", response.status_code)
                    body = await read_bounded(response.aiter_bytes(), ANSWER_BYTES_MAX)
                    return Answer(response.status_code, response.headers, body)
        except TimeoutError:
            what = f"no whole answer within {self._limits.answer_s:g} s"
            raise NowPaymentsUnavailable(operation, what) from None
        except httpx.HTTPError as error:
            # the class says it all; the message may hold a URL
            raise NowPaymentsUnavailable(operation, type(error).__name__) from None


def _payment(operation: str, fields: dict[str, Any]) -> Payment:
    try:
        return Payment.from_json(fields)
    except ValueError as error:
        raise NowPaymentsUnavailable(operation, f"an answer with {error}") from None


def _json(answer: Answer) -> dict[str, Any] | None:
    """The answer's JSON object; None for anything else. HTML is never parsed, kept or shown."""
    if "json" not in answer.headers.get("content-type", "") or answer.content is None:
        return None
    try:
        fields = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return None
    return fields if isinstance(fields, dict) else None


def _error(operation: str, status: int, fields: dict[str, Any]) -> NowPaymentsError:
    """Errors are `{"status":false,"statusCode":403,"code":"INVALID_API_KEY","message":…}`."""
    code = fields.get("code")
    code = code if isinstance(code, str) and code.isascii() and len(code) <= 60 else "no code"
    if status >= 500 or status == 408 or status < 400:
        return NowPaymentsUnavailable(operation, f"{status} {code}")
    if status in (401, 403):  # our key: an outage of ours, not this order's fault
        return NowPaymentsUnavailable(operation, f"{status} {code}")
    if status == 404:
        return PaymentNotFound(operation, status, code)
    if code == "AMOUNT_MINIMAL_ERROR":
        return AmountTooSmall(operation, status, code)
    if code == "CURRENCY_UNAVAILABLE":
        return CurrencyUnavailable(operation, status, code)
    return NowPaymentsRefused(operation, status, code)


def _retry_after_s(answer: Answer) -> float:
    given = answer.headers.get("retry-after", "")
    return min(float(given), PAUSE_S_MAX) if given.isascii() and given.isdigit() else PAUSE_S_DEFAULT
