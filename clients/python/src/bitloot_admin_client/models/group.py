from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Group")


@_attrs_define
class Group:
    """Equal failures: the same error raised by the same code. The unit of work for whoever repairs.

    Attributes:
        fingerprint (str):
        service (str):
        error_class (None | str):
        error_message (None | str):
        original_topic (str):
        open_ (int):
        total (int):
        orders (int):
        first_at (datetime.datetime):
        last_at (datetime.datetime):
        note (None | str):
        noted_by (None | str):
        came_back (bool): all of it had been replayed or discarded, and then it failed anew
    """

    fingerprint: str
    service: str
    error_class: str | None
    error_message: str | None
    original_topic: str
    open_: int
    total: int
    orders: int
    first_at: datetime.datetime
    last_at: datetime.datetime
    note: str | None
    noted_by: str | None
    came_back: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        fingerprint = self.fingerprint

        service = self.service

        error_class: str | None
        error_class = self.error_class

        error_message: str | None
        error_message = self.error_message

        original_topic = self.original_topic

        open_ = self.open_

        total = self.total

        orders = self.orders

        first_at = self.first_at.isoformat()

        last_at = self.last_at.isoformat()

        note: str | None
        note = self.note

        noted_by: str | None
        noted_by = self.noted_by

        came_back = self.came_back

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "fingerprint": fingerprint,
                "service": service,
                "errorClass": error_class,
                "errorMessage": error_message,
                "originalTopic": original_topic,
                "open": open_,
                "total": total,
                "orders": orders,
                "firstAt": first_at,
                "lastAt": last_at,
                "note": note,
                "notedBy": noted_by,
                "cameBack": came_back,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        fingerprint = d.pop("fingerprint")

        service = d.pop("service")

        def _parse_error_class(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        error_class = _parse_error_class(d.pop("errorClass"))

        def _parse_error_message(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        error_message = _parse_error_message(d.pop("errorMessage"))

        original_topic = d.pop("originalTopic")

        open_ = d.pop("open")

        total = d.pop("total")

        orders = d.pop("orders")

        first_at = datetime.datetime.fromisoformat(d.pop("firstAt"))

        last_at = datetime.datetime.fromisoformat(d.pop("lastAt"))

        def _parse_note(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        note = _parse_note(d.pop("note"))

        def _parse_noted_by(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        noted_by = _parse_noted_by(d.pop("notedBy"))

        came_back = d.pop("cameBack")

        group = cls(
            fingerprint=fingerprint,
            service=service,
            error_class=error_class,
            error_message=error_message,
            original_topic=original_topic,
            open_=open_,
            total=total,
            orders=orders,
            first_at=first_at,
            last_at=last_at,
            note=note,
            noted_by=noted_by,
            came_back=came_back,
        )

        group.additional_properties = d
        return group

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
