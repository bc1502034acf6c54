"""The checkout API: place an order, look at it, create a payment."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from bitloot_common.language import language
from bitloot_common.problem import TooManyRequests, Unauthorized, Unprocessable
from fastapi import APIRouter, Depends, Header, Request

from bitloot_ingress.checkout import Checkout
from bitloot_ingress.checkout_store import Order
from bitloot_ingress.http import models
from bitloot_ingress.http.deadline import within
from bitloot_ingress.http.models import problem
from bitloot_ingress.payment_uri import payment_uri
from bitloot_ingress.use_cases.place_order import PlacedOrder, Wish, place_order
from bitloot_ingress.use_cases.show_order import ShownOrder, masked, show_order

IDEMPOTENCY_KEY_CHARACTERS_MAX = 200

_LIMITED = problem(429, "Too Many Requests", "Too many requests from this address.")
_AWAY = problem(503, "Service Unavailable", "It cannot be made durable right now; try again.")
_NO_TOKEN = problem(401, "Unauthorized", "The header x-order-session-token is missing.")
_NO_ORDER = problem(404, "Not Found", "There is no such order, or the token is not its.")
_NOT_PAYABLE = problem(409, "Conflict", "This order takes no new payment.")
_KEY_SPENT = problem(409, "Conflict", "The order of this idempotency key can no longer be answered again.")
_TOO_LARGE = problem(413, "Content Too Large", "The body is too large.")
_BELOW_MINIMUM = problem(
    422,
    "Unprocessable Entity",
    "The amount is too small for this coin.",
    amount=1.99,
    currency="EUR",
    minAmount=4.2,
    payCurrency="btc",
    minPayAmount=0.00007,
)
_INVALID = problem(
    422,
    "Unprocessable Entity",
    "The request is not valid.",
    errors=[{"pointer": "/body/email", "detail": "value is not a valid email address"}],
)


def checkout_routes(checkout: Checkout) -> APIRouter:
    """`checkout` is filled when the service starts (`app.py`). Every route counts against its source's allowance."""

    async def limited(request: Request) -> None:
        source = checkout.sources.address(request.scope)
        if not checkout.allowance.take(source):
            after = str(checkout.allowance.retry_after_s())
            raise TooManyRequests("Too many requests from this address.", headers={"Retry-After": after})

    routes = APIRouter(tags=["checkout"], dependencies=[Depends(limited)])
    _add_post_order(routes, checkout)
    _add_get_order(routes, checkout)
    _add_post_payment(routes, checkout)
    return routes


def _add_post_order(routes: APIRouter, checkout: Checkout) -> None:
    @routes.post(
        "/orders",
        status_code=201,
        response_model=models.PlacedOrder,
        summary="Place an order",
        responses=_KEY_SPENT | _TOO_LARGE | _INVALID | _LIMITED | _AWAY,
    )
    async def post_order(
        new: models.NewOrder,
        idempotency_key: Annotated[str | None, Header(description="same key, same request: same answer")] = None,
        accept_language: Annotated[str, Header()] = "",
    ) -> models.PlacedOrder:
        key = idempotency_key or new.idempotency_key
        if key is not None and len(key) > IDEMPOTENCY_KEY_CHARACTERS_MAX:
            raise Unprocessable("The idempotency key is too long.")
        wish = Wish(new.email, new.product_id, new.quantity, language(accept_language), key)
        work = place_order(checkout.pool, checkout.outbox, checkout.token_secret, wish)
        return _placed(await within(checkout.deadline_s, work))


def _add_get_order(routes: APIRouter, checkout: Checkout) -> None:
    @routes.get(
        "/orders/{order_id}",
        response_model=models.ShownOrder,
        summary="An order's status and public timeline",
        responses=_NO_TOKEN | _NO_ORDER | _LIMITED | _AWAY,
    )
    async def get_order(
        order_id: UUID, x_order_session_token: Annotated[str | None, Header()] = None
    ) -> models.ShownOrder:
        if not x_order_session_token:
            raise Unauthorized("The header x-order-session-token is missing.")
        return _shown(await within(checkout.deadline_s, show_order(checkout.pool, order_id, x_order_session_token)))


def _add_post_payment(routes: APIRouter, checkout: Checkout) -> None:
    @routes.post(
        "/payments/create",
        status_code=201,
        response_model=models.CreatedPayment,
        summary="Create a payment, or return the one that waits",
        responses=_NO_ORDER | _NOT_PAYABLE | _TOO_LARGE | _BELOW_MINIMUM | _LIMITED | _AWAY,
    )
    async def post_payment(new: models.NewPayment) -> models.CreatedPayment:
        coin = new.pay_currency or checkout.default_pay_currency
        work = checkout.payments.create_payment(new.order_id, coin)
        return _created(await within(checkout.payment_deadline_s, work))


def _placed(placed: PlacedOrder) -> models.PlacedOrder:
    return models.PlacedOrder(
        order_id=placed.id,
        id=placed.id,
        status=placed.status,
        product_id=placed.product_id,
        product_name=placed.product_name,
        quantity=placed.quantity,
        amount=placed.amount,
        total=_total(placed.amount),
        currency=placed.currency,
        order_session_token=placed.session_token,
    )


def _total(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _created(payment: Order) -> models.CreatedPayment:
    return models.CreatedPayment(
        payment_id=payment["payment_id"],
        order_id=payment["order_id"],
        pay_address=payment["pay_address"],
        pay_amount=payment["pay_amount"],
        pay_currency=payment["pay_currency"],
        price_amount=payment["price_amount"],
        price_currency=(payment["price_currency"] or "").upper() or None,
        payin_extra_id=payment["payin_extra_id"],
        network=payment["network"],
        status=payment["status"],
        expires_at=payment["expires_at"],
        qr_code_data=payment_uri(
            payment["pay_currency"], payment["pay_address"], payment["pay_amount"], payment["payin_extra_id"]
        ),
    )


def _shown(shown: ShownOrder) -> models.ShownOrder:
    order = shown.order
    return models.ShownOrder(
        order_id=order["id"],
        id=order["id"],
        status=shown.status,
        email=masked(order["email"]),
        product_id=order["product_id"],
        product=order["product_name"],
        quantity=order["quantity"],
        unit_price=order["unit_price"],
        amount=order["amount"],
        total=_total(order["amount"]),
        currency=order["currency"],
        created_at=order["created_at"],
        payments=[models.PaymentOfOrder.model_validate(dict(payment)) for payment in shown.payments],
        timeline=[
            models.TimelineEntry(at=entry["at"], event=entry["event"], status=entry["to_status"])
            for entry in shown.timeline
        ],
    )
