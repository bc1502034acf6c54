"""JSON as JavaScript's `JSON.stringify` writes it, keys sorted at every level.

Python and JavaScript differ in numbers (8.3e-05 and 0.000083, 13.0 and 13, 1e-07 and 1e-7) and in separators.
"""

import json
import math
import re
from functools import lru_cache
from typing import Any

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def stringify(value: Any, *, arrays_as_objects: bool = False) -> str:
    if isinstance(value, dict):
        members = (
            f"{_key(key)}:{stringify(value[key], arrays_as_objects=arrays_as_objects)}"
            for key in sorted(value)  # by code point; ours are all ASCII
        )
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        elements = [stringify(element, arrays_as_objects=arrays_as_objects) for element in value]
        if arrays_as_objects:
            return "{" + ",".join(f'"{n}":{element}' for n, element in enumerate(elements)) + "}"
        return "[" + ",".join(elements) + "]"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, str):
        return _string(value)
    return json.dumps(value)


@lru_cache(256)
def _key(text: str) -> str:
    return _string(text)


def _string(text: str) -> str:
    escaped = json.dumps(text, ensure_ascii=False)
    return _LONE_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", escaped)


def _number(number: float) -> str:
    """The shortest digits that read back as this double, placed by JavaScript's rules."""
    if not math.isfinite(number):
        return "null"
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    mantissa, _, exponent = f"{abs(number)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    point = len(whole) - leading + int(exponent or 0)  # value = 0.digits × 10^point
    digits = digits.rstrip("0")
    return sign + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    count = len(digits)
    if 0 < point <= 21:
        return digits.ljust(point, "0") if count <= point else f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    exponent = point - 1
    head = digits[0] + ("." + digits[1:] if count > 1 else "")
    return f"{head}e{'+' if exponent > 0 else '-'}{abs(exponent)}"
