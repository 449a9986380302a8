"""What the rules of a roster allow one engineer, written from the words of `docs/rules.md` for plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

from oncall.schedule.plan import Shift
from tests.rotation.drawn_teams import POLICIES, WEEKDAYS, TeamFile

Span = tuple[datetime, datetime]
DAY = timedelta(days=1)
SEVEN_DAYS = timedelta(days=7)
WEEKENDS = {"packaged": "weekend", "own names": "long", "two days": "early", "weekends": "weekend"}
"""The name of the weekend in each policy."""


class Judge:
    """Judges one engineer at a time, given as in the file. Shifts have their places in `shifts` as numbers.

    before: the shifts that each engineer had before these.
    """

    def __init__(self, team: TeamFile, shifts: Sequence[Shift], before: Mapping[str, list[Shift]]) -> None:
        self._team, self._shifts, self._before = team, shifts, before
        self._rules = team.rotation
        self._zone = ZoneInfo(team.policy_zone)
        self._is_whole = self._rules.get("days_off", "whole") == "whole"
        # Dates of days off are in the team's zone; the older rule has them in the policy's.
        self._home = ZoneInfo(team.zone) if self._is_whole else self._zone
        self._spans = [self._blockable(shift) for shift in shifts]

    # ---- facts of a shift

    def first_date(self, shift: Shift) -> date:
        """Return the date on which a shift starts, in the policy's zone."""
        return shift.window.start.astimezone(self._zone).date()

    def end_date(self, shift: Shift) -> date:
        """Return the date on which a shift ends."""
        return shift.window.end.astimezone(self._zone).date()

    def week(self, shift: Shift) -> int:
        """Return the number of the week, from Monday on, in which a shift starts."""
        return (self.first_date(shift) - date(2001, 1, 1)).days // 7

    def dates(self, shift: Shift) -> set[date]:
        """Return the first date of a shift, and those on which its nights begin."""
        first = self.first_date(shift)
        return {first} | {first + n * DAY for n in range((self.end_date(shift) - first).days)}

    def _is_weekend(self, shift: Shift) -> bool:
        return shift.kind in ("weekend", WEEKENDS.get(self._team.windows))

    # ---- dates

    def _at(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, tzinfo=self._home).astimezone(UTC)

    def _blockable(self, shift: Shift) -> Span:
        """Return the part of a shift that days off block: all of it, or all but the last morning."""
        start, end = shift.window.start, shift.window.end
        last = end.astimezone(self._home).date()
        if not self._is_whole and start.astimezone(self._home).date() < last:
            end = min(end, self._at(last, time()))
        return start, end

    def _moment(self, text: str, *, is_end: bool) -> datetime:
        day, _, at = text.partition("T")
        if at:
            return self._at(date.fromisoformat(day), time.fromisoformat(at))
        return self._at(date.fromisoformat(day) + (DAY if is_end else timedelta()), time())

    def _is_joined(self, who: dict[str, Any], span: Span) -> bool:
        has_joined = "joins" not in who or span[0] >= self._moment(who["joins"], is_end=False)
        return has_joined and ("leaves" not in who or span[1] <= self._moment(who["leaves"], is_end=True))

    def _off(self, entry: dict[str, Any], span: Span) -> bool:
        """Return True if an entry of `unavailable` overlaps the span by any minute."""
        if "every" in entry:
            first = date.fromisoformat(entry["from"]) if "from" in entry else date.min
            days = [d for d in self._touched(span) if d >= first and f"{WEEKDAYS[d.weekday()]}s" == entry["every"]]
            return bool(days)
        begin, end = self._moment(entry["from"], is_end=False), self._moment(entry["to"], is_end=True)
        return begin < end and span[0] < end and begin < span[1]

    def _touched(self, span: Span) -> list[date]:
        """Return the dates of which the span has a minute."""
        day, found = span[0].astimezone(self._home).date(), []
        while self._at(day, time()) < span[1]:
            found.append(day)
            day += DAY
        return found

    def is_member(self, who: dict[str, Any], shift: Shift) -> bool:
        """Return True if joining, leaving and leave let the engineer take the shift."""
        span = self._blockable(shift)
        leaves = [entry for entry in who.get("unavailable", ()) if entry.get("leave")]
        return self._is_joined(who, span) and not any(self._off(entry, span) for entry in leaves)

    def may_take(self, who: dict[str, Any], number: int) -> bool:
        """Return True if the engineer may take the shift, as far as dates and kinds matter."""
        shift, span = self._shifts[number], self._spans[number]
        if shift.kind not in who.get("kinds", [shift.kind]) or not self._is_joined(who, span):
            return False
        if any(self._off(entry, span) for entry in who.get("unavailable", ())):
            return False
        return not who.get("holidays_off") or self._feasts(who).isdisjoint(self._touched(span))

    @staticmethod
    def _feasts(who: dict[str, Any]) -> set[date]:
        return {date.fromisoformat(each["date"]) for each in who.get("holidays", ())}

    def wish(self, who: dict[str, Any], shift: Shift) -> int:
        """Return 1 for a shift that the engineer asks to avoid, -1 for one they prefer, and the sum of several."""
        found = 0
        for request in who.get("requests", ()):
            [(direction, what)] = request.items()
            days = {text for day in self.dates(shift) for text in (str(day), f"{WEEKDAYS[day.weekday()]}s")}
            if what == shift.kind or what in days:
                found += 1 if direction == "avoid" else -1
        return found + (not self._feasts(who).isdisjoint(self.dates(shift)))

    # ---- turns

    @cached_property
    def units(self) -> list[tuple[int, ...]]:
        """Return the numbers of the shifts that one engineer has together: those of a turn, or one alone."""
        if "turn" not in self._rules:
            return [(number,) for number in range(len(self._shifts))]
        groups, found = self._groups(), dict[tuple[int, str], list[int]]()
        for number, shift in enumerate(self._shifts):
            group = next(min(each) for each in groups if shift.kind in each)
            found.setdefault((self._turn(shift), group), []).append(number)
        return [tuple(numbers) for numbers in found.values()]

    def _groups(self) -> list[set[str]]:
        """Return the kinds in groups, of which no engineer takes kinds of two.

        A team without holidays has no shifts of that kind, so that it joins no groups.
        """
        existing = [kind for kind in self._team.kinds if kind != "holiday" or self._team.holidays]
        groups = [{kind} for kind in existing]
        for who in self._team.engineers:
            kinds = set(who.get("kinds", existing)) & set(existing)
            joined = [each for each in groups if each & kinds]
            groups = [each for each in groups if not each & kinds] + ([set().union(*joined)] if joined else [])
        return groups

    def _turn(self, shift: Shift) -> int:
        """Return the number of the last handover before or at the start of a shift."""
        day, _, at = self._rules.get("handover", "mon").partition(" ")
        weekday, weeks = [name[:3] for name in WEEKDAYS].index(day), 2 if self._rules["turn"] == "2 weeks" else 1
        minute = time.fromisoformat(at) if at else self._first_window(day)
        start = shift.window.start.astimezone(self._zone)
        passed = (start.date() - (date(2001, 1, 8) + weekday * DAY)).days
        handover = datetime.combine(date(2001, 1, 8) + (weekday + passed // 7 * 7) * DAY, minute, tzinfo=self._zone)
        week = passed // 7 - (shift.window.start < handover.astimezone(UTC))
        return week // weeks

    def _first_window(self, day: str) -> time:
        """Return when the first window of a weekday begins, in this team's policy."""
        if self._team.windows in ("packaged", "own names") and day not in ("sat", "sun"):
            return time(8)
        assert self._team.windows in POLICIES
        return time()

    # ---- several shifts of one engineer

    def may_have(self, who: dict[str, Any], units: Sequence[int]) -> bool:
        """Return True if the rules allow an engineer these units together."""
        parts = [[self._shifts[number] for number in self.units[unit]] for unit in units]
        shifts = sorted((shift for part in parts for shift in part), key=lambda shift: shift.window.start)
        before = self._before.get(who["id"], [])
        if len(shifts) > who.get("max_shifts", len(shifts)) or not self._keeps_hours(shifts, before):
            return False
        ordered = sorted(parts, key=lambda part: part[0].window.start)
        pairs = [*combinations(ordered, 2), *(([one], other) for one in before for other in ordered)]
        return all(self._are_apart(one, other) for one, other in pairs)

    def _are_apart(self, one: list[Shift], other: list[Shift]) -> bool:
        """Return True if two units are far enough apart: in nights, in hours and in weekends."""
        end, start = one[-1].window.end, other[0].window.start
        nights = (self.first_date(other[0]) - self.end_date(one[-1])).days
        if start < end or nights < self._rules["rest_nights"]:
            return False
        if start - end < timedelta(hours=self._rules.get("min_rest_hours", 0)):
            return False
        weekends = [{self.week(shift) for shift in part if self._is_weekend(shift)} for part in (one, other)]
        between = [abs(a - b) for a in weekends[0] for b in weekends[1]]
        if "turn" in self._rules:
            return self._rules["weekends_apart"] == 1 or all(n >= self._rules["weekends_apart"] for n in between)
        return all(n == 0 or n >= self._rules["weekends_apart"] for n in between)

    def _keeps_hours(self, shifts: Sequence[Shift], before: Sequence[Shift]) -> bool:
        most = self._rules.get("max_hours_per_week")
        if most is None:
            return True
        every = [*before, *shifts]
        begins = [s.window.start for s in every] + [s.window.end - SEVEN_DAYS for s in every]
        touched = [begin for begin in begins if self._hours(shifts, begin)]
        return all(self._hours(every, begin) <= timedelta(hours=most) for begin in touched)

    @staticmethod
    def _hours(shifts: Sequence[Shift], begin: datetime) -> timedelta:
        spans = (min(s.window.end, begin + SEVEN_DAYS) - max(s.window.start, begin) for s in shifts)
        return sum((max(timedelta(), each) for each in spans), timedelta())
