"""`Mailer` over Resend's HTTP API (`POST /emails`, resend.com/docs/api-reference).

The idempotency key is the Message-ID: for 24 hours a repeated call has no second effect. A 409 that says the
key was used with another body means that the first call was taken, with the link as it was then.
"""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, NoReturn

import httpx
import structlog
from bitloot_common.retry import Breaker, retry_after_s
from bitloot_common.token_bucket import TokenBucket
from bitloot_common.tracing import calling

from bitloot_delivery.clients.mailer import Mail, speaks_against_server
from bitloot_delivery.errors import MAIL, MailDelayed, MailDown, MailRefused
from bitloot_delivery.settings import MailSettings

log = structlog.get_logger(__name__)

RETRY_AFTER_DEFAULT_S: Final = 1.0
PAUSE_S_MAX: Final = 60.0  # a quota of the day names hours: mails then wait up the ladder, not in line
USED_WITH_ANOTHER_BODY: Final = "invalid_idempotent_request"
SENDS_ONLY: Final = "restricted_api_key"


class ResendMailer:
    """`http` carries base URL, credentials and time-outs; `rate` is how fast mails go out."""

    def __init__(self, http: httpx.AsyncClient, sender: str, rate: TokenBucket) -> None:
        self.breaker: Final = Breaker(MAIL, probe=self.check, counts=speaks_against_server, trials=True)
        self._http = http
        self._sender = sender
        self._rate = rate

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        await self._rate.take(math.inf)
        yield

    async def send(self, mail: Mail) -> None:
        body = {
            "from": self._sender,
            "to": [mail.recipient],
            "subject": mail.subject,
            "text": mail.text,
            "html": mail.html,
            "headers": {"Message-ID": f"<{mail.message_id}>", "Auto-Submitted": "auto-generated"},
            "tags": [{"name": "delivery_id", "value": mail.reference}],
        }
        async with self.breaker:
            answer = await self._call("POST", "/emails", json=body, headers={"Idempotency-Key": mail.message_id})
            if answer.is_success:
                return
            if answer.status_code == 429:  # everybody's, not this mail's
                self._rate.pause(min(_retry_after_s(answer), PAUSE_S_MAX))
            _judge(answer)

    async def check(self) -> None:
        """Also content with a key that may send and nothing else: that is the key to give us."""
        answer = await self._call("GET", "/domains")
        name = _error_name(answer)
        if answer.status_code >= 500 or (answer.status_code in {401, 403} and name != SENDS_ONLY):
            raise MailDown(f"resend answered {answer.status_code} {name}")

    async def close(self) -> None:
        self.breaker.stop()
        await self._http.aclose()

    async def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            with calling(f"{method} resend{path}", {"http.request.method": method}) as span:
                answer = await self._http.request(method, path, **options)
                span.set_attribute("http.response.status_code", answer.status_code)
                return answer
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise MailDown(type(error).__name__) from None
        except httpx.HTTPError as error:
            raise MailDelayed(type(error).__name__) from None


def open_resend(settings: MailSettings) -> ResendMailer:
    """The mailer that `settings` name."""
    http = httpx.AsyncClient(
        base_url=settings.resend_base_url,
        headers={"Authorization": f"Bearer {settings.resend_api_key}"},
        timeout=httpx.Timeout(settings.mail_timeout_s, connect=5.0),
    )
    return ResendMailer(http, settings.email_from, TokenBucket(settings.resend_mails_per_s_max))


def _judge(answer: httpx.Response) -> None:
    """Returns when the refusal means that the mail had been taken before; raises otherwise."""
    name, status = _error_name(answer), answer.status_code
    if status == 409 and name == USED_WITH_ANOTHER_BODY:
        log.warning("delivery.mail.taken_before", status=status)
        return
    if status in {401, 403}:
        raise MailDown(f"resend answered {status} {name}")
    if status == 429:
        raise MailDelayed(f"429 {name}", retry_after_s=_retry_after_s(answer))
    if status >= 500:
        raise MailDown(f"resend answered {status} {name}")
    if status in {408, 409}:
        raise MailDelayed(f"{status} {name}")
    _refuse(status, name)


def _refuse(status: int, name: str) -> NoReturn:
    raise MailRefused(f"{status} {name}")


def _retry_after_s(answer: httpx.Response) -> float:
    return retry_after_s(answer.headers.get("retry-after")) or RETRY_AFTER_DEFAULT_S


def _error_name(answer: httpx.Response) -> str:
    """The error's name, never its message: that may quote the recipient."""
    try:
        name = answer.json().get("name")
    except (ValueError, AttributeError):
        return ""
    return name[:80] if isinstance(name, str) else ""
