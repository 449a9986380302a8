"""Computes who has one role over time, from publications and overrides. The strongest layer decides."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from oncall.schedule.span_set import SpanSet
from oncall.schedule.versions import Override, Publication
from oncall.support.windows import KindWindow, Window, WindowKind


@dataclass(frozen=True, slots=True)
class Assignment:
    """A stretch of time in which one engineer has one role, overrides applied. kind: the kind of the shift.

    shift: the window of the whole shift in the plan; None for an override.
    """

    window: Window
    kind: WindowKind
    role: str
    engineer: str
    override: Override | None = None
    shift: Window | None = field(default=None, compare=False)


class Timeline:
    """The assignments of one role, in order; no two of them overlap."""

    def __init__(self, assignments: Sequence[Assignment]) -> None:
        self.assignments = assignments
        self._starts = [each.window.start for each in assignments]

    def at(self, instant: datetime) -> Assignment | None:
        """Return the assignment at `instant` (aware UTC), or None in a gap."""
        index = bisect_right(self._starts, instant) - 1
        if index < 0 or instant not in self.assignments[index].window:
            return None
        return self.assignments[index]


def timeline_of(
    role: str,
    publications: Sequence[Publication],
    overrides: Sequence[Override],
    windows: Callable[[datetime, datetime], Iterator[KindWindow]],
) -> Timeline:
    """Return who has `role` over time. At each instant, the strongest layer that covers it decides.

    windows: returns the schedule's windows between two instants; they are needed because an override applies only in
    on-call time.
    """
    decided = SpanSet()
    found: list[Assignment] = []
    for span, layer in _layers(role, publications, overrides):
        # Newer versions replace most of the old ones completely, and those cost nothing here.
        if free := decided.take(span):
            inside = _of_publication(layer, role) if isinstance(layer, Publication) else _of_override(layer, windows)
            found += [piece for each in inside for piece in _cut_to(each, free)]
    return Timeline(_joined(sorted(found, key=lambda each: each.window.start)))


def _layers(
    role: str, publications: Sequence[Publication], overrides: Sequence[Override]
) -> Iterator[tuple[Window, Publication | Override]]:
    """Yield the publications and overrides from the strongest to the weakest, each with the time that it may decide.

    First come the overrides, the newest first, even those older than a publication. Then comes the part of each
    publication that was in the future when it was published, the newest first. The part that was already past comes
    last, the oldest first: it fills only time for which nothing was published, so that the past is never rewritten.
    """
    for override in reversed(overrides):
        if override.role == role:
            yield override.window, override
    for publication in reversed(publications):
        if publication.ahead is not None:
            yield publication.ahead, publication
    for publication in publications:
        if publication.behind is not None:
            yield publication.behind, publication


def _of_publication(publication: Publication, role: str) -> list[Assignment]:
    return [
        Assignment(seat.window, seat.kind, role, seat.engineer, shift=seat.window)
        for seat in publication.seats
        if seat.role == role
    ]


def _of_override(override: Override, windows: Callable[[datetime, datetime], Iterator[KindWindow]]) -> list[Assignment]:
    return [
        Assignment(Window(window.start, window.end), window.kind, override.role, override.engineer, override)
        for window in windows(override.window.start, override.window.end)
        if window.kind is not WindowKind.BUSINESS
    ]


def _cut_to(assignment: Assignment, free: Sequence[Window]) -> Iterator[Assignment]:
    """Yield the parts of an assignment that lie in `free` (windows in order, without overlaps)."""
    for window in free[bisect_right(free, assignment.window.start, key=lambda window: window.end) :]:
        if window.start >= assignment.window.end:
            return
        start, end = max(window.start, assignment.window.start), min(window.end, assignment.window.end)
        is_whole = start == assignment.window.start and end == assignment.window.end
        yield assignment if is_whole else replace(assignment, window=Window(start, end))


def _joined(assignments: Sequence[Assignment]) -> list[Assignment]:
    """Join neighbouring parts of one shift or override into one assignment if the same engineer has them."""
    joined: list[Assignment] = []
    for each in assignments:
        last = joined[-1] if joined else None
        if last is not None and last.window.end == each.window.start and _are_parts_of_one(last, each):
            joined[-1] = replace(last, window=Window(last.window.start, each.window.end))
        else:
            joined.append(each)
    return joined


def _are_parts_of_one(one: Assignment, other: Assignment) -> bool:
    return (one.engineer, one.kind, one.override, one.shift) == (
        other.engineer, other.kind, other.override, other.shift,
    )  # fmt: skip
