"""Shifts and turns with more hours than `max_hours_per_week` lets any engineer have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from oncall.rosters.relaxed_roster import loosest_for
from oncall.rosters.roster import Roster, WeekendStyle
from oncall.rotation.problem.hour_rules import begins_of, minutes_in
from oncall.rotation.problem.problem import Problem
from oncall.schedule.ordinary_weeks import Unit, ordinary_units
from oncall.schedule.plan import Shift


@dataclass(frozen=True, slots=True)
class LongShifts:
    """A sentence for each kind of shift that is too long, and the numbers of all these shifts; both empty if none."""

    sentences: tuple[str, ...]
    shifts: frozenset[int]


def find_long_shifts(problem: Problem) -> LongShifts:
    """Return the shifts or whole turns of a problem that have more hours than the maximum of any engineer."""
    rules = problem.roster.rules
    if rules.max_hours_per_week is None:
        return LongShifts((), frozenset())
    # A relaxation is counted for all dates, so that nothing is named that a relaxation could allow.
    limits = [loosest_for(rules, engineer.id).max_hours_per_week or 0 for engineer in problem.engineers]
    units = [(unit, most_minutes([problem.shifts[number] for number in unit])) for unit in problem.units]
    long = [(unit, minutes) for unit, minutes in units if minutes > max(limits, default=0) * 60]
    by_name: dict[str, list[tuple[Shift, int]]] = {}
    for unit, minutes in long:
        first = problem.shifts[unit[0]]
        by_name.setdefault("turn" if problem.has_turns else f"{first.kind} shift", []).append((first, minutes))
    return LongShifts(_sentences(by_name, rules.max_hours_per_week), frozenset(n for unit, _ in long for n in unit))


def _sentences(by_name: Mapping[str, Sequence[tuple[Shift, int]]], most: int) -> tuple[str, ...]:
    sentences = []
    for name, found in by_name.items():
        first, last, longest = found[0][0].day, found[-1][0].day, max(minutes for _, minutes in found)
        which = f"the {name} of {first}" if len(found) == 1 else f"{len(found)} {name}s from {first} to {last}"
        has, them = ("has", "it") if len(found) == 1 else ("have up to", "them")
        sentences.append(
            f"{which} {has} {_hours(longest)} hours in seven days, so max_hours_per_week {most} lets nobody have {them}"
        )
    return tuple(sentences)


def never_possible(roster: Roster) -> str | None:
    """Return a sentence about an ordinary shift or turn with more hours than the maximum; None if there is none."""
    rules = roster.rules
    if rules.max_hours_per_week is None:
        return None
    units = ordinary_units(roster)
    if rules.turn_weeks:
        # Long turns can contain a change of the clocks, so that one is an hour longer than the others.
        units = [min(own, key=_most_minutes_of) for own in _by_kinds(units)]
    longest = max(units, key=_most_minutes_of).shifts
    minutes = most_minutes(longest)
    if minutes <= rules.max_hours_per_week * 60:
        return None
    least = f"write {-(-minutes // 60)} or more"
    if rules.turn_weeks:
        return f"no engineer can have a whole turn, which has {_hours(minutes)} hours in seven days; {least}"
    is_block = longest[0].is_weekend and rules.weekend is WeekendStyle.BLOCK
    other = ", or weekend: daily" if is_block else ""
    return f"no engineer can have a {longest[0].kind} shift, which has {_hours(minutes)} hours; {least}{other}"


def _by_kinds(units: Sequence[Unit]) -> Iterable[Sequence[Unit]]:
    """Return the units in groups with the same kinds of shifts."""
    groups: dict[tuple[str, ...], list[Unit]] = {}
    for unit in units:
        groups.setdefault(tuple(sorted(unit.kinds)), []).append(unit)
    return groups.values()


def _most_minutes_of(unit: Unit) -> int:
    return most_minutes(unit.shifts)


def most_minutes(unit: Sequence[Shift]) -> int:
    """Return the most minutes that the shifts of a unit have in any seven days in a row."""
    return max(sum(minutes_in(shift, begin) for shift in unit) for begin in begins_of(unit))


def _hours(minutes: int) -> str:
    """Return hours with at most one decimal, rounded up: 60 hours and 59 minutes are 61."""
    return f"{-(-minutes // 6) / 10:g}"
