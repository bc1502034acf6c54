"""Editing one dead letter before its replay: the new body must be its event, and money stays as it was."""

import hashlib
from decimal import Decimal
from typing import Any, Final, get_args
from uuid import UUID, uuid5

from pydantic import BaseModel, ValidationError

from bitloot_common.deadletters.letter import DeadLetter
from bitloot_common.events.envelope import Event
from bitloot_common.events.registry import EVENTS

EDITED_FROM: Final = "bitloot-edited-from"
_NAMESPACE: Final = UUID("d2c9a7f4-0c1e-5b0f-8d8e-52f3a4f1f0aa")


class EditRefused(Exception):
    """The new body may not be sent; the message says why."""


def edited(letter: DeadLetter, value: bytes) -> tuple[bytes, str]:
    """`value` as the letter's new body, with the event id that it gets.

    It is another message, so it has another id; the same edit of the same letter has the same, so that
    twice is harmless. Raises EditRefused when no schema is known, it is not met, or an amount differs.
    """
    model = _model(letter)
    try:
        new = model.model_validate_json(value)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        told = "; ".join(f"{'.'.join(str(part) for part in p['loc']) or 'body'}: {p['msg']}" for p in problems)
        raise EditRefused(f"not a {model.__name__}: {told}") from None
    if changed := _changed_amounts(model, letter.value, new):
        raise EditRefused(f"money is not edited here: {', '.join(changed)}")
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


def _changed_amounts(model: type[BaseModel], before: bytes | None, new: BaseModel) -> list[str]:
    try:
        old = model.model_validate_json(before or b"")
    except ValidationError:
        return []  # it could not be read, so no amount of it is known
    amounts = [n for n, f in model.model_fields.items() if Decimal in (f.annotation, *get_args(f.annotation))]
    return [name for name in amounts if getattr(old, name) != getattr(new, name)]
