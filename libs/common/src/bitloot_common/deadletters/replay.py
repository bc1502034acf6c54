"""Putting dead letters back on their topics: exactly as they first came, at a bounded rate.

The event id stays: a message that failed never reached the inbox, so the first replay takes effect, and
every further one finds the id there. What fails again comes back as a new letter of the same group.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaProducer

from bitloot_common.deadletters.edit import EDITED_FROM, edited
from bitloot_common.deadletters.letter import DeadLetter
from bitloot_common.kafka import client as kafka_client
from bitloot_common.retry import headers as names

BATCH_MAX = 100
SEND_S_MAX = 30.0
RATE_PER_S_MIN = 0.1  # a message every ten seconds: slower is a job for an afternoon nobody spends on it
LISTEN_S = 0.5  # how soon a sender that waits for its rate hears that it is to stop


class NotReplayable(Exception):
    """The letter names no topic to go back to, or cannot be sent as it was."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What would be sent where, exactly."""

    letter: DeadLetter
    topic: str
    key: bytes | None
    value: bytes | None
    headers: names.Headers

    @property
    def event_id(self) -> str | None:
        """The id under which it is sent: an edited message has its own."""
        found = next((value for name, value in self.headers if name == "ce_id"), None)
        return found.decode("utf-8", "replace") if found else None


def prepare(letter: DeadLetter, edit: bytes | None = None) -> Sending:
    """The record that a replay sends: original topic, key, body and headers, ours removed, and where it
    was replayed from. With `edit`, that body and the id that goes with it.

    Raises NotReplayable, or EditRefused (see `edit.py`).
    """
    if not letter.original_topic:
        raise NotReplayable(f"{letter.place} does not tell its original topic")
    if letter.key is None and letter.value is None:
        raise NotReplayable(f"{letter.place} has neither key nor value")
    headers = [(n, v) for n, v in names.foreign(letter.headers) if n != names.REPLAYED_FROM]
    value = letter.value
    if edit is not None:
        value, event_id = edited(letter, edit)
        headers = [(n, v) for n, v in headers if n not in ("ce_id", EDITED_FROM)]
        headers += [("ce_id", event_id.encode()), (EDITED_FROM, (letter.event_id or letter.place).encode())]
    headers.append((names.REPLAYED_FROM, letter.place.encode()))
    return Sending(letter, letter.original_topic, letter.key, value, headers)


class Sender:
    """Sends at most `rate_per_s`; `async with Sender(…)`. Needs Kafka alone.

    `in_doubt`: what was being sent when it was interrupted; some of it the broker may have.
    """

    def __init__(self, bootstrap_servers: str, rate_per_s: float | None = None) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._rate_per_s = rate_per_s
        self._producer: AIOKafkaProducer | None = None
        self.in_doubt: list[Sending] = []

    async def __aenter__(self) -> Self:
        self._producer = AIOKafkaProducer(**kafka_client(self._bootstrap_servers), acks="all", enable_idempotence=True)
        try:
            await self._producer.start()
        except BaseException:
            await self._producer.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._producer is not None
        stopping = asyncio.ensure_future(self._producer.stop())
        await asyncio.wait([stopping], timeout=SEND_S_MAX)
        stopping.cancel()

    async def send(
        self, sendings: Sequence[Sending], go_on: Callable[[], bool] = lambda: True
    ) -> AsyncIterator[list[Sending]]:
        """Sends all, yielding each batch once the broker has it, in order, until `go_on` says no.

        Raises TimeoutError or KafkaError when the broker does not take one.
        """
        loop = asyncio.get_running_loop()
        start, sent = loop.time(), 0
        size = BATCH_MAX if self._rate_per_s is None else max(1, min(BATCH_MAX, int(self._rate_per_s / 10)))
        while sent < len(sendings):
            due = start if self._rate_per_s is None else start + sent / self._rate_per_s
            while go_on() and (left := due - loop.time()) > 0:  # noqa: ASYNC110  (it waits for a time, listening)
                await asyncio.sleep(min(left, LISTEN_S))
            if not go_on():
                return
            batch = list(sendings[sent : sent + size])
            self.in_doubt = batch
            async with asyncio.timeout(SEND_S_MAX):
                await self._send(batch)
            self.in_doubt = []
            sent += len(batch)
            yield batch

    async def _send(self, batch: list[Sending]) -> None:
        assert self._producer is not None, "send within `async with`"
        futures = [
            await self._producer.send(each.topic, value=each.value, key=each.key, headers=each.headers)
            for each in batch
        ]
        await asyncio.gather(*futures)
