"""Load with a journal: what each client was promised, to be compared with what is there afterwards."""

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from .conftest import Topic, header
from .ipns import payment_id, raw_ipn, signed

STATUSES = ("waiting", "confirming", "finished")


@dataclass
class Journal:
    """Per key (order id) the external ids that were answered 200, in their order; and how long answers took."""

    promised: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    slowest_s: float = 0.0
    refused: int = 0

    def __len__(self) -> int:
        return sum(map(len, self.promised.values()))


class Load:
    """Clients that each send three events per order, one after the other, as the provider does: the next only
    when the last was answered 200, else the same again."""

    def __init__(self, url: str, clients: int = 16) -> None:
        self.url = f"{url}/payments/ipn"
        self.journal = Journal()
        self._clients = clients
        self._going = True
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Load":
        self._tasks = [asyncio.create_task(self._client()) for _ in range(self._clients)]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Lets every client finish what it has begun."""
        self._going = False
        async with asyncio.timeout(120):
            await asyncio.gather(*self._tasks)

    async def promised(self, count: int) -> None:
        """Waits until so many more have been answered 200."""
        wanted = len(self.journal) + count
        async with asyncio.timeout(120):
            while len(self.journal) < wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def _client(self) -> None:
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            while self._going:
                order, payment = str(uuid4()), payment_id()
                for number, status in enumerate(STATUSES):
                    raw = raw_ipn(payment_id=payment, payment_status=status, actually_paid=number, order_id=order)
                    await self._until_taken(http, raw)
                    self.journal.promised[order].append(f"{payment}:{number}")

    async def _until_taken(self, http: httpx.AsyncClient, raw: bytes) -> None:
        while True:
            started = time.monotonic()
            try:
                answer = await http.post(self.url, content=raw, headers=signed(raw))
            # killed: an answer never came. A time-out is no such thing: whoever is alive answers.
            except (httpx.NetworkError, httpx.RemoteProtocolError):
                await asyncio.sleep(0.05)
                continue
            self.journal.slowest_s = max(self.journal.slowest_s, time.monotonic() - started)
            if answer.status_code == 200:
                return
            assert answer.status_code == 503, answer.text
            assert "retry-after" in answer.headers
            self.journal.refused += 1
            await asyncio.sleep(0.05)


async def assert_kept(journal: Journal, sql: Any, topic: Topic) -> str:
    """Everything promised is in the table, on the topic once after deduplication by `ce_id`, in order per key.

    Behind it only what was stored, though its answer did not arrive; nothing comes under a second `ce_id`.
    Returns a line for the report.
    """
    assert len(journal) > 0
    rows = await sql.fetch("select id, external_id from webhook_logs where order_id = any($1)", list(journal.promised))
    id_of = {row["external_id"]: str(row["id"]) for row in rows}
    missing = [external for promised in journal.promised.values() for external in promised if external not in id_of]
    assert missing == [], f"{len(missing)} of {len(journal)} promised are not in the table"

    expected = {id_of[external] for promised in journal.promised.values() for external in promised}
    records = await topic.holds(expected)
    published: dict[str, list[str]] = defaultdict(list)
    repeats = 0
    for record in sorted(records, key=lambda record: (record.partition, record.offset)):
        seen = published[record.key.decode()]
        event = header(record, "ce_id")
        if event in seen:
            repeats += 1
        else:
            seen.append(event)
    for order, promised in journal.promised.items():
        in_order = [id_of[external] for external in promised]
        assert published[order][: len(in_order)] == in_order, f"order of {order}"
        unanswered = published[order][len(in_order) :]
        assert len(unanswered) <= 1, f"more on the topic than was sent for {order}"
        assert set(unanswered) <= set(id_of.values()), f"not one message per webhook of {order}"
    return f"{len(journal)} promised, {journal.refused} refused, {repeats} repeated on the topic"
