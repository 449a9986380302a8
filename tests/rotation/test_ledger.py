"""Balances add up to 0, newcomers start at 0, and the next plan makes up for what was served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from oncall.rosters.roster import Roster, SharesRule
from oncall.rotation.check.checker import check_plan
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.context import PlanningContext
from oncall.rotation.problem.ledger import ledger_of, zero_sum_balances
from oncall.rotation.problem.served_seats import (
    PlanMembers,
    inferred_join_dates,
    seats_as_served,
    served_as_planned,
    served_with_overrides,
)
from oncall.schedule.plan import Balance, Plan, Seat
from oncall.schedule.plan_json import json_of, plan_of_json
from oncall.schedule.schedule import Schedule
from oncall.schedule.versions import Override, Publication
from oncall.schedule.workload import Workload
from oncall.support.calendar import calendar_of
from oncall.support.windows import Window, WindowKind
from tests.rotation.random_rosters import random_roster
from tests.rotation.teams import MONDAY, NAMES, away, person, shifts_of, team, team_of

NIGHT, WEEKEND = WindowKind.WEEKNIGHT, WindowKind.WEEKEND
SUNDAY = MONDAY + timedelta(days=27)


def plan_for(roster: Roster, days: int = 28) -> Plan:
    made = fairest_plan(roster, shifts_of(roster, days=days))
    return replace(made, first_day=MONDAY, last_day=MONDAY + timedelta(days=days - 1))


def balances_after(
    roster: Roster, seats: Sequence[Seat], *, before: date, opening: Sequence[Balance] = ()
) -> tuple[Balance, ...]:
    """Return the balances after these seats were served as planned, up to a date."""
    return ledger_of(roster, served_as_planned(seats), before=before, opening=opening).balances


def in_turn(roster: Roster, first_day: date, names: Sequence[str]) -> list[Seat]:
    """Return the seats of 28 days, given to these people in turn, whatever roles and kinds they take."""
    return [
        Seat(shift.window, shift.kind, role, names[(2 * number + place) % len(names)])
        for number, shift in enumerate(shifts_of(roster, first_day=first_day, days=28))
        for place, role in enumerate(roster.rules.roles)
    ]


def workloads(roster: Roster) -> dict[str, Workload]:
    return {each.id: Workload(each.fte, each.roles, each.kinds) for each in roster.engineers}


def sums(balances: tuple[Balance, ...]) -> dict[WindowKind, int]:
    return {kind: sum(b.thousandths for b in balances if b.kind is kind) for kind in {b.kind for b in balances}}


def published(plan: Plan, roster: Roster, *overrides: Override) -> Schedule:
    calendar = calendar_of(roster.policy, roster.holidays)
    at = datetime(2026, 12, 1, tzinfo=UTC)
    seats, roles = plan.seats, roster.rules.roles
    publication = Publication(1, at, "mei", "", roster.team, roster.zone, roles, calendar, {}, None, plan.window, seats)
    return Schedule((publication,), overrides, calendar)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(300))
def test_all_balances_of_a_kind_add_up_to_0(seed: int) -> None:
    draw = Random(seed)
    roster = random_roster(draw, sizes=(1, 6), days=28)
    people = [*(engineer.id for engineer in roster.engineers), "gone"]
    seats = [
        Seat(shift.window, shift.kind, role, draw.choice(people))
        for shift in shifts_of(roster, days=28)
        for role in roster.rules.roles
    ]
    opening = tuple(
        Balance(draw.choice(people), draw.choice([NIGHT, WEEKEND]), draw.randint(-3000, 3000)) for _ in "ab"
    )
    balances = balances_after(roster, seats, before=SUNDAY, opening=zero_sum_balances(roster, opening))
    assert set(sums(balances).values()) <= {0}


def test_the_next_plan_gives_fewer_shifts_to_engineers_who_served_more_and_stores_the_balances() -> None:
    roster = team_of(8)
    shifts = shifts_of(roster, first_day=date(2027, 3, 1), days=56)
    balances = (Balance("ana", NIGHT, 3000), Balance("ben", NIGHT, -3000))
    made = fairest_plan(roster, shifts, context=PlanningContext(balances=balances))
    plan = replace(made, first_day=date(2027, 3, 1), last_day=date(2027, 4, 25))
    nights = {name: sum(s.engineer == name and s.kind is NIGHT for s in plan.seats) for name in ("ana", "ben", "cai")}
    assert nights == {"ana": 5, "ben": 11, "cai": 8}
    assert check_plan(plan, roster) == []
    assert plan_of_json(json_of(plan).decode(), "plan.json").balances == balances


def test_two_plans_connected_by_the_ledger_are_as_fair_as_one() -> None:
    roster = team_of(7)
    first = plan_for(roster, 35)
    balances = balances_after(roster, first.seats, before=MONDAY + timedelta(days=35))
    context = PlanningContext(first.seats, balances=balances)
    second = fairest_plan(roster, shifts_of(roster, first_day=MONDAY + timedelta(days=35), days=35), context=context)
    for kind in (NIGHT, WEEKEND):
        seats = [seat.engineer for seat in (*first.seats, *second.seats) if seat.kind is kind]
        counts = [seats.count(engineer.id) for engineer in roster.engineers]
        assert max(counts) - min(counts) <= 1


def test_a_newcomer_has_no_balance() -> None:
    roster = team_of(6)
    plan = plan_for(roster)
    later = replace(roster, engineers=(*roster.engineers, person("new", joins=SUNDAY + timedelta(days=1))))
    assert all(b.engineer != "new" for b in balances_after(later, plan.seats, before=SUNDAY + timedelta(days=1)))


@pytest.mark.parametrize("is_on_leave", [False, True])
def test_an_engineer_who_joins_or_returns_for_the_second_plan_owes_nothing_for_the_first(is_on_leave: bool) -> None:
    second_day = MONDAY + timedelta(days=28)
    joined, back = {"joins": second_day}, {"absences": away(MONDAY, 28, leave=True)}
    later = team(*team_of(5).engineers, person("new", **(back if is_on_leave else joined)))
    seats = [*in_turn(later, MONDAY, NAMES[:5]), *in_turn(later, second_day, (*NAMES[:5], "new"))]
    plans = [PlanMembers(day, day + timedelta(days=27), None) for day in (MONDAY, second_day)]
    found = ledger_of(later, served_as_planned(seats), plans=plans)
    shares = {(entry.engineer, entry.kind): entry.share for entry in found.entries}
    # A fifth of the 32 seats of the first plan's nights, and a sixth of those of the second.
    assert shares["ana", NIGHT] == Fraction(32, 5) + Fraction(32, 6)
    assert shares["new", NIGHT] == Fraction(32, 6)
    assert shares["new", WEEKEND] == Fraction(8, 6)


@pytest.mark.parametrize("shares", SharesRule)
@pytest.mark.parametrize(
    "change", [{"fte": 0.5}, {"roles": ("primary",)}, {"kinds": (NIGHT,)}], ids=lambda change: str(*change)
)
def test_a_plan_is_shared_as_published_and_the_next_one_by_the_changed_roster(
    change: dict[str, Any], shares: SharesRule
) -> None:
    second_day = MONDAY + timedelta(days=28)
    before = team_of(5, shares=shares)
    after = team(person("ana", **change), *before.engineers[1:], shares=shares)
    first, second = (in_turn(before, day, NAMES[:5]) for day in (MONDAY, second_day))
    plans = [
        PlanMembers(day, day + timedelta(days=27), None, workloads(roster))
        for day, roster in ((MONDAY, before), (second_day, after))
    ]
    found = ledger_of(after, served_as_planned([*first, *second]), plans=plans)
    expected = [
        {(entry.engineer, entry.kind): entry.share for entry in ledger_of(roster, served_as_planned(seats)).entries}
        for roster, seats in ((before, first), (after, second))
    ]
    assert {(entry.engineer, entry.kind): entry.share for entry in found.entries} == {
        key: expected[0][key] + expected[1][key] for key in expected[0]
    }
    assert set(sums(found.balances).values()) <= {0}


def test_a_role_that_the_team_gave_up_keeps_its_shares_in_the_plans_that_had_it() -> None:
    before = team(*team_of(4).engineers, person("sam", roles=("secondary",)))
    after = team(*(person(each.id, roles=("primary",)) for each in before.engineers), roles=("primary",))
    served = served_as_planned(in_turn(before, MONDAY, NAMES[:4]))
    plan = PlanMembers(MONDAY, MONDAY + timedelta(days=27), None, workloads(before))
    assert ledger_of(after, served, plans=[plan]) == ledger_of(before, served)


def test_an_override_moves_its_part_of_the_shift_to_the_engineer_who_covered_it() -> None:
    roster = team_of(7)
    plan = plan_for(roster)
    seat = plan.seats[0]
    half = Window(seat.window.start, seat.window.start + (seat.window.end - seat.window.start) / 2)
    cover = Override(2, datetime(2027, 1, 1, tzinfo=UTC), "mei", "ill", half, seat.role, "gus")
    served = served_with_overrides(published(plan, roster, cover))
    parts = {each.engineer: each.part for each in served if each.seat == seat}
    assert parts == {seat.engineer: Fraction(1, 2), "gus": Fraction(1, 2)}
    plain, moved = (
        {(e.engineer, e.kind): e.served for e in ledger_of(roster, each).entries}
        for each in (served_as_planned(plan.seats), served)
    )
    assert plain[seat.engineer, NIGHT] - moved[seat.engineer, NIGHT] == Fraction(1, 2)
    assert moved["gus", NIGHT] - plain["gus", NIGHT] == Fraction(1, 2)


def test_for_the_rest_rule_a_seat_belongs_to_the_engineer_who_served_most_of_it() -> None:
    roster = team_of(7)
    plan = plan_for(roster)
    seat = plan.seats[0]
    hour = timedelta(hours=1)
    short = Override(
        2,
        datetime(2027, 1, 1, tzinfo=UTC),
        "mei",
        "x",
        Window(seat.window.start, seat.window.start + hour),
        seat.role,
        "gus",
    )
    assert set(seats_as_served(served_with_overrides(published(plan, roster, short)))) == set(plan.seats)


def test_the_balance_of_a_leaver_is_spread_evenly_over_the_others() -> None:
    roster = team_of(3)
    balances = (Balance("ana", NIGHT, 900), Balance("ben", NIGHT, 300), Balance("gone", NIGHT, -1200))
    assert zero_sum_balances(roster, balances) == (Balance("ana", NIGHT, 300), Balance("ben", NIGHT, -300))


def test_a_roster_without_history_has_no_balances() -> None:
    assert ledger_of(team(person("ana"), person("ben")), []).balances == ()


# ---- newcomers


def test_an_engineer_without_joins_joined_when_the_first_plan_includes_them() -> None:
    roster = team(*team_of(6).engineers, person("new"))
    six = frozenset(engineer.id for engineer in team_of(6).engineers)
    march = PlanMembers(date(2027, 3, 1), date(2027, 3, 28), six)
    april = PlanMembers(date(2027, 4, 1), date(2027, 4, 28), six | {"new"})
    assert inferred_join_dates(roster, [march]) == {"new": date(2027, 3, 29)}
    assert inferred_join_dates(roster, [march, april]) == {"new": date(2027, 4, 1)}
    assert inferred_join_dates(roster, [april]) == {}
    assert inferred_join_dates(roster, [replace(march, people=None)]) == {}
    assert inferred_join_dates(roster, []) == {}


def test_joins_in_the_roster_wins_over_earlier_plans() -> None:
    roster = team(*team_of(6).engineers, person("new", joins=date(2027, 2, 1)))
    march = PlanMembers(date(2027, 3, 1), date(2027, 3, 28), frozenset({"ana"}))
    assert "new" not in inferred_join_dates(roster, [march])
