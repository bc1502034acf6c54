"""The documents of docs/api and what they promise: AsyncAPI says what the services do, no event's schema breaks a
reader of the last release, and /docs needs nobody else at run time."""

import json
import re
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import compatibility
import consumers
import contracts
import httpx
import pytest
import yaml
from bitloot_common import asyncapi
from bitloot_common.events.envelope import Event
from bitloot_common.events.registry import EVENTS, READERS, of_topic
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema

NULL, NUMBER = {"type": "null"}, {"type": "number"}
A, B = ({"type": "object", "properties": {name: {"type": "string"}}, "required": [name]} for name in "ab")
OLD: dict[str, Any] = {
    "type": "object",
    "properties": {
        "orderId": {"type": "string", "format": "uuid"},
        "amount": {"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "null"}], "default": None},
        "status": {"type": "string", "enum": ["paid", "expired"]},
        "note": {"type": "string", "maxLength": 100, "default": ""},
        "codes": {"type": "array", "items": {"$ref": "#/$defs/Code"}},
        "detail": {"type": "object", "additionalProperties": {"type": "string"}},
        "who": {"anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}]},
    },
    "required": ["orderId"],
    "$defs": {
        "Code": {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]},
        "A": A,
        "B": B,
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """OLD with the value at `a/b/c` replaced, or taken away by None."""
    new: Any = deepcopy(OLD)
    *way, last = path.split("/")
    place = new
    for name in way:
        place = place[int(name) if name.isdigit() else name]
    if value is None:
        del place[last]
    else:
        place[int(last) if last.isdigit() else last] = value
    return dict(new)


READERS_OF_OLD, MESSAGES_OF_OLD = "(for the last release's readers)", "(in the last release's messages)"


@pytest.mark.parametrize(
    ("path", "value", "to_old", "to_new"),
    [
        ("properties/note", None, ["note: is gone"], []),
        ("properties/orderId", None, ["orderId: is gone"], []),
        ("required", [], ["orderId: may be missing"], []),
        ("required", ["orderId", "status"], [], ["status: may be missing"]),
        ("properties/amount", {"type": "number"}, [], ["amount: may be string", "amount: may be null"]),
        ("properties/note/type", "integer", ["note: may be integer"], ["note: may be string"]),
        ("properties/note/type", ["string", "null"], ["note: may be null"], []),
        ("properties/note", {}, ["note: may be anything"], []),
        ("properties/status/enum", ["paid"], [], ["status: may be expired"]),
        ("properties/status/enum", ["paid", "expired", "lost"], ["status: may be lost"], []),
        ("properties/status", {"type": "string"}, ["status: may be any string"], []),
        ("properties/note/enum", ["a"], [], ["note: may be any string"]),
        ("properties/note/enum", ["a" * 101], ["note: may be " + "a" * 101], ["note: may be any string"]),
        ("properties/note/maxLength", 10, [], ["note: maxLength may be exceeded"]),
        ("properties/note/maxLength", 200, ["note: maxLength may be exceeded"], []),
        ("properties/note/minLength", 1, [], ["note: minLength may not be reached"]),
        ("properties/orderId/format", "date", ["orderId: format may be another"], ["orderId: format may be another"]),
        ("properties/orderId/format", None, ["orderId: format may be another"], []),
        ("properties/amount/anyOf/1", {"type": "string", "pattern": "^a"}, [], ["amount: pattern may be another"]),
        ("properties/codes/items/$ref", "#/$defs/A", ["codes[].id: is gone"], ["codes[].a: may be missing"]),
        ("$defs/Code/properties/id", None, ["codes[].id: is gone"], []),
        ("$defs/Code/required", [], ["codes[].id: may be missing"], []),
        ("$defs/Code/properties/id/type", "number", ["codes[].id: may be number"], []),
        ("properties/codes/items", None, ["codes[]: may be anything"], []),
        ("properties/detail/additionalProperties", NUMBER, ["detail.*: may be number"], ["detail.*: may be string"]),
        ("properties/detail/additionalProperties", True, ["detail.*: may be anything"], []),
        ("properties/who/anyOf/1", A, [], ["who.a: may be missing"]),
        ("properties/who/anyOf", [A, B, {"type": "null"}], ["who: may be null"], []),
        ("additionalProperties", False, [], []),
    ],
)  # fmt: skip
def test_what_a_reader_may_meet_and_refuse(path: str, value: Any, to_old: list[str], to_new: list[str]) -> None:
    found = compatibility.breaks(OLD, changed(path, value))
    assert found == [f"{why} {READERS_OF_OLD}" for why in to_old] + [f"{why} {MESSAGES_OF_OLD}" for why in to_new]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("properties/more", {"type": "string", "default": ""}),
        ("properties/more", {"anyOf": [{"$ref": "#/$defs/Code"}, {"type": "null"}], "default": None}),
        ("$defs/Code/properties/more", {"type": "integer", "default": 0}),
        ("properties/who/anyOf", [B, A]),
        ("properties/status", {"anyOf": [{"const": "expired"}, {"type": "string", "enum": ["paid"]}]}),
        ("description", "said better"),
    ],
)
def test_an_event_may_grow(path: str, value: Any) -> None:
    assert compatibility.breaks(OLD, OLD) == []
    assert compatibility.breaks(OLD, changed(path, value)) == []


def test_a_reader_that_ignores_nothing_takes_no_further_field() -> None:
    strict, more = changed("additionalProperties", False), changed("properties/more", {"type": "string"})
    assert compatibility.breaks(strict, more) == [f"more: is not known, and not ignored {READERS_OF_OLD}"]


def test_a_schema_within_itself_has_an_end() -> None:
    tree = {
        "$ref": "#/$defs/Node",
        "$defs": {"Node": {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/Node"}, NULL]}}}},
    }
    other = deepcopy(tree)
    other["$defs"]["Node"]["required"] = ["next"]  # type: ignore[index]
    assert compatibility.breaks(tree, tree) == []
    assert compatibility.breaks(tree, other) == [
        f"next: may be missing {MESSAGES_OF_OLD}",
        f"next.next: may be missing {MESSAGES_OF_OLD}",
    ]


def test_our_readers_ignore_what_they_do_not_know() -> None:
    """What the comparison takes for granted of every event and of every model within one."""
    assert {event.model_config.get("extra") for event in EVENTS} == {"ignore"}
    inner = [each for schema in contracts.schemas().values() for each in schema.get("$defs", {}).values()]
    assert [each["title"] for each in inner if each.get("additionalProperties") is False] == []


def test_no_event_breaks_a_reader_of_the_last_release() -> None:
    assert list(contracts.RELEASED.glob("*.json"))
    assert contracts.broken() == {}


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A last release of our own, like the real one."""
    return Path(shutil.copytree(contracts.RELEASED, tmp_path / "released"))


def rewritten(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    schema = json.loads(path.read_text())
    change(schema)
    path.write_text(json.dumps(schema))


def test_a_release_that_breaks_readers_is_refused_and_changes_nothing(released: Path) -> None:
    paid = released / "fulfillment.order_paid.v1.json"
    rewritten(paid, lambda schema: schema["properties"].update(price={"type": "number"}))
    rewritten(paid, lambda schema: schema["required"].append("price"))
    before = {path.name: path.read_text() for path in released.iterdir()}
    with pytest.raises(contracts.BreaksReaders, match=r"fulfillment\.order_paid\.v1: price: is gone"):
        contracts.release(released)
    assert {path.name: path.read_text() for path in released.iterdir()} == before


def test_a_release_takes_up_what_has_grown_and_what_is_new(released: Path) -> None:
    rewritten(released / "orders.event.v1.json", lambda schema: schema["properties"].pop("detail"))
    (released / "delivery.mail_due.v1.json").unlink()
    contracts.release(released)
    assert {path.stem: json.loads(path.read_text()) for path in released.iterdir()} == contracts.schemas()


def test_an_event_goes_a_release_after_its_next_version_came(released: Path) -> None:
    old = {"type": "object", "properties": {}}
    (released / "fulfillment.order_paid.v0.json").write_text(json.dumps(old))
    assert contracts.broken(released) == {}
    (released / "fulfillment.order_reversed.v1.json").write_text(json.dumps(old))
    assert list(contracts.broken(released)) == ["fulfillment.order_reversed.v1"]
    (released / "fulfillment.order_paid.v1.json").unlink()
    assert "fulfillment.order_paid.v0" in contracts.broken(released), "v1 comes with this release only"


def test_asyncapi_names_who_really_reads_what() -> None:
    readers = {topic: set(services) - {"admin"} for topic, services in READERS.items()}
    subscribed: dict[str, set[str]] = {topic: set() for topic in READERS}
    for service, ladder in consumers.ladders().items():
        for topic, subscription in ladder.subscriptions.items():
            subscribed[topic].add(service)
            unread = {event.TYPE for event in of_topic(topic)} - subscription.models.keys() - subscription.ignore
            assert unread == set(), f"{service} would bury these from {topic}"
    assert readers == subscribed
    assert set(EVENTS) == set(Event.__subclasses__())


def test_the_asyncapi_document_is_one() -> None:
    document = asyncapi.document()
    ApplicationSchema.model_validate(document)
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        found: Any = document
        for name in reference.split("/"):
            assert name in found, reference
            found = found[name]
    assert yaml.safe_load((contracts.HOME / "asyncapi.yaml").read_text()) == document


@pytest.mark.parametrize("service", ["ingress", "fulfillment", "delivery", "admin"])
async def test_docs_come_from_the_service_itself(service: str) -> None:
    transport = httpx.ASGITransport(contracts.apis()[service])
    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
        await _look_at_docs(client)


async def _look_at_docs(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) == 3
    for url in loaded:
        assert url.startswith("/docs/"), url
        assert len((await client.get(url)).content) > 500
    events = await client.get("/docs/asyncapi")
    assert "payments.ipn" in events.text
    assert "http" not in "".join(re.findall(r'(?:src|href)="([^"]+)"', events.text))
    assert (await client.get("/docs/asyncapi.json")).json() == asyncapi.document()
    assert yaml.safe_load((await client.get("/docs/asyncapi.yaml")).text) == asyncapi.document()
