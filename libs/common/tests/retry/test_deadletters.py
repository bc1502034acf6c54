"""Dead letters as data: indexed, found, replayed, discarded; by the library and from the command line."""

import asyncio
import json
from pathlib import Path
from typing import Any

import asyncpg
from bitloot_common.deadletters import DeadLetter, Selection, State, prepare, table
from bitloot_common.events.fulfillment import OrderPaid
from bitloot_common.inbox import first_time
from bitloot_local.pytest_plugin import Database
from eventually import eventually

from .buried_orders import Shop


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


async def test_numbers_that_no_column_holds_are_as_if_not_told(shop: Shop, pool: Any) -> None:
    told = {
        "kafka_original-partition": [b"2147483648", b"2147483647", (-(2**40)).to_bytes(8, "big", signed=True)],
        "kafka_original-offset": [b"9223372036854775808", b"9223372036854775807", b"9" * 19],
        "kafka_original-timestamp": [b"9" * 19, b"0", (-(2**63)).to_bytes(8, "big", signed=True)],
        "bitloot-attempt": [b"9" * 19, b"2147483647", (-(2**31) - 1).to_bytes(8, "big", signed=True)],
        "bitloot-first-failed-at": [b"9" * 18, b"1", b"9" * 15],
        "bitloot-failed-at": [b"9" * 19, b"1", b"253402300800000"],
    }
    for number in range(3):
        headers = [(name, values[number]) for name, values in told.items()]
        await shop.family.send(number, topic=shop.family.dlt, headers=headers)
    letters = {letter.key: letter for letter in await shop.indexed(pool, 3)}
    assert [letters[key].attempts for key in (b"0", b"1", b"2")] == [None, 2**31 - 1, None]
    assert [letters[key].original_partition for key in (b"0", b"1", b"2")] == [None, 2**31 - 1, None]
    assert [letters[key].original_offset for key in (b"0", b"1", b"2")] == [None, 2**63 - 1, None]
    assert letters[b"0"].original_timestamp is letters[b"0"].first_failed_at is None


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

    assert (await shop.dlt(*replay, "--json"))["sent"] == [], "none is open any more"
    report = await shop.dlt(*replay, "--state", "replayed", "--json")
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
