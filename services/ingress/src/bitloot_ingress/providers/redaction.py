"""Never a code in a webhook: should one come, it is gone before the body is stored or published."""

import json
import re
from typing import Any

import orjson
from bitloot_common.scrub import MASK, scrub

_NAMES = frozenset({"key", "keys", "code", "codes", "serial", "serials"})
_SUSPECT = re.compile(rb'"(?:keys?|codes?|serials?)"', re.IGNORECASE)
_ASCII_ESCAPE = re.compile(rb"\\u00([0-7][0-9a-fA-F])")


def without_codes(body: bytes, fields: dict[str, Any] | None) -> bytes:
    """`body` byte for byte, unless one of the names occurs in it: then `fields` without their values.

    `fields` is what `body` was decoded to; None: it is no JSON object, and what looks like a code is masked.
    """
    if fields is None:
        return scrub(body.decode("utf-8", "replace")).encode()
    if not _SUSPECT.search(_ASCII_ESCAPE.sub(_character, body)):
        return body
    # written anew, not patched: the raw text may also hold what decoding dropped, a repeated name's first value
    clean = _redacted(fields)
    try:
        return orjson.dumps(clean)
    except TypeError:  # a lone surrogate, which only an escape can write
        return json.dumps(clean, separators=(",", ":")).encode()


def _character(escape: re.Match[bytes]) -> bytes:
    return bytes([int(escape[1], 16)])


def _redacted(value: Any) -> Any:
    match value:
        case dict():
            return {name: MASK if name.lower() in _NAMES else _redacted(item) for name, item in value.items()}
        case list():
            return [_redacted(item) for item in value]
    return value
