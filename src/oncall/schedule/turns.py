"""Turns: under `rotation.turn: week` one person holds a role for all shifts between two handovers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from oncall.rosters.roster import Handover, RotationRules
from oncall.support.calendar import first_instant
from oncall.support.windows import WeekSpan, Window

_DAY_MINUTES = 24 * 60
_WEEK = timedelta(weeks=1)
_FIRST_WEEK = date(2001, 1, 8).toordinal() // 7
"""A week in which a turn of any number of weeks begins. Turns are counted from it, so plans agree where they meet."""


class Turns:
    """The handovers of a rotation in one zone. spans: the weekly windows of the policy.

    A handover without a time is where the first window of its day begins, business hours included; midnight if none
    begins on that day.
    """

    def __init__(self, rules: RotationRules, spans: Sequence[WeekSpan], zone: ZoneInfo) -> None:
        self._weeks, self._zone, self._groups = rules.turn_weeks, zone, rules.turn_groups
        self._handover = handover = rules.handover or Handover(0)
        starts = [span.start_minute for span in spans if span.start_minute // _DAY_MINUTES == handover.weekday]
        minute = min((start % _DAY_MINUTES for start in starts), default=0)
        self._minute = minute if handover.minute is None else handover.minute

    def number_at(self, at: datetime, kind: str) -> int | None:
        """Return the number of the turn that holds a kind of shift at an instant (aware UTC); None without turns.

        Each group of kinds of `turn_groups` has turns of its own.
        """
        if not self._weeks:
            return None
        group = next((number for number, kinds in enumerate(self._groups) if kind in kinds), 0)
        return self._week_at(at) // self._weeks * max(1, len(self._groups)) + group

    def cuts(self, window: Window) -> Iterator[datetime]:
        """Yield the handovers inside a window, in order; one at its start or its end cuts nothing."""
        if not self._weeks:
            return
        week, last = self._week_at(window.start) + 1, self._week_at(window.end)
        for number in range(week, last + 1):
            at = self._begin(number)
            if number % self._weeks == 0 and window.start < at < window.end:
                yield at

    def _week_at(self, at: datetime) -> int:
        """Return the number of the week, from one handover day to the next, that holds an instant."""
        day = at.astimezone(self._zone).date().toordinal()
        week = (day - 1 - self._handover.weekday) // 7 - _FIRST_WEEK
        return week if self._begin(week) <= at else week - 1

    def _begin(self, week: int) -> datetime:
        return _instant(self._zone, (week + _FIRST_WEEK) * 7 + 1 + self._handover.weekday, self._minute)


@lru_cache(maxsize=4096)
def _instant(zone: ZoneInfo, day: int, minute: int) -> datetime:
    return first_instant(zone, datetime.combine(date.fromordinal(day), time(minute // 60, minute % 60)))
