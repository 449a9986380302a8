"""A repair compared with every plan: no plan has fewer changes or less cost, and every printed line is true."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from oncall.errors import PlanInfeasible, Refused
from oncall.rosters.roster import FixedSeat, Roster
from oncall.rotation.check.checker import check_plan
from oncall.rotation.check.second_opinion import second_opinion
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.context import PlanningContext
from oncall.rotation.repair.repair import repair
from oncall.rotation.repair.repair_result import Repair
from oncall.schedule.plan import Plan, PlanStatus, Seat
from tests.rotation.repairs import FIRST, EveryPlan, RepairCase, drawn_case, drawn_turns_case, with_requests
from tests.rotation.teams import MONDAY, away, person, shifts_of, team, team_of


def planned(case: RepairCase) -> Plan | None:
    """Return the plan before the change; None if there is none."""
    try:
        plan = fairest_plan(case.before, case.shifts(case.before))
    except PlanInfeasible:
        return None
    return replace(plan, first_day=FIRST, last_day=FIRST + timedelta(days=case.days - 1))


def repaired(case: RepairCase, plan: Plan, more: int = 0) -> Repair:
    return repair(
        case.roster,
        case.shifts(case.roster),
        plan,
        first_open=case.first_open,
        more_changes=more,
        frozen_days=case.frozen_days,
        opened=case.opened,
    )


def cost(found: Repair) -> int:
    assert found.plan.fairness is not None
    return found.plan.fairness.cost


def bound(found: Repair) -> int:
    assert found.plan.fairness is not None
    return found.plan.fairness.bound


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(120))
def test_no_plan_changes_fewer_seats_or_costs_less_and_every_number_of_changes_has_its_price(seed: int) -> None:
    compare_with_every_plan(drawn_case(Random(seed)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_every_number_of_changes_has_its_price_where_only_whole_turns_change(seed: int) -> None:
    compare_with_every_plan(drawn_turns_case(Random(seed)))


def compare_with_every_plan(case: RepairCase) -> None:
    """Compare a repair with every possible plan: its changes and cost, each further number's cost, and each choice."""
    plan = planned(case)
    if plan is None:
        return
    cheapest = EveryPlan(case, plan).cheapest()
    if not cheapest:
        with pytest.raises(PlanInfeasible):
            repaired(case, plan)
        return
    fewest = min(cheapest)

    def best(more: int) -> int:
        return min(cost for changes, cost in cheapest.items() if changes <= fewest + more)

    found = repaired(case, plan)
    assert (found.fewest, len(found.changes), cost(found)) == (fewest, fewest, best(0))
    assert found.fewest_is_proven
    assert found.best_is_proven
    assert bound(found) <= min(cheapest.values())
    assert check_plan(replace(found.plan, relaxed=case.exceptions), case.after) == []
    # An option for each number that is cheaper than the number before, and for no other.
    most = max(cheapest) - fewest
    prices = [(more, best(more)) for more in range(1, most + 1) if best(more) < best(more - 1)]
    assert [(option.more_changes, option.cost) for option in found.options] == prices
    assert all(option.is_best for option in found.options)
    assert found.unpriced == ()
    for more in sorted({1, 3, 5, *(number for number, _ in prices[-2:])}):
        chosen = repaired(case, plan, more=more)
        least = min(changes for changes, cost in cheapest.items() if cost == best(more))
        assert (cost(chosen), len(chosen.changes)) == (best(more), least)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60))
def test_of_the_plans_that_change_and_cost_as_little_it_is_the_one_that_meets_most_requests(seed: int) -> None:
    case = with_requests(Random(seed), drawn_case(Random(seed)))
    plan = planned(case)
    every = None if plan is None else EveryPlan(case, plan)
    if plan is None or every is None or not (cheapest := every.cheapest()):
        return
    found = repaired(case, plan)
    assert (len(found.changes), cost(found)) == (min(cheapest), cheapest[min(cheapest)])
    shifts = {shift.window: shift for shift in case.shifts(case.roster) if shift.day >= case.first_open}
    seats = [seat for seat in found.plan.seats if seat.window in shifts]
    assert sum(every.request_cost(seat.engineer, shifts[seat.window]) for seat in seats) == every.best_requests()
    assert found.requests is None or found.requests.is_best


def past_that_breaks_the_rules() -> tuple[Roster, Plan]:
    """Two of eight people had all of the first week without rest; the rules ask for two free nights."""
    roster = team_of(8)
    lax = replace(roster, rules=replace(roster.rules, rest_nights=0, weekends_apart=1))
    plan = fairest_plan(lax, shifts_of(lax, days=42))
    week = [seat for seat in plan.seats if seat.window.start.date() < MONDAY + timedelta(days=5)]
    who = {"primary": "ana", "secondary": "ben"}
    others = [seat for seat in plan.seats if seat not in week]
    seats = (*(replace(seat, engineer=who[seat.role]) for seat in week), *others)
    return roster, replace(plan, seats=seats, first_day=MONDAY, last_day=MONDAY + timedelta(days=41))


def test_a_past_that_breaks_todays_rules_is_data_and_the_bound_says_what_can_still_be_had() -> None:
    roster, plan = past_that_breaks_the_rules()
    first_open = MONDAY + timedelta(days=7)
    found = repair(roster, shifts_of(roster, days=42), plan, first_open=first_open, more_changes=60)
    assert 0 < bound(found) == cost(found)
    assert found.plan.status is PlanStatus.OPTIMAL
    assert check_plan(found.plan, roster) == []


@pytest.mark.slow
def test_another_solver_agrees_on_the_bound_of_a_plan_with_such_a_past() -> None:
    roster, plan = past_that_breaks_the_rules()
    first_open = MONDAY + timedelta(days=7)
    few = repair(roster, shifts_of(roster, days=42), plan, first_open=first_open)
    opinion = second_opinion(few.plan, roster, cost(few), time_limit=timedelta(minutes=10))
    assert opinion.left_out == ()
    assert bound(few) <= opinion.bound <= cost(few)
    many = repair(roster, shifts_of(roster, days=42), plan, first_open=first_open, more_changes=60)
    assert second_opinion(many.plan, roster, cost(many), time_limit=timedelta(minutes=10)).is_optimal


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_another_solver_never_contradicts_the_bound_of_a_repaired_plan(seed: int) -> None:
    case = drawn_case(Random(500 + seed))
    plan = planned(case)
    if plan is None:
        return
    try:
        found = repaired(case, plan)
    except PlanInfeasible:
        return
    marked = replace(found.plan, relaxed=case.exceptions)
    opinion = second_opinion(marked, case.after, cost(found), time_limit=timedelta(minutes=10))
    assert bound(found) <= opinion.bound <= cost(found)


@pytest.mark.slow
def test_the_plan_after_choosing_more_changes_offers_numbers_for_the_same_option() -> None:
    roster = team_of(8)
    plan = fairest_plan(roster, shifts_of(roster, days=56))
    ill = replace(roster.engineers[2], absences=away(MONDAY + timedelta(days=14), 14, reason="ill"))
    later = replace(roster, engineers=(*roster.engineers[:2], ill, *roster.engineers[3:]))
    shifts, first_open = shifts_of(later, days=56), MONDAY + timedelta(days=7)
    one_more = repair(later, shifts, plan, first_open=first_open, more_changes=1, option_changes=(1,))
    assert [option.more_changes for option in one_more.options] == [2]
    two_more = repair(later, shifts, plan, first_open=first_open, more_changes=2, option_changes=())
    assert cost(two_more) == one_more.options[0].cost


def test_frozen_shifts_that_cannot_stay_are_named_with_the_rule_and_the_date_to_open() -> None:
    roster = team_of(4, rest_nights=0, weekends_apart=1)
    shifts = shifts_of(roster, days=3)
    names = [("ana", "ben"), ("ana", "ben"), ("cai", "dee")]
    seats = tuple(
        Seat(shift.window, shift.kind, role, who)
        for shift, pair in zip(shifts, names, strict=True)
        for role, who in zip(roster.rules.roles, pair, strict=True)
    )
    last = MONDAY + timedelta(days=2)
    plan = Plan(roster.team, roster.policy.zone, seats, first_day=MONDAY, last_day=last)
    stricter = replace(roster, rules=replace(roster.rules, rest_nights=1))
    with pytest.raises(PlanInfeasible) as refusal:
        repair(stricter, shifts, plan, first_open=MONDAY, frozen_days=3)
    assert str(refusal.value).splitlines() == [
        "no plan keeps the rules while the shifts of 2027-01-04 to 2027-01-06 are frozen: the following exclude each "
        "other; without any one of them, the others can be kept",
        "  ana stays primary on Mon 2027-01-04 (frozen)",
        "  ana stays primary on Tue 2027-01-05 (frozen)",
        "  rest_nights 1",
        "  a plan exists when 2027-01-04 may change: --open 2027-01-04",
    ]
    found = repair(stricter, shifts, plan, first_open=MONDAY, frozen_days=3, opened=frozenset({MONDAY}))
    assert [change.window.start.astimezone(plan.zone).date() for change in found.changes] == [MONDAY, MONDAY]


def test_what_no_plan_can_keep_is_not_blamed_on_the_frozen_shifts() -> None:
    roster = team_of(4, rest_nights=0, weekends_apart=1)
    plan = replace(fairest_plan(roster, shifts_of(roster)), first_day=MONDAY, last_day=MONDAY + timedelta(days=6))
    stricter = replace(roster, rules=replace(roster.rules, rest_nights=3))
    with pytest.raises(PlanInfeasible) as refusal:
        repair(stricter, shifts_of(roster), plan, first_open=MONDAY, frozen_days=2)
    assert "frozen" not in str(refusal.value)


def test_a_seat_that_is_fixed_since_takes_precedence_over_the_freeze() -> None:
    roster = team_of(6)
    plan = replace(fairest_plan(roster, shifts_of(roster)), first_day=MONDAY, last_day=MONDAY + timedelta(days=6))
    had = plan.seats[0].engineer
    other = next(each.id for each in roster.engineers if each.id not in {seat.engineer for seat in plan.seats[:2]})
    fixed = replace(roster, rules=replace(roster.rules, fixed=(FixedSeat(MONDAY, plan.seats[0].role, other),)))
    found = repair(fixed, shifts_of(fixed), plan, first_open=MONDAY, frozen_days=1)
    assert (found.changes[0].before, found.changes[0].after) == (had, other)


def test_a_role_that_the_roster_gave_up_stays_in_the_past_alone() -> None:
    three = team(*(person(name, roles=("primary", "secondary", "third")) for name in "abcdefghij"))
    three = replace(three, rules=replace(three.rules, roles=("primary", "secondary", "third"), rest_nights=1))
    plan = replace(
        fairest_plan(three, shifts_of(three, days=14)), first_day=MONDAY, last_day=MONDAY + timedelta(days=13)
    )
    two = replace(three, rules=replace(three.rules, roles=("primary", "secondary")))
    found = repair(two, shifts_of(two, days=14), plan, first_open=MONDAY + timedelta(days=7))
    roles = {(seat.role, seat.window.start.date() >= MONDAY + timedelta(days=7)) for seat in found.plan.seats}
    assert ("third", True) not in roles
    assert ("third", False) in roles
    assert check_plan(found.plan, two) == []


def test_an_engineer_who_covered_a_shift_gets_no_new_one_before_they_are_rested() -> None:
    roster = team_of(8)
    shifts = shifts_of(roster, days=28)
    plan = replace(fairest_plan(roster, shifts), first_day=MONDAY, last_day=MONDAY + timedelta(days=27))
    first_open = MONDAY + timedelta(days=8)
    zone = plan.zone
    tonight = [seat for seat in plan.seats if seat.window.start.astimezone(zone).date() == first_open]
    ill = tonight[0].engineer
    absent = tuple(replace(e, absences=away(first_open, 1)) if e.id == ill else e for e in roster.engineers)
    later = replace(roster, engineers=absent)
    plain = repair(later, shifts, plan, first_open=first_open, option_changes=())
    stand_in = next(change.after for change in plain.changes if change.before == ill)
    last_night = next(seat for seat in plan.seats if seat.window.start.astimezone(zone).date() == MONDAY + timedelta(7))
    context = PlanningContext(covers=(replace(last_night, engineer=stand_in),))
    found = repair(later, shifts, plan, first_open=first_open, option_changes=(), context=context)
    gained = {change.after for change in found.changes if change.window == tonight[0].window}
    assert gained
    assert stand_in not in gained
    assert check_plan(found.plan, later) == []


def test_a_cover_that_leaves_nobody_is_told_by_name() -> None:
    tuesday = MONDAY + timedelta(days=1)
    names = ("ana", "ben", "cai", "dee")
    roster = team(*(person(name, roles=("primary",)) for name in names), roles=("primary",), rest_nights=1)
    shifts = shifts_of(roster, days=2)
    seats = tuple(Seat(s.window, s.kind, "primary", who) for s, who in zip(shifts, ("dee", "ben"), strict=True))
    plan = Plan(roster.team, roster.policy.zone, seats, first_day=MONDAY, last_day=tuesday)
    absent = {"ben": away(tuesday, 1), "cai": away(tuesday, 1)}
    people = tuple(replace(each, absences=absent.get(each.id, ())) for each in roster.engineers)
    later = replace(roster, engineers=people)
    context = PlanningContext(covers=(replace(seats[0], engineer="ana"),))
    with pytest.raises(Refused) as refusal:
        repair(later, shifts, plan, first_open=tuesday, context=context)
    assert str(refusal.value) == (
        "no plan leaves ana their rest after the shifts that they covered before 2027-01-05; "
        "choose a later --from, or ignore the published schedule with --no-history"
    )


@pytest.mark.slow
@pytest.mark.parametrize("looks", range(1, 8))
def test_a_search_that_is_stopped_at_any_moment_leaves_a_plan_or_says_that_there_is_none(looks: int) -> None:
    roster = team_of(10)
    shifts = shifts_of(roster, days=140)
    plan = replace(fairest_plan(roster, shifts), first_day=MONDAY, last_day=MONDAY + timedelta(days=139))
    ill = replace(roster.engineers[2], absences=away(MONDAY + timedelta(days=28), 14, reason="ill"))
    later = replace(roster, engineers=(*roster.engineers[:2], ill, *roster.engineers[3:]))
    left = [True] * looks

    def is_stopped() -> bool:
        return not left or left.pop() is None

    try:
        found = repair(later, shifts, plan, first_open=MONDAY + timedelta(days=21), should_stop=is_stopped)
    except Refused as refusal:
        assert str(refusal).endswith(", and none is proven impossible; allow more time")
        return
    assert check_plan(found.plan, later) == []
    assert len(found.changes) <= found.fewest
    assert bound(found) <= cost(found)
