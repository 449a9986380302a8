"""A roster with relaxations applied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from oncall.rosters.relaxation import DAY_OFF, MAX_SHIFTS, MINIMUM_RULES, Relaxation, not_a_relaxation
from oncall.rosters.roster import Absence, Engineer, Roster, RotationRules
from oncall.suggestions import suggestion


def relaxed(roster: Roster, relaxations: Sequence[Relaxation]) -> Roster:
    """Return the roster with these relaxations. Raises Refused for one that does not fit or relaxes nothing."""
    for each in dict.fromkeys(relaxations):
        if each.person is not None and roster.engineer(each.person) is None:
            names = [engineer.id for engineer in roster.engineers]
            raise not_a_relaxation(each.id, f'"{each.person}" is not on the roster; {suggestion(each.person, names)}')
        if each.rule == DAY_OFF:
            roster = _without_days_off(roster, each)
        elif each.rule == MAX_SHIFTS:
            roster = _with_more_shifts(roster, each)
        else:
            roster = _with_looser_rule(roster, each)
    return roster


def _with_looser_rule(roster: Roster, relaxation: Relaxation) -> Roster:
    rules = roster.rules
    now = rule_value(rules, relaxation.rule)
    value = relaxation.value
    assert value is not None
    is_looser = now is not None and (
        MINIMUM_RULES[relaxation.rule] <= value < now if relaxation.rule in MINIMUM_RULES else value > now
    )
    if not is_looser:
        says = "does not set it" if now is None else f"says {now}"
        raise not_a_relaxation(relaxation.id, f"the roster {says}, so this would not make {relaxation.rule} looser")
    return replace(roster, rules=replace(rules, relaxed=(*rules.relaxed, relaxation)))


def _with_more_shifts(roster: Roster, relaxation: Relaxation) -> Roster:
    person, value = relaxation.person, relaxation.value
    assert person is not None and value is not None
    most = dict(roster.rules.max_shifts)
    if person not in most or value <= most[person]:
        says = f"says {most[person]}" if person in most else "does not set it"
        raise not_a_relaxation(
            relaxation.id, f"the roster {says} for {person}, so this would not make max_shifts looser"
        )
    return replace(roster, rules=replace(roster.rules, max_shifts=tuple({**most, person: value}.items())))


def _without_days_off(roster: Roster, relaxation: Relaxation) -> Roster:
    people = []
    for engineer in roster.engineers:
        if engineer.id == relaxation.person:
            absences = tuple(part for absence in engineer.absences for part in _cut(absence, relaxation, engineer))
            if absences == engineer.absences:
                raise not_a_relaxation(relaxation.id, f"{engineer.id} has no day off then")
            engineer = replace(engineer, absences=absences)
        people.append(engineer)
    return replace(roster, engineers=tuple(people))


def _cut(absence: Absence, relaxation: Relaxation, engineer: Engineer) -> Iterator[Absence]:
    """Yield what remains of an absence when the relaxation's dates are cut out. Raises Refused for leave."""
    first, last = relaxation.first_day, relaxation.last_day
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    if not any(day in absence for day in days):
        yield absence
        return
    if absence.leave:
        raise not_a_relaxation(relaxation.id, f"{engineer.id} is on leave then, and leave is not moved")
    one = timedelta(days=1)
    if absence.first_day < first:
        yield replace(absence, last_day=first - one, ends_at=None)
    if last < absence.last_day:
        yield replace(absence, first_day=last + one, starts_at=None)


def loosest_for(rules: RotationRules, person: str) -> RotationRules:
    """Return the rules with, for each rule, the loosest number that a relaxation sets for this person on any date."""
    for each in rules.relaxed:
        if each.person in (None, person) and each.value is not None:
            now = rule_value(rules, each.rule)
            is_looser = now is not None and (each.value < now if each.rule in MINIMUM_RULES else each.value > now)
            rules = with_rule_value(rules, each.rule, each.value) if is_looser else rules
    return rules


def rule_value(rules: RotationRules, rule: str) -> int | None:
    """Return the present number of a rule that can be relaxed; None if the roster does not set the rule."""
    match rule:
        case "rest_nights":
            return rules.rest_nights
        case "weekends_apart":
            return rules.weekends_apart
        case "max_shifts_per_week":
            return rules.max_shifts_per_week
        case "max_shifts_per_month":
            return rules.max_shifts_per_month
        case "min_rest_hours":
            return rules.min_rest_hours or None
        case "max_hours_per_week":
            return rules.max_hours_per_week
    raise ValueError(f"{rule} cannot be relaxed")


def with_rule_value(rules: RotationRules, rule: str, value: int | None) -> RotationRules:
    """Return the rules with `value` as the number of one rule that can be relaxed; None switches a maximum off."""
    match rule, value:
        case "rest_nights", int():
            return replace(rules, rest_nights=value)
        case "weekends_apart", int():
            return replace(rules, weekends_apart=value)
        case "max_shifts_per_week", _:
            return replace(rules, max_shifts_per_week=value)
        case "max_shifts_per_month", _:
            return replace(rules, max_shifts_per_month=value)
        case "min_rest_hours", int():
            return replace(rules, min_rest_hours=value)
        case "max_hours_per_week", _:
            return replace(rules, max_hours_per_week=value)
    raise ValueError(f"{rule} cannot be set to {value}")
