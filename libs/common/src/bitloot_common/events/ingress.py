"""What ingress publishes: the providers' webhooks, their bodies as they came.

The value is the provider's raw body (a code in it redacted), so these models read the providers'
spelling, not ours, and tolerate fields that they do not know.
"""

from decimal import Decimal
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field

from bitloot_common.events import topics
from bitloot_common.events.envelope import Event


def _plain_id(value: object) -> object:
    """Ids come as numbers or as digits (providers.md); inside they are text."""
    return str(value) if isinstance(value, int) else value


ProviderId = Annotated[str, BeforeValidator(_plain_id)]


class NowPaymentsIpn(Event):
    """One IPN of NOWPayments. Amounts are in units of the named currency."""

    TYPE: ClassVar[str] = "ingress.nowpayments_ipn.v1"
    TOPIC: ClassVar[str] = topics.PAYMENTS_IPN
    model_config = ConfigDict(alias_generator=None, populate_by_name=True, extra="ignore", frozen=True)

    payment_id: ProviderId
    payment_status: str
    parent_payment_id: ProviderId | None = None
    invoice_id: ProviderId | None = None
    order_id: str | None = None
    price_amount: Decimal | None = None
    price_currency: str | None = None
    pay_amount: Decimal | None = None
    pay_currency: str | None = None
    actually_paid: Decimal | None = None
    outcome_amount: Decimal | None = None
    outcome_currency: str | None = None


class KinguinWebhook(Event):
    """One webhook of the reservations API; `event`, or the seller side's spelling in `status`."""

    TYPE: ClassVar[str] = "ingress.kinguin_webhook.v1"
    TOPIC: ClassVar[str] = topics.KINGUIN_WEBHOOKS

    reservation_id: str = Field(validation_alias=AliasChoices("reservationId", "reservation_id"))
    event: str | None = None
    status: str | None = None
    product_id: ProviderId | None = None
    offer_id: str | None = None
    external_id: str | None = None
    updated_at: str | None = None


class KinguinEsaWebhook(Event):
    """One `order.status` webhook of Kinguin's ESA."""

    TYPE: ClassVar[str] = "ingress.kinguin_esa_webhook.v1"
    TOPIC: ClassVar[str] = topics.KINGUIN_WEBHOOKS

    order_id: str
    order_external_id: str | None = None
    status: str
    updated_at: str | None = None


class PaymentCreated(Event):
    """A payment was created for an order: it waits for the customer's money now."""

    TYPE: ClassVar[str] = "ingress.payment_created.v1"
    TOPIC: ClassVar[str] = topics.PAYMENTS_IPN

    order_id: UUID
    payment_id: str
