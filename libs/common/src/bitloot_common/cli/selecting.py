"""The options that say which dead letters, declared once for every command that takes them."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, get_type_hints
from uuid import UUID

import typer

from bitloot_common.deadletters.letter import parse_id
from bitloot_common.deadletters.selection import Selection, parse_time

R = TypeVar("R")


def _selection(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids, or places: fulfillment.dlt/0/12.")] = None,
    fingerprint: Annotated[str | None, typer.Option(help="A group of equal failures.")] = None,
    service: Annotated[str | None, typer.Option(help="Whose handler failed.")] = None,
    original_topic: Annotated[str | None, typer.Option("--topic", help="The original topic.")] = None,
    error: Annotated[str | None, typer.Option(help="The error's class, with or without its module.")] = None,
    order: Annotated[str | None, typer.Option(help="The order's id.")] = None,
    since: Annotated[str | None, typer.Option(help="Dead since a time (ISO 8601), or 30m, 2h, 7d ago.")] = None,
    until: Annotated[str | None, typer.Option(help="Dead before; likewise.")] = None,
) -> Selection:
    return Selection(
        ids=tuple(read(parse_id, text) for text in ids or ()),
        fingerprint=fingerprint,
        service=service,
        topic=original_topic,
        error=error,
        order_id=read(UUID, order) if order else None,
        since=read(parse_time, since) if since else None,
        until=read(parse_time, until) if until else None,
    )


def selecting(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command those options in place of its first parameter, `selection`."""
    options = inspect.signature(_selection).parameters
    own = [p for name, p in inspect.signature(command).parameters.items() if name != "selection"]

    def run(**given: Any) -> None:
        command(_selection(**{name: given.pop(name) for name in options}), **given)

    hints = get_type_hints(_selection, include_extras=True) | get_type_hints(command, include_extras=True)
    run.__signature__ = inspect.Signature([*options.values(), *own])  # type: ignore[attr-defined]
    run.__annotations__ = {name: hint for name, hint in hints.items() if name not in ("return", "selection")}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run


def read(reader: Callable[[str], R], text: str) -> R:
    """What `text` means; the command ends with what is wrong with it."""
    try:
        return reader(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
