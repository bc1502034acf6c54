"""What docker-compose.yml promises: nothing published beyond this machine, a limit on everything, all may be scaled."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CONTAINERS: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OURS = {name for name, one in CONTAINERS.items() if one["image"].startswith("bitloot/")}


@pytest.mark.skipif(shutil.which("docker") is None, reason="no docker here")
@pytest.mark.parametrize("profiles", [[], ["sandbox"], ["sandbox", "observability"]])
def test_docker_compose_reads_it_with_the_example_as_it_is(profiles: list[str]) -> None:
    flags = [word for profile in profiles for word in ("--profile", profile)]
    command = ["docker", "compose", "--env-file", ".env.example", *flags, "config", "--quiet"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_is_bounded(name: str) -> None:
    one = CONTAINERS[name]
    assert all(str(port).startswith("127.0.0.1:") for port in one.get("ports", []))
    assert "container_name" not in one, "it could not be scaled"
    assert one["deploy"]["resources"]["limits"]["memory"]
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["logging"]["options"]["max-size"], "logs must not fill the disk"


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_container_of_ours_writes_nothing_but_what_is_meant(name: str) -> None:
    assert CONTAINERS[name]["read_only"] is True


def test_what_is_scaled_publishes_no_port() -> None:
    assert "ports" not in CONTAINERS["fulfillment"]


@pytest.mark.parametrize("name", ["fulfillment", "delivery"])
def test_a_consumer_keeps_its_seat(name: str) -> None:
    """A name without a value that is set nowhere takes away what the image says: it is no way to leave it alone."""
    assert CONTAINERS[name]["environment"]["KAFKA_GROUP_INSTANCE_ID"] == "{hostname}"


@pytest.mark.parametrize("name", sorted(OURS))
def test_an_image_of_ours_is_never_pulled(name: str) -> None:
    """On Docker Hub the name is somebody else's, and what it is would be given our secrets."""
    assert CONTAINERS[name]["pull_policy"] == "never"


def test_the_collector_takes_its_configuration() -> None:
    """What it says itself where this does not hold: "send_batch_max_size must be greater or equal to
    send_batch_size"; and the latter's default is 8192."""
    config = yaml.safe_load((ROOT / "deploy/observability/otel-collector/config.yml").read_text())
    batch = config["processors"]["batch"]
    assert batch["send_batch_max_size"] >= batch.get("send_batch_size", 8192)
    named = [name for pipeline in config["service"]["pipelines"].values() for name in pipeline["processors"]]
    assert named[0] == "memory_limiter", "it refuses before anything is kept"


def test_what_is_done_by_hand_is_done_as_the_owner() -> None:
    for name in ("migrate", "erase"):
        assert CONTAINERS[name]["environment"]["DATABASE_URL"].startswith("postgresql://bitloot:"), name
