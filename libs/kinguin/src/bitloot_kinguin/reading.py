"""Reads the providers' answers without ever quoting them: pydantic's errors would show the input."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from bitloot_kinguin.code import TEXT, Code
from bitloot_kinguin.errors import KinguinUnavailable


def text_or_none(value: Any) -> str | None:
    """Text as it is, numbers in digits, anything else None."""
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def money_or_none(value: Any) -> Decimal | None:
    """A JSON number or text as an amount; floats by their shortest digits."""
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def moment_or_none(value: Any) -> datetime | None:
    """An ISO 8601 moment with its offset (`+0000`, `+00:00` or `Z`); None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def objects(operation: str, value: Any) -> list[dict[str, Any]]:
    """A list of objects. Raises KinguinUnavailable when it is none: half an answer is no answer."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise KinguinUnavailable(operation, "unreadable answer", may_have_happened=True)
    return value


def code_of(item: dict[str, Any], value_name: str) -> Code:
    """One code of a list; its value stands under `value_name`. Raises KinguinUnavailable when it has none."""
    value = item.get(value_name)
    if not isinstance(value, str) or not value:
        raise KinguinUnavailable("delivered", "a code without a value", may_have_happened=True)
    return Code(
        value,
        type=text_or_none(item.get("type")) or TEXT,
        name=text_or_none(item.get("name")) or "",
        product_id=text_or_none(item.get("productId")),
        offer_id=text_or_none(item.get("offerId")),
        serial_id=text_or_none(item.get("id")),
    )
