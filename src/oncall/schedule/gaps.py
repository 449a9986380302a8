"""Where the schedule has nobody: found days before somebody has to be woken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from oncall.schedule.schedule import Schedule, SpanSet
from oncall.support.windows import Window, WindowKind


@dataclass(frozen=True, slots=True)
class Hole:
    """On-call time in which nobody holds `role`."""

    window: Window
    role: str


def holes(schedule: Schedule, start: datetime, end: datetime) -> Iterator[Hole]:
    """Every stretch of on-call time in [start, end) (aware UTC) that a role leaves empty, by time and then role."""
    turns = list(schedule.turns(start, end))
    held = {role: [turn.window for turn in turns if turn.role == role] for role in schedule.roles}
    for found in schedule.windows(start, end):
        if found.kind is not WindowKind.BUSINESS:
            window = Window(found.start, found.end)
            for role in schedule.roles_at(found.start):
                yield from (Hole(piece, role) for piece in _left(window, held[role]))


def _left(window: Window, held: list[Window]) -> list[Window]:
    """The parts of `window` that none of `held` covers, in order."""
    covered = SpanSet()
    for other in held:
        if other.start < window.end and window.start < other.end:
            covered.take(other)
    return covered.take(window)
