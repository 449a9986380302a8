"""Rules of one roster that cannot hold together: told with both places, before anything is planned.

What needs the calendar (whether a shift starts on that day at all, rest between two fixed seats) is the planner's to
judge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from oncall.file_nodes import ListNode, Node, descend
from oncall.rosters.pairings import Pair, PeopleNamed
from oncall.rosters.roster import Engineer, FixedSeat, Request
from oncall.support.windows import WeekSpan, WindowKind

_DAY = 24 * 60


def check_pairs(named: PeopleNamed) -> None:
    """Note pairs that stand twice, and those who should be on together and never are."""
    apart: dict[frozenset[str], Node] = {}
    wished: dict[frozenset[str], Node] = {}
    for pairs, seen in ((named.never, apart), (named.prefer, wished)):
        for pair, node in pairs:
            other = seen.setdefault(frozenset(pair), node)
            if other is not node:
                node.note(f"{_both(pair)} are named twice; the first time is {_place(other)}; delete one of them")
    for pair, node in named.prefer:
        if (clash := apart.get(frozenset(pair))) is not None:
            node.note(f"{_both(pair)} are never together by {clash.path} {_place(clash)}; delete one of the two")


def check_seats(named: PeopleNamed, engineers: Mapping[str, tuple[Engineer, Node]], spans: Sequence[WeekSpan]) -> None:
    """Note fixed seats that exclude each other, and those that their people cannot have.

    engineers: those that could be read, by id, with their places. spans: the policy's week where weekends are one
    shift; a seat of such a weekend takes all its days.
    """
    never = {frozenset(pair): place for pair, place in named.never}
    by_day: dict[date, list[tuple[FixedSeat, Node]]] = defaultdict(list)
    for seat, node in named.seats:
        clashes = ((_clash(earlier, seat, never), other) for earlier, other in by_day[seat.day])
        sentence, other = next((each for each in clashes if each[0]), ("", node))
        if sentence:
            node.note(f"{sentence}; see {other.path} {_place(other)}")
        by_day[seat.day].append((seat, node))
    for seat, node in named.seats:
        if seat.engineer in engineers:
            for sentence, place in _bars(seat, *engineers[seat.engineer], spans):
                node.note(f"{seat.engineer} {sentence}; see {place.path} {_place(place)}")


def check_requests(requests: Sequence[Request], node: Node) -> None:
    """Note wishes of one person that stand twice, or pull both ways. node: the list that holds them."""
    first: dict[tuple[object, ...], tuple[Request, Node]] = {}
    for number, request in enumerate(requests):
        place = _item(node, number)
        earlier, other = first.setdefault((request.day, request.weekday, request.kind), (request, place))
        if other is not place and earlier.wish is request.wish:
            place.note(f"stands twice; the first is {_place(other)}; delete one of them")
        elif other is not place:
            place.note(
                f"asks to {request.wish} what the one {_place(other)} asks to {earlier.wish}; delete one of them"
            )


def _clash(first: FixedSeat, seat: FixedSeat, never: Mapping[frozenset[str], Node]) -> str:
    """Why two seats cannot both be; empty when they can."""
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


def _bars(seat: FixedSeat, engineer: Engineer, node: Node, spans: Sequence[WeekSpan]) -> Iterator[tuple[str, Node]]:
    """Why this person cannot have the seat, each with the place that says so."""
    days = [seat.day + timedelta(days=number) for number in range(_length(seat, spans))]
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


def _length(seat: FixedSeat, spans: Sequence[WeekSpan]) -> int:
    """On how many dates in a row the seat's shift is duty: those of a whole weekend when it starts one."""
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
