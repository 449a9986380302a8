"""Some thirty ways to break a plan; the checker finds each under the name of the broken rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from oncall.rosters.roster import SHADOW, Absence, FixedSeat, Roster, Shadowing, WeekendStyle
from oncall.rotation.check.checker import check_plan
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.schedule.plan import Balance, Plan, PlanStatus, Seat
from oncall.support.windows import Window, WindowKind
from tests.rotation.teams import MONDAY, away, person, shifts_of, team

HOUR = timedelta(hours=1)
Spoiled = tuple[Plan, Roster]
Spoil = Callable[[Plan, Roster], Spoiled]


@pytest.fixture(scope="module")
def roster() -> Roster:
    names = ("ana", "ben", "cai", "dee", "eve", "fay", "gus", "hal", "ida")
    return team(*(person(name) for name in names), holidays="US")


@pytest.fixture(scope="module")
def plan(roster: Roster) -> Plan:
    made = fairest_plan(roster, shifts_of(roster, days=28))
    return replace(made, first_day=MONDAY, last_day=MONDAY + timedelta(days=27))


def seat(change: Callable[[Seat], Seat], number: int = 0) -> Spoil:
    def spoil(plan: Plan, roster: Roster) -> Spoiled:
        seats = list(plan.seats)
        seats[number] = change(seats[number])
        return bare(replace(plan, seats=tuple(seats))), roster

    return spoil


def bare(plan: Plan) -> Plan:
    return replace(plan, fairness=None, status=None)


def rules(**changes: Any) -> Spoil:
    return lambda plan, roster: (bare(plan), replace(roster, rules=replace(roster.rules, **changes)))


def people(**changes: Any) -> Spoil:
    """The first seat's person has other dates or roles than when the plan was made."""

    def spoil(plan: Plan, roster: Roster) -> Spoiled:
        name = plan.seats[0].engineer
        everybody = tuple(replace(e, **changes) if e.id == name else e for e in roster.engineers)
        return bare(plan), replace(roster, engineers=everybody)

    return spoil


def hand_over(giver_day: date, taker_day: date) -> Spoil:
    """The primary of one day also takes the primary shift of another."""

    def spoil(plan: Plan, roster: Roster) -> Spoiled:
        found = {
            s.window.start.astimezone(plan.zone).date(): n for n, s in enumerate(plan.seats) if s.role == "primary"
        }
        seats = list(plan.seats)
        seats[found[taker_day]] = replace(seats[found[taker_day]], engineer=seats[found[giver_day]].engineer)
        return bare(replace(plan, seats=tuple(seats))), roster

    return spoil


def both(one: Spoil, other: Spoil) -> Spoil:
    return lambda plan, roster: other(*one(plan, roster))


def moved(start: timedelta = timedelta(0), end: timedelta = timedelta(0)) -> Callable[[Seat], Seat]:
    return lambda seat: replace(seat, window=Window(seat.window.start + start, seat.window.end + end))


def claim(**changes: Any) -> Spoil:
    def spoil(plan: Plan, roster: Roster) -> Spoiled:
        assert plan.fairness is not None
        status = changes.get("status", plan.status)
        facts = {key: change(plan.fairness) for key, change in changes.items() if key != "status"}
        return replace(plan, fairness=replace(plan.fairness, **facts), status=status), roster

    return spoil


def pair_of_first_shift(plan: Plan, roster: Roster) -> Spoiled:
    pair = (plan.seats[0].engineer, plan.seats[1].engineer)
    return rules(never_together=(pair,))(plan, roster)


def seat_fixed_for_somebody_else(plan: Plan, roster: Roster) -> Spoiled:
    other = next(e.id for e in roster.engineers if e.id != plan.seats[0].engineer)
    return rules(fixed=(FixedSeat(MONDAY, "primary", other),))(plan, roster)


def shadow_of_nobody(plan: Plan, roster: Roster) -> Spoiled:
    idle = next(e.id for e in roster.engineers if all(s.engineer != e.id for s in plan.seats[:8]))
    return bare(replace(plan, seats=(*plan.seats, replace(plan.seats[0], role=SHADOW, engineer=idle)))), roster


def plan_of_two_christmases() -> Spoiled:
    roster = team(*(person(name) for name in ("ana", "ben", "cai")), roles=("primary",), holidays="US", rest_nights=0)
    roster = replace(roster, rules=replace(roster.rules, weekends_apart=1, holidays_apart=2))
    shifts = [s for s in shifts_of(roster, first_day=date(2028, 12, 25), days=370) if s.kind is WindowKind.HOLIDAY]
    seats = tuple(Seat(shift.window, shift.kind, "primary", "ana") for shift in shifts)
    return Plan(roster.team, roster.policy.zone, seats), roster


SPOILED: dict[str, tuple[str, Spoil]] = {
    "a seat is missing": ("coverage", lambda p, r: (bare(replace(p, seats=p.seats[1:])), r)),
    "a whole shift is missing": ("coverage", lambda p, r: (bare(replace(p, seats=p.seats[2:])), r)),
    "no seat is left": ("coverage", lambda p, r: (bare(replace(p, seats=())), r)),
    "a seat is there twice": (
        "coverage",
        lambda p, r: (bare(replace(p, seats=(*p.seats, replace(p.seats[0], engineer=p.seats[4].engineer)))), r),
    ),
    "a shift begins a minute late": ("coverage", seat(moved(start=timedelta(minutes=1)))),
    "a shift ends an hour late": ("coverage", seat(moved(end=HOUR))),
    "a shift lies a day off": ("shifts", seat(moved(timedelta(days=200), timedelta(days=200)))),
    "a weeknight calls itself a weekend": ("shifts", seat(lambda s: replace(s, kind=WindowKind.WEEKEND))),
    "weekends are cut another way": ("shifts", rules(weekend=WeekendStyle.DAILY)),
    "a role is unknown": ("roles", seat(lambda s: replace(s, role="tertiary"))),
    "a person is unknown": ("engineers", seat(lambda s: replace(s, engineer="nobody"))),
    "a role is not the person's": ("roles", people(roles=("secondary",))),
    "one person has both roles": (
        "one_role",
        lambda p, r: seat(lambda s: replace(s, engineer=p.seats[0].engineer), 1)(p, r),
    ),
    "a shift lies on a day off": ("unavailable", people(absences=away(MONDAY))),
    "a shift ends on the morning of a day off": ("unavailable", people(absences=away(MONDAY + timedelta(days=1)))),
    "a shift has its last minute in a day off": (
        "unavailable",
        people(absences=(Absence(MONDAY, MONDAY + timedelta(days=1), starts_at=time(23, 59)),)),
    ),
    "a shift begins a minute before the end of a day off": (
        "unavailable",
        people(absences=(Absence(MONDAY, MONDAY, ends_at=time(19, 2)),)),
    ),
    "a shift lies on a weekly day off": ("unavailable", people(absences=(Absence(date.min, date.max, weekday=1),))),
    "a shift ends after the last day": ("leaves", people(leaves=MONDAY)),
    "a shift ends after the last hour": (
        "leaves",
        people(leaves=MONDAY + timedelta(days=1), leaves_at=time(7, 59)),
    ),
    "a shift begins before the first hour": ("joins", people(joins=MONDAY, joins_at=time(19, 2))),
    "a shift lies before joining": ("joins", people(joins=MONDAY + timedelta(days=1))),
    "a shift lies after leaving": ("leaves", people(leaves=MONDAY - timedelta(days=1))),
    "the next night is too soon": ("rest_nights", hand_over(MONDAY, MONDAY + timedelta(days=1))),
    "more rest was asked for": ("rest_nights", rules(rest_nights=14)),
    "two weekends in a row": ("weekends_apart", hand_over(date(2027, 1, 8), date(2027, 1, 15))),
    "weekends are too near": (
        "weekends_apart",
        both(hand_over(date(2027, 1, 8), date(2027, 1, 22)), rules(weekends_apart=3)),
    ),
    "a week has too many": (
        "max_shifts_per_week",
        both(hand_over(MONDAY, MONDAY + timedelta(days=3)), rules(max_shifts_per_week=1)),
    ),
    "a month has too many": ("max_shifts_per_month", rules(max_shifts_per_month=1)),
    "two who are kept apart are together": ("never_together", pair_of_first_shift),
    "a fixed seat has somebody else": ("fixed", seat_fixed_for_somebody_else),
    "a newcomer is on alone": ("shadows", people(shadows=(Shadowing(MONDAY, MONDAY),))),
    "a shadow is nobody's newcomer": ("shadows", shadow_of_nobody),
    "the same person every Christmas": ("holidays_apart", lambda p, r: plan_of_two_christmases()),
    "the cost is not the cost": ("fairness", claim(cost=lambda f: f.cost - 1, bound=lambda f: f.cost - 1)),
    "the bound is above the cost": ("fairness", claim(bound=lambda f: f.cost + 1)),
    "the proof is not finished": ("fairness", claim(bound=lambda f: f.cost - 1, status=PlanStatus.OPTIMAL)),
    "somebody has no fairness": ("fairness", claim(engineers=lambda f: f.engineers[1:])),
    "balances come from nowhere": (
        "fairness",
        lambda p, r: (replace(p, balances=(Balance("ana", WindowKind.WEEKEND, 1000),)), r),
    ),
}


def test_the_plan_is_clean_before_it_is_spoiled(plan: Plan, roster: Roster) -> None:
    assert check_plan(plan, roster) == []
    assert len(SPOILED) >= 25


@pytest.mark.parametrize("name", SPOILED)
def test_each_way_to_spoil_a_plan_is_found_under_its_rule(name: str, plan: Plan, roster: Roster) -> None:
    rule, spoil = SPOILED[name]
    spoiled, other = spoil(plan, roster)
    assert rule in {violation.rule for violation in check_plan(spoiled, other)}


def test_no_two_ways_to_spoil_a_plan_are_the_same_one(plan: Plan, roster: Roster) -> None:
    found: dict[tuple[str, ...], str] = {}
    for name, (rule, spoil) in SPOILED.items():
        told = tuple(str(each) for each in check_plan(*spoil(plan, roster)) if each.rule == rule)
        assert found.setdefault(told, name) == name


@pytest.mark.parametrize("rule", ["rest_nights", "weekends_apart", "max_shifts_per_week", "busy"])
def test_a_plan_spoiled_only_by_what_stands_around_it_is_found_too(rule: str, plan: Plan, roster: Roster) -> None:
    first = plan.seats[0]
    weekend = next(seat for seat in plan.seats if seat.kind is WindowKind.WEEKEND)
    week = timedelta(days=7)
    before = {
        "rest_nights": Seat(
            Window(first.window.start - 3 * 24 * HOUR, first.window.end - 24 * HOUR), weekend.kind, "x", ""
        ),
        "weekends_apart": replace(weekend, window=Window(weekend.window.start - week, weekend.window.end - week)),
        "max_shifts_per_week": first,
        "busy": first,
    }[rule]
    who = weekend.engineer if rule == "weekends_apart" else first.engineer
    outside = (replace(before, engineer=who),)
    strict = replace(roster, rules=replace(roster.rules, max_shifts_per_week=1 if rule.startswith("max") else None))
    if rule in ("busy", "max_shifts_per_week"):
        found = check_plan(plan, strict, elsewhere=outside)
    else:
        found = check_plan(plan, strict, history=outside)
    assert rule in {violation.rule for violation in found}
