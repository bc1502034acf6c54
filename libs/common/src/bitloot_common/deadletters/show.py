"""Dead letters and sendings for people and for machines."""

import base64
import shlex
from typing import Any

from bitloot_common.deadletters.letter import DeadLetter, State
from bitloot_common.deadletters.replay import Sending
from bitloot_common.scrub import is_secret_name, scrub


def text_of(value: bytes | None) -> str | None:
    """Bytes as text where they are text, else as `base64:…`."""
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(value).decode()


def summary(letter: DeadLetter) -> dict[str, Any]:
    """One line of a list."""
    return {
        "id": str(letter.id),
        "state": letter.state,
        "service": letter.service,
        "place": letter.place,
        "originalTopic": letter.original_topic,
        "originalPartition": letter.original_partition,
        "originalOffset": letter.original_offset,
        "eventId": letter.event_id,
        "eventType": letter.event_type,
        "orderId": str(letter.order_id) if letter.order_id else None,
        "attempts": letter.attempts,
        "errorClass": letter.error_class,
        "errorMessage": letter.error_message,
        "fingerprint": letter.fingerprint,
        "firstFailedAt": letter.first_failed_at,
        "deadAt": letter.dead_at,
        "replays": letter.replays,
    }


def whole(letter: DeadLetter) -> dict[str, Any]:
    """Everything, the body and headers as they are but for what looks like a secret."""
    return summary(letter) | {
        "originalTimestamp": letter.original_timestamp,
        "stateAt": letter.state_at,
        "stateBy": letter.state_by,
        "stateReason": letter.state_reason,
        "key": text_of(letter.key),
        "value": _scrubbed("", text_of(letter.value)),
        "headers": [[name, _scrubbed(name, text_of(value))] for name, value in letter.headers],
        "stack": letter.stack,
    }


def sending(each: Sending, effect: str | None) -> dict[str, Any]:
    """Exactly what would be sent where. `effect`: what a replay would change, where that is known."""
    return {
        "id": str(each.letter.id),
        "from": each.letter.place,
        "topic": each.topic,
        "partition": "any" if each.key is None else "by key",
        "state": each.letter.state,
        "key": text_of(each.key),
        "value": _scrubbed("", text_of(each.value)),
        "valueBytes": len(each.value or b""),
        "headers": [[name, _scrubbed(name, text_of(value))] for name, value in each.headers],
        "effect": effect,
    }


def _scrubbed(name: str, text: str | None) -> str | None:
    if text is None:
        return None
    return "[redacted]" if is_secret_name(name) else scrub(text)


def kcat(letter: DeadLetter, bootstrap_servers: str) -> str:
    """The line that shows the letter's record in a terminal."""
    where = ["-b", bootstrap_servers, "-t", letter.dlt_topic, "-p", str(letter.dlt_partition)]
    return shlex.join(["kcat", "-C", *where, "-o", str(letter.dlt_offset), "-c", "1", "-J"])


def line(letter: DeadLetter) -> str:
    """One letter on one line of a terminal."""
    error = (letter.error_class or "").rpartition(".")[2]
    about = f"order {letter.order_id}" if letter.order_id else f"event {letter.event_id or '?'}"
    message = (letter.error_message or "").replace("\n", " ")[:80]
    return (
        f"{letter.dead_at:%Y-%m-%d %H:%M:%S}  {letter.id}  {letter.state:<9}  {letter.fingerprint}  "
        f"{letter.original_topic}  {about}  {error}: {message}"
    )


def page(told: dict[str, Any]) -> str:
    """One letter on a page of a terminal: `whole`, with headers one a line."""
    lines = [f"{name:>18}  {value}" for name, value in told.items() if name not in ("headers", "stack") and value]
    lines += ["", "headers", *(f"  {name}: {value}" for name, value in told["headers"])]
    return "\n".join([*lines, "", "stack", *(f"  {frame}" for frame in (told["stack"] or "").splitlines())])


def plan(sendings: list[dict[str, Any]], refused: list[dict[str, str]]) -> str:
    """A dry run on a terminal."""
    lines = []
    for each in sendings:
        where = f"{each['topic']} (partition: {each['partition']})"
        state = "" if each["state"] == State.OPEN else f"  was {each['state']}"
        lines.append(f"{each['from']} -> {where}  key {each['key']}  {each['valueBytes']} bytes{state}")
        lines += [f"    {name}: {value}" for name, value in each["headers"]]
        lines += [f"    {each['value']}", f"    effect: {each['effect'] or 'unknown'}"]
    lines += [f"refused: {each['why']}" for each in refused]
    return "\n".join([*lines, f"{len(sendings)} messages would be sent"])
