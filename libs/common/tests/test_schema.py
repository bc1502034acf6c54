"""Migrations and declared tables agree; the roles keep each service to its own tables."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from typing import Any

import asyncpg
import pytest
from alembic import command
from bitloot_common import schema


def test_the_migrations_make_exactly_the_declared_tables(database: Any) -> None:
    command.check(schema._config(database.url))


def test_a_second_upgrade_changes_nothing(database: Any) -> None:
    assert schema.upgrade(database.url) == (schema.head(), schema.head())


FORBIDDEN = [
    ("ingress", "update orders set status = 'paid'"),
    ("ingress", "update payments set actually_paid = 1"),
    ("ingress", "delete from webhook_logs"),
    ("ingress", "update webhook_logs set body = null"),
    ("ingress", "update retention set until = gen_random_uuid()"),
    ("ingress", "select * from keys"),
    ("fulfillment", "select remove_webhook_bodies('90 days', 1)"),
    ("fulfillment", "update orders set amount = 0"),
    ("fulfillment", "insert into orders default values"),
    ("fulfillment", "update keys set wrapped_key = ''"),
    ("fulfillment", "update order_events set event = ''"),
    ("delivery", "update orders set status = 'fulfilled'"),
    ("delivery", "update payments set actually_paid = 1"),
    ("delivery", "update reservations set status = 'given'"),
    ("admin", "update orders set status = 'fulfilled'"),
    ("admin", "update payments set actually_paid = 1"),
    ("admin", "select remove_webhook_bodies('90 days', 1)"),
    ("admin", "update keys set viewed_at = null"),
    ("admin", "update audit_log set actor = ''"),
    ("admin", "delete from audit_log"),
    ("admin", "delete from order_events"),
    ("admin", "create table mine (id int)"),
]


@pytest.mark.parametrize(("service", "statement"), FORBIDDEN)
async def test_a_service_cannot_write_what_it_does_not_own(database: Any, service: str, statement: str) -> None:
    connection = await asyncpg.connect(database.url_of(service))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("service", schema.SERVICES)
async def test_every_service_appends_to_the_timeline(database: Any, service: str) -> None:
    connection = await asyncpg.connect(database.url_of(service))
    try:
        await connection.execute(
            "insert into order_events (order_id, service, event) values (gen_random_uuid(), $1, 'x')", service
        )
    finally:
        await connection.close()


async def test_two_upgrades_of_an_empty_database_at_once_do_not_race(database: Any) -> None:
    owner = await asyncpg.connect(database.url)
    name = f"{database.name}_empty"
    await owner.execute(f"create database {name}")
    environment = {**os.environ, "DATABASE_URL": database.server.url_of("bitloot", name)}
    jobs = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bitloot_common.cli", "db", "upgrade", "--json", env=environment, stdout=PIPE
        )
        for _ in range(2)
    ]
    answers = [json.loads((await job.communicate())[0]) for job in jobs]
    assert [answer["to"] for answer in answers] == [schema.head()] * 2
    await owner.execute(f"drop database {name} with (force)")
    await owner.close()
