"""`KeyStorage` on any S3, Cloudflare R2 first: region `auto`, SigV4, no checksums that R2 does not know."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Final
from uuid import UUID

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from aiohttp import ClientError as AiohttpError
from bitloot_common.retry import Breaker
from bitloot_common.tracing import calling
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    SSLError,
)

from bitloot_delivery.errors import STORAGE, SealedObjectBroken, StorageDown, StorageRefused, StorageUnavailable
from bitloot_delivery.sealing import MEDIA_TYPE, SealedCodes, open_sealed, seal
from bitloot_delivery.secret import DataKey
from bitloot_delivery.settings import StorageSettings

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client
    from types_aiobotocore_s3.type_defs import CORSRuleTypeDef

OBJECT_BYTES_MAX: Final = 32 * 1024 * 1024
NAMES_MAX: Final = 5
PROBE: Final = "probe"  # an empty object beside orders/, written only while the breaker asks

# Codes of S3 errors that concern every object alike: our credentials, our bucket, our clock.
_OURS: Final = frozenset(
    "AccessDenied InvalidAccessKeyId SignatureDoesNotMatch NoSuchBucket RequestTimeTooSkewed Unauthorized "
    "InvalidBucketName 401 403".split()
)


class Missing(Exception):
    """No object has this name."""


def speaks_against_storage(error: BaseException) -> bool:
    """What the breaker counts: no answer, a 5xx, or what would meet every object alike."""
    return isinstance(error, (StorageUnavailable, StorageDown))


class S3KeyStorage:
    """One bucket. `client` speaks to it; `signer` only signs URLs, for the host that browsers reach it by."""

    def __init__(self, client: "S3Client", signer: "S3Client", bucket: str, timeout_s: float) -> None:
        self.breaker: Final = Breaker(STORAGE, probe=self.works, counts=speaks_against_storage)
        self._client = client
        self._signer = signer
        self._bucket = bucket
        self._timeout_s = timeout_s

    async def save_keys_json(self, order_id: UUID, content: SealedCodes, *, key: DataKey) -> str:
        sealed = seal(content, key)
        for number in range(NAMES_MAX):
            ref = _name(order_id, content.part, number)
            if await self._put_once(ref, sealed) or await self._opens(ref, key):
                return ref
        raise SealedObjectBroken(_name(order_id, content.part, 0), f"{NAMES_MAX} foreign objects stand in its place")

    async def read_keys_json(self, storage_ref: str, *, key: DataKey) -> tuple[SealedCodes, bytes]:
        try:
            sealed = await self._get(storage_ref)
        except Missing:
            raise SealedObjectBroken(storage_ref, "is missing") from None
        return open_sealed(sealed, key, storage_ref), hashlib.sha256(sealed).digest()

    async def find(self, storage_ref: str) -> None:
        async with self._call("HeadObject"):
            try:
                await self._client.head_object(Bucket=self._bucket, Key=storage_ref)
            except ClientError as error:
                if _code(error) in {"NoSuchKey", "404"}:
                    raise SealedObjectBroken(storage_ref, "is missing") from None
                raise

    async def get_signed_url(self, storage_ref: str, expires_in: int) -> str:
        url: str = await self._signer.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": storage_ref}, ExpiresIn=expires_in
        )
        return url

    async def delete_part(self, order_id: UUID, part: int) -> int:
        return await self._delete_below(f"orders/{order_id}/{part}.")  # 1.jwe and 1.1.jwe, not 10.jwe

    async def delete_all_of(self, order_id: UUID) -> int:
        return await self._delete_below(f"orders/{order_id}/")

    async def check(self) -> None:
        # past the breaker: this is how it finds out
        with _ours("HeadBucket"):
            await self._client.head_bucket(Bucket=self._bucket)

    async def works(self) -> None:
        """Does what a delivery does, past the breaker: a bucket may answer HeadBucket and refuse every write."""
        with suppress(StorageRefused):  # an answer; R2 refuses more than one write a second to one name
            with _ours("PutObject"):
                await self._client.put_object(Bucket=self._bucket, Key=PROBE, Body=b"", CacheControl="no-store")
            with _ours("GetObject"):
                answer = await self._client.get_object(Bucket=self._bucket, Key=PROBE)
                async with answer["Body"] as body:
                    await body.read()

    async def make_bucket(self) -> bool:
        """Whether the bucket had to be made. Raises StorageDown, StorageUnavailable or StorageRefused when not."""
        try:
            await self._client.head_bucket(Bucket=self._bucket)
        except ClientError as error:
            if _code(error) not in {"NoSuchBucket", "404"}:
                raise StorageDown("HeadBucket", _code(error)) from None
        except (BotoCoreError, AiohttpError, OSError) as error:
            raise StorageDown("HeadBucket", type(error).__name__) from None
        else:
            return False
        with _ours("CreateBucket"):
            await self._client.create_bucket(Bucket=self._bucket)
        return True

    async def allow_origin(self, origin: str) -> bool:
        """Lets pages of `origin` fetch objects; False where our credentials may not say so."""
        rule: CORSRuleTypeDef = {"AllowedOrigins": [origin], "AllowedMethods": ["GET", "HEAD"], "AllowedHeaders": ["*"]}
        with _ours("PutBucketCors"):
            try:
                await self._client.put_bucket_cors(Bucket=self._bucket, CORSConfiguration={"CORSRules": [rule]})
            except ClientError as error:
                if _code(error) in {"AccessDenied", "403"}:
                    return False
                raise
        return True

    async def _delete_below(self, prefix: str) -> int:
        """Removes every object whose name begins so; how many there were."""
        async with self._call("ListObjectsV2"):
            # at most a thousand in one answer; an order has about as many objects as parts
            listed = await self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix)
        refs = [found["Key"] for found in listed.get("Contents", [])]
        for ref in refs:
            async with self._call("DeleteObject"):
                await self._client.delete_object(Bucket=self._bucket, Key=ref)
        return len(refs)

    async def _put_once(self, ref: str, sealed: bytes) -> bool:
        """Whether the object was written; False when the name is taken."""
        async with self._call("PutObject"):
            try:
                await self._client.put_object(
                    Bucket=self._bucket,
                    Key=ref,
                    Body=sealed,
                    ContentType=MEDIA_TYPE,
                    CacheControl="private, no-store",
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if _code(error) in {"PreconditionFailed", "412"}:
                    return False
                raise
        return True

    async def _opens(self, ref: str, key: DataKey) -> bool:
        try:
            open_sealed(await self._get(ref), key, ref)
        except (SealedObjectBroken, Missing):
            return False
        return True

    async def _get(self, ref: str) -> bytes:
        async with self._call("GetObject"):
            try:
                answer = await self._client.get_object(Bucket=self._bucket, Key=ref)
            except ClientError as error:
                if _code(error) in {"NoSuchKey", "404"}:
                    raise Missing from None
                raise
            if answer["ContentLength"] > OBJECT_BYTES_MAX:
                raise SealedObjectBroken(ref, "is larger than anything we seal")
            async with answer["Body"] as body:
                return await body.read()

    @asynccontextmanager
    async def _call(self, operation: str) -> AsyncIterator[None]:
        """One request under the breaker."""
        attributes = {
            "rpc.system": "aws-api",
            "rpc.service": "S3",
            "rpc.method": operation,
            "aws.s3.bucket": self._bucket,
        }
        async with self.breaker:
            with calling(f"S3.{operation}", attributes), _ours(operation):
                # aiohttp's own time limit of an answer does not run while a PUT waits for "100 Continue"
                async with asyncio.timeout(self._timeout_s):
                    yield


@contextmanager
def _ours(operation: str) -> Iterator[None]:
    """Foreign errors become ours, without their text: it may quote signed URLs."""
    try:
        yield
    except ClientError as error:
        code = _code(error)
        if code in _OURS:
            raise StorageDown(operation, code) from None
        if _status(error) >= 500:
            raise StorageUnavailable(operation, code) from None
        raise StorageRefused(operation, code) from None
    except (EndpointConnectionError, ConnectTimeoutError, NoCredentialsError, SSLError) as error:
        raise StorageDown(operation, type(error).__name__) from None
    except (BotoCoreError, AiohttpError, OSError) as error:
        raise StorageUnavailable(operation, type(error).__name__) from None


@asynccontextmanager
async def open_storage(settings: StorageSettings) -> AsyncIterator[S3KeyStorage]:
    """The storage that `settings` name, with its breaker. Makes no request by itself."""
    config = AioConfig(
        signature_version="s3v4",
        s3={"addressing_style": settings.r2_addressing_style},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=settings.r2_connect_timeout_s,
        read_timeout=settings.r2_read_timeout_s,
        max_pool_connections=settings.r2_connections_max,
        retries={"total_max_attempts": 1, "mode": "standard"},  # the ladder retries
    )
    session = get_session()  # one for both: each session reads S3's description anew, 8 MiB
    async with AsyncExitStack() as stack:

        async def client_of(endpoint: str) -> "S3Client":
            client: S3Client = await stack.enter_async_context(
                session.create_client(
                    "s3",
                    endpoint_url=endpoint,
                    region_name=settings.r2_region,
                    aws_access_key_id=settings.r2_access_key_id,
                    aws_secret_access_key=settings.r2_secret_access_key,
                    config=config,
                )
            )
            return client

        client = await client_of(settings.r2_endpoint)
        public = settings.public_endpoint
        signer = client if public == settings.r2_endpoint else await client_of(public)
        storage = S3KeyStorage(client, signer, settings.r2_bucket, settings.r2_timeout_s)
        stack.callback(storage.breaker.stop)
        yield storage


def _name(order_id: UUID, part: int, number: int) -> str:
    """`orders/<order>/<part>.jwe`; further names serve only where a foreign object stands in the first one."""
    return f"orders/{order_id}/{part}.jwe" if number == 0 else f"orders/{order_id}/{part}.{number}.jwe"


def _status(error: ClientError) -> int:
    """The answer's HTTP status; 500 where there is none: then it was no answer to speak of."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))
