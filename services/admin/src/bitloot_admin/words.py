"""How states are said and shown: a word, a tone and what it means. Colour is never the only sign."""

from dataclasses import dataclass
from typing import Final, Literal

Tone = Literal["good", "going", "warn", "bad", "idle"]


@dataclass(frozen=True, slots=True)
class Word:
    """A state's label, tone and meaning."""

    label: str
    tone: Tone
    meaning: str = ""


ORDER: Final[dict[str, Word]] = {
    "created": Word("created", "idle", "no payment has been opened yet"),
    "awaiting_payment": Word("awaiting payment", "idle", "the customer has an address and has not paid"),
    "underpaid": Word("underpaid", "warn", "some money has arrived, not enough"),
    "paid": Word("paid", "going", "paid in full; the purchase has not begun"),
    "reserving": Word("reserving", "going", "the key is being reserved at Kinguin"),
    "reserved": Word("reserved", "going", "Kinguin holds the key for us"),
    "given": Word("given", "going", "bought; waiting for the codes"),
    "delivered": Word("delivered", "going", "the codes are ready to be fetched"),
    "partly_delivered": Word(
        "partly delivered", "going", "some of the codes are stored and mailed; the rest is awaited"
    ),
    "stored": Word("stored", "going", "the codes are sealed; the mail is due"),
    "fulfilled": Word("fulfilled", "good", "the link was mailed"),
    "partly_fulfilled": Word("partly fulfilled", "warn", "some of the codes were mailed; the rest's money goes back"),
    "expired": Word("expired", "idle", "not paid in time"),
    "cancelled": Word("cancelled", "idle", "ended without a purchase, nothing owed"),
    "refund_due": Word("refund due", "bad", "we owe the customer money"),
}

PAYMENT: Final[dict[str, Word]] = {
    "waiting": Word("waiting", "idle", "no deposit seen"),
    "confirming": Word("confirming", "going", "a deposit is on the chain"),
    "confirmed": Word("confirmed", "going", "the chain has confirmed it"),
    "sending": Word("sending", "going", "on its way to our wallet"),
    "finished": Word("finished", "good", "paid out to us"),
    "partially_paid": Word("partially paid", "warn", "less than asked has arrived"),
    "failed": Word("failed", "bad"),
    "expired": Word("expired", "idle", "no more IPNs come; deposits are still accepted"),
    "refunded": Word("refunded", "warn"),
    "cancelled": Word("cancelled", "idle"),
}

RESERVATION: Final[dict[str, Word]] = {
    "intended": Word("intended", "going", "committed here; no call has left"),
    "requested": Word("requested", "going", "a call may have left: it is looked up, never bought again"),
    "reserved": Word("reserved", "going"),
    "given": Word("given", "going"),
    "delivered": Word("delivered", "good"),
    "cancelled": Word("cancelled", "bad"),
    "outofstock": Word("out of stock", "bad"),
    "expired": Word("expired", "bad"),
    "failed": Word("failed", "bad"),
}

OUTCOME: Final[dict[str, Word]] = {
    "accepted": Word("accepted", "good", "stored and put on its topic"),
    "ignored": Word("ignored", "idle", "answered 200; nothing acts on it"),
    "invalid": Word("invalid", "warn", "its sender was right, its content was not"),
}

MAIL: Final[dict[str, Word]] = {
    "pending": Word("pending", "going"),
    "sending": Word("sending", "going"),
    "mailed": Word("mailed", "good", "the mail server took it"),
    "sent": Word("sent", "good", "the mail server took it"),
    "failed": Word("failed", "bad"),
    "refused": Word("refused", "bad", "the mail server will never take it"),
}

LETTER: Final[dict[str, Word]] = {
    "open": Word("open", "bad", "waits for somebody"),
    "replayed": Word("replayed", "good"),
    "discarded": Word("discarded", "idle"),
}

JOB: Final[dict[str, Word]] = {
    "running": Word("running", "going"),
    "finished": Word("finished", "good"),
    "aborted": Word("aborted", "warn"),
    "failed": Word("failed", "bad"),
}

HEALTH: Final[dict[str, Word]] = {
    "ok": Word("ok", "good"),
    "degraded": Word("degraded", "warn"),
    "failed": Word("down", "bad"),
    "unknown": Word("unknown", "idle"),
}

ROLE: Final[dict[str, Word]] = {
    "viewer": Word("viewer", "idle", "sees everything, payloads masked"),
    "operator": Word("operator", "going", "may also replay, retry, re-send, revoke, discard"),
    "admin": Word("admin", "warn", "may also manage people and tokens"),
}

KINDS: Final[dict[str, dict[str, Word]]] = {
    "order": ORDER,
    "payment": PAYMENT,
    "reservation": RESERVATION,
    "outcome": OUTCOME,
    "mail": MAIL,
    "letter": LETTER,
    "job": JOB,
    "health": HEALTH,
    "role": ROLE,
}


def word(kind: str, state: str | None) -> Word:
    """The word for a state; an unknown one is shown as it is."""
    if state is None:
        return Word("none", "idle")
    return KINDS[kind].get(state, Word(state.replace("_", " "), "idle"))
