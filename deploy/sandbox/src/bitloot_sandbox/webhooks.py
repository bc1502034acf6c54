"""Sends webhooks: later, from connections of its own, and again in each provider's manner when they fail."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bitloot_sandbox.behaviour import Behaving, Behaviour
from bitloot_sandbox.clock import now_s
from bitloot_sandbox.faults import WEBHOOK_MODES, Fault, FaultBoard
from bitloot_sandbox.store import Store

LATE_MS = 20_000.0
REORDER_MS_MAX = 1_000.0
OVERTAKEN_BY_S = 0.03
KINGUIN_TIMEOUT_S = 10.0


@dataclass
class Webhook:
    provider: str  # "nowpayments", "reservations", "esa"
    event: str
    subject: str  # payment id or reservation id
    url: str
    headers: dict[str, str]
    body: str
    state: str = "pending"  # delivered, failed, dropped, switched_off, nowhere
    note: str | None = None  # the fault it met
    attempts: list[dict[str, Any]] = field(default_factory=list)
    created_at: float = 0.0


@dataclass(frozen=True)
class Manner:
    """How a provider insists."""

    timeout_s: float
    retry_delays_s: tuple[float, ...]
    wants_empty_body: bool = False


def manner_of(provider: str, behaviour: Behaviour) -> Manner:
    if provider == "nowpayments":  # fixed interval, then never again
        fixed = (behaviour.ipn_retry_ms / 1000,) * behaviour.ipn_retries
        return Manner(behaviour.ipn_timeout_ms / 1000, fixed)
    doubling = tuple(behaviour.kinguin_retry_ms / 1000 * 2**n for n in range(behaviour.kinguin_retries))
    return Manner(KINGUIN_TIMEOUT_S, doubling, wants_empty_body=provider == "esa")


class Sender:
    def __init__(self, store: Store, faults: FaultBoard, behaviour: Behaving, chance: random.Random) -> None:
        self._store = store
        self._faults = faults
        self._behaviour = behaviour
        self._chance = chance
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._held: dict[tuple[str, str], tuple[int, Webhook]] = {}  # waiting to be overtaken
        self._failures_in_a_row: dict[str, int] = {}
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Takes up what a previous process still owed."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "bitloot-sandbox"},
        )
        for webhook_id, due_at, doc in self._store.pending_webhooks():
            self._schedule(webhook_id, Webhook(**doc), max(0.0, due_at - now_s()))

    async def stop(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    def switch_on(self) -> None:
        self._failures_in_a_row.clear()

    def announce(self, webhook: Webhook) -> None:
        """Notes it down and sends it after the usual delay, unless a fault has other plans."""
        webhook.created_at = now_s()
        behaviour = self._behaviour()
        fault = self._faults.draw(webhook.provider, WEBHOOK_MODES, webhook.event, "webhook")
        webhook.note = fault.mode if fault else None
        if not webhook.url or not behaviour.send_webhooks:
            webhook.state = "nowhere"
        elif self._is_switched_off(webhook.provider):
            webhook.state = "switched_off"
        elif fault and fault.mode == "drop_webhook":
            webhook.state = "dropped"
        self._enqueue(webhook, fault, behaviour.webhook_delay_ms / 1000)

    def _enqueue(self, webhook: Webhook, fault: Fault | None, delay_s: float) -> None:
        if webhook.state != "pending":
            self._note_down(webhook, 0)
            return
        match fault.mode if fault else None:
            case "late_webhook":
                assert fault
                delay_s += fault.delay_s(LATE_MS)
            case "reorder_webhooks":
                assert fault
                self._hold(webhook, fault.delay_s(REORDER_MS_MAX))
                return
            case "duplicate_webhook":
                assert fault
                self._schedule(self._note_down(webhook, delay_s), webhook, delay_s)
                webhook = Webhook(**{**vars(webhook), "attempts": []})
                delay_s += fault.delay_s(0)
            case _:
                pass
        self._schedule(self._note_down(webhook, delay_s), webhook, delay_s)
        self._let_go(webhook, delay_s)

    def _note_down(self, webhook: Webhook, delay_s: float) -> int:
        return self._store.add_webhook(webhook.provider, webhook.subject, now_s() + delay_s, vars(webhook))

    def _hold(self, webhook: Webhook, at_most_s: float) -> None:
        webhook_id = self._note_down(webhook, at_most_s)
        self._held[webhook.provider, webhook.subject] = webhook_id, webhook
        self._schedule(webhook_id, webhook, at_most_s)

    def _let_go(self, overtaker: Webhook, delay_s: float) -> None:
        """The next webhook of the same payment or reservation goes first, the held one right after it."""
        held = self._held.pop((overtaker.provider, overtaker.subject), None)
        if held and held[0] in self._timers:
            self._schedule(*held, delay_s + OVERTAKEN_BY_S)

    def _schedule(self, webhook_id: int, webhook: Webhook, delay_s: float) -> None:
        if earlier := self._timers.pop(webhook_id, None):
            earlier.cancel()
        loop = asyncio.get_running_loop()
        self._timers[webhook_id] = loop.call_later(delay_s, self._launch, webhook_id, webhook)

    def _launch(self, webhook_id: int, webhook: Webhook) -> None:
        self._timers.pop(webhook_id, None)
        task = asyncio.create_task(self._attempt(webhook_id, webhook))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attempt(self, webhook_id: int, webhook: Webhook) -> None:
        manner = manner_of(webhook.provider, self._behaviour())
        attempt = await self._post(webhook, manner)
        webhook.attempts.append(attempt)
        retry = len(webhook.attempts) - 1
        due_at = None
        if attempt["ok"]:
            webhook.state = "delivered"
            self._failures_in_a_row[webhook.provider] = 0
        elif self._count_failure(webhook.provider):
            webhook.state = "switched_off"
        elif retry < len(manner.retry_delays_s):
            delay_s = manner.retry_delays_s[retry]
            due_at = now_s() + delay_s
            self._schedule(webhook_id, webhook, delay_s)
        else:
            webhook.state = "failed"
        self._store.save_webhook(webhook_id, due_at, vars(webhook))

    async def _post(self, webhook: Webhook, manner: Manner) -> dict[str, Any]:
        assert self._session
        attempt: dict[str, Any] = {"at": now_s(), "status": None, "error": None, "ok": False}
        started = time.perf_counter()
        try:
            async with self._session.post(
                webhook.url,
                data=webhook.body.encode(),
                headers=webhook.headers,
                timeout=aiohttp.ClientTimeout(total=manner.timeout_s),
                allow_redirects=False,
            ) as answer:
                attempt["status"] = answer.status
                body = await answer.read()
                attempt["emptyBody"] = not body
                attempt["ok"] = 200 <= answer.status < 300 and not (body and manner.wants_empty_body)
        except TimeoutError:
            attempt["error"] = f"no answer within {manner.timeout_s:g} s"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            attempt["error"] = type(error).__name__
        attempt["ms"] = round((time.perf_counter() - started) * 1000, 1)
        return attempt

    def _count_failure(self, provider: str) -> bool:
        """True when the endpoint is switched off after too many failures (ESA only)."""
        self._failures_in_a_row[provider] = self._failures_in_a_row.get(provider, 0) + 1
        return self._is_switched_off(provider)

    def _is_switched_off(self, provider: str) -> bool:
        limit = self._behaviour().webhooks_off_after
        return provider == "esa" and limit is not None and self._failures_in_a_row.get(provider, 0) >= limit
