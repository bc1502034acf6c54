"""What happens to payments: created, moved along, paid twice, announced by IPN."""

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from bitloot_sandbox.behaviour import Behaving
from bitloot_sandbox.clock import iso_ms_z, now_s
from bitloot_sandbox.nowpayments import coins
from bitloot_sandbox.nowpayments.ipn import ipn_fields, signed_ipn
from bitloot_sandbox.nowpayments.payment import UNPAID, WAY, Payment
from bitloot_sandbox.refusals import nowpayments_refusal
from bitloot_sandbox.store import Store
from bitloot_sandbox.webhooks import Sender, Webhook

FIRST_ID = 5_745_459_419


@dataclass(frozen=True)
class Quote:
    """What a payment is asked for, whoever asks: POST /payment or a customer at an invoice."""

    price_amount: float
    price_currency: str
    pay_currency: str
    order_id: str | None = None
    order_description: str | None = None
    ipn_callback_url: str | None = None
    is_fixed_rate: bool = False
    is_fee_paid_by_user: bool = False
    case: str | None = None
    invoice_id: int | None = None


class Payments:
    def __init__(
        self,
        store: Store,
        sender: Sender,
        behaviour: Behaving,
        chance: random.Random,
        ipn_secret: str,
    ) -> None:
        self._store = store
        self._sender = sender
        self._behaviour = behaviour
        self._chance = chance
        self._ipn_secret = ipn_secret
        self._last_id = store.last_payment_id() or FIRST_ID
        self._walks: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        for walk in self._walks:
            walk.cancel()

    def find(self, payment_id: int) -> Payment | None:
        doc = self._store.payment(payment_id)
        return Payment(**doc) if doc else None

    def latest(self, order_id: str | None, limit: int) -> list[Payment]:
        return [Payment(**doc) for doc in self._store.payments(order_id, limit)]

    def create(self, quote: Quote) -> Payment:
        coin = quote.pay_currency.lower()
        pay_amount = coins.converted(quote.price_amount, quote.price_currency, coin)
        if coin not in coins.USD_OF_COIN or pay_amount is None:
            raise nowpayments_refusal(
                400, "CURRENCY_UNAVAILABLE", f"Currency {quote.pay_currency.upper()} is currently unavailable"
            )
        smallest = self.min_amount(coin)
        if pay_amount < smallest:
            raise nowpayments_refusal(
                400, "AMOUNT_MINIMAL_ERROR", f"Crypto amount {pay_amount:.8f} is less than minimal"
            )
        payment = self._new(quote, coin, pay_amount)
        with self._store.transaction():
            self._save(payment)
            if self._behaviour().ipn_on_create:
                self._announce(payment)
        self._start_case(payment, quote.case or self._behaviour().payment_case)
        return payment

    def create_invoice(self, doc: dict[str, Any]) -> dict[str, Any]:
        """An invoice has no payment yet: that comes when the customer picks a coin."""
        invoice_id = self._next_id()
        now = iso_ms_z(now_s())
        invoice = doc | {"id": str(invoice_id), "token_id": str(self._next_id())}
        invoice |= {"price_amount": str(doc["price_amount"]), "pay_currency": doc.get("pay_currency")}
        invoice |= {"created_at": now, "updated_at": now, "partially_paid_url": None, "payout_currency": None}
        self._store.save_invoice(invoice_id, invoice)
        return invoice

    def invoice(self, invoice_id: int) -> dict[str, Any] | None:
        return self._store.invoice(invoice_id)

    def min_amount(self, coin: str) -> float:
        return coins.converted(self._behaviour().min_amount_usd, "usd", coin) or 0.0

    def move(self, payment: Payment, status: str, paid: float | None, silent: bool | None) -> bool:
        """Moves it to any status, as providers do; True when an IPN goes out.

        Once it has expired no IPN tells of it any more, unless `silent` says False.
        """
        sends = payment.status != "expired" if silent is None else not silent
        payment.status = status
        payment.actually_paid = _paid_at(payment, status) if paid is None else paid
        payment.updated_at = now_s()
        with self._store.transaction():
            self._save(payment)
            if sends:
                self._announce(payment)
        return sends

    def deposit_again(
        self, parent: Payment, amount: float, coin: str, status: str, order_id: str | None, silent: bool
    ) -> Payment:
        """A second deposit, or one in a wrong coin, is a payment of its own that names its parent."""
        quote = Quote(
            parent.price_amount,
            parent.price_currency,
            coin,
            order_id=order_id,
            order_description=parent.order_description if order_id else None,
            ipn_callback_url=parent.ipn_callback_url,
            invoice_id=parent.invoice_id,
        )
        child = self._new(quote, coin, amount)
        child.parent_payment_id, child.pay_address = parent.payment_id, parent.pay_address
        child.status, child.actually_paid = status, amount
        parent.children.append(child.payment_id)
        with self._store.transaction():
            self._save(parent)
            self._save(child)
            if not silent:
                self._announce(child)
        return child

    def walk(self, payment: Payment, to_status: str, step_ms: float | None = None) -> None:
        """Moves it through every status on the way, in the background."""
        pace = self._behaviour().payment_step_ms if step_ms is None else step_ms
        task = asyncio.create_task(self._walk(payment.payment_id, to_status, pace / 1000))
        self._walks.add(task)
        task.add_done_callback(self._walks.discard)

    async def _walk(self, payment_id: int, to_status: str, step_s: float) -> None:
        payment = self.find(payment_id)
        assert payment
        at = payment.status
        for status in _way(payment.status, to_status):
            await asyncio.sleep(step_s)
            payment = self.find(payment_id)
            if payment is None or payment.status != at:  # somebody else has moved it meanwhile
                return
            half = round(payment.pay_amount / 2, 8) if to_status == "partially_paid" else None
            self.move(payment, status, half, silent=None)
            at = status

    def _start_case(self, payment: Payment, case: str) -> None:
        end = {"success": "finished", "failed": "failed", "partially_paid": "partially_paid"}.get(case)
        if end:
            self.walk(payment, end)

    def _new(self, quote: Quote, coin: str, pay_amount: float) -> Payment:
        at = now_s()
        return Payment(
            payment_id=self._next_id(),
            status="waiting",
            pay_address=coins.new_address(coin),
            payin_extra_id=coins.new_memo(coin),
            price_amount=quote.price_amount,
            price_currency=quote.price_currency.lower(),
            pay_amount=pay_amount,
            pay_currency=coin,
            order_id=quote.order_id,
            order_description=quote.order_description,
            ipn_callback_url=quote.ipn_callback_url,
            purchase_id=str(self._next_id()),
            created_at=at,
            updated_at=at,
            is_fixed_rate=quote.is_fixed_rate,
            is_fee_paid_by_user=quote.is_fee_paid_by_user,
            invoice_id=quote.invoice_id,
        )

    def _next_id(self) -> int:
        self._last_id += 1 + self._chance.randrange(97)
        return self._last_id

    def _save(self, payment: Payment) -> None:
        self._store.save_payment(payment.payment_id, payment.order_id, vars(payment))

    def _announce(self, payment: Payment) -> None:
        behaviour = self._behaviour()
        fields = ipn_fields(payment, behaviour, self._chance)
        body, signature = signed_ipn(fields, self._ipn_secret, arrays_as_objects=behaviour.ipn_signs_arrays_as_objects)
        headers = {"Content-Type": "application/json", "x-nowpayments-sig": signature}
        url = payment.ipn_callback_url or ""
        subject = str(payment.payment_id)
        self._sender.announce(Webhook("nowpayments", payment.status, subject, url, headers, body))


def _way(status: str, to_status: str) -> list[str]:
    """The statuses between, and the last one."""
    if to_status == "partially_paid":
        return ["confirming", "partially_paid"]
    if status not in WAY or to_status not in WAY:
        return [to_status]
    return list(WAY[WAY.index(status) + 1 : WAY.index(to_status) + 1])


def _paid_at(payment: Payment, status: str) -> float:
    """What has arrived at this status, unless it is said."""
    if status in UNPAID or status in ("refunded", "cancelled"):
        return payment.actually_paid
    if status == "partially_paid":
        short = 0 < payment.actually_paid < payment.pay_amount
        return payment.actually_paid if short else round(payment.pay_amount / 2, 8)
    return max(payment.actually_paid, payment.pay_amount)
