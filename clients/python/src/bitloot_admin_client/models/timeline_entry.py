from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.timeline_entry_cause import TimelineEntryCause
    from ..models.timeline_entry_detail import TimelineEntryDetail


T = TypeVar("T", bound="TimelineEntry")


@_attrs_define
class TimelineEntry:
    """One thing that happened to an order, wherever it happened.

    `kind` says what it came from: state, webhook, kafka, provider, mail, link, deadLetter or operator.
    `sincePreviousMs` and `sinceStartMs` are null on the first.

        Attributes:
            at (datetime.datetime):
            kind (str):
            service (str):
            event (str):
            from_status (None | str | Unset):
            to_status (None | str | Unset):
            detail (TimelineEntryDetail | Unset):
            cause (TimelineEntryCause | Unset):
            trace_id (None | str | Unset):
            trace_url (None | str | Unset):
            href (None | str | Unset):
            since_previous_ms (int | None | Unset):
            since_start_ms (int | None | Unset):
    """

    at: datetime.datetime
    kind: str
    service: str
    event: str
    from_status: str | Unset | None = UNSET
    to_status: str | Unset | None = UNSET
    detail: TimelineEntryDetail | Unset = UNSET
    cause: TimelineEntryCause | Unset = UNSET
    trace_id: str | Unset | None = UNSET
    trace_url: str | Unset | None = UNSET
    href: str | Unset | None = UNSET
    since_previous_ms: int | Unset | None = UNSET
    since_start_ms: int | Unset | None = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        at = self.at.isoformat()

        kind = self.kind

        service = self.service

        event = self.event

        from_status: str | Unset | None
        if isinstance(self.from_status, Unset):
            from_status = UNSET
        else:
            from_status = self.from_status

        to_status: str | Unset | None
        if isinstance(self.to_status, Unset):
            to_status = UNSET
        else:
            to_status = self.to_status

        detail: dict[str, Any] | Unset = UNSET
        if not isinstance(self.detail, Unset):
            detail = self.detail.to_dict()

        cause: dict[str, Any] | Unset = UNSET
        if not isinstance(self.cause, Unset):
            cause = self.cause.to_dict()

        trace_id: str | Unset | None
        if isinstance(self.trace_id, Unset):
            trace_id = UNSET
        else:
            trace_id = self.trace_id

        trace_url: str | Unset | None
        if isinstance(self.trace_url, Unset):
            trace_url = UNSET
        else:
            trace_url = self.trace_url

        href: str | Unset | None
        if isinstance(self.href, Unset):
            href = UNSET
        else:
            href = self.href

        since_previous_ms: int | Unset | None
        if isinstance(self.since_previous_ms, Unset):
            since_previous_ms = UNSET
        else:
            since_previous_ms = self.since_previous_ms

        since_start_ms: int | Unset | None
        if isinstance(self.since_start_ms, Unset):
            since_start_ms = UNSET
        else:
            since_start_ms = self.since_start_ms

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "at": at,
                "kind": kind,
                "service": service,
                "event": event,
            }
        )
        if from_status is not UNSET:
            field_dict["fromStatus"] = from_status
        if to_status is not UNSET:
            field_dict["toStatus"] = to_status
        if detail is not UNSET:
            field_dict["detail"] = detail
        if cause is not UNSET:
            field_dict["cause"] = cause
        if trace_id is not UNSET:
            field_dict["traceId"] = trace_id
        if trace_url is not UNSET:
            field_dict["traceUrl"] = trace_url
        if href is not UNSET:
            field_dict["href"] = href
        if since_previous_ms is not UNSET:
            field_dict["sincePreviousMs"] = since_previous_ms
        if since_start_ms is not UNSET:
            field_dict["sinceStartMs"] = since_start_ms

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.timeline_entry_cause import TimelineEntryCause
        from ..models.timeline_entry_detail import TimelineEntryDetail

        d = dict(src_dict)
        at = datetime.datetime.fromisoformat(d.pop("at"))

        kind = d.pop("kind")

        service = d.pop("service")

        event = d.pop("event")

        def _parse_from_status(data: object) -> str | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        from_status = _parse_from_status(d.pop("fromStatus", UNSET))

        def _parse_to_status(data: object) -> str | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        to_status = _parse_to_status(d.pop("toStatus", UNSET))

        _detail = d.pop("detail", UNSET)
        detail: TimelineEntryDetail | Unset
        if isinstance(_detail, Unset):
            detail = UNSET
        else:
            detail = TimelineEntryDetail.from_dict(_detail)

        _cause = d.pop("cause", UNSET)
        cause: TimelineEntryCause | Unset
        if isinstance(_cause, Unset):
            cause = UNSET
        else:
            cause = TimelineEntryCause.from_dict(_cause)

        def _parse_trace_id(data: object) -> str | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        trace_id = _parse_trace_id(d.pop("traceId", UNSET))

        def _parse_trace_url(data: object) -> str | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        trace_url = _parse_trace_url(d.pop("traceUrl", UNSET))

        def _parse_href(data: object) -> str | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        href = _parse_href(d.pop("href", UNSET))

        def _parse_since_previous_ms(data: object) -> int | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        since_previous_ms = _parse_since_previous_ms(d.pop("sincePreviousMs", UNSET))

        def _parse_since_start_ms(data: object) -> int | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        since_start_ms = _parse_since_start_ms(d.pop("sinceStartMs", UNSET))

        timeline_entry = cls(
            at=at,
            kind=kind,
            service=service,
            event=event,
            from_status=from_status,
            to_status=to_status,
            detail=detail,
            cause=cause,
            trace_id=trace_id,
            trace_url=trace_url,
            href=href,
            since_previous_ms=since_previous_ms,
            since_start_ms=since_start_ms,
        )

        timeline_entry.additional_properties = d
        return timeline_entry

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
