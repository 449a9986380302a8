"""Sets of instants, built from spans of time, and the parts of a span that other spans leave free."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import datetime

from oncall.support.windows import Window


class SpanSet:
    """A set of instants to which spans are added."""

    def __init__(self) -> None:
        # The spans in order; no two of them touch.
        self._starts: list[datetime] = []
        self._ends: list[datetime] = []

    def take(self, span: Window) -> list[Window]:
        """Add `span` to the set. Returns the parts of the span that were not in the set before, in order."""
        first, last = bisect_left(self._ends, span.start), bisect_right(self._starts, span.end)
        free: list[Window] = []
        at = span.start
        for start, end in zip(self._starts[first:last], self._ends[first:last], strict=True):
            if at < start:
                free.append(Window(at, start))
            at = max(at, end)
        if at < span.end:
            free.append(Window(at, span.end))
        self._starts[first:last] = [min([span.start, *self._starts[first:last]])]
        self._ends[first:last] = [max([span.end, *self._ends[first:last]])]
        return free


def parts_left(span: Window, taken: Iterable[Window]) -> list[Window]:
    """Return the parts of `span` that no window of `taken` covers, in order."""
    covered = SpanSet()
    for other in taken:
        if other.start < span.end and span.start < other.end:
            covered.take(other)
    return covered.take(span)
