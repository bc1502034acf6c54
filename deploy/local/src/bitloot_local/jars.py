"""Kafka's and S3Proxy's jars: resolved once by Maven from `deploy/local/pom.xml`, kept under its hash."""

import asyncio
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from bitloot_local.errors import DownloadFailed, ToolMissing, end_of
from bitloot_local.layout import POM, Layout
from bitloot_local.program import Report

RESOLVE_S_MAX = 900
MAVEN_ADVICE = "install Maven (Debian: apt-get install maven; macOS: brew install maven)"


def directory(layout: Layout) -> Path:
    return layout.cache / f"jars-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"


async def resolve(layout: Layout, java_home: Path, report: Report) -> Path:
    """The directory of jars. Raises DownloadFailed or ToolMissing; a half-done one is never seen."""
    target = directory(layout)
    if target.is_dir():
        return target
    maven = shutil.which("mvn")
    if not maven:
        raise ToolMissing(f"`mvn` was not found; {MAVEN_ADVICE}")
    report("Maven: starting (once; later runs find the jars here)")
    async with layout.installing():
        if target.is_dir():
            return target
        draft = Path(tempfile.mkdtemp(prefix="jars-", dir=layout.cache))
        try:
            await _copy_dependencies(maven, java_home, draft, layout.log("maven"), report)
            os.replace(draft, target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return target


async def _copy_dependencies(maven: str, java_home: Path, into: Path, log: Path, report: Report) -> None:
    process = await asyncio.create_subprocess_exec(
        maven, "-B", "-f", str(POM), "dependency:copy-dependencies", "-DincludeScope=runtime",
        f"-DoutputDirectory={into}", f"-DbuildDirectory={into}",
        env={**os.environ, "JAVA_HOME": str(java_home)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(RESOLVE_S_MAX):
            await _follow(process, log, report)
            code = await process.wait()
    except TimeoutError:
        raise DownloadFailed(f"Maven took over {RESOLVE_S_MAX} s\n{end_of(log)}") from None
    finally:
        if process.returncode is None:
            process.kill()
    if code != 0:
        raise DownloadFailed(f"Maven could not resolve the jars of {POM.name}\n{end_of(log)}")


async def _follow(process: asyncio.subprocess.Process, log: Path, report: Report) -> None:
    assert process.stdout is not None
    downloaded = 0
    with log.open("wb") as file:
        async for line in process.stdout:
            file.write(line)
            if b"Downloaded from" in line:
                downloaded += 1
                report(f"Maven: {downloaded} of about 600 files")
