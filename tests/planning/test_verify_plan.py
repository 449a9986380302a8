"""Verify a plan against its roster and the plans around it; the second solver is asked only about a plan without
faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from oncall.planning.plans.verify_plan import AnotherSolver, verify_plan
from oncall.planning.sources.context_sources import NamedPlan
from oncall.rosters.roster import Roster
from tests.planning.conftest import LAST, Told, in_turn


@contextmanager
def waiting() -> Iterator[Callable[[timedelta], None]]:
    yield lambda taken: None


ANOTHER = AnotherSolver(timedelta(seconds=30), waiting)


def test_a_plan_that_keeps_the_rules_is_counted_and_judged_by_another_solver(
    roster: Roster, plan: NamedPlan, told: Told
) -> None:
    verified = verify_plan(plan.plan, roster, another_solver=ANOTHER, say=told)
    assert verified.examination.violations == ()
    assert verified.examination.shifts == 10
    assert verified.second_opinion is not None
    assert verified.second_opinion.bound <= verified.examination.cost


def test_a_plan_that_breaks_a_rule_gets_no_second_opinion(roster: Roster, plan: NamedPlan, told: Told) -> None:
    first, *others = plan.plan.seats
    broken = replace(plan.plan, seats=(replace(first, engineer="ben"), *others))
    verified = verify_plan(broken, roster, another_solver=ANOTHER, say=told)
    assert [violation.rule for violation in verified.examination.violations] == ["one_role"]
    assert verified.second_opinion is None


def test_a_rule_broken_beside_a_neighbouring_plan_counts(roster: Roster, plan: NamedPlan, told: Told) -> None:
    last = plan.plan.seats[-1]
    after = in_turn(roster, LAST + timedelta(days=1), LAST + timedelta(days=7))
    seats = (replace(after.seats[0], engineer=last.engineer), *after.seats[1:])
    verified = verify_plan(replace(after, seats=seats), roster, [plan], say=told)
    assert "rest_nights" in [violation.rule for violation in verified.examination.violations]
