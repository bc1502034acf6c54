"""The whole topology on one page, in the order an order travels.

1. kafka, postgres, s3, smtp, sandbox: all at once;
   beside them topics (as soon as kafka is ready), schema and then catalogue (as soon as postgres is)
2. ingress, fulfillment, delivery, admin: all at once
"""

from collections.abc import Callable
from dataclasses import dataclass

from bitloot_local import jars, java
from bitloot_local.config import Config
from bitloot_local.environment import SERVICES
from bitloot_local.program import Lane, Program, Report
from bitloot_local.servers import kafka, kafka_memory, postgres, python_services, s3

SERVERS = ("kafka", "postgres", "s3", "smtp")
NAMES = (*SERVERS, "sandbox", *SERVICES)


@dataclass(frozen=True)
class Topology:
    servers: tuple[Program, ...]
    lanes: tuple[Lane, ...] = ()
    services: tuple[Program, ...] = ()

    @property
    def programs(self) -> tuple[Program, ...]:
        return (*self.servers, *self.services)


async def whole(config: Config, report: Report) -> Topology:
    lanes = [Lane("postgres", (python_services.schema(config), python_services.catalogue(config)))]
    if config.kafka == "java":  # the in-memory one has no admin API
        lanes.append(Lane("kafka", (python_services.topics(config),)))
    return Topology(
        servers=(*(await servers(config, SERVERS, report)), python_services.sandbox(config)),
        lanes=tuple(lanes),
        services=tuple(python_services.service(config, name) for name in SERVICES),
    )


async def only_servers(config: Config, report: Report) -> Topology:
    """For who runs the services in an editor, and for tests of the stack itself."""
    return Topology(await servers(config, SERVERS, report))


async def servers(config: Config, names: tuple[str, ...], report: Report) -> tuple[Program, ...]:
    """Only these servers; downloads what they need, and nothing if they need nothing."""
    if {"kafka", "s3"}.isdisjoint(names):
        makers = dict(_plain(config))
    elif config.kafka == "memory":
        binary = await s3.build_versitygw(config.layout, report) if "s3" in names else None
        makers = {"kafka": lambda: kafka_memory.program(config), **_plain(config)}
        if binary is not None:
            makers["s3"] = lambda: s3.versitygw(config, binary)
    else:
        home = await java.find_or_install(config.layout, report)
        jar_directory = await jars.resolve(config.layout, home, report)
        makers = {
            "kafka": lambda: kafka.program(config, home, jar_directory),
            "s3": lambda: s3.s3proxy(config, home, jar_directory),
            **_plain(config),
        }
    return tuple(makers[name]() for name in names)


def _plain(config: Config) -> dict[str, Callable[[], Program]]:
    return {
        "postgres": lambda: postgres.program(config),
        "smtp": lambda: python_services.smtp(config),
    }
