"""The goods: codes of several shapes and lengths, as text or as a picture."""

import base64
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from bitloot_sandbox.behaviour import Behaviour
from bitloot_sandbox.kinguin.picture import png_of

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_SHAPES = ((5, 5, 5), (5, 5, 5, 5, 5), (4, 4, 4, 4), (16,), (4, 4, 4))


@dataclass
class Code:
    key_id: str
    code: str  # what is handed over: the text, or the picture in base64
    type: str
    text: str  # what a person reads
    name: str
    product_id: str
    offer_id: str

    def view(self) -> dict[str, Any]:
        """As the reservations API and the ledger show it."""
        return {
            "code": self.code,
            "type": self.type,
            "name": self.name,
            "productId": self.product_id,
            "offerId": self.offer_id,
        }


def new_code(name: str, product_id: str, offer_id: str, behaviour: Behaviour, *, text_only: bool) -> Code:
    text = behaviour.codes.pop(0) if behaviour.codes else _random_text(behaviour.code_prefix)
    as_picture = behaviour.code_type == "image" or (behaviour.code_type == "mixed" and secrets.randbelow(2) == 1)
    if as_picture and not text_only:
        code, media_type = base64.b64encode(png_of(text)).decode(), "image/png"
    else:
        code, media_type = text, "text/plain"
    return Code(secrets.token_hex(12), code, media_type, text, name, product_id, offer_id)


def _random_text(prefix: str | None) -> str:
    """Never from the seeded source: two sandboxes with one seed must not sell the same code."""
    shape = secrets.choice((*_SHAPES, None))
    groups = ["".join(_ALPHABET[byte % 32] for byte in secrets.token_bytes(n)) for n in shape or ()]
    return (prefix or "") + ("-".join(groups) or str(uuid.uuid4()))
