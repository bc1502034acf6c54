"""Never a code in a webhook: should one come, it is gone before the body is stored or published."""

import hashlib
import json
import re
from typing import Any, Final

import orjson
from bitloot_common.scrub import MASK

from bitloot_ingress import javascript
from bitloot_ingress.providers.provider import load

_NAME: Final = (
    r"(?:(?:cd|activation|licen[cs]e|product|game|gift|redeem|steam|voucher|coupon|serial)[-_ ]?)?"
    r"(?:keys?|codes?|serials?)(?:[-_ ]?numbers?)?"
)
_NAMED: Final = re.compile(_NAME, re.IGNORECASE)
_SUSPECT: Final = re.compile(rb'"' + _NAME.encode() + rb'"', re.IGNORECASE)
_ASCII_ESCAPE: Final = re.compile(rb"\\u00([0-7][0-9a-fA-F])")


def without_codes(body: bytes, fields: dict[str, Any] | None) -> bytes:
    """`body` byte for byte, unless it may hold a code: then what it says without it. Never raises.

    `fields` is the object that `body` was decoded to, None if it is none (or nobody has tried). In an object a code
    is known by its name. Of other JSON also goes what has no name, alone or in a list. What is no JSON at all can
    hold a code in any spelling: of it only length and hash are left.
    """
    try:
        value = load(body) if fields is None else fields
        if isinstance(value, dict):
            if not _SUSPECT.search(_ASCII_ESCAPE.sub(_character, body)):
                return body
            # written anew, not patched: the raw text may also hold what decoding dropped, a repeated name's first value
            return _dumped(_redacted(value))
        return _dumped(_redacted(value, bare=MASK))
    except (javascript.NotJson, RecursionError):
        return _withheld(body)


def _withheld(body: bytes) -> bytes:
    if not body:
        return body
    left = {"withheld": "a body that is not JSON", "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    return orjson.dumps(left)


def _dumped(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # a lone surrogate, which only an escape can write
        return json.dumps(value, separators=(",", ":")).encode()


def _character(escape: re.Match[bytes]) -> bytes:
    return bytes([int(escape[1], 16)])


def _redacted(value: Any, *, bare: str | None = None) -> Any:
    """`value` without what stands under a code's name; `bare` is put for what stands under none."""
    match value:
        case dict():
            return {name: MASK if _NAMED.fullmatch(name) else _member(item, bare) for name, item in value.items()}
        case list():
            return [_redacted(item, bare=bare) for item in value]
        case str() | int() | float() if bare is not None and not isinstance(value, bool):
            return bare
    return value


def _member(item: Any, bare: str | None) -> Any:
    """What stands under a harmless name."""
    return _redacted(item, bare=bare) if isinstance(item, (dict, list)) else item
