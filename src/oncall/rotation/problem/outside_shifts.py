"""The seam of a plan: what people's shifts outside it, before, after or on another team, forbid inside it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

from oncall.rosters.relaxation import LEAST
from oncall.rosters.roster import Roster
from oncall.rotation.problem.eligibility import Bar, Barred, duty_days, weekend_number
from oncall.schedule.plan import Seat, Shift
from oncall.support.holidays import Feast, feasts_on
from oncall.support.windows import WindowKind

Bucket = Callable[[Shift], Hashable]


def week_of(shift: Shift) -> tuple[int, int]:
    """The ISO week in which a shift starts."""
    return shift.day.isocalendar()[:2]


def month_of(shift: Shift) -> tuple[int, int]:
    """The calendar month in which a shift starts."""
    return shift.day.year, shift.day.month


class OutsideShifts:
    """Which shifts of a plan its people's shifts outside forbid them. `turns`: those outside by id, in time order;
    `elsewhere`: the seats among them that are on other teams' plans."""

    def __init__(self, roster: Roster, turns: Mapping[str, Sequence[Shift]], elsewhere: Sequence[Seat]) -> None:
        self._holidays = roster.holidays
        self._rules = roster.rules
        self._turns = turns
        self._teams = {(seat.engineer, seat.window): seat.team for seat in elsewhere}
        self._starts = {who: [turn.first_night for turn in each] for who, each in turns.items()}
        self._reach = max(31, 7 * self._rules.weekends_apart + 7, self._rules.rest_nights + 8)
        self._feasts = {who: self._feasts_of(each) for who, each in turns.items()}

    def turns(self, engineer: str) -> Sequence[Shift]:
        """A person's shifts outside, in time order."""
        return self._turns.get(engineer, ())

    def taken(self, engineer: str, bucket: Bucket, key: Hashable) -> int:
        """How many shifts outside a person has in one week or month."""
        return sum(1 for turn in self._turns.get(engineer, ()) if bucket(turn) == key)

    def bar(self, engineer: str, shift: Shift, feasts: Sequence[Feast]) -> Barred | None:
        """The first thing outside that keeps a person off this shift, or None. feasts: its holidays that lie apart."""
        if engineer not in self._turns:
            return None
        return next(self._bars(engineer, shift, feasts), None)

    def _bars(self, engineer: str, shift: Shift, feasts: Sequence[Feast]) -> Iterator[Barred]:
        near = self._near(engineer, shift)
        for turn in near:
            if not self._leaves_rest(engineer, turn, shift):
                yield self._barred(Bar.REST, engineer, turn, f"rest_nights {self._rules.rest_nights}")
            if not self._leaves_weekends(engineer, turn, shift):
                yield self._barred(Bar.WEEKENDS, engineer, turn, f"weekends_apart {self._rules.weekends_apart}")
        for bar, most, bucket in (
            (Bar.WEEK, self._rules.max_shifts_per_week, week_of),
            (Bar.MONTH, self._rules.max_shifts_per_month, month_of),
        ):
            same = [turn for turn in near if bucket(turn) == bucket(shift)] if most is not None else []
            if most is not None and len(same) >= self._at_most(bar, most, engineer, shift):
                yield self._barred(bar, engineer, same[0], f"{bar} {most}")
        for feast in feasts:
            for turn, other in self._feasts[engineer].get(feast.name, ()):
                if 0 < abs(other - feast.year) < self._rules.holidays_apart:
                    text = f"holidays_apart {self._rules.holidays_apart} ({feast.name})"
                    yield self._barred(Bar.HOLIDAYS, engineer, turn, text)

    def _near(self, engineer: str, shift: Shift) -> Sequence[Shift]:
        starts = self._starts[engineer]
        first = bisect_left(starts, shift.first_night - self._reach)
        return self._turns[engineer][first : bisect_right(starts, shift.end_night + self._reach)]

    def _leaves_rest(self, engineer: str, turn: Shift, shift: Shift) -> bool:
        earlier, later = sorted((turn, shift), key=lambda each: each.window.start)
        if later.window.start < earlier.window.end:
            return False
        rest = self._at_least("rest_nights", self._rules.rest_nights, engineer, turn, shift)
        return later.first_night - earlier.end_night >= rest

    def _leaves_weekends(self, engineer: str, turn: Shift, shift: Shift) -> bool:
        if not turn.kind is shift.kind is WindowKind.WEEKEND:
            return True
        between = abs(weekend_number(turn) - weekend_number(shift))
        apart = self._at_least("weekends_apart", self._rules.weekends_apart, engineer, turn, shift)
        return between == 0 or between >= apart

    def _at_least(self, rule: str, number: int, engineer: str, *shifts: Shift) -> int:
        assert rule in LEAST
        return min([number, *self._agreed(rule, engineer, *shifts)])

    def _at_most(self, rule: str, number: int, engineer: str, shift: Shift) -> int:
        return max([number, *self._agreed(rule, engineer, shift)])

    def _agreed(self, rule: str, engineer: str, *shifts: Shift) -> Iterator[int]:
        """The looser numbers that a manager agreed to for any of these shifts."""
        for each in self._rules.relaxed:
            touched = any(each.touches(shift.day, engineer) for shift in shifts)
            if each.rule == rule and each.value is not None and touched:
                yield each.value

    def _feasts_of(self, turns: Sequence[Shift]) -> Mapping[str, Sequence[tuple[Shift, int]]]:
        found: dict[str, list[tuple[Shift, int]]] = {}
        for turn in turns if self._rules.holidays_apart > 1 else ():
            for feast in feasts_of(self._holidays, turn):
                found.setdefault(feast.name, []).append((turn, feast.year))
        return found

    def _barred(self, bar: Bar, engineer: str, turn: Shift, rule: str) -> Barred:
        team = self._teams.get((engineer, turn.window))
        where = "outside this plan" if team is None else f"on team {team}" if team else "on another team"
        sentence = f"{engineer} is on {turn.day:%a} {turn.day} ({turn.kind}) {where}, and the rule is {rule}"
        return Barred(bar if team is None else Bar.BUSY, engineer, sentence)


def feasts_of(code: str | None, shift: Shift) -> tuple[Feast, ...]:
    """The holidays, by name, that fall on the days whose duty a shift is; none where no place is named."""
    if code is None:
        return ()
    return tuple(dict.fromkeys(feast for day in duty_days(shift) for feast in feasts_on(code, day)))
