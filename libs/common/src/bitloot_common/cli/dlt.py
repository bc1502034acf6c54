"""`bitloot dlt`: what an SRE does to messages that failed for good."""

import asyncio
import getpass
import os
import sys
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import click
import orjson
import typer
from aiokafka.errors import KafkaError

from bitloot_common.cli.output import fail, print_json
from bitloot_common.cli.selecting import read, selecting
from bitloot_common.deadletters import show
from bitloot_common.deadletters.acts import Report
from bitloot_common.deadletters.desk import DatabaseAway, Desk
from bitloot_common.deadletters.edit import EditRefused, schema
from bitloot_common.deadletters.letter import DeadLetter, State, parse_id
from bitloot_common.deadletters.record import Record
from bitloot_common.deadletters.replay import NotReplayable, Sending, prepare
from bitloot_common.deadletters.selection import Selection
from bitloot_common.settings import DatabaseSettings, KafkaSettings, load

app = typer.Typer(help="Dead letters: list, show, replay, discard, restore.", no_args_is_help=True)

R = TypeVar("R")

FromTopic = Annotated[bool, typer.Option("--from-topic", help="Straight from the topics: Kafka alone, no database.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say exactly what would be done, and do nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Everything = Annotated[bool, typer.Option("--all", help="Mean all of them: without a filter nothing is done.")]
Reason = Annotated[str | None, typer.Option(help="Why, for the audit log.")]
Actor = Annotated[str | None, typer.Option(help="Who, for the audit log; else the login name.")]
Letter = Annotated[str, typer.Argument(help="Its id, or its place on the topic: fulfillment.dlt/0/12.")]


# Commands


@app.command("list")
@selecting
def list_letters(
    selection: Selection,
    state: Annotated[State | None, typer.Option(help="open, replayed or discarded.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 100,
    from_topic: FromTopic = False,
    json: Json = False,
) -> None:
    """Lists dead letters, newest first."""
    letters = _run(_desk(from_topic=from_topic).find(_in_state(selection, state), limit=limit))
    if json:
        return print_json([show.summary(letter) for letter in letters])
    for letter in letters:
        typer.echo(show.line(letter))
    typer.echo(f"{len(letters)} dead letters in {len({each.fingerprint for each in letters})} groups", err=True)
    return None


@app.command("show")
def show_letter(letter: Letter, from_topic: FromTopic = False, json: Json = False) -> None:
    """Shows one dead letter whole: headers, body, stack; what looks like a secret is masked."""
    found = _one(_run(_desk(from_topic=from_topic).find(Selection(ids=(read(parse_id, letter),)))), letter)
    told = show.whole(found) | {"kcat": show.kcat(found, load(KafkaSettings).kafka_bootstrap_servers)}
    if json:
        print_json(told)
    else:
        typer.echo(show.page(told))


@app.command()
@selecting
def replay(
    selection: Selection,
    dry_run: DryRun = False,
    rate: Annotated[float | None, typer.Option(min=0.1, help="At most so many messages a second.")] = None,
    edit: Annotated[bool, typer.Option("--edit", help="Change one message's body in $EDITOR first.")] = False,
    edit_with: Annotated[Path | None, typer.Option(help="Change one message's body to this file's.")] = None,
    state: Annotated[State, typer.Option(help="Also replays what was replayed or discarded.")] = State.OPEN,
    everything: Everything = False,
    from_topic: FromTopic = False,
    actor: Actor = None,
    reason: Reason = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Puts dead letters back on their original topics, with their key and bytes; twice is harmless."""
    _not_everything(selection, everything=everything)
    wanted = selection if selection.ids or from_topic else _in_state(selection, state)
    desk = _desk(from_topic=from_topic)
    letters = list(reversed(_run(desk.find(wanted))))  # the oldest first, as they came
    change = _change(letters, edit=edit, edit_with=edit_with)
    sendings, refused = _prepared(letters, change)
    if dry_run:
        effects = _run(desk.effects(letters))
        told = [show.sending(each, effects.get(each.letter.id)) for each in sendings]
        return print_json({"sendings": told, "refused": refused}) if json else typer.echo(show.plan(told, refused))
    _confirm(f"Replay {len(sendings)} messages to {_topics(sendings)}?", len(sendings), yes=yes)
    quiet = not sys.stderr.isatty()
    with typer.progressbar(length=len(sendings), label="replaying", file=sys.stderr, hidden=quiet) as bar:
        report = _run(
            desk.replay(
                sendings,
                rate_per_s=rate,
                actor=actor or getpass.getuser(),
                reason=reason,
                edited=change is not None,
                progress=bar.update,
            )
        )
    record = _unaudited(report, actor, reason, edited=change is not None)
    if json:
        sent = [str(each) for each in report.sent]
        print_json({"selected": len(letters), "sent": sent, "refused": refused} | record)
        return None
    typer.echo(f"{len(report.sent)} of {len(letters)} replayed")
    for line in refused:
        typer.echo(f"not replayed: {line['why']}", err=True)
    if record:
        print_json(record)
    return None


@app.command("record")
def record_replay(
    file: Annotated[typer.FileText, typer.Argument(help="What the replay printed (- for standard input).")],
    json: Json = False,
) -> None:
    """Writes the audit rows of a replay that was made while the database was away; twice is harmless."""
    text = file.read()
    try:
        found = orjson.loads(text[text.index("{") :])
        record = Record.model_validate(found.get("unaudited", found))
        marked, unknown = _run(_desk().record(record))
    except ValueError as error:
        fail(f"not what a replay printed: {str(error).splitlines()[0]}", code=2)
    if json:
        return print_json({"recorded": sorted(str(each) for each in marked), "unknown": sorted(unknown)})
    typer.echo(f"{len(marked)} audit rows written")
    if unknown:
        typer.echo(f"not indexed yet, try again later: {', '.join(sorted(unknown))}", err=True)
    return None


@app.command()
@selecting
def discard(
    selection: Selection,
    dry_run: DryRun = False,
    everything: Everything = False,
    actor: Actor = None,
    reason: Reason = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Says that open dead letters will not be replayed. They stay, and `restore` takes it back."""
    _act(selection, State.OPEN, "discard", everything, actor, reason, dry_run=dry_run, yes=yes, json=json)


@app.command()
@selecting
def restore(
    selection: Selection,
    dry_run: DryRun = False,
    everything: Everything = False,
    actor: Actor = None,
    reason: Reason = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Takes back a discard."""
    _act(selection, State.DISCARDED, "restore", everything, actor, reason, dry_run=dry_run, yes=yes, json=json)


# How they do it


def _act(
    selection: Selection,
    state: State,
    verb: str,
    everything: bool,
    actor: str | None,
    reason: str | None,
    *,
    dry_run: bool,
    yes: bool,
    json: bool,
) -> None:
    _not_everything(selection, everything=everything)
    desk = _desk()
    letters = _run(desk.find(_in_state(selection, state)))
    if not dry_run:
        _confirm(f"{verb.capitalize()} {len(letters)} dead letters?", len(letters), yes=yes)
    ids = [letter.id for letter in letters]
    act = desk.discard if verb == "discard" else desk.restore
    done = set(ids) if dry_run else _run(act(ids, actor=actor or getpass.getuser(), reason=reason))
    if json:
        print_json({"selected": len(ids), verb: sorted(str(each) for each in done), "dryRun": dry_run})
    else:
        typer.echo(f"{len(done)} dead letters {'would be ' if dry_run else ''}{verb.rstrip('e')}ed")


def _desk(*, from_topic: bool = False) -> Desk:
    database_url = os.environ.get("DATABASE_URL") if from_topic else load(DatabaseSettings).database_url
    return Desk(lambda: load(KafkaSettings).kafka_bootstrap_servers, database_url, from_topic=from_topic)


def _unaudited(report: Report, actor: str | None, reason: str | None, *, edited: bool) -> dict[str, Any]:
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


def _run(work: Coroutine[Any, Any, R]) -> R:
    try:
        return asyncio.run(work)
    except DatabaseAway as error:
        fail(f"{error}; --from-topic needs Kafka alone")
    except (KafkaError, TimeoutError) as error:
        fail(f"Kafka did not answer: {type(error).__name__}")


def _change(letters: list[DeadLetter], *, edit: bool, edit_with: Path | None) -> bytes | None:
    """The new body of the one message that is edited, if any is."""
    if not edit and edit_with is None:
        return None
    letter = _one(letters, "the one message to edit")
    if edit_with is not None:
        return edit_with.read_bytes()
    text = show.text_of(letter.value) or ""
    with suppress(orjson.JSONDecodeError):
        text = orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
    changed = click.edit(text, editor=os.environ.get("EDITOR"), extension=".json")
    if changed is None:
        fail("nothing was changed")
    return changed.strip().encode()


def _prepared(letters: list[DeadLetter], change: bytes | None) -> tuple[list[Sending], list[dict[str, str]]]:
    sendings, refused = [], []
    for letter in letters:
        try:
            sendings.append(prepare(letter, change))
        except EditRefused as error:
            fail(f"{error}\nits schema: {orjson.dumps(schema(letter)).decode()}")
        except NotReplayable as error:
            refused.append({"id": str(letter.id), "why": str(error)})
    return sendings, refused


def _topics(sendings: list[Sending]) -> str:
    return ", ".join(sorted({each.topic for each in sendings})) or "nowhere"


def _confirm(question: str, count: int, *, yes: bool) -> None:
    if count > 1 and not yes and not typer.confirm(question, err=True):
        raise typer.Exit(1)


def _one(letters: list[DeadLetter], what: str) -> DeadLetter:
    if len(letters) != 1:
        fail(f"{what}: {len(letters)} dead letters found")
    return letters[0]


def _not_everything(selection: Selection, *, everything: bool) -> None:
    if selection.is_everything and not everything:
        fail("say which: ids, a filter, or --all", code=2)


def _in_state(selection: Selection, state: State | None) -> Selection:
    return replace(selection, state=state)
