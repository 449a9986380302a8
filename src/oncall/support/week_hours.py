"""The hours of the week as the guidelines write them, `mon-fri 08:00-19:00`, and the proof that they leave no hole.

Times name whole minutes and both ends are inside: 19:00 ends at the last instant before 19:01.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oncall.support.windows import WeekSpan, WindowKind
from oncall.yamlfile import ListNode, Node, shown
from oncall.yamlvalues import list_of, scalar

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEK = 7 * 24 * 60
_DAY = 24 * 60

_EXAMPLES = '"mon-fri 08:00-19:00" or "fri 19:01 - mon 07:59"'
_EACH_DAY = re.compile(r"(?P<first>[a-z]+)(?:\s*-\s*(?P<last>[a-z]+))?\s+(?P<start>[0-9:]+)\s*-\s*(?P<end>[0-9:]+)")
_ONE_SPAN = re.compile(r"(?P<first>[a-z]+)\s+(?P<start>[0-9:]+)\s*-\s*(?P<last>[a-z]+)\s+(?P<end>[0-9:]+)")


@dataclass(frozen=True, slots=True)
class PlacedSpan:
    """A span of the week and where the file says so."""

    span: WeekSpan
    node: Node


def hours_of(kind: WindowKind, node: Node) -> tuple[PlacedSpan, ...]:
    """Read `mon-fri 08:00-19:00` (the same hours on each of these days), `fri 19:01 - mon 07:59` (one long span), or
    a list of such. An end before its start lies on the next day."""
    if isinstance(node, ListNode):
        return tuple(span for spans in list_of(lambda item: _spans(kind, item))(node) for span in spans)
    return _spans(kind, node)


def _spans(kind: WindowKind, node: Node) -> tuple[PlacedSpan, ...]:
    text = scalar(node).text.strip().lower().replace("\N{EN DASH}", "-")
    if one := _ONE_SPAN.fullmatch(text):
        start = _day(one["first"], node) * _DAY + _minute(one["start"], node)
        end = _day(one["last"], node) * _DAY + _minute(one["end"], node) + 1
        return (PlacedSpan(WeekSpan(kind, start, end if end > start else end + WEEK), node),)
    if each := _EACH_DAY.fullmatch(text):
        first = _day(each["first"], node)
        count = (_day(each["last"] or each["first"], node) - first) % 7 + 1
        start, end = _minute(each["start"], node), _minute(each["end"], node) + 1
        length = end - start if end > start else end - start + _DAY
        starts = [(first + number) % 7 * _DAY + start for number in range(count)]
        return tuple(PlacedSpan(WeekSpan(kind, begin, begin + length), node) for begin in starts)
    raise node.refuse(f"{shown(scalar(node).text)} are no hours of the week; write them like {_EXAMPLES}")


def _day(word: str, node: Node) -> int:
    if len(word) >= 3:
        for number, name in enumerate(WEEKDAYS):
            if name.lower().startswith(word):
                return number
    raise node.refuse(f"{shown(word)} is not a day of the week; write mon, tue, wed, thu, fri, sat or sun")


def _minute(clock: str, node: Node) -> int:
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", clock)
    if match and int(match[1]) < 24 and int(match[2]) < 60:
        return int(match[1]) * 60 + int(match[2])
    mend = "the last minute of a day is 23:59" if clock == "24:00" else "write hours and minutes from 00:00 to 23:59"
    raise node.refuse(f"{shown(clock)} is not a time of day; {mend}")


def tiled(spans: tuple[PlacedSpan, ...], node: Node) -> tuple[WeekSpan, ...]:
    """The spans in the order of the week. Notes the holes at `node`, and each overlap at the span that comes later in
    the file."""
    ordered = tuple(sorted((placed.span for placed in spans), key=lambda span: span.start_minute))
    starts = [span.start_minute for span in ordered]
    # Each ends where the next one begins, and the last where the first one comes round again.
    if not starts or [span.end_minute for span in ordered] != [*starts[1:], starts[0] + WEEK]:
        _note_holes_and_overlaps(spans, node)
    return ordered


def _note_holes_and_overlaps(spans: tuple[PlacedSpan, ...], node: Node) -> None:
    owners: list[PlacedSpan | None] = [None] * WEEK
    doubled: dict[tuple[PlacedSpan, PlacedSpan], list[str]] = {}
    for placed in spans:
        taken: list[PlacedSpan | None] = [None] * WEEK
        for minute in range(placed.span.start_minute, placed.span.end_minute):
            taken[minute % WEEK] = owners[minute % WEEK]
            owners[minute % WEEK] = owners[minute % WEEK] or placed
        for other, start, end in _runs(taken):
            if other is not None:
                doubled.setdefault((placed, other), []).append(_from_to(start, end))
    _note_overlaps(doubled)
    holes = [_from_to(start, end) for owner, start, end in _runs(owners) if owner is None]
    if holes:
        node.note(f"nobody is responsible {', '.join(holes)}")


def _note_overlaps(doubled: Mapping[tuple[PlacedSpan, PlacedSpan], Sequence[str]]) -> None:
    """One fault for each two places of the file, with all of their minutes: the hours of five days are one line."""
    together: dict[tuple[Node, Node, WindowKind, WindowKind], list[str]] = {}
    for pair, minutes in doubled.items():
        first, second = sorted(pair, key=lambda each: (each.node.line, each.node.column))
        together.setdefault((second.node, first.node, second.span.kind, first.span.kind), []).extend(minutes)
    for (node, other, kind, other_kind), minutes in together.items():
        node.note(
            f"{', '.join(minutes)} is {kind} here but {other_kind} on line {other.line}; every minute needs exactly one"
        )


def _runs(owners: list[PlacedSpan | None]) -> list[tuple[PlacedSpan | None, int, int]]:
    """Stretches of minutes with the same owner, as (owner, start, end), `end` outside. Sunday's last minute and
    Monday's first are one stretch where they have the same owner; it then ends past the end of the week."""
    changes = [minute for minute in range(WEEK) if owners[minute] is not owners[minute - 1]]
    if not changes:
        return [(owners[0], 0, WEEK)]
    ends = [*changes[1:], changes[0] + WEEK]
    return [(owners[start], start, end) for start, end in zip(changes, ends, strict=True)]


def _from_to(start: int, end: int) -> str:
    """`Monday 07:30 to 07:59`: the minutes of [start, end), both ends inside."""
    last = end - 1
    day = "" if start // _DAY == last // _DAY else f"{WEEKDAYS[last // _DAY % 7]} "
    return f"{WEEKDAYS[start // _DAY % 7]} {_clock(start)} to {day}{_clock(last)}"


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"
