"""Weeks and months that hold more duties than people can take, each person counted alone: plain arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby

from oncall.rosters.relaxation import loosest_for
from oncall.rosters.roster import Engineer, RotationRules
from oncall.rotation.counting import most_apart, most_rested
from oncall.rotation.eligibility import can_take, why_not
from oncall.rotation.problem import Problem
from oncall.rotation.rules import Rule, rules_of
from oncall.schedule.plan import Shift
from oncall.support.windows import WindowKind

MOST_TOLD = 6


def too_full(problem: Problem) -> list[str]:
    """A sentence for each week that is too full, else for each month, all dates, or each kind; empty when none is."""
    shifts = problem.shifts
    weeks = [tuple(group) for _, group in groupby(shifts, key=lambda shift: shift.day.isocalendar()[:2])]
    months = [tuple(group) for _, group in groupby(shifts, key=lambda shift: shift.day.replace(day=1))]
    kinds = [tuple(shift for shift in shifts if shift.kind is kind) for kind in problem.shares.totals]
    for heading, spans in ((_weeks, weeks), (_months, months), (_dates, [shifts]), (_kinds, kinds)):
        sentences = list(_told(problem, spans, heading))
        if sentences:
            more = len(sentences) - MOST_TOLD
            return [*sentences[:MOST_TOLD], *([f"and {more} more like these"] if more > 0 else [])]
    return []


Heading = Callable[[Sequence[tuple[Shift, ...]]], str]


def _told(problem: Problem, spans: Sequence[tuple[Shift, ...]], heading: Heading) -> Iterator[str]:
    """Spans that are too full; neighbours of which the same is to be said together."""
    found = [(number, _overflow(problem, span)) for number, span in enumerate(spans)]
    full = [(number, said) for number, said in found if said]
    numbered = [(number - index, said, number) for index, (number, said) in enumerate(full)]
    for (_, said), run in groupby(numbered, key=lambda item: item[:2]):
        yield f"{heading([spans[number] for _, _, number in run])}: {said}"


def _weeks(run: Sequence[tuple[Shift, ...]]) -> str:
    first, last = (span[0].day - timedelta(days=span[0].day.weekday()) for span in (run[0], run[-1]))
    return f"the week of {first}" if len(run) == 1 else f"each of the {len(run)} weeks of {first} to {last}"


def _months(run: Sequence[tuple[Shift, ...]]) -> str:
    first, last = (f"{span[0].day:%B %Y}" for span in (run[0], run[-1]))
    return first if len(run) == 1 else f"each month from {first} to {last}"


def _dates(run: Sequence[tuple[Shift, ...]]) -> str:
    return f"{run[0][0].day} to {run[0][-1].day}"


def _kinds(run: Sequence[tuple[Shift, ...]]) -> str:
    return " and ".join(f"all {span[0].kind} shifts" for span in run)


@dataclass(frozen=True, slots=True)
class _Room:
    """How many of the shifts each person can take."""

    engineer: Engineer
    most: int
    reason: str
    """What keeps them off some of the shifts; empty when nothing does."""


def _overflow(problem: Problem, shifts: Sequence[Shift]) -> str:
    """Why these shifts are too many, or nothing when they are not."""
    needed = len(shifts) * len(problem.roles)
    rules = problem.roster.rules
    if sum(_most(engineer, shifts, rules) for engineer in problem.engineers) >= needed:
        return ""
    blamed = _blamed(problem, shifts, needed)
    people, needless = _only_needed_absences(problem, shifts, blamed, needed)
    rooms = [_room(engineer, shifts, blamed) for engineer in people]
    under = "".join(f" under {rule}" for rule in [" and ".join(rule.text for rule in _binding(blamed))] if rule)
    each = ", ".join(f"{room.engineer.id} {room.most}{room.reason}" for room in rooms)
    count = f"{len(shifts)} shift{'' if len(shifts) == 1 else 's'}"
    seats = f"{count} in {len(problem.roles)} role{'' if len(problem.roles) == 1 else 's'} are {needed} duties"
    even = f"; that is so even if {', '.join(needless)} were there" if needless else ""
    return f"{seats}, and{under} people can take {sum(room.most for room in rooms)}: {each}{even}"


def _blamed(problem: Problem, shifts: Sequence[Shift], needed: int) -> RotationRules:
    """The rules with those switched off that do not make the difference."""
    rules = problem.roster.rules
    switched_off = (
        {"max_shifts_per_month": None},
        {"max_shifts_per_week": None},
        {"weekends_apart": 1},
        {"rest_nights": 0},
    )
    for off in switched_off:
        fewer = replace(rules, **off)
        if sum(_most(engineer, shifts, fewer) for engineer in problem.engineers) < needed:
            rules = fewer
    return rules


def _only_needed_absences(
    problem: Problem, shifts: Sequence[Shift], rules: RotationRules, needed: int
) -> tuple[list[Engineer], list[str]]:
    """The people, with those there all the time whose days off do not make the difference; and who these are."""
    people = list(problem.engineers)
    most = [_most(engineer, shifts, rules) for engineer in people]
    needless = []
    for index, engineer in enumerate(people):
        there = _as_if_there(engineer)
        could = _most(there, shifts, rules)
        if could > most[index] and sum(most) - most[index] + could < needed:
            people[index], most[index] = there, could
            needless.append(engineer.id)
    return people, needless


def _as_if_there(engineer: Engineer) -> Engineer:
    return replace(engineer, absences=(), joins=None, leaves=None)


def _room(engineer: Engineer, shifts: Sequence[Shift], rules: RotationRules) -> _Room:
    most = _most(engineer, shifts, rules)
    reasons = dict.fromkeys(barred.sentence for shift in shifts if (barred := why_not(engineer, shift)))
    told = "; ".join(reason.removeprefix(f"{engineer.id} ").removeprefix("is ") for reason in reasons)
    return _Room(engineer, most, f" ({told})" if told and most < _most_if_there(engineer, shifts, rules) else "")


def _most_if_there(engineer: Engineer, shifts: Sequence[Shift], rules: RotationRules) -> int:
    return _most(_as_if_there(engineer), shifts, rules)


def _most(engineer: Engineer, shifts: Sequence[Shift], rules: RotationRules) -> int:
    """A number of the shifts that one person cannot exceed, others aside."""
    if not set(engineer.roles) & set(rules.roles):
        return 0
    rules = loosest_for(rules, engineer.id)
    mine = [shift for shift in shifts if can_take(engineer, shift)]
    weekends = [shift for shift in mine if shift.kind is WindowKind.WEEKEND]
    others = [shift for shift in mine if shift.kind is not WindowKind.WEEKEND]
    apart = most_apart(weekends, rules.rest_nights, rules.weekends_apart)
    limits = [most_rested(mine, rules.rest_nights), most_rested(others, rules.rest_nights) + apart]
    if rules.max_shifts_per_week is not None:
        weeks = groupby(mine, key=lambda shift: shift.day.isocalendar()[:2])
        limits.append(sum(min(rules.max_shifts_per_week, len(list(group))) for _, group in weeks))
    if rules.max_shifts_per_month is not None:
        months = groupby(mine, key=lambda shift: shift.day.replace(day=1))
        limits.append(sum(min(rules.max_shifts_per_month, len(list(group))) for _, group in months))
    return min(limits)


def _binding(rules: RotationRules) -> list[Rule]:
    """The rules that are still switched on."""
    return [rule for rule in rules_of(rules) if rule.text != "rest_nights 0"]
