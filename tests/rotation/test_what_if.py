"""Another team or other rules beside today's: each person's load, and how well requests are met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from oncall.errors import PlanInfeasible, Refused
from oncall.rosters.roster import FixedSeat, Request, RequestDirection, Roster
from oncall.rotation.explain.what_if import ComparedPlan, compared_plan, with_people
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.schedule.plan import Plan, Shift
from oncall.support.windows import WindowKind
from tests.rotation.teams import MONDAY, person, shifts_of, team, team_of


def planned(roster: Roster) -> ComparedPlan:
    def make(team: Roster, shifts: Sequence[Shift]) -> Plan:
        return fairest_plan(team, shifts)

    return compared_plan(roster, shifts_of(roster, days=28), make)


def test_an_engineer_who_is_gone_has_no_load_and_the_new_one_has_that_of_the_others() -> None:
    changed = planned(with_people(team_of(7), without=["ana"], new=1))
    assert changed.load("ana", WindowKind.WEEKNIGHT) is None
    new, ben = changed.load("new-1", WindowKind.WEEKNIGHT), changed.load("ben", WindowKind.WEEKNIGHT)
    assert new is not None
    assert ben is not None
    assert new.share == ben.share


def test_new_people_get_names_that_nobody_has() -> None:
    roster = with_people(team(person("new-1"), *team_of(6).engineers), without=[], new=2)
    assert [each.id for each in roster.engineers][-2:] == ["new-2", "new-3"]


def test_rules_that_name_an_engineer_who_is_gone_are_dropped() -> None:
    rules = {
        "fixed": (FixedSeat(MONDAY, "primary", "ana"), FixedSeat(MONDAY, "secondary", "ben")),
        "never_together": (("ana", "ben"), ("ben", "cai")),
        "prefer_together": (("dee", "ana"),),
    }
    left = with_people(team_of(7, **rules), without=["ana"], new=0).rules
    assert left.fixed == (FixedSeat(MONDAY, "secondary", "ben"),)
    assert (left.never_together, left.prefer_together) == ((("ben", "cai"),), ())


def test_too_few_people_are_an_answer_and_no_failure() -> None:
    changed = planned(with_people(team_of(6), without=["ana", "ben"], new=0))
    assert changed.plan is None
    assert isinstance(changed.refusal, PlanInfeasible)
    assert changed.refusal.summary == "no plan is possible: there are more duties than people can take"


def test_broken_requests_are_counted() -> None:
    picky = person("gus", requests=(Request(RequestDirection.AVOID, kind="weeknight"),))
    requests = planned(team(*team_of(6).engineers, picky)).requests
    assert requests is not None
    assert requests.avoided == 16
    assert 0 < requests.avoided_taken <= 16


@pytest.mark.parametrize(
    ("without", "message"),
    [
        (["anna"], '--without anna: "anna" is not an engineer of this roster; did you mean "ana"?'),
        (["ana", "ben"], "nobody is left on the roster; name fewer people with --without, or add --with-new 2"),
    ],
)
def test_who_cannot_be_taken_away_is_told(without: list[str], message: str) -> None:
    roster = replace(team_of(2), engineers=team_of(2).engineers)
    with pytest.raises(Refused) as refusal:
        with_people(roster, without=without, new=0)
    assert str(refusal.value) == message
