from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.replay import Replay
    from ..models.webhook_detail_headers import WebhookDetailHeaders


T = TypeVar("T", bound="WebhookDetail")


@_attrs_define
class WebhookDetail:
    """One webhook whole. `payload` and `body` are masked where they look like a secret; `bodyIsText` is false
    where it is no UTF-8 (then it is shown as hexadecimal). Once its retention has ended `body` is null, the
    headers are empty, and `bodyRemovedAfterDays` says how long they were kept.

        Attributes:
            id (UUID):
            provider (str):
            event_type (str):
            external_id (str):
            order_id (None | str):
            payment_id (None | str):
            reservation_id (None | str):
            outcome (str):
            reason (None | str):
            duplicates (int):
            received_at (datetime.datetime):
            last_seen_at (datetime.datetime):
            topic (None | str):
            partition (int | None):
            offset (int | None):
            replayed_at (datetime.datetime | None):
            trace_id (None | str):
            headers (WebhookDetailHeaders):
            source_address (None | str):
            secret_id (None | str):
            body_removed_after_days (int | None):
            payload (Any | Unset):
            body (None | str | Unset):
            body_bytes (int | None | Unset):
            body_removed_at (datetime.datetime | None | Unset):
            body_is_text (bool | Unset):  Default: True.
            masked (bool | Unset):  Default: False.
            trace_url (None | str | Unset):
            replays (list[Replay] | Unset):
    """

    id: UUID
    provider: str
    event_type: str
    external_id: str
    order_id: str | None
    payment_id: str | None
    reservation_id: str | None
    outcome: str
    reason: str | None
    duplicates: int
    received_at: datetime.datetime
    last_seen_at: datetime.datetime
    topic: str | None
    partition: int | None
    offset: int | None
    replayed_at: datetime.datetime | None
    trace_id: str | None
    headers: WebhookDetailHeaders
    source_address: str | None
    secret_id: str | None
    body_removed_after_days: int | None
    payload: Any | Unset = UNSET
    body: str | Unset | None = UNSET
    body_bytes: int | Unset | None = UNSET
    body_removed_at: datetime.datetime | Unset | None = UNSET
    body_is_text: bool | Unset = True
    masked: bool | Unset = False
    trace_url: str | Unset | None = UNSET
    replays: list[Replay] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        provider = self.provider

        event_type = self.event_type

        external_id = self.external_id

        order_id: str | None
        order_id = self.order_id

        payment_id: str | None
        payment_id = self.payment_id

        reservation_id: str | None
        reservation_id = self.reservation_id

        outcome = self.outcome

        reason: str | None
        reason = self.reason

        duplicates = self.duplicates

        received_at = self.received_at.isoformat()

        last_seen_at = self.last_seen_at.isoformat()

        topic: str | None
        topic = self.topic

        partition: int | None
        partition = self.partition

        offset: int | None
        offset = self.offset

        replayed_at: str | None
        if isinstance(self.replayed_at, datetime.datetime):
            replayed_at = self.replayed_at.isoformat()
        else:
            replayed_at = self.replayed_at

        trace_id: str | None
        trace_id = self.trace_id

        headers = self.headers.to_dict()

        source_address: str | None
        source_address = self.source_address

        secret_id: str | None
        secret_id = self.secret_id

        body_removed_after_days: int | None
        body_removed_after_days = self.body_removed_after_days

        payload = self.payload

        body: str | Unset | None
        if isinstance(self.body, Unset):
            body = UNSET
        else:
            body = self.body

        body_bytes: int | Unset | None
        if isinstance(self.body_bytes, Unset):
            body_bytes = UNSET
        else:
            body_bytes = self.body_bytes

        body_removed_at: str | Unset | None
        if isinstance(self.body_removed_at, Unset):
            body_removed_at = UNSET
        elif isinstance(self.body_removed_at, datetime.datetime):
            body_removed_at = self.body_removed_at.isoformat()
        else:
            body_removed_at = self.body_removed_at

        body_is_text = self.body_is_text

        masked = self.masked

        trace_url: str | Unset | None
        if isinstance(self.trace_url, Unset):
            trace_url = UNSET
        else:
            trace_url = self.trace_url

        replays: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.replays, Unset):
            replays = []
            for replays_item_data in self.replays:
                replays_item = replays_item_data.to_dict()
                replays.append(replays_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "provider": provider,
                "eventType": event_type,
                "externalId": external_id,
                "orderId": order_id,
                "paymentId": payment_id,
                "reservationId": reservation_id,
                "outcome": outcome,
                "reason": reason,
                "duplicates": duplicates,
                "receivedAt": received_at,
                "lastSeenAt": last_seen_at,
                "topic": topic,
                "partition": partition,
                "offset": offset,
                "replayedAt": replayed_at,
                "traceId": trace_id,
                "headers": headers,
                "sourceAddress": source_address,
                "secretId": secret_id,
                "bodyRemovedAfterDays": body_removed_after_days,
            }
        )
        if payload is not UNSET:
            field_dict["payload"] = payload
        if body is not UNSET:
            field_dict["body"] = body
        if body_bytes is not UNSET:
            field_dict["bodyBytes"] = body_bytes
        if body_removed_at is not UNSET:
            field_dict["bodyRemovedAt"] = body_removed_at
        if body_is_text is not UNSET:
            field_dict["bodyIsText"] = body_is_text
        if masked is not UNSET:
            field_dict["masked"] = masked
        if trace_url is not UNSET:
            field_dict["traceUrl"] = trace_url
        if replays is not UNSET:
            field_dict["replays"] = replays

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.replay import Replay
        from ..models.webhook_detail_headers import WebhookDetailHeaders

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        provider = d.pop("provider")

        event_type = d.pop("eventType")

        external_id = d.pop("externalId")

        def _parse_order_id(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        order_id = _parse_order_id(d.pop("orderId"))

        def _parse_payment_id(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        payment_id = _parse_payment_id(d.pop("paymentId"))

        def _parse_reservation_id(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        reservation_id = _parse_reservation_id(d.pop("reservationId"))

        outcome = d.pop("outcome")

        def _parse_reason(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        reason = _parse_reason(d.pop("reason"))

        duplicates = d.pop("duplicates")

        received_at = datetime.datetime.fromisoformat(d.pop("receivedAt"))

        last_seen_at = datetime.datetime.fromisoformat(d.pop("lastSeenAt"))

        def _parse_topic(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        topic = _parse_topic(d.pop("topic"))

        def _parse_partition(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        partition = _parse_partition(d.pop("partition"))

        def _parse_offset(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        offset = _parse_offset(d.pop("offset"))

        def _parse_replayed_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                replayed_at_type_0 = datetime.datetime.fromisoformat(data)

                return replayed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        replayed_at = _parse_replayed_at(d.pop("replayedAt"))

        def _parse_trace_id(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        trace_id = _parse_trace_id(d.pop("traceId"))

        headers = WebhookDetailHeaders.from_dict(d.pop("headers"))

        def _parse_source_address(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        source_address = _parse_source_address(d.pop("sourceAddress"))

        def _parse_secret_id(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        secret_id = _parse_secret_id(d.pop("secretId"))

        def _parse_body_removed_after_days(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        body_removed_after_days = _parse_body_removed_after_days(d.pop("bodyRemovedAfterDays"))

        payload = d.pop("payload", UNSET)

        def _parse_body(data: object) -> str | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        body = _parse_body(d.pop("body", UNSET))

        def _parse_body_bytes(data: object) -> int | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        body_bytes = _parse_body_bytes(d.pop("bodyBytes", UNSET))

        def _parse_body_removed_at(data: object) -> datetime.datetime | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                body_removed_at_type_0 = datetime.datetime.fromisoformat(data)

                return body_removed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        body_removed_at = _parse_body_removed_at(d.pop("bodyRemovedAt", UNSET))

        body_is_text = d.pop("bodyIsText", UNSET)

        masked = d.pop("masked", UNSET)

        def _parse_trace_url(data: object) -> str | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        trace_url = _parse_trace_url(d.pop("traceUrl", UNSET))

        _replays = d.pop("replays", UNSET)
        replays: list[Replay] | Unset = UNSET
        if _replays is not UNSET:
            replays = []
            for replays_item_data in _replays:
                replays_item = Replay.from_dict(replays_item_data)

                replays.append(replays_item)

        webhook_detail = cls(
            id=id,
            provider=provider,
            event_type=event_type,
            external_id=external_id,
            order_id=order_id,
            payment_id=payment_id,
            reservation_id=reservation_id,
            outcome=outcome,
            reason=reason,
            duplicates=duplicates,
            received_at=received_at,
            last_seen_at=last_seen_at,
            topic=topic,
            partition=partition,
            offset=offset,
            replayed_at=replayed_at,
            trace_id=trace_id,
            headers=headers,
            source_address=source_address,
            secret_id=secret_id,
            body_removed_after_days=body_removed_after_days,
            payload=payload,
            body=body,
            body_bytes=body_bytes,
            body_removed_at=body_removed_at,
            body_is_text=body_is_text,
            masked=masked,
            trace_url=trace_url,
            replays=replays,
        )

        webhook_detail.additional_properties = d
        return webhook_detail

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
