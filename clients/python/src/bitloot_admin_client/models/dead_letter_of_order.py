from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="DeadLetterOfOrder")


@_attrs_define
class DeadLetterOfOrder:
    """A dead letter, as an order's page names it.

    Attributes:
        id (UUID):
        dead_at (datetime.datetime):
        state (str):
        original_topic (str):
        error_class (None | str):
        error_message (None | str):
    """

    id: UUID
    dead_at: datetime.datetime
    state: str
    original_topic: str
    error_class: str | None
    error_message: str | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        dead_at = self.dead_at.isoformat()

        state = self.state

        original_topic = self.original_topic

        error_class: str | None
        error_class = self.error_class

        error_message: str | None
        error_message = self.error_message

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "deadAt": dead_at,
                "state": state,
                "originalTopic": original_topic,
                "errorClass": error_class,
                "errorMessage": error_message,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        dead_at = datetime.datetime.fromisoformat(d.pop("deadAt"))

        state = d.pop("state")

        original_topic = d.pop("originalTopic")

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

        dead_letter_of_order = cls(
            id=id,
            dead_at=dead_at,
            state=state,
            original_topic=original_topic,
            error_class=error_class,
            error_message=error_message,
        )

        dead_letter_of_order.additional_properties = d
        return dead_letter_of_order

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
