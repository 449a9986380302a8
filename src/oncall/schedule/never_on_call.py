"""Finds engineers who can never be on call, and maxima that no turn keeps, in ordinary weeks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from oncall.rosters.roster import Absence, Engineer, Roster
from oncall.rosters.time_off import days_off_rule, duty_time, is_free
from oncall.schedule.ordinary_weeks import Unit, monday_of, ordinary_units
from oncall.support.coverage_days import DAYS_OF_WEEK

Place = tuple[str | int, ...]
"""The keys and list positions that lead to a value of the roster file."""
_LONGEST_IN_A_MONTH = 2
"""A turn of so many weeks lies in one month at least once in every month."""


def never_on_call(roster: Roster) -> Iterator[tuple[Place, str]]:
    """Yield a sentence, with its place, for each engineer whose weekly days off or maximum leave no shift or turn.

    Also for the maxima of all engineers that are less than one turn has.
    """
    units = ordinary_units(roster)
    if roster.rules.turn_weeks:
        yield from _too_long_turns(roster, units)
    for number, engineer in enumerate(roster.engineers):
        own = [unit for unit in units if _takes(engineer, unit)]
        if not own:
            if roster.rules.turn_weeks:
                yield ("engineers", number, "kinds"), _no_whole_turn(engineer, units)
            continue
        yield from (
            (("engineers", number, "unavailable", place), sentence)
            for place, sentence in _blocking_days(roster, engineer, own)
        )
        most, least = dict(roster.rules.max_shifts).get(engineer.id), min(len(unit.shifts) for unit in own)
        if roster.rules.turn_weeks and most is not None and 0 < most < least:
            yield (
                ("engineers", number, "max_shifts"),
                f"{engineer.id} can have no whole turn, which has {least} shifts; write {least} or more",
            )


def can_have_some(roster: Roster, engineer: Engineer, units: Sequence[Unit]) -> bool:
    """Return True if the kinds and the weekly days off of an engineer allow at least one of these units."""
    own = [unit for unit in units if _takes(engineer, unit)]
    return not _all_blocked(roster, engineer, own, _weekly(engineer)) if own else False


def _takes(engineer: Engineer, unit: Unit) -> bool:
    return all(engineer.takes(kind) for kind in unit.kinds)


def _weekly(engineer: Engineer) -> tuple[Absence, ...]:
    """Return the engineer's weekly days off that have neither a first nor a last date."""
    unlimited = (date.min, date.max)
    return tuple(
        each for each in engineer.absences if each.weekday is not None and (each.first_day, each.last_day) == unlimited
    )


def _all_blocked(roster: Roster, engineer: Engineer, units: Sequence[Unit], absences: Sequence[Absence]) -> bool:
    person = replace(engineer, absences=tuple(absences), joins=None, leaves=None)
    rule = days_off_rule(roster)
    return all(any(not is_free(person, duty_time(shift.window, rule)) for shift in unit.shifts) for unit in units)


def _blocking_days(roster: Roster, engineer: Engineer, own: Sequence[Unit]) -> Iterator[tuple[int, str]]:
    """Yield each weekly day off that leaves the engineer none of these units, by its number in the list."""
    weekly = _weekly(engineer)
    if not weekly or not _all_blocked(roster, engineer, own, weekly):
        return
    alone = [each for each in weekly if _all_blocked(roster, engineer, own, [each])]
    for each in alone or weekly[:1]:
        assert each.weekday is not None
        yield engineer.absences.index(each), _blocked_text(roster, engineer, each.weekday if alone else None)


def _blocked_text(roster: Roster, engineer: Engineer, weekday: int | None) -> str:
    """Return what a weekly day off blocks. weekday: None if only several such days together block everything."""
    if weekday is None:
        return f"the weekly days off leave {engineer.id} no shift at all; limit one with from and to, or delete it"
    day = DAYS_OF_WEEK[weekday]
    if not roster.rules.turn_weeks:
        return f"leaves {engineer.id} no shift at all, because each touches a {day}; limit it with from and to"
    return (
        f"leaves {engineer.id} no turn at all, because an engineer takes a turn whole and each turn has a {day}; limit "
        "it with from and to, or write turn: shift"
    )


def _no_whole_turn(engineer: Engineer, units: Sequence[Unit]) -> str:
    turns = " or ".join(dict.fromkeys(" and ".join(unit.kinds) for unit in units))
    return f"{engineer.id} can take no turn, because an engineer takes a turn whole, with its shifts of {turns}"


def _too_long_turns(roster: Roster, units: Sequence[Unit]) -> Iterator[tuple[Place, str]]:
    """Yield a sentence for each maximum that even the turn with the fewest shifts exceeds."""
    rules = roster.rules
    in_week = min(max(Counter(map(monday_of, unit.shifts)).values()) for unit in units)
    if rules.max_shifts_per_week is not None and rules.max_shifts_per_week < in_week:
        yield (
            ("rotation", "max_shifts_per_week"),
            f"no engineer can have a whole turn, which has {in_week} shifts in one week; write {in_week} or more",
        )
    least = min(len(unit.shifts) for unit in units)
    is_short = rules.turn_weeks <= _LONGEST_IN_A_MONTH
    if rules.max_shifts_per_month is not None and rules.max_shifts_per_month < least and is_short:
        yield (
            ("rotation", "max_shifts_per_month"),
            f"no engineer can have a turn that lies in one month, which has {least} shifts; write {least} or more",
        )
