"""The last line of defence: what looks like a secret leaves no process in a log line, error report or header.

The first line is that secrets live in types that refuse to be printed (`bitloot_common.secret`).
"""

import re
from collections.abc import Mapping
from typing import Any, Final

MASK: Final = "[redacted]"

# Names whose values are never shown, wherever they stand: header, query parameter, JSON field, log key.
_SECRET_NAMES: Final = frozenset(
    """
    access_key access_token api_key apikey authorization client_secret code codes cookie csrf data_key
    id_token key_ring link_token password passwd secret secret_access_key serial serials session_token
    set-cookie signature token x-amz-signature x-amz-credential x-amz-security-token x-api-key x-auth-token
    x-event-secret x-nowpayments-sig x-nowpayments-signature x-order-session-token ordersessiontoken
    idempotency-key wrapped_key
    """.split()
)

_FOLDED_NAMES: Final = frozenset(name.replace("-", "_").removeprefix("x_") for name in _SECRET_NAMES)

# `Proxy-Authorization`, `X-Webhook-Secret`, `X-Hub-Signature`, `X-Api-Token`: whoever names the next one.
_SECRET_ENDINGS: Final = ("_authorization", "_password", "_secret", "_sig", "_signature", "_signature_256", "_token")

_PATTERNS: Final = (
    # a link's path carries its token: /d/<token>
    (re.compile(r"(/d/)[A-Za-z0-9_\-.~%=]{8,}"), rf"\1{MASK}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9_\-.~+/=]{6,}"), rf"\1 {MASK}"),
    # signed URLs, query strings and JSON or repr of secret fields
    (
        re.compile(
            r"(?i)((?:X-Amz-(?:Signature|Credential|Security-Token)|api[_-]?key|access[_-]?token|client[_-]?secret|"
            r"password|secret|signature|serial|codes?|token)[\"']?\s*[=:]\s*[\"']?)(?!None\b|null\b)[^\s\"'&,;)}\]]{4,}"
        ),
        rf"\1{MASK}",
    ),
    # user:password@ in a DSN
    (re.compile(r"(://[^\s:/@]+:)[^\s@/]+@"), rf"\1{MASK}@"),
    # compact JOSE objects, signed or encrypted
    (re.compile(r"\beyJ[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]*\.[A-Za-z0-9_\-.]+"), MASK),
    # the shape of a game key: AAAAA-BBBBB-CCCCC[-…]; one id in two hundred has digits alone in its middle (RFC 9562's
    # text form, in small letters) and stays whole, else nobody finds the order
    (
        re.compile(
            r"\b(?!(?<=\b[0-9a-f]{8}-)[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)"
            r"(?=[A-Z0-9-]*[0-9])[A-Z0-9]{4,6}(?:-[A-Z0-9]{4,6}){2,7}\b"
        ),
        MASK,
    ),
)


def is_secret_name(name: str) -> bool:
    """Whether a field, header or parameter of this name holds a secret."""
    folded = name.lower().replace("-", "_").removeprefix("x_")
    return folded in _FOLDED_NAMES or folded.endswith(_SECRET_ENDINGS)


# Something of this is in whatever one of the patterns takes out: most texts are told clean by one search, not six.
_HINT: Final = re.compile(r"(?i)[-/=:]|bearer|basic|eyJ")


def scrub(text: str) -> str:
    """`text` without anything that looks like a code, token, signature, credential or signed link."""
    if not _HINT.search(text):
        return text
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def scrub_value(value: Any, name: str = "") -> Any:
    """`value` fit for a log: secret names masked, text scrubbed, containers walked."""
    if name and is_secret_name(name) and value is not None and not isinstance(value, (bool, int, float)):
        return MASK
    match value:
        case str():
            return scrub(value)
        case bytes():
            return f"<{len(value)} bytes>"
        case Mapping():
            return {key: scrub_value(item, str(key)) for key, item in value.items()}
        case list() | tuple() | set():
            return [scrub_value(item) for item in value]
        case _:
            return value


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """HTTP headers as they may be stored: every name kept, secret values masked."""
    return {name: MASK if is_secret_name(name) else value for name, value in headers.items()}
