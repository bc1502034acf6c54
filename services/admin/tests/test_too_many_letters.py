"""More dead letters than one act takes: it is refused, and none is left out in silence."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from bitloot_admin.health_watch import ServicesWatch
from bitloot_admin.models.dead_letters import LetterAct
from bitloot_admin.use_cases.plan_replay import plan_replay
from bitloot_admin.use_cases.settle_dead_letters import settle
from bitloot_common import db
from bitloot_common.deadletters import Selection
from bitloot_common.ids import new_id
from bitloot_common.problem import Unprocessable
from bitloot_local.pytest_plugin import Database

GROUP = "too-many"
REFUSED = "3 dead letters, more than the 2 that are taken at once"
LETTER = """
insert into dead_letters (id, service, dlt_topic, dlt_partition, dlt_offset, original_topic, value, headers,
    fingerprint, dead_at)
values ($1, 'fulfillment', 'fulfillment.dlt', 0, $2, 'orders.paid', '{}', '[]', $3,
    now())
"""


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(database.url, min_size=1, max_size=1, init=db.prepare) as pool:
        for number in range(3):
            await pool.execute(LETTER, new_id(), number, GROUP)
        yield pool
        await pool.execute("delete from dead_letters where fingerprint = $1", GROUP)


async def open_letters(pool: asyncpg.Pool) -> int:
    return int(
        await pool.fetchval("select count(*) from dead_letters where fingerprint = $1 and state = 'open'", GROUP)
    )


@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_discard_is_refused_whole(pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch, dry_run: bool) -> None:
    monkeypatch.setattr("bitloot_common.deadletters.table.LIMIT_MAX", 2)
    wanted = LetterAct(group=GROUP, dry_run=dry_run, reason="never mind")
    with pytest.raises(Unprocessable, match=REFUSED):
        await settle(pool, "discard", wanted, actor="ops")
    assert await open_letters(pool) == 3


async def test_a_replay_is_refused_whole(pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bitloot_common.deadletters.table.LIMIT_MAX", 2)
    with pytest.raises(Unprocessable, match=REFUSED):
        await plan_replay(pool, ServicesWatch(pool, {}), Selection(fingerprint=GROUP))


async def test_exactly_as_many_as_one_act_takes_are_taken(pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bitloot_common.deadletters.table.LIMIT_MAX", 3)
    acted = await settle(pool, "discard", LetterAct(group=GROUP, reason="never mind"), actor="ops")
    assert (acted.selected, acted.changed) == (3, 3)
    assert await open_letters(pool) == 0
