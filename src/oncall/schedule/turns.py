"""Turns: with `rotation.turn: week`, one engineer has a role for all shifts between two changes of turns."""

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
"""A week in which turns of any length begin. Turns are counted from it, so that neighbouring plans agree."""


class Turns:
    """The times at which turns change, in one zone. spans: the weekly windows of the policy.

    If the roster's `handover` has no time, turns change where the first window of that day begins, business hours
    included; at midnight if none begins on that day.
    """

    def __init__(self, rules: RotationRules, spans: Sequence[WeekSpan], zone: ZoneInfo) -> None:
        self._weeks, self._zone, self._groups = rules.turn_weeks, zone, rules.turn_groups
        self._handover = handover = rules.handover or Handover(0)
        starts = [span.start_minute for span in spans if span.start_minute // _DAY_MINUTES == handover.weekday]
        minute = min((start % _DAY_MINUTES for start in starts), default=0)
        self._minute = minute if handover.minute is None else handover.minute

    def number_at(self, at: datetime, kind: str) -> int | None:
        """Return the number of the turn of a kind of shift at an instant (aware UTC); None if the roster has no turns.

        Each group of kinds in `turn_groups` has separate turns.
        """
        if not self._weeks:
            return None
        group = next((number for number, kinds in enumerate(self._groups) if kind in kinds), 0)
        return self._week_at(at) // self._weeks * max(1, len(self._groups)) + group

    def cuts(self, window: Window) -> Iterator[datetime]:
        """Yield the times inside a window at which turns change, in order.

        The start and the end of the window do not count.
        """
        if not self._weeks:
            return
        week, last = self._week_at(window.start) + 1, self._week_at(window.end)
        for number in range(week, last + 1):
            at = self._begin(number)
            if number % self._weeks == 0 and window.start < at < window.end:
                yield at

    def _week_at(self, at: datetime) -> int:
        """Return the number of the week that contains an instant. Weeks begin when turns may change."""
        day = at.astimezone(self._zone).date().toordinal()
        week = (day - 1 - self._handover.weekday) // 7 - _FIRST_WEEK
        return week if self._begin(week) <= at else week - 1

    def _begin(self, week: int) -> datetime:
        return _instant(self._zone, (week + _FIRST_WEEK) * 7 + 1 + self._handover.weekday, self._minute)


@lru_cache(maxsize=4096)
def _instant(zone: ZoneInfo, day: int, minute: int) -> datetime:
    return first_instant(zone, datetime.combine(date.fromordinal(day), time(minute // 60, minute % 60)))
