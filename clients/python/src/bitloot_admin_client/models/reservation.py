from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Reservation")


@_attrs_define
class Reservation:
    """One attempt to buy. `price` is what Kinguin charged for one unit.

    Attributes:
        id (UUID):
        order_id (UUID):
        api (str):
        attempt (int):
        external_id (str):
        reservation_id (None | str):
        product_id (str):
        offer_id (None | str):
        quantity (int):
        price (None | str):
        status (str):
        provider_status (None | str):
        codes_delivered (int):
        last_error (None | str):
        asked_count (int):
        next_ask_at (datetime.datetime | None):
        intended_at (datetime.datetime):
        requested_at (datetime.datetime | None):
        reserved_at (datetime.datetime | None):
        given_at (datetime.datetime | None):
        delivered_at (datetime.datetime | None):
        expires_at (datetime.datetime | None):
        updated_at (datetime.datetime):
    """

    id: UUID
    order_id: UUID
    api: str
    attempt: int
    external_id: str
    reservation_id: str | None
    product_id: str
    offer_id: str | None
    quantity: int
    price: str | None
    status: str
    provider_status: str | None
    codes_delivered: int
    last_error: str | None
    asked_count: int
    next_ask_at: datetime.datetime | None
    intended_at: datetime.datetime
    requested_at: datetime.datetime | None
    reserved_at: datetime.datetime | None
    given_at: datetime.datetime | None
    delivered_at: datetime.datetime | None
    expires_at: datetime.datetime | None
    updated_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        order_id = str(self.order_id)

        api = self.api

        attempt = self.attempt

        external_id = self.external_id

        reservation_id: str | None
        reservation_id = self.reservation_id

        product_id = self.product_id

        offer_id: str | None
        offer_id = self.offer_id

        quantity = self.quantity

        price: str | None
        price = self.price

        status = self.status

        provider_status: str | None
        provider_status = self.provider_status

        codes_delivered = self.codes_delivered

        last_error: str | None
        last_error = self.last_error

        asked_count = self.asked_count

        next_ask_at: str | None
        if isinstance(self.next_ask_at, datetime.datetime):
            next_ask_at = self.next_ask_at.isoformat()
        else:
            next_ask_at = self.next_ask_at

        intended_at = self.intended_at.isoformat()

        requested_at: str | None
        if isinstance(self.requested_at, datetime.datetime):
            requested_at = self.requested_at.isoformat()
        else:
            requested_at = self.requested_at

        reserved_at: str | None
        if isinstance(self.reserved_at, datetime.datetime):
            reserved_at = self.reserved_at.isoformat()
        else:
            reserved_at = self.reserved_at

        given_at: str | None
        if isinstance(self.given_at, datetime.datetime):
            given_at = self.given_at.isoformat()
        else:
            given_at = self.given_at

        delivered_at: str | None
        if isinstance(self.delivered_at, datetime.datetime):
            delivered_at = self.delivered_at.isoformat()
        else:
            delivered_at = self.delivered_at

        expires_at: str | None
        if isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        updated_at = self.updated_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "orderId": order_id,
                "api": api,
                "attempt": attempt,
                "externalId": external_id,
                "reservationId": reservation_id,
                "productId": product_id,
                "offerId": offer_id,
                "quantity": quantity,
                "price": price,
                "status": status,
                "providerStatus": provider_status,
                "codesDelivered": codes_delivered,
                "lastError": last_error,
                "askedCount": asked_count,
                "nextAskAt": next_ask_at,
                "intendedAt": intended_at,
                "requestedAt": requested_at,
                "reservedAt": reserved_at,
                "givenAt": given_at,
                "deliveredAt": delivered_at,
                "expiresAt": expires_at,
                "updatedAt": updated_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        order_id = UUID(d.pop("orderId"))

        api = d.pop("api")

        attempt = d.pop("attempt")

        external_id = d.pop("externalId")

        def _parse_reservation_id(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        reservation_id = _parse_reservation_id(d.pop("reservationId"))

        product_id = d.pop("productId")

        def _parse_offer_id(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        offer_id = _parse_offer_id(d.pop("offerId"))

        quantity = d.pop("quantity")

        def _parse_price(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        price = _parse_price(d.pop("price"))

        status = d.pop("status")

        def _parse_provider_status(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        provider_status = _parse_provider_status(d.pop("providerStatus"))

        codes_delivered = d.pop("codesDelivered")

        def _parse_last_error(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        last_error = _parse_last_error(d.pop("lastError"))

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

        intended_at = datetime.datetime.fromisoformat(d.pop("intendedAt"))

        def _parse_requested_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                requested_at_type_0 = datetime.datetime.fromisoformat(data)

                return requested_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        requested_at = _parse_requested_at(d.pop("requestedAt"))

        def _parse_reserved_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                reserved_at_type_0 = datetime.datetime.fromisoformat(data)

                return reserved_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        reserved_at = _parse_reserved_at(d.pop("reservedAt"))

        def _parse_given_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                given_at_type_0 = datetime.datetime.fromisoformat(data)

                return given_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        given_at = _parse_given_at(d.pop("givenAt"))

        def _parse_delivered_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                delivered_at_type_0 = datetime.datetime.fromisoformat(data)

                return delivered_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        delivered_at = _parse_delivered_at(d.pop("deliveredAt"))

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

        updated_at = datetime.datetime.fromisoformat(d.pop("updatedAt"))

        reservation = cls(
            id=id,
            order_id=order_id,
            api=api,
            attempt=attempt,
            external_id=external_id,
            reservation_id=reservation_id,
            product_id=product_id,
            offer_id=offer_id,
            quantity=quantity,
            price=price,
            status=status,
            provider_status=provider_status,
            codes_delivered=codes_delivered,
            last_error=last_error,
            asked_count=asked_count,
            next_ask_at=next_ask_at,
            intended_at=intended_at,
            requested_at=requested_at,
            reserved_at=reserved_at,
            given_at=given_at,
            delivered_at=delivered_at,
            expires_at=expires_at,
            updated_at=updated_at,
        )

        reservation.additional_properties = d
        return reservation

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
