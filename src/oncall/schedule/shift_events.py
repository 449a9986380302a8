"""The schedule as calendar events: one for each shift and role. An event keeps its name when the shift changes.

If several engineers have parts of one shift, the parts are numbered in order of time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from oncall.schedule.schedule import Schedule
from oncall.schedule.shift_names import ShiftKey, published_names
from oncall.schedule.span_set import parts_left
from oncall.schedule.timeline import Assignment
from oncall.support.windows import Window, WindowKind


@dataclass(frozen=True, slots=True)
class ShiftEvent:
    """The part of one shift that one engineer has in one role. window: this part.

    shift: the window of the whole shift.
    """

    uid: str
    window: Window
    shift: Window
    kind: WindowKind
    role: str
    engineer: str

    @property
    def key(self) -> str:
        """Return the UID without the name of the team, because a team may be renamed."""
        return self.uid.rpartition("@")[0]


def uid_of(name: str, role: str, team: str, part: int) -> str:
    """Return the UID of an event. name: the name of the shift.

    part: its number among the parts of the shift, from 1.
    """
    return f"{name}-{role}{'' if part == 1 else f'.{part}'}@{team or 'plan'}.oncall"


def shift_events(schedule: Schedule) -> list[ShiftEvent]:
    """Return all events of the schedule, overrides applied, in order of start and then of role."""
    if not schedule.publications:
        return []
    span = _whole_span(schedule)
    planned = list(replace(schedule, overrides=()).assignments(span.start, span.end))
    names = published_names(schedule)
    found: dict[tuple[str, str], list[ShiftEvent]] = defaultdict(list)
    shifts = _by_role(planned)
    for held in schedule.assignments(span.start, span.end):
        for part in _parts_by_shift(held, shifts.get(held.role, ())):
            shift, kind = _key(part)
            name = names.get((shift, kind)) or _own_name(part, schedule)
            found[name, held.role].append(ShiftEvent("", part.window, shift, kind, held.role, held.engineer))
    team = (schedule.latest or schedule.publications[-1]).team
    events = [
        replace(each, uid=uid_of(name, role, team, number))
        for (name, role), parts in found.items()
        for number, each in enumerate(_joined(parts), start=1)
    ]
    order = {role: number for number, role in enumerate(schedule.roles)}
    return sorted(events, key=lambda event: (event.window.start, order[event.role], event.uid))


def _whole_span(schedule: Schedule) -> Window:
    spans = [*(each.span for each in schedule.publications), *(each.window for each in schedule.overrides)]
    return Window(min(span.start for span in spans), max(span.end for span in spans))


def _key(assignment: Assignment) -> ShiftKey:
    return assignment.shift or assignment.window, assignment.kind


def _own_name(assignment: Assignment, schedule: Schedule) -> str:
    """Return a name for an override that fills a gap, which belongs to no shift of a plan."""
    start = assignment.window.start
    return f"{start.astimezone(schedule.calendar_at(start).zone):%Y%m%dT%H%M}-{assignment.kind}-override"


def _by_role(planned: Iterable[Assignment]) -> Mapping[str, Sequence[Assignment]]:
    found: dict[str, list[Assignment]] = defaultdict(list)
    for each in planned:
        found[each.role].append(each)
    return found


def _parts_by_shift(held: Assignment, planned: Sequence[Assignment]) -> Iterable[Assignment]:
    """Yield the parts of an assignment: one for each planned shift of its role, then those outside any shift.

    planned: in order of time, without overlaps.
    """
    inside = []
    for each in planned[bisect_right(planned, held.window.start, key=lambda each: each.window.end) :]:
        if each.window.start >= held.window.end:
            break
        part = Window(max(each.window.start, held.window.start), min(each.window.end, held.window.end))
        inside.append(part)
        yield replace(held, window=part, kind=each.kind, shift=each.shift or each.window)
    for part in parts_left(held.window, inside):
        yield replace(held, window=part, shift=None)


def _joined(parts: Iterable[ShiftEvent]) -> list[ShiftEvent]:
    joined: list[ShiftEvent] = []
    for each in sorted(parts, key=lambda part: part.window.start):
        last = joined[-1] if joined else None
        if last is not None and last.window.end == each.window.start and last.engineer == each.engineer:
            joined[-1] = replace(last, window=Window(last.window.start, each.window.end), shift=each.shift)
        else:
            joined.append(each)
    return joined
