"""Relaxations: single exceptions to a roster's rules and days off that a manager agreed to, each with its name.

A name says all of it, so that it can be given to a command and kept in a plan's file:
`rest_nights=1@2027-12-20..2027-12-26`, `weekends_apart=1@2027-01-15..2027-01-17:ben`, `unavailable@2027-02-15:ana`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from oncall.errors import Refused
from oncall.suggestions import suggestion

if TYPE_CHECKING:
    from oncall.rosters.roster import Absence, Engineer, Roster, RotationRules

DAY_OFF = "unavailable"
LEAST = {"rest_nights": 0, "weekends_apart": 1}
"""Rules that are looser the smaller their number is, and the number at which they ask for nothing."""
MOST = {"max_shifts_per_week": 7, "max_shifts_per_month": 31}
"""Rules that are looser the larger their number is."""
_FORM = re.compile(
    r"(?P<rule>[a-z_]+)(?:=(?P<value>[0-9]{1,2}))?@(?P<first>[0-9-]{10})(?:\.\.(?P<last>[0-9-]{10}))?(?::(?P<person>.+))?"
)


@dataclass(frozen=True, slots=True, order=True)
class Relaxation:
    """One exception. It touches the shifts that start on its dates, both inside; `person` None is everybody.

    rule: `unavailable` gives up the days off on these dates; any other is a key of `rotation`. Two shifts of one person
    of which it touches at least one are judged by `value` in place of the rule's number; for a maximum, the shifts that
    it touches are only counted against `value`.
    """

    rule: str
    first_day: date
    last_day: date
    person: str | None = None
    value: int | None = None

    @property
    def id(self) -> str:
        """Its name, as commands and plan files have it."""
        value = "" if self.value is None else f"={self.value}"
        until = "" if self.last_day == self.first_day else f"..{self.last_day}"
        return f"{self.rule}{value}@{self.first_day}{until}{f':{self.person}' if self.person else ''}"

    @property
    def text(self) -> str:
        """How a person reads it."""
        if self.rule == DAY_OFF:
            days = "day off on" if self.last_day == self.first_day else "days off from"
            return f"{self.person}'s {days} {self._span} moved"
        whom = f" for {self.person}" if self.person else ""
        return f"{self.rule} {self.value}{whom} {'around' if self.rule in LEAST else 'in'} {self._dates}"

    @property
    def _span(self) -> str:
        return str(self.first_day) if self.last_day == self.first_day else f"{self.first_day} to {self.last_day}"

    @property
    def _dates(self) -> str:
        first, last = self.first_day, self.last_day
        if (first.weekday(), (last - first).days) == (0, 6):
            return f"the week of {first}"
        if (first.weekday(), (last - first).days) == (4, 2):
            return f"the weekend of {first}"
        if first.day == 1 and (last + timedelta(days=1)).day == 1 and (last - first).days < 31:
            return f"{first:%B %Y}"
        return f"the shifts of {self._span}"

    def touches(self, day: date, person: str) -> bool:
        """Whether it speaks of a shift of that person which starts on that date."""
        return self.first_day <= day <= self.last_day and self.person in (None, person)


def relaxation_named(text: str) -> Relaxation:
    """The relaxation of that name. Raises Refused with what to write instead."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise _refused(text, 'write one as it was offered, like "rest_nights=1@2027-12-20..2027-12-26"')
    rule, value, person = match["rule"], match["value"], match["person"]
    if rule not in (*LEAST, *MOST, DAY_OFF):
        raise _refused(text, f'"{rule}" cannot be relaxed; {suggestion(rule, [*LEAST, *MOST, DAY_OFF])}')
    if rule == DAY_OFF and (value is not None or person is None):
        raise _refused(text, 'name the person and no number, like "unavailable@2027-02-15:ana"')
    if rule != DAY_OFF and value is None:
        raise _refused(text, f'say what the number is then, like "{rule}=1@{match["first"]}"')
    first, last = _day(text, match["first"]), _day(text, match["last"] or match["first"])
    if last < first:
        raise _refused(text, f"{last} is before {first}; swap them")
    return Relaxation(rule, first, last, person, None if value is None else int(value))


def _day(text: str, day: str) -> date:
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise _refused(text, f'"{day}" is not a date; write "2027-01-04"') from None


def _refused(text: str, mend: str) -> Refused:
    return Refused(f'"{text[:80]}" is not a relaxation: {mend}')


def relaxed(roster: Roster, relaxations: Sequence[Relaxation]) -> Roster:
    """The roster with these exceptions made. Raises Refused for one that does not fit it or relaxes nothing."""
    for each in dict.fromkeys(relaxations):
        if each.person is not None and roster.engineer(each.person) is None:
            names = [engineer.id for engineer in roster.engineers]
            raise _refused(each.id, f'"{each.person}" is not on the roster; {suggestion(each.person, names)}')
        roster = _without_days(roster, each) if each.rule == DAY_OFF else _with_exception(roster, each)
    return roster


def _with_exception(roster: Roster, relaxation: Relaxation) -> Roster:
    rules = roster.rules
    now: int | None = getattr(rules, relaxation.rule)
    value = relaxation.value
    assert value is not None
    is_looser = now is not None and (LEAST[relaxation.rule] <= value < now if relaxation.rule in LEAST else value > now)
    if not is_looser:
        says = "does not set it" if now is None else f"says {now}"
        raise _refused(relaxation.id, f"the roster {says}, so this would not make {relaxation.rule} looser")
    return replace(roster, rules=replace(rules, relaxed=(*rules.relaxed, relaxation)))


def _without_days(roster: Roster, relaxation: Relaxation) -> Roster:
    people = []
    for engineer in roster.engineers:
        if engineer.id == relaxation.person:
            absences = tuple(part for absence in engineer.absences for part in _cut(absence, relaxation, engineer))
            if absences == engineer.absences:
                raise _refused(relaxation.id, f"{engineer.id} has no day off then")
            engineer = replace(engineer, absences=absences)
        people.append(engineer)
    return replace(roster, engineers=tuple(people))


def _cut(absence: Absence, relaxation: Relaxation, engineer: Engineer) -> Iterator[Absence]:
    """What is left of an absence without the relaxation's dates."""
    first, last = relaxation.first_day, relaxation.last_day
    if last < absence.first_day or absence.last_day < first:
        yield absence
        return
    if absence.leave:
        raise _refused(relaxation.id, f"{engineer.id} is on leave then, and leave is not moved")
    one = timedelta(days=1)
    if absence.first_day < first:
        yield replace(absence, last_day=first - one)
    if last < absence.last_day:
        yield replace(absence, first_day=last + one)


def loosest_for(rules: RotationRules, person: str) -> RotationRules:
    """The rules with each number as loose as any exception for this person makes it anywhere: for counting bounds."""
    mine = [each for each in rules.relaxed if each.person in (None, person) and each.value is not None]
    if not mine:
        return rules
    numbers: dict[str, Any] = {}
    for each in mine:
        assert each.value is not None
        so_far = numbers.get(each.rule, each.value)
        numbers[each.rule] = min(so_far, each.value) if each.rule in LEAST else max(so_far, each.value)
    return replace(rules, **numbers)


def texts(relaxations: Iterable[Relaxation]) -> str:
    """Several of them in one sentence."""
    return ", and ".join(each.text for each in relaxations)
