"""Generates the typed clients of admin's API from its OpenAPI, or checks that they are what it would generate.

    .venv/bin/python clients/generate.py            writes clients/openapi.json and both clients
    .venv/bin/python clients/generate.py --check    exit 1 when the API, or a generated file, has changed since

The check needs neither the network nor Node: `manifest.json` records the hash of everything generated.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bitloot_admin.app import create_app
from bitloot_admin.settings import Settings

HERE = Path(__file__).parent
OPENAPI = HERE / "openapi.json"
MANIFEST = HERE / "manifest.json"
PYTHON = HERE / "python" / "src" / "bitloot_admin_client"
TYPESCRIPT = HERE / "typescript" / "src" / "schema.ts"
PYTHON_GENERATOR = "openapi-python-client==0.29.1"
TYPESCRIPT_GENERATOR = "openapi-typescript@7.13.0"


def openapi() -> str:
    """The API as it is now. Nothing is connected to."""
    settings = Settings(database_url="postgresql://none", kafka_bootstrap_servers="none", http_port=1)
    return json.dumps(create_app(settings).openapi(), indent=1, ensure_ascii=False) + "\n"


def json_only(api: dict[str, Any]) -> dict[str, Any]:
    """The API without its lists as CSV: a method whose answer is a page of a list has no other answer."""
    for path in api["paths"].values():
        for operation in path.values():
            wanted = [each for each in operation.get("parameters", []) if each["name"] != "format"]
            operation["parameters"] = wanted
            operation["responses"].get("200", {}).get("content", {}).pop("text/csv", None)
    return api


def hashes() -> dict[str, str]:
    """SHA-256 of everything generated, by its path."""
    files = [OPENAPI, TYPESCRIPT, *sorted(PYTHON.rglob("*.py"))]
    return {
        str(path.relative_to(HERE)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.exists()
    }


def generate() -> None:
    """Writes everything."""
    OPENAPI.write_text(openapi())
    shutil.rmtree(PYTHON, ignore_errors=True)
    config = HERE / "python" / "generator.yaml"
    plain = HERE / "openapi-json-only.json"
    plain.write_text(json.dumps(json_only(json.loads(OPENAPI.read_text()))))
    run("uv", "tool", "run", "--from", PYTHON_GENERATOR, "openapi-python-client", "generate", "--path", str(plain),
        "--meta", "none", "--output-path", str(PYTHON), "--overwrite", "--config", str(config))  # fmt: skip
    plain.unlink()
    (PYTHON / "py.typed").touch()
    TYPESCRIPT.parent.mkdir(exist_ok=True)
    run("npx", "--yes", TYPESCRIPT_GENERATOR, str(OPENAPI), "--output", str(TYPESCRIPT))
    MANIFEST.write_text(json.dumps(hashes(), indent=1) + "\n")


def check() -> list[str]:
    """What is not as it would be generated."""
    wrong = []
    if OPENAPI.read_text() != openapi():
        wrong.append("clients/openapi.json is not the API's: run clients/generate.py")
    recorded = json.loads(MANIFEST.read_text())
    now = hashes()
    wrong += [
        f"clients/{name} is not what was generated"
        for name in sorted(recorded.keys() | now.keys())
        if recorded.get(name) != now.get(name)
    ]
    return wrong


def run(*command: str) -> None:
    own = HERE.parent / "deploy" / "local" / "uv"
    program = str(own) if command[0] == "uv" else command[0]
    subprocess.run([program, *command[1:]], check=True)


def main() -> None:
    if "--check" not in sys.argv:
        generate()
        return
    wrong = check()
    sys.stderr.write("".join(f"{line}\n" for line in wrong[:10]))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
