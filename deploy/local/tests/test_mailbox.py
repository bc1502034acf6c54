"""Mail in by SMTP, out by the API; and answered as a test asks."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import httpx
import pytest
from bitloot_local.pytest_plugin import SmtpServer

pytestmark = pytest.mark.stack


@pytest.fixture
def mailbox(smtp_server: SmtpServer) -> Iterator[SmtpServer]:
    httpx.delete(f"{smtp_server.mailbox_url}/api/email/all").raise_for_status()
    yield smtp_server
    smtp_server.reply(None)


def send(mailbox: SmtpServer, to: str, subject: str = "Your key") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "BitLoot <keys@bitloot.example>", to, subject
    message["Message-ID"] = "<order-1.key@bitloot.example>"
    message.set_content("Ключ: http://127.0.0.1/d/abc")
    message.add_alternative("<p>Ключ</p><script>alert(1)</script>", subtype="html")
    with smtplib.SMTP(mailbox.host, mailbox.port) as session:
        session.send_message(message)


def test_a_mail_is_listed_as_maildev_lists_it(mailbox: SmtpServer) -> None:
    send(mailbox, "Ann <ann@customer.example>", subject="Ваш ключ")

    (mail,) = mailbox.mails(to="ann@customer.example")
    assert mail["subject"] == "Ваш ключ"
    assert mail["from"] == [{"address": "keys@bitloot.example", "name": "BitLoot"}]
    assert mail["to"] == [{"address": "ann@customer.example", "name": "Ann"}]
    assert mail["text"].strip() == "Ключ: http://127.0.0.1/d/abc"
    assert "<p>Ключ</p>" in mail["html"]
    assert mail["headers"]["message-id"] == "<order-1.key@bitloot.example>"
    assert httpx.get(f"{mailbox.mailbox_url}/api/email/{mail['id']}").json() == mail


def test_a_mail_as_a_page_may_run_and_load_nothing(mailbox: SmtpServer) -> None:
    send(mailbox, "ann@customer.example")
    (mail,) = mailbox.mails()

    page = httpx.get(f"{mailbox.mailbox_url}/api/email/{mail['id']}/html")

    assert page.headers["content-security-policy"].startswith("sandbox ")
    assert "allow-scripts" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("line", ["451 4.3.0 try later", "550 5.1.1 no such user"])
def test_it_refuses_with_the_line_it_was_given_and_keeps_nothing(mailbox: SmtpServer, line: str) -> None:
    mailbox.reply(line)
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        send(mailbox, "ann@customer.example")
    assert refusal.value.smtp_code == int(line[:3])
    assert mailbox.mails() == []

    mailbox.reply(None)
    send(mailbox, "ann@customer.example")
    assert len(mailbox.mails()) == 1


def test_an_impossible_reply_is_refused(mailbox: SmtpServer) -> None:
    answer = httpx.post(f"{mailbox.mailbox_url}/api/control", json={"reply": "250 fine\r\n250 injected"})
    assert answer.status_code == 422


def test_an_unknown_mail_is_404(mailbox: SmtpServer) -> None:
    assert httpx.get(f"{mailbox.mailbox_url}/api/email/none").status_code == 404
