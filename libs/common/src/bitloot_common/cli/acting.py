"""What the commands that act on dead letters share: which letters, the question before, the words after."""

import asyncio
import getpass
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import typer
from aiokafka.errors import KafkaError

from bitloot_common.cli.output import fail, print_json
from bitloot_common.deadletters import show
from bitloot_common.deadletters.acts import Report
from bitloot_common.deadletters.database import DatabaseAway
from bitloot_common.deadletters.desk import Desk
from bitloot_common.deadletters.letter import DeadLetter, State
from bitloot_common.deadletters.record import Record
from bitloot_common.deadletters.replay import Sending
from bitloot_common.deadletters.selection import Selection
from bitloot_common.deadletters.table import TooMany

R = TypeVar("R")

STATES_UNKNOWN = "states unknown, as the database is away: discarded and replayed ones may be included"


def run(work: Coroutine[Any, Any, R]) -> R:
    """The work's outcome; the command ends with one line when a server does not answer."""
    try:
        return asyncio.run(work)
    except DatabaseAway as error:
        fail(f"{error}; list, show and replay work without it: --from-topic needs Kafka alone")
    except TooMany as error:
        fail(str(error))
    except (KafkaError, TimeoutError) as error:
        fail(f"Kafka did not answer: {type(error).__name__}")


def chosen(desk: Desk, selection: Selection, state: State) -> tuple[list[DeadLetter], list[str]]:
    """The letters meant, newest first, and which of the ids that were asked for are none of them.

    A filter means letters in `state` only; an id means its letter in whatever state.
    """
    letters = run(desk.all_of(selection if selection.ids else replace(selection, state=state)))
    if not desk.knows_states:
        typer.echo(f"note: {STATES_UNKNOWN}", err=True)
    found = {letter.id for letter in letters}
    return letters, [str(each) for each in selection.ids if each not in found]


def tell_missing(missing: Sequence[str]) -> None:
    """Names the ids that nothing was found for."""
    for each in missing:
        typer.echo(f"not found: {each}", err=True)


def confirm(question: str, count: int, *, yes: bool, always: bool = False) -> None:
    """Asks before anything is done to many, or `always`; ends the command with 1 when the answer is no."""
    if (count > 1 or always) and not yes and not typer.confirm(question, err=True):
        raise typer.Exit(1)


def question_of_replay(letters: Iterable[DeadLetter], count: int, topics: str, *, knows_states: bool) -> str:
    """What is asked before a replay: discarded letters among them are named."""
    discarded = [letter for letter in letters if letter.state is State.DISCARDED]
    told = [
        f"{each.place} was discarded by {each.state_by} ({each.state_reason or 'no reason'})." for each in discarded
    ]
    if len(told) > 3:
        told = [*told[:3], f"So were {len(told) - 3} more."]
    if not knows_states:
        told.append(f"{STATES_UNKNOWN.capitalize()}.")
    return " ".join([*told, f"Replay {count} messages to {topics}?"])


def unaudited(report: Report, actor: str | None, reason: str | None, *, edited: bool) -> dict[str, Any]:
    """The record of what was sent without an audit row, under its name; empty when there is nothing of it."""
    if not report.unaudited:
        return {}
    places = [letter.place for letter in report.unaudited]
    typer.echo(
        f"the database is away: NO AUDIT ROW was written for {len(places)} replayed messages. "
        "Keep the record below, and write it later: bitloot dlt record FILE",
        err=True,
    )
    record = Record(actor=actor or getpass.getuser(), reason=reason, edited=edited, places=places)
    return {"unaudited": record.model_dump(mode="json")}


def tell_replay(
    report: Report,
    selected: int,
    missing: list[str],
    refused: list[dict[str, str]],
    record: dict[str, Any],
    *,
    json: bool,
) -> None:
    """What came of a replay, however it ended."""
    in_doubt = [letter.place for letter in report.in_doubt]
    if json:
        sent = [str(each) for each in report.sent]
        told = {"selected": selected, "sent": sent, "refused": refused, "missing": missing}
        return print_json(told | ({"inDoubt": in_doubt} if in_doubt else {}) | record)
    typer.echo(f"{len(report.sent)} of {selected} replayed")
    if in_doubt:
        typer.echo(
            f"{len(in_doubt)} more may have been sent: {in_doubt[0]} to {in_doubt[-1]}; again is harmless", err=True
        )
    for line in refused:
        typer.echo(f"not replayed: {line['why']}", err=True)
    tell_missing(missing)
    if record:
        print_json(record)
    return None


def tell_plan(
    desk: Desk,
    letters: list[DeadLetter],
    sendings: list[Sending],
    refused: list[dict[str, str]],
    missing: list[str],
    *,
    json: bool,
) -> None:
    """What a replay would do, and what it would change."""
    effects = run(desk.effects(letters))
    told = [show.sending(each, effects.get(each.letter.id)) for each in sendings]
    if json:
        return print_json({"sendings": told, "refused": refused, "missing": missing, "knowsStates": desk.knows_states})
    typer.echo(show.plan(told, refused))
    tell_missing(missing)
    return None
