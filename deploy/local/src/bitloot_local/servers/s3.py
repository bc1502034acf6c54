"""The object storage: S3Proxy on a directory, or versitygw where there are no jars.

Both check SigV4 and the expiry of a signed link for real, and answer 412 to a second `If-None-Match: *`.
"""

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config as BotoConfig

from bitloot_local.config import Config
from bitloot_local.environment import S3_BUCKET, S3_REGION
from bitloot_local.errors import DownloadFailed, ToolMissing, end_of
from bitloot_local.layout import Layout
from bitloot_local.ports import HOST, url
from bitloot_local.program import Program, Report
from bitloot_local.servers.kafka import LOGBACK

JVM = ("-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
VERSITYGW = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
BUILD_S_MAX = 600

PROPERTIES = """\
s3proxy.endpoint=http://{host}:{port}
s3proxy.authorization=aws-v4
s3proxy.identity={identity}
s3proxy.credential={credential}
s3proxy.cors-allow-origins={origins}
s3proxy.cors-allow-methods=GET HEAD
s3proxy.cors-allow-headers=*
jclouds.provider=filesystem-nio2
jclouds.filesystem.basedir={objects}
"""


def s3proxy(config: Config, java_home: Path, jars: Path) -> Program:
    data = config.layout.data("s3")
    objects, properties, logback = data / "objects", data / "s3proxy.conf", data / "logback.xml"
    text = PROPERTIES.format(
        host=HOST,
        port=config.ports.s3,
        identity=config.secrets["R2_ACCESS_KEY_ID"],
        credential=config.secrets["R2_SECRET_ACCESS_KEY"],
        origins=" ".join(link_page_origins(config)),
        objects=objects,
    )
    java = (str(java_home / "bin/java"), *JVM, f"-Dlogback.configurationFile={logback}", "-cp", f"{jars}/*")
    return _program(
        config,
        objects,
        argv=(*java, "org.gaul.s3proxy.Main", "--properties", str(properties)),
        files={properties: text, logback: LOGBACK},
    )


def versitygw(config: Config, binary: Path) -> Program:
    objects = config.layout.data("s3") / "versitygw"
    return _program(
        config,
        objects,
        argv=(
            str(binary),
            "--port",
            f"{HOST}:{config.ports.s3}",
            "--region",
            S3_REGION,
            "--cors-allow-origin",
            link_page_origins(config)[0],
            "posix",
            "--nometa",
            str(objects),
        ),
        env={
            "ROOT_ACCESS_KEY": config.secrets["R2_ACCESS_KEY_ID"],
            "ROOT_SECRET_KEY": config.secrets["R2_SECRET_ACCESS_KEY"],
        },
    )


def _program(config: Config, objects: Path, **how: Any) -> Program:
    async def directory(_report: Report) -> None:
        os.makedirs(objects, exist_ok=True)

    async def lists_buckets() -> None:
        await asyncio.to_thread(lambda: client(config).list_buckets())

    async def bucket(_report: Report) -> None:
        await asyncio.to_thread(_ensure_bucket, config)

    ports = ((config.ports.s3, "S3_PORT"),)
    return Program("s3", ready=lists_buckets, ports=ports, prepare=directory, settle=bucket, **how)


def link_page_origins(config: Config) -> list[str]:
    """Who may fetch objects from a browser: the link page, by either of its names."""
    return [url(config.ports.delivery), url(config.ports.delivery).replace(HOST, "localhost")]


def client(config: Config) -> Any:
    settings = BotoConfig(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=3,
        read_timeout=5,
        retries={"total_max_attempts": 1},
        proxies={},
    )
    return botocore.session.Session().create_client(
        "s3",
        endpoint_url=config.s3_endpoint_url,
        region_name=S3_REGION,
        aws_access_key_id=config.secrets["R2_ACCESS_KEY_ID"],
        aws_secret_access_key=config.secrets["R2_SECRET_ACCESS_KEY"],
        config=settings,
    )


def _ensure_bucket(config: Config) -> None:
    s3 = client(config)
    if S3_BUCKET not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=S3_BUCKET)


async def build_versitygw(layout: Layout, report: Report) -> Path:
    """Builds it with the Go toolchain, once: about a minute."""
    binary = layout.cache / "bin/versitygw"
    if binary.exists():
        return binary
    go = shutil.which("go")
    if not go:
        raise ToolMissing("no S3 server: it comes with Maven (see above), or by Go, and `go` was not found either")
    report("go install versitygw (about a minute, once)")
    log = layout.log("versitygw-build")
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            go,
            "install",
            VERSITYGW,
            env={**os.environ, "GOBIN": str(binary.parent)},
            stdout=file,
            stderr=file,
        )
        try:
            async with asyncio.timeout(BUILD_S_MAX):
                code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
    if code != 0:
        raise DownloadFailed(f"versitygw could not be built\n{end_of(log)}")
    return binary
