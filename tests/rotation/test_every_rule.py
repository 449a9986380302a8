"""One row for each rule of the rotation: brute force, the checker, the second solver, and words where no plan exists.

Each team is small enough to try every plan. Each row says in its own words which plans break the rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise, product
from typing import Any

import pytest

from oncall.errors import PlanInfeasible
from oncall.rosters.relaxation import relaxation_named
from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import Absence, Engineer, Handover, Roster, RotationRules
from oncall.rotation.check.checker import check_plan
from oncall.rotation.check.second_opinion import second_opinion
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.cost import load_cost
from oncall.rotation.problem.shares import shares_of
from oncall.schedule.plan import Plan, Shift
from oncall.support.holidays import CompanyDays, OwnDay
from oncall.support.windows import WindowKind
from tests.rotation.teams import MONDAY, NEW_YORK, away, person, shifts_of, team

ALONE = ("primary",)
WEDNESDAY = MONDAY + timedelta(days=2)
TEAM = ("ana", "ben", "cai")

Breaks = Callable[[list[Shift]], bool]
"""Return True if one engineer may not have these shifts."""


@dataclass(frozen=True)
class Row:
    """A rule. breaks: what ana may not have. spoiled_by: the rule that `verify` names when ana has every shift.

    impossible: a roster that the rule makes impossible, and what the message then says. relaxed_by: the beginning of a
    relaxation that it offers; None if the rule cannot be relaxed.
    """

    roster: Roster
    breaks: Breaks
    spoiled_by: str
    impossible: Roster
    words: str
    relaxed_by: str | None
    days: int = 9


def alone(*people: Engineer, **rules: Any) -> Roster:
    """Return a team with one role and no other rule than these."""
    return replace(team(*people), rules=replace(RotationRules(roles=ALONE, rest_nights=0, weekends_apart=1), **rules))


def people(*, ana: Engineer | None = None) -> tuple[Engineer, ...]:
    return (ana or person("ana", roles=ALONE), *(person(name, roles=ALONE, fte=0.5) for name in TEAM[1:]))


def everyone(**more: Any) -> tuple[Engineer, ...]:
    return tuple(person(name, roles=ALONE, **more) for name in TEAM)


def touches(*days: date) -> Breaks:
    """Return a function that says whether a shift overlaps any minute of these dates, in New York."""

    def breaks(shifts: list[Shift]) -> bool:
        zone = NEW_YORK
        spans = [(datetime(d.year, d.month, d.day, tzinfo=zone), d + timedelta(days=1)) for d in days]
        return any(
            s.window.start < datetime(end.year, end.month, end.day, tzinfo=zone) and begin < s.window.end
            for s in shifts
            for begin, end in spans
        )

    return breaks


def is_not_weekend(shifts: list[Shift]) -> bool:
    return any(shift.kind is not WindowKind.WEEKEND for shift in shifts)


def too_little_rest(shifts: list[Shift]) -> bool:
    return any(b.window.start - a.window.end < timedelta(hours=30) for a, b in pairwise(shifts))


def too_many_hours(shifts: list[Shift]) -> bool:
    begins = [s.window.start for s in shifts] + [s.window.end - timedelta(days=7) for s in shifts]
    return any(_hours(shifts, begin) > 70 for begin in begins)


def _hours(shifts: list[Shift], begin: datetime) -> float:
    end = begin + timedelta(days=7)
    spans = (min(s.window.end, end) - max(s.window.start, begin) for s in shifts)
    return sum(max(timedelta(), span).total_seconds() for span in spans) / 3600


def cuts_a_turn(shifts: list[Shift]) -> bool:
    """Return True if another engineer must have a part of a turn; turns change on Wednesdays."""
    numbers = Counter(shift.turn for shift in shifts)
    return any(number != TURN_LENGTHS[turn] for turn, number in numbers.items())


def more_than_two(shifts: list[Shift]) -> bool:
    return len(shifts) > 2


PONGAL = (Absence(date.min, date.max, holidays=CompanyDays(own=(OwnDay(WEDNESDAY, "Pongal"),))),)
"""`holidays_off: true` makes the holidays of an engineer days off."""
FOUR_DAY_WEEK = (Absence(date.min, date.max, weekday=WEDNESDAY.weekday()),)

ROWS = {
    "kinds": Row(
        alone(*people(ana=person("ana", roles=ALONE, kinds=("weekend",)))),
        is_not_weekend,
        "kinds",
        alone(*everyone(kinds=("weekend",))),
        "ana, ben and cai take only weekend shifts",
        None,
    ),
    "max_hours_per_week": Row(
        alone(*people(), max_hours_per_week=70),
        too_many_hours,
        "max_hours_per_week",
        alone(*everyone()[:2], max_hours_per_week=24),
        "max_hours_per_week 24",
        "max_hours_per_week=",
    ),
    "max_shifts": Row(
        alone(*people(), max_shifts=(("ana", 2),)),
        more_than_two,
        "max_shifts",
        alone(*everyone(), max_shifts=tuple((name, 2) for name in TEAM)),
        "and under max_shifts 2 people can take 6: ana 2, ben 2, cai 2",
        "max_shifts=",
    ),
    "min_rest_hours": Row(
        alone(*people(), min_rest_hours=30),
        too_little_rest,
        "min_rest_hours",
        alone(*everyone()[:2], min_rest_hours=36),
        "min_rest_hours 36",
        "min_rest_hours=",
    ),
    "a weekly day off": Row(
        alone(*people(ana=person("ana", roles=ALONE, absences=FOUR_DAY_WEEK))),
        touches(WEDNESDAY, WEDNESDAY + timedelta(days=7)),
        "unavailable",
        alone(*everyone(absences=FOUR_DAY_WEEK)),
        "ana, ben and cai are away every Wednesday",
        "unavailable@",
    ),
    "days_off: whole": Row(
        alone(*people(ana=person("ana", roles=ALONE, absences=away(WEDNESDAY)))),
        touches(WEDNESDAY),
        "unavailable",
        alone(*everyone(absences=away(WEDNESDAY))),
        "2027-01-06",
        "unavailable@2027-01-06",
    ),
    "turn": Row(
        alone(*people(), turn_weeks=1, handover=Handover(2)),
        cuts_a_turn,
        "turn",
        alone(
            *(person(name, roles=ALONE, absences=away(MONDAY + timedelta(days=n))) for n, name in enumerate(TEAM)),
            turn_weeks=1,
            handover=Handover(0),
        ),
        "Mon 2027-01-04 to Fri 2027-01-08 (5 shifts of one turn): nobody can be primary (ana is away on 2027-01-04",
        "unavailable@2027-01-04",
    ),
    "holidays_off": Row(
        alone(*people(ana=person("ana", roles=ALONE, absences=PONGAL))),
        touches(WEDNESDAY),
        "unavailable",
        alone(*everyone(absences=PONGAL)),
        "ana, ben and cai are away on the holidays 2027-01-06 (Pongal)",
        "unavailable@2027-01-06",
    ),
}


TURN_LENGTHS = Counter(shift.turn for shift in shifts_of(ROWS["turn"].roster, days=9))


def every_choice(roster: Roster, shifts: tuple[Shift, ...], breaks: Breaks) -> Iterator[tuple[str, ...]]:
    """Yield who has each shift, for every plan in which the engineers who are under the rule keep it.

    A rule of the team binds everyone; a rule of one engineer binds ana.
    """
    judged: dict[tuple[str, tuple[int, ...]], bool] = {}
    rules = roster.rules
    binds_all = rules.min_rest_hours or rules.max_hours_per_week or rules.turn_weeks
    for choice in product([each.id for each in roster.engineers], repeat=len(shifts)):
        for who in set(choice) if binds_all else {"ana"} & set(choice):
            own = tuple(n for n, each in enumerate(choice) if each == who)
            if (who, own) not in judged:
                judged[who, own] = breaks([shifts[n] for n in own])
            if judged[who, own]:
                break
        else:
            yield choice


def cost_of(roster: Roster, shifts: tuple[Shift, ...], choice: tuple[str, ...], memo: dict[object, int]) -> int:
    counts = Counter(zip((shift.kind for shift in shifts), choice, strict=True))
    key = frozenset(counts.items())
    if key not in memo:
        shares = shares_of(roster, shifts)
        # One role: each load counts in the role, and in all roles together.
        memo[key] = 2 * sum(
            load_cost(counts[kind, who.id], shares.of(kind, None, who.id))
            for kind in shares.totals
            for who in roster.engineers
        )
    return memo[key]


@pytest.mark.parametrize("name", ROWS)
def test_no_plan_that_keeps_the_rule_is_fairer_and_another_solver_agrees(name: str) -> None:
    row = ROWS[name]
    shifts = shifts_of(row.roster, days=row.days)
    memo: dict[object, int] = {}
    least = min(cost_of(row.roster, shifts, each, memo) for each in every_choice(row.roster, shifts, row.breaks))
    plan = fairest_plan(row.roster, shifts)
    assert plan.fairness is not None
    assert (plan.fairness.cost, plan.fairness.bound) == (least, least)
    assert check_plan(plan, row.roster) == []
    opinion = second_opinion(plan, row.roster, least, time_limit=timedelta(seconds=60))
    assert (opinion.bound, opinion.left_out) == (least, ())


@pytest.mark.parametrize("name", ROWS)
def test_verify_names_the_rule_in_a_plan_that_breaks_it(name: str) -> None:
    row = ROWS[name]
    plan = fairest_plan(row.roster, shifts_of(row.roster, days=row.days))
    # Of a turn, all shifts but the last one.
    last = plan.seats[-1] if row.roster.rules.turn_weeks else None
    other = next((name for name in TEAM if last and name != last.engineer and name != "ana"), "ana")
    seats = tuple(replace(seat, engineer=other if seat is last else "ana") for seat in plan.seats)
    spoiled = replace(plan, seats=seats, fairness=None, status=None)
    assert row.spoiled_by in {each.rule for each in check_plan(spoiled, row.roster)}


@pytest.mark.parametrize("name", ROWS)
def test_a_roster_that_the_rule_makes_impossible_names_it_and_what_would_help(name: str) -> None:
    row = ROWS[name]
    shifts = shifts_of(row.impossible, days=row.days)
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(row.impossible, shifts)
    assert row.words in str(refusal.value)
    if row.impossible.rules.turn_weeks:
        assert "  a turn is taken whole: where a day off is moved, the engineer takes all shifts of its turn" in str(
            refusal.value
        )
    offers = [each for each in refusal.value.relaxations if any(str(row.relaxed_by) in name for name in each)]
    assert bool(offers) is (row.relaxed_by is not None)
    for names in offers[:1]:
        agreed = tuple(relaxation_named(each) for each in names)
        plan: Plan = replace(fairest_plan(relaxed(row.impossible, agreed), shifts), relaxed=agreed)
        assert check_plan(plan, row.impossible) == []
