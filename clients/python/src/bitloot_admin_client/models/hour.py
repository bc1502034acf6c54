from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Hour")


@_attrs_define
class Hour:
    """One hour: orders placed in it, those of them that were paid, and their money.

    Attributes:
        at (datetime.datetime):
        orders (int):
        paid (int):
        revenue (str):
    """

    at: datetime.datetime
    orders: int
    paid: int
    revenue: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        at = self.at.isoformat()

        orders = self.orders

        paid = self.paid

        revenue = self.revenue

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "at": at,
                "orders": orders,
                "paid": paid,
                "revenue": revenue,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        at = datetime.datetime.fromisoformat(d.pop("at"))

        orders = d.pop("orders")

        paid = d.pop("paid")

        revenue = d.pop("revenue")

        hour = cls(
            at=at,
            orders=orders,
            paid=paid,
            revenue=revenue,
        )

        hour.additional_properties = d
        return hour

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
