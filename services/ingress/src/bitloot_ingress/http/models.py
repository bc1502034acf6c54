"""Requests and answers of the checkout API: camelCase, with examples for its readers."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from email_validator import validate_email
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, EmailStr, Field, PlainSerializer
from pydantic.alias_generators import to_camel

# Numbers in JSON, as the shop's clients expect; every amount here is exact as a double's shortest digits.
Amount = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]

ORDER_ID = "01990a5e-6f2a-7c3e-9d51-3f1f0f6f7a10"
TOKEN = "kq3Zr0m5m0c7Xo1cU7mQJ0c8yq4m3n2b1v0a9s8d7f6"  # noqa: S105  (an example)


class Model(BaseModel):
    """camelCase in, camelCase out; unknown fields are ignored, as the first shop's clients send some."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _without_smtputf8(address: str) -> str:
    """The address as every mail server takes it: its domain in ASCII (IDNA), what stands before the @ as it is.

    Raises ValueError where that is not ASCII: delivery speaks no SMTPUTF8.
    """
    return validate_email(address, allow_smtputf8=False, check_deliverability=False).ascii_email or address


Email = Annotated[EmailStr, AfterValidator(_without_smtputf8)]


class NewOrder(Model):
    """`idempotencyKey` counts like the header `Idempotency-Key`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "you@example.com", "productId": "demo", "quantity": 1}]}
    )

    email: Email = Field(max_length=254)
    product_id: str = Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")
    quantity: int = Field(1, ge=1, le=100, strict=True)
    idempotency_key: str | None = Field(None, min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")


class PlacedOrder(Model):
    """201 of `POST /orders`. `id` and `total` are the first shop's names of `orderId` and `amount`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "orderId": ORDER_ID,
                    "id": ORDER_ID,
                    "status": "created",
                    "productId": "demo",
                    "productName": "Stellar Drift – Deluxe Edition (PC, Steam)",
                    "quantity": 1,
                    "amount": 9.99,
                    "total": "9.99",
                    "currency": "EUR",
                    "orderSessionToken": TOKEN,
                }
            ]
        }
    )

    order_id: UUID
    id: UUID
    status: str
    product_id: str
    product_name: str
    quantity: int
    amount: Amount
    total: str
    currency: str
    order_session_token: str = Field(description="shows the order: header x-order-session-token")


class NewPayment(Model):
    """`email`, `priceAmount` and `priceCurrency` are taken and ignored: the price is the order's."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"orderId": ORDER_ID, "payCurrency": "btc"}]})

    order_id: UUID
    pay_currency: Annotated[str, BeforeValidator(_lower)] | None = Field(None, pattern="^[a-z0-9]{2,20}$")


class CreatedPayment(Model):
    """201 of `POST /payments/create`: where to send how much."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "paymentId": "5745459419",
                    "orderId": ORDER_ID,
                    "payAddress": "3EZ2uTdVDAMFXTfc6uLDDKR6o8qKBZXVkj",
                    "payAmount": 0.00016514,
                    "payCurrency": "btc",
                    "priceAmount": 9.99,
                    "priceCurrency": "EUR",
                    "payinExtraId": None,
                    "network": "btc",
                    "status": "waiting",
                    "expiresAt": "2026-01-08T12:00:00Z",
                    "qrCodeData": "bitcoin:3EZ2uTdVDAMFXTfc6uLDDKR6o8qKBZXVkj?amount=0.00016514",
                }
            ]
        }
    )

    payment_id: str
    order_id: UUID
    pay_address: str | None
    pay_amount: Amount | None
    pay_currency: str | None
    price_amount: Amount | None
    price_currency: str | None
    payin_extra_id: str | None = Field(description="memo or tag, without which some coins are not credited")
    network: str | None
    status: str
    expires_at: datetime | None
    qr_code_data: str | None = Field(description="text for a QR code: a payment URI where the coin has one")


class PaymentOfOrder(Model):
    """A payment as its customer sees it."""

    payment_id: str
    status: str
    pay_address: str | None
    pay_amount: Amount | None
    pay_currency: str | None
    actually_paid: Amount
    payin_extra_id: str | None
    expires_at: datetime | None
    created_at: datetime


class TimelineEntry(Model):
    """One thing that happened."""

    at: datetime
    event: str
    status: str | None


class ShownOrder(Model):
    """200 of `GET /orders/{orderId}`."""

    order_id: UUID
    id: UUID
    status: str
    email: str | None = Field(description="masked")
    product_id: str
    product: str
    quantity: int
    unit_price: Amount
    amount: Amount
    total: str
    currency: str
    created_at: datetime
    payments: list[PaymentOfOrder]
    timeline: list[TimelineEntry]


class Problem(BaseModel):
    """RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


def problem(status: int, title: str, detail: str, **more: Any) -> dict[int | str, dict[str, Any]]:
    """An error in OpenAPI, with an example."""
    example = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return {
        status: {
            "model": Problem,
            "description": detail,
            "content": {"application/problem+json": {"example": example}},
        }
    }
