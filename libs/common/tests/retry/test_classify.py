"""Other people's errors, sorted."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import asyncpg
import httpx
import pytest
from bitloot_common.retry import Kind, NotYet, Outage, Permanent, Transient, classify
from bitloot_common.retry.classify import is_outage, retry_after_s
from pydantic import BaseModel, ValidationError


def answered(status: int, **headers: str) -> httpx.HTTPStatusError:
    request = httpx.Request("GET", "http://kinguin")
    response = httpx.Response(status, headers={k.replace("_", "-"): v for k, v in headers.items()}, request=request)
    return httpx.HTTPStatusError("", request=request, response=response)


def invalid() -> ValidationError:
    class Model(BaseModel):
        n: int

    with pytest.raises(ValidationError) as caught:
        Model.model_validate_json(b"{}")
    return caught.value


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Transient(), Kind.TRANSIENT),
        (NotYet(), Kind.NOT_YET),
        (Permanent(), Kind.PERMANENT),
        (Outage("r2"), Kind.OUTAGE),
        (TimeoutError(), Kind.TRANSIENT),
        (ConnectionResetError(), Kind.TRANSIENT),
        (KeyError("unknown"), Kind.TRANSIENT),
        (invalid(), Kind.PERMANENT),
        (httpx.ConnectTimeout(""), Kind.TRANSIENT),
        (httpx.RemoteProtocolError(""), Kind.TRANSIENT),
        (answered(500), Kind.TRANSIENT),
        (answered(503), Kind.TRANSIENT),
        (answered(429), Kind.TRANSIENT),
        (answered(408), Kind.TRANSIENT),
        (answered(400), Kind.PERMANENT),
        (answered(403), Kind.PERMANENT),
        (asyncpg.SerializationError(), Kind.TRANSIENT),
        (asyncpg.DeadlockDetectedError(), Kind.TRANSIENT),
        (asyncpg.LockNotAvailableError(), Kind.TRANSIENT),
        (asyncpg.QueryCanceledError(), Kind.TRANSIENT),
        (asyncpg.UniqueViolationError(), Kind.TRANSIENT),
        (asyncpg.TooManyConnectionsError(), Kind.OUTAGE),
        (asyncpg.CannotConnectNowError(), Kind.OUTAGE),
        (asyncpg.AdminShutdownError(), Kind.OUTAGE),
        (asyncpg.ConnectionDoesNotExistError(), Kind.OUTAGE),
        (asyncpg.ReadOnlySQLTransactionError(), Kind.OUTAGE),
        (asyncpg.NumericValueOutOfRangeError(), Kind.PERMANENT),
    ],
    ids=lambda value: repr(value),
)
def test_kinds(error: Exception, kind: Kind) -> None:
    assert classify(error).kind is kind


async def test_a_database_that_refuses_connections_is_an_outage_of_it() -> None:
    with pytest.raises(OSError) as caught:  # noqa: PT011  (whatever the system says)
        await asyncpg.connect("postgresql://nobody:x@127.0.0.1:1/x")
    verdict = classify(caught.value)
    assert (verdict.kind, verdict.dependency) == (Kind.OUTAGE, "postgresql")


def test_what_a_wrapped_error_was_raised_from_counts() -> None:
    error = RuntimeError("save failed")
    error.__cause__ = asyncpg.CannotConnectNowError()
    assert classify(error).dependency == "postgresql"


def test_the_subscriptions_lists_win_and_burying_wins_over_retrying() -> None:
    assert classify(Permanent(), retry_on=(Permanent,)).kind is Kind.TRANSIENT
    assert classify(Transient(), bury_on=(Transient,)).kind is Kind.PERMANENT
    assert classify(KeyError(), retry_on=(LookupError,), bury_on=(KeyError,)).kind is Kind.PERMANENT


def test_retry_after_comes_along() -> None:
    assert classify(answered(429, retry_after="7")).retry_after_s == 7
    assert classify(Transient("later", retry_after_s=3)).retry_after_s == 3
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert 90 < (retry_after_s(at) or 0) <= 100
    assert retry_after_s("soon") is None
    assert retry_after_s(format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)) == 0


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (httpx.ConnectError(""), True),
        (httpx.PoolTimeout(""), True),
        (answered(502), True),
        (answered(429), False),
        (answered(404), False),
        (OSError(), True),
        (Outage("r2"), True),
        (Transient(), False),
        (Permanent(), False),
        (ValueError(), False),
        (asyncpg.CannotConnectNowError(), True),
        (asyncpg.DeadlockDetectedError(), False),
    ],
    ids=lambda value: repr(value),
)
def test_what_a_breaker_counts(error: Exception, counts: bool) -> None:
    assert is_outage(error) is counts
