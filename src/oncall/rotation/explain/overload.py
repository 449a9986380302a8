"""Weeks and months that hold more duties than people can take, each person counted alone: plain arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import accumulate, groupby
from typing import Any

from oncall.rosters.relaxed_roster import loosest_for
from oncall.rosters.roster import Engineer, RotationRules
from oncall.rotation.explain.minimal_conflict import (
    MinimalConflict,
    absence_text,
    joins_text,
    leaves_text,
    minimal_conflict,
    shadows_text,
)
from oncall.rotation.problem.eligibility import can_take, first_obstacle, weekend_number
from oncall.rotation.problem.problem import Problem
from oncall.rotation.problem.rule_limits import Rule
from oncall.rotation.problem.rules import rules_of
from oncall.rotation.solve.counting_bound import max_rested_shifts, max_weekend_shifts
from oncall.rotation.solve.search import Search
from oncall.schedule.plan import Shift
from oncall.support.windows import WindowKind

MOST_TOLD = 6
OFF: Mapping[str, Any] = {
    "rest_nights": 0,
    "weekends_apart": 1,
    "max_shifts_per_week": None,
    "max_shifts_per_month": None,
}
"""The rules that are looked at here, and what switches them off."""


def overloads(problem: Problem, search: Search) -> tuple[list[str], frozenset[int]]:
    """A sentence for each week that is too full, else for each month, all dates, or each kind; and all their shifts.

    Both are empty when nothing is too full. Each sentence names a smallest set of rules and days off, found by solving.
    """
    shifts = problem.shifts
    weeks = [tuple(group) for _, group in groupby(shifts, key=lambda shift: shift.day.isocalendar()[:2])]
    months = [tuple(group) for _, group in groupby(shifts, key=lambda shift: shift.day.replace(day=1))]
    kinds = [tuple(shift for shift in shifts if shift.kind is kind) for kind in problem.shares.totals]
    looks = ((_weeks, weeks), (_weekends, _runs_of_weekends(problem)), (_months, months), (_dates, [shifts]))
    for heading, spans in (*looks, (_kinds, kinds)):
        full = [(n, said) for n, span in enumerate(spans) if (said := _overflow(problem, span, problem.roster.rules))]
        if full:
            starts = {shift.window.start for number, _ in full for shift in spans[number]}
            numbers = frozenset(n for n, shift in enumerate(shifts) if shift.window.start in starts)
            return list(_told(problem, spans, full, heading, search)), numbers
    return [], frozenset()


Heading = Callable[[Sequence[tuple[Shift, ...]]], str]


def _told(
    problem: Problem,
    spans: Sequence[tuple[Shift, ...]],
    full: Sequence[tuple[int, str]],
    heading: Heading,
    search: Search,
) -> Iterator[str]:
    """Spans that are too full; neighbours of which the same is to be said together."""
    numbered = [(number - index, said, number) for index, (number, said) in enumerate(full)]
    runs = [[spans[number] for _, _, number in run] for _, run in groupby(numbered, key=lambda item: item[:2])]
    for run in runs[:MOST_TOLD]:
        yield f"{heading(run)}: {_because(problem, run[0], search)}"
    if len(runs) > MOST_TOLD:
        yield f"and {len(runs) - MOST_TOLD} more like these"


def _because(problem: Problem, span: Sequence[Shift], search: Search) -> str:
    """A smallest set of causes for one span: as a sum where adding up shows it, else as a list."""
    starts = {shift.window.start for shift in span}
    numbers = frozenset(number for number, shift in enumerate(problem.shifts) if shift.window.start in starts)
    clash = minimal_conflict(replace(problem, limited_to=numbers), search)
    # Without weeks the causes are heaps, which do not say who is away when.
    if not clash.is_minimal or not clash.weeks:
        return _overflow(problem, span, problem.roster.rules)
    rules = _with_only(problem.roster.rules, clash.causes)
    people = tuple(_kept_off_by(engineer, clash.causes) for engineer in problem.engineers)
    named = replace(problem, roster=replace(problem.roster, engineers=people))
    even = [
        now.id
        for was, now in zip(problem.engineers, people, strict=True)
        if _most(was, span, rules) < _most(now, span, rules)
    ]
    told = _overflow(named, span, rules) or _listed(named, span, clash)
    return f"{told}; that is so even if {', '.join(even)} were there" if even else told


def _listed(named: Problem, span: Sequence[Shift], clash: MinimalConflict) -> str:
    """The same where adding up is not enough: the people could take that many, but not on these dates."""
    rules = [rule.text for rule in rules_of(named.roster.rules) if rule.text in clash.causes]
    people = _gathered([cause for cause in clash.causes[clash.weeks :] if cause not in rules])
    left = sum(1 for engineer in named.engineers if any(can_take(engineer, shift) for shift in span))
    count = f"{len(span)} shift{'' if len(span) == 1 else 's'}"
    under = f" under {' and '.join(rules)}" if rules else ""
    when = f" when {', '.join(people)}" if people else ""
    seats = f"{count} in {len(named.roles)} role{'' if len(named.roles) == 1 else 's'}"
    return f"{seats} cannot be staffed{under} by the {left} people who are left{when}"


def _gathered(causes: Sequence[str]) -> list[str]:
    """People who are away on the same dates in one go: `ben and cai are away 2027-01-11 to 2027-01-17`."""
    people: dict[str, list[str]] = {}
    for cause in causes:
        who, _, dates = cause.partition(" is away ")
        people.setdefault(dates or cause, []).append(who)
    return [
        f"{', '.join(who[:-1])} and {who[-1]} are away {dates}"
        if len(who) > 1
        # A cause of another kind is itself the key.
        else (who[0] if who[0] == dates else f"{who[0]} is away {dates}")
        for dates, who in people.items()
    ]


def _with_only(rules: RotationRules, causes: Sequence[str]) -> RotationRules:
    """The rules with those switched off that are not among the causes."""
    idle = [rule.name for rule in rules_of(rules) if rule.text not in causes]
    return replace(rules, **{name: off for name, off in OFF.items() if name in idle})


def _kept_off_by(engineer: Engineer, causes: Sequence[str]) -> Engineer:
    """The person with only those dates off, of joining and of leaving that are among the causes."""
    return replace(
        engineer,
        absences=tuple(each for each in engineer.absences if absence_text(engineer, each) in causes),
        joins=engineer.joins if joins_text(engineer) in causes else None,
        leaves=engineer.leaves if leaves_text(engineer) in causes else None,
        shadows=tuple(each for each in engineer.shadows if shadows_text(engineer, each) in causes),
    )


def _weeks(run: Sequence[tuple[Shift, ...]]) -> str:
    first, last = (span[0].day - timedelta(days=span[0].day.weekday()) for span in (run[0], run[-1]))
    return f"the week of {first}" if len(run) == 1 else f"each of the {len(run)} weeks of {first} to {last}"


def _runs_of_weekends(problem: Problem) -> list[tuple[Shift, ...]]:
    """As many weekends in a row as one person may only have one of, from each weekend on."""
    weekends = [shift for shift in problem.shifts if shift.kind is WindowKind.WEEKEND]
    by_number = {number: tuple(group) for number, group in groupby(weekends, key=weekend_number)}
    apart = problem.roster.rules.weekends_apart
    runs = [[by_number.get(number + n, ()) for n in range(apart)] for number in by_number]
    return [tuple(shift for each in run for shift in each) for run in runs if apart > 1 and all(run)]


def _weekends(run: Sequence[tuple[Shift, ...]]) -> str:
    days = list(dict.fromkeys(shift.day for span in run for shift in span))
    fridays = list(dict.fromkeys(day + timedelta(days=4 - day.weekday()) for day in days))
    if len(run) == 1:
        return f"the {len(fridays)} weekends of {fridays[0]} to {fridays[-1]}"
    many = len(fridays) - len(run) + 1
    return f"each {many} weekends in a row from {fridays[0]} to {fridays[-1]}"


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


def _overflow(problem: Problem, shifts: Sequence[Shift], rules: RotationRules) -> str:
    """Why these shifts are too many, or nothing when they are not."""
    needed = len(shifts) * len(problem.roles)
    # Where there is room the first few people show it; nobody else is counted then.
    room = accumulate(_most(engineer, shifts, rules) for engineer in problem.engineers)
    if any(so_far >= needed for so_far in room):
        return ""
    rooms = [_room(engineer, shifts, rules) for engineer in problem.engineers]
    under = "".join(f" under {rule}" for rule in [" and ".join(rule.text for rule in _binding(rules))] if rule)
    each = ", ".join(f"{room.engineer.id} {room.most}{room.reason}" for room in rooms)
    count = f"{len(shifts)} shift{'' if len(shifts) == 1 else 's'}"
    seats = f"{count} in {len(problem.roles)} role{'' if len(problem.roles) == 1 else 's'} are {needed} duties"
    return f"{seats}, and{under} people can take {sum(room.most for room in rooms)}: {each}"


def _as_if_there(engineer: Engineer) -> Engineer:
    return replace(engineer, absences=(), joins=None, leaves=None)


def _room(engineer: Engineer, shifts: Sequence[Shift], rules: RotationRules) -> _Room:
    most = _most(engineer, shifts, rules)
    reasons = dict.fromkeys(barred.sentence for shift in shifts if (barred := first_obstacle(engineer, shift)))
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
    apart = max_weekend_shifts(weekends, rules.rest_nights, rules.weekends_apart)
    limits = [max_rested_shifts(mine, rules.rest_nights), max_rested_shifts(others, rules.rest_nights) + apart]
    if rules.max_shifts_per_week is not None:
        weeks = groupby(mine, key=lambda shift: shift.day.isocalendar()[:2])
        limits.append(sum(min(rules.max_shifts_per_week, len(list(group))) for _, group in weeks))
    if rules.max_shifts_per_month is not None:
        months = groupby(mine, key=lambda shift: shift.day.replace(day=1))
        limits.append(sum(min(rules.max_shifts_per_month, len(list(group))) for _, group in months))
    return min(limits)


def _binding(rules: RotationRules) -> list[Rule]:
    """The rules looked at here that are switched on."""
    return [rule for rule in rules_of(rules) if rule.name in OFF and rule.text != "rest_nights 0"]
