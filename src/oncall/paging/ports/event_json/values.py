"""Values inside the details of events as JSON, and back: times, versions, positions, marks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from oncall.paging.domain.escalation import Position
from oncall.paging.domain.events import ActionEvent, EventKind, ReportedTimes, TermsVersions
from oncall.paging.domain.pager_events import AlertMark
from oncall.support.policy import Metric

Json = dict[str, Any]
"""A JSON object to be written; its values may be any JSON."""
Details = Mapping[str, Any]
"""A JSON object that was read; its values may be any JSON."""
Common = tuple[str, datetime, str, str, str | None, int]
"""The common fields of an event in their order: ticket, at, by, why, id, seq."""


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def maybe_instant(text: str | None) -> datetime | None:
    return None if text is None else instant(text)


def text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def terms_of(details: Details) -> TermsVersions | None:
    version = details.get("policy")
    return None if version is None else TermsVersions(version, details.get("hours"))


def terms_json(terms: TermsVersions | None) -> Json:
    if terms is None:
        return {}
    return {"policy": terms.policy} if terms.hours is None else {"policy": terms.policy, "hours": terms.hours}


def reported_of(details: Details) -> ReportedTimes | None:
    recorded_at, said_at = details.get("recorded_at"), details.get("said_at")
    return None if recorded_at is said_at is None else ReportedTimes(maybe_instant(recorded_at), maybe_instant(said_at))


def reported_json(event: ActionEvent) -> Json:
    if event.reported is None:
        return {}
    return given(recorded_at=text(event.reported.recorded_at), said_at=text(event.reported.said_at))


def given(**values: str | None) -> Json:
    """Without the keys that say nothing."""
    return {name: value for name, value in values.items() if value is not None}


def position_of(found: Details | None) -> Position | None:
    if found is None:
        return None
    return Position(found["round"], found["step"], instant(found["due_at"]), instant(found["round_began_at"]))


def position_json(position: Position | None) -> Json | None:
    if position is None:
        return None
    return {
        "round": position.round,
        "step": position.step,
        "due_at": position.due_at.isoformat(),
        "round_began_at": position.round_began_at.isoformat(),
    }


def mark_of(found: list[str]) -> AlertMark:
    kind, metric, since, *due_at = found
    return AlertMark(EventKind(kind), Metric(metric), instant(since), instant(due_at[0]) if due_at else None)


def mark_json(mark: AlertMark) -> list[str]:
    name = [mark.kind.value, mark.metric.value, mark.since.isoformat()]
    return name if mark.due_at is None else [*name, mark.due_at.isoformat()]
