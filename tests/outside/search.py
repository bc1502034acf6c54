"""Looks for a code in every byte below a directory, in each spelling that it could have."""

import base64
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

NOTHING = bytes(4096)  # Kafka's indexes are written ahead as gigabytes of it


def spellings(code: str) -> list[bytes]:
    """The code as it could stand in a file: plain, hex, UTF-16, and Base64 at each alignment."""
    raw = code.encode()
    found = [raw, raw.hex().encode(), raw.hex().upper().encode(), code.encode("utf-16-le")]
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        found.append(encoded[4 if shift else 0 : len(encoded) // 4 * 4 - 4])
    return found


def contents(path: Path) -> Iterator[bytes]:
    """The file's bytes, and what is inside where it is compressed."""
    raw = path.read_bytes()
    yield raw.replace(NOTHING, b"")
    for unpack in (gzip.decompress, zlib.decompress):
        try:
            yield unpack(raw)
        except (OSError, zlib.error, EOFError):
            continue


def files_with(code: str, root: Path, spare: Path) -> list[Path]:
    needles = spellings(code)
    return [
        path
        for path in root.rglob("*")
        if path.is_file() and spare not in path.parents
        if any(needle in content for content in contents(path) for needle in needles)
    ]
