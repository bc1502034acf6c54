"""NOWPayments' HTTP face, mounted at /nowpayments/v1."""

import time
from typing import Annotated, Any, Literal

from fastapi import Header, Query, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from bitloot_sandbox.answers import Json
from bitloot_sandbox.behaviour import Behaving
from bitloot_sandbox.doors import Door, Endpoint
from bitloot_sandbox.nowpayments import coins
from bitloot_sandbox.nowpayments.payments import Payments, Quote
from bitloot_sandbox.refusals import gateway_page, nowpayments_refusal

Case = Literal["common", "success", "failed", "partially_paid"]


class PaymentOrder(BaseModel):
    model_config = ConfigDict(extra="allow")

    price_amount: float = Field(gt=0)
    price_currency: str
    pay_currency: str
    order_id: str | None = None
    order_description: str | None = None
    ipn_callback_url: str | None = None
    is_fixed_rate: bool = False
    is_fee_paid_by_user: bool = False
    case: Case | None = None


class InvoiceOrder(BaseModel):
    price_amount: float = Field(gt=0)
    price_currency: str
    pay_currency: str | None = None
    order_id: str | None = None
    order_description: str | None = None
    ipn_callback_url: str | None = None
    success_url: str | None = None
    cancel_url: str | None = None
    is_fixed_rate: bool = False
    is_fee_paid_by_user: bool = False


class InvoicePayment(BaseModel):
    iid: int
    pay_currency: str
    order_description: str | None = None
    case: Case | None = None


class NowPaymentsDoors:
    """`doors` is the list of what it serves."""

    def __init__(self, payments: Payments, behaving: Behaving, api_key: str) -> None:
        self._payments = payments
        self._api_key = api_key
        self._limit = RateLimit(behaving)

    def doors(self) -> list[Door]:
        key = self._with_key

        def door(operation: str, route: str, endpoint: Endpoint, *rest: Any) -> Door:
            method, path = route.split()
            return Door("nowpayments", operation, method, f"/nowpayments/v1{path}", endpoint, *rest)

        return [
            door("create_payment", "POST /payment", self.create_payment, key, "An address to pay to", 201),
            door("get_payment", "GET /payment/{payment_id}", self.get_payment, key, "How far a payment is"),
            door("status", "GET /status", self.status, None, "Is it up? Needs no key"),
            door("currencies", "GET /currencies", self.currencies, key, "Coins one can pay in"),
            door("estimate", "GET /estimate", self.estimate, key, "What an amount is in a coin"),
            door("min_amount", "GET /min-amount", self.min_amount, key, "The least that can be paid"),
            door("create_invoice", "POST /invoice", self.create_invoice, key, "A page to pay at", 201),
            door(
                "create_invoice_payment",
                "POST /invoice-payment",
                self.create_invoice_payment,
                key,
                "The customer picks a coin",
                201,
            ),
        ]

    async def _with_key(self, x_api_key: Annotated[str | None, Header()] = None) -> None:
        if x_api_key != self._api_key:
            raise nowpayments_refusal(403, "INVALID_API_KEY", "Invalid api key")

    async def status(self) -> dict[str, str]:
        return {"message": "OK"}

    async def currencies(self) -> dict[str, list[str]]:
        return {"currencies": sorted(coins.USD_OF_COIN)}

    async def estimate(
        self, amount: Annotated[float, Query(gt=0)], currency_from: str, currency_to: str
    ) -> dict[str, Any]:
        found = coins.converted(amount, currency_from, currency_to)
        if found is None:
            raise nowpayments_refusal(400, "CURRENCY_UNAVAILABLE", "Can not get estimate")
        return {
            "currency_from": currency_from.lower(),
            "amount_from": amount,
            "currency_to": currency_to.lower(),
            "estimated_amount": found,
        }

    async def min_amount(
        self, currency_from: str, currency_to: str | None = None, fiat_equivalent: str | None = None
    ) -> dict[str, Any]:
        """`currency_from` is the coin the customer pays in."""
        if coins.usd_of(currency_from) is None:
            raise nowpayments_refusal(400, "CURRENCY_UNAVAILABLE", "Can not get min amount")
        smallest = self._payments.min_amount(currency_from)
        answer: dict[str, Any] = {
            "currency_from": currency_from.lower(),
            "currency_to": (currency_to or currency_from).lower(),
            "min_amount": smallest,
        }
        if fiat_equivalent:
            answer["fiat_equivalent"] = coins.converted(smallest, currency_from, fiat_equivalent)
        return answer

    async def create_payment(self, order: PaymentOrder) -> Response:
        if not self._limit.allows():
            return HTMLResponse(gateway_page(429), 429)
        asked = order.model_dump(include=set(Quote.__dataclass_fields__))
        return Json(self._payments.create(Quote(**asked)).created_view(), 201)

    async def get_payment(self, payment_id: str) -> Response:
        payment = self._payments.find(int(payment_id)) if payment_id.isdecimal() else None
        if payment is None:
            raise nowpayments_refusal(404, "PAYMENT_NOT_FOUND", "Payment not found")
        return Json(payment.asked_view())

    async def create_invoice(self, order: InvoiceOrder) -> Response:
        invoice = self._payments.create_invoice(order.model_dump())
        invoice["invoice_url"] = f"https://nowpayments.io/payment/?iid={invoice['id']}"
        return Json(invoice, 201)

    async def create_invoice_payment(self, picked: InvoicePayment) -> Response:
        invoice = self._payments.invoice(picked.iid)
        if invoice is None:
            raise nowpayments_refusal(404, "INVOICE_NOT_FOUND", "Invoice not found")
        kept = {name: invoice[name] for name in Quote.__dataclass_fields__ if name in invoice}
        kept |= {
            "price_amount": float(invoice["price_amount"]),
            "pay_currency": picked.pay_currency,
            "case": picked.case,
            "invoice_id": picked.iid,
        }
        return Json(self._payments.create(Quote(**kept)).created_view(), 201)


class RateLimit:
    """So many POST /payment in any second, when `paymentsPerS` is set."""

    def __init__(self, behaving: Behaving) -> None:
        self._behaving = behaving
        self._tokens = 0.0
        self._at = 0.0

    def allows(self) -> bool:
        per_s = self._behaving().payments_per_s
        if per_s is None:
            return True
        now = time.monotonic()
        self._tokens = min(per_s, self._tokens + (now - self._at) * per_s) if self._at else per_s
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
