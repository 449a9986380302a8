"""Relaxations: named exceptions to a roster's rules and days off that a manager agreed to.

A name contains the whole relaxation, so that commands accept it and plan files store it:
`rest_nights=1@2027-12-20..2027-12-26`, `weekends_apart=1@2027-01-15..2027-01-17:ben`, `unavailable@2027-02-15:ana`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from oncall.errors import Refused
from oncall.suggestions import suggestion
from oncall.support.likely_days import day_fault

DAY_OFF = "unavailable"
MAX_SHIFTS = "max_shifts"
MINIMUM_RULES = {"rest_nights": 0, "weekends_apart": 1, "min_rest_hours": 0}
"""The rules that a smaller number relaxes, each with the number that switches the rule off."""
MAXIMUM_RULES = {"max_shifts_per_week": 7, "max_shifts_per_month": 31, "max_hours_per_week": 168}
"""The rules that a larger number relaxes, each with the largest number that makes sense."""
_FORM = re.compile(
    r"(?P<rule>[a-z_]+)(?:=(?P<value>[0-9]{1,3}))?@(?P<first>[0-9-]{10})(?:\.\.(?P<last>[0-9-]{10}))?(?::(?P<person>.+))?"
)


@dataclass(frozen=True, slots=True, order=True)
class Relaxation:
    """An exception to one rule, for shifts that start from `first_day` to `last_day` (both included).

    person: an engineer's id; None for everybody. rule: `unavailable` removes the person's days off on these dates;
    `max_shifts` sets the most shifts of the person in the plan, whatever the dates; any other rule is a key of
    `rotation`, and `value` replaces its number. A rule about two shifts is relaxed if at least one of them starts on
    these dates. If the rule is a maximum, shifts that start on these dates count only against `value`.
    """

    rule: str
    first_day: date
    last_day: date
    person: str | None = None
    value: int | None = None

    @property
    def id(self) -> str:
        """Return the relaxation's name, like `rest_nights=1@2027-12-20`: the form that `--relax` and plan files use."""
        value = "" if self.value is None else f"={self.value}"
        until = "" if self.last_day == self.first_day else f"..{self.last_day}"
        return f"{self.rule}{value}@{self.first_day}{until}{f':{self.person}' if self.person else ''}"

    @property
    def text(self) -> str:
        """Describe the relaxation in a few English words, for messages."""
        return relaxation_texts([self])

    @property
    def span(self) -> str:
        """Return the dates: `2027-01-15`, or `2027-01-15 to 2027-01-17`."""
        return str(self.first_day) if self.last_day == self.first_day else f"{self.first_day} to {self.last_day}"

    @property
    def dates(self) -> str:
        """Return the shifts of the dates in words: `the week of 2027-01-11`, `January 2027`."""
        first, last = self.first_day, self.last_day
        if (first.weekday(), (last - first).days) == (0, 6):
            return f"the week of {first}"
        if (first.weekday(), (last - first).days) == (4, 2):
            return f"the weekend of {first}"
        if first.day == 1 and (last + timedelta(days=1)).day == 1 and (last - first).days < 31:
            return f"{first:%B %Y}"
        return f"the shifts of {self.span}"

    def touches(self, day: date, person: str) -> bool:
        """Return True if the relaxation applies to a shift of `person` (an engineer's id) that starts on `day`."""
        return self.first_day <= day <= self.last_day and self.person in (None, person)


def relaxation_named(text: str) -> Relaxation:
    """Parse the name of a relaxation. Raises Refused, with what to write instead, if it is not one."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise not_a_relaxation(text, 'write one as `generate` proposed it, like "rest_nights=1@2027-12-20..2027-12-26"')
    rule, value, person = match["rule"], match["value"], match["person"]
    known = [*MINIMUM_RULES, *MAXIMUM_RULES, MAX_SHIFTS, DAY_OFF]
    if rule not in known:
        raise not_a_relaxation(text, f'"{rule}" cannot be relaxed; {suggestion(rule, known)}')
    if rule == DAY_OFF and (value is not None or person is None):
        raise not_a_relaxation(text, 'name the person and no number, like "unavailable@2027-02-15:ana"')
    if rule == MAX_SHIFTS and (value is None or person is None):
        raise not_a_relaxation(text, 'name the number and the person, like "max_shifts=22@2027-01-04..2027-04-04:ana"')
    if rule != DAY_OFF and value is None:
        raise not_a_relaxation(text, f'say what the number is then, like "{rule}=1@{match["first"]}"')
    first, last = _day(text, match["first"]), _day(text, match["last"] or match["first"])
    if last < first:
        raise not_a_relaxation(text, f"{last} is before {first}; swap them")
    return Relaxation(rule, first, last, person, None if value is None else int(value))


def _day(text: str, day: str) -> date:
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise not_a_relaxation(text, day_fault(day)) from None


def not_a_relaxation(text: str, correction: str) -> Refused:
    """Return the error for a text that is no valid relaxation. correction: what to write instead."""
    return Refused(f'"{text[:80]}" is not a relaxation: {correction}')


def relaxation_texts(relaxations: Iterable[Relaxation]) -> str:
    """Describe several relaxations in one English phrase. Joins those that differ only in their dates or people."""
    by_person: dict[tuple[str, int | None, str | None], list[Relaxation]] = {}
    for each in relaxations:
        by_person.setdefault((each.rule, each.value, each.person), []).append(each)
    alike: dict[tuple[str, int | None, tuple[tuple[date, date], ...]], list[list[Relaxation]]] = {}
    for (rule, value, _), own in by_person.items():
        dates = tuple((each.first_day, each.last_day) for each in own)
        alike.setdefault((rule, value, dates), []).append(own)
    return ", and ".join(_text(own[0], [each[0].person for each in own]) for own in alike.values())


def _text(alike: Sequence[Relaxation], people: Sequence[str | None]) -> str:
    """Describe relaxations that differ only in their dates. people: those to whom they apply; None for everybody."""
    first, named = alike[0], [person for person in people if person is not None]
    if first.rule == DAY_OFF:
        is_span = len(alike) == 1 and first.first_day < first.last_day
        days = "day off" if len(alike) == len(named) == 1 and not is_span else "days off"
        whose = _listed([f"{person}'s" for person in named])
        return f"{whose} {days} {'from' if is_span else 'on'} {_listed([each.span for each in alike])} moved"
    whom = f" for {_listed(named)}" if named else ""
    if first.rule == MAX_SHIFTS:
        return f"max_shifts {first.value}{whom}"
    where = "around" if first.rule in MINIMUM_RULES else "in"
    return f"{first.rule} {first.value}{whom} {where} {_listed([each.dates for each in alike])}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
