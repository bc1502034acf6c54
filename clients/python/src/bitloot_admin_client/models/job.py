from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.job_report import JobReport
    from ..models.job_selection import JobSelection


T = TypeVar("T", bound="Job")


@_attrs_define
class Job:
    """A bulk action under way or over. `failed` counts letters that came back as new ones.

    Attributes:
        id (UUID):
        kind (str):
        actor (str):
        reason (None | str):
        selection (JobSelection):
        state (str):
        total (int):
        done (int):
        failed (int):
        report (JobReport):
        created_at (datetime.datetime):
        touched_at (datetime.datetime):
        finished_at (datetime.datetime | None):
    """

    id: UUID
    kind: str
    actor: str
    reason: str | None
    selection: JobSelection
    state: str
    total: int
    done: int
    failed: int
    report: JobReport
    created_at: datetime.datetime
    touched_at: datetime.datetime
    finished_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        kind = self.kind

        actor = self.actor

        reason: str | None
        reason = self.reason

        selection = self.selection.to_dict()

        state = self.state

        total = self.total

        done = self.done

        failed = self.failed

        report = self.report.to_dict()

        created_at = self.created_at.isoformat()

        touched_at = self.touched_at.isoformat()

        finished_at: str | None
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "kind": kind,
                "actor": actor,
                "reason": reason,
                "selection": selection,
                "state": state,
                "total": total,
                "done": done,
                "failed": failed,
                "report": report,
                "createdAt": created_at,
                "touchedAt": touched_at,
                "finishedAt": finished_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.job_report import JobReport
        from ..models.job_selection import JobSelection

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        kind = d.pop("kind")

        actor = d.pop("actor")

        def _parse_reason(data: object) -> str | None:
            if data is None:
                return data
            return cast(None | str, data)

        reason = _parse_reason(d.pop("reason"))

        selection = JobSelection.from_dict(d.pop("selection"))

        state = d.pop("state")

        total = d.pop("total")

        done = d.pop("done")

        failed = d.pop("failed")

        report = JobReport.from_dict(d.pop("report"))

        created_at = datetime.datetime.fromisoformat(d.pop("createdAt"))

        touched_at = datetime.datetime.fromisoformat(d.pop("touchedAt"))

        def _parse_finished_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)

                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        finished_at = _parse_finished_at(d.pop("finishedAt"))

        job = cls(
            id=id,
            kind=kind,
            actor=actor,
            reason=reason,
            selection=selection,
            state=state,
            total=total,
            done=done,
            failed=failed,
            report=report,
            created_at=created_at,
            touched_at=touched_at,
            finished_at=finished_at,
        )

        job.additional_properties = d
        return job

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
