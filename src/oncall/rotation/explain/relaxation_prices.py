"""The prices of relaxations, which make it possible to find the smallest ones, and the places where each applies.

Prices have no unit. They compare one night less rest in a week, weekends that are one week closer, one more shift, and
one day off moved. Leave, dates of joining and leaving, and roles have no price, because they cannot be relaxed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from oncall.rosters.relaxation import DAY_OFF, MAX_SHIFTS, MINIMUM_RULES, Relaxation
from oncall.rosters.relaxed_roster import rule_value
from oncall.rosters.roster import RotationRules
from oncall.schedule.plan import Shift

PRICES = {
    "rest_nights": 4,
    "min_rest_hours": 4,
    "weekends_apart": 3,
    "max_shifts_per_week": 2,
    "max_shifts_per_month": 3,
    "max_hours_per_week": 2,
    MAX_SHIFTS: 2,
    DAY_OFF: 3,
}
"""The price of one step of each rule in one place, and of one day off."""
ALL_DATES_FACTOR = 6
"""The price of a relaxation for all dates, in places: it costs as much as the same relaxation in this many places."""

STEPS = {"min_rest_hours": 6, "max_hours_per_week": 12}
"""By how much one step changes the number of a rule; rules that are not listed change by 1."""
MOST_STEPS = {MAX_SHIFTS: 6, "max_shifts_per_week": 2, "max_shifts_per_month": 4, "max_hours_per_week": 5}
"""The most steps by which each maximum may be exceeded."""

Dates = tuple[date, date]
Place = tuple[Dates, str | None]
"""Where a relaxation applies: its first and last date, and the engineer's id (None for everybody)."""


def price_of(relaxation: Relaxation, rules: RotationRules) -> int:
    """Return the price of a relaxation: of its steps in each week, month, weekend or day to which it applies."""
    first, last = relaxation.first_day, relaxation.last_day
    if relaxation.rule == DAY_OFF:
        return PRICES[DAY_OFF] * ((last - first).days + 1)
    if relaxation.rule == MAX_SHIFTS:
        before = dict(rules.max_shifts).get(relaxation.person or "", 0)
        return PRICES[MAX_SHIFTS] * abs((relaxation.value or 0) - before)
    steps = -(
        -abs((rule_value(rules, relaxation.rule) or 0) - (relaxation.value or 0)) // STEPS.get(relaxation.rule, 1)
    )
    if relaxation.rule == "max_shifts_per_month":
        places = 12 * (last.year - first.year) + last.month - first.month + 1
    else:
        places = (last.toordinal() - 1) // 7 - (first.toordinal() - 1) // 7 + 1
    return PRICES[relaxation.rule] * steps * min(places, ALL_DATES_FACTOR)


def is_within(one: Relaxation, other: Relaxation) -> bool:
    """Return True if `other` allows everything that `one` allows."""
    if one.rule != other.rule or other.person not in (None, one.person):
        return False
    if not other.first_day <= one.first_day <= one.last_day <= other.last_day:
        return False
    if one.value is None or other.value is None:
        return one.value is other.value
    return other.value <= one.value if one.rule in MINIMUM_RULES else other.value >= one.value


def joined(relaxations: Sequence[Relaxation]) -> tuple[Relaxation, ...]:
    """Return the relaxations, joined where dates follow each other, and without those that another one includes."""
    needed = [
        each for each in relaxations if not any(each != other and is_within(each, other) for other in relaxations)
    ]
    return tuple(_consecutive_joined(sorted(needed, key=_by_rule_and_date)))


def _by_rule_and_date(relaxation: Relaxation) -> tuple[str, str, int, date]:
    return relaxation.rule, relaxation.person or "", relaxation.value or 0, relaxation.first_day


def _consecutive_joined(relaxations: Sequence[Relaxation]) -> Iterator[Relaxation]:
    run: Relaxation | None = None
    for each in relaxations:
        if run is not None and _continues(run, each):
            run = replace(run, last_day=each.last_day)
            continue
        if run is not None:
            yield run
        run = each
    if run is not None:
        yield run


def _continues(run: Relaxation, following: Relaxation) -> bool:
    is_same = (run.rule, run.person, run.value) == (following.rule, following.person, following.value)
    return is_same and run.last_day + timedelta(days=1) == following.first_day


def _week_of(shift: Shift, person: str) -> Place:
    monday = shift.day - timedelta(days=shift.day.weekday())
    return (monday, monday + timedelta(days=6)), None


def _month_of(shift: Shift, person: str) -> Place:
    first = shift.day.replace(day=1)
    return (first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)), None


def _weekend_of(shift: Shift, person: str) -> Place | None:
    if not shift.is_weekend:
        return None
    friday = shift.day - timedelta(days=shift.day.weekday()) + timedelta(days=4)
    return (friday, friday + timedelta(days=2)), person


PLACES: Mapping[str, Callable[[Shift, str], Place | None]] = {
    "rest_nights": _week_of,
    "min_rest_hours": _week_of,
    "weekends_apart": _weekend_of,
    "max_shifts_per_week": _week_of,
    "max_shifts_per_month": _month_of,
    "max_hours_per_week": _week_of,
}
"""For each rule, returns the place of a relaxation for an engineer's duty on a shift; None if it needs none."""
