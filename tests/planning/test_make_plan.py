"""Make a plan from a roster, dates and a planning context, and check it before it is returned."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest

from oncall.errors import PlanInfeasible, Refused
from oncall.planning.plans.make_plan import make_plan
from oncall.planning.sources.context_sources import ContextSources, NamedPlan
from oncall.planning.sources.watch import PlanningWatch, SearchHooks, SearchOptions
from oncall.rosters.relaxation import relaxation_named
from oncall.rosters.roster import Roster
from oncall.rotation.check.checker import check_plan
from tests.planning.conftest import FIRST, LAST, ROSTER, Told, roster_of

ONE_WEEK = FIRST + timedelta(days=6)


def test_the_plan_has_its_dates_its_proof_and_a_seat_for_each_role(roster: Roster) -> None:
    made = make_plan(roster, FIRST, LAST, ContextSources(), options=SearchOptions())
    assert (made.plan.first_day, made.plan.last_day, made.shifts) == (FIRST, LAST, 10)
    assert made.plan.status == "optimal"
    assert len(made.plan.seats) == 20


def test_the_plan_rests_people_after_the_plan_before_and_says_so(roster: Roster, plan: NamedPlan, told: Told) -> None:
    after = LAST + timedelta(days=1)
    sources = ContextSources([plan])
    made = make_plan(
        roster, after, after + timedelta(days=6), sources, options=SearchOptions(), watch=PlanningWatch(told)
    )
    assert "taken into account: shifts before the plan, 2027-01-04 to 2027-01-15" in told.sentences
    assert check_plan(made.plan, roster, history=plan.plan.seats) == []


def test_a_plan_with_a_relaxation_is_marked_with_it() -> None:
    short = roster_of(ROSTER.replace("engineers:", "rotation: {rest_nights: 3}\nengineers:"))
    with pytest.raises(PlanInfeasible):
        make_plan(short, FIRST, ONE_WEEK, ContextSources(), options=SearchOptions())
    relaxation = relaxation_named("rest_nights=1@2027-01-04..2027-01-10")
    made = make_plan(short, FIRST, ONE_WEEK, ContextSources(), [relaxation], options=SearchOptions())
    assert made.plan.relaxed == (relaxation,)
    assert made.plan.notes[-1].startswith("by agreement: ")


def test_dates_on_which_no_shift_starts_are_refused(roster: Roster) -> None:
    saturday = date(2027, 1, 9)
    with pytest.raises(Refused, match="no on-call shift starts from 2027-01-09 to 2027-01-10; name other dates"):
        make_plan(roster, saturday, saturday + timedelta(days=1), ContextSources(), options=SearchOptions())


def test_the_search_calls_the_hooks_of_its_caller(roster: Roster) -> None:
    seen: list[int] = []

    @contextmanager
    def search() -> Iterator[SearchHooks]:
        yield SearchHooks(on_progress=lambda progress: seen.append(progress.bound), should_stop=lambda: False)
        seen.append(-1)

    made = make_plan(roster, FIRST, LAST, ContextSources(), options=SearchOptions(), watch=PlanningWatch(search=search))
    assert made.plan.fairness is not None
    # After the last bound comes the stage that spreads shifts, which has none.
    assert made.plan.fairness.bound in seen
    assert seen[-1] == -1
