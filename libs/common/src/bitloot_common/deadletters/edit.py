"""Editing one dead letter before its replay: what could not be read may be put right, and nothing else.

The two bodies are compared as raw JSON, for the letter's own cannot be read by its model: that is why it died.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, get_args
from uuid import UUID, uuid5

from pydantic import TypeAdapter, ValidationError

from bitloot_common.deadletters.letter import DeadLetter
from bitloot_common.events.envelope import Event
from bitloot_common.events.registry import EVENTS

EDITED_FROM: Final = "bitloot-edited-from"
_NAMESPACE: Final = UUID("d2c9a7f4-0c1e-5b0f-8d8e-52f3a4f1f0aa")
# A field with one of these words in its name decides who gets what for how much: nobody types it in here.
_FIXED: Final = frozenset({
    "id", "status", "event", "currency", "amount", "paid", "price", "quantity", "part", "codes", "complete", "ref",
    "actor",
})  # fmt: skip
_DECIMAL: Final = TypeAdapter(Decimal)


class EditRefused(Exception):
    """The new body may not be sent; the message says why."""


def edited(letter: DeadLetter, value: bytes) -> tuple[bytes, str]:
    """`value` as the letter's new body, with the event id that it gets.

    It is another message, so it has another id; the same edit of the same letter has the same, so that
    twice is harmless. Raises EditRefused when no schema is known, it is not met, or more is changed than
    what could not be read; an amount may only be the same number in another spelling.
    """
    model = _model(letter)
    try:
        model.model_validate_json(value)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        told = "; ".join(f"{'.'.join(str(part) for part in p['loc']) or 'body'}: {p['msg']}" for p in problems)
        raise EditRefused(f"not a {model.__name__}: {told}") from None
    wrong = dict(_wrongly_changed(model, letter.value, value))
    if money := [name for name, is_amount in wrong.items() if is_amount]:
        raise EditRefused(f"money is not edited here: {', '.join(money)}")
    if wrong:
        raise EditRefused(f"only what could not be read is edited, and no id, status or currency: {', '.join(wrong)}")
    digest = hashlib.sha256(value).hexdigest()
    return value, str(uuid5(_NAMESPACE, f"{letter.event_id or letter.place}/{digest}"))


def schema(letter: DeadLetter) -> dict[str, Any]:
    """The JSON schema that an edited body must meet. Raises EditRefused when none is known."""
    return _model(letter).model_json_schema(by_alias=True)


def _model(letter: DeadLetter) -> type[Event]:
    found = [event for event in EVENTS if letter.event_type == event.TYPE]
    found = found or [event for event in EVENTS if not letter.event_type and letter.original_topic == event.TOPIC]
    if len(found) != 1:
        raise EditRefused(f"no schema is known for {letter.event_type or letter.original_topic or letter.place}")
    return found[0]


def _wrongly_changed(model: type[Event], before: bytes | None, after: bytes) -> Iterator[tuple[str, bool]]:
    """The fields that the new body may not change, each with whether it is an amount. Raises EditRefused."""
    old_body, new_body = _parsed(before or b"", "the letter's body"), _parsed(after, "the new body", once=True)
    unreadable = _unreadable(model, before or b"")
    decimals = [(n, f) for n, f in model.model_fields.items() if Decimal in (f.annotation, *get_args(f.annotation))]
    amounts = {spelling for name, field in decimals for spelling in (name, field.alias or name)}
    for name in dict.fromkeys([*old_body, *new_body]):
        both = name in old_body and name in new_body
        if both and _same(old_body[name], new_body[name]):
            continue
        if name in amounts:
            was = _number(old_body[name]) if both else None
            if was is None or was != _number(new_body[name]):
                yield name, True
        elif name not in unreadable or _FIXED & set(_words(name)):
            yield name, False


def _parsed(body: bytes, what: str, *, once: bool = False) -> dict[str, Any]:
    """The JSON object, numbers exact. `once`: a name that comes twice is refused, for readers differ in which
    of the two they take."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if once and len(dict(pairs)) < len(pairs):
            raise EditRefused(f"{what} names a field twice")
        return dict(pairs)

    try:
        found = json.loads(body, parse_float=Decimal, object_pairs_hook=members)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise EditRefused(f"{what} is no JSON object, so nothing shows that money and ids stay as they were")
    return found


def _unreadable(model: type[Event], body: bytes) -> set[str]:
    """The fields that are why the body cannot be read; none when it can be."""
    try:
        model.model_validate_json(body)
    except ValidationError as error:
        return {str(problem["loc"][0]) for problem in error.errors(include_url=False) if problem["loc"]}
    return set()


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _number(value: Any) -> Decimal | None:
    """The number that `value` spells, `19,90` and `1.234,56` and `1,234.56` included; None when there is none or
    more than one that it may be: `1,234` is a thousand to some."""
    try:
        return _DECIMAL.validate_python(value)
    except ValidationError:
        text = value.strip() if isinstance(value, str) else ""
    if re.fullmatch(r"[1-9]\d{0,2},\d{3}", text):
        return None
    if re.fullmatch(r"(\d+|\d{1,3}(\.\d{3})+),\d+", text):
        return Decimal(text.replace(".", "").replace(",", "."))
    if re.fullmatch(r"\d{1,3}(,\d{3})+\.\d+", text):
        return Decimal(text.replace(",", ""))
    return None


def _words(name: str) -> list[str]:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_")
