"""Turns claims into a plan. An engineer gets each shift that begins and ends within a claim."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from oncall.errors import Refused
from oncall.importing.claims import Claim, Claims
from oncall.rosters.roster import Roster
from oncall.schedule.plan import Plan, Seat, Shift
from oncall.schedule.shifts import shifts_between
from oncall.suggestions import suggestion
from oncall.support.calendar import calendar_of, first_instant
from oncall.support.coverage_days import DAYS_OF_WEEK
from oncall.support.windows import Window
from oncall.support.wording import table_time

_MOST_WEEKS = 530
_DAY = timedelta(days=1)
_Key = tuple[Shift, str]


def plan_of_claims(found: Claims, roster: Roster) -> Plan:
    """Return the plan that the claims make. Adds every claim that fits no shift to the left-out parts of `found`.

    Raises Refused if no claim has a shift, or if the claims cover more weeks than a plan may have.
    """
    if not found.claims:
        return Plan(roster.team, roster.policy.zone, ())
    return _Staffing(found, roster).plan()


class _Staffing:
    def __init__(self, found: Claims, roster: Roster) -> None:
        self._found = found
        self._roster = roster
        self._zone = roster.policy.zone
        first, last = _span(found.claims, roster)
        calendar = calendar_of(roster.policy, roster.holidays)
        self._shifts = shifts_between(calendar, first_day=first, last_day=last, rules=roster.rules)
        self._starts = [shift.window.start for shift in self._shifts]
        self._by_day: dict[date, list[Shift]] = defaultdict(list)
        for shift in self._shifts:
            self._by_day[shift.day].append(shift)

    def plan(self) -> Plan:
        """Return the plan, and record in `found` the claims that give no seat."""
        holders = self._holders()
        seats: dict[_Key, str] = {}
        disputed: set[_Key] = set()
        for key, claims in holders.items():
            if len({claim.engineer for claim in claims}) == 1:
                seats[key] = claims[0].engineer
            else:
                disputed.add(key)
                self._dispute(key, claims)
        self._refuse_two_roles(seats, disputed, holders)
        for claim in self._found.claims:
            self._explain(claim, seats, disputed)
        self._hint_at_weeks(seats)
        return self._made(seats)

    def _refuse_two_roles(
        self, seats: dict[_Key, str], disputed: set[_Key], holders: Mapping[_Key, Sequence[Claim]]
    ) -> None:
        """Take out the seats of an engineer who has several roles of one shift, and record their claims."""
        roles_of: dict[tuple[Shift, str], list[str]] = defaultdict(list)
        for (shift, role), engineer in seats.items():
            roles_of[shift, engineer].append(role)
        for (shift, engineer), roles in roles_of.items():
            if len(roles) > 1:
                for role in roles:
                    del seats[shift, role]
                    disputed.add((shift, role))
                    for claim in holders[shift, role]:
                        self._found.leave_out(
                            claim.place,
                            f"{engineer} is {' and '.join(roles)} of the shift of {self._name(shift)}, and an engineer "
                            "has one role of a shift; name another engineer for one of them",
                        )

    def _hint_at_weeks(self, seats: Mapping[_Key, str]) -> None:
        """Tell the user how to write whole weeks, if the file has one date a week and other shifts stay empty."""
        days = sorted({claim.days[0] for claim in self._found.claims if claim.days and claim.is_one_shift})
        if len(days) < 2 or any((later - first).days % 7 for first, later in pairwise(days)):
            return
        staffed = {shift for shift, _ in seats}
        if any(days[0] <= shift.day <= days[-1] and shift not in staffed for shift in self._shifts):
            self._found.note(
                "there is one date a week, and a date stands for the one shift that starts on it; if a row is for a "
                "whole week, give start and end columns: start,end and the roles"
            )

    def _holders(self) -> dict[_Key, list[Claim]]:
        """Return the claims to each seat; claims of two engineers to one seat are a conflict."""
        holders: dict[_Key, list[Claim]] = defaultdict(list)
        for claim in self._found.claims:
            if claim.days is not None:
                shifts = self._of_days(claim)
                if not (claim.is_one_shift and len(shifts) > 1):
                    for shift in shifts:
                        holders[shift, claim.role].append(claim)
        for claims in _stretches(self._found.claims):
            window = Window(min(_start(each) for each in claims), max(_end(each) for each in claims))
            for shift in self._touching(window):
                if window.start <= shift.window.start and shift.window.end <= window.end:
                    inside = [each for each in claims if _touches(each, shift) and _may_be(each, shift)]
                    if inside:
                        holders[shift, claims[0].role].append(inside[0])
        return holders

    def _of_days(self, claim: Claim) -> list[Shift]:
        assert claim.days is not None
        first, last = claim.days
        days = (first + _DAY * number for number in range((last - first).days + 1))
        return [shift for day in days for shift in self._by_day.get(day, ()) if _may_be(claim, shift)]

    def _touching(self, window: Window) -> Sequence[Shift]:
        first = max(0, bisect_right(self._starts, window.start) - 1)
        return [
            each
            for each in self._shifts[first : bisect_left(self._starts, window.end)]
            if each.window.end > window.start
        ]

    def _dispute(self, key: _Key, claims: Sequence[Claim]) -> None:
        shift, role = key
        for claim in claims:
            other = next(each for each in claims if each.engineer != claim.engineer)
            self._found.leave_out(
                claim.place,
                f"{claim.engineer} is {role} of the shift of {self._name(shift)}, and {other.place.text} says "
                f"{other.engineer}; keep one of them",
            )

    def _explain(self, claim: Claim, seats: dict[_Key, str], disputed: set[_Key]) -> None:
        """Record why a claim, or a part of it, gives its engineer no seat. Does nothing if all of it gives seats."""
        shifts = [] if claim.days is None else self._of_days(claim)
        if claim.days is not None and (not shifts or (claim.is_one_shift and len(shifts) > 1)):
            if (message := self._why_no_day(claim, shifts, seats)) is not None:
                self._found.leave_out(claim.place, message)
            return
        if claim.window is None:
            return
        touched = [shift for shift in self._touching(claim.window) if _may_be(claim, shift)]
        if not touched:
            self._found.leave_out(claim.place, self._no_shift_in(claim))
        for shift in touched:
            key = shift, claim.role
            if seats.get(key) != claim.engineer and key not in disputed:
                start, end = (table_time(at, self._zone) for at in (shift.window.start, shift.window.end))
                self._found.leave_out(
                    claim.place,
                    f"{claim.engineer} has only a part of the {shift.kind} shift from {start} to {end}, and a shift "
                    "has one engineer in a role",
                )

    def _why_no_day(self, claim: Claim, shifts: Sequence[Shift], seats: dict[_Key, str]) -> str | None:
        """Return why a claim for one date gives no seat; None if the date lies inside a shift of the engineer."""
        assert claim.days is not None
        day = claim.days[0]
        if shifts:
            each = " and ".join(
                f"{shift.kind} at {table_time(shift.window.start, self._zone, form='%H:%M')}" for shift in shifts
            )
            return f'{len(shifts)} shifts start on {day}: {each}; add a column "kind", or write start and end'
        if claim.kind is not None and self._by_day.get(day):
            kinds = [str(shift.kind) for shift in self._by_day[day]]
            return f'no "{claim.kind}" shift starts on {day}; {suggestion(claim.kind, kinds)}'
        noon = first_instant(self._zone, datetime.combine(day, time(12)))
        around = next((shift for shift in self._shifts if noon in shift.window), None)
        named = f"{DAYS_OF_WEEK[day.weekday()]} {day}"
        if around is None:
            return f"no shift starts on {named}"
        if seats.get((around, claim.role)) == claim.engineer:
            return None
        return f"no shift starts on {named}; it is in the {around.kind} shift of {self._name(around)}"

    def _no_shift_in(self, claim: Claim) -> str:
        assert claim.window is not None
        start, end = (table_time(at, self._zone) for at in (claim.window.start, claim.window.end))
        if claim.kind is not None:
            return f'no "{claim.kind}" shift is between {start} and {end}'
        return f"no on-call time is between {start} and {end}"

    def _name(self, shift: Shift) -> str:
        return table_time(shift.window.start, self._zone)

    def _made(self, seats: dict[_Key, str]) -> Plan:
        team, zone, roles = self._roster.team, self._zone, self._roster.rules.roles
        if not seats:
            return Plan(team, zone, ())
        staffed = [shift for shift in self._shifts if any((shift, role) in seats for role in roles)]
        first, last = staffed[0].day, staffed[-1].day
        made, empty = [], []
        for shift in self._shifts:
            for role in roles:
                if (shift, role) in seats:
                    made.append(Seat(shift.window, shift.kind, role, seats[shift, role]))
                elif first <= shift.day <= last:
                    empty.append((shift, role))
        if empty:
            shift, role = empty[0]
            many = "1 seat has" if len(empty) == 1 else f"{len(empty)} seats have"
            self._found.note(
                f"{many} no engineer from {first} to {last}; the first is {role} of the shift of {self._name(shift)}"
            )
        return Plan(team, zone, tuple(made), first_day=first, last_day=last)


def _span(claims: Sequence[Claim], roster: Roster) -> tuple[date, date]:
    """Return the first and the last date on which a claimed shift may start. Raises Refused for too many weeks."""
    zone = roster.policy.zone
    firsts = [c.days[0] if c.days else _start(c).astimezone(zone).date() for c in claims]
    lasts = [c.days[1] if c.days else _end(c).astimezone(zone).date() for c in claims]
    first, last = min(firsts), max(lasts)
    if (last - first).days > _MOST_WEEKS * 7:
        raise Refused(
            f"the dates are from {first} to {last}, more than {_MOST_WEEKS} weeks; correct them, or import a part"
        )
    # A shift that began up to a week before may hold a date or reach into a window.
    return first - _DAY * 7, last


def _stretches(claims: Sequence[Claim]) -> Iterator[list[Claim]]:
    """Yield groups of claims with windows: one engineer in one role, without a gap from each claim to the next."""
    timed = [claim for claim in claims if claim.window is not None]
    timed.sort(key=lambda claim: (claim.role, claim.engineer, _start(claim)))
    stretch: list[Claim] = []
    end = datetime.min.replace(tzinfo=UTC)
    for claim in timed:
        is_same = bool(stretch) and (stretch[-1].role, stretch[-1].engineer) == (claim.role, claim.engineer)
        if stretch and not (is_same and _start(claim) <= end):
            yield stretch
            stretch, is_same = [], False
        stretch.append(claim)
        end = max(end, _end(claim)) if is_same else _end(claim)
    if stretch:
        yield stretch


def _start(claim: Claim) -> datetime:
    assert claim.window is not None
    return claim.window.start


def _end(claim: Claim) -> datetime:
    assert claim.window is not None
    return claim.window.end


def _touches(claim: Claim, shift: Shift) -> bool:
    return _start(claim) < shift.window.end and shift.window.start < _end(claim)


def _may_be(claim: Claim, shift: Shift) -> bool:
    return claim.kind in (None, str(shift.kind))
