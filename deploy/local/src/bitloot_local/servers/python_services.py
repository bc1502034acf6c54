"""Processes that are Python modules of this workspace: mailbox, sandbox, the four services, and the jobs."""

import asyncio
import smtplib
import sys
from pathlib import Path

from bitloot_local import environment
from bitloot_local.config import Config
from bitloot_local.http_check import get_ok
from bitloot_local.layout import CATALOGUE
from bitloot_local.ports import HOST, url
from bitloot_local.program import Job, Program

BITLOOT = str(Path(sys.executable).parent / "bitloot")


def module(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name)


def smtp(config: Config) -> Program:
    healthy = get_ok(f"{url(config.ports.mailbox)}/api/healthz")

    async def greets() -> None:
        await healthy()
        await asyncio.to_thread(_ehlo, config.ports.smtp)

    return Program(
        name="smtp",
        argv=module("bitloot_local.mailbox"),
        env={
            "SMTP_PORT": str(config.ports.smtp),
            "MAILBOX_PORT": str(config.ports.mailbox),
            "MAILBOX_FILE": str(config.layout.data("smtp") / "mails.jsonl"),
        },
        ready=greets,
        ports=((config.ports.smtp, "SMTP_PORT"), (config.ports.mailbox, "MAILBOX_PORT")),
    )


def _ehlo(port: int) -> None:
    with smtplib.SMTP(HOST, port, timeout=3) as session:
        session.ehlo()


def sandbox(config: Config) -> Program:
    port = config.ports.sandbox
    return Program(
        name="sandbox",
        argv=module("bitloot_sandbox"),
        env=environment.sandbox(config),
        ready=get_ok(f"{url(port)}/healthz"),
        ports=((port, "SANDBOX_PORT"),),
    )


def service(config: Config, name: str) -> Program:
    port = getattr(config.ports, name)
    return Program(
        name=name,
        argv=module(f"bitloot_{name}"),
        env=environment.service(config, name),
        ready=get_ok(f"{url(port)}/readyz"),
        ports=((port, f"{name.upper()}_PORT"),),
    )


def job(config: Config, name: str, *arguments: str) -> Job:
    return Job(name, (BITLOOT, *arguments), environment.owner(config))


def schema(config: Config) -> Job:
    return job(config, "schema", "db", "upgrade")


def topics(config: Config) -> Job:
    return job(config, "topics", "topics", "apply")


def catalogue(config: Config) -> Job:
    return job(config, "catalogue", "catalogue", "apply", str(CATALOGUE))
