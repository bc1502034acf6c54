"""Runs every benchmark, one after another, and writes bench/results.json and a table."""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
BENCHMARKS = ("ingress", "ladder", "pipeline", "admin")


def run(name: str) -> dict[str, Any]:
    """One benchmark in a process of its own. Raises CalledProcessError when it fails."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "out.json"
        print(f"── {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"bench.{name}", "--out", str(out)], check=True, cwd=HERE.parent)
        found: dict[str, Any] = json.loads(out.read_text())
    return found


def rows(value: Any, path: str = "") -> list[tuple[str, str]]:
    """The leaves of `value` as (name, figure)."""
    if isinstance(value, dict):
        return [row for key, item in value.items() for row in rows(item, f"{path}.{key}" if path else str(key))]
    if isinstance(value, list):
        return [row for number, item in enumerate(value) for row in rows(item, f"{path}[{number}]")]
    return [(path, f"{value:g}" if isinstance(value, float) else str(value))]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("benchmarks", nargs="*", metavar="NAME", help=f"some of: {', '.join(BENCHMARKS)} (all)")
    wanted = parser.parse_args().benchmarks or list(BENCHMARKS)
    if unknown := set(wanted) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in wanted:
        known[name] = {"at": datetime.now(UTC).isoformat(timespec="seconds"), **run(name)}
    known["machine"] = {
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
    }
    RESULTS.write_text(json.dumps(known, indent=2) + "\n")
    table = rows({name: known[name] for name in wanted})
    width = max(len(name) for name, _ in table)
    for name, figure in table:
        print(f"{name:{width}}  {figure}")
    print(f"written to {RESULTS.relative_to(HERE.parent)}")


if __name__ == "__main__":
    main()
