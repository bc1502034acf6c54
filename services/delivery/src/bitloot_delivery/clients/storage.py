"""Object storage as the rest of delivery sees it: sealed objects in, signed URLs out."""

from typing import Protocol
from uuid import UUID

from bitloot_common.retry import Breaker

from bitloot_delivery.sealing import SealedCodes
from bitloot_delivery.secret import DataKey


class KeyStorage(Protocol):
    """Holds one sealed object per order and part. Raises StorageUnavailable, StorageRefused or StorageDown."""

    @property
    def breaker(self) -> Breaker:
        """Opens while object storage is away."""
        ...

    async def save_keys_json(self, order_id: UUID, content: SealedCodes, *, key: DataKey) -> str:
        """Seals `content` with `key`, writes it once and returns its `storage_ref`.

        Where an object that `key` opens is already there (an earlier try of ours), that one stays and counts;
        what it holds may differ from `content`, so read it back. One that `key` does not open is left alone
        and the next free name is used.
        """
        ...

    async def read_keys_json(self, storage_ref: str, *, key: DataKey) -> tuple[SealedCodes, bytes]:
        """The codes, opened, and the SHA-256 of the sealed object. Raises SealedObjectBroken."""
        ...

    async def find(self, storage_ref: str) -> None:
        """Asks whether the object is there. Raises SealedObjectBroken when it is not."""
        ...

    async def get_signed_url(self, storage_ref: str, expires_in: int) -> str:
        """A URL by which any bearer may read the sealed object for `expires_in` seconds; needs no request."""
        ...

    async def delete_part(self, order_id: UUID, part: int) -> int:
        """Removes every object of the part, foreign ones in its name included; how many there were."""
        ...

    async def delete_all_of(self, order_id: UUID) -> int:
        """Removes every object of the order, named in a row or not; how many there were."""
        ...

    async def check(self) -> None:
        """Asks the bucket, past the breaker. Raises when it cannot be used now."""
        ...
