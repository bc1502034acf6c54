"""What is in the images that compose built, where they are: nothing secret, nothing to build with."""

import json
import subprocess
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest
from bitloot_local import envfile
from secret_scan import secrets_in

ROOT = Path(__file__).parents[1]
IMAGES = [f"bitloot/{name}:latest" for name in ("ingress", "fulfillment", "delivery", "admin", "sandbox")]
BASE = "python:3.13-slim"
TEXT_BYTES_MAX = 1024 * 1024
ADDED_BYTES_MAX = 200_000_000  # to the base; the README says how many each has
TOOLS = {"gcc", "cc", "make", "uv", "pip", "pip3", "git", "cargo"}


def docker(*command: str) -> str:
    return subprocess.run(["docker", *command], capture_output=True, text=True, check=True, timeout=60).stdout


@cache
def inspected(image: str) -> dict[str, Any]:
    """What `docker inspect` says; skips the test where there is no Docker or no such image."""
    try:
        found: dict[str, Any] = json.loads(docker("image", "inspect", image))[0]
    except (OSError, subprocess.SubprocessError):
        pytest.skip(f"no image {image} here: docker compose --profile sandbox build")
    return found


def own_files(image: str) -> Iterator[tuple[str, bytes]]:
    """Path and content of every file that our Dockerfile adds to its base image, in whatever layer."""
    layers, base = inspected(image)["RootFS"]["Layers"], inspected(BASE)["RootFS"]["Layers"]
    assert layers[: len(base)] == base, "built on another base"
    with TemporaryFile() as file:
        subprocess.run(["docker", "save", image], stdout=file, check=True, timeout=120)
        file.seek(0)
        with tarfile.open(fileobj=file) as saved:
            (manifest,) = json.load(saved.extractfile("manifest.json") or pytest.fail("no manifest"))
            for layer in manifest["Layers"][len(base) :]:
                with tarfile.open(fileobj=saved.extractfile(layer)) as contents:
                    for member in contents:
                        if member.isfile() and (found := contents.extractfile(member)):
                            yield member.name, found.read()


def our_secrets() -> set[bytes]:
    """The values that this machine's `.env` and local stack hold as secrets."""
    words = ("SECRET", "PASSWORD", "TOKEN", "KEY")
    known: dict[str, str] = {}
    for file in (ROOT / ".env", ROOT / ".env.example", ROOT / ".local/secrets.env"):
        known |= {f"{file}:{k}": v for k, v in envfile.read(file).items()} if file.exists() else {}
    return {value.encode() for name, value in known.items() if any(w in name for w in words) and len(value) >= 12}


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_holds_no_secret_and_no_tool(image: str) -> None:
    secrets, sbom = our_secrets(), {}
    for path, content in own_files(image):
        name = Path(path)
        assert name.name not in {".env", ".git", "id_rsa"}, path
        assert not (name.parent.name == "bin" and name.name in TOOLS), f"{path} does not belong into what runs"
        assert not any(secret in content for secret in secrets), f"{path} holds a secret of this machine"
        ours = path.startswith("app/") and ("/bitloot_" in path or "site-packages" not in path)
        if ours and len(content) <= TEXT_BYTES_MAX:
            assert list(secrets_in(content.decode(errors="replace"))) == [], path
        if path == "app/sbom.cdx.json":
            sbom = json.loads(content)
    assert "fastapi" in {component["name"] for component in sbom["components"]}, "its bill of materials"


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_runs_as_nobody_and_says_what_it_is(image: str) -> None:
    config = inspected(image)["Config"]
    assert config["User"] == "10001"
    assert config["StopSignal"] == "SIGTERM"
    assert config["Healthcheck"]["Test"]
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    assert labels["title"] == image.split(":")[0].replace("/", "-")
    assert labels["version"]
    assert labels["revision"]
    names = {name.partition("=")[0] for name in config["Env"]}
    assert not any(word in name for name in names for word in ("SECRET", "PASSWORD", "TOKEN"))


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_is_as_small_as_the_readme_says(image: str) -> None:
    assert inspected(image)["Size"] - inspected(BASE)["Size"] <= ADDED_BYTES_MAX


def test_the_scan_knows_a_secret_when_it_sees_one() -> None:
    planted = {"key": "AK" + "IAIOSFODNN7EXAMPLE", "pem": "-----BEGIN " + "RSA PRIVATE KEY-----"}
    for text in planted.values():
        assert list(secrets_in(f"first line\nx = '{text}'\n")) != []
