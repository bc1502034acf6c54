from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="SealedKeys")


@_attrs_define
class SealedKeys:
    """One sealed object: how many codes, where, under which key of the ring.

    Attributes:
        id (UUID):
        order_id (UUID):
        part (int):
        reservation_id (str):
        storage_ref (str):
        codes_count (int):
        kid (str):
        sealed_at (datetime.datetime | None):
        viewed_at (datetime.datetime | None):
        view_count (int):
        deleted_at (datetime.datetime | None):
    """

    id: UUID
    order_id: UUID
    part: int
    reservation_id: str
    storage_ref: str
    codes_count: int
    kid: str
    sealed_at: datetime.datetime | None
    viewed_at: datetime.datetime | None
    view_count: int
    deleted_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        order_id = str(self.order_id)

        part = self.part

        reservation_id = self.reservation_id

        storage_ref = self.storage_ref

        codes_count = self.codes_count

        kid = self.kid

        sealed_at: str | None
        if isinstance(self.sealed_at, datetime.datetime):
            sealed_at = self.sealed_at.isoformat()
        else:
            sealed_at = self.sealed_at

        viewed_at: str | None
        if isinstance(self.viewed_at, datetime.datetime):
            viewed_at = self.viewed_at.isoformat()
        else:
            viewed_at = self.viewed_at

        view_count = self.view_count

        deleted_at: str | None
        if isinstance(self.deleted_at, datetime.datetime):
            deleted_at = self.deleted_at.isoformat()
        else:
            deleted_at = self.deleted_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "orderId": order_id,
                "part": part,
                "reservationId": reservation_id,
                "storageRef": storage_ref,
                "codesCount": codes_count,
                "kid": kid,
                "sealedAt": sealed_at,
                "viewedAt": viewed_at,
                "viewCount": view_count,
                "deletedAt": deleted_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        order_id = UUID(d.pop("orderId"))

        part = d.pop("part")

        reservation_id = d.pop("reservationId")

        storage_ref = d.pop("storageRef")

        codes_count = d.pop("codesCount")

        kid = d.pop("kid")

        def _parse_sealed_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                sealed_at_type_0 = datetime.datetime.fromisoformat(data)

                return sealed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        sealed_at = _parse_sealed_at(d.pop("sealedAt"))

        def _parse_viewed_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                viewed_at_type_0 = datetime.datetime.fromisoformat(data)

                return viewed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        viewed_at = _parse_viewed_at(d.pop("viewedAt"))

        view_count = d.pop("viewCount")

        def _parse_deleted_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                deleted_at_type_0 = datetime.datetime.fromisoformat(data)

                return deleted_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        deleted_at = _parse_deleted_at(d.pop("deletedAt"))

        sealed_keys = cls(
            id=id,
            order_id=order_id,
            part=part,
            reservation_id=reservation_id,
            storage_ref=storage_ref,
            codes_count=codes_count,
            kid=kid,
            sealed_at=sealed_at,
            viewed_at=viewed_at,
            view_count=view_count,
            deleted_at=deleted_at,
        )

        sealed_keys.additional_properties = d
        return sealed_keys

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
