"""One dead letter whole, and its body for editing."""

from uuid import UUID

from bitloot_admin import audit
from bitloot_admin.models.dead_letters import DeadLetterDetail
from bitloot_admin.use_cases.plan_replay import read_letter
from bitloot_common.db import Pool
from bitloot_common.deadletters import DeadLetter, show, table


async def show_dead_letter(pool: Pool, letter_id: UUID, *, bootstrap_servers: str) -> DeadLetterDetail:
    """The letter, masked where it looks like a secret, with the line that shows its record in a terminal.

    Raises NotFound.
    """
    async with pool.acquire() as connection:
        letter = await read_letter(connection, letter_id)
        statuses = await table.order_statuses(connection, [letter])
    status = statuses.get(letter.order_id) if letter.order_id else None
    told = show.whole(letter) | {
        "group": letter.fingerprint,
        "kcat": show.kcat(letter, bootstrap_servers),
        "orderStatus": status,
    }
    return DeadLetterDetail.model_validate(told)


async def open_for_edit(pool: Pool, letter_id: UUID, *, actor: str) -> DeadLetter:
    """The letter with its body as it is, unmasked; that it was opened is audited. Raises NotFound."""
    async with pool.acquire() as connection, connection.transaction():
        letter = await read_letter(connection, letter_id)
        await audit.write(connection, actor, "dead_letter.opened_for_edit", f"dead_letter:{letter_id}")
    return letter
