"""When an engineer can be on call, as a published roster says: kept with the schedule, so that overrides can be judged.

It is decoded only when an engineer is put on call (`availability_checks`), so that it costs nothing to answer who is
on call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict


class AvailabilityDocument(TypedDict, total=False):
    """An Availability as JSON. Dates are ISO 8601; first and last days are inside. An absent key restricts nothing."""

    away: list[list[str]]
    """First day, last day and reason of each absence; then, if it has any of them, the time on the first day, the time
    on the last day and the day of the week (Monday is 0), each empty for none."""
    shadows: list[list[str]]
    joins: str
    """A date, or a date and time; `leaves` likewise."""
    leaves: str
    days_off: str
    """How the dates block on-call time. Absent in documents of earlier programs, which knew `evenings` alone."""
    zone: str
    """The time zone of the dates, if `days_off` is there."""
    roles: list[str]
    """The roles that the engineer takes; absent for all roles."""
    kinds: list[str]
    """The kinds of shift that the engineer takes; absent for all kinds."""


@dataclass(frozen=True, slots=True)
class Availability:
    """Days off, first and last day, shadowing and roles of one engineer."""

    document: AvailabilityDocument


def is_of_earlier_program(availability: Availability) -> bool:
    """Return True if an early version of oncall published this: it had no `days_off`, and days off blocked evenings."""
    document = availability.document
    return "days_off" not in document and bool(document.keys() & {"away", "shadows", "joins", "leaves"})
