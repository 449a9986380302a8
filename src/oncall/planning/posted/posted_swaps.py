"""Reads swaps and absences that callers post. The terminal and the API use it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from oncall.paging.actions.field_faults import shown
from oncall.planning.posted.posted_change import PostedFields
from oncall.planning.swaps.ask_to_swap import SwapAsked
from oncall.planning.swaps.away import AwayAsked
from oncall.support.likely_days import days_meant, days_words
from oncall.support.likely_times import moments_meant, time_advice

DAY_ADVICE = 'write "2027-01-04", or the start of the shift: "2027-01-04T19:01"'


@dataclass(frozen=True, slots=True)
class SwapPosted:
    """A requested swap. is_agreed: both engineers have agreed, so that the change is made at once."""

    asked: SwapAsked
    is_agreed: bool
    is_forced: bool
    reason: str


@dataclass(frozen=True, slots=True)
class AwayPosted:
    """A requested absence. is_agreed: the engineers who cover have agreed, so that the covers are made at once."""

    asked: AwayAsked
    is_agreed: bool
    reason: str


def swap_from(document: object) -> SwapPosted:
    """Read a swap from a posted document. Raises FieldFaults with every field that cannot be used."""
    fields = _Fields(document, "swap")
    engineer, other, role = fields.needed_name("engineer"), fields.needed_name("with"), fields.name("role")
    day = fields.shift_day("day")
    if fields.is_absent("day"):
        fields.fault("day", f"missing; {DAY_ADVICE}")
    their_day, is_forced, is_agreed = fields.shift_day("for"), fields.switch("force"), fields.switch("agreed")
    reason = fields.needed_reason() if is_forced else fields.reason()
    fields.refuse_faults()
    assert day is not None, "a missing day is a fault"
    return SwapPosted(SwapAsked(engineer, day, role, other, their_day), is_agreed, is_forced, reason)


def away_from(document: object) -> AwayPosted:
    """Read an absence from a posted document. Raises FieldFaults with every field that cannot be used."""
    fields = _Fields(document, "absence")
    engineer, reason, is_agreed = fields.needed_name("engineer"), fields.needed_reason(), fields.switch("agreed")
    first, last = fields.day("from"), fields.day("to")
    for name in ("from", "to"):
        if fields.is_absent(name):
            fields.fault(name, 'missing; write "2027-01-04"')
    if first is not None and last is not None and last < first:
        fields.fault("to", f"{last} is before `from`, {first}")
    fields.refuse_faults()
    assert first is not None, "a missing date is a fault"
    assert last is not None, "a missing date is a fault"
    return AwayPosted(AwayAsked(engineer, first, last), is_agreed, reason)


def shift_day_advice(text: str) -> str:
    """Return what to write for a text that is not the date of a shift, or a time in it."""
    days = days_meant(text)
    return days_words(days) if days and not moments_meant(text) else time_advice(text, example=DAY_ADVICE)


def read_shift_day(value: object) -> date | datetime | None:
    """Return the date, or the date and time, in a JSON value; None if it is neither."""
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        if len(value) == len("2027-01-04"):
            return date.fromisoformat(value)
        return datetime.fromisoformat(value)
    except ValueError:
        return None


class _Fields(PostedFields):
    """Reads posted fields, among them the date of a shift."""

    def is_absent(self, field: str) -> bool:
        """Return True if the field is absent or null."""
        return self._document.get(field) is None

    def shift_day(self, field: str) -> date | datetime | None:
        """Return a field's date of a shift, or a time in the shift (naive: policy time); None if absent or at fault."""
        value = self._document.get(field)
        found = read_shift_day(value)
        if value is not None and found is None:
            self.fault(field, f"{shown(value)} is not the date of a shift; {shift_day_advice(str(value))}")
        return found
