"""The webhook doors as OpenAPI shows them. The requests themselves never come here: `front.py` takes them first."""

from typing import Any

from fastapi import APIRouter, Request, Response

from bitloot_ingress.http.models import problem

_ERRORS = (
    problem(401, "Unauthorized", "The signature is missing or does not match.")
    | problem(403, "Forbidden", "This source address is not on the list.")
    | problem(413, "Content Too Large", "The body is larger than any webhook.")
    | problem(429, "Too Many Requests", "Too many requests with a bad signature.")
    | problem(503, "Service Unavailable", "It cannot be made durable right now; send it again.")
)

_IPN: dict[str, Any] = {
    "payment_id": 5745459419,
    "parent_payment_id": None,
    "invoice_id": None,
    "payment_status": "finished",
    "pay_address": "3EZ2uTdVDAMFXTfc6uLDDKR6o8qKBZXVkj",
    "price_amount": 9.99,
    "price_currency": "eur",
    "pay_amount": 0.00016514,
    "pay_currency": "btc",
    "actually_paid": 0.00016514,
    "order_id": "01990a5e-6f2a-7c3e-9d51-3f1f0f6f7a10",
    "purchase_id": "6084744717",
    "outcome_amount": 0.00016431,
    "outcome_currency": "btc",
    "fee": {"currency": "btc", "depositFee": 0.000083, "serviceFee": 0, "withdrawalFee": 0},
}

_KINGUIN = {
    "reservation": {
        "summary": "Reservations API, header X-Auth-Token",
        "value": {
            "reservationId": "5f8a2b1c",
            "event": "delivered",
            "productId": "kinguin-demo",
            "externalId": "01990a5e-6f2a-7c3e-9d51-3f1f0f6f7a10",
            "updatedAt": "2026-01-01T12:00:00+00:00",
        },
    },
    "esa": {
        "summary": "ESA, headers X-Event-Name: order.status and X-Event-Secret",
        "value": {
            "orderId": "PHS84FJAG5U",
            "orderExternalId": "01990a5e-6f2a-7c3e-9d51-3f1f0f6f7a10",
            "status": "completed",
            "updatedAt": "2026-01-01T12:00:00.000+00:00",
        },
    },
}


def webhook_routes() -> APIRouter:
    """Declared so that readers find them, and so that another method is answered 405."""
    routes = APIRouter(tags=["webhooks"])
    ipn_ok = {"content": {"application/json": {"example": {"ok": True}}}}
    for path in ("/payments/ipn", "/webhooks/nowpayments/ipn"):
        _declare(
            routes,
            path,
            "An IPN of NOWPayments: accepted, duplicate or of no interest",
            ipn_ok,
            {"application/json": {"schema": {"type": "object"}, "example": _IPN}},
            [_header("x-nowpayments-sig", "hex HMAC-SHA512 of the body with its keys sorted")],
        )
    for path in ("/kinguin/webhook", "/kinguin/webhooks"):
        _declare(
            routes,
            path,
            "A webhook of Kinguin",
            {"content": {}, "description": "Taken; the body is empty"},
            {"application/json": {"schema": {"type": "object"}, "examples": _KINGUIN}},
            [
                _header("X-Auth-Token", "the shared secret of the reservations API"),
                _header("X-Event-Name", "ESA: order.status, product.update"),
                _header("X-Event-Secret", "ESA: the shared secret"),
            ],
        )
    return routes


def _header(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": description, "schema": {"type": "string"}}


def _declare(
    routes: APIRouter,
    path: str,
    summary: str,
    ok: dict[str, Any],
    body: dict[str, Any],
    parameters: list[dict[str, Any]],
) -> None:
    async def taken_in_front(request: Request) -> Response:
        raise AssertionError(f"{request.url.path} is taken by its door")

    routes.add_api_route(
        path,
        taken_in_front,
        methods=["POST"],
        name=path.strip("/").replace("/", "_"),
        summary=summary,
        response_class=Response,
        responses={200: {"description": "Taken", **ok}, **_ERRORS},
        openapi_extra={"requestBody": {"required": True, "content": body}, "parameters": parameters},
    )
