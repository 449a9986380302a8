"""The rules about one engineer's duties, as functions: dates, roles, kinds, rest, weekends, maxima, holidays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations, islice, pairwise, product

from oncall.rosters.roster import SHADOW, Roster
from oncall.rosters.time_off import (
    dated_absences_in,
    days_off_rule,
    duty_time,
    joining_text,
    joins_after,
    leaves_before,
    leaving_text,
)
from oncall.rotation.check.checked_duty import CheckedDuty, as_turns
from oncall.rotation.check.relaxed_numbers import excess, is_relaxed, largest_number, smallest_number
from oncall.rotation.check.violation import Violation
from oncall.support.holidays import Feast


def _check_days(engineer: str, duties: Sequence[CheckedDuty], roster: Roster) -> Iterator[Violation]:
    person = roster.engineer(engineer)
    if person is None:
        return
    rule = days_off_rule(roster)
    for duty in duties:
        day, time = duty.first_night, duty_time(duty.seat.window, rule)
        start = f"{engineer} is on {duty.text}"
        if joins_after(person, time):
            yield Violation("joins", day, (engineer,), f"{start} but joins only on {joining_text(person)}")
        if leaves_before(person, time):
            yield Violation("leaves", day, (engineer,), f"{start} but leaves on {leaving_text(person)}")
        for away in dated_absences_in(person, time):
            reason = f" ({away.reason})" if away.reason else ""
            yield Violation("unavailable", day, (engineer,), f"{start} but is away {away.span_text}{reason}")


def _check_roles(engineer: str, duties: Sequence[CheckedDuty], roster: Roster) -> Iterator[Violation]:
    person = roster.engineer(engineer)
    for duty in duties:
        role = duty.seat.role
        if person is not None and role in roster.rules.roles and role not in person.roles:
            sentence = f"{engineer} is {role} on {duty.text} but takes only {', '.join(person.roles)}"
            yield Violation("roles", duty.first_night, (engineer,), sentence)


def _check_kinds(engineer: str, duties: Sequence[CheckedDuty], roster: Roster) -> Iterator[Violation]:
    person = roster.engineer(engineer)
    if person is None or person.kinds is None:
        return
    for duty in duties:
        # The roster of another team decides which of its shifts a person takes.
        if duty.seat.kind not in person.kinds and not duty.is_on_other_team:
            sentence = f"{engineer} is on {duty.text} but takes only {', '.join(person.kinds)} shifts"
            yield Violation("kinds", duty.first_night, (engineer,), sentence)


def _check_rest(engineer: str, duties: Sequence[CheckedDuty], roster: Roster) -> Iterator[Violation]:
    doubled = dict(_doubled_turns(duties))
    for turn, first in doubled.items():
        held = {duty.seat.role for duty in duties if duty.turn == turn}
        roles = " and ".join(role for role in (*roster.rules.roles, SHADOW) if role in held)
        sentence = f"{engineer} is {roles} in the turn of {first.first_night:%a} {first.first_night}"
        yield Violation("one_role", first.first_night, (engineer,), sentence)
    for earlier, later in _close_pairs(engineer, as_turns(duties), roster):
        if earlier.turn in doubled and earlier.turn == later.turn:
            continue
        rest = smallest_number(roster.rules, "rest_nights", engineer, [earlier.first_night, later.first_night])
        day = later.first_night
        if earlier.seat.window == later.seat.window and earlier.origin == later.origin:
            roles = f"{earlier.seat.role} and {later.seat.role}"
            yield Violation("one_role", day, (engineer,), f"{engineer} is {roles} of the same shift, {later.text}")
        elif later.seat.window.start < earlier.seat.window.end:
            rule = "busy" if earlier.is_on_other_team or later.is_on_other_team else "rest_nights"
            sentence = f"{engineer} is on two shifts that overlap, {earlier.text} and {later.text}"
            yield Violation(rule, day, (engineer,), sentence)
        elif (free := (later.first_night - earlier.end_night).days) < rest:
            nights = "1 free night" if free == 1 else f"{free} free nights"
            sentence = f"{engineer} has {nights} between {earlier.text} and {later.text}; the rule is {rest}"
            yield Violation("rest_nights", day, (engineer,), sentence)


def _doubled_turns(duties: Sequence[CheckedDuty]) -> Iterator[tuple[int, CheckedDuty]]:
    """Yield each turn in which an engineer has two roles at the same time, by number, with its first duty."""
    for earlier, later in pairwise(duties):
        if (
            earlier.turn is not None
            and earlier.turn == later.turn
            and later.seat.window.start < earlier.seat.window.end
        ):
            yield earlier.turn, next(duty for duty in duties if duty.turn == earlier.turn)


def _close_pairs(
    engineer: str, duties: Sequence[CheckedDuty], roster: Roster
) -> Iterator[tuple[CheckedDuty, CheckedDuty]]:
    """Yield pairs of duties, the earlier one first, that may have too few free nights between them."""
    yield from pairwise(duties)
    if not is_relaxed(roster.rules, "rest_nights", engineer):
        return
    # A duty with a relaxed rule may lie between two others that are too close to each other.
    rest = roster.rules.rest_nights
    for number, later in enumerate(duties):
        near = (each for each in duties[: max(0, number - 1)] if (later.first_night - each.end_night).days < rest)
        yield from ((earlier, later) for earlier in near)


def _check_weekends(engineer: str, duties: Sequence[CheckedDuty], roster: Roster) -> Iterator[Violation]:
    worked: dict[date, list[CheckedDuty]] = defaultdict(list)
    weekend_kinds = roster.policy.weekend_kinds
    for duty in duties:
        if duty.seat.kind in weekend_kinds:
            worked[_monday(duty.first_night)].append(duty)
    weekends = sorted(worked.items())
    every_pair = is_relaxed(roster.rules, "weekends_apart", engineer)
    for (_, first), (_, second) in combinations(weekends, 2) if every_pair else pairwise(weekends):
        pairs = (pair for pair in product(first, second) if pair[0].turn is None or pair[0].turn != pair[1].turn)
        too_near = (pair for pair in pairs if _are_too_near(engineer, *pair, roster))
        for before, after in islice(too_near, 1):
            apart = _weekends_apart(engineer, before, after, roster)
            sentence = f"{engineer} works the weekends of {before.text} and {after.text}; the rule is 1 in {apart}"
            yield Violation("weekends_apart", after.first_night, (engineer,), sentence)


def _are_too_near(engineer: str, before: CheckedDuty, after: CheckedDuty, roster: Roster) -> bool:
    weeks = (_monday(after.first_night) - _monday(before.first_night)).days // 7
    return weeks < _weekends_apart(engineer, before, after, roster)


def _weekends_apart(engineer: str, before: CheckedDuty, after: CheckedDuty, roster: Roster) -> int:
    return smallest_number(roster.rules, "weekends_apart", engineer, [before.first_night, after.first_night])


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _check_week(engineer: str, duties: Sequence[CheckedDuty], roster: Roster) -> Iterator[Violation]:
    weeks: dict[date, list[date]] = defaultdict(list)
    for duty in duties:
        weeks[_monday(duty.first_night)].append(duty.first_night)
    for monday, days in sorted(weeks.items()):
        if over := excess(roster.rules, "max_shifts_per_week", engineer, days):
            sentence = f"{engineer} starts {over.count} shifts in the week of {monday}; the most is {over.most}"
            yield Violation("max_shifts_per_week", monday, (engineer,), sentence)


def _check_month(engineer: str, duties: Sequence[CheckedDuty], roster: Roster) -> Iterator[Violation]:
    months: dict[date, list[date]] = defaultdict(list)
    for duty in duties:
        months[duty.first_night.replace(day=1)].append(duty.first_night)
    for first, days in sorted(months.items()):
        if over := excess(roster.rules, "max_shifts_per_month", engineer, days):
            sentence = f"{engineer} starts {over.count} shifts in {first:%B %Y}; the most is {over.most}"
            yield Violation("max_shifts_per_month", first, (engineer,), sentence)


def _check_rest_hours(engineer: str, duties: Sequence[CheckedDuty], roster: Roster) -> Iterator[Violation]:
    least = roster.rules.min_rest_hours
    joined = as_turns(duties) if least else []
    for number, later in enumerate(joined):
        for earlier in joined[max(0, number - 14) : number]:
            days = [earlier.first_night, later.first_night]
            hours = smallest_number(roster.rules, "min_rest_hours", engineer, days)
            free = later.seat.window.start - earlier.seat.window.end
            if timedelta() <= free < timedelta(hours=hours):
                had = f"{free.total_seconds() / 3600:.4g} hours"
                sentence = f"{engineer} has {had} between {earlier.text} and {later.text}; the rule is {hours}"
                yield Violation("min_rest_hours", later.first_night, (engineer,), sentence)


def _check_hours(engineer: str, duties: Sequence[CheckedDuty], roster: Roster) -> Iterator[Violation]:
    """Yield a violation for seven days in a row with too many hours; at most one for each duty that ends such days.

    Only seven days that begin or end with a duty are checked, because no other seven days have more hours.
    """
    most, week = roster.rules.max_hours_per_week, timedelta(days=7)
    windows = [duty.seat.window for duty in duties]
    begins = sorted({*(each.start for each in windows), *(each.end - week for each in windows)}) if most else []
    told: set[date] = set()
    for begin in begins:
        inside = [(duty, each) for duty, each in zip(duties, windows, strict=True)]
        inside = [(duty, each) for duty, each in inside if each.start < begin + week and begin < each.end]
        parts = [(duty, min(each.end, begin + week) - max(each.start, begin)) for duty, each in inside]
        if not parts or (over := _hours_over(parts, engineer, roster)) is None:
            continue
        last = parts[-1][0].first_night
        if last not in told:
            told.add(last)
            hours, level = over
            sentence = f"{engineer} is on call for {hours:.4g} hours in the seven days up to {parts[-1][0].text}; "
            yield Violation("max_hours_per_week", last, (engineer,), f"{sentence}the most is {level}")


def _hours_over(
    parts: Sequence[tuple[CheckedDuty, timedelta]], engineer: str, roster: Roster
) -> tuple[float, int] | None:
    """Return the hours and the maximum that they exceed; None if they exceed none. parts: each duty with its time.

    A duty with a relaxed maximum counts only against the relaxed maximum.
    """
    rule = "max_hours_per_week"
    allowed = [largest_number(roster.rules, rule, engineer, duty.first_night) for duty, _ in parts]
    for level in sorted(set(allowed)):
        spans = [span for (_, span), own in zip(parts, allowed, strict=True) if own <= level]
        hours = sum(spans, timedelta()).total_seconds() / 3600
        if hours > level:
            return hours, level
    return None


def _check_max_shifts(engineer: str, duties: Sequence[CheckedDuty], roster: Roster) -> Iterator[Violation]:
    for who, most in roster.rules.max_shifts:
        own = [duty for duty in duties if duty.origin in ("", "from the baseline") and duty.seat.role != SHADOW]
        if who == engineer and len(own) > most:
            sentence = f"{engineer} has {len(own)} shifts in this plan; the most is {most}"
            yield Violation("max_shifts", own[-1].first_night, (engineer,), sentence)


def _check_holidays(engineer: str, duties: Sequence[CheckedDuty], roster: Roster) -> Iterator[Violation]:
    apart = roster.rules.holidays_apart
    if apart == 1 or not roster.holidays:
        return
    last: dict[str, tuple[int, CheckedDuty]] = {}
    for duty in duties:
        for name, year in sorted({(feast.name, feast.year) for day in duty.days for feast in _feasts(roster, day)}):
            before = last.get(name)
            if before is not None and 0 < year - before[0] < apart:
                sentence = f"{engineer} has {name} on {before[1].text} and {duty.text}; the rule is 1 in {apart} years"
                yield Violation("holidays_apart", duty.first_night, (engineer,), sentence)
            last[name] = year, duty


def _feasts(roster: Roster, day: date) -> tuple[Feast, ...]:
    return roster.holidays.feasts_on(day) if roster.holidays else ()


def _check_shadows(engineer: str, duties: Sequence[CheckedDuty], roster: Roster) -> Iterator[Violation]:
    person = roster.engineer(engineer)
    if person is None:
        return
    for duty in duties:
        learning = [day for day in duty.days if any(each.first_day <= day <= each.last_day for each in person.shadows)]
        if duty.seat.role == SHADOW and learning != duty.days:
            sentence = f"{engineer} is a shadow on {duty.text}, and the roster has no shadows for {engineer} then"
            yield Violation("shadows", duty.first_night, (engineer,), sentence)
        if duty.seat.role != SHADOW and learning:
            sentence = f"{engineer} is {duty.seat.role} on {duty.text} but only shadows on {learning[0]}"
            yield Violation("shadows", duty.first_night, (engineer,), sentence)


PERSON_CHECKS: Mapping[str, Callable[[str, Sequence[CheckedDuty], Roster], Iterator[Violation]]] = {
    "unavailable": _check_days,
    "roles": _check_roles,
    "kinds": _check_kinds,
    "rest_nights": _check_rest,
    "weekends_apart": _check_weekends,
    "max_shifts_per_week": _check_week,
    "max_shifts_per_month": _check_month,
    "min_rest_hours": _check_rest_hours,
    "max_hours_per_week": _check_hours,
    "max_shifts": _check_max_shifts,
    "holidays_apart": _check_holidays,
    "shadows": _check_shadows,
}
"""The function that checks each rule about one engineer's duties, by the rule's key in the roster file."""
