from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.topic_lag import TopicLag


T = TypeVar("T", bound="Topic")


@_attrs_define
class Topic:
    """One topic: its rate over the last sample (messages a second) and the lag of each group.

    Attributes:
        name (str):
        partitions (int):
        end (int):
        rate_s (float | None):
        lag (TopicLag):
    """

    name: str
    partitions: int
    end: int
    rate_s: float | None
    lag: TopicLag
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        partitions = self.partitions

        end = self.end

        rate_s: float | None
        rate_s = self.rate_s

        lag = self.lag.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "partitions": partitions,
                "end": end,
                "rateS": rate_s,
                "lag": lag,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.topic_lag import TopicLag

        d = dict(src_dict)
        name = d.pop("name")

        partitions = d.pop("partitions")

        end = d.pop("end")

        def _parse_rate_s(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        rate_s = _parse_rate_s(d.pop("rateS"))

        lag = TopicLag.from_dict(d.pop("lag"))

        topic = cls(
            name=name,
            partitions=partitions,
            end=end,
            rate_s=rate_s,
            lag=lag,
        )

        topic.additional_properties = d
        return topic

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
