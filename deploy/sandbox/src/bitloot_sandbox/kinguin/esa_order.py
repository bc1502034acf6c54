"""ESA's order: what may be ordered, and how an order and its keys are shown."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from bitloot_sandbox.behaviour import Behaviour
from bitloot_sandbox.clock import iso_offset
from bitloot_sandbox.kinguin.catalogue import kinguin_id_of, picked_offer
from bitloot_sandbox.kinguin.codes import Code
from bitloot_sandbox.kinguin.purchase import ESA_STATUS_OF, Purchase
from bitloot_sandbox.refusals import esa_refusal

RETAIL_QTY_MAX = 9
WHOLESALE_QTY_MAX = 1000


class EsaProduct(BaseModel):
    productId: str | None = None  # noqa: N815
    kinguinId: int | None = Field(None, description="v1 only")  # noqa: N815
    qty: int = Field(ge=1, le=WHOLESALE_QTY_MAX)
    price: float = Field(gt=0, description="Ceiling for one piece, EUR.")
    keyType: Literal["text"] | None = None  # noqa: N815
    offerId: str | None = None  # noqa: N815


class EsaOrder(BaseModel):
    products: list[EsaProduct] = Field(min_length=1, max_length=10)
    orderExternalId: str | None = None  # noqa: N815


def wanted_lines(order: EsaOrder, behaviour: Behaviour) -> list[dict[str, Any]]:
    """One line for each product, with the offer that serves it; refuses what cannot be had."""
    lines = []
    for n, product in enumerate(order.products):
        product_id = product.productId or (str(product.kinguinId) if product.kinguinId else None)
        if product_id is None:
            raise esa_refusal("ConstraintViolation", "This value is required.", propertyPath=f"products[{n}].productId")
        if product.qty > RETAIL_QTY_MAX and product.offerId is None:
            raise esa_refusal(
                "ConstraintViolation",
                f'Invalid "qty" property. It must be lower than or equal {RETAIL_QTY_MAX}.',
                propertyPath=f"products[{n}].qty",
                invalidValue=product.qty,
            )
        offer = picked_offer(product_id, product.offerId, product.qty, product.price, behaviour)
        if offer is None:
            raise esa_refusal("ProductUnavailable", "Unable to find any offer matching order request criteria.")
        lines.append(
            {
                "productId": product_id,
                "offerId": offer.offer_id,
                "name": offer.name,
                "qty": product.qty,
                "price": offer.price,
                "requestPrice": product.price,
                "textOnly": product.keyType == "text",
            }
        )
    return lines


def order_view(purchase: Purchase, codes: list[Code]) -> dict[str, Any]:
    remaining = [{"id": c.key_id, "status": s} for c, s in zip(codes, _key_statuses(purchase, codes), strict=True)]
    products = []
    for line in purchase.lines:
        keys, remaining = remaining[: line["qty"]], remaining[line["qty"] :]
        products.append(_line_view(line, keys))
    return {
        "orderId": purchase.id,
        "orderExternalId": purchase.external_id,
        "status": ESA_STATUS_OF[purchase.status],
        "userEmail": "store@bitloot.example",
        "storeId": 1,
        "totalPrice": purchase.total,
        "requestTotalPrice": round(sum(p["qty"] * p["requestPrice"] for p in purchase.lines), 2),
        "paymentPrice": purchase.total,
        "totalQty": purchase.quantity,
        "createdAt": iso_offset(purchase.created_at, millis=False),
        "isPreorder": False,
        "preorderReleaseDate": None,
        "products": products,
    }


def key_views(codes: list[Code]) -> list[dict[str, Any]]:
    return [
        {
            "id": code.key_id,
            "serial": code.code,
            "type": code.type,
            "name": code.name,
            "kinguinId": kinguin_id_of(code.product_id),
            "offerId": code.offer_id,
            "productId": code.product_id,
        }
        for code in codes
    ]


def _key_statuses(purchase: Purchase, codes: list[Code]) -> list[str]:
    ended = {"cancelled": "CANCELED", "returned": "RETURNED", "refunded": "REFUNDED", "reversed": "REFUNDED"}
    if purchase.status in ended:
        return [ended[purchase.status]] * len(codes)
    return ["DELIVERED" if n < purchase.visible else "PROCESSING" for n in range(len(codes))]


def _line_view(line: dict[str, Any], keys: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "kinguinId": kinguin_id_of(line["productId"]),
        "productId": line["productId"],
        "offerId": line["offerId"],
        "qty": line["qty"],
        "name": line["name"],
        "price": line["price"],
        "totalPrice": round(line["price"] * line["qty"], 2),
        "requestPrice": line["requestPrice"],
        "keyType": "text" if line["textOnly"] else None,
        "isPreorder": False,
        "releaseDate": "2024-11-01",
        "accurate": True,
        "broker": None,
        "keys": keys,
    }
