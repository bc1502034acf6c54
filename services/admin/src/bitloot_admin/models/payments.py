"""Payments: the money side of an order."""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import Field

from bitloot_admin.models.model import Model


class PaymentFilter(Model):
    """Which payments. `orphaned`: money that fits no order of ours."""

    q: str | None = Field(None, max_length=200, description="payment, invoice or order id")
    payment_id: str | None = None
    order_id: UUID | None = None
    status: str | None = None
    orphaned: bool | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    sort: Literal["-created", "created"] = "-created"


class Payment(Model):
    """One payment at the provider. `pay*` amounts are in `payCurrency`, the price in `priceCurrency`."""

    id: UUID
    payment_id: str
    order_id: UUID | None
    provider: str
    invoice_id: str | None
    parent_payment_id: str | None
    status: str
    price_amount: Decimal | None
    price_currency: str | None
    pay_amount: Decimal | None
    pay_currency: str | None
    actually_paid: Decimal
    pay_address: str | None
    network: str | None
    expires_at: datetime | None
    settled_at: datetime | None
    asked_count: int
    next_ask_at: datetime | None
    created_at: datetime
    updated_at: datetime
