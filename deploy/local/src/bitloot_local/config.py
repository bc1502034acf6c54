"""One stack's settings: where it lives, its ports, its secrets and what was asked of it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from bitloot_local import credentials, envfile
from bitloot_local.errors import StackError
from bitloot_local.layout import REPOSITORY, Layout
from bitloot_local.ports import HOST, Ports, url

KinguinApi = Literal["reservations", "esa"]
KafkaKind = Literal["java", "memory"]

# What a process of ours may see of the caller's environment: the machine, never the person's settings.
INHERITED = (
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "TZ",
    "TMPDIR",
    "JAVA_HOME",
    "NO_PROXY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
)
INHERITED_PREFIXES = ("LC_", "SSL_CERT_", "OTEL_", "XDG_", "PYTHON")


@dataclass(frozen=True)
class Config:
    layout: Layout
    ports: Ports
    secrets: Mapping[str, str]
    kinguin_api: KinguinApi = "reservations"
    kafka: KafkaKind = "java"
    log_level: str = "INFO"
    machine: Mapping[str, str] = field(default_factory=lambda: inherited(os.environ))

    @property
    def kafka_bootstrap_servers(self) -> str:
        return f"{HOST}:{self.ports.kafka}"

    @property
    def s3_endpoint_url(self) -> str:
        return url(self.ports.s3)

    def database_url(self, role: str, password_name: str, database: str = "bitloot") -> str:
        return f"postgresql://{role}:{self.secrets[password_name]}@{HOST}:{self.ports.postgres}/{database}"


def load(layout: Layout | None = None) -> Config:
    """The developer's own stack: ports and choices from the environment, then `.env`, then the defaults."""
    layout = layout or Layout()
    layout.create()
    dotenv = REPOSITORY / ".env"
    settings = {
        **(envfile.read(dotenv) if dotenv.exists() else {}),
        **{k: v for k, v in os.environ.items() if v},
    }
    # These from the environment only: `.env` is compose's, where KINGUIN_API=esa means production.
    return Config(
        layout=layout,
        ports=Ports.chosen_by(settings),
        secrets=credentials.load_or_make(layout),
        kinguin_api=kinguin_api(os.environ.get("KINGUIN_API") or "reservations"),
        kafka=kafka_kind(os.environ.get("BITLOOT_KAFKA") or "java"),
        log_level=os.environ.get("LOG_LEVEL") or "INFO",
    )


def kinguin_api(text: str) -> KinguinApi:
    if text in get_args(KinguinApi):
        return cast(KinguinApi, text)
    raise StackError(f"KINGUIN_API={text}: it is `reservations` or `esa`")


def kafka_kind(text: str) -> KafkaKind:
    if text in get_args(KafkaKind):
        return cast(KafkaKind, text)
    raise StackError(f"BITLOOT_KAFKA={text}: it is `java` (Apache Kafka, the default) or `memory`")


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name.upper() in INHERITED or name.startswith(INHERITED_PREFIXES)
    }
