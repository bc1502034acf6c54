"""The topics, declared once in `deploy/topics.yaml`: read, expanded, applied.

Applied with confluent-kafka: aiokafka's `alter_configs` resets every setting that it does not name.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)
from pydantic import BaseModel, ConfigDict, Field

from bitloot_common.events.topics import dead_letter_topic, retry_topic
from bitloot_common.kafka import KafkaSecurity

TIMEOUT_S = 15.0


class Shape(BaseModel):
    """Partitions, replicas and broker settings of a topic; what is absent comes from the defaults."""

    model_config = ConfigDict(extra="forbid")

    partitions: int | None = Field(None, ge=1)
    replicas: int | None = Field(None, ge=1)
    config: dict[str, str | int] = Field(default_factory=dict)


class LadderShape(BaseModel):
    """The retry and dead-letter topics of each service that consumes."""

    model_config = ConfigDict(extra="forbid")

    services: list[str]
    delays_s: list[int]
    retry: Shape = Shape()
    dlt: Shape = Shape()


class Declaration(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid")

    defaults: Shape
    topics: dict[str, Shape]
    ladders: LadderShape


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as it should be."""

    name: str
    partitions: int
    replicas: int
    config: dict[str, str]


def read(path: Path, *, partitions: int | None = None, replicas: int | None = None) -> list[Topic]:
    """The declared topics, ladders included. `partitions` and `replicas` replace the file's defaults.

    Raises OSError, yaml.YAMLError or pydantic.ValidationError when the file is not a declaration.
    """
    file = Declaration.model_validate(yaml.safe_load(path.read_text()))
    wanted = dict(file.topics)
    for service in file.ladders.services:
        wanted |= {retry_topic(service, delay): file.ladders.retry for delay in file.ladders.delays_s}
        wanted[dead_letter_topic(service)] = file.ladders.dlt
    replicas = replicas or file.defaults.replicas or 1
    partitions = partitions or file.defaults.partitions or 1
    return [
        Topic(
            name=name,
            partitions=shape.partitions or partitions,
            replicas=shape.replicas or replicas,
            config={k: str(v) for k, v in (file.defaults.config | shape.config).items()},
        )
        for name, shape in wanted.items()
    ]


def apply(bootstrap_servers: str, topics: list[Topic]) -> dict[str, str]:
    """Makes the broker's topics as declared; never deletes one, never takes partitions away.

    Returns per topic what was done: created, partitions added, settings changed or unchanged.
    Raises KafkaException when the broker refuses or cannot be reached.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap_servers, **KafkaSecurity().librdkafka()})
    existing = admin.list_topics(timeout=TIMEOUT_S).topics
    done = {}
    for topic in topics:
        if topic.name in existing:
            done[topic.name] = _align(admin, topic, len(existing[topic.name].partitions))
        else:
            done[topic.name] = _create(admin, topic)
    return done


def _create(admin: AdminClient, topic: Topic) -> str:
    new = NewTopic(topic.name, num_partitions=topic.partitions, replication_factor=topic.replicas, config=topic.config)
    try:
        admin.create_topics([new], operation_timeout=TIMEOUT_S)[topic.name].result(TIMEOUT_S)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise
        return "unchanged"
    return "created"


def _align(admin: AdminClient, topic: Topic, partitions: int) -> str:
    changes = []
    if partitions < topic.partitions:
        new = NewPartitions(topic.name, topic.partitions)
        admin.create_partitions([new], operation_timeout=TIMEOUT_S)[topic.name].result(TIMEOUT_S)
        changes.append(f"partitions {partitions} -> {topic.partitions}")
    resource = ConfigResource(ResourceType.TOPIC, topic.name)
    current = admin.describe_configs([resource])[resource].result(TIMEOUT_S)
    wrong = {k: v for k, v in topic.config.items() if k not in current or current[k].value != v}
    if wrong:
        resource = ConfigResource(
            ResourceType.TOPIC,
            topic.name,
            incremental_configs=[
                ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in wrong.items()
            ],
        )
        admin.incremental_alter_configs([resource])[resource].result(TIMEOUT_S)
        changes.append("settings " + ", ".join(sorted(wrong)))
    return "; ".join(changes) or "unchanged"
