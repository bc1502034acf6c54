from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.dead_letter_of_order import DeadLetterOfOrder
    from ..models.delivery import Delivery
    from ..models.link import Link
    from ..models.link_view import LinkView
    from ..models.payment import Payment
    from ..models.reservation import Reservation
    from ..models.sealed_keys import SealedKeys
    from ..models.timeline_entry import TimelineEntry
    from ..models.webhook_summary import WebhookSummary


T = TypeVar("T", bound="OrderDetail")


@_attrs_define
class OrderDetail:
    """All there is about one order.

    Attributes:
        order_id (UUID):
        status (str):
        status_since (datetime.datetime):
        email (None | str):
        product_id (str):
        product_name (str):
        quantity (int):
        amount (str):
        currency (str):
        refund_due (None | str):
        refund_reason (None | str):
        payment_status (None | str):
        created_at (datetime.datetime):
        updated_at (datetime.datetime):
        locale (str):
        kinguin_product_id (str):
        offer_id (None | str):
        unit_price (str):
        price_ceiling (str):
        erased_at (datetime.datetime | None):
        payments (list[Payment]):
        reservations (list[Reservation]):
        keys (list[SealedKeys]):
        links (list[Link]):
        deliveries (list[Delivery]):
        link_views (list[LinkView]):
        webhooks (list[WebhookSummary]):
        dead_letters (list[DeadLetterOfOrder]):
        timeline (list[TimelineEntry]):
    """

    order_id: UUID
    status: str
    status_since: datetime.datetime
    email: str | None
    product_id: str
    product_name: str
    quantity: int
    amount: str
    currency: str
    refund_due: str | None
    refund_reason: str | None
    payment_status: str | None
    created_at: datetime.datetime
    updated_at: datetime.datetime
    locale: str
    kinguin_product_id: str
    offer_id: str | None
    unit_price: str
    price_ceiling: str
    erased_at: datetime.datetime | None
    payments: list[Payment]
    reservations: list[Reservation]
    keys: list[SealedKeys]
    links: list[Link]
    deliveries: list[Delivery]
    link_views: list[LinkView]
    webhooks: list[WebhookSummary]
    dead_letters: list[DeadLetterOfOrder]
    timeline: list[TimelineEntry]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        order_id = str(self.order_id)

        status = self.status

        status_since = self.status_since.isoformat()

        email: str | None
        email = self.email

        product_id = self.product_id

        product_name = self.product_name

        quantity = self.quantity

        amount = self.amount

        currency = self.currency

        refund_due: str | None
        refund_due = self.refund_due

        refund_reason: str | None
        refund_reason = self.refund_reason

        payment_status: str | None
        payment_status = self.payment_status

        created_at = self.created_at.isoformat()

        updated_at = self.updated_at.isoformat()

        locale = self.locale

        kinguin_product_id = self.kinguin_product_id

        offer_id: str | None
        offer_id = self.offer_id

        unit_price = self.unit_price

        price_ceiling = self.price_ceiling

        erased_at: str | None
        if isinstance(self.erased_at, datetime.datetime):
            erased_at = self.erased_at.isoformat()
        else:
            erased_at = self.erased_at

        payments = []
        for payments_item_data in self.payments:
            payments_item = payments_item_data.to_dict()
            payments.append(payments_item)

        reservations = []
        for reservations_item_data in self.reservations:
            reservations_item = reservations_item_data.to_dict()
            reservations.append(reservations_item)

        keys = []
        for keys_item_data in self.keys:
            keys_item = keys_item_data.to_dict()
            keys.append(keys_item)

        links = []
        for links_item_data in self.links:
            links_item = links_item_data.to_dict()
            links.append(links_item)

        deliveries = []
        for deliveries_item_data in self.deliveries:
            deliveries_item = deliveries_item_data.to_dict()
            deliveries.append(deliveries_item)

        link_views = []
        for link_views_item_data in self.link_views:
            link_views_item = link_views_item_data.to_dict()
            link_views.append(link_views_item)

        webhooks = []
        for webhooks_item_data in self.webhooks:
            webhooks_item = webhooks_item_data.to_dict()
            webhooks.append(webhooks_item)

        dead_letters = []
        for dead_letters_item_data in self.dead_letters:
            dead_letters_item = dead_letters_item_data.to_dict()
            dead_letters.append(dead_letters_item)

        timeline = []
        for timeline_item_data in self.timeline:
            timeline_item = timeline_item_data.to_dict()
            timeline.append(timeline_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "orderId": order_id,
                "status": status,
                "statusSince": status_since,
                "email": email,
                "productId": product_id,
                "productName": product_name,
                "quantity": quantity,
                "amount": amount,
                "currency": currency,
                "refundDue": refund_due,
                "refundReason": refund_reason,
                "paymentStatus": payment_status,
                "createdAt": created_at,
                "updatedAt": updated_at,
                "locale": locale,
                "kinguinProductId": kinguin_product_id,
                "offerId": offer_id,
                "unitPrice": unit_price,
                "priceCeiling": price_ceiling,
                "erasedAt": erased_at,
                "payments": payments,
                "reservations": reservations,
                "keys": keys,
                "links": links,
                "deliveries": deliveries,
                "linkViews": link_views,
                "webhooks": webhooks,
                "deadLetters": dead_letters,
                "timeline": timeline,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.dead_letter_of_order import DeadLetterOfOrder
        from ..models.delivery import Delivery
        from ..models.link import Link
        from ..models.link_view import LinkView
        from ..models.payment import Payment
        from ..models.reservation import Reservation
        from ..models.sealed_keys import SealedKeys
        from ..models.timeline_entry import TimelineEntry
        from ..models.webhook_summary import WebhookSummary

        d = dict(src_dict)
        order_id = UUID(d.pop("orderId"))

        status = d.pop("status")

        status_since = datetime.datetime.fromisoformat(d.pop("statusSince"))

        def _parse_email(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        email = _parse_email(d.pop("email"))

        product_id = d.pop("productId")

        product_name = d.pop("productName")

        quantity = d.pop("quantity")

        amount = d.pop("amount")

        currency = d.pop("currency")

        def _parse_refund_due(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        refund_due = _parse_refund_due(d.pop("refundDue"))

        def _parse_refund_reason(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        refund_reason = _parse_refund_reason(d.pop("refundReason"))

        def _parse_payment_status(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        payment_status = _parse_payment_status(d.pop("paymentStatus"))

        created_at = datetime.datetime.fromisoformat(d.pop("createdAt"))

        updated_at = datetime.datetime.fromisoformat(d.pop("updatedAt"))

        locale = d.pop("locale")

        kinguin_product_id = d.pop("kinguinProductId")

        def _parse_offer_id(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        offer_id = _parse_offer_id(d.pop("offerId"))

        unit_price = d.pop("unitPrice")

        price_ceiling = d.pop("priceCeiling")

        def _parse_erased_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                erased_at_type_0 = datetime.datetime.fromisoformat(data)

                return erased_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        erased_at = _parse_erased_at(d.pop("erasedAt"))

        payments = []
        _payments = d.pop("payments")
        for payments_item_data in _payments:
            payments_item = Payment.from_dict(payments_item_data)

            payments.append(payments_item)

        reservations = []
        _reservations = d.pop("reservations")
        for reservations_item_data in _reservations:
            reservations_item = Reservation.from_dict(reservations_item_data)

            reservations.append(reservations_item)

        keys = []
        _keys = d.pop("keys")
        for keys_item_data in _keys:
            keys_item = SealedKeys.from_dict(keys_item_data)

            keys.append(keys_item)

        links = []
        _links = d.pop("links")
        for links_item_data in _links:
            links_item = Link.from_dict(links_item_data)

            links.append(links_item)

        deliveries = []
        _deliveries = d.pop("deliveries")
        for deliveries_item_data in _deliveries:
            deliveries_item = Delivery.from_dict(deliveries_item_data)

            deliveries.append(deliveries_item)

        link_views = []
        _link_views = d.pop("linkViews")
        for link_views_item_data in _link_views:
            link_views_item = LinkView.from_dict(link_views_item_data)

            link_views.append(link_views_item)

        webhooks = []
        _webhooks = d.pop("webhooks")
        for webhooks_item_data in _webhooks:
            webhooks_item = WebhookSummary.from_dict(webhooks_item_data)

            webhooks.append(webhooks_item)

        dead_letters = []
        _dead_letters = d.pop("deadLetters")
        for dead_letters_item_data in _dead_letters:
            dead_letters_item = DeadLetterOfOrder.from_dict(dead_letters_item_data)

            dead_letters.append(dead_letters_item)

        timeline = []
        _timeline = d.pop("timeline")
        for timeline_item_data in _timeline:
            timeline_item = TimelineEntry.from_dict(timeline_item_data)

            timeline.append(timeline_item)

        order_detail = cls(
            order_id=order_id,
            status=status,
            status_since=status_since,
            email=email,
            product_id=product_id,
            product_name=product_name,
            quantity=quantity,
            amount=amount,
            currency=currency,
            refund_due=refund_due,
            refund_reason=refund_reason,
            payment_status=payment_status,
            created_at=created_at,
            updated_at=updated_at,
            locale=locale,
            kinguin_product_id=kinguin_product_id,
            offer_id=offer_id,
            unit_price=unit_price,
            price_ceiling=price_ceiling,
            erased_at=erased_at,
            payments=payments,
            reservations=reservations,
            keys=keys,
            links=links,
            deliveries=deliveries,
            link_views=link_views,
            webhooks=webhooks,
            dead_letters=dead_letters,
            timeline=timeline,
        )

        order_detail.additional_properties = d
        return order_detail

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
