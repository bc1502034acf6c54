"""What a mail says: subject, text and HTML of every purpose, in the order's language. Never a code."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from bitloot_delivery.brand import Brand
from bitloot_delivery.clients.mailer import Mail
from bitloot_delivery.errors import NoticeUnknown
from bitloot_delivery.store.mails import MailRow
from bitloot_delivery.store.orders import Order
from bitloot_delivery.templates import render
from bitloot_delivery.texts import DEFAULT, Texts, texts

NOTICES: Final = frozenset(
    name.split(".")[1] for name in texts(DEFAULT).names() if name.startswith("notices.") and name.endswith(".subject")
)


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a mail is about. `url` None: a notice, which carries no link. `expires_at` is the link's end."""

    order: Order
    codes_stored: int
    url: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


class Letters:
    """Writes mails in the shop's name."""

    def __init__(self, brand: Brand) -> None:
        self._brand = brand

    def write(self, mail: MailRow, occasion: Occasion) -> Mail:
        """The mail of a row. Raises NoticeUnknown when there is no text for its purpose."""
        order = occasion.order
        say = texts(order.locale)
        subject, heading, body = _words(say, mail, occasion)
        context = {
            "say": say,
            "brand": self._brand,
            "order": order,
            "url": occasion.url,
            "until": f"{occasion.expires_at:%Y-%m-%d %H:%M}" if occasion.expires_at else "",
            "subject": subject,
            "heading": heading,
            "body": body,
        }
        assert order.email is not None, "a mail without a recipient is dropped when it is claimed"
        return Mail(
            message_id=mail.message_id,
            reference=str(mail.id),
            recipient=order.email,
            subject=subject,
            text=render("mail.txt", **context),
            html=render("mail.html", **context),
            language=say.language,
        )


def _words(say: Texts, mail: MailRow, occasion: Occasion) -> tuple[str, str, str]:
    order = occasion.order
    values = {
        "product": order.product_name,
        "stored": occasion.codes_stored,
        "quantity": order.quantity,
        "amount": _money(order.amount, order.currency),
        "refund": _money(order.refund_due or Decimal(0), order.currency),
    }
    known = say.names()
    if occasion.url is None:
        name = f"notices.{mail.purpose}"
        if f"{name}.subject" not in known:
            raise NoticeUnknown(mail.purpose)
        if not order.refund_due and f"{name}.body_without_sum" in known:
            return _without_sum(say, name, values)
    else:
        name = "mail.part" if mail.purpose == "keys" and not mail.complete else f"mail.{mail.purpose}"
    subject, heading, body = (
        say(_plural(known, f"{name}.{part}", occasion.codes_stored), **values)
        for part in ("subject", "heading", "body")
    )
    # a product's name comes from outside: one line, whatever it holds
    return " ".join(subject.split()), heading, body


def _without_sum(say: Texts, name: str, values: dict[str, Any]) -> tuple[str, str, str]:
    """A notice of a debt of which nobody can say how much it is, or which was paid before the mail was written."""
    subject, heading, body = (say(f"{name}.{part}", **values) for part in ("subject", "heading", "body_without_sum"))
    return " ".join(subject.split()), heading, body


def _plural(known: dict[str, str], name: str, count: int) -> str:
    many = f"{name}_many"
    return many if count > 1 and many in known else name


def _money(amount: Decimal, currency: str) -> str:
    return f"{amount:.2f} {currency}"
