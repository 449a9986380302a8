"""Find rules of one roster that exclude each other, and report both places, before any plan is made.

The planner judges what needs the calendar, such as the rest between two fixed seats.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from oncall.file_nodes import ListNode, Node, descend
from oncall.rosters.people_rules import Pair, PeopleRules
from oncall.rosters.roster import Engineer, FixedSeat, Request
from oncall.support.windows import WeekSpan, WindowKind

_DAY = 24 * 60


def check_pairs(named: PeopleRules) -> None:
    """Note pairs that are listed twice, and pairs of `prefer_together` that are also in `never_together`."""
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


def check_seats(named: PeopleRules, engineers: Mapping[str, tuple[Engineer, Node]], spans: Sequence[WeekSpan]) -> None:
    """Note fixed seats that exclude each other, and fixed seats that their engineers cannot take.

    engineers: by id, each with its node; engineers with faults are missing. spans: the policy's windows where a
    weekend is one shift, so that a fixed seat on it takes all of its days.
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
        if seat.engineer in engineers:
            for sentence, place in _obstacles(seat, *engineers[seat.engineer], spans):
                node.note(f"{seat.engineer} {sentence}; see {place.path} {_place(place)}")


def check_requests(requests: Sequence[Request], node: Node) -> None:
    """Note requests of one engineer that are listed twice or contradict each other. node: the list of the requests."""
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


def _obstacles(
    seat: FixedSeat, engineer: Engineer, node: Node, spans: Sequence[WeekSpan]
) -> Iterator[tuple[str, Node]]:
    """Yield why the engineer cannot take the seat, each reason with its place in the file."""
    days = [seat.day + timedelta(days=number) for number in range(_days_of(seat, spans))]
    if seat.role not in engineer.roles:
        yield f"does not take the role {seat.role}", descend(node, "roles")
    if engineer.joins is not None and days[0] < engineer.joins:
        yield f"joins only on {engineer.joins}", descend(node, "joins")
    if engineer.leaves is not None and days[-1] > engineer.leaves:
        yield f"has left by {days[-1]}, with {engineer.leaves} as the last day", descend(node, "leaves")
    for number, away in enumerate(engineer.absences):
        if away.first_day <= days[-1] and days[0] <= away.last_day:
            place = _item(descend(node, "unavailable"), number)
            yield f"is away from {away.first_day} to {away.last_day}", place
    for number, learning in enumerate(engineer.shadows):
        if learning.first_day <= days[-1] and days[0] <= learning.last_day:
            place = _item(descend(node, "shadows"), number)
            yield f"only shadows from {learning.first_day} to {learning.last_day}", place


def _days_of(seat: FixedSeat, spans: Sequence[WeekSpan]) -> int:
    """Return how many dates in a row the seat's shift takes; a weekend that is one shift takes all of its days."""
    if seat.kind not in (None, WindowKind.WEEKEND.value):
        return 1
    for span in spans:
        first_day, end_day = span.start_minute // _DAY, span.end_minute // _DAY
        if span.kind is WindowKind.WEEKEND and first_day % 7 == seat.day.weekday():
            return max(1, end_day - first_day)
    return 1


def _item(node: Node, number: int) -> Node:
    return node.items[number] if isinstance(node, ListNode) else node


def _both(pair: Pair) -> str:
    return f"{pair[0]} and {pair[1]}"


def _place(node: Node) -> str:
    return f"on line {node.line}, column {node.column}"
