"""The inbox forgets what no topic can bring back any more, through each service's own role."""

import asyncpg
import pytest
from bitloot_common import inbox
from bitloot_local.pytest_plugin import Database


@pytest.mark.parametrize("service", ["fulfillment", "delivery"])
async def test_old_events_are_forgotten_and_young_ones_are_not(database: Database, service: str) -> None:
    ages = (0, inbox.KEEP_DAYS - 1, inbox.KEEP_DAYS + 1, inbox.KEEP_DAYS + 2)
    async with (
        asyncpg.create_pool(database.url_of(service), min_size=1, max_size=2) as pool,
        asyncpg.create_pool(database.url, min_size=1, max_size=1) as owner,
    ):
        async with pool.acquire() as connection:
            for age_days in ages:
                await inbox.first_time(connection, service, str(age_days))
        await owner.execute("update inbox set at = now() - make_interval(days => event_id::int)")
        assert await inbox.forget_old(pool, batch=1) == 2
        left = {int(row["event_id"]) for row in await owner.fetch("select event_id from inbox")}
    assert left == set(ages[:2])
