"""docs/operations.md: every command that it tells an operator to type is one that there is, told where its settings
and its rights are."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from bitloot_common.cli import app
from bitloot_common.settings import DatabaseSettings
from bitloot_delivery.cli.erase import EraseSettings
from consumers import ladders
from kustomized import Render, of_kind
from typer.main import get_command

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "operations.md").read_text()
CONTAINERS: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
TYPED = [*re.findall(r"`([^`\n]+)`", re.sub(r"(?ms)^ *```$.*?^ *```$", "", PAGE))]
TYPED += [line for block in re.findall(r"(?ms)^ *```\n(.*?)^ *```$", PAGE) for line in block.splitlines()]
COMMANDS = sorted({found[1] for line in TYPED if (found := re.search(r"(?:^|--|exec) ?bitloot ([a-z][^'|]*)", line))})
AS_OWNER = ("db upgrade", "catalogue apply", "erase")
PLACES = {
    tuple(re.findall(r"`bitloot ([^`]*)`", row[0])): row[1:]
    for row in re.findall(r"(?m)^\| (`bitloot [^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$", PAGE)
}


@pytest.mark.parametrize("line", COMMANDS)
def test_the_page_names_commands_that_exist(line: str) -> None:
    command: Any = get_command(app)
    words = line.split()
    while hasattr(command, "get_command") and words:
        command = command.get_command(None, words.pop(0))
        assert command is not None, line
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known, line


def test_the_page_says_of_every_command_where_it_runs() -> None:
    told = [name for names in PLACES for name in names]
    for line in COMMANDS:
        assert line == "…" or any(line == name or line.startswith(f"{name} ") for name in told), line


@pytest.mark.parametrize("name", AS_OWNER)
def test_what_needs_the_owner_is_not_typed_into_a_service(name: str) -> None:
    """A service's container has the service's own login."""
    ((_, compose, _),) = [where for names, where in PLACES.items() if name in names]
    (container,) = re.findall(r"docker compose run --rm (\w+)", compose)
    environment = CONTAINERS[container]["environment"]
    assert environment["DATABASE_URL"].startswith("postgresql://bitloot:")
    needed = EraseSettings if name == "erase" else DatabaseSettings
    required = {field.upper() for field, info in needed.model_fields.items() if info.is_required()}
    assert required <= environment.keys()
    assert [line for line in TYPED if re.search(rf"exec .*(?<!exec )bitloot {name}", line)] == []


def test_it_names_containers_that_there_are() -> None:
    for line in TYPED:
        for words in re.findall(r"docker compose (?:run --rm|exec|stop|start|up -d) ([a-z][a-z0-9 ]*)", line):
            names = words.split() if re.search(r"compose (stop|start)", line) else words.split()[:1]
            assert set(names) <= CONTAINERS.keys(), line


def test_it_names_objects_that_there_are(render: Render) -> None:
    manifests = render("production")
    kinds = {"deploy": "Deployment", "job": "Job", "scaledobject": "ScaledObject", "externalsecret": "ExternalSecret"}
    known = {short: set(of_kind(manifests, kind)) for short, kind in kinds.items()}
    found = 0
    for line in (line for line in TYPED if "kubectl" in line):
        for short, name in re.findall(
            r"\b(deploy|job|scaledobject|externalsecret)[/ ](?!kubernetes/)([a-z][\w-]*)", line
        ):
            assert name in known[short], line
            found += 1
    assert found > 10


def test_a_consumer_is_stopped_where_keda_would_start_it_again() -> None:
    """A `kubectl scale` of what KEDA scales lasts for seconds."""
    broken = PAGE[PAGE.index("### InvariantViolated") :].split("\n### ")[0]
    restore = PAGE[PAGE.index("**Restoring PostgreSQL") : PAGE.index("**The bucket is lost")]
    for text in (broken, restore):
        assert 'paused-replicas="0" --overwrite' in text
        assert re.search(r"paused-replicas-[`\n]", text), "and how it goes on"
    assert not re.search(r"kubectl[^`\n]* scale [^`\n]*(fulfillment|delivery)", PAGE)


def test_a_restore_sets_every_group_back() -> None:
    table = re.findall(r"(?m)^ +\| (`[^|]*) \| `(\w+)` \|$", PAGE)
    written = {user: set(re.findall(r"`([^`]+)`", groups)) for groups, user in table}
    wanted = {
        name: {name} | {f"{name}.retry.{delay}s" for each in ladder.subscriptions.values() for delay in each.delays_s}
        for name, ladder in ladders().items()
    }
    assert written == wanted | {"admin": {"admin.dead-letters"}}


def test_every_login_has_its_row_in_the_rotation() -> None:
    rotation = PAGE[PAGE.index("## Rotating secrets") : PAGE.index("## When an alert fires")]
    for name in ("POSTGRES_PASSWORD", "<SERVICE>_DATABASE_PASSWORD", "KAFKA_SASL_PASSWORD", "kafka-ca"):
        assert re.search(rf"(?m)^\| `{re.escape(name)}`", rotation), name
