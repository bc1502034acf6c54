"""Correcting one dead letter before its replay: by its schema, and never its money."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from bitloot_common.deadletters import DeadLetter, prepare
from eventually import eventually

from .buried_orders import Shop
from .harness import record


async def test_one_message_may_be_corrected_if_it_meets_its_schema(shop: Shop, pool: Any, tmp_path: Path) -> None:
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


async def test_an_editor_changes_one_message(shop: Shop, pool: Any, tmp_path: Path) -> None:
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


def test_money_is_not_edited() -> None:
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
