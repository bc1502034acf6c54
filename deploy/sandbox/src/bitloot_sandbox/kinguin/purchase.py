"""One purchase, whichever API it was made through."""

from dataclasses import dataclass, field
from typing import Any, Literal

PurchaseStatus = Literal[
    "reserved",
    "given",
    "delivered",
    "cancelled",
    "outofstock",
    "expired",
    "returned",
    "refunded",
    "reversed",
]
DEAD: frozenset[str] = frozenset({"cancelled", "outofstock", "expired"})
BOUGHT: frozenset[str] = frozenset({"given", "delivered", "returned", "refunded", "reversed"})
ESA_STATUS_OF = {
    "given": "processing",
    "delivered": "completed",
    "cancelled": "canceled",
    "outofstock": "canceled",
    "expired": "canceled",
    "returned": "refunded",
    "refunded": "refunded",
    "reversed": "refunded",
}


@dataclass
class Purchase:
    id: str
    api: str  # "reservations" or "esa"
    external_id: str | None
    idempotency_key: str | None
    lines: list[dict[str, Any]]  # productId, offerId, name, qty, price, requestPrice, textOnly
    status: str
    created_at: float
    updated_at: float
    expires_at: float | None = None
    visible: int = 0  # how many of its codes can be fetched
    next_step_at: float | None = None  # when more of them appear, or it ends otherwise
    then: str | None = None  # what it will end as, where that is not delivery
    history: list[list[Any]] = field(default_factory=list)

    @property
    def quantity(self) -> int:
        return sum(int(line["qty"]) for line in self.lines)

    @property
    def total(self) -> float:
        return round(sum(float(line["qty"] * line["price"]) for line in self.lines), 2)
