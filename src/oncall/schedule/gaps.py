"""Gaps in the published schedule: on-call time in which no engineer holds a role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from oncall.schedule.schedule import Schedule
from oncall.schedule.span_set import parts_left
from oncall.support.windows import Window, WindowKind


@dataclass(frozen=True, slots=True)
class Gap:
    """On-call time in which no engineer holds `role`."""

    window: Window
    role: str


def gaps_between(schedule: Schedule, start: datetime, end: datetime) -> Iterator[Gap]:
    """Return every gap in [start, end) (aware UTC), by time and then role."""
    assignments = list(schedule.assignments(start, end))
    held = {role: [each.window for each in assignments if each.role == role] for role in schedule.roles}
    for found in schedule.windows(start, end):
        if found.kind is not WindowKind.BUSINESS:
            window = Window(found.start, found.end)
            for role in schedule.roles_at(found.start):
                yield from (Gap(piece, role) for piece in parts_left(window, held[role]))
