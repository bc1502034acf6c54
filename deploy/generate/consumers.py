"""Who reads which topic, as the services themselves declare it: nothing is started."""

from functools import cache
from types import SimpleNamespace
from typing import Any

import bitloot_delivery.consumers
import bitloot_fulfillment.consumers
from bitloot_common.retry import Breaker, Breakers, Ladder
from bitloot_delivery.errors import MAIL
from bitloot_kinguin.errors import DEPENDENCY as KINGUIN


@cache
def ladders() -> dict[str, Ladder]:
    """Each consuming service's ladder with its subscriptions."""
    fulfillment, delivery = _ladder("fulfillment"), _ladder("delivery")
    shop: Any = SimpleNamespace(buyer=SimpleNamespace(lease_s=1.0))
    nothing: Any = None
    bitloot_fulfillment.consumers.subscribe(fulfillment, shop)
    bitloot_delivery.consumers.declare(
        delivery, store_keys=nothing, queue_mail=nothing, revoke_links=nothing, send_mail=nothing, record_bounce=nothing
    )
    return {"fulfillment": fulfillment, "delivery": delivery}


def _ladder(service: str) -> Ladder:
    breakers = Breakers(*(Breaker(name) for name in ("postgresql", KINGUIN, MAIL)))
    return Ladder(service, "nowhere:9092", breakers=breakers)
