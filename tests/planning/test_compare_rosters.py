"""Today's plan beside that of a changed roster: both are made in the same way, and each sentence is printed once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall.errors import PlanInfeasible, Refused
from oncall.planning.plans.compare_rosters import RosterChange, compare_rosters
from oncall.planning.sources.context_sources import ContextSources, NamedPlan
from oncall.planning.sources.watch import PlanningWatch, SearchOptions
from oncall.planning.views.comparison_views import comparison_view
from oncall.rosters.roster import Roster
from tests.planning.conftest import FIRST, LAST, Told


def test_one_more_person_lowers_what_everybody_carries(roster: Roster) -> None:
    found = compare_rosters(roster, RosterChange(new=1), FIRST, LAST, ContextSources(), options=SearchOptions())
    assert len(found.changed.roster.engineers) == len(found.today.roster.engineers) + 1
    assert found.today.plan is not None
    assert found.changed.plan is not None
    view = comparison_view(found)
    assert isinstance(view["changed"], dict)
    assert view["changed"]["engineers"][-1] == "new-1"


def test_a_change_that_no_plan_can_keep_is_an_answer(roster: Roster) -> None:
    change = RosterChange(settings=["rotation.rest_nights=9"])
    found = compare_rosters(roster, change, FIRST, LAST, ContextSources(), options=SearchOptions())
    assert found.today.plan is not None
    assert isinstance(found.changed.refusal, PlanInfeasible)


def test_what_both_sides_share_is_said_once_and_what_differs_is_marked(
    roster: Roster, plan: NamedPlan, told: Told
) -> None:
    after = LAST + timedelta(days=1)
    compare_rosters(
        roster,
        RosterChange(without=["fay"], new=1),
        after,
        after + timedelta(days=6),
        ContextSources([plan]),
        options=SearchOptions(),
        watch=PlanningWatch(told),
    )
    shared = "taken into account: shifts before the plan, 2027-01-04 to 2027-01-15"
    assert told.sentences.count(shared) == 1
    assert "changed: plan.csv: fay is not on the roster of team night-owls; their shifts are ignored" in told.sentences


def test_a_person_who_is_not_there_cannot_leave(roster: Roster) -> None:
    with pytest.raises(Refused, match='--without zoe: "zoe" is not an engineer of this roster'):
        compare_rosters(roster, RosterChange(without=["zoe"]), FIRST, LAST, ContextSources(), options=SearchOptions())
