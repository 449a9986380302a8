"""Incidents and maintenances, computed from the events in the status page's log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.status.component_states import (
    ComponentState,
    Impact,
    IncidentState,
    MaintenanceState,
    impact_of,
    worst,
)
from oncall.status.status_events import StatusEvent, StatusEventKind
from oncall.support.windows import Window

MAINTENANCE_STEPS = (StatusEventKind.REMINDED, StatusEventKind.BEGAN, StatusEventKind.ENDED)


@dataclass(frozen=True, slots=True)
class Update:
    """One update of an incident or maintenance. components: the states that it set, by component id.

    at: the instant from which it is in force; written_at: when it was written (both aware UTC). seq: its number in the
    log.
    """

    seq: int
    at: datetime
    written_at: datetime
    by: str
    state: IncidentState
    message: str
    components: Mapping[str, ComponentState]


@dataclass(frozen=True, slots=True)
class Correction:
    """A later statement of when an incident began."""

    started_at: datetime
    reason: str
    by: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class StateSpan:
    """A span in which one component was in one state. end: None while the span lasts."""

    start: datetime
    end: datetime | None
    state: ComponentState


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident with its updates, ordered by time.

    started_at: when it began, after corrections. stated_at: when it began as first stated. silences: for an incident
    that a machine proposed, the spans in which the machine reported nothing. They do not count as outage, unless a
    person has stated the component's state.
    """

    id: str
    title: str
    ticket: str | None
    stated_at: datetime
    started_at: datetime
    updates: tuple[Update, ...]
    corrections: tuple[Correction, ...] = ()
    silences: tuple[StateSpan, ...] = ()

    @property
    def state(self) -> IncidentState:
        """Return the state that the latest update gave the incident."""
        return self.updates[-1].state

    @property
    def resolved_at(self) -> datetime | None:
        """Return when the incident ended for the last time; None while it is open."""
        ended: datetime | None = None
        for update in self.updates:
            # An end that is recorded late, but lies before another end, counts: from then on all was operational.
            ended = (ended or max(update.at, self.started_at)) if update.state.is_over else None
        return ended

    @property
    def updated_at(self) -> datetime:
        """Return the time of the latest update."""
        return self.updates[-1].at

    @property
    def components(self) -> tuple[str, ...]:
        """Return the ids of all components that the incident ever affected."""
        return tuple(dict.fromkeys(name for update in self.updates for name in update.components))

    @property
    def impact(self) -> Impact:
        """Return the impact of the incident, which is that of the worst state of any component."""
        return impact_of(worst(state for update in self.updates for state in update.components.values()))

    def states_set(self) -> Iterator[tuple[Update, Mapping[str, ComponentState]]]:
        """Yield each update with the states that it gave to components, by id.

        An update that resolves the incident makes all of them operational.
        """
        known: dict[str, ComponentState] = {}
        for update in self.updates:
            is_end = update.state is IncidentState.RESOLVED
            states = dict.fromkeys(known, ComponentState.OPERATIONAL) if is_end else update.components
            yield update, states
            known |= states

    def spans_of(self, component: str) -> Iterator[StateSpan]:
        """Yield the spans in which the incident kept a component in a state other than operational, ordered by time."""
        changes = list(self._changes_of(component))
        for number, (start, state) in enumerate(changes):
            end = changes[number + 1][0] if number + 1 < len(changes) else None
            if state is not ComponentState.OPERATIONAL and (end is None or start < end):
                yield from _without(StateSpan(start, end, state), self.silences if number == 0 else ())

    def _changes_of(self, component: str) -> Iterator[tuple[datetime, ComponentState]]:
        """Yield the time of each change of the component's state, and its new state.

        The first time is the incident's start.
        """
        for number, update in enumerate(self.updates):
            at = self.started_at if number == 0 else max(update.at, self.started_at)
            if update.state is IncidentState.RESOLVED:
                yield at, ComponentState.OPERATIONAL
            elif component in update.components:
                yield at, update.components[component]


@dataclass(frozen=True, slots=True)
class MaintenancePlan:
    """One announcement of the times of a maintenance. at: when it was made (aware UTC)."""

    at: datetime
    written_at: datetime
    by: str
    window: Window
    message: str
    seq: int


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Announced work on components, which begins and ends by itself.

    plans: every announcement of its times, in order. steps: the reminders, beginnings and ends that readers were told
    of, in order. The state of the maintenance does not depend on the steps.
    """

    id: str
    title: str
    components: tuple[str, ...]
    plans: tuple[MaintenancePlan, ...]
    cancelled: MaintenancePlan | None = None
    steps: tuple[StatusEvent, ...] = ()

    @property
    def window(self) -> Window:
        """Return the times of the maintenance as last announced."""
        return self.plans[-1].window

    def state_at(self, at: datetime) -> MaintenanceState:
        """Return the state of the maintenance at an instant (aware UTC)."""
        if self.cancelled is not None and self.cancelled.at <= at and self.cancelled.at < self.window.end:
            return MaintenanceState.CANCELLED
        if at < self.window.start:
            return MaintenanceState.SCHEDULED
        return MaintenanceState.IN_PROGRESS if at < self.window.end else MaintenanceState.COMPLETED

    def spans(self) -> Iterator[Window]:
        """Yield the spans under maintenance. A later announcement replaces the times of an earlier one from then on."""
        for _, span in self._spans():
            yield span

    def agreed_spans(self, notice: timedelta) -> Iterator[Window]:
        """Yield the spans of agreed maintenance: those that were announced at least `notice` before their start.

        Times that a later announcement left out for a while do not count, because nobody expected them any more.
        """
        for number, span in self._spans():
            standing = span
            for plan in reversed(self.plans[: number + 1]):
                common = _shared(standing, plan.window)
                if common is None:
                    break
                standing = common
                if plan.at + notice <= plan.window.start:
                    yield standing

    def _spans(self) -> Iterator[tuple[int, Window]]:
        """Yield the spans under maintenance, each with the index in `plans` of the announcement that was in force."""
        for number, plan in enumerate(self.plans):
            # The first announcement also applies to earlier times, so that past work can be recorded.
            start = plan.window.start if number == 0 else max(plan.window.start, plan.at)
            ends = [plan.window.end, *[later.at for later in self.plans[number + 1 : number + 2]]]
            ends += [self.cancelled.at] if self.cancelled is not None else []
            if start < min(ends):
                yield number, Window(start, min(ends))


def _shared(one: Window, other: Window) -> Window | None:
    """Return the window that two windows have in common; None if they do not overlap."""
    start, end = max(one.start, other.start), min(one.end, other.end)
    return Window(start, end) if start < end else None


def _without(span: StateSpan, silences: Iterable[StateSpan]) -> Iterator[StateSpan]:
    """Yield the parts of a span outside the silences. silences: ordered by time."""
    start = span.start
    for silence in silences:
        if silence.end is not None and silence.end <= start:
            continue
        if span.end is not None and span.end <= silence.start:
            break
        if start < silence.start:
            yield StateSpan(start, silence.start, span.state)
        if silence.end is None:
            return
        start = silence.end
    if span.end is None or start < span.end:
        yield StateSpan(start, span.end, span.state)


def incidents_of(events: Iterable[StatusEvent]) -> list[Incident]:
    """Return the incidents in a log, the one with the newest start first."""
    found = [_incident(group) for group in groups_of(events) if group[0].kind is StatusEventKind.OPENED]
    return sorted(found, key=lambda incident: (incident.started_at, incident.id), reverse=True)


def maintenances_of(events: Iterable[StatusEvent]) -> list[Maintenance]:
    """Return the maintenances in a log, the one with the newest start first."""
    found = [_maintenance(group) for group in groups_of(events) if group[0].kind is StatusEventKind.ANNOUNCED]
    return sorted(found, key=lambda each: (each.window.start, each.id), reverse=True)


def groups_of(events: Iterable[StatusEvent]) -> list[list[StatusEvent]]:
    """Return the events of each incident and maintenance as a list, in order.

    Observations of components are left out.
    """
    groups: dict[str, list[StatusEvent]] = {}
    for event in events:
        if event.kind is StatusEventKind.OBSERVED:
            continue
        groups.setdefault(event.subject, []).append(event)
    return list(groups.values())


def _incident(events: Sequence[StatusEvent]) -> Incident:
    first, corrections = events[0], corrections_of(events)
    said = [event for event in events[1:] if event.kind is StatusEventKind.UPDATED]
    in_order = [first, *sorted(said, key=lambda event: (event.at, event.seq))]
    started_at = corrections[-1].started_at if corrections else first.at
    updates = tuple(updates_of(in_order, IncidentState.INVESTIGATING))
    return Incident(first.subject, first.title, first.ticket, first.at, started_at, updates, corrections)


def corrections_of(events: Iterable[StatusEvent]) -> tuple[Correction, ...]:
    """Return the corrections of the start among the events of an incident."""
    return tuple(
        Correction(event.start, event.reason, event.by, event.written_at)
        for event in events
        if event.kind is StatusEventKind.CORRECTED and event.start is not None
    )


def updates_of(events: Iterable[StatusEvent], state: IncidentState) -> Iterator[Update]:
    """Yield the updates in order. An update that names no state keeps the one before it.

    state: the one before the first.
    """
    for event in events:
        state = IncidentState(event.state) if event.state else state
        components = {name: ComponentState(value) for name, value in event.components.items()}
        yield Update(event.seq, event.at, event.written_at, event.by, state, event.message, components)


def _maintenance(events: Sequence[StatusEvent]) -> Maintenance:
    first = events[0]
    planned = (StatusEventKind.ANNOUNCED, StatusEventKind.RESCHEDULED)
    plans = [_plan(event) for event in events if event.kind in planned]
    ends = [event for event in events if event.kind is StatusEventKind.CANCELLED]
    cancelled = None
    if ends:
        last = ends[-1]
        cancelled = MaintenancePlan(last.at, last.written_at, last.by, plans[-1].window, last.message, last.seq)
    steps = tuple(event for event in events if event.kind in MAINTENANCE_STEPS)
    return Maintenance(first.subject, first.title, tuple(first.components), tuple(plans), cancelled, steps)


def _plan(event: StatusEvent) -> MaintenancePlan:
    assert event.start is not None and event.end is not None
    window = Window(event.start, event.end)
    return MaintenancePlan(event.at, event.written_at, event.by, window, event.message, event.seq)
