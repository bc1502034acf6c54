"""Dead letters as data: indexed, found, replayed, discarded; by the library and from the command line."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from bitloot_common import db
from bitloot_common.cli.dlt import app
from bitloot_common.deadletters import DeadLetter, Selection, State, prepare, table
from bitloot_common.deadletters.indexer import Indexer
from bitloot_common.events.fulfillment import OrderPaid
from bitloot_common.inbox import first_time
from bitloot_common.retry import Message, Permanent
from bitloot_local.pytest_plugin import Database
from typer.testing import CliRunner

from .harness import Family, eventually, record

Families = Callable[..., Awaitable[Family]]


@pytest.fixture
async def pool(database: Database) -> "AsyncIterator[asyncpg.Pool[Any]]":
    """As admin: the role that reads and marks, and may do nothing else."""
    async with asyncpg.create_pool(database.url_of("admin"), min_size=1, max_size=4, init=db.prepare) as pool:
        yield pool
    owner = await asyncpg.connect(database.url)
    await owner.execute("truncate dead_letters, audit_log, inbox")
    await owner.close()


class Shop:
    """A service that refuses every order until it is told otherwise, and its dead letters."""

    def __init__(self, family: Family, database: Database) -> None:
        self.family = family
        self.refuses = True
        self.effects: list[str] = []
        self._database = database

    async def start(self) -> None:
        ladder = self.family.ladder()

        @ladder.subscribe(self.family.topic, OrderPaid, delays_s=(1,))
        async def on_order_paid(message: Message[OrderPaid]) -> None:
            if self.refuses:
                raise Permanent(f"order {message.data.order_id} is refused")
            connection = await asyncpg.connect(self._database.url)
            try:
                if await first_time(connection, self.family.service, message.id):
                    self.effects.append(message.id)
            finally:
                await connection.close()

        await ladder.start()

    async def bury(self, count: int) -> list[str]:
        """Sends `count` orders that are refused; returns their order ids."""
        orders = [str(uuid4()) for _ in range(count)]
        for number, order in enumerate(orders):
            headers = [("ce_id", f"e{number}".encode()), ("ce_type", OrderPaid.TYPE.encode()), ("x", b"1"), ("x", None)]
            await self.family.send_raw(order.encode(), json.dumps({"orderId": order, "n": number}).encode(), headers)
        await self.family.records(self.family.dlt, at_least=count)
        return orders

    async def indexed(self, pool: Any, count: int) -> list[DeadLetter]:
        indexer = Indexer(pool, self.family.bootstrap_servers, [self.family.service])
        running = asyncio.create_task(indexer.run())

        async def all_there() -> list[DeadLetter] | None:
            async with pool.acquire() as connection:
                letters = await table.find(connection, Selection(service=self.family.service))
            return letters if len(letters) == count else None

        try:
            letters: list[DeadLetter] = await eventually(all_there)
        finally:
            running.cancel()
            await asyncio.wait([running])
        return letters

    async def dlt(self, *arguments: str, database: bool = True, code: int = 0, editor: str = "") -> Any:
        """`bitloot dlt …`: its JSON if it prints any, else its text."""
        env = {"KAFKA_BOOTSTRAP_SERVERS": self.family.bootstrap_servers, "DATABASE_URL": self._database.url_of("admin")}
        env["EDITOR"] = editor
        if not database:
            env["DATABASE_URL"] = "postgresql://nobody:x@127.0.0.1:1/gone"
        result = await asyncio.to_thread(CliRunner().invoke, app, list(arguments), env=env)
        assert result.exit_code == code, result.output
        return json.loads(result.stdout) if "--json" in arguments and code == 0 else result.output


@pytest.fixture
async def shop(family: Families, database: Database) -> Shop:
    new = Shop(await family(1), database)
    await new.start()
    return new


async def test_every_letter_becomes_a_row_once(shop: Shop, pool: Any) -> None:
    [order] = await shop.bury(1)
    [letter] = await shop.indexed(pool, 1)
    [again] = await shop.indexed(pool, 1)
    assert again == letter
    [raw] = await shop.family.records(shop.family.dlt)
    assert letter == DeadLetter.from_record(raw), "the row says what the record says, headers and all"
    assert (letter.event_id, letter.event_type, str(letter.order_id)) == ("e0", OrderPaid.TYPE, order)
    assert (letter.original_topic, letter.original_offset, letter.attempts) == (shop.family.topic, 0, 1)
    assert letter.error_class == "bitloot_common.retry.errors.Permanent"


async def test_poison_of_any_kind_is_indexed(shop: Shop, pool: Any) -> None:
    await shop.family.send_raw(b"\x00", b"\x00\xff", [("ce_id", b"a\x00b"), ("h\x00", None)])
    await shop.family.send_raw(b"k", None, [("ce_id", b"\xff")])
    await shop.family.records(shop.family.dlt, at_least=2)
    poison = await shop.indexed(pool, 2)
    assert {letter.value for letter in poison} == {b"\x00\xff", None}


async def test_a_replay_is_the_original_message_and_twice_is_harmless(shop: Shop, pool: Any) -> None:
    [order] = await shop.bury(1)
    [letter] = await shop.indexed(pool, 1)
    shop.refuses = False
    for _ in range(2):
        report = await shop.dlt("replay", str(letter.id), "--actor", "ada", "--reason", "fixed", "--json")
        assert report["sent"] == [str(letter.id)]
    originals = await shop.family.records(shop.family.topic, at_least=3)
    first, *replayed = [each for each in originals if each.key == order.encode()]
    for each in replayed:
        assert (each.key, each.value) == (first.key, first.value)
        assert list(each.headers) == [*first.headers, ("bitloot-replayed-from", letter.place.encode())]
    await eventually(lambda: shop.effects == ["e0"])
    async with pool.acquire() as connection:
        [marked] = await table.find(connection, Selection(ids=(letter.id,)))
        audit = await connection.fetch("select actor, action, target, reason, detail from audit_log order by id")
    assert (marked.state, marked.state_by, marked.replays) == (State.REPLAYED, "ada", 2)
    assert [tuple(row)[:4] for row in audit] == [
        ("ada", "dead_letter.replayed", f"dead_letter:{letter.id}", "fixed")
    ] * 2
    assert audit[0]["detail"] == {"place": letter.place, "eventId": "e0", "edited": False}


async def test_what_fails_again_comes_back_as_a_letter_of_its_group(shop: Shop, pool: Any) -> None:
    await shop.bury(1)
    [letter] = await shop.indexed(pool, 1)
    await shop.dlt("replay", letter.place, "--json")
    again, before = await shop.indexed(pool, 2)
    assert again.fingerprint == before.fingerprint
    assert (again.attempts, again.original_offset) == (1, 1), "attempts start anew"
    assert ("bitloot-replayed-from", letter.place.encode()) in again.headers
    twice = prepare(again)
    assert [value for name, value in twice.headers if name == "bitloot-replayed-from"] == [again.place.encode()]


async def test_a_dry_run_says_what_would_be_sent_where_with_which_effect_and_sends_nothing(
    shop: Shop, pool: Any, database: Database
) -> None:
    orders = await shop.bury(2)
    await shop.indexed(pool, 2)
    owner = await asyncpg.connect(database.url)
    await first_time(owner, shop.family.service, "e1")
    await owner.close()
    plan = await shop.dlt("replay", "--service", shop.family.service, "--dry-run", "--json")
    assert [each["topic"] for each in plan["sendings"]] == [shop.family.topic] * 2
    told = {each["key"]: each for each in plan["sendings"]}
    assert told[orders[0]]["effect"] == "will be handled"
    assert told[orders[1]]["effect"] == "none: handled since"
    assert json.loads(told[orders[0]]["value"])["orderId"] == orders[0]
    assert ["x", None] in told[orders[0]]["headers"]
    assert len(await shop.family.records(shop.family.topic)) == 2
    text = await shop.dlt("replay", "--service", shop.family.service, "--dry-run")
    assert "2 messages would be sent" in text


async def test_the_topics_alone_are_enough_when_the_database_is_away(shop: Shop) -> None:
    orders = await shop.bury(3)
    assert "--from-topic needs Kafka alone" in await shop.dlt("list", database=False, code=1)
    service = ("--service", shop.family.service)
    letters = await shop.dlt("list", *service, "--from-topic", "--json", database=False)
    assert {each["orderId"] for each in letters} == set(orders)
    shown = await shop.dlt("show", letters[0]["id"], "--from-topic", "--json", database=False)
    assert shown["stack"].endswith("on_order_paid")
    shop.refuses = False
    report = await shop.dlt("replay", *service, "--from-topic", "--yes", "--rate", "50", "--json", database=False)
    assert len(report["sent"]) == 3
    await eventually(lambda: sorted(shop.effects) == ["e0", "e1", "e2"])


async def test_a_replay_from_the_topics_is_audited_at_once_or_when_the_database_is_back(
    shop: Shop, pool: Any, tmp_path: Path
) -> None:
    await shop.bury(2)
    shop.refuses = False

    async def audited() -> list[tuple[Any, ...]]:
        rows = await pool.fetch("select actor, reason, target, detail ? 'record' from audit_log")
        return sorted(tuple(row) for row in rows)

    replay = ("replay", "--service", shop.family.service, "--from-topic", "--yes", "--actor", "ada", "--reason", "fire")
    told = await shop.dlt(*replay, database=False)
    assert "NO AUDIT ROW was written for 2" in told
    assert await audited() == []
    [one, two] = await shop.indexed(pool, 2)  # the database is back, and admin with it
    assert {one.state, two.state} == {State.OPEN}
    kept = tmp_path / "replay.txt"
    kept.write_text(told[told.index("{") :])
    assert len((await shop.dlt("record", str(kept), "--json"))["recorded"]) == 2
    assert (await shop.dlt("record", str(kept), "--json")) == {"recorded": [], "unknown": []}
    targets = sorted(f"dead_letter:{each.id}" for each in (one, two))
    assert await audited() == [("ada", "fire", target, True) for target in targets]

    report = await shop.dlt(*replay, "--json")
    assert "unaudited" not in report
    assert await audited() == [("ada", "fire", target, own) for target in targets for own in (False, True)]
    assert "not what a replay printed" in await shop.dlt("record", str(Path(__file__)), code=2)


async def test_filters_mean_the_same_on_the_table_and_on_the_topic(shop: Shop, pool: Any) -> None:
    orders = await shop.bury(3)
    [letter, *_] = await shop.indexed(pool, 3)
    service = ("--service", shop.family.service)
    for arguments, count in [
        (("--order", orders[1]), 1),
        (("--fingerprint", letter.fingerprint), 3),
        (("--topic", shop.family.topic, "--error", "Permanent"), 3),
        (("--error", "bitloot_common.retry.errors.Permanent"), 3),
        (("--error", "NotYet"), 0),
        (("--since", "1h"), 3),
        (("--until", "1h"), 0),
        (("--since", "2020-01-01", "--until", "2021-01-01T00:00:00Z"), 0),
    ]:
        for source in ((), ("--from-topic",)):
            found = await shop.dlt("list", *service, *arguments, *source, "--json")
            assert len(found) == count, (arguments, source)


async def test_discard_and_restore_are_audited_and_only_one_of_two_operators_wins(shop: Shop, pool: Any) -> None:
    await shop.bury(2)
    letters = await shop.indexed(pool, 2)
    group = ("--fingerprint", letters[0].fingerprint, "--service", shop.family.service)
    assert len((await shop.dlt("discard", *group, "--dry-run", "--json"))["discard"]) == 2
    assert len((await shop.dlt("discard", *group, "--yes", "--reason", "test data", "--json"))["discard"]) == 2
    assert (await shop.dlt("discard", *group, "--yes", "--json"))["discard"] == []
    assert await shop.dlt("list", *group, "--state", "open", "--json") == []
    restored = await shop.dlt("restore", str(letters[0].id), "--json")
    assert restored["restore"] == [str(letters[0].id)]
    async with pool.acquire() as connection:
        ids = [letter.id for letter in letters]
        won = await asyncio.gather(
            *[_discarding(pool, ids, actor) for actor in ("ada", "bob")],
        )
        actions = await connection.fetch("select action, count(*) from audit_log group by 1 order by 1")
    assert sorted(len(each) for each in won) == [0, 1]
    assert [tuple(row) for row in actions] == [("dead_letter.discarded", 3), ("dead_letter.restored", 1)]


async def _discarding(pool: Any, ids: Any, actor: str) -> Any:
    async with pool.acquire() as connection:
        return await table.discard(connection, ids, actor=actor, reason=None)


async def test_bulk_asks_first_and_everything_must_be_meant(shop: Shop, pool: Any) -> None:
    await shop.bury(2)
    await shop.indexed(pool, 2)
    service = ("--service", shop.family.service)
    assert "say which" in await shop.dlt("replay", code=2)
    assert "Replay 2 messages" in await shop.dlt("replay", *service, code=1)
    assert len(await shop.family.records(shop.family.topic)) == 2


class TestEdit:
    async def test_one_message_may_be_corrected_if_it_meets_its_schema(
        self, shop: Shop, pool: Any, tmp_path: Path
    ) -> None:
        await shop.bury(1)
        [letter] = await shop.indexed(pool, 1)
        corrected = tmp_path / "body.json"
        corrected.write_text('{"orderId": "not an id"}')
        refused = await shop.dlt("replay", str(letter.id), "--edit-with", str(corrected), code=1)
        assert "not a OrderPaid: orderId" in refused
        assert "its schema" in refused
        order = str(uuid4())
        corrected.write_text(json.dumps({"orderId": order}))
        shop.refuses = False
        for _ in range(2):
            await shop.dlt("replay", str(letter.id), "--edit-with", str(corrected), "--json")
        sent = (await shop.family.records(shop.family.topic, at_least=3))[1:]
        assert {each.value for each in sent} == {corrected.read_bytes()}
        await eventually(lambda: len(shop.effects) == 1)
        assert shop.effects != ["e0"], "another message has another id, the same for the same edit"
        assert ("bitloot-edited-from", b"e0") in sent[0].headers

    async def test_an_editor_changes_one_message(self, shop: Shop, pool: Any, tmp_path: Path) -> None:
        await shop.bury(1)
        [letter] = await shop.indexed(pool, 1)
        editor = tmp_path / "editor"
        editor.write_text('#!/bin/sh\nsed -i \'s/"n": 0/"n": 7/\' "$1"\n')
        editor.chmod(0o755)
        shop.refuses = False
        report = await shop.dlt("replay", str(letter.id), "--edit", "--json", editor=str(editor))
        assert report["sent"] == [str(letter.id)]
        [_, edited] = await shop.family.records(shop.family.topic, at_least=2)
        assert json.loads(edited.value)["n"] == 7
        assert "nothing was changed" in await shop.dlt("replay", str(letter.id), "--edit", editor="true", code=1)

    def test_money_is_not_edited(self) -> None:
        body = {"payment_id": "1", "payment_status": "finished", "actually_paid": "1.5"}
        letter = DeadLetter.from_record(
            record(
                "fulfillment.dlt",
                0,
                1,
                key=b"k",
                value=json.dumps(body).encode(),
                headers=[("ce_type", b"ingress.nowpayments_ipn.v1"), ("kafka_original-topic", b"payments.ipn")],
            )
        )
        assert prepare(letter, json.dumps(body | {"order_id": "7"}).encode())
        with pytest.raises(Exception, match="money is not edited here: actually_paid"):
            prepare(letter, json.dumps(body | {"actually_paid": "99"}).encode())
