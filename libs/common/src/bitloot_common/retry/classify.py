"""What an exception means for its message: every rule about other people's errors, in one place.

Order of judgement: the subscription's `bury_on`, its `retry_on`, our own four parents, the tables below;
what nothing knows is transient, because a wrong retry costs seconds and a wrong burial costs an SRE.
"""

import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from pydantic import ValidationError

from bitloot_common.retry.errors import Failure, Kind

POSTGRESQL: Final = "postgresql"

ErrorTypes = tuple[type[BaseException], ...]

# SQLSTATE, or its class of two characters. Unlisted states are unknown, so transient.
_SQLSTATES: Final = {
    "40001": Kind.TRANSIENT,  # serialization failure
    "40P01": Kind.TRANSIENT,  # deadlock
    "55P03": Kind.TRANSIENT,  # lock not available
    "57014": Kind.TRANSIENT,  # statement time-out
    "08": Kind.OUTAGE,  # connection
    "53": Kind.OUTAGE,  # too many connections, disk full, out of memory
    "57P": Kind.OUTAGE,  # shutting down, starting up
    "25006": Kind.OUTAGE,  # read only: we talk to the old primary
    "22": Kind.PERMANENT,  # data that no column takes
}
_TRANSIENT_STATUSES: Final = {408, 425, 429}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The kind, and what only some kinds have."""

    kind: Kind
    retry_after_s: float | None = None
    dependency: str | None = None


def classify(error: BaseException, *, retry_on: ErrorTypes = (), bury_on: ErrorTypes = ()) -> Verdict:
    """What `error` means for the message whose handling raised it."""
    if isinstance(error, bury_on):
        return Verdict(Kind.PERMANENT)
    if isinstance(error, retry_on):
        return Verdict(Kind.TRANSIENT, retry_after_s=getattr(error, "retry_after_s", None))
    if isinstance(error, Failure):
        return Verdict(error.kind, getattr(error, "retry_after_s", None), getattr(error, "dependency", None))
    if isinstance(error, ValidationError):
        return Verdict(Kind.PERMANENT)
    return _http(error) or _postgresql(error) or Verdict(Kind.TRANSIENT)


def is_outage(error: BaseException) -> bool:
    """Whether `error` says that the other side is away, as a breaker counts it: no connection, a time-out
    or a 5xx. A 4xx and a 429 are answers."""
    if isinstance(error, Failure):
        return error.kind is Kind.OUTAGE
    status = _http_status(error)
    if status is not None:
        return status >= 500
    if isinstance(error, (OSError, *_httpx("TransportError"))):
        return True
    verdict = _postgresql(error)
    return verdict is not None and verdict.kind is Kind.OUTAGE


def for_status(status: int, headers: Mapping[str, str] | None = None) -> Verdict:
    """What an HTTP answer of 400 or more means: 5xx, 429 and their like pass, other 4xx never do."""
    if status >= 500 or status in _TRANSIENT_STATUSES:
        return Verdict(Kind.TRANSIENT, retry_after_s=retry_after_s((headers or {}).get("retry-after")))
    return Verdict(Kind.PERMANENT)


def retry_after_s(value: str | None) -> float | None:
    """A `Retry-After` header in seconds from now; None when absent or unreadable."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (when.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _http(error: BaseException) -> Verdict | None:
    status = _http_status(error)
    if status is None or status < 400:
        return None
    response = getattr(error, "response", None)
    return for_status(status, getattr(response, "headers", None))


def _http_status(error: BaseException) -> int | None:
    """The status of an httpx.HTTPStatusError, if it is one."""
    if isinstance(error, _httpx("HTTPStatusError")):
        return int(error.response.status_code)  # type: ignore[attr-defined]
    return None


def _httpx(name: str) -> ErrorTypes:
    """An error class of httpx, if anyone here has imported httpx: nobody else can have raised it."""
    module: Any = sys.modules.get("httpx")
    return (getattr(module, name),) if module else ()


def _postgresql(error: BaseException) -> Verdict | None:
    for cause in _chain(error):
        state = getattr(cause, "sqlstate", None)
        if isinstance(state, str):
            for length in (5, 3, 2):
                if kind := _SQLSTATES.get(state[:length]):
                    return Verdict(kind, dependency=POSTGRESQL if kind is Kind.OUTAGE else None)
            return None
        # asyncpg lets the socket's errors and time-outs through as they are.
        if isinstance(cause, OSError) and _raised_in(cause, "asyncpg"):
            return Verdict(Kind.OUTAGE, dependency=POSTGRESQL)
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what it wraps, and what it was raised from."""
    seen: set[int] = set()
    todo: list[object] = [error]
    while todo:
        cause = todo.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            todo += [getattr(cause, "orig", None), cause.__cause__]


def _raised_in(error: BaseException, package: str) -> bool:
    """Whether the error passed through a module of `package`."""
    return any(
        str(frame.f_globals.get("__name__", "")).partition(".")[0] == package
        for frame, _ in traceback.walk_tb(error.__traceback__)
    )
