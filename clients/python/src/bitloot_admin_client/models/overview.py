from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.hour import Hour
    from ..models.overview_deadletters import OverviewDeadletters
    from ..models.overview_ontheway import OverviewOntheway
    from ..models.waiting import Waiting


T = TypeVar("T", bound="Overview")


@_attrs_define
class Overview:
    """Numbers of the last 24 hours, and what waits now. Latencies are from payment to mail, in seconds.

    Attributes:
        at (datetime.datetime):
        currency (str):
        hours (list[Hour]):
        on_the_way (OverviewOntheway):
        oldest_waiting (None | Waiting):
        fulfilled (int):
        latency_p50s (float | None):
        latency_p99s (float | None):
        latency_count (int):
        refund_due (int):
        refund_due_amount (str):
        underpaid (int):
        orphaned_payments (int):
        dead_letters (OverviewDeadletters):
        oldest_dead_letter_at (datetime.datetime | None):
    """

    at: datetime.datetime
    currency: str
    hours: list[Hour]
    on_the_way: OverviewOntheway
    oldest_waiting: Waiting | None
    fulfilled: int
    latency_p50s: float | None
    latency_p99s: float | None
    latency_count: int
    refund_due: int
    refund_due_amount: str
    underpaid: int
    orphaned_payments: int
    dead_letters: OverviewDeadletters
    oldest_dead_letter_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.waiting import Waiting

        at = self.at.isoformat()

        currency = self.currency

        hours = []
        for hours_item_data in self.hours:
            hours_item = hours_item_data.to_dict()
            hours.append(hours_item)

        on_the_way = self.on_the_way.to_dict()

        oldest_waiting: dict[str, Any] | None
        if isinstance(self.oldest_waiting, Waiting):
            oldest_waiting = self.oldest_waiting.to_dict()
        else:
            oldest_waiting = self.oldest_waiting

        fulfilled = self.fulfilled

        latency_p50s: float | None
        latency_p50s = self.latency_p50s

        latency_p99s: float | None
        latency_p99s = self.latency_p99s

        latency_count = self.latency_count

        refund_due = self.refund_due

        refund_due_amount = self.refund_due_amount

        underpaid = self.underpaid

        orphaned_payments = self.orphaned_payments

        dead_letters = self.dead_letters.to_dict()

        oldest_dead_letter_at: str | None
        if isinstance(self.oldest_dead_letter_at, datetime.datetime):
            oldest_dead_letter_at = self.oldest_dead_letter_at.isoformat()
        else:
            oldest_dead_letter_at = self.oldest_dead_letter_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "at": at,
                "currency": currency,
                "hours": hours,
                "onTheWay": on_the_way,
                "oldestWaiting": oldest_waiting,
                "fulfilled": fulfilled,
                "latencyP50S": latency_p50s,
                "latencyP99S": latency_p99s,
                "latencyCount": latency_count,
                "refundDue": refund_due,
                "refundDueAmount": refund_due_amount,
                "underpaid": underpaid,
                "orphanedPayments": orphaned_payments,
                "deadLetters": dead_letters,
                "oldestDeadLetterAt": oldest_dead_letter_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.hour import Hour
        from ..models.overview_deadletters import OverviewDeadletters
        from ..models.overview_ontheway import OverviewOntheway
        from ..models.waiting import Waiting

        d = dict(src_dict)
        at = datetime.datetime.fromisoformat(d.pop("at"))

        currency = d.pop("currency")

        hours = []
        _hours = d.pop("hours")
        for hours_item_data in _hours:
            hours_item = Hour.from_dict(hours_item_data)

            hours.append(hours_item)

        on_the_way = OverviewOntheway.from_dict(d.pop("onTheWay"))

        def _parse_oldest_waiting(data: object) -> Waiting | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                oldest_waiting_type_0 = Waiting.from_dict(data)

                return oldest_waiting_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Waiting, data)

        oldest_waiting = _parse_oldest_waiting(d.pop("oldestWaiting"))

        fulfilled = d.pop("fulfilled")

        def _parse_latency_p50s(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        latency_p50s = _parse_latency_p50s(d.pop("latencyP50S"))

        def _parse_latency_p99s(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        latency_p99s = _parse_latency_p99s(d.pop("latencyP99S"))

        latency_count = d.pop("latencyCount")

        refund_due = d.pop("refundDue")

        refund_due_amount = d.pop("refundDueAmount")

        underpaid = d.pop("underpaid")

        orphaned_payments = d.pop("orphanedPayments")

        dead_letters = OverviewDeadletters.from_dict(d.pop("deadLetters"))

        def _parse_oldest_dead_letter_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                oldest_dead_letter_at_type_0 = datetime.datetime.fromisoformat(data)

                return oldest_dead_letter_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        oldest_dead_letter_at = _parse_oldest_dead_letter_at(d.pop("oldestDeadLetterAt"))

        overview = cls(
            at=at,
            currency=currency,
            hours=hours,
            on_the_way=on_the_way,
            oldest_waiting=oldest_waiting,
            fulfilled=fulfilled,
            latency_p50s=latency_p50s,
            latency_p99s=latency_p99s,
            latency_count=latency_count,
            refund_due=refund_due,
            refund_due_amount=refund_due_amount,
            underpaid=underpaid,
            orphaned_payments=orphaned_payments,
            dead_letters=dead_letters,
            oldest_dead_letter_at=oldest_dead_letter_at,
        )

        overview.additional_properties = d
        return overview

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
