"""Finds when each calendar event last changed, by applying the versions of the schedule one after the other.

Events are identified by `ShiftEvent.key`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from oncall.schedule.ics_text import sequence_at
from oncall.schedule.schedule import Schedule
from oncall.schedule.shift_events import ShiftEvent, shift_events
from oncall.schedule.version_document import VersionRow, schedule_from_rows, window_of
from oncall.support.calendar import SupportCalendar
from oncall.support.windows import Window

_LONGEST_SHIFT = timedelta(days=8)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class LastChange:
    """The last change of one event. at: aware UTC. Both values rise with each change of the event."""

    sequence: int
    at: datetime


@dataclass(frozen=True, slots=True)
class _State:
    """An event after the last version that was applied. event: None if the schedule does not have it any more."""

    event: ShiftEvent | None
    window: Window
    change: LastChange


class ShiftChanges:
    """Remembers the last change of every event, so that each version is applied only once. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._played: tuple[VersionRow, ...] = ()
        self._states: dict[str, _State] = {}
        self._events: tuple[Schedule, list[ShiftEvent]] | None = None

    def events(self, schedule: Schedule) -> Sequence[ShiftEvent]:
        """Return the `shift_events` of a schedule. The events of the last schedule are cached."""
        with self._lock:
            if self._events is None or self._events[0] is not schedule:
                self._events = schedule, shift_events(schedule)
            return self._events[1]

    def after(self, rows: Sequence[VersionRow], fallback: SupportCalendar) -> Mapping[str, LastChange]:
        """Return the last change of each event, by the event's key. rows: all versions, in order.

        fallback: the hours where no plan is published. Applies only the versions that are new since the last call; if
        an earlier version differs, applies all again.
        """
        with self._lock:
            if tuple(rows[: len(self._played)]) != self._played:
                self._played, self._states = (), {}
            spans = [window_of(row.document) for row in rows]
            for number in range(len(self._played), len(rows)):
                self._play(rows, spans, number, fallback)
            self._played = tuple(rows)
            return {uid: state.change for uid, state in self._states.items()}

    def _play(
        self, rows: Sequence[VersionRow], spans: Sequence[Window], number: int, fallback: SupportCalendar
    ) -> None:
        """Record the changes of events that the version `rows[number]` makes. spans: the span of each version."""
        version, about = rows[number], spans[number]
        within = Window(about.start - _LONGEST_SHIFT, about.end + _LONGEST_SHIFT)
        # Versions about another time say nothing about this one, and most of them are.
        near = [row for row, span in zip(rows[: number + 1], spans, strict=False) if _touch(span, within)]
        schedule = schedule_from_rows(near, fallback, within=within)
        # Shifts at the edges of `within` may be incomplete, but none of them touches the version's own span.
        now = {event.key: event for event in shift_events(schedule) if _touch(event.shift, about)}
        gone = [key for key, state in self._states.items() if key not in now and _touch(state.window, about)]
        for key in gone:
            if self._states[key].event is not None:
                self._note(key, None, self._states[key].window, version)
        for key, event in now.items():
            before = self._states.get(key)
            if before is None or before.event is None or _content(before.event) != _content(event):
                self._note(key, event, event.shift, version)

    def _note(self, key: str, event: ShiftEvent | None, window: Window, version: VersionRow) -> None:
        change = LastChange(sequence_at(version.at), version.at)
        if key in self._states:
            # Two versions may have the same second, and a clock may be set back.
            last = self._states[key].change
            change = LastChange(max(change.sequence, last.sequence + 1), max(change.at, last.at + _SECOND))
        self._states[key] = _State(event, window, change)


def _content(event: ShiftEvent) -> tuple[object, ...]:
    return event.window, event.kind, event.role, event.engineer


def _touch(one: Window, other: Window) -> bool:
    return one.start < other.end and other.start < one.end
