"""The documents of docs/api: OpenAPI of each service, AsyncAPI of the topics, JSON Schema of each event.

`released` is what the last release promised; `tests/test_contracts.py` holds today's schemas to it.
"""

import json
import shutil
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


def release() -> None:
    """Makes today's schemas what later ones are held to. Run it with each release, in its commit."""
    shutil.rmtree(RELEASED, ignore_errors=True)
    shutil.copytree(SCHEMAS, RELEASED)


def _settings(settings: type[Any]) -> Any:
    fields: dict[str, Any] = settings.model_fields
    values: dict[str, Any] = {name: "http://nowhere.example" for name, field in fields.items() if field.is_required()}
    values |= {"kinguin_api_key": "any"} if "kinguin_api_key" in fields else {}
    return settings(**values | {name: value for name, value in FORMS.items() if name in fields})


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
