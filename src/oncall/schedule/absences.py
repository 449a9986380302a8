"""Absences that were entered after the roster was published. Each one is part of a version of the schedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypedDict


class AbsenceDocument(TypedDict):
    """An absence as JSON. `first` and `last` are ISO 8601 dates; both days belong to the absence."""

    engineer: str
    first: str
    last: str
    reason: str


@dataclass(frozen=True, slots=True)
class StoredAbsence:
    """An absence of an engineer from `first_day` to `last_day`, both included, in local dates of the roster's zone.

    version: the version of the schedule that entered the absence.
    """

    version: int
    engineer: str
    first_day: date
    last_day: date
    reason: str


def absence_document(engineer: str, first_day: date, last_day: date, reason: str) -> AbsenceDocument:
    """Return an absence as JSON. Both days belong to the absence."""
    return {"engineer": engineer, "first": first_day.isoformat(), "last": last_day.isoformat(), "reason": reason}


def absence_in(version: int, document: AbsenceDocument) -> StoredAbsence:
    """Return the absence in a document. version: the version of the schedule that entered it."""
    first, last = date.fromisoformat(document["first"]), date.fromisoformat(document["last"])
    return StoredAbsence(version, document["engineer"], first, last, document["reason"])
