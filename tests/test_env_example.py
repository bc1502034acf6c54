"""`.env.example` is complete and right: it names every setting, and no setting that does not exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from bitloot_admin.settings import Settings as AdminSettings
from bitloot_common.cli.topics import TopicSettings
from bitloot_common.kafka import KafkaSecurity
from bitloot_delivery.key_ring import KeyRing
from bitloot_delivery.named_keys import NamedKeys
from bitloot_delivery.settings import DeliverySettings
from bitloot_fulfillment.settings import Settings as FulfillmentSettings
from bitloot_ingress.settings import Settings as IngressSettings
from bitloot_local.ports import Ports
from pydantic_settings import BaseSettings

ROOT = Path(__file__).parents[1]
EXAMPLE = (ROOT / ".env.example").read_text()
NAMED = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", EXAMPLE, re.M))
SET = dict(re.findall(r'^([A-Z][A-Z0-9_]+)="?(.*?)"?$', EXAMPLE, re.M))

# what each process gets from its deployment, not from the shared file
PER_PROCESS = {"DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "HTTP_HOST", "HTTP_PORT"}
SERVICES: dict[str, type[BaseSettings]] = {
    "ingress": IngressSettings,
    "fulfillment": FulfillmentSettings,
    "delivery": DeliverySettings,
    "admin": AdminSettings,
}
ALL: list[type[BaseSettings]] = [*SERVICES.values(), TopicSettings]
FIELDS = {name.upper() for settings in ALL for name in settings.model_fields}
PORTS = {f"{name.upper()}_PORT" for name in Ports.__dataclass_fields__}
COMPOSE = (ROOT / "docker-compose.yml").read_text()
CONTAINERS: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
HANDED_ON = {name for one in CONTAINERS.values() for name, value in one.get("environment", {}).items() if value is None}
OF_COMPOSE = HANDED_ON | set(re.findall(r"\$\{(\w+)", COMPOSE))


def test_every_setting_is_named() -> None:
    assert set() == FIELDS - PER_PROCESS - NAMED


def test_everything_named_is_a_setting() -> None:
    assert set() == NAMED - FIELDS - PORTS - OF_COMPOSE


def test_compose_asks_for_nothing_else() -> None:
    assert set() == OF_COMPOSE - NAMED


@pytest.mark.parametrize("service", SERVICES)
def test_compose_hands_every_setting_to_its_service(service: str) -> None:
    settings = {name.upper() for name in SERVICES[service].model_fields}
    of_image = {"HTTP_HOST", "HTTP_PORT"}
    of_another_kafka = {name.upper() for name in KafkaSecurity.model_fields}  # compose's own is plain
    assert set() == settings - CONTAINERS[service]["environment"].keys() - of_image - of_another_kafka


def test_the_example_starts_every_service() -> None:
    process = {"DATABASE_URL": "postgresql://x", "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092", "HTTP_PORT": "8080"}
    values = {name.lower(): value for name, value in (SET | process).items()}
    for settings in SERVICES.values():
        settings(**{name: value for name, value in values.items() if name in settings.model_fields})


def test_the_examples_keys_are_keys() -> None:
    assert KeyRing(NamedKeys.parse(SET["KEY_RING"]))
    assert NamedKeys.parse(SET["LINK_SECRETS"])
