"""The control surface: /control/…"""

from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException, Query, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from bitloot_sandbox.answers import Json
from bitloot_sandbox.behaviour import Behaviour
from bitloot_sandbox.clock import iso_ms_z, now_s
from bitloot_sandbox.control.bodies import Deposit, Noise, PaymentMove, PurchaseMove
from bitloot_sandbox.faults import Fault
from bitloot_sandbox.kinguin.catalogue import kinguin_id_of
from bitloot_sandbox.kinguin.purchase import Purchase
from bitloot_sandbox.kinguin.purchases import ledger_entry
from bitloot_sandbox.nowpayments.payment import Payment
from bitloot_sandbox.world import World

Limit = Annotated[int, Query(ge=1, le=1000)]


def control_router(world: World) -> APIRouter:
    router = APIRouter(prefix="/control", tags=["Control"])
    _add_payments(router, world)
    _add_purchases(router, world)
    _add_faults_and_settings(router, world)
    _add_webhooks(router, world)
    return router


def payment_view(payment: Payment) -> dict[str, Any]:
    return {
        "paymentId": str(payment.payment_id),
        "status": payment.status,
        "orderId": payment.order_id,
        "parentPaymentId": str(payment.parent_payment_id) if payment.parent_payment_id else None,
        "priceAmount": payment.price_amount,
        "priceCurrency": payment.price_currency,
        "payAmount": payment.pay_amount,
        "payCurrency": payment.pay_currency,
        "actuallyPaid": payment.actually_paid,
        "createdAt": iso_ms_z(payment.created_at),
        "updatedAt": iso_ms_z(payment.updated_at),
    }


def _add_payments(router: APIRouter, world: World) -> None:
    payments = world.payments

    def existing(payment_id: str) -> Payment:
        payment = payments.find(int(payment_id)) if payment_id.isdecimal() else None
        if payment is None:
            raise HTTPException(404, f"NOWPayments knows no payment {payment_id!r}")
        return payment

    @router.get("/payments", summary="Latest first")
    async def listed(orderId: str | None = None, limit: Limit = 50) -> dict[str, Any]:  # noqa: N803
        return {"payments": [payment_view(payment) for payment in payments.latest(orderId, limit)]}

    @router.get("/payments/{payment_id}")
    async def one(payment_id: str) -> dict[str, Any]:
        return payment_view(existing(payment_id))

    @router.post("/payments/{payment_id}", summary="Move a payment and send its signed IPN")
    async def move(payment_id: str, wanted: PaymentMove) -> dict[str, Any]:
        """No IPN tells of a payment that has expired, as in production; `"silent": false` overrides."""
        payment = existing(payment_id)
        if wanted.walk:
            payments.walk(payment, wanted.status, wanted.step_ms)
            return payment_view(payment) | {"ipn": "walking"}
        sent = payments.move(payment, wanted.status, wanted.actually_paid, wanted.silent)
        return payment_view(payment) | {"ipn": "sent" if sent else "none"}

    @router.post("/payments/{payment_id}/deposit", status_code=201, summary="A second deposit: a child payment")
    async def deposit(payment_id: str, wanted: Deposit) -> dict[str, Any]:
        parent = existing(payment_id)
        coin = (wanted.pay_currency or parent.pay_currency).lower()
        order_id = parent.order_id if wanted.order_id == "parent" else None
        child = payments.deposit_again(parent, wanted.amount, coin, wanted.status, order_id, wanted.silent)
        return payment_view(child) | {"ipn": "none" if wanted.silent else "sent"}


def _add_purchases(router: APIRouter, world: World) -> None:
    @router.get("/ledger", summary="Everything that was ever sold, on both Kinguin APIs")
    async def ledger(orderId: str | None = None) -> Response:  # noqa: N803
        return Json({"purchases": world.purchases.ledger(orderId)})

    @router.get("/purchases", summary="Latest first, without their codes")
    async def listed(limit: Limit = 50) -> dict[str, Any]:
        entries = [ledger_entry(purchase, []) for purchase in world.purchases.latest(limit)]
        for entry in entries:
            del entry["codes"]
        return {"purchases": entries}

    @router.post("/purchases/{reservation_id}", summary="Move a purchase by hand and send its webhook")
    async def move(reservation_id: str, wanted: PurchaseMove) -> dict[str, Any]:
        purchase = world.purchases.find(reservation_id)
        if purchase is None:
            raise HTTPException(404, f"Kinguin knows no reservation or order {reservation_id!r}")
        _move_purchase(world, purchase, wanted)
        return {"reservationId": purchase.id, "orderId": purchase.external_id, "status": purchase.status}


def _move_purchase(world: World, purchase: Purchase, wanted: PurchaseMove) -> None:
    if wanted.status == "delivered":
        world.purchases.deliver(purchase, silent=wanted.silent)
    else:
        world.purchases.end(purchase, wanted.status, silent=wanted.silent)


def _add_faults_and_settings(router: APIRouter, world: World) -> None:
    @router.post("/faults", status_code=201, summary="Break something: for the next `count` calls or a `rate` of all")
    async def add_fault(fault: Fault) -> dict[str, Any]:
        world.faults.add(fault)
        return {"faults": world.faults.listed()}

    @router.get("/faults")
    async def faults() -> dict[str, Any]:
        return {"faults": world.faults.listed()}

    @router.delete("/faults", summary="Everything works again")
    async def clear_faults() -> dict[str, Any]:
        world.faults.clear()
        return {"faults": []}

    @router.post("/settings", summary="Change some of the settings; the others stay")
    async def change(changes: Annotated[dict[str, Any], Body(examples=[{"latencyMs": 50}])]) -> Behaviour:
        try:
            world.behave(world.behaviour.changed(changes))
        except ValidationError as error:
            raise RequestValidationError(error.errors(include_url=False, include_context=False)) from error
        return world.behaviour

    @router.get("/settings")
    async def settings() -> Behaviour:
        return world.behaviour

    @router.post("/reset", summary="Default settings, no faults; the ledger stays")
    async def reset() -> Behaviour:
        world.faults.clear()
        world.sender.switch_on()
        world.behave(Behaviour())
        return world.behaviour


def _add_webhooks(router: APIRouter, world: World) -> None:
    @router.get("/webhooks", summary="What was sent, and what came back")
    async def webhooks(provider: str | None = None, subject: str | None = None, limit: Limit = 100) -> dict[str, Any]:
        """`subject`: a payment id or a reservation id."""
        found = world.store.webhooks(provider, subject, limit)
        return {"webhooks": [{"id": webhook_id} | _webhook_view(doc) for webhook_id, doc in found]}

    @router.post("/webhooks", status_code=202, summary="ESA's noise: product.update for many products")
    async def noise(wanted: Noise) -> dict[str, int]:
        for n in range(wanted.count):
            product_id = f"noise-{n}"
            world.announcer.tell_product_update(product_id, kinguin_id_of(product_id), now_s())
        return {"sent": wanted.count}


def _webhook_view(doc: dict[str, Any]) -> dict[str, Any]:
    """Its secrets stay out of it."""
    return {
        "provider": doc["provider"],
        "event": doc["event"],
        "subject": doc["subject"],
        "url": doc["url"],
        "state": doc["state"],
        "fault": doc["note"],
        "createdAt": iso_ms_z(doc["created_at"]),
        "attempts": [attempt | {"at": iso_ms_z(attempt["at"])} for attempt in doc["attempts"]],
        "body": doc["body"],
    }
