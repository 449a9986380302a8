"""Reads an engineer's dates: joining and leaving, days off and shadowing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time
from typing import NamedTuple

from oncall.file_nodes import ListNode, MapNode, Node, ScalarNode, shown
from oncall.file_values import Fields, Slot, line_of_text, list_of, scalar, true_or_false
from oncall.rosters.fields import WEEKDAYS, day
from oncall.rosters.roster import Absence, Shadowing, moment_text
from oncall.suggestions import nearest
from oncall.support.holidays import CompanyDays
from oncall.support.likely_days import days_meant, reading_of
from oncall.support.likely_times import moment_fault, weekday_name, weekdays_meant

_MIDNIGHT, _END_OF_DAY = time(), time.max


class Moment(NamedTuple):
    """A local date, with an optional time of day. day: None if no date is given."""

    day: date | None = None
    at: time | None = None

    def __str__(self) -> str:
        return moment_text(self.day, self.at)


def moment(node: Node) -> Moment:
    """Read a local date like `2027-02-15`, or a local date and time like `2027-02-15T18:00`. Raises AtFault."""
    text = scalar(node).text.strip()
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return Moment(day(node))
    match = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]\s*([0-9]{1,2}):([0-9]{2})(?::00)?", text)
    if match is None or int(match[2]) > 23 or int(match[3]) > 59:
        raise node.refuse(moment_fault(text))
    return Moment(day(node, match[1]), time(int(match[2]), int(match[3])))


def absence(node: Node) -> Absence:
    """Read days off: `{from: 2027-02-15, to: 2027-02-19}`, or a weekly day off like `{every: fridays}`."""
    if isinstance(node, ScalarNode) and (likely := _days_off_meant(node.text)) is not None:
        raise node.refuse(f"{shown(node.text)} is a single value; write {likely}")
    if isinstance(node, MapNode) and (likely := _single_day_meant(node)) is not None:
        raise node.refuse(f"has a single day; write {likely}")
    fields = Fields(node, also=_OTHER_KEYS)
    every = fields.optional("every", _weekday, None)
    first: Slot[Moment]
    last: Slot[Moment]
    if every.is_given:
        first = fields.optional("from", moment, Moment(date.min))
        last = fields.optional("to", moment, Moment(date.max))
    else:
        first = fields.required("from", moment, example=_beside(node, "to", "2027-02-15"))
        last = fields.required("to", moment, example=_beside(node, "from", "2027-02-19"))
    reason = fields.optional("reason", line_of_text, "")
    leave = fields.optional("leave", true_or_false, False)
    fields.close()
    check_order(first, last, "from")
    begin, end = first.value, last.value
    assert begin.day is not None and end.day is not None, "`moment` returns a date"
    # Midnight is where the day begins, so an absence that begins there takes the whole day.
    starts_at = None if begin.at == _MIDNIGHT else begin.at
    return Absence(begin.day, end.day, reason.value, leave.value, starts_at, end.at, every.value)


def with_holidays_off(
    absences: Slot[tuple[Absence, ...]], holidays: Slot[CompanyDays | None], is_off: Slot[bool]
) -> Slot[tuple[Absence, ...]]:
    """Return the days off, plus the person's public holidays if `is_off` says that they are days off.

    Records a fault at `holidays_off` if no holidays are given.
    """
    if not is_off.is_good or not is_off.value:
        return absences
    if not holidays.is_given:
        is_off.place.note("needs to know the holidays; write holidays: IN, or another place, beside it")
    if not (absences.is_good and holidays.is_good and holidays.value):
        return absences
    on_holidays = Absence(date.min, date.max, holidays=holidays.value)
    return Slot(absences.place, True, ((*absences.value, on_holidays),))


def absences(node: Node) -> tuple[Absence, ...]:
    """Read a list of days off."""
    if isinstance(node, ScalarNode) and (likely := _days_off_meant(node.text)) is not None:
        raise node.refuse(f"{shown(node.text)} is a single value; write a list: {_listed(likely)}")
    return list_of(absence)(node)


def _listed(likely: str) -> str:
    return " or ".join(f"[{each}]" for each in likely.split(" or "))


def _days_off_meant(text: str) -> str | None:
    """Return the days off that a single value probably means, like `{every: fridays}`; None if it has no reading."""
    if numbers := weekdays_meant(text):
        return _every(numbers)
    pieces = re.split(r"\s*[,;]\s*|\s+and\s+", text.strip())
    if len(pieces) > 1 and (spans := [_span_meant(each, each) for each in pieces]) and None not in spans:
        return ", ".join(each for each in spans if each is not None)
    for mark in (r"\s+(?:-|\u2013|to|until|till)\s+", r"\s*(?:\u2013|\.\.+|/(?=20))\s*"):
        ends = re.split(mark, text.strip())
        if len(ends) == 2 and (span := _span_meant(*ends)) is not None:
            return span
    return _span_meant(text, text)


def _every(numbers: Sequence[int]) -> str:
    return ", ".join(f"{{every: {weekday_name(number)}}}" for number in numbers)


def _single_day_meant(node: MapNode) -> str | None:
    """Return the days off that a mapping like `{date: 2027-02-15}` probably means; None for any other mapping."""
    if {"every", "from", "to"} & node.entries.keys():
        return None
    value = next((node.entries[key][1] for key in ("date", "day", "on") if key in node.entries), None)
    return _days_off_meant(value.text) if isinstance(value, ScalarNode) else None


def _span_meant(first: str, last: str) -> str | None:
    begins, ends = (reading_of(each) for each in (first, last))
    if begins is None or ends is None or any(not each.days or each.rest for each in (begins, ends)):
        return None
    if first == last:
        return " or ".join(f"{{from: {each}, to: {each}}}" for each in begins.days)
    if len(begins.days) != 1 or len(ends.days) != 1:
        return None
    return f"{{from: {begins.days[0]}, to: {ends.days[0]}}}" if begins.days <= ends.days else None


def _beside(node: Node, key: str, example: str) -> str:
    """Return the date under another key of a mapping, as the example for a missing one."""
    other = node.entries[key][1] if isinstance(node, MapNode) and key in node.entries else None
    days = days_meant(other.text) if isinstance(other, ScalarNode) else ()
    return str(days[0]) if len(days) == 1 else example


_OTHER_KEYS = {
    **dict.fromkeys(("start", "starts", "begin", "first", "since"), "from"),
    **dict.fromkeys(("end", "ends", "until", "till", "last", "through"), "to"),
    **dict.fromkeys(("weekday", "day", "weekly"), "every"),
    **dict.fromkeys(("note", "why", "comment"), "reason"),
}
"""Words that people use for the keys of days off, for suggestions."""


def _weekday(node: Node) -> int:
    items = node.items if isinstance(node, ListNode) else []
    words = ", ".join(item.text for item in items if isinstance(item, ScalarNode))
    if numbers := weekdays_meant(words):
        raise node.refuse(f"is a list; write an entry for each day: {_every(numbers)}")
    text = scalar(node).text.strip()
    if text.lower() in WEEKDAYS:
        return WEEKDAYS[text.lower()]
    if len(numbers := weekdays_meant(text)) == 1:
        raise node.refuse(f"{shown(text)} is not the name of a day; write {weekday_name(numbers[0])}")
    if numbers:
        raise node.refuse(f"{shown(text)} is more than one day; write an entry for each day: {_every(numbers)}")
    near = nearest(text.lower(), list(WEEKDAYS))
    correction = f'did you mean "{near}"?' if near else "write one like fridays"
    raise node.refuse(f"{shown(text)} is not a day of the week; {correction}")


def shadowing(node: Node) -> Shadowing:
    """Read the dates on which a newcomer shadows, like `{from: 2027-02-01, to: 2027-02-28}`."""
    if isinstance(node, ScalarNode) and (likely := _days_off_meant(node.text)) is not None and "from" in likely:
        raise node.refuse(f"{shown(node.text)} is a single value; write {likely}")
    fields = Fields(node, also=_OTHER_KEYS)
    first = fields.required("from", day, example=_beside(node, "to", "2027-02-01"))
    last = fields.required("to", day, example=_beside(node, "from", "2027-02-28"))
    fields.close()
    check_order(_as_moment(first), _as_moment(last), "from")
    return Shadowing(first.value, last.value)


def _as_moment(slot: Slot[date]) -> Slot[Moment]:
    return Slot(slot.place, slot.is_given, (Moment(slot.value),) if slot.is_good else ())


def check_order(first: Slot[Moment], last: Slot[Moment], first_key: str) -> None:
    """Record a fault if the end is not after the start. A Moment without a date has no fault."""
    if not (first.is_good and last.is_good) or first.value.day is None or last.value.day is None:
        return
    begin, end = first.value, last.value
    if (end.day, end.at or _END_OF_DAY) < (begin.day, begin.at or _MIDNIGHT):
        last.place.note(f"{end} is before {first_key}, {begin}; swap them or correct one")
    elif end.at is not None and (end.day, end.at) == (begin.day, begin.at or _MIDNIGHT):
        last.place.note(f"{end} is the same instant as {first_key}; write a later one")
