"""Turns of weeks: one engineer holds a role for all shifts between two handovers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from shutil import copyfile

import pytest

from oncall.errors import FileFaults, PlanInfeasible
from oncall.rosters.relaxation import relaxation_named
from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import Absence, Handover, Roster
from oncall.rosters.roster_file import read_roster
from oncall.rotation.check.checker import check_plan, examine
from oncall.rotation.check.second_facts import continued_seats
from oncall.rotation.check.second_opinion import second_opinion
from oncall.rotation.check.used_relaxations import with_relaxations
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.context import PlanningContext
from oncall.rotation.problem.cost import CountedSeat, fairness_of
from oncall.rotation.problem.problem import Problem
from oncall.rotation.problem.shares import shares_of
from oncall.rotation.repair.repair import repair
from oncall.rotation.solve.pattern_prices import least_with_each, wanted_turns
from oncall.rotation.solve.turn_patterns import TurnTypes, pattern_lists
from oncall.schedule.plan import Plan, PlanStatus
from oncall.support.windows import WindowKind
from tests.rotation.teams import MONDAY, away, person, shifts_of, team, team_of

FRIDAY = Handover(4)
ROSTERS = Path(__file__).parents[2] / "rosters"


def weekly(roster: Roster, *, weeks: int = 1, handover: Handover | None = FRIDAY) -> Roster:
    return replace(roster, rules=replace(roster.rules, turn_weeks=weeks, handover=handover))


@pytest.mark.parametrize("day", [0, 4], ids=["monday", "friday"])
def test_a_weekend_of_a_turn_can_be_relaxed_wherever_the_turn_begins(day: int) -> None:
    roster = weekly(team_of(5, rest_nights=0, weekends_apart=3), handover=Handover(day))
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(roster, shifts_of(roster, days=35))
    assert refusal.value.relaxations
    for names in refusal.value.relaxations:
        marks = [relaxation_named(name) for name in names]
        assert {mark.rule for mark in marks} == {"weekends_apart"}
        plan = with_relaxations(fairest_plan(relaxed(roster, marks), shifts_of(roster, days=35)), marks)
        plan = replace(plan, first_day=MONDAY, last_day=MONDAY + timedelta(days=34))
        assert check_plan(plan, roster) == []
        assert plan.fairness is not None
        assert second_opinion(plan, roster, plan.fairness.cost, time_limit=timedelta(seconds=60)).is_optimal


def holders(plan: Plan, role: str) -> list[str]:
    """Return who has the role of each shift, in time order."""
    return [seat.engineer for seat in plan.seats if seat.role == role]


def test_one_engineer_holds_a_role_from_friday_to_friday() -> None:
    roster = weekly(team_of(6))
    plan = fairest_plan(roster, shifts_of(roster, days=25))
    primaries = holders(plan, "primary")
    # Four nights of the turn that began before, then a weekend and four nights each.
    assert [len(set(primaries[begin:end])) for begin, end in ((0, 4), (4, 9), (9, 14), (14, 19))] == [1, 1, 1, 1]
    assert plan.status is PlanStatus.OPTIMAL
    assert check_plan(plan, roster) == []


def test_a_day_off_blocks_the_whole_turn_that_it_touches() -> None:
    wednesday = MONDAY + timedelta(days=9)
    people = [person("ana", absences=away(wednesday)), *team_of(6).engineers[1:]]
    roster = weekly(team(*people))
    plan = fairest_plan(roster, shifts_of(roster, days=14))
    second_turn = [seat for seat in plan.seats if seat.window.start.date() >= MONDAY + timedelta(days=4)]
    assert "ana" not in {seat.engineer for seat in second_turn[:10]}


def test_an_engineer_whose_days_off_block_every_turn_is_named() -> None:
    fridays = (Absence(date.min, date.max, weekday=4),)
    roster = weekly(team(*team_of(6, rest_nights=0).engineers, person("gus", absences=fridays), rest_nights=0))
    plan = fairest_plan(roster, shifts_of(roster, days=21))
    assert plan.notes == (
        "gus can take no shift of this plan: gus is away every Friday, and a day off blocks its whole turn",
    )


def test_rest_counts_between_turns_and_not_inside_them() -> None:
    roster = weekly(team_of(6, rest_nights=7))
    plan = fairest_plan(roster, shifts_of(roster, days=28))
    assert check_plan(plan, roster) == []
    spoiled = replace(plan, seats=tuple(replace(s, engineer="ana") if s.role == "primary" else s for s in plan.seats))
    assert "rest_nights" in {each.rule for each in check_plan(spoiled, roster)}


def test_a_handover_inside_a_window_cuts_it_in_two() -> None:
    roster = weekly(team_of(6, rest_nights=0, weekends_apart=1), handover=Handover(5, 22 * 60))
    weekend = [shift for shift in shifts_of(roster, days=7) if shift.kind == "weekend"]
    assert [f"{s.window.end.astimezone(roster.policy.zone):%a %H:%M}" for s in weekend] == ["Sat 22:00", "Mon 08:00"]
    assert weekend[0].turn != weekend[1].turn


def test_a_handover_without_a_time_is_where_the_first_window_of_its_day_begins() -> None:
    # Monday 18 January 2027 is a holiday from 08:00 to 08:00, which a handover at 19:01 would cut.
    roster = replace(weekly(team_of(6), handover=Handover(0)), holidays=team_of(2, holidays="US").holidays)
    shifts = shifts_of(roster, days=21)
    holiday = next(shift for shift in shifts if shift.kind == "holiday")
    weekend = next(shift for shift in shifts if shift.window.end == holiday.window.start)
    assert (holiday.turn is not None, holiday.turn == weekend.turn) == (True, False)


def test_turns_of_two_weeks_go_on_from_plan_to_plan() -> None:
    roster = weekly(team_of(6), weeks=2)
    turns = [shift.turn for shift in shifts_of(roster, days=42)]
    later = [shift.turn for shift in shifts_of(roster, first_day=MONDAY + timedelta(days=21), days=21)]
    assert turns[-len(later) :] == later
    assert sorted(Counter(turns).values()) == [4, 6, 10, 10]
    assert check_plan(fairest_plan(roster, shifts_of(roster, days=42)), roster) == []


def test_a_turn_that_a_published_plan_began_goes_on_with_the_same_people() -> None:
    roster = weekly(team_of(6))
    first = fairest_plan(roster, shifts_of(roster, days=7))
    following = shifts_of(roster, first_day=MONDAY + timedelta(days=7), days=7)
    second = fairest_plan(roster, following, context=PlanningContext(published=first.seats))
    assert holders(second, "primary")[:4] == [holders(first, "primary")[-1]] * 4
    assert holders(second, "secondary")[:4] == [holders(first, "secondary")[-1]] * 4
    assert check_plan(second, roster, history=first.seats) == []


def test_verify_names_a_turn_that_two_engineers_hold() -> None:
    roster = weekly(team_of(6, rest_nights=0))
    plan = fairest_plan(roster, shifts_of(roster, days=11))
    free = ({person.id for person in roster.engineers} - {seat.engineer for seat in plan.seats}).pop()
    last = plan.seats[-2]
    spoiled = replace(plan, seats=tuple(replace(s, engineer=free) if s == last else s for s in plan.seats))
    found = [str(each) for each in check_plan(spoiled, roster) if each.rule == "turn"]
    assert found == [
        f"turn: {last.engineer} and {free} are {last.role} in the turn of Fri 2027-01-08; "
        "one engineer has a role for a whole turn"
    ]


@pytest.mark.parametrize("seed", range(4))
def test_the_fairest_turns_are_those_of_all_plans_that_there_are(seed: int) -> None:
    """Three or four people, up to eight shifts: every assignment of turns is tried."""
    days = (7, 11)[seed % 2]
    people = [person(name, fte=(1.0, 0.5)[number == seed]) for number, name in enumerate(("ana", "ben", "cai", "dee"))]
    roster = weekly(team(*people, rest_nights=0, weekends_apart=1), handover=(FRIDAY, Handover(1))[seed // 2])
    shifts = shifts_of(roster, days=days)
    turns = sorted({shift.turn for shift in shifts if shift.turn is not None})
    shares = shares_of(roster, shifts)
    pairs = [(a, b) for a, b in product(["ana", "ben", "cai", "dee"], repeat=2) if a != b]
    costs = []
    for choice in product(pairs, repeat=len(turns)):
        held = dict(zip(turns, choice, strict=True))
        seats = [
            CountedSeat(s.kind, role, who)
            for s in shifts
            if s.turn is not None
            for role, who in zip(roster.rules.roles, held[s.turn], strict=True)
        ]
        costs.append(fairness_of(seats, shares, bound=0).cost)
    plan = fairest_plan(roster, shifts)
    assert plan.fairness is not None
    assert (plan.fairness.cost, plan.fairness.bound) == (min(costs), min(costs))


def test_no_plan_costs_less_than_the_least_of_any_pattern_in_it() -> None:
    """Every choice of patterns of three people is tried."""
    people = [person("ana", fte=0.5), person("ben"), person("cai", roles=["secondary"])]
    roster = weekly(team(*people, holidays="US", rest_nights=0, weekends_apart=1))
    problem = Problem.of(roster, shifts_of(roster, days=28))
    types = TurnTypes.of(problem)
    lists = pattern_lists(types, types.slack)
    least = least_with_each(problem, types, lists)
    wanted = wanted_turns(problem, types)
    found = [[10**9] * len(own.patterns) for own in lists]
    for places in product(*(range(len(own.patterns)) for own in lists)):
        chosen = [own.patterns[place] for own, place in zip(lists, places, strict=True)]
        counts = [dict(each.counts) for each in chosen]
        if all(sum(each.get(key, 0) for each in counts) == number for key, number in wanted.items()):
            cost = sum(each.cost for each in chosen)
            for own, place in zip(found, places, strict=True):
                own[place] = min(own[place], cost)
    for bounds, costs in zip(least, found, strict=True):
        assert all(bound <= cost for bound, cost in zip(bounds, costs, strict=True))
    # The bound of the cheapest plan is high enough to be of use.
    assert min(least[0]) > 0.9 * min(found[0])


def test_half_a_year_of_the_worked_weekly_roster_is_proven_and_meets_its_request() -> None:
    roster = read_roster(ROSTERS / "weekly.yaml")
    plan = fairest_plan(roster, shifts_of(roster, days=182))
    assert plan.status is PlanStatus.OPTIMAL
    assert plan.notes[0] == "requests: the request to avoid a shift is kept; no equally fair plan meets more"
    assert check_plan(plan, roster) == []


@pytest.fixture(scope="module")
def sun() -> Roster:
    """Three regions of six people, each with weeks of its own, from Wednesday to Wednesday."""
    roster = read_roster(ROSTERS / "follow-the-sun.yaml")
    regions = tuple(frozenset([kind]) for kind in ("apac", "emea", "amer"))
    rules = replace(roster.rules, turn_weeks=1, handover=Handover(2), turn_groups=regions, rest_nights=0)
    return replace(roster, rules=rules, holidays=None)


def test_each_region_that_follows_the_sun_has_turns_of_its_own(sun: Roster) -> None:
    plan = fairest_plan(sun, shifts_of(sun, days=16))
    held = {(seat.kind, seat.window.start.date(), seat.role): seat.engineer for seat in plan.seats}
    week = [MONDAY + timedelta(days=number) for number in range(2, 9)]
    for kind, role in product(("apac", "emea", "amer"), ("primary", "secondary")):
        assert len({held[WindowKind(kind), day, role] for day in week}) == 1
    assert plan.status is PlanStatus.OPTIMAL
    assert check_plan(plan, sun) == []
    first = plan.seats[0]
    other = next(each.id for each in sun.engineers if each.kinds == ("apac",) and each.id != first.engineer)
    spoiled = replace(plan, seats=(replace(first, engineer=other), *plan.seats[1:]))
    assert "turn" in {each.rule for each in check_plan(spoiled, sun)}


def test_a_turn_of_each_region_goes_on_in_the_next_plan(sun: Roster) -> None:
    first = fairest_plan(sun, shifts_of(sun, days=7))
    following = shifts_of(sun, first_day=MONDAY + timedelta(days=7), days=7)
    second = fairest_plan(sun, following, context=PlanningContext(published=first.seats))
    last_day, next_day = MONDAY + timedelta(days=6), MONDAY + timedelta(days=7)
    before = {(s.kind, s.role): s.engineer for s in first.seats if s.window.start.date() == last_day}
    after = {(s.kind, s.role): s.engineer for s in second.seats if s.window.start.date() == next_day}
    assert before == after
    assert check_plan(second, sun, history=first.seats) == []


def sun_file(folder: Path, **kinds: str) -> Path:
    copyfile(ROSTERS / "follow-the-sun.policy.yaml", folder / "follow-the-sun.policy.yaml")
    lines = ["team: sun", "timezone: UTC", "policy: follow-the-sun.policy.yaml", "rotation: {turn: week}", "engineers:"]
    lines += [
        f'  - {{id: {who}, name: {who}, phone: "+1305555010{number}", kinds: [{kind}]}}'
        for number, (who, kind) in enumerate(kinds.items())
    ]
    path = folder / "sun.yaml"
    path.write_text("\n".join(lines))
    return path


def test_the_reader_finds_the_regions_in_the_kinds_of_the_engineers(tmp_path: Path) -> None:
    path = sun_file(tmp_path, ana="apac", ben="apac", cai="emea", dee="emea", eve="amer", fay="amer")
    assert read_roster(path).rules.turn_groups == tuple(frozenset([kind]) for kind in ("apac", "emea", "amer"))
    joined = sun_file(tmp_path, ana="apac", ben="apac", cai="emea, amer", dee="emea, amer")
    assert read_roster(joined).rules.turn_groups == (frozenset(["apac"]), frozenset(["emea", "amer"]))


def test_kinds_that_leave_nobody_for_a_whole_turn_are_refused(tmp_path: Path) -> None:
    path = sun_file(tmp_path, ana="apac, emea", ben="apac", cai="emea", dee="amer", eve="amer")
    with pytest.raises(FileFaults) as refusal:
        read_roster(path)
    assert str(refusal.value).endswith(
        "sun.yaml:4:18: rotation.turn: a turn has all shifts of apac and emea, because engineers take several of these "
        "kinds, and ana can take it whole; 2 are needed. Give more engineers all of these kinds, or each only one"
    )


def test_too_few_people_for_the_rest_between_turns_are_told_why() -> None:
    roster = weekly(team_of(3, rest_nights=8))
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(roster, shifts_of(roster, days=28))
    assert "rest_nights" in str(refusal.value)


def test_a_team_without_business_hours_changes_on_the_handover(tmp_path: object) -> None:
    from oncall.support.policy_file import policy_from_text
    from tests.support.policy_texts import hours

    text = hours("", "{week: mon 00:00 - sun 23:59}").replace("coverage: business", "coverage: 24x5")
    roster = weekly(replace(team_of(6), policy=policy_from_text(text, "p.yaml")), handover=Handover(0, 8 * 60))
    shifts = shifts_of(roster, days=21)
    assert {f"{shift.window.start.astimezone(roster.policy.zone):%a %H:%M}" for shift in shifts} == {
        "Mon 00:00",
        "Mon 08:00",
    }
    plan = fairest_plan(roster, shifts)
    assert check_plan(plan, roster) == []
    assert plan.status is PlanStatus.OPTIMAL


def test_the_clock_change_is_inside_a_turn() -> None:
    roster = weekly(team_of(6))
    shifts = shifts_of(roster, first_day=date(2027, 3, 8), days=14)
    assert check_plan(fairest_plan(roster, shifts), roster) == []


def test_a_repair_of_turns_offers_the_whole_turns_that_make_it_fairer() -> None:
    roster = weekly(team_of(7))
    shifts, first_open = shifts_of(roster, days=91), MONDAY + timedelta(days=32)
    plan = fairest_plan(roster, shifts)
    leaves = [replace(each, leaves=date(2027, 2, 14)) if each.id == "ana" else each for each in roster.engineers]
    later = replace(roster, engineers=tuple(leaves))
    found = repair(later, shifts, plan, first_open=first_open)
    # One more change is a turn of five shifts in place of one of four; a whole turn more has five or six.
    assert [(option.more_changes, option.cost) for option in found.options] == [(1, 6515), (6, 514), (7, 114)]
    chosen = repair(later, shifts, plan, first_open=first_open, more_changes=7, option_changes=())
    assert chosen.plan.fairness is not None
    assert (chosen.plan.fairness.cost, chosen.plan.fairness.bound) == (114, 114)
    assert check_plan(chosen.plan, later) == []


def test_a_turn_that_is_much_longer_than_a_share_does_not_make_a_possible_plan_impossible() -> None:
    # A handover on Saturday cuts the second weekend off, so that one turn has ten shifts and the other has one.
    first_day = date(2027, 11, 1)
    people = [
        person("ana", fte=0.8, absences=away(date(2027, 11, 13))),
        person("ben"),
        person("cai"),
        person("dee", absences=away(date(2027, 11, 2))),
    ]
    roster = weekly(team(*people, rest_nights=1, weekends_apart=1), weeks=2, handover=Handover(5))
    plan = fairest_plan(roster, shifts_of(roster, first_day=first_day, days=14))
    assert plan.fairness is not None
    assert plan.fairness.cost == plan.fairness.bound
    plan = replace(plan, first_day=first_day, last_day=date(2027, 11, 14))
    assert check_plan(plan, roster) == []
    assert {*holders(plan, "primary"), *holders(plan, "secondary")} == {"ana", "ben", "cai", "dee"}


def test_the_other_solver_knows_that_an_engineer_goes_on_with_a_turn() -> None:
    roster = weekly(team_of(6))
    first = fairest_plan(roster, shifts_of(roster, days=28))
    context = PlanningContext(first.seats)
    # The turn of the last weekend goes on for four nights.
    later = MONDAY + timedelta(days=28)
    made = fairest_plan(roster, shifts_of(roster, first_day=later, days=28), context=context)
    plan = replace(made, first_day=later, last_day=later + timedelta(days=27))
    seats = continued_seats(plan, roster, shifts_of(roster, first_day=later, days=28), first.seats)
    assert sorted((number, role) for _, number, role in seats) == [
        (number, role) for number in range(4) for role in ("primary", "secondary")
    ]
    cost = examine(plan, roster, history=first.seats).cost
    opinion = second_opinion(plan, roster, cost, time_limit=timedelta(minutes=2), outside=first.seats)
    assert opinion.bound == cost
    assert [each.name for each in opinion.stages if each.is_beaten] == []
