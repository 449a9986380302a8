"""Finds overloads: weeks, weekends, months or kinds of shift with more shifts than the team can take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby

from oncall.rosters.relaxation import MAX_SHIFTS
from oncall.rosters.roster import Engineer, RotationRules
from oncall.rotation.explain.capacity import COUNTED_RULES, capacity, excess_text, seats_text
from oncall.rotation.explain.conflict_causes import (
    absence_text,
    absences_by_date,
    joins_text,
    leaves_text,
    shadows_text,
)
from oncall.rotation.explain.minimal_conflict import MinimalConflict, minimal_conflict
from oncall.rotation.problem.eligibility import can_take, weekend_number
from oncall.rotation.problem.problem import Problem
from oncall.rotation.problem.rules import rules_of
from oncall.rotation.solve.search import Search
from oncall.schedule.plan import Shift

MOST_SENTENCES = 6

Span = tuple[Shift, ...]
"""The shifts of a week, a month or another stretch of time that is counted together."""
_Heading = Callable[[Sequence[Span]], str]
"""Returns a heading in words for spans in a row."""


@dataclass(frozen=True, slots=True)
class Overloads:
    """The overloads: a sentence for each span, and the numbers of all their shifts. Both are empty if there is none."""

    sentences: tuple[str, ...]
    shifts: frozenset[int]


def find_overloads(problem: Problem, search: Search) -> Overloads:
    """Return the overloaded weeks; if there are none, the weekends in a row, then months, all dates, and kinds.

    Each sentence names a minimal conflict of rules and days off, which the solver finds.
    """
    shifts = problem.shifts
    weeks = [tuple(group) for _, group in groupby(shifts, key=lambda shift: shift.day.isocalendar()[:2])]
    months = [tuple(group) for _, group in groupby(shifts, key=lambda shift: shift.day.replace(day=1))]
    kinds = [tuple(shift for shift in shifts if shift.kind is kind) for kind in problem.shares.totals]
    rules = problem.roster.rules
    # `max_shifts` counts all dates, so that no week or month is overloaded because of it.
    in_part = replace(rules, max_shifts=())
    looks: tuple[tuple[_Heading, Sequence[Span], RotationRules], ...] = (
        (_weeks_text, weeks, in_part),
        (_weekends_text, _runs_of_weekends(problem), in_part),
        (_months_text, months, in_part),
        (_dates_text, [shifts], rules),
        (_kinds_text, kinds, rules),
    )
    for heading, spans, counted in looks:
        full = [(n, text) for n, span in enumerate(spans) if (text := excess_text(problem, span, counted))]
        if full:
            starts = {shift.window.start for number, _ in full for shift in spans[number]}
            numbers = frozenset(n for n, shift in enumerate(shifts) if shift.window.start in starts)
            return Overloads(tuple(_sentences(problem, spans, full, heading, search)), numbers)
    return Overloads((), frozenset())


def _sentences(
    problem: Problem, spans: Sequence[Span], full: Sequence[tuple[int, str]], heading: _Heading, search: Search
) -> Iterator[str]:
    """Yield a sentence for each overloaded span. Spans in a row with the same text have one sentence.

    full: the number of each overloaded span, with its text. heading: returns a heading for spans in a row.
    """
    numbered = [(number - index, text, number) for index, (number, text) in enumerate(full)]
    runs = [[spans[number] for _, _, number in run] for _, run in groupby(numbered, key=lambda item: item[:2])]
    for run in runs[:MOST_SENTENCES]:
        yield f"{heading(run)}: {_reason(problem, run[0], search)}"
    if len(runs) > MOST_SENTENCES:
        yield f"and {len(runs) - MOST_SENTENCES} more like these"


def _reason(problem: Problem, span: Span, search: Search) -> str:
    """Return why one span cannot be staffed: as a calculation if counting shows it, else as a list of causes."""
    starts = {shift.window.start for shift in span}
    numbers = frozenset(number for number, shift in enumerate(problem.shifts) if shift.window.start in starts)
    conflict = minimal_conflict(replace(problem, limited_to=numbers), search)
    # Without weeks the causes are groups of causes, which do not say who is away when.
    if not conflict.is_minimal or not conflict.weeks:
        return excess_text(problem, span, problem.roster.rules)
    rules = _only_rules_among(problem.roster.rules, conflict.causes)
    people = tuple(_only_dates_among(problem, engineer, conflict.causes) for engineer in problem.engineers)
    named = replace(problem, roster=replace(problem.roster, engineers=people))
    days_off = problem.days_off_rule
    irrelevant = [
        now.id
        for was, now in zip(problem.engineers, people, strict=True)
        if capacity(was, span, rules, days_off) < capacity(now, span, rules, days_off)
    ]
    text = excess_text(named, span, rules) or _causes_text(named, span, conflict)
    return f"{text}; that is so even if {', '.join(irrelevant)} were there" if irrelevant else text


def _causes_text(named: Problem, span: Span, conflict: MinimalConflict) -> str:
    """Return in words that a span cannot be staffed, with the rules and absences that are the causes.

    named: the problem with only the rules and dates that are among the causes.
    """
    rules = [rule.text for rule in rules_of(named.roster.rules) if rule.text in conflict.causes]
    people = _joined_absences([cause for cause in conflict.causes[conflict.weeks :] if cause not in rules])
    days_off = named.days_off_rule
    left = sum(1 for engineer in named.engineers if any(can_take(engineer, shift, days_off) for shift in span))
    under = f" under {' and '.join(rules)}" if rules else ""
    when = f" when {', '.join(people)}" if people else ""
    return f"{seats_text(named, span)} cannot be staffed{under} by the {left} people who are left{when}"


def _joined_absences(causes: Sequence[str]) -> list[str]:
    """Return the causes, with one for all people away on the same dates, like `ben and cai are away 2027-01-11`."""
    people: dict[str, list[str]] = {}
    for cause in causes:
        who, _, dates = cause.partition(" is away ")
        # A cause of another kind is its own key.
        people.setdefault(dates or cause, []).append(who)
    return [_absence_of(who, dates) for dates, who in people.items()]


def _absence_of(who: Sequence[str], dates: str) -> str:
    if len(who) > 1:
        return f"{', '.join(who[:-1])} and {who[-1]} are away {dates}"
    return who[0] if who[0] == dates else f"{who[0]} is away {dates}"


def _only_rules_among(rules: RotationRules, causes: Sequence[str]) -> RotationRules:
    """Return the rules without the limits on an engineer's shifts that are not among the causes."""
    # `max_shifts` is one rule for each engineer. If one of them is a cause, a reader expects the numbers of all.
    idle = set(COUNTED_RULES) - {rule.name for rule in rules_of(rules) if rule.text in causes}
    return replace(
        rules,
        rest_nights=0 if "rest_nights" in idle else rules.rest_nights,
        weekends_apart=1 if "weekends_apart" in idle else rules.weekends_apart,
        max_shifts_per_week=None if "max_shifts_per_week" in idle else rules.max_shifts_per_week,
        max_shifts_per_month=None if "max_shifts_per_month" in idle else rules.max_shifts_per_month,
        max_shifts=() if MAX_SHIFTS in idle else rules.max_shifts,
    )


def _only_dates_among(problem: Problem, engineer: Engineer, causes: Sequence[str]) -> Engineer:
    """Return the engineer with only those absences, shadow dates, joining date and leaving date that are causes."""
    absences = absences_by_date(engineer, problem.shifts, problem.days_off_rule)
    return replace(
        engineer,
        absences=tuple(each for each in absences if absence_text(engineer, each) in causes),
        joins=engineer.joins if joins_text(engineer) in causes else None,
        leaves=engineer.leaves if leaves_text(engineer) in causes else None,
        shadows=tuple(each for each in engineer.shadows if shadows_text(engineer, each) in causes),
    )


def _runs_of_weekends(problem: Problem) -> list[Span]:
    """Return the weekend shifts of each run of `weekends_apart` weekends. An engineer may have one weekend of a run."""
    weekends = [shift for shift in problem.shifts if shift.is_weekend]
    by_number = {number: tuple(group) for number, group in groupby(weekends, key=weekend_number)}
    apart = problem.roster.rules.weekends_apart
    runs = [[by_number.get(number + n, ()) for n in range(apart)] for number in by_number]
    return [tuple(shift for each in run for shift in each) for run in runs if apart > 1 and all(run)]


def _weeks_text(run: Sequence[Span]) -> str:
    first, last = (span[0].day - timedelta(days=span[0].day.weekday()) for span in (run[0], run[-1]))
    sunday = last + timedelta(days=6)
    return f"the week of {first}" if len(run) == 1 else f"each of the {len(run)} weeks from {first} to {sunday}"


def _weekends_text(run: Sequence[Span]) -> str:
    days = list(dict.fromkeys(shift.day for span in run for shift in span))
    fridays = list(dict.fromkeys(day + timedelta(days=4 - day.weekday()) for day in days))
    if len(run) == 1:
        return f"the {len(fridays)} weekends of {fridays[0]} to {fridays[-1]}"
    many = len(fridays) - len(run) + 1
    return f"each {many} weekends in a row from {fridays[0]} to {fridays[-1]}"


def _months_text(run: Sequence[Span]) -> str:
    first, last = (f"{span[0].day:%B %Y}" for span in (run[0], run[-1]))
    return first if len(run) == 1 else f"each month from {first} to {last}"


def _dates_text(run: Sequence[Span]) -> str:
    return f"{run[0][0].day} to {run[0][-1].day}"


def _kinds_text(run: Sequence[Span]) -> str:
    return " and ".join(f"all {span[0].kind} shifts" for span in run)
