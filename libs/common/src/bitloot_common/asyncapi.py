"""The AsyncAPI 3.0 document of all topics, made from the event classes: what travels, who sends, who reads."""

import inspect
from typing import Any, Final

from bitloot_common.events.envelope import Event
from bitloot_common.events.registry import READERS, SERVICES, of_topic, senders
from bitloot_common.events.topics import LADDER_DELAYS_S, MAIN

KAFKA: Final = {"bindingVersion": "0.5.0"}
CONSUMERS: Final = ("fulfillment", "delivery")

HEADERS: Final = {
    "type": "object",
    "description": "CloudEvents 1.0, Kafka protocol binding, binary content mode.",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time"],
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {"type": "string", "description": "The same on every delivery and replay: deduplicate on it."},
        "ce_type": {"type": "string", "description": "`producer.fact.v1`."},
        "ce_source": {"type": "string"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_subject": {"type": "string", "description": "The order's id wherever it is known, else the provider's."},
        "content-type": {"type": "string", "const": "application/json"},
        "traceparent": {"type": "string", "description": "W3C Trace Context of what caused the event."},
    },
}
DESCRIPTION: Final = (
    "A record's key is the order's id wherever it is known, else the provider's id, so that one order's events are "
    "in order. Delivery is at least once; readers ignore fields that they do not know. What fails waits on "
    "`<service>.retry.<delay>` and ends on `<service>.dlt` (docs/recoverability.md has their headers)."
)


def document() -> dict[str, Any]:
    """The whole, JSON-ready. Needs no server and no settings."""
    channels = {topic: _main(topic) for topic in MAIN}
    for service in CONSUMERS:
        channels[f"{service}.retry"] = _retry(service)
        channels[f"{service}.dlt"] = _channel(f"{service}.dlt", _read_by(service), "Given up: for a person to look at.")
    schemas: dict[str, Any] = {"CloudEventHeaders": HEADERS}
    for event in (event for topic in MAIN for event in of_topic(topic)):
        schemas |= schema(event, "#/components/schemas/{model}", hoist=True)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "BitLoot events", "version": "1", "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": _operations(),
        "components": {
            "messages": {event.__name__: _message(event) for topic in MAIN for event in of_topic(topic)},
            "schemas": schemas,
        },
    }


def schema(event: type[Event], ref: str = "#/$defs/{model}", *, hoist: bool = False) -> dict[str, Any]:
    """The event's JSON Schema; with `hoist` by its name, beside those that it refers to."""
    found = event.model_json_schema(by_alias=True, ref_template=ref)
    if not hoist:
        return found
    return {**found.pop("$defs", {}), event.__name__: found}


def _read_by(service: str) -> list[type[Event]]:
    return [event for topic in MAIN if service in READERS[topic] for event in of_topic(topic)]


def _channel(address: str, events: list[type[Event]], says: str) -> dict[str, Any]:
    return {
        "address": address,
        "description": says,
        "messages": {event.__name__: {"$ref": f"#/components/messages/{event.__name__}"} for event in events},
        "bindings": {"kafka": KAFKA},
    }


def _main(topic: str) -> dict[str, Any]:
    readers = " and ".join(READERS[topic])
    return _channel(topic, list(of_topic(topic)), f"Read by {readers}.")


def _retry(service: str) -> dict[str, Any]:
    steps = [f"{delay}s" for delay in LADDER_DELAYS_S]
    channel = _channel(f"{service}.retry.{{delay}}", _read_by(service), "Failed before, tried again after the delay.")
    return channel | {"parameters": {"delay": {"enum": steps, "description": "How long a record waits."}}}


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.TYPE,
        "title": event.__name__,
        "summary": (inspect.getdoc(event) or "").split("\n\n")[0].replace("\n", " "),
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/CloudEventHeaders"},
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "bindings": {"kafka": {"key": {"type": "string"}, **KAFKA}},
    }


def _operations() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for topic in MAIN:
        for service in SERVICES:
            sent = [event for event in of_topic(topic) if service in senders(event)]
            if sent:
                found[f"{service}.sends.{topic}"] = _operation("send", service, topic, sent)
            if service in READERS[topic]:
                found[f"{service}.reads.{topic}"] = _operation("receive", service, topic, list(of_topic(topic)))
    for service in CONSUMERS:
        for step in ("retry", "dlt"):
            channel = f"{service}.{step}"
            found[f"{service}.sends.{channel}"] = _operation("send", service, channel, _read_by(service))
        found[f"{service}.reads.{service}.retry"] = _operation(
            "receive", service, f"{service}.retry", _read_by(service)
        )
        found[f"admin.reads.{service}.dlt"] = _operation("receive", "admin", f"{service}.dlt", _read_by(service))
    return found


def _operation(action: str, service: str, channel: str, events: list[type[Event]]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "tags": [{"name": service}],
        "messages": [{"$ref": f"#/channels/{channel}/messages/{event.__name__}"} for event in events],
    }
