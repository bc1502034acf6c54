from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.plan_effects import PlanEffects
    from ..models.plan_topics import PlanTopics
    from ..models.planned_sending import PlannedSending


T = TypeVar("T", bound="Plan")


@_attrs_define
class Plan:
    """What a replay would do: counts of all, and the first of the messages.

    Attributes:
        selected (int):
        sendable (int):
        refused (list[str]):
        effects (PlanEffects):
        topics (PlanTopics):
        sendings (list[PlannedSending]):
    """

    selected: int
    sendable: int
    refused: list[str]
    effects: PlanEffects
    topics: PlanTopics
    sendings: list[PlannedSending]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        selected = self.selected

        sendable = self.sendable

        refused = self.refused

        effects = self.effects.to_dict()

        topics = self.topics.to_dict()

        sendings = []
        for sendings_item_data in self.sendings:
            sendings_item = sendings_item_data.to_dict()
            sendings.append(sendings_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "selected": selected,
                "sendable": sendable,
                "refused": refused,
                "effects": effects,
                "topics": topics,
                "sendings": sendings,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.plan_effects import PlanEffects
        from ..models.plan_topics import PlanTopics
        from ..models.planned_sending import PlannedSending

        d = dict(src_dict)
        selected = d.pop("selected")

        sendable = d.pop("sendable")

        refused = cast(list[str], d.pop("refused"))

        effects = PlanEffects.from_dict(d.pop("effects"))

        topics = PlanTopics.from_dict(d.pop("topics"))

        sendings = []
        _sendings = d.pop("sendings")
        for sendings_item_data in _sendings:
            sendings_item = PlannedSending.from_dict(sendings_item_data)

            sendings.append(sendings_item)

        plan = cls(
            selected=selected,
            sendable=sendable,
            refused=refused,
            effects=effects,
            topics=topics,
            sendings=sendings,
        )

        plan.additional_properties = d
        return plan

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
