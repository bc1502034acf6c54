"""`bitloot dlt`: what an SRE does to messages that failed for good."""

import getpass
import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import click
import orjson
import typer

from bitloot_common.cli.acting import (
    STATES_UNKNOWN,
    chosen,
    confirm,
    question_of_replay,
    run,
    tell_missing,
    tell_plan,
    tell_replay,
    unaudited,
)
from bitloot_common.cli.output import fail, print_json
from bitloot_common.cli.selecting import read, selecting
from bitloot_common.deadletters import show
from bitloot_common.deadletters.acts import Report
from bitloot_common.deadletters.desk import Desk
from bitloot_common.deadletters.edit import EditRefused, schema
from bitloot_common.deadletters.letter import DeadLetter, State, parse_id
from bitloot_common.deadletters.record import Record
from bitloot_common.deadletters.replay import NotReplayable, Sending, prepare
from bitloot_common.deadletters.selection import Selection
from bitloot_common.settings import DatabaseSettings, KafkaSettings, load

app = typer.Typer(help="Dead letters: list, show, replay, discard, restore.", no_args_is_help=True)

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
    desk = _desk(from_topic=from_topic)
    letters = run(desk.find(replace(selection, state=state), limit=limit))
    if not desk.knows_states:
        typer.echo(f"note: {STATES_UNKNOWN}", err=True)
    if json:
        return print_json([show.summary(letter) for letter in letters])
    for letter in letters:
        typer.echo(show.line(letter))
    typer.echo(f"{len(letters)} dead letters in {len({each.fingerprint for each in letters})} groups", err=True)
    return None


@app.command("show")
def show_letter(letter: Letter, from_topic: FromTopic = False, json: Json = False) -> None:
    """Shows one dead letter whole: headers, body, stack; what looks like a secret is masked."""
    found = _one(run(_desk(from_topic=from_topic).find(Selection(ids=(read(parse_id, letter),)), limit=1)), letter)
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
    state: Annotated[
        State, typer.Option(help="Which of those that the filters mean; an id means its letter in any state.")
    ] = State.OPEN,
    everything: Everything = False,
    from_topic: FromTopic = False,
    actor: Actor = None,
    reason: Reason = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Puts dead letters back on their original topics, with their key and bytes; twice is harmless."""
    _not_everything(selection, everything=everything)
    desk = _desk(from_topic=from_topic)
    found, missing = chosen(desk, selection, state)
    letters = list(reversed(found))  # the oldest first, as they came
    change = _change(letters, edit=edit, edit_with=edit_with)
    sendings, refused = _prepared(letters, change)
    if dry_run:
        tell_plan(desk, letters, sendings, refused, missing, json=json)
    else:
        question = question_of_replay(letters, len(sendings), _topics(sendings), knows_states=desk.knows_states)
        was_discarded = state is not State.DISCARDED and any(each.state is State.DISCARDED for each in letters)
        confirm(question, len(sendings), yes=yes, always=was_discarded)
        edited = change is not None
        report = Report(selected=len(sendings))
        try:
            _send(desk, sendings, report, rate=rate, actor=actor, reason=reason, edited=edited)
        finally:  # also when the broker hiccups or somebody presses Ctrl-C: what was sent was sent
            record = unaudited(report, actor, reason, edited=edited)
            tell_replay(report, len(letters), missing, refused, record, json=json)
    if missing or refused:
        raise typer.Exit(1)


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
        marked, unknown = run(_desk().record(record))
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
    letters, missing = chosen(desk, selection, state)
    allowed = [letter for letter in letters if letter.state is state]
    others = [letter for letter in letters if letter.state is not state]
    if not dry_run:
        confirm(f"{verb.capitalize()} {len(allowed)} dead letters?", len(allowed), yes=yes)
    ids = [letter.id for letter in allowed]
    act = desk.discard if verb == "discard" else desk.restore
    done = set(ids) if dry_run else run(act(ids, actor=actor or getpass.getuser(), reason=reason))
    if json:
        print_json(
            {
                "selected": len(ids),
                verb: sorted(str(each) for each in done),
                "dryRun": dry_run,
                "missing": missing,
                "otherwise": {str(letter.id): letter.state for letter in others},
            }
        )
    else:
        typer.echo(f"{len(done)} dead letters {'would be ' if dry_run else ''}{verb.rstrip('e')}ed")
        for letter in others:
            typer.echo(f"left as it is: {letter.id} is {letter.state}", err=True)
        tell_missing(missing)
    if missing or others:
        raise typer.Exit(1)


def _desk(*, from_topic: bool = False) -> Desk:
    database_url = os.environ.get("DATABASE_URL") if from_topic else load(DatabaseSettings).database_url
    return Desk(lambda: load(KafkaSettings).kafka_bootstrap_servers, database_url, from_topic=from_topic)


def _send(
    desk: Desk,
    sendings: list[Sending],
    report: Report,
    *,
    rate: float | None,
    actor: str | None,
    reason: str | None,
    edited: bool,
) -> None:
    who, quiet = actor or getpass.getuser(), not sys.stderr.isatty()
    with typer.progressbar(length=len(sendings), label="replaying", file=sys.stderr, hidden=quiet) as bar:
        run(
            desk.replay(sendings, report, rate_per_s=rate, actor=who, reason=reason, edited=edited, progress=bar.update)
        )


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


def _one(letters: list[DeadLetter], what: str) -> DeadLetter:
    if len(letters) != 1:
        fail(f"{what}: {len(letters)} dead letters found")
    return letters[0]


def _not_everything(selection: Selection, *, everything: bool) -> None:
    if selection.is_everything and not everything:
        fail("say which: ids, a filter, or --all", code=2)
