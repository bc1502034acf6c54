from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="OrderSummary")


@_attrs_define
class OrderSummary:
    """One order in a list. Amounts are in `currency`. `paymentStatus` is the money, `status` the fulfilment.

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
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
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

        order_summary = cls(
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
        )

        order_summary.additional_properties = d
        return order_summary

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
