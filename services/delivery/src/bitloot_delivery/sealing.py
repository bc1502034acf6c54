"""Codes sealed into one compact JWE (`dir`, A256GCM) and opened again, in memory only."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson
from bitloot_kinguin import Code
from joserfc import jwe
from joserfc.errors import JoseError

from bitloot_delivery.errors import SealedObjectBroken
from bitloot_delivery.secret import DataKey

MEDIA_TYPE: Final = "application/jose"
_HEADER: Final = {"alg": "dir", "enc": "A256GCM", "cty": "json"}


@dataclass(frozen=True, slots=True)
class SealedCodes:
    """What one object holds: the codes of one part of one order."""

    order_id: UUID
    part: int
    codes: tuple[Code, ...]


def seal(content: SealedCodes, key: DataKey) -> bytes:
    """`content` as JSON in a compact JWE, ASCII bytes. A second call gives other bytes (fresh nonce)."""
    document = {
        "orderId": str(content.order_id),
        "part": content.part,
        "codes": [_fields(code) for code in content.codes],
    }
    return jwe.encrypt_compact(_HEADER, orjson.dumps(document), key.as_jwk()).encode()


def open_sealed(sealed: bytes, key: DataKey, storage_ref: str) -> SealedCodes:
    """The codes in `sealed`. Raises SealedObjectBroken when `key` does not open it or it is no document of ours."""
    try:
        document = orjson.loads(jwe.decrypt_compact(sealed, key.as_jwk()).plaintext or b"")
        codes = tuple(_code(fields) for fields in document["codes"])
        return SealedCodes(UUID(document["orderId"]), int(document["part"]), codes)
    except (JoseError, ValueError, KeyError, TypeError):
        # the cause is dropped: a decoder's message may quote what it read
        raise SealedObjectBroken(storage_ref, "does not open with its key") from None


def _fields(code: Code) -> dict[str, str]:
    optional = {"productId": code.product_id, "offerId": code.offer_id, "serialId": code.serial_id}
    present = {name: value for name, value in optional.items() if value}
    return {"code": code.reveal(), "type": code.type, "name": code.name, **present}


def _code(fields: dict[str, str]) -> Code:
    return Code(
        fields["code"],
        type=fields["type"],
        name=fields.get("name", ""),
        product_id=fields.get("productId"),
        offer_id=fields.get("offerId"),
        serial_id=fields.get("serialId"),
    )


def without(codes: list[Code], sealed: list[SealedCodes]) -> tuple[Code, ...]:
    """Those of `codes` that no object of `sealed` holds, in their order; one for one, should two be equal."""
    known: dict[tuple[str | None, Code], int] = {}
    for content in sealed:
        for code in content.codes:
            known[code.serial_id, code] = known.get((code.serial_id, code), 0) + 1
    new = []
    for code in codes:
        if known.get((code.serial_id, code), 0):
            known[code.serial_id, code] -= 1
        else:
            new.append(code)
    return tuple(new)
