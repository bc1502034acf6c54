"""A mail server as the rest of delivery sees it, and what a mail is."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from bitloot_common.retry import Breaker

from bitloot_delivery.errors import MailDelayed, MailDown


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. `message_id` without angle brackets; the bodies carry a link, so they are never printed.

    `reference` is the row's id: what a provider's later news of the mail name it by.
    """

    message_id: str
    reference: str
    recipient: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    language: str


def speaks_against_server(error: BaseException) -> bool:
    """What a mail server's breaker counts. A delay of one mail is that mail's; of many in a row, the server's;
    that of an address (greylisting, a full mailbox) is never the server's."""
    return isinstance(error, MailDown) or (isinstance(error, MailDelayed) and not error.of_recipient)


class Mailer(Protocol):
    """Hands mails to a server. Sending one twice with the same Message-ID must be as harmless as the server allows."""

    @property
    def breaker(self) -> Breaker:
        """Opens while the server is away."""
        ...

    def turn(self) -> AbstractAsyncContextManager[object]:
        """A place at the server, waited for as long as it takes; `send` belongs inside.

        Claim what is to be sent in here: a claim that waited in line would run out before its mail was sent.
        """
        ...

    async def send(self, mail: Mail) -> None:
        """Returns once the server has taken it.

        Raises MailRefused (never try again), MailDelayed (later), MailDown (the server is away).
        """
        ...

    async def check(self) -> None:
        """Asks the server, past the breaker. Raises MailDown when it cannot be used."""
        ...

    async def close(self) -> None:
        """Closes the connections."""
        ...
