"""What the control surface is told."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from bitloot_sandbox.nowpayments.payment import Status


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class PaymentMove(_Body):
    status: Status
    actually_paid: float | None = Field(None, ge=0, description="Default: all of it, or half when partially paid.")
    silent: bool | None = Field(None, description="No IPN; default: only once the payment has expired.")
    walk: bool = Field(False, description="Through every status on the way, one IPN each.")
    step_ms: float | None = Field(None, ge=0, description="Between the steps of a walk.")


class Deposit(_Body):
    amount: float = Field(gt=0)
    pay_currency: str | None = Field(None, description="Another coin than the parent's is the wrong one.")
    order_id: Literal["parent"] | None = Field(None, description="The child's: null, or its parent's.")
    status: Status = "finished"
    silent: bool = False


class PurchaseMove(_Body):
    status: Literal["delivered", "cancelled", "outofstock", "returned", "refunded", "reversed"]
    silent: bool = False


class Noise(_Body):
    event: Literal["product.update"] = "product.update"
    count: int = Field(1, ge=1, le=10_000)
