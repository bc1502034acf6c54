from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="PlannedSending")


@_attrs_define
class PlannedSending:
    """One message that a replay would send, and what that would change.

    Attributes:
        id (UUID):
        from_ (str):
        topic (str):
        key (None | str):
        value (None | str):
        headers (list[list[None | str]]):
        effect (str):
        order_id (None | UUID):
        order_status (None | str):
    """

    id: UUID
    from_: str
    topic: str
    key: str | None
    value: str | None
    headers: list[list[str | None]]
    effect: str
    order_id: UUID | None
    order_status: str | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        from_ = self.from_

        topic = self.topic

        key: str | None
        key = self.key

        value: str | None
        value = self.value

        headers = []
        for headers_item_data in self.headers:
            headers_item = []
            for headers_item_item_data in headers_item_data:
                headers_item_item: str | None
                headers_item_item = headers_item_item_data
                headers_item.append(headers_item_item)

            headers.append(headers_item)

        effect = self.effect

        order_id: str | None
        if isinstance(self.order_id, UUID):
            order_id = str(self.order_id)
        else:
            order_id = self.order_id

        order_status: str | None
        order_status = self.order_status

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "from": from_,
                "topic": topic,
                "key": key,
                "value": value,
                "headers": headers,
                "effect": effect,
                "orderId": order_id,
                "orderStatus": order_status,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        from_ = d.pop("from")

        topic = d.pop("topic")

        def _parse_key(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        key = _parse_key(d.pop("key"))

        def _parse_value(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        value = _parse_value(d.pop("value"))

        headers = []
        _headers = d.pop("headers")
        for headers_item_data in _headers:
            headers_item = []
            _headers_item = headers_item_data
            for headers_item_item_data in _headers_item:

                def _parse_headers_item_item(data: object) -> str | None:
                    if data is None:
                        return data
                    return cast(None | str, data)

                headers_item_item = _parse_headers_item_item(headers_item_item_data)

                headers_item.append(headers_item_item)

            headers.append(headers_item)

        effect = d.pop("effect")

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

        def _parse_order_status(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        order_status = _parse_order_status(d.pop("orderStatus"))

        planned_sending = cls(
            id=id,
            from_=from_,
            topic=topic,
            key=key,
            value=value,
            headers=headers,
            effect=effect,
            order_id=order_id,
            order_status=order_status,
        )

        planned_sending.additional_properties = d
        return planned_sending

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
