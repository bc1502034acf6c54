from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Delivery")


@_attrs_define
class Delivery:
    """One mail to a customer.

    Attributes:
        id (UUID):
        order_id (UUID):
        purpose (str):
        sequence (int):
        status (str):
        complete (bool):
        attempts (int):
        last_error (None | str):
        requested_by (None | str):
        link_id (None | UUID):
        created_at (datetime.datetime):
        mailed_at (datetime.datetime | None):
    """

    id: UUID
    order_id: UUID
    purpose: str
    sequence: int
    status: str
    complete: bool
    attempts: int
    last_error: str | None
    requested_by: str | None
    link_id: UUID | None
    created_at: datetime.datetime
    mailed_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        order_id = str(self.order_id)

        purpose = self.purpose

        sequence = self.sequence

        status = self.status

        complete = self.complete

        attempts = self.attempts

        last_error: str | None
        last_error = self.last_error

        requested_by: str | None
        requested_by = self.requested_by

        link_id: str | None
        if isinstance(self.link_id, UUID):
            link_id = str(self.link_id)
        else:
            link_id = self.link_id

        created_at = self.created_at.isoformat()

        mailed_at: str | None
        if isinstance(self.mailed_at, datetime.datetime):
            mailed_at = self.mailed_at.isoformat()
        else:
            mailed_at = self.mailed_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "orderId": order_id,
                "purpose": purpose,
                "sequence": sequence,
                "status": status,
                "complete": complete,
                "attempts": attempts,
                "lastError": last_error,
                "requestedBy": requested_by,
                "linkId": link_id,
                "createdAt": created_at,
                "mailedAt": mailed_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        order_id = UUID(d.pop("orderId"))

        purpose = d.pop("purpose")

        sequence = d.pop("sequence")

        status = d.pop("status")

        complete = d.pop("complete")

        attempts = d.pop("attempts")

        def _parse_last_error(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        last_error = _parse_last_error(d.pop("lastError"))

        def _parse_requested_by(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        requested_by = _parse_requested_by(d.pop("requestedBy"))

        def _parse_link_id(data: object) -> UUID | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                link_id_type_0 = UUID(data)

                return link_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        link_id = _parse_link_id(d.pop("linkId"))

        created_at = datetime.datetime.fromisoformat(d.pop("createdAt"))

        def _parse_mailed_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                mailed_at_type_0 = datetime.datetime.fromisoformat(data)

                return mailed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        mailed_at = _parse_mailed_at(d.pop("mailedAt"))

        delivery = cls(
            id=id,
            order_id=order_id,
            purpose=purpose,
            sequence=sequence,
            status=status,
            complete=complete,
            attempts=attempts,
            last_error=last_error,
            requested_by=requested_by,
            link_id=link_id,
            created_at=created_at,
            mailed_at=mailed_at,
        )

        delivery.additional_properties = d
        return delivery

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
