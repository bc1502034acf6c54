from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="DeadLetterDetail")


@_attrs_define
class DeadLetterDetail:
    """One dead letter whole; the body and the headers are masked where they look like a secret.

    Attributes:
        id (UUID):
        service (str):
        group (str):
        original_topic (str):
        original_partition (int | None):
        original_offset (int | None):
        event_id (None | str):
        event_type (None | str):
        order_id (None | UUID):
        attempts (int | None):
        error_class (None | str):
        error_message (None | str):
        first_failed_at (datetime.datetime | None):
        dead_at (datetime.datetime):
        state (str):
        state_at (datetime.datetime | None):
        state_by (None | str):
        state_reason (None | str):
        replays (int):
        place (str):
        key (None | str):
        value (None | str):
        headers (list[list[None | str]]):
        stack (None | str):
        kcat (str):
        order_status (None | str):
    """

    id: UUID
    service: str
    group: str
    original_topic: str
    original_partition: int | None
    original_offset: int | None
    event_id: str | None
    event_type: str | None
    order_id: UUID | None
    attempts: int | None
    error_class: str | None
    error_message: str | None
    first_failed_at: datetime.datetime | None
    dead_at: datetime.datetime
    state: str
    state_at: datetime.datetime | None
    state_by: str | None
    state_reason: str | None
    replays: int
    place: str
    key: str | None
    value: str | None
    headers: list[list[str | None]]
    stack: str | None
    kcat: str
    order_status: str | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        service = self.service

        group = self.group

        original_topic = self.original_topic

        original_partition: int | None
        original_partition = self.original_partition

        original_offset: int | None
        original_offset = self.original_offset

        event_id: str | None
        event_id = self.event_id

        event_type: str | None
        event_type = self.event_type

        order_id: str | None
        if isinstance(self.order_id, UUID):
            order_id = str(self.order_id)
        else:
            order_id = self.order_id

        attempts: int | None
        attempts = self.attempts

        error_class: str | None
        error_class = self.error_class

        error_message: str | None
        error_message = self.error_message

        first_failed_at: str | None
        if isinstance(self.first_failed_at, datetime.datetime):
            first_failed_at = self.first_failed_at.isoformat()
        else:
            first_failed_at = self.first_failed_at

        dead_at = self.dead_at.isoformat()

        state = self.state

        state_at: str | None
        if isinstance(self.state_at, datetime.datetime):
            state_at = self.state_at.isoformat()
        else:
            state_at = self.state_at

        state_by: str | None
        state_by = self.state_by

        state_reason: str | None
        state_reason = self.state_reason

        replays = self.replays

        place = self.place

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

        stack: str | None
        stack = self.stack

        kcat = self.kcat

        order_status: str | None
        order_status = self.order_status

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "service": service,
                "group": group,
                "originalTopic": original_topic,
                "originalPartition": original_partition,
                "originalOffset": original_offset,
                "eventId": event_id,
                "eventType": event_type,
                "orderId": order_id,
                "attempts": attempts,
                "errorClass": error_class,
                "errorMessage": error_message,
                "firstFailedAt": first_failed_at,
                "deadAt": dead_at,
                "state": state,
                "stateAt": state_at,
                "stateBy": state_by,
                "stateReason": state_reason,
                "replays": replays,
                "place": place,
                "key": key,
                "value": value,
                "headers": headers,
                "stack": stack,
                "kcat": kcat,
                "orderStatus": order_status,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        service = d.pop("service")

        group = d.pop("group")

        original_topic = d.pop("originalTopic")

        def _parse_original_partition(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        original_partition = _parse_original_partition(d.pop("originalPartition"))

        def _parse_original_offset(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        original_offset = _parse_original_offset(d.pop("originalOffset"))

        def _parse_event_id(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        event_id = _parse_event_id(d.pop("eventId"))

        def _parse_event_type(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        event_type = _parse_event_type(d.pop("eventType"))

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

        def _parse_attempts(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        attempts = _parse_attempts(d.pop("attempts"))

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

        def _parse_first_failed_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                first_failed_at_type_0 = datetime.datetime.fromisoformat(data)

                return first_failed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        first_failed_at = _parse_first_failed_at(d.pop("firstFailedAt"))

        dead_at = datetime.datetime.fromisoformat(d.pop("deadAt"))

        state = d.pop("state")

        def _parse_state_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                state_at_type_0 = datetime.datetime.fromisoformat(data)

                return state_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        state_at = _parse_state_at(d.pop("stateAt"))

        def _parse_state_by(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        state_by = _parse_state_by(d.pop("stateBy"))

        def _parse_state_reason(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        state_reason = _parse_state_reason(d.pop("stateReason"))

        replays = d.pop("replays")

        place = d.pop("place")

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

        def _parse_stack(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        stack = _parse_stack(d.pop("stack"))

        kcat = d.pop("kcat")

        def _parse_order_status(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        order_status = _parse_order_status(d.pop("orderStatus"))

        dead_letter_detail = cls(
            id=id,
            service=service,
            group=group,
            original_topic=original_topic,
            original_partition=original_partition,
            original_offset=original_offset,
            event_id=event_id,
            event_type=event_type,
            order_id=order_id,
            attempts=attempts,
            error_class=error_class,
            error_message=error_message,
            first_failed_at=first_failed_at,
            dead_at=dead_at,
            state=state,
            state_at=state_at,
            state_by=state_by,
            state_reason=state_reason,
            replays=replays,
            place=place,
            key=key,
            value=value,
            headers=headers,
            stack=stack,
            kcat=kcat,
            order_status=order_status,
        )

        dead_letter_detail.additional_properties = d
        return dead_letter_detail

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
