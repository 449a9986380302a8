"""When each calendar event last changed, found by playing the versions of the schedule one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from oncall.schedule.ics_text import sequence_at
from oncall.schedule.shift_events import ShiftEvent, shift_events
from oncall.schedule.version_document import VersionRow, schedule_from_rows, window_of
from oncall.support.calendar import SupportCalendar
from oncall.support.windows import Window

_LONGEST_SHIFT = timedelta(days=8)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class LastChange:
    """The last change of one event. Both values are higher than at the change before. at: aware UTC."""

    sequence: int
    at: datetime


@dataclass(frozen=True, slots=True)
class _State:
    """An event as of the last version that was played. event: None if that version took it away."""

    event: ShiftEvent | None
    window: Window
    change: LastChange


class ShiftChanges:
    """Remembers the last change of every event, so that each version is played once. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._played: tuple[VersionRow, ...] = ()
        self._states: dict[str, _State] = {}

    def after(self, rows: Sequence[VersionRow], fallback: SupportCalendar) -> Mapping[str, LastChange]:
        """Return the last change of each event, by uid. rows: all versions, in order. fallback: hours before any plan.

        Starts again when the versions are not those of the last call with others after them.
        """
        with self._lock:
            if tuple(rows[: len(self._played)]) != self._played:
                self._played, self._states = (), {}
            for number in range(len(self._played) + 1, len(rows) + 1):
                self._play(rows[:number], fallback)
            self._played = tuple(rows)
            return {uid: state.change for uid, state in self._states.items()}

    def _play(self, rows: Sequence[VersionRow], fallback: SupportCalendar) -> None:
        version = rows[-1]
        about = window_of(version.document)
        within = Window(about.start - _LONGEST_SHIFT, about.end + _LONGEST_SHIFT)
        schedule = schedule_from_rows(rows, fallback, within=within)
        # Shifts at the edges of `within` may be incomplete, but none of them touches the version's own span.
        now = {event.uid: event for event in shift_events(schedule) if _touch(event.shift, about)}
        gone = [uid for uid, state in self._states.items() if uid not in now and _touch(state.window, about)]
        for uid in gone:
            if self._states[uid].event is not None:
                self._note(uid, None, self._states[uid].window, version)
        for uid, event in now.items():
            before = self._states.get(uid)
            if before is None or before.event is None or _content(before.event) != _content(event):
                self._note(uid, event, event.shift, version)

    def _note(self, uid: str, event: ShiftEvent | None, window: Window, version: VersionRow) -> None:
        change = LastChange(sequence_at(version.at), version.at)
        if uid in self._states:
            # Two versions may have the same second, and a clock may be set back.
            last = self._states[uid].change
            change = LastChange(max(change.sequence, last.sequence + 1), max(change.at, last.at + _SECOND))
        self._states[uid] = _State(event, window, change)


def _content(event: ShiftEvent) -> tuple[object, ...]:
    return event.window, event.kind, event.role, event.engineer


def _touch(one: Window, other: Window) -> bool:
    return one.start < other.end and other.start < one.end
