"""The ports of the stack: their defaults, who may change them, and whose they are when taken."""

import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass, fields

import psutil

from bitloot_local.errors import PortTaken, StackError

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """Field `x` is the variable `X_PORT` in the environment or in `.env`."""

    ingress: int = 4000
    admin: int = 4001
    delivery: int = 4002
    fulfillment: int = 4003
    sandbox: int = 4010
    kafka: int = 9092
    kafka_controller: int = 9093
    postgres: int = 54329
    s3: int = 9000
    smtp: int = 1025
    mailbox: int = 8025

    @classmethod
    def chosen_by(cls, settings: Mapping[str, str]) -> "Ports":
        chosen = {f.name: settings[v] for f in fields(cls) if settings.get(v := variable(f.name))}
        for name, text in chosen.items():
            if not text.isdigit() or not 0 < int(text) < 65536:
                raise StackError(f"{variable(name)}={text}: not a port, which is a number from 1 to 65535")
        return cls(**{name: int(text) for name, text in chosen.items()})

    @classmethod
    def free(cls) -> "Ports":
        """Ports nobody has now."""
        return cls(*free(len(fields(cls))))

    def as_variables(self) -> dict[str, str]:
        return {variable(f.name): str(getattr(self, f.name)) for f in fields(self)}


def variable(name: str) -> str:
    return f"{name.upper()}_PORT"


def url(port: int) -> str:
    return f"http://{HOST}:{port}"


def free(count: int) -> list[int]:
    """Below the range that outgoing connections take theirs from: a restart finds its port free again."""
    chosen: list[int] = []
    for port in random.sample(range(16000, 32000), 1000):
        try:
            refuse_taken(port, "")
        except PortTaken:
            continue
        chosen.append(port)
        if len(chosen) == count:
            break
    return chosen


def refuse_taken(port: int, variable_name: str) -> None:
    """Raises PortTaken, naming the owner where the system tells, if `port` cannot be bound."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise StackError(f"port {port} ({variable_name}) needs root; choose one above 1023") from None
        except OSError:
            raise PortTaken(port, variable_name, owner_of(port)) from None


def owner_of(port: int) -> str | None:
    try:
        connections = psutil.net_connections("tcp")
    except psutil.Error:
        return None
    for connection in connections:
        address = connection.laddr
        if connection.status == psutil.CONN_LISTEN and address and address.port == port and connection.pid:
            return describe(connection.pid)
    return None


def describe(pid: int) -> str:
    try:
        command = " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        command = ""
    return f"process {pid} ({command[:80]})" if command else f"process {pid}"
