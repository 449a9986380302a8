"""Makes the shifts that a plan has to staff, from the windows of the calendar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.rosters.roster import Roster, RotationRules, WeekendStyle
from oncall.schedule.plan import Seat, Shift
from oncall.schedule.turns import Turns
from oncall.support.calendar import SupportCalendar, first_instant
from oncall.support.windows import KindWindow, WeekSpan, Window, WindowKind, weekend_kinds


class ShiftFacts:
    """Makes shifts from on-call windows: finds the dates, the turn, and whether the window is a weekend."""

    def __init__(self, rules: RotationRules, spans: Sequence[WeekSpan], zone: ZoneInfo) -> None:
        self.turns = Turns(rules, spans, zone)
        self.weekends = weekend_kinds(spans)
        self._zone = zone

    @classmethod
    def of(cls, roster: Roster) -> ShiftFacts:
        """Return a ShiftFacts for the rules of a roster and its policy."""
        return cls(roster.rules, roster.policy.spans, roster.policy.zone)

    def shift(self, window: Window, kind: WindowKind) -> Shift:
        """Return the shift of a kind in a window, with its dates, its turn and its weekend mark."""
        first, last = window.start.astimezone(self._zone).date(), window.end.astimezone(self._zone).date()
        turn = self.turns.number_at(window.start, kind)
        return Shift(window, kind, first, first.toordinal(), last.toordinal(), kind in self.weekends, turn)


def shifts_between(
    calendar: SupportCalendar, *, first_day: date, last_day: date, rules: RotationRules
) -> tuple[Shift, ...]:
    """Return the shifts that start on the dates `first_day` to `last_day` (both included, in the calendar's zone).

    A shift is a whole on-call window, so that the last one may end after `last_day`. A daily weekend has one shift for
    each day; its handoffs are at the time of day at which the weekend ends. A change of turns inside a window cuts the
    window in two. Raises Refused for years that the calendar does not know.
    """
    zone, facts = calendar.zone, ShiftFacts(rules, calendar.spans, calendar.zone)
    start = first_instant(zone, datetime.combine(first_day, time()))
    end = first_instant(zone, datetime.combine(last_day + timedelta(days=1), time()))
    return tuple(
        facts.shift(piece, window.kind)
        for window in calendar.windows_between(start, end)
        if window.kind is not WindowKind.BUSINESS
        for piece in _pieces(window, zone, rules, facts)
        if start <= piece.start < end
    )


def _pieces(window: KindWindow, zone: ZoneInfo, rules: RotationRules, facts: ShiftFacts) -> Iterator[Window]:
    """Yield the parts of a window: the days of a daily weekend, and the time before and after each change of turns."""
    is_daily = rules.weekend is WeekendStyle.DAILY and window.kind in facts.weekends
    cuts = {*facts.turns.cuts(window), *(_daily_handoffs(window, zone) if is_daily else ())}
    start = window.start
    for end in [*sorted(cuts), window.end]:
        yield Window(start, end)
        start = end


def _daily_handoffs(window: Window, zone: ZoneInfo) -> Iterator[datetime]:
    start, last = window.start, window.end.astimezone(zone)
    day = start.astimezone(zone).date() + timedelta(days=1)
    while day < last.date():
        handoff = first_instant(zone, datetime.combine(day, last.time()))
        if start < handoff < window.end:
            yield handoff
            start = handoff
        day += timedelta(days=1)


def shift_of(seat: Seat, zone: ZoneInfo) -> Shift:
    """Return the shift of a seat, with its dates in `zone`. Its turn is None."""
    first, last = (at.astimezone(zone).date() for at in (seat.window.start, seat.window.end))
    return Shift(seat.window, seat.kind, first, first.toordinal(), last.toordinal())
