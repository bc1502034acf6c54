"""`Mailer` over SMTP: a small pool of connections, TLS as the URL's scheme says, replies sorted by their code."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, localtime, parseaddr
from typing import Final, NoReturn
from urllib.parse import unquote, urlsplit

import structlog
from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientsRefused,
    SMTPResponse,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPTimeoutError,
)
from bitloot_common.retry import Breaker
from bitloot_common.tracing import calling

from bitloot_delivery.clients.mailer import Mail, speaks_against_server
from bitloot_delivery.errors import MAIL, MailDelayed, MailDown, MailRefused

log = structlog.get_logger(__name__)

CONNECT_TIMEOUT_S: Final = 5.0
IDLE_S_MAX: Final = 30.0
IDLE_S_TRUSTED: Final = 1.0  # a connection that answered so short ago is not asked again whether it lives
MAILS_PER_CONNECTION: Final = 100
# "Authentication required" and its like, and a sender that the server does not take: said of one mail, true of all.
_NOT_OURS: Final = frozenset({530, 534, 535, 538})
_TOO_LARGE: Final = 552
_PORTS: Final = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_ADDRESS: Final = re.compile(r"[^\s<>@\"]+@[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where and how to connect."""

    host: str
    port: int
    tls: str
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> "SmtpServer":
        """Reads `smtp://`, `smtps://` or `smtp+starttls://user:password@host:port`. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("is none of smtp://host, smtps://host, smtp+starttls://host")
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        return cls(parts.hostname, parts.port or _PORTS[parts.scheme], parts.scheme, user, password)


class _Smtp(SMTP):
    """The answer to a mail's last line has a time limit of its own.

    Whoever gives up earlier than the server is done tries again what was taken: RFC 5321 (section 4.5.3.2.6) asks
    for ten minutes, "longer than others", because each such try is a second mail.
    """

    answer_timeout_s: float

    async def data(self, message: str | bytes, /, **_: object) -> SMTPResponse:
        return await super().data(message, timeout=self.answer_timeout_s)


@dataclass(slots=True)
class _Connection:
    smtp: _Smtp
    mails: int = 0
    idle_since: float = 0.0


class SmtpMailer:
    """At most `connections_max` connections.

    The server has `timeout_s` seconds for each answer, `answer_timeout_s` for the one that takes the mail.
    """

    def __init__(
        self,
        server: SmtpServer,
        sender: str,
        *,
        connections_max: int,
        timeout_s: float,
        answer_timeout_s: float = 600.0,
        retry_s: float = 300.0,
    ) -> None:
        """`retry_s`: when to ask again a server that said later; RFC 5321 (4.5.4.1) wants minutes, not seconds."""
        self.breaker: Final = Breaker(MAIL, probe=self.check, counts=speaks_against_server, trials=True)
        self._server = server
        self._sender = sender
        self._timeout_s = timeout_s
        self._answer_timeout_s = answer_timeout_s
        self._retry_s = retry_s
        self._slots = asyncio.Semaphore(connections_max)
        self._idle: list[_Connection] = []

    def turn(self) -> asyncio.Semaphore:
        return self._slots

    async def send(self, mail: Mail) -> None:
        message = as_message(mail, self._sender)
        where: dict[str, str | int] = {"server.address": self._server.host, "server.port": self._server.port}
        async with self.breaker:
            with calling("SMTP send", where):
                await self._send(message)

    async def _send(self, message: EmailMessage) -> None:
        try:
            async with self._connection() as connection:
                await connection.smtp.send_message(message)
        except (SMTPException, OSError, ValueError) as error:
            _raise_ours(error, self._retry_s)

    async def check(self) -> None:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            connection = await self._connect()
            try:
                await connection.smtp.mail(parseaddr(self._sender)[1])  # a sender that it does not take counts, too
            except (SMTPException, OSError) as error:
                raise MailDown(_why(error)) from None
            finally:
                await _quit(connection)

    async def close(self) -> None:
        self.breaker.stop()
        idle, self._idle = self._idle, []
        for connection in idle:
            await _quit(connection)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[_Connection]:
        """A connection that answered just now; given back only if nothing went wrong on it."""
        connection = await self._take()
        try:
            yield connection
        except BaseException:
            connection.smtp.close()
            raise
        connection.mails += 1
        connection.idle_since = time.monotonic()
        if connection.mails < MAILS_PER_CONNECTION:
            self._idle.append(connection)
        else:
            await _quit(connection)

    async def _take(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            idle_s = time.monotonic() - connection.idle_since
            trusted = idle_s < IDLE_S_TRUSTED and connection.smtp.is_connected
            if trusted or (idle_s < IDLE_S_MAX and await _answers(connection)):
                return connection
            connection.smtp.close()
        return await self._connect()

    async def _connect(self) -> _Connection:
        server = self._server
        smtp = _Smtp(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls == "smtps",
            start_tls=server.tls == "smtp+starttls",
            timeout=CONNECT_TIMEOUT_S,
        )
        try:
            await smtp.connect()
        except (SMTPException, OSError) as error:
            smtp.close()
            raise MailDown(_why(error)) from None
        smtp.timeout, smtp.answer_timeout_s = self._timeout_s, self._answer_timeout_s
        return _Connection(smtp)


def as_message(mail: Mail, sender: str) -> EmailMessage:
    """The mail as RFC 5322 wants it. Raises MailRefused when the recipient's address cannot stand in a header."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = sender
    try:
        message["To"] = mail.recipient
    except ValueError:
        raise MailRefused("the recipient's address is not one") from None
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = f"<{mail.message_id}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = mail.language
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return message


async def _answers(connection: _Connection) -> bool:
    try:
        await connection.smtp.noop(timeout=2.0)
    except (SMTPException, OSError):
        return False
    return True


async def _quit(connection: _Connection) -> None:
    with contextlib.suppress(SMTPException, OSError):
        await connection.smtp.quit(timeout=1.0)
    connection.smtp.close()


def _raise_ours(error: Exception, retry_s: float) -> NoReturn:
    """A reply by its code (RFC 5321, section 4.2.1): 5xx for good, 4xx for now; what broke off, for now.

    What the server has against us, not against this mail, is an outage: every other mail would meet it too.
    """
    of_recipient = isinstance(error, SMTPRecipientsRefused)
    if isinstance(error, SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, (SMTPAuthenticationError, SMTPHeloError, SMTPConnectError)):
        raise MailDown(_why(error)) from None
    if isinstance(error, SMTPTimeoutError):
        raise MailDelayed("no answer in time") from None
    if isinstance(error, SMTPResponseException):
        sender = isinstance(error, SMTPSenderRefused) and error.code >= 500 and error.code != _TOO_LARGE
        if sender or error.code in _NOT_OURS or error.code == 421:  # 421: "closing transmission channel"
            raise MailDown(_why(error)) from None
        if 500 <= error.code < 600:
            raise MailRefused(_why(error)) from None
        raise MailDelayed(_why(error), retry_s, of_recipient=of_recipient) from None
    if isinstance(error, (SMTPException, OSError)):
        raise MailDelayed(_why(error)) from None
    raise MailRefused("the recipient's address is not one") from None


def _why(error: Exception) -> str:
    """The server's words without anybody's address: they end in logs and dead letters."""
    if isinstance(error, SMTPResponseException):
        words = " ".join(_ADDRESS.sub("<address>", error.message).split())
        return f"{error.code} {words}"[:300]
    return type(error).__name__
