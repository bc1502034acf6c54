"""What both Kinguin APIs do to a purchase: sell, hand over codes step by step, cancel, run out of stock."""

import asyncio
import base64
import secrets
from typing import Any

from bitloot_sandbox.behaviour import Behaving
from bitloot_sandbox.clock import now_s
from bitloot_sandbox.faults import SALE_MODES, Fault, FaultBoard
from bitloot_sandbox.kinguin.announcements import Announcer
from bitloot_sandbox.kinguin.codes import Code, new_code
from bitloot_sandbox.kinguin.purchase import BOUGHT, DEAD, Purchase
from bitloot_sandbox.refusals import reservations_refusal
from bitloot_sandbox.store import Store

ENDS = {"cancel": "cancelled", "out_of_stock": "outofstock"}


class Purchases:
    def __init__(self, store: Store, faults: FaultBoard, behaving: Behaving, announcer: Announcer) -> None:
        self._store = store
        self._faults = faults
        self._behaving = behaving
        self._announcer = announcer
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def start(self) -> None:
        """Goes on with what a previous process had in hand."""
        for doc in self._store.unfinished_purchases():
            self._set_timer(Purchase(**doc))

    def stop(self) -> None:
        for timer in self._timers.values():
            timer.cancel()

    # looking

    def find(self, purchase_id: str, api: str | None = None) -> Purchase | None:
        doc = self._store.purchase(purchase_id)
        if doc is None or api not in (None, doc["api"]):
            return None
        return self._aged(Purchase(**doc))

    def of_external_id(self, external_id: str, api: str) -> list[Purchase]:
        docs = self._store.purchases_of(external_id)
        return [self._aged(Purchase(**doc)) for doc in docs if doc["api"] == api]

    def of_api(self, api: str, limit: int, offset: int) -> tuple[list[Purchase], int]:
        """Latest first, and how many there are."""
        docs, count = self._store.purchases_of_api(api, limit, offset)
        return [self._aged(Purchase(**doc)) for doc in docs], count

    def latest(self, limit: int) -> list[Purchase]:
        return [self._aged(Purchase(**doc)) for doc in self._store.latest_purchases(limit)]

    def codes(self, purchase: Purchase) -> list[Code]:
        return [Code(**doc) for doc in self._store.codes(purchase.id)]

    def visible_codes(self, purchase: Purchase) -> list[Code]:
        return self.codes(purchase)[: purchase.visible]

    def count(self, purchase: Purchase, operation: str) -> None:
        self._store.count_call(purchase.id, operation)

    def taken(self, external_id: str | None, api: str) -> Purchase | None:
        """The purchase that has this external id, where ids must be unique."""
        if external_id is None or not self._behaving().external_id_unique:
            return None
        alive = [p for p in self.of_external_id(external_id, api) if p.status not in DEAD]
        return alive[0] if alive else None

    def known(self, key: str, fingerprint: str) -> Purchase | None:
        """The reservation made with this idempotency key; refuses its reuse with another body."""
        row = self._store.known_key(key)
        if row is None:
            return None
        if row[0] != fingerprint:
            raise reservations_refusal(409, "IDEMPOTENCY_KEY_REUSED", "This key came with another body before.")
        purchase = self.find(row[1])
        assert purchase
        self.count(purchase, "reserve")
        return purchase

    def draw(self, api: str, operation: str) -> Fault | None:
        return self._faults.draw(api, SALE_MODES, operation)

    # doing

    def reserve(self, purchase: Purchase, *, fingerprint: str | None, fault: Fault | None) -> None:
        with self._store.transaction():
            self._move(purchase, "reserved")
            if purchase.idempotency_key and fingerprint:
                self._store.remember_key(purchase.idempotency_key, fingerprint, purchase.id)
            self.count(purchase, "reserve")
            if fault:
                self._plan_end(purchase, fault)
            self._save(purchase)

    def buy(self, purchase: Purchase, fault: Fault | None) -> None:
        """Charges, takes the codes from the stock and starts to hand them over."""
        with self._store.transaction():
            self._move(purchase, "given")
            if fault:
                self._plan_end(purchase, fault)
            elif not purchase.then:  # else it is doomed already: the cancellation is on its way
                self._store.add_codes(purchase.id, [vars(code) for code in self._take_codes(purchase)])
                self._start_delivery(purchase)
            self._save(purchase)

    def end(self, purchase: Purchase, status: str, *, silent: bool = False) -> None:
        """Cancelled, out of stock, refunded, …: the end of it, as of now."""
        purchase.next_step_at = purchase.then = None
        with self._store.transaction():
            self._move(purchase, status, silent=silent)
            self._save(purchase)

    def deliver(self, purchase: Purchase, *, silent: bool = False) -> None:
        """Everything at once, by hand."""
        purchase.next_step_at = purchase.then = None
        with self._store.transaction():
            if not (codes := self.codes(purchase)):
                codes = self._take_codes(purchase)
                self._store.add_codes(purchase.id, [vars(code) for code in codes])
            purchase.visible = len(codes)
            self._move(purchase, "delivered", silent=silent)
            self._save(purchase)

    def nudge(self) -> None:
        """Settings have changed: what stood still may go on."""
        for doc in self._store.unfinished_purchases():
            if doc["id"] not in self._timers:
                self._set_timer(Purchase(**doc))

    def _take_codes(self, purchase: Purchase) -> list[Code]:
        behaviour = self._behaving()
        return [
            new_code(line["name"], line["productId"], line["offerId"], behaviour, text_only=line["textOnly"])
            for line in purchase.lines
            for _ in range(line["qty"])
        ]

    def _start_delivery(self, purchase: Purchase) -> None:
        behaviour = self._behaving()
        if behaviour.completion == "at_once":
            self._advance(purchase)
        else:
            purchase.next_step_at = now_s() + behaviour.completion_delay_ms / 1000
            self._set_timer(purchase)

    def _plan_end(self, purchase: Purchase, fault: Fault) -> None:
        purchase.then = ENDS[fault.mode]
        purchase.next_step_at = now_s() + fault.delay_s(self._behaving().completion_delay_ms)
        self._set_timer(purchase)

    def _set_timer(self, purchase: Purchase) -> None:
        assert purchase.next_step_at is not None
        if earlier := self._timers.pop(purchase.id, None):
            earlier.cancel()
        delay_s = max(0.0, purchase.next_step_at - now_s())
        self._timers[purchase.id] = asyncio.get_running_loop().call_later(delay_s, self._step, purchase.id)

    def _step(self, purchase_id: str) -> None:
        """Its time has come: more codes appear, or it ends otherwise."""
        self._timers.pop(purchase_id, None)
        purchase = self.find(purchase_id)
        if purchase is None or purchase.next_step_at is None:
            return
        if purchase.then:
            self.end(purchase, purchase.then)
            return
        with self._store.transaction():
            self._advance(purchase)
            self._save(purchase)

    def _advance(self, purchase: Purchase) -> None:
        behaviour = self._behaving()
        step = behaviour.keys_per_step or purchase.quantity
        limit = purchase.quantity
        if behaviour.partial_delivery is not None:
            limit = min(limit, behaviour.partial_delivery)
        before = purchase.visible
        purchase.visible = max(before, min(before + step, limit))
        if purchase.visible == purchase.quantity:
            purchase.next_step_at = None
            self._move(purchase, "delivered")
            return
        purchase.next_step_at = now_s() + behaviour.key_interval_ms / 1000
        if purchase.visible > before and purchase.api == "reservations":
            purchase.updated_at = now_s()
            self._announcer.tell(purchase, "delivered")  # so far: `complete` is false in the answer
        if purchase.visible < limit:
            self._set_timer(purchase)  # else it stands still until the settings change

    def _move(self, purchase: Purchase, status: str, *, silent: bool = False) -> None:
        purchase.status = status
        purchase.updated_at = now_s()
        purchase.history.append([status, purchase.updated_at])
        if not silent:
            self._announcer.tell(purchase, status)

    def _aged(self, purchase: Purchase) -> Purchase:
        """A reservation that nobody gave in time has expired, and nobody is told."""
        if purchase.status == "reserved" and purchase.expires_at and now_s() >= purchase.expires_at:
            self.end(purchase, "expired", silent=True)
        return purchase

    def _save(self, purchase: Purchase) -> None:
        self._store.save_purchase(purchase.id, purchase.api, purchase.external_id, vars(purchase))

    # the oracle

    def ledger(self, order_id: str | None) -> list[dict[str, Any]]:
        docs = self._store.purchases_of(order_id) if order_id else self._store.all_purchases()
        calls = self._store.all_calls()
        codes = self._store.all_codes()
        return [
            ledger_entry(purchase, [Code(**doc) for doc in codes.get(purchase.id, [])])
            | {"calls": calls.get(purchase.id, {})}
            for purchase in (Purchase(**doc) for doc in docs)
        ]


def ledger_entry(purchase: Purchase, sold: list[Code]) -> dict[str, Any]:
    return {
        "orderId": purchase.external_id,
        "idempotencyKey": purchase.idempotency_key,
        "reservationId": purchase.id,
        "api": purchase.api,
        "status": purchase.status,
        # a code that was handed over stays sold, whatever becomes of the rest: a second purchase would buy it twice
        "bought": purchase.status in BOUGHT or purchase.visible > 0,
        "quantity": purchase.quantity,
        "total": purchase.total,
        "offerIds": [line["offerId"] for line in purchase.lines],
        "codes": [code.view() | {"text": code.text, "visible": n < purchase.visible} for n, code in enumerate(sold)],
        "history": [{"status": status, "at": at} for status, at in purchase.history],
    }


def new_purchase_id(api: str) -> str:
    """As each API writes them: ESA `PHS84FJAG5U`, reservations `rsv_…`."""
    if api == "esa":
        return "PH" + base64.b32encode(secrets.token_bytes(6)).decode().rstrip("=")
    return "rsv_" + secrets.token_hex(12)
