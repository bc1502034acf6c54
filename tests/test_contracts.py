"""The documents of docs/api and what they promise: AsyncAPI says what the services do, no event's schema breaks a
reader of the last release, and /docs needs nobody else at run time."""

import json
import re
from copy import deepcopy
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

OLD: dict[str, Any] = {
    "type": "object",
    "properties": {
        "orderId": {"type": "string", "format": "uuid"},
        "amount": {"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "null"}], "default": None},
        "status": {"type": "string", "enum": ["paid", "expired"]},
        "note": {"type": "string", "maxLength": 100, "default": ""},
        "codes": {"type": "array", "items": {"$ref": "#/$defs/Code"}},
    },
    "required": ["orderId"],
    "$defs": {"Code": {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}},
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


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("properties/note", None, "note: removed"),
        ("required", ["orderId", "status"], "status: required, and was not"),
        ("properties/amount", {"type": "number"}, "amount: no longer null or string"),
        ("properties/note/type", "integer", "note: no longer string"),
        ("properties/status/enum", ["paid"], "status: no longer expired"),
        ("properties/note/enum", ["a"], "note: no longer anything else"),
        ("properties/note/maxLength", 10, "note: maxLength is tighter"),
        ("properties/note/minLength", 1, "note: minLength is tighter"),
        ("properties/orderId/format", "date", "orderId: format is new or another"),
        ("properties/amount/anyOf/1", {"type": "string", "pattern": "^a"}, "amount: pattern is new or another"),
        ("properties/codes/items/$ref", "#/$defs/None", None),
        ("$defs/Code/properties/id", None, "codes[].id: removed"),
        ("$defs/Code/required", ["id", "serial"], "codes[].serial: required, and was not"),
    ],
)
def test_a_change_that_breaks_a_reader_is_refused(path: str, value: Any, why: str | None) -> None:
    new = changed(path, value)
    if why is None:
        new["$defs"]["None"] = {"type": "object", "properties": {}}
        why = "codes[].id: removed"
    assert compatibility.breaks(OLD, new) == [why]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("properties/more", {"type": "string", "default": ""}),
        ("properties/note/maxLength", 200),
        ("properties/note/type", ["string", "null"]),
        ("properties/status/enum", ["paid", "expired", "refunded"]),
        ("required", []),
        ("description", "said better"),
    ],
)
def test_an_event_may_grow(path: str, value: Any) -> None:
    assert compatibility.breaks(OLD, changed(path, value)) == []


def test_no_event_breaks_a_reader_of_the_last_release() -> None:
    now = contracts.schemas()
    released = {path.stem: json.loads(path.read_text()) for path in contracts.RELEASED.glob("*.json")}
    broken = {name: compatibility.breaks(old, now[name]) for name, old in released.items() if name in now}
    assert released
    assert {name: why for name, why in broken.items() if why} == {}
    assert sorted(released.keys() - now.keys()) == [], "an event is taken away one release after its last reader"


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
