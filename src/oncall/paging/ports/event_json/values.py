"""Converts values in the details of an event to JSON and back.

These are times, versions of the policy, positions in the escalation, and marks of SLA alerts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from oncall.paging.domain.escalation import Position
from oncall.paging.domain.events import ActionEvent, Event, EventKind, ReportedTimes, TermsVersions
from oncall.paging.domain.pager_events import AlertMark
from oncall.support.policy import Metric

Json = dict[str, Any]
"""A JSON object to be written; its values may be any JSON."""
Details = Mapping[str, Any]
"""A JSON object that was read; its values may be any JSON."""
Common = tuple[str, datetime, str, str, str | None, int]
"""The common fields of an event in their order: ticket, at, by, why, id, seq."""
Reader = Callable[[Common, Details], Event]
"""A function that builds an event of one kind from its common fields and its details."""
Writer = Callable[[Any], Json]
"""A function that returns the details of an event of one class as JSON. The parameter is Any because a table of writers
by class has no exact type."""


def instant(text: str) -> datetime:
    """Parse an ISO 8601 time with an offset. Returns it as aware UTC."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def maybe_instant(text: str | None) -> datetime | None:
    """Parse a time as `instant` does; None for None."""
    return None if text is None else instant(text)


def text(at: datetime | None) -> str | None:
    """Return a time as ISO 8601 text; None for None."""
    return None if at is None else at.isoformat()


def terms_of(details: Details) -> TermsVersions | None:
    """Return the versions of the policy and business hours that the details name; None if they name none."""
    version = details.get("policy")
    return None if version is None else _terms(version, details.get("hours"))


@lru_cache(maxsize=1024)
def _terms(policy: int, hours: int | None) -> TermsVersions:
    """Return the versions as an object.

    It is cached, because thousands of events in a report have the same versions.
    """
    return TermsVersions(policy, hours)


def terms_json(terms: TermsVersions | None) -> Json:
    """Return the versions of the policy and business hours as keys of the details; no keys for None."""
    if terms is None:
        return {}
    return {"policy": terms.policy} if terms.hours is None else {"policy": terms.policy, "hours": terms.hours}


def reported_of(details: Details) -> ReportedTimes | None:
    """Return the times of the event's report; None if the details have none."""
    recorded_at, said_at = details.get("recorded_at"), details.get("said_at")
    return None if recorded_at is said_at is None else ReportedTimes(maybe_instant(recorded_at), maybe_instant(said_at))


def reported_json(event: ActionEvent) -> Json:
    """Return the times of the event's report as keys of the details; no keys if it has none."""
    if event.reported is None:
        return {}
    return given(recorded_at=text(event.reported.recorded_at), said_at=text(event.reported.said_at))


def given(**values: str | None) -> Json:
    """Return the keyword arguments that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def position_of(found: Details | None) -> Position | None:
    """Return the position of an escalation step from its JSON; None for None."""
    if found is None:
        return None
    return Position(found["round"], found["step"], instant(found["due_at"]), instant(found["round_began_at"]))


def position_json(position: Position | None) -> Json | None:
    """Return the position of an escalation step as JSON; None for None."""
    if position is None:
        return None
    return {
        "round": position.round,
        "step": position.step,
        "due_at": position.due_at.isoformat(),
        "round_began_at": position.round_began_at.isoformat(),
    }


def mark_of(found: list[str]) -> AlertMark:
    """Return the mark of an SLA alert from its JSON: `[kind, metric, since]`, or `[kind, metric, since, due_at]`."""
    kind, metric, since, *due_at = found
    return AlertMark(EventKind(kind), Metric(metric), instant(since), instant(due_at[0]) if due_at else None)


def mark_json(mark: AlertMark) -> list[str]:
    """Return the mark of an SLA alert as JSON, in the form that `mark_of` reads."""
    name = [mark.kind.value, mark.metric.value, mark.since.isoformat()]
    return name if mark.due_at is None else [*name, mark.due_at.isoformat()]
