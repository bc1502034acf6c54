"""Tables for the terminal: where each part can be looked at, and what runs."""

import os
import time
from pathlib import Path

from bitloot_local import environment, processes
from bitloot_local.config import Config
from bitloot_local.errors import end_of
from bitloot_local.ports import HOST
from bitloot_local.terminal import Terminal
from bitloot_local.topology import NAMES

WITHOUT_MAVEN = (
    "Without Maven Central there is still `make demo`, on an in-memory Kafka.\n"
    "To run the whole stack on that: BITLOOT_KAFKA=memory make up"
    " (one instance per service; a restart of Kafka forgets its messages)."
)
MEMORY_KAFKA = "Kafka is librdkafka's in-memory broker here, not Apache Kafka: good for a demo, kept nowhere."


def urls(config: Config, terminal: Terminal) -> None:
    told = environment.urls(config)
    terminal.table(
        "Where to look",
        [
            ("shop API (ingress)", f"{told['INGRESS_URL']}/docs"),
            ("admin API", f"{told['ADMIN_URL']}/docs"),
            ("link pages (delivery)", f"{told['DELIVERY_URL']}/docs"),
            ("fulfillment", f"{told['FULFILLMENT_URL']}/readyz"),
            ("sandbox providers", f"{told['SANDBOX_URL']}/docs"),
            ("mailbox", told["MAILBOX_URL"]),
            ("Kafka", config.kafka_bootstrap_servers),
            ("PostgreSQL", f"{HOST}:{config.ports.postgres}, database bitloot"),
            ("S3", f"{config.s3_endpoint_url}, bucket {environment.S3_BUCKET}"),
            ("credentials, DSNs", shown(config.layout.env_file)),
            ("logs", f"{shown(config.layout.logs)}/"),
        ],
    )


def shown(path: Path) -> str:
    """As short as a person would type it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def status(config: Config, terminal: Terminal) -> int:
    """1 if something died, which then shows the end of its log."""
    running = processes.find(config.layout)
    rows = []
    dead = []
    for name in NAMES:
        if name in running:
            age = time.time() - running[name].process.create_time()
            rows.append((name, f"up {age:7.0f} s   pid {running[name].pid}"))
        elif config.layout.pid_file(name).exists():
            rows.append((name, "DIED"))
            dead.append(name)
        else:
            rows.append((name, "down"))
    terminal.table("Local stack", rows)
    for name in dead:
        terminal.say(f"\n{name} died; `make up` brings it back\n{end_of(config.layout.log(name))}")
    return 1 if dead else 0
