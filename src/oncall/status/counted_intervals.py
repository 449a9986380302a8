"""Lists the outages and maintenances that the uptime figures count, so that a reader can add them up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from oncall.status.component_history import SecondsSpan, outside
from oncall.status.component_states import ComponentState
from oncall.status.incidents import Incident, Maintenance
from oncall.status.status_record import StatusRecord, epoch
from oncall.status.statuspage_json import is_public

IN_FULL, ONLY_STRICT = "counts in full", "counts in the strict figure"
AGREED, IN_AGREED = "does not count: announced in time", "does not count: during maintenance announced in time"
UNMEASURED = "does not count: not measured then"
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class CountedInterval:
    """A span in which one public component was not fully up. end: None while it lasts.

    how: whether the span counts, and in which figure, in words.
    """

    subject: str
    title: str
    component: str
    start: datetime
    end: datetime | None
    state: ComponentState
    how: str


def counted_intervals(record: StatusRecord, window: SecondsSpan) -> list[CountedInterval]:
    """Return the newest 100 spans of outage or maintenance in a window of whole seconds since 1970.

    Degraded performance counts in no figure, so it is left out.
    """
    found = [each for incident in record.incidents for each in _of_incident(incident, record)]
    found += [each for work in record.maintenances for each in _of_work(work, record)]
    inside = [each for each in found if _touches(each, window)]
    return sorted(inside, key=lambda each: (each.start, each.subject, each.component), reverse=True)[:MOST_SHOWN]


def _of_incident(incident: Incident, record: StatusRecord) -> Iterator[CountedInterval]:
    weights = {
        ComponentState.MAJOR: IN_FULL,
        ComponentState.PARTIAL: f"counts by {float(record.page.partial_weight):g}",
    }
    for component in _components(record) if is_public(incident, record) else ():
        for span in incident.spans_of(component):
            if span.state in weights:
                whole = SecondsSpan(epoch(span.start), epoch(span.end) if span.end else record.now_seconds + 1)
                for part, how in _parts(whole, component, record, weights[span.state], IN_AGREED):
                    yield _interval(incident, record.name_of(component), part, span.state, how, record)


def _of_work(work: Maintenance, record: StatusRecord) -> Iterator[CountedInterval]:
    state = ComponentState.UNDER_MAINTENANCE
    for component in _components(record) if is_public(work, record) else ():
        for span in work.spans() if component in work.components else ():
            whole = SecondsSpan(epoch(span.start), epoch(span.end))
            for part, how in _parts(whole, component, record, ONLY_STRICT, AGREED):
                yield _interval(work, record.name_of(component), part, state, how, record)


def _components(record: StatusRecord) -> list[str]:
    """Return the ids of the public components, including those that the status page no longer has."""
    return [name for name in record.histories if name in record.shown]


def _parts(
    span: SecondsSpan, component: str, record: StatusRecord, counts: str, agreed: str
) -> Iterator[tuple[SecondsSpan, str]]:
    """Yield the parts of a span, each with words that say how it counts.

    counts: the words for a part that counts. agreed: the words for a part in agreed maintenance of the component. A
    part before the component was published, or while its monitor was silent, does not count.
    """
    history = record.histories[component]
    before = [SecondsSpan(span.start, history.first)] if span.start < history.first else []
    known = list(outside([span], [*before, *history.gaps]))
    free = list(outside(known, history.agreed))
    yield from ((part, counts) for part in free)
    yield from ((part, agreed) for part in outside(known, free))
    yield from ((part, UNMEASURED) for part in outside([span], known))


def _interval(
    subject: Incident | Maintenance,
    component: str,
    part: SecondsSpan,
    state: ComponentState,
    how: str,
    record: StatusRecord,
) -> CountedInterval:
    end = datetime.fromtimestamp(part.end, UTC) if part.end <= record.now_seconds else None
    start = datetime.fromtimestamp(part.start, UTC)
    return CountedInterval(subject.id, subject.title, component, start, end, state, how)


def _touches(interval: CountedInterval, window: SecondsSpan) -> bool:
    is_before = interval.end is not None and epoch(interval.end) <= window.start
    return not is_before and epoch(interval.start) < window.end
