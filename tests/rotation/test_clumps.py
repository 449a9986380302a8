"""In any four weeks in a row everyone carries about their share of these weeks, with a bound on what is possible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise, product
from random import Random

import pytest

from oncall.planning.plans.repair_story import repair_story
from oncall.rosters.roster import Request, RequestDirection, Roster
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.cost import counted_seats, fairness_of, unevenness_of
from oncall.rotation.problem.requests import request_matches
from oncall.rotation.problem.shares import shares_of
from oncall.rotation.repair.repair import repair
from oncall.schedule.plan import Clumps, Plan, Seat, Shift
from oncall.schedule.plan_json import json_of, plan_of_json
from oncall.support.windows import WindowKind
from tests.rotation.teams import MONDAY, NAMES, away, blocked_dates, person, sentences, shifts_of, team, team_of


def planned(roster: Roster, days: int) -> Plan:
    plan = fairest_plan(roster, shifts_of(roster, days=days))
    return replace(plan, first_day=MONDAY, last_day=MONDAY + timedelta(days=days - 1))


@pytest.mark.slow
def test_a_half_time_engineer_has_their_shifts_spread_over_the_half_year() -> None:
    roster = team(person("ana", fte=0.5), *(person(name) for name in NAMES[1:8]))
    plan = planned(roster, 182)
    assert plan.clumps is not None
    weeks = Counter(seat.window.start.astimezone(plan.zone).date() for seat in plan.seats if seat.engineer == "ana")
    share = Fraction(260, 15)
    for first in range(26 - 3):
        days = [MONDAY + timedelta(weeks=first, days=number) for number in range(28)]
        assert abs(sum(weeks[day] for day in days) - share * 4 / 26) <= Fraction(plan.clumps.distance, 1000) + Fraction(
            1, 1000
        )
    assert plan.clumps.distance < 2000
    assert sentences(plan, roster) == []


def test_the_measure_is_printed_with_its_bound() -> None:
    proven = Clumps(1333, 1333)
    assert proven.text == (
        "clumps: in any four weeks in a row nobody is more than 1.33 shifts from their share; "
        "proven: no equally fair plan has less"
    )
    assert Clumps(1333, 667).text.endswith("; not proven: an equally fair plan could have 0.67")
    plan = planned(team_of(8), 91)
    assert plan.clumps is not None
    assert plan.clumps.is_proven
    assert plan.notes == (plan.clumps.text,)


def test_a_plan_of_less_than_four_weeks_has_no_such_measure() -> None:
    assert planned(team_of(8), 21).clumps is None


def test_a_plan_file_keeps_the_measure_and_the_checker_counts_it_again() -> None:
    roster = team_of(8)
    plan = planned(roster, 56)
    read = plan_of_json(json_of(plan).decode(), "plan.json")
    assert read.clumps == plan.clumps
    assert plan.clumps is not None
    spoiled = replace(read, clumps=Clumps(plan.clumps.distance + 500, plan.clumps.bound))
    [sentence] = sentences(spoiled, roster)
    assert sentence.startswith("clumps: the plan states that nobody is more than ")
    beyond = replace(read, clumps=Clumps(plan.clumps.distance, plan.clumps.distance + 1))
    assert [each.split(":")[0] for each in sentences(beyond, roster)] == ["clumps"]


# ---- every plan of a few weekends


def every_plan(roster: Roster, shifts: tuple[Shift, ...]) -> Iterator[tuple[Seat, ...]]:
    """Yield the seats of every legal plan of these weekends, with one role and one weekend a week."""
    able = [
        [
            who.id
            for who in roster.engineers
            if not any(d in off for off in who.absences for d in blocked_dates(roster, s))
        ]
        for s in shifts
    ]
    for people in product(*able):
        if roster.rules.weekends_apart == 1 or all(one != other for one, other in pairwise(people)):
            yield tuple(Seat(s.window, s.kind, "primary", who) for s, who in zip(shifts, people, strict=True))


def distance(roster: Roster, shifts: tuple[Shift, ...], seats: tuple[Seat, ...]) -> Fraction:
    shares, weeks = shares_of(roster, shifts), [(shift.day - MONDAY).days // 7 for shift in shifts]
    week_of = dict(zip((shift.window for shift in shifts), weeks, strict=True))
    found = Fraction(0)
    for who in roster.engineers:
        off = [day for each in who.absences if each.leave for day in (each.first_day, each.last_day)]
        able = [week for week in weeks if not any((day - MONDAY).days // 7 == week for day in off)]
        mine = [week_of[seat.window] for seat in seats if seat.engineer == who.id]
        for first in range(weeks[0], weeks[-1] - 2):
            part = sum(first <= week < first + 4 for week in able)
            expected = shares.of_all_kinds(who.id) * part / len(able) if able else Fraction(0)
            found = max(found, abs(sum(first <= week < first + 4 for week in mine) - expected))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_no_plan_that_is_as_fair_and_meets_as_many_requests_has_fewer_clumps(seed: int) -> None:
    draw = Random(seed)
    people = []
    for name in NAMES[: draw.choice([2, 3])]:
        saturday = MONDAY + timedelta(weeks=draw.randrange(8), days=5)
        wish = Request(RequestDirection.AVOID, day=MONDAY + timedelta(weeks=draw.randrange(8), days=5))
        absences = away(saturday, leave=draw.random() < 0.5) if draw.random() < 0.6 else ()
        requests = (wish,) if draw.random() < 0.5 else ()
        people.append(
            person(name, roles=["primary"], fte=draw.choice([1.0, 0.5]), absences=absences, requests=requests)
        )
    roster = team(*people, roles=("primary",), rest_nights=0, weekends_apart=draw.choice([1, 1, 2]))
    shifts = tuple(each for each in shifts_of(roster, days=56) if each.kind is WindowKind.WEEKEND)
    shares = shares_of(roster, shifts)

    def judged(seats: tuple[Seat, ...]) -> tuple[int, int, int, Fraction]:
        counted = counted_seats(seats)
        cost = fairness_of(counted, shares, bound=0).cost
        return cost, broken(roster, shifts, seats), unevenness_of(counted, shares), distance(roster, shifts, seats)

    best = min((judged(seats) for seats in every_plan(roster, shifts)), default=None)
    if best is None:
        return
    plan = fairest_plan(roster, shifts)
    assert judged(plan.seats) == best
    assert plan.clumps == Clumps(round(1000 * best[3]), round(1000 * best[3]))


def broken(roster: Roster, shifts: tuple[Shift, ...], seats: tuple[Seat, ...]) -> int:
    shift_of = {shift.window: shift for shift in shifts}
    requests = {engineer.id: engineer.requests for engineer in roster.engineers}
    return sum(request_matches(wish, shift_of[seat.window]) for seat in seats for wish in requests[seat.engineer])


def test_a_repaired_plan_states_the_clumps_of_the_whole_plan() -> None:
    roster = team_of(8)
    shifts = shifts_of(roster, days=56)
    plan = fairest_plan(roster, shifts)
    ill = replace(roster.engineers[2], absences=away(MONDAY + timedelta(days=21), 10))
    later = replace(roster, engineers=(*roster.engineers[:2], ill, *roster.engineers[3:]))
    found = repair(later, shifts, plan, first_open=MONDAY + timedelta(days=14), option_changes=())
    assert found.plan.clumps is not None
    assert found.plan.clumps.bound <= found.plan.clumps.distance
    assert sentences(found.plan, later) == []
    assert found.plan.clumps.text in repair_story(found)


def test_a_team_with_juniors_has_the_least_clumps_although_its_model_overlooks_some_roles() -> None:
    seniors = [person(name) for name in NAMES[:4]]
    juniors = [person(name, roles=["secondary"]) for name in NAMES[4:7]]
    plan = planned(team(*seniors, *juniors), 91)
    assert plan.clumps is not None
    assert plan.clumps.is_proven
    assert plan.clumps.distance < 1000


def test_a_plan_with_turns_states_its_clumps() -> None:
    roster = team_of(8, roles=("primary",), turn_weeks=1, rest_nights=0, weekends_apart=1)
    plan = fairest_plan(roster, shifts_of(roster, days=56))
    assert plan.clumps is not None
    assert plan.clumps.text in plan.notes
    assert sentences(plan, roster) == []
