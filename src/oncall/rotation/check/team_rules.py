"""The rules about engineers on the same shift, as functions: fixed seats, pairs who stay apart, whole turns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from oncall.rosters.roster import SHADOW, Roster
from oncall.rotation.check.violation import Violation
from oncall.schedule.plan import Plan, Seat
from oncall.schedule.shifts import ShiftFacts
from oncall.support.windows import Window


def _check_fixed_seats(plan: Plan, roster: Roster) -> Iterator[Violation]:
    zone = roster.policy.zone
    by_day: dict[date, list[Seat]] = defaultdict(list)
    for seat in plan.seats:
        by_day[seat.window.start.astimezone(zone).date()].append(seat)
    first, last = plan.first_day or min(by_day, default=date.max), plan.last_day or max(by_day, default=date.min)
    for fixed in roster.rules.fixed:
        seats = [seat for seat in by_day[fixed.day] if seat.role == fixed.role]
        seats = [seat for seat in seats if fixed.kind in (None, seat.kind)]
        if first <= fixed.day <= last and not any(seat.engineer == fixed.engineer for seat in seats):
            holders = " and ".join(seat.engineer for seat in seats) or "nobody"
            sentence = (
                f"{fixed.engineer} is fixed as {fixed.role} on {fixed.day:%a} {fixed.day}, and the plan has {holders}"
            )
            yield Violation("fixed", fixed.day, (fixed.engineer,), sentence)


def _check_pairs_apart(plan: Plan, roster: Roster) -> Iterator[Violation]:
    zone = roster.policy.zone
    people_on: dict[Window, list[str]] = defaultdict(list)
    for seat in plan.seats:
        if seat.role != SHADOW:
            people_on[seat.window].append(seat.engineer)
    for window, people in sorted(people_on.items(), key=lambda item: item[0].start):
        for one, other in roster.rules.never_together:
            if one in people and other in people:
                day = window.start.astimezone(zone).date()
                sentence = f"{one} and {other} are on together on {day:%a} {day}"
                yield Violation("never_together", day, (one, other), sentence)


def _check_turns(plan: Plan, roster: Roster) -> Iterator[Violation]:
    """Yield a violation for each role of a turn that several people have.

    If the first date of a repair cuts a turn in two, each part may have a person of its own.
    """
    turns, zone = ShiftFacts.of(roster).turns, roster.policy.zone
    holders: dict[tuple[int, bool, str], dict[str, date]] = defaultdict(dict)
    for seat in sorted(plan.seats, key=lambda seat: seat.window.start):
        turn, day = turns.number_at(seat.window.start, seat.kind), seat.window.start.astimezone(zone).date()
        if turn is not None and seat.role != SHADOW:
            is_settled = plan.kept_until is not None and day < plan.kept_until
            holders[turn, is_settled, seat.role].setdefault(seat.engineer, day)
    for (_, _, role), people in holders.items():
        if len(people) > 1:
            first, names = min(people.values()), " and ".join(people)
            day = max(people.values())
            sentence = f"{names} are {role} in the turn of {first:%a} {first}; one engineer has a role for a whole turn"
            yield Violation("turn", day, tuple(people), sentence)


TEAM_CHECKS: Mapping[str, Callable[[Plan, Roster], Iterator[Violation]]] = {
    "fixed": _check_fixed_seats,
    "never_together": _check_pairs_apart,
    "turn": _check_turns,
}
"""The function that checks each rule about engineers on the same shift, by the rule's key in the roster file."""
