"""How often one order's mail may be sent again."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class ResendLimit:
    """At most `per_hour_max` per order and one per `pause`, by all operators together."""

    per_hour_max: int
    pause: timedelta
