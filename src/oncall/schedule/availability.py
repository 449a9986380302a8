"""When an engineer can be on call, as a published roster says: kept with the schedule, so that overrides can be judged.

It is decoded only when an engineer is put on call, so that it costs nothing to answer who is on call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from oncall.rosters.roster import Engineer


class AvailabilityDocument(TypedDict, total=False):
    """An Availability as JSON. Dates are ISO 8601; first and last days are inside. An absent key restricts nothing."""

    away: list[list[str]]
    """First day, last day and reason of each absence."""
    shadows: list[list[str]]
    joins: str
    leaves: str
    roles: list[str]
    """The roles that the engineer takes; absent for all roles."""


@dataclass(frozen=True, slots=True)
class Availability:
    """Days off, first and last day, shadowing and roles of one engineer."""

    document: AvailabilityDocument

    def objections(self, person: str, role: str, days: Sequence[date]) -> Iterator[str]:
        """Yield each reason against `person` in `role` on these local dates, as a sentence."""
        for first, last, reason in self.document.get("away", ()):
            if _includes(first, last, days):
                span = f"on {first}" if first == last else f"from {first} to {last}"
                yield f"{person} is away {span}" + (f": {reason}" if reason else "")
        for first, last in self.document.get("shadows", ()):
            if _includes(first, last, days):
                yield f"{person} only shadows from {first} to {last}"
        if (joins := self.document.get("joins")) and min(days) < date.fromisoformat(joins):
            yield f"{person} joins only on {joins}"
        if (leaves := self.document.get("leaves")) and date.fromisoformat(leaves) < max(days):
            yield f"{person} has left by then; the last day is {leaves}"
        roles = self.document.get("roles", [role])
        if role not in roles:
            yield f"{person} takes only {', '.join(roles)}, not {role}"


def availability_document(engineer: Engineer, roles: Sequence[str]) -> AvailabilityDocument:
    """Return the availability as JSON; empty for an engineer who is always there and takes all of `roles`."""
    document = AvailabilityDocument()
    if engineer.absences:
        document["away"] = [[a.first_day.isoformat(), a.last_day.isoformat(), a.reason] for a in engineer.absences]
    if engineer.shadows:
        document["shadows"] = [[s.first_day.isoformat(), s.last_day.isoformat()] for s in engineer.shadows]
    if engineer.joins is not None:
        document["joins"] = engineer.joins.isoformat()
    if engineer.leaves is not None:
        document["leaves"] = engineer.leaves.isoformat()
    if not set(roles) <= set(engineer.roles):
        document["roles"] = list(engineer.roles)
    return document


def _includes(first: str, last: str, days: Sequence[date]) -> bool:
    return any(date.fromisoformat(first) <= day <= date.fromisoformat(last) for day in days)
