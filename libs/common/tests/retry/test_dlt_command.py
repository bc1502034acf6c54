"""`bitloot dlt` at its edges: what was discarded stays so, what was sent is on record, what is missing is named."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from aiokafka.errors import KafkaConnectionError
from bitloot_common.deadletters import DeadLetter, Selection, Sender, Sending, State, prepare, table
from bitloot_common.deadletters.acts import Report, replay
from bitloot_common.deadletters.database import DatabaseAway
from eventually import eventually

from .buried_orders import Shop

BITLOOT = Path(sys.executable).parent / "bitloot"


async def buried(shop: Shop, pool: Any, count: int) -> list[DeadLetter]:
    """So many open letters, indexed."""
    await shop.bury(count)
    return await shop.indexed(pool, count)


async def test_from_the_topic_only_open_letters_are_meant_where_the_database_answers(shop: Shop, pool: Any) -> None:
    gone, done, left = await buried(shop, pool, 3)
    await shop.dlt("discard", str(gone.id), "--reason", "test order")
    await shop.dlt("replay", str(done.id))
    service = ("--service", shop.family.service)
    shop.refuses = False
    await shop.indexed(pool, 4)  # the one that was replayed failed again
    states = {each["id"]: each["state"] for each in await shop.dlt("list", *service, "--from-topic", "--json")}
    assert (states[str(gone.id)], states[str(done.id)], states[str(left.id)]) == ("discarded", "replayed", "open")

    plan = await shop.dlt("replay", *service, "--from-topic", "--dry-run", "--json")
    assert plan["knowsStates"] is True
    assert {each["effect"] for each in plan["sendings"]} == {"will be handled"}
    report = await shop.dlt("replay", *service, "--from-topic", "--yes", "--json")
    assert str(left.id) in report["sent"]
    assert not {str(gone.id), str(done.id)} & set(report["sent"])
    report = await shop.dlt("replay", *service, "--from-topic", "--state", "discarded", "--json")
    assert report["sent"] == [str(gone.id)]


async def test_where_no_database_answers_plan_and_question_say_that_states_are_unknown(shop: Shop, pool: Any) -> None:
    await buried(shop, pool, 2)
    words = ("replay", "--service", shop.family.service, "--from-topic")
    plan = await shop.dlt(*words, "--dry-run", "--json", database=False)
    assert (plan["knowsStates"], len(plan["sendings"])) == (False, 2)
    assert "states unknown" in await shop.dlt(*words, "--dry-run", database=False)
    asked = await shop.dlt(*words, database=False, code=1)
    assert "discarded and replayed ones may be included. Replay 2 messages" in asked


async def test_ctrl_c_leaves_the_record_of_what_was_sent(shop: Shop, pool: Any) -> None:
    letters = await buried(shop, pool, 20)
    shop.refuses = False
    words = ("dlt", "replay", "--service", shop.family.service, "--from-topic", "--yes", "--rate", "5", "--json")
    env = os.environ | shop.env(database=False)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        BITLOOT, *words, env=env, stdout=pipe, stderr=pipe,
        # tests that run in a shell's background have inherited that it is ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    await eventually(lambda: len(shop.effects) >= 2, "some are sent")
    process.send_signal(signal.SIGINT)
    out, said = await process.communicate()
    assert process.returncode != 0
    told = orjson.loads(out)
    originals = await shop.family.records(shop.family.topic)
    sent = [value.decode() for one in originals for name, value in one.headers if name == "bitloot-replayed-from"]
    recorded = set(told["unaudited"]["places"])
    assert recorded <= set(sent)
    assert set(sent) <= recorded | set(told.get("inDoubt", ()))
    assert 2 <= len(recorded) < len(letters)
    assert b"NO AUDIT ROW" in said
    assert b"Traceback" not in said


class Hiccup(Sender):
    """The broker takes one batch and is gone."""

    def __init__(self) -> None:
        super().__init__("nowhere:0", rate_per_s=100_000)
        self.batches = 0

    async def _send(self, batch: list[Sending]) -> None:
        self.batches += 1
        if self.batches > 1:
            raise KafkaConnectionError


@pytest.fixture
async def sendings(shop: Shop, pool: Any) -> list[Sending]:
    letters = await buried(shop, pool, 1)
    return [prepare(letters[0])] * 150


async def test_a_broker_lost_on_the_way_leaves_the_report_true(sendings: list[Sending]) -> None:
    report = Report(selected=len(sendings))
    with pytest.raises(KafkaConnectionError):
        await replay(Hiccup(), sendings, None, actor="ada", report=report)
    assert [len(each) for each in (report.sent, report.unaudited, report.in_doubt)] == [100, 100, 50]
    assert report.aborted


async def test_a_database_lost_on_the_way_leaves_the_report_true(sendings: list[Sending]) -> None:
    @asynccontextmanager
    async def lend() -> Any:
        raise TimeoutError
        yield

    report = Report(selected=len(sendings))
    with pytest.raises(DatabaseAway):
        await replay(Hiccup(), sendings, lend, actor="ada", report=report)
    assert (len(report.sent), len(report.unaudited)) == (100, 100)


async def test_a_database_that_refuses_is_one_line(shop: Shop, pool: Any) -> None:
    [letter] = await buried(shop, pool, 1)
    for words in (("list",), ("replay", str(letter.id)), ("discard", str(letter.id))):
        said = await shop.dlt(*words, role="ingress", code=1)
        assert "the database refused: permission denied for table dead_letters" in said
        assert "Traceback" not in said


async def test_ids_that_nothing_is_found_for_are_named_and_fail(shop: Shop, pool: Any) -> None:
    [letter] = await buried(shop, pool, 1)
    typo = str(uuid4())
    for words in (("replay",), ("replay", "--dry-run"), ("discard",), ("restore",)):
        assert f"not found: {typo}" in await shop.dlt(*words, typo, code=1)
    assert "1 of 1 replayed" in await shop.dlt("replay", typo, str(letter.id), code=1)
    said = await shop.dlt("discard", str(letter.id), code=1)
    assert f"left as it is: {letter.id} is replayed" in said


async def test_a_letter_that_cannot_go_back_fails_the_command(shop: Shop, pool: Any) -> None:
    await shop.family.send(1, topic=shop.family.dlt)
    [letter] = await shop.indexed(pool, 1)
    assert "does not tell its original topic" in await shop.dlt("replay", str(letter.id), code=1)


async def test_none_is_left_out_in_silence(shop: Shop, pool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await buried(shop, pool, 3)
    monkeypatch.setattr("bitloot_common.deadletters.table.LIMIT_MAX", 2)
    service = ("--service", shop.family.service)
    for words in (("replay", *service), ("replay", *service, "--from-topic"), ("discard", *service)):
        said = await shop.dlt(*words, "--yes", code=1)
        assert "3 dead letters, more than the 2 that are taken at once: narrow it" in said
    assert len(await shop.family.records(shop.family.topic)) == 3


async def test_a_discarded_letter_is_replayed_only_when_it_is_meant(shop: Shop, pool: Any) -> None:
    [letter] = await buried(shop, pool, 1)
    await shop.dlt("discard", str(letter.id), "--actor", "bob", "--reason", "a test order")
    said = await shop.dlt("replay", str(letter.id), code=1)
    assert f"{letter.place} was discarded by bob (a test order). Replay 1 messages" in said
    assert len(await shop.family.records(shop.family.topic)) == 1
    plan = await shop.dlt("replay", str(letter.id), "--dry-run")
    assert "was discarded" in plan
    assert f"{shop.family.topic} (partition: by key)" in plan
    await shop.dlt("replay", str(letter.id), "--yes")
    async with pool.acquire() as connection:
        [found] = await table.find(connection, Selection(ids=(letter.id,)))
    assert found.state is State.REPLAYED
