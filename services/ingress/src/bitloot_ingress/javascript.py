"""JSON as JavaScript writes it: what NOWPayments signs is `JSON.stringify` of the body with its keys sorted.

Python's `json` differs in numbers (8.3e-05 and 0.000083, 13.0 and 13, 1e-07 and 1e-7), separators, key order
and lone surrogates. Agrees with Node bit for bit (`tests/test_signature_vectors.py` runs Node).
"""

import json
import math
import re
from typing import Any, Final, NoReturn

# All that opens a level, wherever it stands. An IPN has three; a hundred levels are three hundred of the thousand
# frames that Python allows, and who sends them has proved nothing yet.
OPENINGS_MAX: Final = 100

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_ARRAY_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_ARRAY_INDEX_MAX: Final = 2**32 - 2  # ECMA-262, "array index": such keys come first, in numeric order
_EXACT_MAX: Final = 2**53
_encode_string = json.encoder.JSONEncoder(ensure_ascii=False).encode


class NotJson(ValueError):
    """The body is not JSON, or is nested deeper than any webhook is."""


def parse(body: bytes) -> Any:
    """`JSON.parse`: of repeated keys the last wins. Numbers that no double holds exactly become doubles.

    Raises NotJson.
    """
    if body.count(b"[") + body.count(b"{") > OPENINGS_MAX:
        raise NotJson("nested too deeply")
    try:
        return json.loads(body.decode(), parse_int=_integer, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise NotJson("not JSON") from error


def stringify_sorted(value: Any, *, arrays_as_objects: bool = False) -> str:
    """`JSON.stringify` of `value` after its keys were sorted at every level into fresh objects.

    `arrays_as_objects`: arrays came out as `{"0":…}`, as in the provider's documented sample.
    """
    match value:
        case str():
            return _string(value)
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case int() | float():
            return number(value)
        case dict():
            members = (
                f"{_string(name)}:{stringify_sorted(value[name], arrays_as_objects=arrays_as_objects)}"
                for name in sorted(value, key=_property_order)
                if name != "__proto__"  # assigning it to a fresh object sets its prototype, not a member
            )
            return "{" + ",".join(members) + "}"
        case list():
            elements = [stringify_sorted(element, arrays_as_objects=arrays_as_objects) for element in value]
            if arrays_as_objects:
                return "{" + ",".join(f'"{index}":{element}' for index, element in enumerate(elements)) + "}"
            return "[" + ",".join(elements) + "]"
    raise TypeError(f"{type(value).__name__} does not come from JSON")


def number(value: float) -> str:
    """A number as ECMA-262 (Number::toString) writes it: the shortest digits, plain from 1e-6 to below 1e21."""
    if isinstance(value, int):
        return str(value) if abs(value) <= _EXACT_MAX else number(float(value))
    text = repr(value)
    if "e" not in text and "n" not in text:  # Python's plain spelling, from 1e-4 to below 1e16, is JavaScript's
        return text.removesuffix(".0") if value else "0"
    if not math.isfinite(value):
        return "null"
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) - (len(whole + fraction) - len(digits)) + int(exponent or 0)
    return ("-" if value < 0 else "") + _placed(digits.rstrip("0"), point)


def _placed(digits: str, point: int) -> str:
    """`digits` with the decimal point after `point` of them (0.digits × 10^point)."""
    if len(digits) <= point <= 21:
        return digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    rest = "." + digits[1:] if len(digits) > 1 else ""
    return f"{digits[0]}{rest}e{point - 1:+d}"


def _string(text: str) -> str:
    encoded = _encode_string(text)
    if encoded.isascii():
        return encoded
    return _LONE_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", encoded)


def _property_order(name: str) -> tuple[int, int, bytes]:
    """Array indices first, by value; then the rest by UTF-16 code units, as `sort()` compares them."""
    if _ARRAY_INDEX.fullmatch(name) and int(name) <= _ARRAY_INDEX_MAX:
        return 0, int(name), b""
    return 1, 0, name.encode("utf-16-be", "surrogatepass")


def _integer(digits: str) -> int | float:
    if len(digits) <= 15:
        return int(digits)
    value = float(digits)
    return int(value) if abs(value) <= _EXACT_MAX else value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
