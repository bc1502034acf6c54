from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.letter_act_state_type_0 import LetterActStateType0
from ..types import UNSET, Unset

T = TypeVar("T", bound="LetterAct")


@_attrs_define
class LetterAct:
    """Discard or restore these letters.

    Attributes:
        ids (list[UUID] | Unset):
        group (None | str | Unset):
        service (None | str | Unset):
        topic (None | str | Unset): the original topic
        error (None | str | Unset): the error's class
        order_id (None | Unset | UUID):
        since (datetime.datetime | None | Unset):
        until (datetime.datetime | None | Unset):
        state (LetterActStateType0 | None | Unset): absent: open, or whatever the ids name
        dry_run (bool | Unset):  Default: False.
        reason (str | Unset):  Default: ''.
    """

    ids: list[UUID] | Unset = UNSET
    group: str | Unset | None = UNSET
    service: str | Unset | None = UNSET
    topic: str | Unset | None = UNSET
    error: str | Unset | None = UNSET
    order_id: Unset | UUID | None = UNSET
    since: datetime.datetime | Unset | None = UNSET
    until: datetime.datetime | Unset | None = UNSET
    state: LetterActStateType0 | Unset | None = UNSET
    dry_run: bool | Unset = False
    reason: str | Unset = ""
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        ids: list[str] | Unset = UNSET
        if not isinstance(self.ids, Unset):
            ids = []
            for ids_item_data in self.ids:
                ids_item = str(ids_item_data)
                ids.append(ids_item)

        group: str | Unset | None
        if isinstance(self.group, Unset):
            group = UNSET
        else:
            group = self.group

        service: str | Unset | None
        if isinstance(self.service, Unset):
            service = UNSET
        else:
            service = self.service

        topic: str | Unset | None
        if isinstance(self.topic, Unset):
            topic = UNSET
        else:
            topic = self.topic

        error: str | Unset | None
        if isinstance(self.error, Unset):
            error = UNSET
        else:
            error = self.error

        order_id: str | Unset | None
        if isinstance(self.order_id, Unset):
            order_id = UNSET
        elif isinstance(self.order_id, UUID):
            order_id = str(self.order_id)
        else:
            order_id = self.order_id

        since: str | Unset | None
        if isinstance(self.since, Unset):
            since = UNSET
        elif isinstance(self.since, datetime.datetime):
            since = self.since.isoformat()
        else:
            since = self.since

        until: str | Unset | None
        if isinstance(self.until, Unset):
            until = UNSET
        elif isinstance(self.until, datetime.datetime):
            until = self.until.isoformat()
        else:
            until = self.until

        state: str | Unset | None
        if isinstance(self.state, Unset):
            state = UNSET
        elif isinstance(self.state, LetterActStateType0):
            state = self.state.value
        else:
            state = self.state

        dry_run = self.dry_run

        reason = self.reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if ids is not UNSET:
            field_dict["ids"] = ids
        if group is not UNSET:
            field_dict["group"] = group
        if service is not UNSET:
            field_dict["service"] = service
        if topic is not UNSET:
            field_dict["topic"] = topic
        if error is not UNSET:
            field_dict["error"] = error
        if order_id is not UNSET:
            field_dict["orderId"] = order_id
        if since is not UNSET:
            field_dict["since"] = since
        if until is not UNSET:
            field_dict["until"] = until
        if state is not UNSET:
            field_dict["state"] = state
        if dry_run is not UNSET:
            field_dict["dryRun"] = dry_run
        if reason is not UNSET:
            field_dict["reason"] = reason

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        _ids = d.pop("ids", UNSET)
        ids: list[UUID] | Unset = UNSET
        if _ids is not UNSET:
            ids = []
            for ids_item_data in _ids:
                ids_item = UUID(ids_item_data)

                ids.append(ids_item)

        def _parse_group(data: object) -> str | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        group = _parse_group(d.pop("group", UNSET))

        def _parse_service(data: object) -> str | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        service = _parse_service(d.pop("service", UNSET))

        def _parse_topic(data: object) -> str | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        topic = _parse_topic(d.pop("topic", UNSET))

        def _parse_error(data: object) -> str | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        error = _parse_error(d.pop("error", UNSET))

        def _parse_order_id(data: object) -> Unset | UUID | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                order_id_type_0 = UUID(data)

                return order_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UUID, data)

        order_id = _parse_order_id(d.pop("orderId", UNSET))

        def _parse_since(data: object) -> datetime.datetime | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                since_type_0 = datetime.datetime.fromisoformat(data)

                return since_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        since = _parse_since(d.pop("since", UNSET))

        def _parse_until(data: object) -> datetime.datetime | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                until_type_0 = datetime.datetime.fromisoformat(data)

                return until_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        until = _parse_until(d.pop("until", UNSET))

        def _parse_state(data: object) -> LetterActStateType0 | Unset | None:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                state_type_0 = LetterActStateType0(data)

                return state_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(LetterActStateType0 | None | Unset, data)

        state = _parse_state(d.pop("state", UNSET))

        dry_run = d.pop("dryRun", UNSET)

        reason = d.pop("reason", UNSET)

        letter_act = cls(
            ids=ids,
            group=group,
            service=service,
            topic=topic,
            error=error,
            order_id=order_id,
            since=since,
            until=until,
            state=state,
            dry_run=dry_run,
            reason=reason,
        )

        letter_act.additional_properties = d
        return letter_act

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
