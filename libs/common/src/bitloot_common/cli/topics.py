"""`bitloot topics`: the declaration against the broker."""

from pathlib import Path
from typing import Annotated

import typer
from confluent_kafka import KafkaException
from pydantic import Field

from bitloot_common import topics
from bitloot_common.cli.output import fail, print_json
from bitloot_common.settings import KafkaSettings, load

app = typer.Typer(help="The Kafka topics as declared in topics.yaml.", no_args_is_help=True, rich_markup_mode=None)

FileOption = Annotated[Path, typer.Option("--file", help="The declaration.", exists=True, dir_okay=False)]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


class TopicSettings(KafkaSettings):
    """The declaration's defaults, per deployment."""

    kafka_topic_partitions: int | None = Field(None, ge=1)
    kafka_topic_replicas: int | None = Field(None, ge=1)


@app.command()
def apply(file: FileOption = Path("deploy/topics.yaml"), json: Json = False) -> None:
    """Creates what is missing, adds partitions, sets settings. Deletes nothing. A second run changes nothing."""
    settings = load(TopicSettings)
    wanted = topics.read(file, partitions=settings.kafka_topic_partitions, replicas=settings.kafka_topic_replicas)
    try:
        done = topics.apply(settings.kafka_bootstrap_servers, wanted)
    except KafkaException as error:
        fail(f"Kafka at {settings.kafka_bootstrap_servers}: {error.args[0].str()}")
    if json:
        print_json(done)
        return
    for name, what in done.items():
        typer.echo(f"{name:28} {what}")
