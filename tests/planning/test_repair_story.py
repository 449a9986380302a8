"""The sentences about a repair name every number of changes whose cost is known, and every one whose cost is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from oncall.planning.plans.repair_plan import RepairRequest, repair_plan
from oncall.planning.plans.repair_story import repair_story
from oncall.planning.sources.context_sources import ContextSources, NamedPlan
from oncall.planning.sources.watch import SearchOptions
from oncall.planning.views.plan_views import repaired_plan_view
from oncall.rosters.roster import Roster
from oncall.rotation.repair.repair_result import ChangeOption, Repair, UnpricedChanges


@pytest.fixture
def found(roster: Roster, plan: NamedPlan) -> Repair:
    return repair_plan(roster, RepairRequest(plan, date(2027, 1, 11)), ContextSources(), options=SearchOptions())


def lines_about_options(found: Repair) -> list[str]:
    return [line for line in repair_story(found) if line.startswith(("+", "choose", "other numbers"))]


def test_options_are_listed_and_no_other_number_is_cheaper(found: Repair) -> None:
    options = (ChangeOption(1, 400, True), ChangeOption(4, 300, True))
    assert [line.partition(": cost")[0] for line in lines_about_options(replace(found, options=options))] == [
        "+1 change",
        "+4 changes",
        "choose with --changes 1 or --changes 4",
        "other numbers of changes lower the cost no further",
    ]


def test_numbers_that_are_not_priced_are_named_with_the_least_cost_they_may_have(found: Repair) -> None:
    unpriced = (UnpricedChanges(1, 1, 390), UnpricedChanges(3, 6, 310), UnpricedChanges(9, None, 120))
    told = replace(found, options=(), unpriced=unpriced)
    assert lines_about_options(told) == [
        "+1 change: not fully priced; a plan might cost less, but not less than 390",
        "+3 to +6 changes: not fully priced; a plan might cost less, but not less than 310",
        "+9 changes or more: not fully priced; a plan might cost less, but not less than 120",
    ]
    every = replace(told, unpriced=(UnpricedChanges(1, None, 120),))
    assert lines_about_options(every) == [
        "+1 change or more: not fully priced; a plan might cost less, but not less than 120"
    ]
    view = repaired_plan_view(told)["repair"]
    assert isinstance(view, dict)
    assert view["not_priced"][1:] == [
        {"first": 3, "last": 6, "least_cost": 310},
        {"first": 9, "last": None, "least_cost": 120},
    ]


def test_many_options_are_chosen_by_number(found: Repair) -> None:
    options = tuple(ChangeOption(more, 400 - more, True) for more in range(1, 9))
    assert "choose one of these numbers with --changes, like --changes 8" in lines_about_options(
        replace(found, options=options)
    )


def test_frozen_seats_are_counted_where_they_limit_what_is_proven(found: Repair) -> None:
    lines = repair_story(replace(found, frozen=2))
    assert lines[0].endswith("the fewest possible; 2 seats kept by --freeze")
    assert any(line.endswith("however many seats change, even frozen ones") for line in lines)
