"""Settings come from the environment, are validated at start, and a missing one stops the process in one line."""

import socket
import sys
from typing import NoReturn, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bitloot_common.kafka import KafkaSecurity

EX_CONFIG = 78  # sysexits.h: something was found in an unconfigured or misconfigured state


class LogSettings(BaseSettings):
    """How a process tells of itself."""

    model_config = SettingsConfigDict(extra="ignore")

    log_format: str = Field("json", pattern="^(json|console)$")
    log_level: str = "INFO"


class DatabaseSettings(BaseSettings):
    """The shared PostgreSQL, through the service's own role."""

    model_config = SettingsConfigDict(extra="ignore")

    database_url: str = Field(repr=False, description="postgresql://role:password@host:port/database")
    database_pool_size_max: int = Field(10, ge=2)
    database_command_timeout_s: float = Field(10.0, gt=0)


class KafkaSettings(KafkaSecurity):
    """The broker."""

    model_config = SettingsConfigDict(extra="ignore")

    kafka_bootstrap_servers: str = Field(description="host:port[,host:port]")


class ConsumerSettings(BaseSettings):
    """A member of consumer groups."""

    model_config = SettingsConfigDict(extra="ignore")

    kafka_group_instance_id: str = Field(
        "",
        description="unique among the service's processes and the same after a restart; {hostname} in it is filled in",
    )

    @property
    def group_instance_id(self) -> str | None:
        """For static membership (KIP-345): a killed process that is back takes its partitions at once, instead of
        waiting for its own session to end. None: a member without a name."""
        return self.kafka_group_instance_id.replace("{hostname}", socket.gethostname()) or None


class ServiceSettings(LogSettings, DatabaseSettings, KafkaSettings):
    """What every service of the pipeline needs."""

    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=0, le=65535)
    shutdown_deadline_s: int = Field(20, ge=1)
    cors_origin: str = Field("", description="comma-separated origins that may call this service from a page")


AnySettings = TypeVar("AnySettings", bound=BaseSettings)


def load(settings: type[AnySettings]) -> AnySettings:
    """Reads `settings` from the environment, or exits with code 78 and one line per wrong name.

    The line names the variable and what is wrong with it, never its value.
    """
    try:
        return settings()
    except ValidationError as error:
        _refuse(error)


def _refuse(error: ValidationError) -> NoReturn:
    for problem in error.errors(include_input=False, include_url=False):
        name = "_".join(str(part) for part in problem["loc"]).upper() or "SETTINGS"
        what = "is missing" if problem["type"] == "missing" else f"is wrong: {problem['msg']}"
        sys.stderr.write(f"configuration: {name} {what}\n")
    raise SystemExit(EX_CONFIG) from None
