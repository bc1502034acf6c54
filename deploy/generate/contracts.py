"""The documents of docs/api: OpenAPI of each service, AsyncAPI of the topics, JSON Schema of each event.

`released` is what the last release promised; `tests/test_contracts.py` holds today's schemas to it.
"""

import json
import shutil
from collections.abc import Set
from pathlib import Path
from typing import Any, Final

import bitloot_admin.app
import bitloot_admin.settings
import bitloot_delivery.app
import bitloot_delivery.settings
import bitloot_fulfillment.app
import bitloot_fulfillment.settings
import bitloot_ingress.app
import bitloot_ingress.settings
import compatibility
from bitloot_common import asyncapi
from bitloot_common.docs import to_yaml
from bitloot_common.events.registry import EVENTS
from fastapi import FastAPI

HOME: Final = Path(__file__).parents[2] / "docs" / "api"
SCHEMAS: Final = HOME / "schemas"
RELEASED: Final = HOME / "released"

# what has a form of its own; every other required setting takes any text
FORMS: Final = {
    "http_port": "1",
    "kinguin_api": "esa",
    "key_ring": "k1:" + "A" * 43,
    "link_secrets": "l1:" + "B" * 43,
    "smtp_url": "smtp://nowhere",
    "email_from": "keys@bitloot.example",
    "resend_webhook_secret": "whsec_" + "A" * 32,
}


def files() -> dict[Path, str]:
    """Their paths and texts. Nothing is connected to."""
    found = {HOME / "asyncapi.yaml": to_yaml(asyncapi.document())}
    found |= {HOME / "openapi" / f"{name}.json": _json(api.openapi()) for name, api in apis().items()}
    return found | {SCHEMAS / f"{name}.json": _json(schema) for name, schema in schemas().items()}


def schemas() -> dict[str, dict[str, Any]]:
    """Each event's JSON Schema by its type."""
    return {
        event.TYPE: {"$schema": "https://json-schema.org/draft/2020-12/schema", **asyncapi.schema(event)}
        for event in EVENTS
    }


def apis() -> dict[str, FastAPI]:
    """The services' HTTP applications, not started."""
    ingress = bitloot_ingress.app.Ingress(_settings(bitloot_ingress.settings.Settings))
    return {
        "ingress": bitloot_ingress.app.create_api(ingress),
        "fulfillment": bitloot_fulfillment.app.create_app(_settings(bitloot_fulfillment.settings.Settings)),
        "delivery": bitloot_delivery.app.create_app(_settings(bitloot_delivery.settings.DeliverySettings)),
        "admin": bitloot_admin.app.create_app(_settings(bitloot_admin.settings.Settings)),
    }


def broken(released: Path = RELEASED) -> dict[str, list[str]]:
    """By an event's type why today's schema may not follow the last release's; empty when all may."""
    now = schemas()
    before = {path.stem: json.loads(path.read_text()) for path in sorted(released.glob("*.json"))}
    found = {
        name: compatibility.breaks(old, now[name]) if name in now else _taken_away(name, now.keys() & before.keys())
        for name, old in before.items()
    }
    return {name: why for name, why in found.items() if why}


def _taken_away(name: str, kept: Set[str]) -> list[str]:
    """An event may go when the last release had a later version of it already: its readers read that."""
    event, _, version = name.rpartition(".v")
    later = [each for each in kept if each.startswith(f"{event}.v") and int(each.rpartition(".v")[2]) > int(version)]
    return [] if later else ["is gone, and the last release had no later version of it"]


def release(released: Path = RELEASED) -> None:
    """Makes today's schemas what later ones are held to. Run it with each release, in its commit.

    Raises BreaksReaders, and changes nothing, when they do not follow those of the last release: what must change
    more than that is a new event, `…v2` beside the old one.
    """
    if why := broken(released):
        raise BreaksReaders(why)
    shutil.rmtree(released, ignore_errors=True)
    released.mkdir(parents=True)
    for name, schema in schemas().items():
        (released / f"{name}.json").write_text(_json(schema))


class BreaksReaders(Exception):
    """Events whose schemas cannot follow the last release's, and why."""

    def __init__(self, why: dict[str, list[str]]) -> None:
        lines = [f"{name}: {reason}" for name, reasons in why.items() for reason in reasons]
        super().__init__("the last release forbids:\n  " + "\n  ".join(lines))


def _settings(settings: type[Any]) -> Any:
    fields: dict[str, Any] = settings.model_fields
    values: dict[str, Any] = {name: "http://nowhere.example" for name, field in fields.items() if field.is_required()}
    values |= {"kinguin_api_key": "any"} if "kinguin_api_key" in fields else {}
    return settings(**values | {name: value for name, value in FORMS.items() if name in fields})


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
