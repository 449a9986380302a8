"""Gaps in the published schedule: on-call time in which no engineer holds a role."""

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
    """On-call time in which no engineer holds `role`."""

    window: Window
    role: str


def gaps_between(schedule: Schedule, start: datetime, end: datetime) -> Iterator[Gap]:
    """Return every gap in [start, end) (aware UTC), by time and then role."""
    assignments = list(schedule.assignments(start, end))
    held = {role: [each.window for each in assignments if each.role == role] for role in schedule.roles}
    for found in _whole_windows(schedule, start, end):
        if found.kind is not WindowKind.BUSINESS:
            window = Window(found.start, found.end)
            for role in schedule.roles_at(found.start):
                yield from (Gap(piece, role) for piece in parts_left(window, held[role]))


def schedule_end(schedule: Schedule) -> datetime | None:
    """Return where the last published plan ends (aware UTC); None before a publication."""
    return max((publication.span.end for publication in schedule.publications), default=None)


def time_ahead(schedule: Schedule, now: datetime, days: int) -> Window:
    """Return the coming `days` days as far as plans are published, but at least one day.

    It begins at `now` (aware UTC), or where the first plan starts.
    """
    start = max(now, min((publication.span.start for publication in schedule.publications), default=now))
    end = min(now + timedelta(days=days), schedule_end(schedule) or now)
    return Window(start, max(end, start + timedelta(days=1)))


def gaps_ahead(schedule: Schedule, now: datetime, days: int) -> list[Gap]:
    """Return the gaps of the coming `days` days, as the board and `oncall plan status` list them.

    The time after the end of the last plan is no gap, except in the next day. now: aware UTC.
    """
    ahead = time_ahead(schedule, now, days)
    return list(gaps_between(schedule, ahead.start, ahead.end)) if schedule.publications else []


def gap_sentence(gap: Gap, zone: ZoneInfo) -> str:
    """Return the sentence that warns of a gap, with its times in `zone`."""
    start, end = full_time(gap.window.start, zone), full_time(gap.window.end, zone)
    return f"GAP IN THE SCHEDULE: nobody is {gap.role} from {start} to {end}"


def _whole_windows(schedule: Schedule, start: datetime, end: datetime) -> Iterator[KindWindow]:
    """Yield the windows of [start, end). Parts of one window are joined, unless other roles must be held in them.

    `Schedule.windows` cuts a window where the hours of another publication begin to hold.
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
    """Return True if a window of the same hours began before `part`, and the same roles must be held in it."""
    is_inside = schedule.calendar_at(part.start).window_at(part.start).start < part.start
    return is_inside and schedule.roles_at(before.start) == schedule.roles_at(part.start)
