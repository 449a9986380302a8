"""Reads the hours of the week as the policy file writes them, `mon-fri 08:00-19:00`, and checks that they have no gap.

Times are whole minutes, and the last minute is included: hours to 19:00 end just before 19:01.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oncall.file_nodes import ListNode, Node, ScalarNode, shown
from oncall.file_values import list_of, scalar
from oncall.suggestions import nearest
from oncall.support.coverage_days import DAYS_OF_WEEK
from oncall.support.likely_times import hours_meant, weekdays_meant
from oncall.support.windows import WeekSpan, WindowKind

WEEK = 7 * 24 * 60
_DAY = 24 * 60

_EXAMPLES = '"mon-fri 08:00-19:00" or "fri 19:01 - mon 07:59"'
_EACH_DAY = re.compile(r"(?P<first>[a-z]+)(?:\s*-\s*(?P<last>[a-z]+))?\s+(?P<start>[0-9:]+)\s*-\s*(?P<end>[0-9:]+)")
_ONE_SPAN = re.compile(r"(?P<first>[a-z]+)\s+(?P<start>[0-9:]+)\s*-\s*(?P<last>[a-z]+)\s+(?P<end>[0-9:]+)")


@dataclass(frozen=True, slots=True)
class PlacedSpan:
    """A span of the week, and the node of the file that defines it."""

    span: WeekSpan
    node: Node


def hours_of(kind: WindowKind, node: Node) -> tuple[PlacedSpan, ...]:
    """Read `mon-fri 08:00-19:00` (the same hours each day), `fri 19:01 - mon 07:59` (one span), or a list of these.

    If the end is before the start, it is on the next day.
    """
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
    raise node.refuse(f"{shown(scalar(node).text)} are no hours of the week; {_hours_advice(text)}")


def _hours_advice(text: str) -> str:
    if likely := hours_meant(text):
        return f'write "{likely}"'
    likely = hours_meant(f"mon-fri {text}")
    # `8 to 7` may be the evening's 7.
    if likely is not None and likely[-11:-6] < likely[-5:]:
        return f'the days are missing; write one like "{likely}"'
    return f"write them like {_EXAMPLES}"


def days_of(node: Node) -> tuple[int, ...]:
    """Read the five days of 24x5 coverage, `sun-thu` or `[mon, tue, wed, fri, sat]`. Monday is 0."""
    if isinstance(node, ListNode):
        found = [day for days in list_of(_day_range)(node) for day in days]
    else:
        found = list(_day_range(node))
    days = tuple(sorted(set(found)))
    if len(days) != 5:
        raise node.refuse(f"names {len(days)} days, but 24x5 covers five; write five days, like mon-fri or sun-thu")
    return days


def _day_range(node: Node) -> tuple[int, ...]:
    words = scalar(node).text.strip().lower().replace("\N{EN DASH}", "-").split("-")
    first, last = (_day(word.strip(), node) for word in (words[0], words[-1]))
    if len(words) > 2:
        raise node.refuse(f"{shown(scalar(node).text)} are no days; write them like mon-fri or [mon, tue, wed]")
    return tuple((first + number) % 7 for number in range((last - first) % 7 + 1))


def _day(word: str, node: Node) -> int:
    if len(word) >= 3:
        for number, name in enumerate(DAYS_OF_WEEK):
            if name.lower().startswith(word):
                return number
    if isinstance(node, ScalarNode) and (likely := hours_meant(node.text)):
        raise node.refuse(f'{shown(node.text)} are no hours of the week; write "{likely}"')
    meant = [DAYS_OF_WEEK[number][:3].lower() for number in weekdays_meant(word)]
    near = nearest(word, [name.lower() for name in DAYS_OF_WEEK])
    advice = "write mon, tue, wed, thu, fri, sat or sun"
    if meant:
        advice = f"write {meant[0]}" if len(meant) == 1 else f"write {meant[0]}-{meant[-1]}"
    elif near:
        advice = f"write {near[:3]}"
    raise node.refuse(f"{shown(word)} is not a day of the week; {advice}")


def _minute(clock: str, node: Node) -> int:
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", clock)
    if match and int(match[1]) < 24 and int(match[2]) < 60:
        return int(match[1]) * 60 + int(match[2])
    mend = "the last minute of a day is 23:59" if clock == "24:00" else "write hours and minutes from 00:00 to 23:59"
    if isinstance(node, ScalarNode) and (likely := hours_meant(node.text)):
        mend = f'write "{likely}"'
    raise node.refuse(f"{shown(clock)} is not a time of day; {mend}")


def tiled(spans: tuple[PlacedSpan, ...], node: Node) -> tuple[WeekSpan, ...]:
    """Return the spans in the order of the week, and add faults if they do not cover each minute once.

    Minutes without a span are a fault at `node`; an overlap is a fault at the span that comes later in the file.
    """
    ordered = tuple(sorted((placed.span for placed in spans), key=lambda span: span.start_minute))
    starts = [span.start_minute for span in ordered]
    # Each span must end where the next one starts, and the last one where the first one starts again.
    if not starts or [span.end_minute for span in ordered] != [*starts[1:], starts[0] + WEEK]:
        _note_gaps_and_overlaps(spans, node)
    return ordered


def _note_gaps_and_overlaps(spans: tuple[PlacedSpan, ...], node: Node) -> None:
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
    gaps = [_from_to(start, end) for owner, start, end in _runs(owners) if owner is None]
    if gaps:
        node.note(f"nobody is responsible {', '.join(gaps)}")


def _note_overlaps(doubled: Mapping[tuple[PlacedSpan, PlacedSpan], Sequence[str]]) -> None:
    """Add one fault for each pair of overlapping spans in the file, with all minutes that both of them cover."""
    together: dict[tuple[Node, Node, WindowKind, WindowKind], list[str]] = {}
    for pair, minutes in doubled.items():
        first, second = sorted(pair, key=lambda each: (each.node.line, each.node.column))
        together.setdefault((second.node, first.node, second.span.kind, first.span.kind), []).extend(minutes)
    for (node, other, kind, other_kind), minutes in together.items():
        node.note(
            f"{', '.join(minutes)} is {kind} here but {other_kind} on line {other.line}; every minute needs exactly one"
        )


def _runs(owners: list[PlacedSpan | None]) -> list[tuple[PlacedSpan | None, int, int]]:
    """Return the stretches of minutes with the same owner as (owner, start, end); `end` is not included.

    owners: one for each minute of the week. A stretch that continues from Sunday to Monday is not cut: its end is past
    the end of the week.
    """
    changes = [minute for minute in range(WEEK) if owners[minute] is not owners[minute - 1]]
    if not changes:
        return [(owners[0], 0, WEEK)]
    ends = [*changes[1:], changes[0] + WEEK]
    return [(owners[start], start, end) for start, end in zip(changes, ends, strict=True)]


def _from_to(start: int, end: int) -> str:
    """Return the minutes of [start, end) in words: `Monday 07:30 to 07:59`, where the last minute is included."""
    last = end - 1
    day = "" if start // _DAY == last // _DAY else f"{DAYS_OF_WEEK[last // _DAY % 7]} "
    return f"{DAYS_OF_WEEK[start // _DAY % 7]} {_clock(start)} to {day}{_clock(last)}"


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"
