"""How the providers behave until told otherwise: everything `POST /control/settings` can change."""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Milliseconds = float


class Behaviour(BaseModel):
    """Held in memory only: a restart or `POST /control/reset` brings the defaults back."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    # both providers
    latency_ms: Milliseconds = Field(0, ge=0, description="Added to every answer of a provider.")
    seed: int | None = Field(None, description="Seeds every random choice: rates of faults, quirks, retries.")
    webhook_delay_ms: Milliseconds = Field(10, ge=0, description="From the event to its first webhook.")
    send_webhooks: bool = True

    # Kinguin, both APIs
    external_id_unique: bool = Field(
        False, description="Refuse an external id that a purchase has which is not cancelled or out of stock."
    )
    completion: Literal["at_once", "webhook"] = Field(
        "webhook", description="Codes are ready in the answer that buys, or `completionDelayMs` later."
    )
    completion_delay_ms: Milliseconds = Field(100, ge=0)
    keys_per_step: int | None = Field(None, ge=1, description="Codes appear so many at a time.")
    key_interval_ms: Milliseconds = Field(200, ge=0, description="Between two steps of `keysPerStep`.")
    partial_delivery: int | None = Field(
        None, ge=0, description="At most so many codes of a purchase appear, until this is null again."
    )
    code_type: Literal["text", "image", "mixed"] = "text"
    codes: list[str] = Field([], description="Sold next, in this order; then random ones again.")
    code_prefix: str | None = Field(None, description="Starts every random code: makes them greppable.")
    price: float = Field(7.00, gt=0, description="EUR, the cheapest offer of every product; others cost more.")
    out_of_stock_offers: list[str] = []
    reservation_ttl_s: float = Field(1800, gt=0)
    balance: float = Field(1_000_000.0, description="ESA: what is left; each order takes its price from it.")
    token_ttl_s: float = Field(3600, gt=0, description="How long a token really lives; it is sold as 3600.")
    search_lag_ms: Milliseconds = Field(0, ge=0, description="ESA: the search sees an order so late.")
    webhook_spelling: Literal["event", "status", "mixed"] = Field(
        "event", description="Reservations: `event`, or the seller side's `status`."
    )
    kinguin_retries: int = Field(5, ge=0, description="After the first attempt, with doubling delays.")
    kinguin_retry_ms: Milliseconds = Field(500, ge=0, description="Before the first retry.")
    webhooks_off_after: int | None = Field(
        None, ge=1, description="ESA: failed webhooks in a row after which the endpoint is switched off."
    )

    # NOWPayments
    payment_case: Literal["common", "success", "failed", "partially_paid"] = Field(
        "common", description="For payments created without `case`: what becomes of them by itself."
    )
    payment_step_ms: Milliseconds = Field(300, ge=0, description="Between two statuses of a payment that walks.")
    payments_per_s: float | None = Field(None, gt=0, description="Beyond it POST /payment answers 429 as HTML.")
    min_amount_usd: float = Field(1.0, ge=0)
    ipn_retries: int = Field(3, ge=0, description="After the first attempt; then never again.")
    ipn_retry_ms: Milliseconds = Field(2000, ge=0, description="Fixed interval (production: a minute).")
    ipn_timeout_ms: Milliseconds = Field(3000, gt=0)
    ipn_on_create: bool = Field(True, description="Send the IPN `waiting` when a payment is created.")
    ipn_fees_as_strings: bool | None = Field(None, description="null: now this way, now that.")
    ipn_updated_at: bool | None = Field(None, description="null: now with it, now without.")
    ipn_extra_ids: bool | None = Field(None, description="`payment_extra_ids` an array; null: mixed.")
    ipn_signs_arrays_as_objects: bool = Field(False, description="As the documented JavaScript sample does.")

    def changed(self, changes: dict[str, Any]) -> "Behaviour":
        """A copy with the changes, validated."""
        return Behaviour.model_validate(self.model_dump(by_alias=True) | changes)


Behaving = Callable[[], Behaviour]  # asked at each use: settings may have changed since
