"""Problems small enough to try every plan: our plan is the fairest, and our repair changes the fewest seats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from random import Random

import pytest

from oncall.errors import PlanInfeasible
from oncall.rosters.roster import Absence, DaysOff, Roster, SharesRule
from oncall.rotation.check.checker import check_plan
from oncall.rotation.check.second_opinion import second_opinion
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.cost import counted_seats, unevenness_of
from oncall.rotation.problem.shares import Shares, shares_of
from oncall.rotation.repair.repair import repair
from oncall.schedule.plan import Plan, Seat, Shift
from oncall.support.holidays import CompanyDays, OwnDay
from oncall.support.windows import WindowKind
from tests.rotation.teams import MONDAY, NAMES, blocked_dates, person, shifts_of, team

_Counts = tuple[int, ...]
_State = tuple[_Counts, tuple[int, ...], tuple[int, ...]]
"""Seats so far by engineer, kind and role; then the last night and the last weekend of each engineer."""


def tiny_team(draw: Random, size: int, days: int) -> Roster:
    people = []
    for name in NAMES[:size]:
        away = draw.random() < 0.4
        day = MONDAY + timedelta(days=draw.randrange(days))
        absences = (Absence(day, day, "away", draw.random() < 0.5),) if away else ()
        roles = ["secondary"] if size > 3 and name == NAMES[0] and draw.random() < 0.4 else ["primary", "secondary"]
        people.append(person(name, roles=roles, absences=absences, fte=draw.choice([1.0, 1.0, 0.5])))
    rest = draw.choice([0, 0, 1])
    pair = ((NAMES[0], NAMES[1]),) if draw.random() < 0.2 else ()
    style = draw.choice(list(DaysOff))
    return team(*people, rest_nights=rest, weekends_apart=draw.choice([1, 2]), never_together=pair, days_off=style)


def least_cost(roster: Roster, shifts: tuple[Shift, ...]) -> tuple[int, int] | None:
    """Return the cost of the fairest plan and the least unevenness at that cost, by trying all plans.

    Equal states are continued only once.
    """
    people, kinds = len(roster.engineers), list(dict.fromkeys(shift.kind for shift in shifts))
    start: _State = ((0,) * (people * len(kinds) * 2), (-99,) * people, (-99,) * people)
    states = {start}
    for shift in shifts:
        states = {after for state in states for after in _next(roster, shift, kinds.index(shift.kind), state)}
    shares = shares_of(roster, shifts)
    costs = ((_cost(roster, shares, kinds, counts), _unevenness(roster, shares, counts)) for counts, _, _ in states)
    return min(costs, default=None)


def _unevenness(roster: Roster, shares: Shares, counts: _Counts) -> int:
    width = len(counts) // len(roster.engineers)
    totals = [sum(counts[each * width : (each + 1) * width]) for each in range(len(roster.engineers))]
    expected = [sum(shares.of(kind, None, who.id) for kind in shares.totals) for who in roster.engineers]
    return sum(round(100 * (total - float(share)) ** 2) for total, share in zip(totals, expected, strict=True))


def _next(roster: Roster, shift: Shift, kind: int, state: _State) -> Iterator[_State]:
    counts, nights, weekends = state
    number = (shift.day - MONDAY).days
    length = shift.end_night - shift.first_night
    able = []
    for each, engineer in enumerate(roster.engineers):
        days = blocked_dates(roster, shift)
        free = not any(day in absence for absence in engineer.absences for day in days)
        rested = number - nights[each] >= roster.rules.rest_nights
        apart = shift.kind is not WindowKind.WEEKEND or number // 7 - weekends[each] >= roster.rules.weekends_apart
        if free and rested and apart:
            able.append(each)
    ids = [engineer.id for engineer in roster.engineers]
    for pair in permutations(able, 2):
        if any({ids[each] for each in pair} == set(kept) for kept in roster.rules.never_together):
            continue
        if "primary" not in roster.engineers[pair[0]].roles:
            continue
        more, last, weekend = list(counts), list(nights), list(weekends)
        for role, each in enumerate(pair):
            more[(each * (len(counts) // len(ids) // 2) + kind) * 2 + role] += 1
            last[each] = number + length
            if shift.kind is WindowKind.WEEKEND:
                weekend[each] = number // 7
        yield tuple(more), tuple(last), tuple(weekend)


def _cost(roster: Roster, shares: Shares, kinds: list[WindowKind], counts: _Counts) -> int:
    cost = 0
    for each, engineer in enumerate(roster.engineers):
        for number, kind in enumerate(kinds):
            place = (each * len(kinds) + number) * 2
            both = counts[place : place + 2]
            for role, count in (("primary", both[0]), ("secondary", both[1]), (None, sum(both))):
                cost += round(100 * (count - float(shares.of(kind, role, engineer.id))) ** 2)
    return cost


def fairest_cost(roster: Roster, shifts: tuple[Shift, ...]) -> tuple[int, int] | None:
    try:
        plan = fairest_plan(roster, shifts)
    except PlanInfeasible:
        return None
    assert plan.fairness is not None
    assert plan.fairness.cost == plan.fairness.bound
    return plan.fairness.cost, unevenness_of(counted_seats(plan.seats), shares_of(roster, shifts))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(24))
def test_no_plan_of_up_to_eight_shifts_costs_less_or_as_little_with_more_even_totals(seed: int) -> None:
    draw = Random(seed)
    roster = tiny_team(draw, draw.choice([3, 3, 4]), 11)
    # Four people who need no rest have too many plans of eight shifts to try them all.
    most = 8 if len(roster.engineers) == 3 or roster.rules.rest_nights else 4
    shifts = shifts_of(roster, days=11)[:most]
    assert fairest_cost(roster, shifts) == least_cost(roster, shifts)


@pytest.mark.parametrize("rule", list(SharesRule))
def test_with_either_rule_of_shares_no_plan_with_a_junior_costs_less_and_another_solver_agrees(
    rule: SharesRule,
) -> None:
    people = [person("ana", roles=["secondary"]), person("ben"), person("cai", fte=0.5)]
    roster = team(*people, rest_nights=0, weekends_apart=1, shares=rule)
    shifts = shifts_of(roster, days=10)[:7]
    least = least_cost(roster, shifts)
    assert fairest_cost(roster, shifts) == least
    plan = fairest_plan(roster, shifts)
    assert least is not None
    assert second_opinion(plan, roster, least[0], time_limit=timedelta(seconds=60)).bound == least[0]
    other = next(each for each in SharesRule if each is not rule)
    changed = replace(roster, rules=replace(roster.rules, shares=other))
    assert "fairness" in {each.rule for each in check_plan(plan, changed)}


def test_a_company_day_is_a_holiday_shift_whose_fairest_plan_is_proven() -> None:
    day = CompanyDays(own=(OwnDay(MONDAY + timedelta(days=2), "Founders Day"),))
    roster = team(*(person(name) for name in NAMES[:3]), rest_nights=0, weekends_apart=1)
    with_day = replace(roster, holidays=day)
    shifts = shifts_of(with_day, days=5)
    assert [str(shift.kind) for shift in shifts].count("holiday") == 1
    least = least_cost(with_day, shifts)
    assert fairest_cost(with_day, shifts) == least
    plan = fairest_plan(with_day, shifts)
    assert least is not None
    assert second_opinion(plan, with_day, least[0], time_limit=timedelta(seconds=60)).bound == least[0]
    assert "shifts" in {each.rule for each in check_plan(fairest_plan(roster, shifts_of(roster, days=5)), with_day)}


# ---- repair


def every_plan(roster: Roster, shifts: tuple[Shift, ...], kept: tuple[Seat, ...], first_open: date) -> Iterator[Plan]:
    """Yield every legal plan that has the kept seats first. first_open: the first date that is judged."""
    names = [engineer.id for engineer in roster.engineers]

    def fill(seats: tuple[Seat, ...], left: tuple[Shift, ...]) -> Iterator[tuple[Seat, ...]]:
        if not left:
            yield seats
            return
        shift = left[0]
        for pair in permutations(names, 2):
            more = tuple(
                Seat(shift.window, shift.kind, role, who)
                for role, who in zip(("primary", "secondary"), pair, strict=True)
            )
            longer = (*seats, *more)
            if not check_plan(replace(_dated(roster, longer, shift.day), kept_until=first_open), roster):
                yield from fill(longer, left[1:])

    for seats in fill(kept, shifts):
        yield _dated(roster, seats, MONDAY + timedelta(days=6))


def _dated(roster: Roster, seats: tuple[Seat, ...], last_day: date) -> Plan:
    return Plan(roster.team, roster.policy.zone, seats, first_day=MONDAY, last_day=last_day)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_no_repair_changes_fewer_seats_or_as_few_at_less_cost(seed: int) -> None:
    draw = Random(1000 + seed)
    roster = replace(tiny_team(draw, 4, 7), engineers=tuple(person(name) for name in NAMES[:4]))
    roster = replace(roster, rules=replace(roster.rules, never_together=()))
    shifts = shifts_of(roster)
    plan = replace(fairest_plan(roster, shifts), first_day=MONDAY, last_day=MONDAY + timedelta(days=6))
    first_open = MONDAY + timedelta(days=draw.choice([1, 2, 3]))
    day = first_open + timedelta(days=draw.choice([0, 1]))
    ill = replace(roster.engineers[0], absences=(Absence(day, day + timedelta(days=1), "ill"),))
    changed = replace(roster, engineers=(ill, *roster.engineers[1:]))
    kept = tuple(seat for seat in plan.seats if seat.window.start.astimezone(plan.zone).date() < first_open)
    left = tuple(shift for shift in shifts if shift.day >= first_open)
    shares = shares_of(changed, shifts)
    found = [
        (_differing(plan, other), _plain_cost(changed, shares, other))
        for other in every_plan(changed, left, kept, first_open)
    ]
    try:
        repaired = repair(changed, shifts, plan, first_open=first_open)
    except PlanInfeasible:
        assert found == []
        return
    assert repaired.plan.fairness is not None
    assert repaired.fewest_is_proven
    assert repaired.best_is_proven
    assert (len(repaired.changes), repaired.plan.fairness.cost) == min(found)
    assert check_plan(repaired.plan, changed) == []


def _differing(plan: Plan, other: Plan) -> int:
    return sum(one.engineer != two.engineer for one, two in zip(plan.seats, other.seats, strict=True))


def _plain_cost(roster: Roster, shares: Shares, plan: Plan) -> int:
    cost = 0
    for kind in shares.totals:
        for engineer in roster.engineers:
            mine = [seat.role for seat in plan.seats if seat.kind is kind and seat.engineer == engineer.id]
            counts = (("primary", mine.count("primary")), ("secondary", mine.count("secondary")), (None, len(mine)))
            cost += sum(round(100 * (n - float(shares.of(kind, role, engineer.id))) ** 2) for role, n in counts)
    return cost
