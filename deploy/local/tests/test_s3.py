"""The object storage is as strict as the real one: that is why it was chosen."""

import time
from collections.abc import Callable
from typing import Any

import botocore.session
import httpx
import pytest
from bitloot_local.pytest_plugin import S3Server
from botocore.config import Config
from botocore.exceptions import ClientError

pytestmark = pytest.mark.stack


def client(server: S3Server, secret: str | None = None) -> Any:
    return botocore.session.Session().create_client(
        "s3",
        endpoint_url=server.endpoint_url,
        region_name=server.region,
        aws_access_key_id=server.access_key_id,
        aws_secret_access_key=secret or server.secret_access_key,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def signed_link(server: S3Server, key: str, expires_s: int) -> str:
    s3 = client(server)
    s3.put_object(Bucket=server.bucket, Key=key, Body=b"sealed")
    params = {"Bucket": server.bucket, "Key": key}
    return str(s3.generate_presigned_url("get_object", Params=params, ExpiresIn=expires_s))


def test_a_signed_link_opens_until_it_expires(s3_server: S3Server, wait: Callable[..., None]) -> None:
    link = signed_link(s3_server, "expiring", expires_s=2)
    assert httpx.get(link).content == b"sealed"
    wait(lambda: httpx.get(link).status_code == 403)


def test_a_tampered_link_is_refused(s3_server: S3Server) -> None:
    link = signed_link(s3_server, "order-1", expires_s=900)
    client(s3_server).put_object(Bucket=s3_server.bucket, Key="order-2", Body=b"of somebody else")
    assert httpx.get(link).status_code == 200
    assert httpx.get(link.replace("order-1", "order-2")).status_code == 403
    assert httpx.get(link.replace("X-Amz-Expires=900", "X-Amz-Expires=90000")).status_code == 403
    assert httpx.get(link[:-4] + "0000").status_code == 403
    assert httpx.get(link.split("?")[0]).status_code == 403


def test_a_wrong_secret_is_refused(s3_server: S3Server) -> None:
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        client(s3_server, secret="guessed").list_objects_v2(Bucket=s3_server.bucket)


def test_a_second_write_once_is_refused(s3_server: S3Server) -> None:
    s3, key = client(s3_server), f"once-{time.time_ns()}"
    s3.put_object(Bucket=s3_server.bucket, Key=key, Body=b"first", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=s3_server.bucket, Key=key, Body=b"second", IfNoneMatch="*")
    assert s3.get_object(Bucket=s3_server.bucket, Key=key)["Body"].read() == b"first"


def test_only_the_link_page_may_fetch_from_a_browser(s3_server: S3Server) -> None:
    link = signed_link(s3_server, "for-browsers", expires_s=900)
    ours = httpx.get(link, headers={"Origin": s3_server.allowed_origin})
    theirs = httpx.get(link, headers={"Origin": "http://evil.example"})
    assert ours.headers.get("access-control-allow-origin") in (s3_server.allowed_origin, "*")
    assert theirs.headers.get("access-control-allow-origin") is None
