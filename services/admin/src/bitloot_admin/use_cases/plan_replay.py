"""What a replay would do, before it is done: exactly which messages go where, and what each would change."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from bitloot_admin.health_watch import ServicesWatch, broken
from bitloot_admin.models.dead_letters import Plan, PlannedSending
from bitloot_admin.store import dead_letters
from bitloot_common.db import Connection, Pool
from bitloot_common.deadletters import (
    DeadLetter,
    EditRefused,
    NotReplayable,
    Selection,
    Sending,
    State,
    prepare,
    show,
    table,
)
from bitloot_common.deadletters.effect import effect
from bitloot_common.problem import NotFound, Unprocessable

SHOWN_MAX = 20


async def plan_replay(
    pool: Pool, health: ServicesWatch, selection: Selection, *, edit: bytes | None = None
) -> tuple[Plan, list[Sending]]:
    """The plan, and the messages themselves, oldest first.

    Raises NotFound when nothing is meant, Unprocessable when more is meant than one job takes, or when the edited
    body may not be sent.
    """
    async with pool.acquire() as connection:
        letters = list(reversed(await whole(connection, selection)))
        if not letters:
            raise NotFound("No dead letter is meant.")
        handled = await table.handled(connection, letters)
        statuses = await table.order_statuses(connection, letters)
    sendings, refused = _prepared(letters, edit)
    away = {name: broken(state) for name, state in health.services.items()}
    effects = {each.letter.id: effect(each.letter, handled, statuses, away) for each in sendings}
    plan = Plan(
        selected=len(letters),
        sendable=len(sendings),
        refused=refused[:SHOWN_MAX],
        effects=dict(Counter(effects.values()).most_common()),
        topics=dict(Counter(each.topic for each in sendings).most_common()),
        sendings=[_planned(each, effects[each.letter.id], statuses) for each in sendings[:SHOWN_MAX]],
    )
    return plan, sendings


async def whole(connection: Connection, selection: Selection) -> list[DeadLetter]:
    """Every letter that is meant, newest first. Raises Unprocessable when those are too many for one act."""
    try:
        return await table.all_of(connection, selection)
    except table.TooMany as error:
        raise Unprocessable(f"{error}.") from None


async def taken_up(
    connection: Connection, selection: Selection, since: datetime, actor: str
) -> tuple[list[Sending], list[Sending]]:
    """A replay of `selection` that `actor` began at `since`: what is left of it, and what it has sent.

    Left are the letters that were there then and that nobody has settled after. One that was sent and not yet
    marked is among them; twice is harmless.
    """
    letters = await table.find(connection, selection, limit=table.LIMIT_MAX)
    left = [each for each in letters if each.dead_at <= since and (each.state_at is None or each.state_at < since)]
    letters = await table.find(connection, replace(selection, state=State.REPLAYED), limit=table.LIMIT_MAX)
    sent = [each for each in letters if each.state_by == actor and each.state_at and each.state_at >= since]
    return _prepared(left[::-1], None)[0], _prepared(sent[::-1], None)[0]


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
