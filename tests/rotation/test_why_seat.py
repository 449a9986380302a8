"""For each other person, the rule that forbids them the seat, or the solved cost of choosing them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given, settings

from oncall.errors import OncallError
from oncall.rosters.roster import FixedSeat, Request, RequestDirection, Roster
from oncall.rotation.explain.why_seat import Alternative, SeatExplanation, SolvedAlternative, why_seat
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.schedule.plan import Plan
from tests.rotation.teams import MONDAY, away, person, rosters, sentences, shifts_of, team, team_of

LIMIT = timedelta(minutes=10)


def planned(roster: Roster, *, days: int = 28) -> Plan:
    plan = fairest_plan(roster, shifts_of(roster, days=days))
    return replace(plan, first_day=MONDAY, last_day=MONDAY + timedelta(days=days - 1))


def asked(roster: Roster, plan: Plan, seat: int = 0, *, limit: timedelta = LIMIT) -> SeatExplanation:
    return why_seat(plan, roster, plan.seats[seat], time_limit=limit)


def about(answer: SeatExplanation, name: str) -> Alternative:
    return next(each for each in answer.others if each.engineer == name)


def test_everybody_else_is_spoken_of_in_the_order_of_the_roster() -> None:
    roster = team_of(6)
    plan = planned(roster)
    holder = plan.seats[0].engineer
    assert [each.engineer for each in asked(roster, plan).others] == [
        each.id for each in roster.engineers if each.id != holder
    ]


def test_who_is_away_or_does_not_take_the_role_is_barred_whatever_else_is_planned() -> None:
    roster = team(*team_of(6).engineers, person("gus", absences=away(MONDAY, 3)), person("hal", roles=["secondary"]))
    answer = asked(roster, planned(roster))
    assert about(answer, "gus") == Alternative(
        "gus", "gus is away 2027-01-04 to 2027-01-06 (vacation)", obstacle_rule="unavailable"
    )
    assert about(answer, "hal") == Alternative("hal", "hal does not take the role primary", obstacle_rule="roles")


def test_the_rules_that_forbid_somebody_as_the_plan_stands_are_named() -> None:
    roster = team_of(6)
    plan = planned(roster)
    partner = about(asked(roster, plan), plan.seats[1].engineer)
    assert partner.broken_rules[0] == (
        f"one_role: {partner.engineer} is primary and secondary of the same shift, Mon 2027-01-04 (weeknight)"
    )
    assert partner.swap_change is None


def test_a_swap_that_breaks_nothing_has_its_price() -> None:
    roster = team(*team_of(7).engineers, person("zoe", fte=0.1), rest_nights=0)
    plan = planned(roster)
    free = about(asked(roster, plan), "zoe")
    assert free.broken_rules == ()
    assert free.swap_change is not None
    swapped = (replace(plan.seats[0], engineer="zoe"), *plan.seats[1:])
    assert sentences(replace(plan, seats=swapped, fairness=None, status=None), roster) == []


def test_a_request_against_the_shift_is_mentioned() -> None:
    roster = team(*team_of(6).engineers, person("gus", requests=(Request(RequestDirection.AVOID, day=MONDAY),)))
    assert about(asked(roster, planned(roster)), "gus").asked_to_avoid


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(rosters(sizes=(5, 7), days=14))
def test_the_price_is_that_of_the_fairest_plan_with_that_seat_fixed(roster: Roster) -> None:
    try:
        plan = planned(roster, days=14)
    except OncallError:
        assume(False)
    assert plan.fairness is not None
    shift = shifts_of(roster, days=14)[0]
    answer = asked(roster, plan)
    for other in answer.others[:3]:
        if other.obstacle is not None:
            continue
        seat = FixedSeat(shift.day, answer.seat.role, other.engineer, shift.kind)
        fixed = replace(roster, rules=replace(roster.rules, fixed=(seat,), requests_weight=0))
        assert other.solved is not None
        try:
            best = fairest_plan(fixed, shifts_of(roster, days=14)).fairness
        except OncallError:
            assert other.solved == SolvedAlternative(None, None, True)
            continue
        assert best is not None
        assert other.solved == SolvedAlternative(best.cost - plan.fairness.cost, best.bound - plan.fairness.cost, True)


@pytest.mark.slow
def test_in_a_tight_team_somebody_is_dearer_and_that_is_proven() -> None:
    roster = team(*team_of(5).engineers, person("fay", fte=0.5))
    plan = planned(roster, days=84)
    number = next(n for n, seat in enumerate(plan.seats) if seat.role == "primary" and seat.engineer != "fay" and n > 8)
    solved = about(asked(roster, plan, number), "fay").solved
    assert solved is not None
    assert solved.is_proven
    assert solved.cost_change == solved.least_change
    assert solved.cost_change is not None
    assert solved.cost_change >= 0


def test_without_time_nothing_is_claimed_that_is_not_proven() -> None:
    roster = team(*team_of(5).engineers, person("fay", fte=0.5))
    plan = planned(roster, days=84)
    for other in asked(roster, plan, 10, limit=timedelta(microseconds=1)).others:
        assert other.solved is not None
        assert other.solved.least_change is not None
        assert other.solved.least_change <= (0 if other.solved.cost_change is None else other.solved.cost_change)


def test_a_plan_that_is_not_the_fairest_can_be_beaten() -> None:
    roster = team_of(6, rest_nights=0)
    plan = planned(roster)
    others = [each.id for each in roster.engineers if each.id != plan.seats[1].engineer]
    primaries = Counter(seat.engineer for seat in plan.seats if seat.role == "primary")
    greedy = max((each for each in others if each != plan.seats[0].engineer), key=primaries.__getitem__)
    seats = (replace(plan.seats[0], engineer=greedy), *plan.seats[1:])
    worse = replace(plan, seats=seats, fairness=None, status=None)
    back = about(asked(roster, worse), plan.seats[0].engineer).solved
    assert back is not None
    assert back.cost_change is not None
    assert back.cost_change < 0
    assert back.is_proven
