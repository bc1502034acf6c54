"""A request's head without its wish for another protocol."""

from collections.abc import Iterable


def plain_head(method: bytes, url: bytes, version: str, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The head as a proxy hands it on that does not know what `Upgrade` asks for. Names are in lower case."""
    lines = [b"%s %s HTTP/%s" % (method, url, version.encode())]
    for name, value in headers:
        kept = _without_upgrade(value) if name == b"connection" else value
        lines.append(b"%s: %s" % (name, kept))
    return b"\r\n".join([*lines, b"", b""])


def _without_upgrade(options: bytes) -> bytes:
    return b",".join(option for option in options.split(b",") if option.strip().lower() != b"upgrade")
