"""Finds rules of one roster that exclude each other, before any plan is made. A fault names both places.

Only the planner finds conflicts that depend on the calendar, such as too little rest between two fixed seats.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.file_nodes import ListNode, Node, descend
from oncall.rosters.people_rules import Pair, PeopleRules
from oncall.rosters.roster import DaysOff, Engineer, FixedSeat, Request, RotationRules, WeekendStyle
from oncall.rosters.time_off import (
    DaysOffRule,
    DutyTime,
    blocked_days,
    duty_time,
    joining_text,
    joins_after,
    leaves_before,
    leaving_text,
)
from oncall.support.calendar import calendar_of, first_instant
from oncall.support.holidays import CompanyDays
from oncall.support.policy import Policy
from oncall.support.windows import Window, WindowKind


def check_pairs(named: PeopleRules) -> None:
    """Record a fault for each pair that is listed twice, or is in both `prefer_together` and `never_together`."""
    apart: dict[frozenset[str], Node] = {}
    preferred: dict[frozenset[str], Node] = {}
    for pairs, seen in ((named.never, apart), (named.prefer, preferred)):
        for pair, node in pairs:
            other = seen.setdefault(frozenset(pair), node)
            if other is not node:
                node.note(f"{_both(pair)} are named twice; the first time is {_place(other)}; delete one of them")
    for pair, node in named.prefer:
        if (other_rule := apart.get(frozenset(pair))) is not None:
            node.note(
                f"{_both(pair)} are never together by {other_rule.path} {_place(other_rule)}; delete one of the two"
            )


class SeatTimes:
    """Computes the on-call time of fixed seats, from the policy and the public holidays.

    policy, rules: None if they have faults; then a seat takes the whole day of its date. zone: the roster's.
    """

    def __init__(
        self, policy: Policy | None, rules: RotationRules | None, zone: ZoneInfo, holidays: CompanyDays | None
    ) -> None:
        self._policy, self._rules, self._zone, self._holidays = policy, rules, zone, holidays

    def of(self, seat: FixedSeat) -> DutyTime | None:
        """Return the part of the seat's time that days off can block; None if the clocks skip its date."""
        whole = _whole_day(seat.day, self._zone if self._policy is None else self._policy.zone)
        if whole is None:
            return None
        if self._policy is None or self._rules is None:
            return duty_time(whole, DaysOffRule(DaysOff.WHOLE, self._zone))
        style, calendar = self._rules.days_off, calendar_of(self._policy, self._holidays)
        found = next(
            (
                Window(each.start, each.end)
                for each in calendar.windows_between(whole.start, whole.end)
                if each.kind is not WindowKind.BUSINESS and seat.kind in (None, each.kind)
                if each.kind not in self._policy.weekend_kinds or self._rules.weekend is WeekendStyle.BLOCK
                if whole.start <= each.start
            ),
            whole,
        )
        return duty_time(found, DaysOffRule(style, self._zone if style is DaysOff.WHOLE else calendar.zone))


def _whole_day(day: date, zone: ZoneInfo) -> Window | None:
    """Return a local day; None if the clocks skip it, as they did on 2011-12-30 in Pacific/Apia."""
    start, end = (first_instant(zone, datetime.combine(day + timedelta(days=number), time())) for number in (0, 1))
    return Window(start, end) if start < end else None


def check_seats(named: PeopleRules, engineers: Mapping[str, tuple[Engineer, Node]], times: SeatTimes) -> None:
    """Record faults for fixed seats that exclude each other, or that their engineers cannot take.

    engineers: by id, each with its node in the file; engineers with faults are missing.
    """
    never = {frozenset(pair): place for pair, place in named.never}
    by_day: dict[date, list[tuple[FixedSeat, Node]]] = defaultdict(list)
    for seat, node in named.seats:
        conflicts = ((_conflict(earlier, seat, never), other) for earlier, other in by_day[seat.day])
        sentence, other = next((each for each in conflicts if each[0]), ("", node))
        if sentence:
            node.note(f"{sentence}; see {other.path} {_place(other)}")
        by_day[seat.day].append((seat, node))
    for seat, node in named.seats:
        duty = times.of(seat)
        if duty is None:
            node.note(f"the clocks of this time zone skip {seat.day}, so that it has no shift; delete the seat")
        elif seat.engineer in engineers:
            for sentence, place in _obstacles(seat, *engineers[seat.engineer], duty):
                node.note(f"{seat.engineer} {sentence}; see {place.path} {_place(place)}")


def check_requests(requests: Sequence[Request], node: Node) -> None:
    """Record a fault for each request of one engineer that repeats or contradicts another.

    node: the list of requests.
    """
    first: dict[tuple[object, ...], tuple[Request, Node]] = {}
    for number, request in enumerate(requests):
        place = _item(node, number)
        earlier, other = first.setdefault((request.day, request.weekday, request.kind), (request, place))
        if other is not place and earlier.direction is request.direction:
            place.note(f"is listed twice; the first is {_place(other)}; delete one of them")
        elif other is not place:
            asked = f"asks to {request.direction} what the request {_place(other)} asks to {earlier.direction}"
            place.note(f"{asked}; delete one of them")


def _conflict(first: FixedSeat, seat: FixedSeat, never: Mapping[frozenset[str], Node]) -> str:
    """Return why two fixed seats exclude each other; empty if they do not."""
    if first.day != seat.day or not (first.kind is None or seat.kind is None or first.kind == seat.kind):
        return ""
    if first.engineer == seat.engineer:
        if first.role == seat.role:
            return f"{seat.engineer} is fixed as {seat.role} on {seat.day} twice"
        return f"{seat.engineer} is fixed as {first.role} and as {seat.role} of one shift, on {seat.day}"
    if first.role == seat.role:
        return f"{first.engineer} and {seat.engineer} are both fixed as {seat.role} on {seat.day}"
    if (place := never.get(frozenset((first.engineer, seat.engineer)))) is not None:
        both = _both((first.engineer, seat.engineer))
        return f"{both} are fixed on one shift, on {seat.day}, and {place.path} {_place(place)} keeps them apart"
    return ""


def _obstacles(seat: FixedSeat, engineer: Engineer, node: Node, duty: DutyTime) -> Iterator[tuple[str, Node]]:
    """Yield each reason why the engineer cannot take the fixed seat, with its place in the file."""
    if seat.role not in engineer.roles:
        yield f"does not take the role {seat.role}", descend(node, "roles")
    if seat.kind is not None and not engineer.takes(seat.kind):
        yield f"takes only {', '.join(engineer.kinds or ())} shifts, not {seat.kind}", descend(node, "kinds")
    if joins_after(engineer, duty):
        yield f"joins only on {joining_text(engineer)}", descend(node, "joins")
    if engineer.leaves is not None and leaves_before(engineer, duty):
        gone = max(duty.first_day, min(engineer.leaves + timedelta(days=1), duty.last_day))
        yield f"has left by {gone}, with {leaving_text(engineer)} as the last day", descend(node, "leaves")
    for number, away in enumerate(engineer.absences):
        if next(blocked_days(away, duty), None):
            yield f"is away {away.span_text}", _item(descend(node, "unavailable"), number)
    for number, learning in enumerate(engineer.shadows):
        if learning.first_day <= duty.last_day and duty.first_day <= learning.last_day:
            place = _item(descend(node, "shadows"), number)
            yield f"only shadows from {learning.first_day} to {learning.last_day}", place


def _item(node: Node, number: int) -> Node:
    return node.items[number] if isinstance(node, ListNode) else node


def _both(pair: Pair) -> str:
    return f"{pair[0]} and {pair[1]}"


def _place(node: Node) -> str:
    return f"on line {node.line}, column {node.column}"
