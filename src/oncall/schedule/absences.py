"""Absences that were entered after the roster was published. Each is part of a version of the schedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypedDict


class AbsenceDocument(TypedDict):
    """An absence as JSON. Dates are ISO 8601; both belong to the absence."""

    engineer: str
    first: str
    last: str
    reason: str


@dataclass(frozen=True, slots=True)
class StoredAbsence:
    """An engineer is away from `first_day` to `last_day`, both inside, local dates of the roster's zone.

    version: the version of the schedule that entered it.
    """

    version: int
    engineer: str
    first_day: date
    last_day: date
    reason: str


def absence_document(engineer: str, first_day: date, last_day: date, reason: str) -> AbsenceDocument:
    """Return the document of an absence."""
    return {"engineer": engineer, "first": first_day.isoformat(), "last": last_day.isoformat(), "reason": reason}


def absence_in(version: int, document: AbsenceDocument) -> StoredAbsence:
    """Return the absence that a version of the schedule entered."""
    first, last = date.fromisoformat(document["first"]), date.fromisoformat(document["last"])
    return StoredAbsence(version, document["engineer"], first, last, document["reason"])
