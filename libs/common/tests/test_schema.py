"""Migrations and declared tables agree; the roles keep each service to its own tables."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from alembic import command
from bitloot_common import schema


def test_the_migrations_make_exactly_the_declared_tables(database: Any) -> None:
    command.check(schema._config(database.url))


def test_a_second_upgrade_changes_nothing(database: Any) -> None:
    assert schema.upgrade(database.url) == (schema.head(), schema.head())


@pytest.fixture
async def owner(database: Any) -> AsyncIterator["asyncpg.Connection[Any]"]:
    connection = await asyncpg.connect(database.url)
    yield connection
    await connection.close()


FORBIDDEN = [
    ("ingress", "update orders set status = 'paid'"),
    ("ingress", "update payments set actually_paid = 1"),
    ("ingress", "delete from webhook_logs"),
    ("ingress", "update webhook_logs set body = null"),
    ("ingress", "select * from keys"),
    ("fulfillment", "update orders set amount = 0"),
    ("fulfillment", "insert into orders default values"),
    ("fulfillment", "update keys set wrapped_key = ''"),
    ("fulfillment", "update order_events set event = ''"),
    ("delivery", "update orders set status = 'fulfilled'"),
    ("delivery", "update payments set actually_paid = 1"),
    ("delivery", "update reservations set status = 'given'"),
    ("admin", "update orders set status = 'fulfilled'"),
    ("admin", "update payments set actually_paid = 1"),
    ("admin", "update keys set viewed_at = null"),
    ("admin", "update audit_log set actor = ''"),
    ("admin", "delete from audit_log"),
    ("admin", "delete from order_events"),
    ("admin", "create table mine (id int)"),
]


@pytest.mark.parametrize(("service", "statement"), FORBIDDEN)
async def test_a_service_cannot_write_what_it_does_not_own(
    owner: "asyncpg.Connection[Any]", service: str, statement: str
) -> None:
    async with owner.transaction():
        await owner.execute(f"set local role bitloot_{service}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with owner.transaction():
                await owner.execute(statement)


@pytest.mark.parametrize("service", schema.SERVICES)
async def test_every_service_appends_to_the_timeline(owner: "asyncpg.Connection[Any]", service: str) -> None:
    async with owner.transaction():
        await owner.execute(f"set local role bitloot_{service}")
        await owner.execute(
            "insert into order_events (order_id, service, event) values (gen_random_uuid(), $1, 'x')", service
        )


async def test_two_upgrades_at_once_do_not_race(database: Any) -> None:
    versions = await asyncio.gather(*(asyncio.to_thread(schema.upgrade, database.url) for _ in range(2)))
    assert {after for _, after in versions} == {schema.head()}
