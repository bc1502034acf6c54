"""Correcting one dead letter before its replay: what could not be read, by its schema, and never its money."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from bitloot_common.deadletters import DeadLetter, EditRefused, edited
from bitloot_common.events import ingress
from eventually import eventually

from .buried_orders import Shop
from .harness import record

IPN: dict[str, Any] = {
    "payment_id": 4711, "payment_status": "partially_paid", "order_id": str(uuid4()), "price_amount": "19,90",
    "price_currency": "eur", "pay_amount": 0.5, "pay_currency": "btc", "actually_paid": 0.00001,
}  # fmt: skip
PAID = IPN | {"price_amount": 19.9}


def letter(body: dict[str, Any] | bytes, event: str = ingress.NowPaymentsIpn.TYPE) -> DeadLetter:
    value = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = [("ce_type", event.encode()), ("kafka_original-topic", b"payments.ipn")]
    return DeadLetter.from_record(record("fulfillment.dlt", 0, 1, key=b"k", value=value, headers=headers))


def edit(before: dict[str, Any] | bytes, after: dict[str, Any] | bytes) -> Any:
    return edited(letter(before), after if isinstance(after, bytes) else json.dumps(after).encode())


async def test_one_message_may_be_corrected_if_it_meets_its_schema(shop: Shop, pool: Any, tmp_path: Path) -> None:
    body = await shop.bury_ipn()
    [buried] = await shop.indexed(pool, 1)
    corrected = tmp_path / "body.json"
    refused = await shop.dlt("replay", str(buried.id), "--edit-with", _written(corrected, body), code=1)
    assert "not a NowPaymentsIpn: price_amount" in refused
    assert "its schema" in refused
    theft = body | {"price_amount": 19.9, "actually_paid": 5}
    refused = await shop.dlt("replay", str(buried.id), "--edit-with", _written(corrected, theft), code=1)
    assert "money is not edited here: actually_paid" in refused
    shop.refuses = False
    _written(corrected, body | {"price_amount": 19.9})
    for _ in range(2):
        await shop.dlt("replay", str(buried.id), "--edit-with", str(corrected), "--json")
    sent = (await shop.family.records(shop.family.topic, at_least=3))[1:]
    assert {each.value for each in sent} == {corrected.read_bytes()}
    await eventually(lambda: len(shop.effects) == 1)
    assert shop.effects != ["e0"], "another message has another id, the same for the same edit"
    assert ("bitloot-edited-from", b"e0") in sent[0].headers


def _written(path: Path, body: dict[str, Any]) -> str:
    path.write_text(json.dumps(body))
    return str(path)


async def test_an_editor_changes_one_message(shop: Shop, pool: Any, tmp_path: Path) -> None:
    await shop.bury_ipn()
    [buried] = await shop.indexed(pool, 1)
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i \'s/"19,90"/19.90/\' "$1"\n')
    editor.chmod(0o755)
    shop.refuses = False
    report = await shop.dlt("replay", str(buried.id), "--edit", "--json", editor=str(editor))
    assert report["sent"] == [str(buried.id)]
    [_, sent] = await shop.family.records(shop.family.topic, at_least=2)
    assert json.loads(sent.value)["price_amount"] == 19.9
    assert "nothing was changed" in await shop.dlt("replay", str(buried.id), "--edit", editor="true", code=1)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("19,90", "19.90"), ("19,90", "19.9"), ("19,90", '"19.90"'), ("1.234,56", "1234.56"), ("1,234.56", "1234.56"),
     ("0,123", "0.123"), (" 7,5 ", "7.5")],
)  # fmt: skip
def test_an_amount_that_could_not_be_read_may_be_spelt_so_that_it_can(was: str, becomes: str) -> None:
    body = json.dumps(IPN | {"price_amount": "HERE"}).replace('"HERE"', becomes).encode()
    assert edit(IPN | {"price_amount": was}, body)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("19,90", 0.01), ("19,90", 1990), ("19,90", None), ("a lot", 19.9), ("a lot", None), ("1,234", 1.234),
     ("1,234", 1234), (None, 1), ("", 0), ("NaN,5", 5), (True, 1)],
)  # fmt: skip
def test_an_amount_that_could_not_be_read_becomes_no_other(was: Any, becomes: Any) -> None:
    before = IPN | {"price_amount": was, "outcome_amount": "0,5"}
    with pytest.raises(EditRefused, match="money is not edited here: price_amount"):
        edit(before, before | {"price_amount": becomes, "outcome_amount": 0.5})


@pytest.mark.parametrize("before", [IPN, PAID], ids=["unreadable", "readable"])
@pytest.mark.parametrize(
    ("name", "value"),
    [("actually_paid", 5), ("actually_paid", None), ("pay_amount", 0.00001), ("outcome_amount", 9),
     ("payment_status", "finished"), ("pay_currency", "shib"), ("price_currency", "jpy"),
     ("order_id", str(UUID(int=1))),
     ("payment_id", 4712), ("parent_payment_id", "1"), ("invoice_id", "1"), ("unknown", 1)],
)  # fmt: skip
def test_what_could_be_read_stays_as_it_was(before: dict[str, Any], name: str, value: Any) -> None:
    with pytest.raises(EditRefused, match=name):
        edit(before, PAID | {name: value})


def test_an_amount_is_not_taken_out() -> None:
    with pytest.raises(EditRefused, match="money is not edited here: actually_paid"):
        edit(IPN, {name: value for name, value in PAID.items() if name != "actually_paid"})


def test_ids_and_states_are_not_edited_even_where_they_could_not_be_read() -> None:
    for name in ("payment_status", "payment_id", "order_id", "pay_currency"):
        with pytest.raises(EditRefused, match=name):
            edit(PAID | {name: ["?"]}, PAID)


def test_a_field_that_comes_twice_is_refused() -> None:
    twice = json.dumps(PAID)[:-1].encode() + b', "actually_paid": 0.00001}'
    with pytest.raises(EditRefused, match="twice"):
        edit(IPN, twice)


def test_a_body_that_is_no_json_is_not_edited() -> None:
    with pytest.raises(EditRefused, match="no JSON object"):
        edit(json.dumps(IPN).encode()[:-1], PAID)


def test_a_plain_field_that_could_not_be_read_is_put_right() -> None:
    before = {"reservationId": "r1", "status": "given", "updatedAt": 7}
    after = before | {"updatedAt": "2026-01-01"}
    kinguin = letter(before, ingress.KinguinWebhook.TYPE)
    assert edited(kinguin, json.dumps(after).encode())
    with pytest.raises(EditRefused, match="status"):
        edited(kinguin, json.dumps(after | {"status": "delivered"}).encode())
