from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="EditRequest")


@_attrs_define
class EditRequest:
    """Replay one letter with another body. Only fields that could not be read may differ: an amount in its spelling
    alone, an id, a status or a currency not at all.

        Attributes:
            body (str):
            dry_run (bool | Unset):  Default: False.
            reason (str | Unset):  Default: ''.
    """

    body: str
    dry_run: bool | Unset = False
    reason: str | Unset = ""
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        body = self.body

        dry_run = self.dry_run

        reason = self.reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "body": body,
            }
        )
        if dry_run is not UNSET:
            field_dict["dryRun"] = dry_run
        if reason is not UNSET:
            field_dict["reason"] = reason

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        body = d.pop("body")

        dry_run = d.pop("dryRun", UNSET)

        reason = d.pop("reason", UNSET)

        edit_request = cls(
            body=body,
            dry_run=dry_run,
            reason=reason,
        )

        edit_request.additional_properties = d
        return edit_request

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
