"""What is broken at the moment, and for how many more calls."""

import random
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel

Provider = Literal["nowpayments", "kinguin", "reservations", "esa"]
Mode = Literal[
    "error",
    "timeout",
    "slow",
    "slow_answer",
    "accept_then_timeout",
    "reset",
    "drop_webhook",
    "duplicate_webhook",
    "late_webhook",
    "reorder_webhooks",
    "cancel",
    "out_of_stock",
]
CALL_MODES: frozenset[Mode] = frozenset({"error", "timeout", "slow", "slow_answer", "accept_then_timeout", "reset"})
WEBHOOK_MODES: frozenset[Mode] = frozenset({"drop_webhook", "duplicate_webhook", "late_webhook", "reorder_webhooks"})
SALE_MODES: frozenset[Mode] = frozenset({"cancel", "out_of_stock"})

CALLS = {
    "nowpayments": {"status", "currencies", "estimate", "min_amount", "create_payment", "get_payment"}
    | {"create_invoice", "create_invoice_payment"},
    "kinguin": {"token", "offers", "reserve", "lookup", "get", "give", "delivered", "cancel"} | {"balance", "return"},
}
EVENTS = {
    "nowpayments": {"waiting", "confirming", "confirmed", "sending", "finished", "partially_paid", "failed"}
    | {"expired", "refunded", "cancelled"},
    "kinguin": {"reserve", "give", "delivered", "cancel", "outofstock", "returned", "refunded", "reversed"}
    | {"processing", "completed", "canceled", "product.update"},
}
SAME_AS = {
    "payment": "create_payment",
    "invoice": "create_invoice",
    "order": "reserve",
    "search": "lookup",
    "keys": "delivered",
    "product": "offers",
    "ipn": "webhook",
    "order.status": "webhook",
    "any": "*",
}


class Fault(BaseModel):
    """A fault hits the next `count` calls, or a `rate` of all; with neither, the next one.

    `operation` names a call (`reserve`, `create_payment`, …), or for the webhook modes an event
    (`delivered`, `finished`, …) or `webhook` for all of them; `*` is everything.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    provider: Provider = Field(description="`kinguin` is both of its APIs; `reservations`, `esa` one of them.")
    operation: str = "*"
    mode: Mode
    status: int | None = Field(None, ge=400, le=599, description="`error`: 503; `accept_then_timeout`: none.")
    count: int | None = Field(None, ge=1)
    rate: float | None = Field(None, gt=0, le=1)
    delay_ms: float | None = Field(None, ge=0, description="Each mode has its own default.")
    body: Literal["auto", "html", "json"] = Field(
        "auto", description="Of an error; auto: HTML from 500 and for 429 of NOWPayments, else JSON."
    )
    code: str | None = Field(None, description="Error code (ESA: kind) in a JSON error.")
    retry_after_s: float | None = Field(None, ge=0, description="Header; a Kinguin 429 has 1 unless given.")
    hits: int = Field(0, description="How often it has struck; read only.")

    @field_validator("operation")
    @classmethod
    def _canonical(cls, operation: str) -> str:
        return SAME_AS.get(operation, operation)

    @model_validator(mode="after")
    def _known(self) -> "Fault":
        family = "nowpayments" if self.provider == "nowpayments" else "kinguin"
        named = EVENTS[family] | {"webhook"} if self.mode in WEBHOOK_MODES else CALLS[family]
        if self.mode in SALE_MODES:
            named = {"reserve", "give"}
            if family != "kinguin":
                raise ValueError(f"mode {self.mode} is Kinguin's only")
        if self.operation not in named | {"*"}:
            if self.mode in WEBHOOK_MODES and self.operation in CALLS[family]:
                self.operation = "webhook"  # "the webhooks of that call": all of them
            else:
                raise ValueError(f"operation {self.operation!r} is not one of {sorted(named)} or '*'")
        if self.count is None and self.rate is None:
            self.count = 1
        return self

    def covers(self, api: str, operations: tuple[str, ...]) -> bool:
        family = "nowpayments" if api == "nowpayments" else "kinguin"
        return self.provider in (api, family) and (self.operation == "*" or self.operation in operations)

    def delay_s(self, default_ms: float) -> float:
        return (default_ms if self.delay_ms is None else self.delay_ms) / 1000


class FaultBoard:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        self._faults.clear()

    def listed(self) -> list[dict[str, Any]]:
        return [fault.model_dump(by_alias=True, exclude_none=True) for fault in self._faults]

    def draw(self, api: str, modes: frozenset[Mode], *operations: str) -> Fault | None:
        """The first fault that strikes this call; it has used up one of its count."""
        for fault in self._faults:
            if fault.mode not in modes or not fault.covers(api, operations):
                continue
            if fault.rate is not None and self._chance.random() >= fault.rate:
                continue
            fault.hits += 1
            if fault.count is not None and fault.hits >= fault.count:
                self._faults.remove(fault)
            return fault
        return None
