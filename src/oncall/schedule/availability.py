"""When an engineer can be on call, according to a published roster. Stored with the schedule to check overrides.

The document is decoded only when an engineer is put on call (`availability_checks`), so that it does not slow down the
question who is on call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict


class AvailabilityDocument(TypedDict, total=False):
    """An Availability as JSON. Dates are ISO 8601; first and last days are included.

    An absent key restricts nothing.
    """

    away: list[list[str]]
    """The first day, last day and reason of each absence.

    Then, if any of them is set: the time on the first day, the time on the last day, and the day of the week (Monday is
    0), each empty if not set.
    """
    shadows: list[list[str]]
    joins: str
    """The first day in the rotation: a date, or a date and time. `leaves` has the same form, for the last day."""
    leaves: str
    days_off: str
    """How days off block on-call time. Absent in documents of early versions of oncall, which knew only `evenings`."""
    zone: str
    """The time zone of the dates. Absent if `days_off` is absent."""
    roles: list[str]
    """The roles that the engineer takes; absent for all roles."""
    kinds: list[str]
    """The kinds of shift that the engineer takes; absent for all kinds."""


@dataclass(frozen=True, slots=True)
class Availability:
    """When one engineer can be on call: days off, first and last day, shadowing, roles and kinds of shift."""

    document: AvailabilityDocument


def is_of_earlier_program(availability: Availability) -> bool:
    """Return True if an early version of oncall published this: without `days_off`, when days off blocked evenings."""
    document = availability.document
    return "days_off" not in document and bool(document.keys() & {"away", "shadows", "joins", "leaves"})
