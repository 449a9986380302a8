"""Reads an engineer's dates: joining and leaving, days off and shadowing."""

from __future__ import annotations

import re
from datetime import date, time
from typing import NamedTuple

from oncall.file_nodes import Node, ScalarNode, shown
from oncall.file_values import Fields, Slot, line_of_text, scalar, true_or_false
from oncall.rosters.fields import WEEKDAYS, day
from oncall.rosters.roster import Absence, Shadowing, moment_text
from oncall.suggestions import nearest
from oncall.support.holidays import CompanyDays

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
    match = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]\s*([0-9]{1,2}):([0-9]{2})(?::00)?", text)
    if match is None:
        if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]", text):
            at = re.match(r"[01][0-9]:[0-5][0-9]|2[0-3]:[0-5][0-9]", text[11:])
            likely = f"{text[:10]}T{at[0] if at else '18:00'}"
            raise node.refuse(f'{shown(text)} is not a local date and time; write one like "{likely}"')
        return Moment(day(node))
    hours, minutes = int(match[2]), int(match[3])
    if hours > 23 or minutes > 59:
        raise node.refuse(f'{shown(text)} has no such time of day; write 00:00 to 23:59, like "{text[:10]}T18:00"')
    return Moment(day(node, match[1]), time(hours, minutes))


def absence(node: Node) -> Absence:
    """Read days off: `{from: 2027-02-15, to: 2027-02-19}`, or a weekly day off like `{every: fridays}`."""
    if isinstance(node, ScalarNode) and node.text.strip().lower() in WEEKDAYS:
        raise node.refuse(f"{shown(node.text)} is a day of the week; write {{every: {node.text.strip().lower()}}}")
    fields = Fields(node)
    every = fields.optional("every", _weekday, None)
    first: Slot[Moment]
    last: Slot[Moment]
    if every.is_given:
        first = fields.optional("from", moment, Moment(date.min))
        last = fields.optional("to", moment, Moment(date.max))
    else:
        first = fields.required("from", moment, example="2027-02-15")
        last = fields.required("to", moment, example="2027-02-19")
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


def _weekday(node: Node) -> int:
    text = scalar(node).text.strip()
    if text.lower() in WEEKDAYS:
        return WEEKDAYS[text.lower()]
    near = nearest(text.lower(), list(WEEKDAYS))
    correction = f'did you mean "{near}"?' if near else "write one like fridays"
    raise node.refuse(f"{shown(text)} is not a day of the week; {correction}")


def shadowing(node: Node) -> Shadowing:
    """Read the dates on which a newcomer shadows, like `{from: 2027-02-01, to: 2027-02-28}`."""
    fields = Fields(node)
    first = fields.required("from", day, example="2027-02-01")
    last = fields.required("to", day, example="2027-02-28")
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
