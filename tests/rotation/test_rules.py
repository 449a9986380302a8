"""The limits that the solver gets forbid exactly what the rules forbid."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.rosters.roster import Roster, RotationRules, WeekendStyle
from oncall.rotation.check.person_rules import PERSON_CHECKS
from oncall.rotation.problem.eligibility import weekend_number
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rules import rules_of
from oncall.schedule.plan import Shift
from oncall.support.windows import WindowKind
from tests.rotation.teams import rosters, shifts_of, team_of


def keeps_limits(problem: Problem, duties: set[Duty]) -> bool:
    limits = (limit for rule in rules_of(problem.roster.rules) for limit in rule.limits(problem))
    return all(sum(any(duty in duties for duty in group) for group in limit.groups) <= limit.most for limit in limits)


def keeps_rules(rules: RotationRules, shifts: Iterable[Shift]) -> bool:
    """Return True if one engineer's shifts keep the rules as the roster file states them."""
    own = sorted(shifts, key=lambda shift: shift.window.start)
    for earlier, later in combinations(own, 2):
        if later.first_night - earlier.end_night < rules.rest_nights:
            return False
        weekends = earlier.kind is later.kind is WindowKind.WEEKEND
        if weekends and 0 < weekend_number(later) - weekend_number(earlier) < rules.weekends_apart:
            return False
    weeks = [shift.day.isocalendar()[:2] for shift in own]
    months = [(shift.day.year, shift.day.month) for shift in own]
    in_week = max((weeks.count(week) for week in weeks), default=0)
    in_month = max((months.count(month) for month in months), default=0)
    return in_week <= (rules.max_shifts_per_week or 99) and in_month <= (rules.max_shifts_per_month or 99)


@pytest.mark.slow
@given(rosters(sizes=(1, 1), days=35, roles=("primary",)), st.data())
@settings(max_examples=60, deadline=None)
def test_limits_allow_exactly_the_duties_that_the_rules_allow(roster: Roster, data: st.DataObject) -> None:
    problem = Problem.of(roster, shifts_of(roster, days=35))
    numbers = data.draw(
        st.sets(st.sampled_from(problem.eligible_shifts[0]), max_size=5)
        if problem.eligible_shifts[0]
        else st.just(set())
    )
    duties = {Duty(0, number) for number in numbers}
    own = [problem.shifts[number] for number in numbers]
    assert keeps_limits(problem, duties) == keeps_rules(roster.rules, own)


def test_the_checker_has_a_check_for_every_rule() -> None:
    roster = team_of(2, max_shifts_per_week=3, max_shifts_per_month=9, weekend=WeekendStyle.DAILY)
    assert {rule.name for rule in rules_of(roster.rules)} <= PERSON_CHECKS.keys()
