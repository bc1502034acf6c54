from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Payment")


@_attrs_define
class Payment:
    """One payment at the provider. `pay*` amounts are in `payCurrency`, the price in `priceCurrency`.

    Attributes:
        id (UUID):
        payment_id (str):
        order_id (None | UUID):
        provider (str):
        invoice_id (None | str):
        parent_payment_id (None | str):
        status (str):
        price_amount (None | str):
        price_currency (None | str):
        pay_amount (None | str):
        pay_currency (None | str):
        actually_paid (str):
        pay_address (None | str):
        network (None | str):
        expires_at (datetime.datetime | None):
        settled_at (datetime.datetime | None):
        asked_count (int):
        next_ask_at (datetime.datetime | None):
        created_at (datetime.datetime):
        updated_at (datetime.datetime):
    """

    id: UUID
    payment_id: str
    order_id: UUID | None
    provider: str
    invoice_id: str | None
    parent_payment_id: str | None
    status: str
    price_amount: str | None
    price_currency: str | None
    pay_amount: str | None
    pay_currency: str | None
    actually_paid: str
    pay_address: str | None
    network: str | None
    expires_at: datetime.datetime | None
    settled_at: datetime.datetime | None
    asked_count: int
    next_ask_at: datetime.datetime | None
    created_at: datetime.datetime
    updated_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        payment_id = self.payment_id

        order_id: str | None
        if isinstance(self.order_id, UUID):
            order_id = str(self.order_id)
        else:
            order_id = self.order_id

        provider = self.provider

        invoice_id: str | None
        invoice_id = self.invoice_id

        parent_payment_id: str | None
        parent_payment_id = self.parent_payment_id

        status = self.status

        price_amount: str | None
        price_amount = self.price_amount

        price_currency: str | None
        price_currency = self.price_currency

        pay_amount: str | None
        pay_amount = self.pay_amount

        pay_currency: str | None
        pay_currency = self.pay_currency

        actually_paid = self.actually_paid

        pay_address: str | None
        pay_address = self.pay_address

        network: str | None
        network = self.network

        expires_at: str | None
        if isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        settled_at: str | None
        if isinstance(self.settled_at, datetime.datetime):
            settled_at = self.settled_at.isoformat()
        else:
            settled_at = self.settled_at

        asked_count = self.asked_count

        next_ask_at: str | None
        if isinstance(self.next_ask_at, datetime.datetime):
            next_ask_at = self.next_ask_at.isoformat()
        else:
            next_ask_at = self.next_ask_at

        created_at = self.created_at.isoformat()

        updated_at = self.updated_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "paymentId": payment_id,
                "orderId": order_id,
                "provider": provider,
                "invoiceId": invoice_id,
                "parentPaymentId": parent_payment_id,
                "status": status,
                "priceAmount": price_amount,
                "priceCurrency": price_currency,
                "payAmount": pay_amount,
                "payCurrency": pay_currency,
                "actuallyPaid": actually_paid,
                "payAddress": pay_address,
                "network": network,
                "expiresAt": expires_at,
                "settledAt": settled_at,
                "askedCount": asked_count,
                "nextAskAt": next_ask_at,
                "createdAt": created_at,
                "updatedAt": updated_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        payment_id = d.pop("paymentId")

        def _parse_order_id(data: object) -> UUID | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                order_id_type_0 = UUID(data)

                return order_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        order_id = _parse_order_id(d.pop("orderId"))

        provider = d.pop("provider")

        def _parse_invoice_id(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        invoice_id = _parse_invoice_id(d.pop("invoiceId"))

        def _parse_parent_payment_id(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        parent_payment_id = _parse_parent_payment_id(d.pop("parentPaymentId"))

        status = d.pop("status")

        def _parse_price_amount(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        price_amount = _parse_price_amount(d.pop("priceAmount"))

        def _parse_price_currency(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        price_currency = _parse_price_currency(d.pop("priceCurrency"))

        def _parse_pay_amount(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        pay_amount = _parse_pay_amount(d.pop("payAmount"))

        def _parse_pay_currency(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        pay_currency = _parse_pay_currency(d.pop("payCurrency"))

        actually_paid = d.pop("actuallyPaid")

        def _parse_pay_address(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        pay_address = _parse_pay_address(d.pop("payAddress"))

        def _parse_network(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        network = _parse_network(d.pop("network"))

        def _parse_expires_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        expires_at = _parse_expires_at(d.pop("expiresAt"))

        def _parse_settled_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                settled_at_type_0 = datetime.datetime.fromisoformat(data)

                return settled_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        settled_at = _parse_settled_at(d.pop("settledAt"))

        asked_count = d.pop("askedCount")

        def _parse_next_ask_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                next_ask_at_type_0 = datetime.datetime.fromisoformat(data)

                return next_ask_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        next_ask_at = _parse_next_ask_at(d.pop("nextAskAt"))

        created_at = datetime.datetime.fromisoformat(d.pop("createdAt"))

        updated_at = datetime.datetime.fromisoformat(d.pop("updatedAt"))

        payment = cls(
            id=id,
            payment_id=payment_id,
            order_id=order_id,
            provider=provider,
            invoice_id=invoice_id,
            parent_payment_id=parent_payment_id,
            status=status,
            price_amount=price_amount,
            price_currency=price_currency,
            pay_amount=pay_amount,
            pay_currency=pay_currency,
            actually_paid=actually_paid,
            pay_address=pay_address,
            network=network,
            expires_at=expires_at,
            settled_at=settled_at,
            asked_count=asked_count,
            next_ask_at=next_ask_at,
            created_at=created_at,
            updated_at=updated_at,
        )

        payment.additional_properties = d
        return payment

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
