"""What a replay of a letter would change, in words, as far as it can be known without sending it."""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from bitloot_common.deadletters.letter import DeadLetter

HANDLED: Final = "none: handled since"
ITSELF: Final = "service"  # the dependency's name when the service itself does not answer
_ENDED: Final = ("fulfilled", "partly_fulfilled", "cancelled", "expired", "refund_due")


def effect(
    letter: DeadLetter, handled: Collection[UUID], statuses: Mapping[UUID, str], away: Mapping[str, Collection[str]]
) -> str:
    """`handled`: the letters whose event has taken effect since; `statuses` of their orders; `away`: what each
    service says that it cannot reach."""
    if letter.id in handled:
        return HANDLED
    status = statuses.get(letter.order_id) if letter.order_id else None
    if status in _ENDED:
        return f"probably none: the order is {status.replace('_', ' ')}"
    broken = sorted(away.get(letter.service, ()))
    if ITSELF in broken:
        return f"would wait: {letter.service} does not answer"
    if broken:
        return f"would wait: {letter.service} says that {', '.join(broken)} is away"
    return "will be handled"
