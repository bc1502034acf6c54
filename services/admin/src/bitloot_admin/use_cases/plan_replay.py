"""What a replay would do, before it is done: exactly which messages go where, and what each would change."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bitloot_admin.health_watch import ITSELF, ServicesWatch
from bitloot_admin.models.dead_letters import Plan, PlannedSending
from bitloot_admin.store import dead_letters
from bitloot_common.db import Connection, Pool
from bitloot_common.deadletters import DeadLetter, EditRefused, NotReplayable, Selection, Sending, prepare, show, table
from bitloot_common.problem import NotFound, Unprocessable

SHOWN_MAX = 20
HANDLED = "none: handled since"
_ENDED = ("fulfilled", "partly_fulfilled", "cancelled", "expired", "refund_due")


async def plan_replay(
    pool: Pool, health: ServicesWatch, selection: Selection, *, edit: bytes | None = None
) -> tuple[Plan, list[Sending]]:
    """The plan, and the messages themselves, oldest first.

    Raises NotFound when nothing is meant, Unprocessable when the edited body may not be sent.
    """
    async with pool.acquire() as connection:
        letters = list(reversed(await table.find(connection, selection, limit=table.LIMIT_MAX)))
        if not letters:
            raise NotFound("No dead letter is meant.")
        handled = await table.handled(connection, letters)
        statuses = await dead_letters.order_statuses(connection, letters)
    sendings, refused = _prepared(letters, edit)
    effects = {each.letter.id: effect(each.letter, handled, statuses, health) for each in sendings}
    plan = Plan(
        selected=len(letters),
        sendable=len(sendings),
        refused=refused[:SHOWN_MAX],
        effects=dict(Counter(effects.values()).most_common()),
        topics=dict(Counter(each.topic for each in sendings).most_common()),
        sendings=[_planned(each, effects[each.letter.id], statuses) for each in sendings[:SHOWN_MAX]],
    )
    return plan, sendings


async def unsettled_since(connection: Connection, selection: Selection, since: datetime) -> list[Sending]:
    """What is left of a replay of `selection` that began at `since`: the letters that were there then and that
    nobody has settled after. One that was sent and not yet marked is among them; twice is harmless."""
    letters = await table.find(connection, selection, limit=table.LIMIT_MAX)
    left = [each for each in letters if each.dead_at <= since and (each.state_at is None or each.state_at < since)]
    sendings, _ = _prepared(list(reversed(left)), None)
    return sendings


def effect(letter: DeadLetter, handled: set[UUID], statuses: dict[UUID, str], health: ServicesWatch) -> str:
    """What a replay of `letter` would change, in words, as far as it can be known from here."""
    if letter.id in handled:
        return HANDLED
    status = statuses.get(letter.order_id) if letter.order_id else None
    if status in _ENDED:
        return f"probably none: the order is {status.replace('_', ' ')}"
    state = health.services.get(letter.service)
    broken = sorted(name for name, told in state.checks.items() if told != "ok") if state else []
    if ITSELF in broken:
        return f"would wait: {letter.service} does not answer"
    if broken:
        return f"would wait: {letter.service} says that {', '.join(broken)} is away"
    return "will be handled"


def _prepared(letters: Sequence[DeadLetter], edit: bytes | None) -> tuple[list[Sending], list[str]]:
    sendings, refused = [], []
    for letter in letters:
        try:
            sendings.append(prepare(letter, edit))
        except NotReplayable as error:
            refused.append(str(error))
        except EditRefused as error:
            raise Unprocessable(str(error)) from None
    return sendings, refused


def _planned(sending: Sending, told: str, statuses: dict[UUID, str]) -> PlannedSending:
    letter = sending.letter
    status = statuses.get(letter.order_id) if letter.order_id else None
    shown = show.sending(sending, told)
    return PlannedSending.model_validate(shown | {"orderId": letter.order_id, "orderStatus": status})


async def read_letter(connection: Connection, letter_id: UUID) -> DeadLetter:
    """One letter. Raises NotFound."""
    letter = await dead_letters.find(connection, letter_id)
    if letter is None:
        raise NotFound(f"There is no dead letter {letter_id}.")
    return letter
