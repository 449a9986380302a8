"""Finds gaps in the published schedule: on-call time in which no engineer has some role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from oncall.schedule.schedule import Schedule
from oncall.schedule.span_set import parts_left
from oncall.support.windows import KindWindow, Window, WindowKind
from oncall.support.wording import full_time


@dataclass(frozen=True, slots=True)
class Gap:
    """On-call time in which no engineer has `role`."""

    window: Window
    role: str


def gaps_between(schedule: Schedule, start: datetime, end: datetime) -> Iterator[Gap]:
    """Yield every gap in [start, end) (aware UTC), in order of time and then of role."""
    assignments = list(schedule.assignments(start, end))
    held = {role: [each.window for each in assignments if each.role == role] for role in schedule.roles}
    for found in _whole_windows(schedule, start, end):
        if found.kind is not WindowKind.BUSINESS:
            window = Window(found.start, found.end)
            for role in schedule.roles_at(found.start):
                yield from (Gap(piece, role) for piece in parts_left(window, held[role]))


def schedule_end(schedule: Schedule) -> datetime | None:
    """Return the end of the last published plan (aware UTC); None if nothing is published."""
    return max((publication.span.end for publication in schedule.publications), default=None)


def time_ahead(schedule: Schedule, now: datetime, days: int) -> Window:
    """Return the coming `days` days, cut at the end of the published plans, but at least one day.

    The window begins at `now` (aware UTC), or at the start of the first plan if that is later.
    """
    start = max(now, min((publication.span.start for publication in schedule.publications), default=now))
    end = min(now + timedelta(days=days), schedule_end(schedule) or now)
    return Window(start, max(end, start + timedelta(days=1)))


def gaps_ahead(schedule: Schedule, now: datetime, days: int) -> list[Gap]:
    """Return the gaps of the coming `days` days, as the board and `oncall plan status` list them. now: aware UTC.

    Time after the end of the last plan is a gap only in the next day.
    """
    ahead = time_ahead(schedule, now, days)
    return list(gaps_between(schedule, ahead.start, ahead.end)) if schedule.publications else []


def gap_sentence(gap: Gap, zone: ZoneInfo) -> str:
    """Return the sentence that warns of a gap, with its times in `zone`."""
    start, end = full_time(gap.window.start, zone), full_time(gap.window.end, zone)
    return f"GAP IN THE SCHEDULE: nobody is {gap.role} from {start} to {end}"


def _whole_windows(schedule: Schedule, start: datetime, end: datetime) -> Iterator[KindWindow]:
    """Yield the windows of [start, end), with the parts of one window joined if the roles to fill are the same.

    `Schedule.windows` cuts a window where the hours of another publication may come into force.
    """
    last: KindWindow | None = None
    for part in schedule.windows(start, end):
        if last is not None and last.kind == part.kind and _continues(schedule, last, part):
            last = KindWindow(last.start, part.end, part.kind)
            continue
        if last is not None:
            yield last
        last = part
    if last is not None:
        yield last


def _continues(schedule: Schedule, before: KindWindow, part: KindWindow) -> bool:
    """Return True if `part` lies inside the window that `before` began, and the same roles must be filled."""
    is_inside = schedule.calendar_at(part.start).window_at(part.start).start < part.start
    return is_inside and schedule.roles_at(before.start) == schedule.roles_at(part.start)
