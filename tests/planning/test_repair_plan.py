"""A repair changes the fewest seats of its baseline, and its notes say what changed and what it costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from oncall.errors import Refused
from oncall.planning.plans.repair_plan import RepairRequest, repair_plan
from oncall.planning.sources.context_sources import ContextSources, NamedPlan
from oncall.planning.sources.watch import PlanningWatch, SearchOptions
from oncall.planning.views.plan_views import repaired_plan_view
from oncall.rosters.roster import Roster
from tests.planning.conftest import ROSTER, Told, in_turn, roster_of

AWAY = ROSTER.replace(
    '"+13055550100"}', '"+13055550100", unavailable: [{from: 2027-01-12T12:00, to: 2027-01-12, reason: flu}]}'
)
TENTH = date(2027, 1, 10)


def test_only_the_seats_of_the_absent_person_change(plan: NamedPlan, told: Told) -> None:
    request = RepairRequest(plan, first_open=date(2027, 1, 11))
    found = repair_plan(roster_of(AWAY), request, ContextSources(), options=SearchOptions(), watch=PlanningWatch(told))
    lost = [change.window.start for change in found.changes if change.before == "ana"]
    assert found.fewest_is_proven
    assert len(found.changes) == found.fewest
    assert datetime(2027, 1, 13, 0, 1, tzinfo=UTC) in lost
    assert found.plan.notes[0].startswith("repaired from 2027-01-11: ")


def test_a_repair_from_before_the_plan_opens_all_of_it_and_says_so(roster: Roster, plan: NamedPlan, told: Told) -> None:
    request = RepairRequest(plan, first_open=date(2026, 12, 1))
    found = repair_plan(roster, request, ContextSources(), options=SearchOptions(), watch=PlanningWatch(told))
    assert told.sentences[0] == "the plan starts on 2027-01-04: all of it may change"
    assert found.plan.kept_until == date(2027, 1, 4)


def test_a_date_that_is_not_frozen_cannot_be_opened(roster: Roster, plan: NamedPlan) -> None:
    request = RepairRequest(plan, date(2027, 1, 6), frozen_days=2, opened=frozenset([TENTH]))
    with pytest.raises(Refused, match="--open 2027-01-10: only 2027-01-06 to 2027-01-07 is frozen"):
        repair_plan(roster, request, ContextSources(), options=SearchOptions())


def test_the_baseline_of_another_team_is_refused(roster: Roster) -> None:
    theirs = NamedPlan("theirs.json", replace(in_turn(roster), team="day-birds"))
    with pytest.raises(
        Refused, match=r"theirs\.json is a plan of team day-birds, and night-owls\.yaml is the roster of"
    ):
        repair_plan(roster, RepairRequest(theirs, TENTH), ContextSources(), options=SearchOptions())


def test_the_json_of_a_repair_is_the_plan_with_its_changes(plan: NamedPlan) -> None:
    request = RepairRequest(plan, first_open=date(2027, 1, 11))
    found = repair_plan(roster_of(AWAY), request, ContextSources(), options=SearchOptions())
    view = repaired_plan_view(found)
    assert view["kept_until"] == "2027-01-11"
    assert isinstance(view["repair"], dict)
    assert len(view["repair"]["changes"]) == found.fewest
