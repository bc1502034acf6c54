"""Mail over real TLS: STARTTLS and TLS from the first byte, and no word to a server that is not who it should be."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd import smtp
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from bitloot_delivery.clients.mailer import Mail
from bitloot_delivery.clients.smtp import SmtpMailer, SmtpServer
from bitloot_delivery.errors import MailDown
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

A_MAIL = Mail("one@bitloot.example", "1", "someone@example.com", "Hello", "text", "<p>text</p>", "en")


@dataclass
class Mailbox:
    """What a server was told."""

    mails: list[Envelope] = field(default_factory=list)
    logins: list[tuple[str, bool]] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(envelope)
        return "250 OK"

    def login(self, _server: Any, session: Session, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
        self.logins.append((data.password.decode(), session.ssl is not None))
        return AuthResult(success=True)


def certificate(directory: Path, host: str) -> Path:
    """A certificate of `host` that signed itself, and its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + made.public_bytes(serialization.Encoding.PEM)
    path = directory / f"{host}.pem"
    path.write_bytes(pem)
    return path


@asynccontextmanager
async def serving(mailbox: Mailbox, tls: str, pem: Path | None) -> AsyncIterator[int]:
    """A real SMTP server on a free port; `tls` is a scheme of SMTP_URL."""
    context = None
    if pem is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pem)

    def protocol() -> smtp.SMTP:
        return smtp.SMTP(
            mailbox,
            tls_context=context if tls == "smtp+starttls" else None,
            authenticator=mailbox.login,
            auth_require_tls=False,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "localhost", 0, ssl=context if tls == "smtps" else None)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def send(url: str) -> None:
    mailer = SmtpMailer(SmtpServer.parse(url), "a@bitloot.example", connections_max=1, timeout_s=5)
    try:
        await mailer.send(A_MAIL)
    finally:
        await mailer.close()


@pytest.mark.parametrize("tls", ["smtps", "smtp+starttls"])
async def test_a_mail_goes_over_tls(tls: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox, pem = Mailbox(), certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    async with serving(mailbox, tls, pem) as port:
        await send(f"{tls}://shop:p%40ss@localhost:{port}")
    (mail,) = mailbox.mails
    assert mail.rcpt_tos == ["someone@example.com"]
    assert [password for password, _ in mailbox.logins] == ["p@ss"]
    assert tls == "smtps" or mailbox.logins[0][1], "the password went after STARTTLS"


@pytest.mark.parametrize("tls", ["smtps", "smtp+starttls"])
@pytest.mark.parametrize("wrong", ["nobody vouches for it", "of another host"])
async def test_a_wrong_certificate_gets_neither_password_nor_mail(
    tls: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox, pem = Mailbox(), certificate(tmp_path, "localhost" if wrong.startswith("nobody") else "other.example")
    if wrong == "of another host":
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    async with serving(mailbox, tls, pem) as port:
        with pytest.raises(MailDown):
            await send(f"{tls}://shop:secret@localhost:{port}")
    assert (mailbox.mails, mailbox.logins) == ([], [])


async def test_a_server_that_offers_no_tls_gets_nothing_where_tls_is_asked_for() -> None:
    mailbox = Mailbox()
    async with serving(mailbox, "smtp", None) as port:
        with pytest.raises(MailDown):
            await send(f"smtp+starttls://shop:secret@localhost:{port}")
    assert (mailbox.mails, mailbox.logins) == ([], [])
