"""Computes how many of given shifts each engineer can take, one engineer at a time and without a solver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, groupby

from oncall.rosters.relaxation import MAX_SHIFTS
from oncall.rosters.relaxed_roster import loosest_for
from oncall.rosters.roster import Engineer, RotationRules
from oncall.rosters.time_off import DaysOffRule
from oncall.rotation.problem.eligibility import can_take, first_obstacle
from oncall.rotation.problem.problem import Problem
from oncall.rotation.problem.rules import rules_of
from oncall.rotation.solve.counting_bound import max_rested_shifts, max_weekend_shifts
from oncall.schedule.plan import Shift

COUNTED_RULES = ("rest_nights", "weekends_apart", "max_shifts_per_week", "max_shifts_per_month", MAX_SHIFTS)
"""The rules that limit how many shifts one engineer can take."""


def excess_text(problem: Problem, shifts: Sequence[Shift], rules: RotationRules) -> str:
    """Return a sentence that shows by counting that the team cannot take all these shifts; empty if it can."""
    needed, days_off = len(shifts) * len(problem.roles), problem.days_off_rule
    # Usually the first few engineers can take enough, and the others need not be counted.
    so_far = accumulate(capacity(engineer, shifts, rules, days_off) for engineer in problem.engineers)
    if any(each >= needed for each in so_far):
        return ""
    capacities = [capacity(engineer, shifts, rules, days_off) for engineer in problem.engineers]
    counted = _counted_texts(rules)
    under = f" under {' and '.join(counted)}" if counted else ""
    takes_some = [any(engineer.takes(shift.kind) for shift in shifts) for engineer in problem.engineers]
    each = ", ".join(
        f"{engineer.id} {most}{_away_text(engineer, most, shifts, rules, days_off)}"
        for engineer, most, takes in zip(problem.engineers, capacities, takes_some, strict=True)
        if takes
    )
    if without := takes_some.count(False):
        kinds = " or ".join(dict.fromkeys(shift.kind for shift in shifts))
        each += f"; {'1 other takes' if without == 1 else f'{without} others take'} no {kinds} shifts"
    return f"{seats_text(problem, shifts)} are {needed} duties, and{under} people can take {sum(capacities)}: {each}"


def _counted_texts(rules: RotationRules) -> list[str]:
    """Return the rules that limit an engineer's shifts, each with its number.

    `max_shifts` has a number for each engineer: it is named once, with its number if that is the same for all.
    """
    counted = [rule for rule in rules_of(rules) if rule.name in COUNTED_RULES and rule.text != "rest_nights 0"]
    most = {number for _, number in rules.max_shifts}
    own = MAX_SHIFTS if len(most) > 1 else f"{MAX_SHIFTS} {next(iter(most), '')}"
    return list(dict.fromkeys(own if rule.name == MAX_SHIFTS else rule.text for rule in counted))


def seats_text(problem: Problem, shifts: Sequence[Shift]) -> str:
    """Return the number of shifts and of roles in words, like `5 shifts in 2 roles`."""
    count = f"{len(shifts)} shift{'' if len(shifts) == 1 else 's'}"
    return f"{count} in {len(problem.roles)} role{'' if len(problem.roles) == 1 else 's'}"


def capacity(engineer: Engineer, shifts: Sequence[Shift], rules: RotationRules, days_off: DaysOffRule) -> int:
    """Return an upper limit for how many of these shifts the engineer can take in any plan."""
    if not set(engineer.roles) & set(rules.roles):
        return 0
    rules = loosest_for(rules, engineer.id)
    own = [shift for shift in shifts if can_take(engineer, shift, days_off)]
    weekends = [shift for shift in own if shift.is_weekend]
    others = [shift for shift in own if not shift.is_weekend]
    on_weekends = max_weekend_shifts(weekends, rules.rest_nights, rules.weekends_apart)
    limits = [max_rested_shifts(own, rules.rest_nights), max_rested_shifts(others, rules.rest_nights) + on_weekends]
    if rules.max_shifts_per_week is not None:
        weeks = groupby(own, key=lambda shift: shift.day.isocalendar()[:2])
        limits.append(sum(min(rules.max_shifts_per_week, len(list(group))) for _, group in weeks))
    if rules.max_shifts_per_month is not None:
        months = groupby(own, key=lambda shift: shift.day.replace(day=1))
        limits.append(sum(min(rules.max_shifts_per_month, len(list(group))) for _, group in months))
    if (most := dict(rules.max_shifts).get(engineer.id)) is not None:
        limits.append(most)
    return min(limits)


def _away_text(
    engineer: Engineer, most: int, shifts: Sequence[Shift], rules: RotationRules, days_off: DaysOffRule
) -> str:
    """Return the engineer's dates in brackets if they lower the engineer's capacity to `most`; else an empty text."""
    if most == capacity(replace(engineer, absences=(), joins=None, leaves=None), shifts, rules, days_off):
        return ""
    found = (first_obstacle(engineer, shift, days_off) for shift in shifts)
    obstacles = dict.fromkeys(each.sentence for each in found if each is not None)
    reasons = "; ".join(sentence.removeprefix(f"{engineer.id} ").removeprefix("is ") for sentence in obstacles)
    return f" ({reasons})" if reasons else ""
