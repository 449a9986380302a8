"""Finds the events that time alone causes: a maintenance nears, begins or ends, or a proposed incident becomes public.

They are written to the log, so that feeds and subscribers get them as they get other events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from oncall.status.incidents import Maintenance
from oncall.status.status_events import StatusEvent, StatusEventKind
from oncall.status.status_record import StatusRecord

CLOCK = "oncall"
"""The name under which the log has these events, in place of a person's."""
NEWS_FOR = timedelta(days=1)
"""If no pager ran: for how long the end of a maintenance, or a self-published incident, is still reported."""


def due_events(record: StatusRecord, events: Iterable[StatusEvent]) -> list[StatusEvent]:
    """Return the events that are due at `record.now` and not in the log yet. events: those in the log."""
    found = [event for each in record.maintenances for event in _of_maintenance(each, record)]
    return [*found, *_of_proposals(record, list(events))]


def _of_maintenance(maintenance: Maintenance, record: StatusRecord) -> Iterator[StatusEvent]:
    plan, window, now = maintenance.plans[-1], maintenance.window, record.now
    said = [each for each in maintenance.steps if each.seq > plan.seq]
    if maintenance.cancelled is not None:
        return
    if now < window.start:
        remind_at = window.start - record.page.remind_before
        is_news = plan.written_at < remind_at <= now
        if is_news and not _has(said, StatusEventKind.REMINDED):
            yield _event(maintenance, StatusEventKind.REMINDED, now, now)
    elif now < window.end:
        if not _has(said, StatusEventKind.BEGAN) and not _was_in_progress(maintenance):
            yield _event(maintenance, StatusEventKind.BEGAN, max(window.start, plan.at), now)
    elif plan.written_at < window.end and now - window.end <= NEWS_FOR and not _has(said, StatusEventKind.ENDED):
        yield _event(maintenance, StatusEventKind.ENDED, window.end, now)


def _was_in_progress(maintenance: Maintenance) -> bool:
    """Return True if the maintenance was already in progress when its present times were announced."""
    plan = maintenance.plans[-1]
    return plan.window.start <= plan.at and _has(maintenance.steps, StatusEventKind.BEGAN)


def _of_proposals(record: StatusRecord, events: list[StatusEvent]) -> Iterator[StatusEvent]:
    proposed = {event.subject: event.seq for event in events if event.kind is StatusEventKind.PROPOSED}
    told = {event.subject for event in events if event.kind is StatusEventKind.APPEARED}
    for proposal in record.proposals:
        incident = proposal.incident
        if incident is None or proposal.id in told or len(incident.updates) > 1:
            continue
        (opening,) = incident.updates
        if opening.seq == proposed[proposal.id] and record.now - opening.written_at <= NEWS_FOR:
            yield StatusEvent(proposal.id, StatusEventKind.APPEARED, opening.written_at, record.now, CLOCK)


def _has(steps: Iterable[StatusEvent], kind: StatusEventKind) -> bool:
    return any(each.kind is kind for each in steps)


def _event(maintenance: Maintenance, kind: StatusEventKind, at: datetime, now: datetime) -> StatusEvent:
    return StatusEvent(maintenance.id, kind, at.replace(microsecond=0), now, CLOCK)
