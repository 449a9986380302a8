"""What a published roster says of a person's days and roles: kept with the schedule, so that changes can be judged.

Read only when somebody is put on call, never to answer who is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from oncall.rosters.roster import Engineer


@dataclass(frozen=True, slots=True)
class Availability:
    """Days off, first and last day, shadowing and roles of one person, as the published document has them."""

    written: Mapping[str, Any]

    def objections(self, person: str, role: str, days: Sequence[date]) -> Iterator[str]:
        """What speaks against `person` as `role` on these local dates, a sentence each."""
        spans = self.written
        for first, last, reason in spans.get("away", ()):
            if _meets(first, last, days):
                span = f"on {first}" if first == last else f"from {first} to {last}"
                yield f"{person} is away {span}" + (f": {reason}" if reason else "")
        for first, last in spans.get("shadows", ()):
            if _meets(first, last, days):
                yield f"{person} only shadows from {first} to {last}"
        if (joins := spans.get("joins")) and min(days) < date.fromisoformat(joins):
            yield f"{person} joins only on {joins}"
        if (leaves := spans.get("leaves")) and date.fromisoformat(leaves) < max(days):
            yield f"{person} has left by then; the last day is {leaves}"
        if role not in spans.get("roles", (role,)):
            yield f"{person} takes only {', '.join(spans['roles'])}, not {role}"


def availability_document(engineer: Engineer, roles: Sequence[str]) -> dict[str, Any]:
    """What a publication keeps of it; nothing for somebody who is always there and takes every role."""
    away = [[each.first_day.isoformat(), each.last_day.isoformat(), each.reason] for each in engineer.absences]
    shadows = [[each.first_day.isoformat(), each.last_day.isoformat()] for each in engineer.shadows]
    written = {
        "away": away,
        "shadows": shadows,
        "joins": engineer.joins and engineer.joins.isoformat(),
        "leaves": engineer.leaves and engineer.leaves.isoformat(),
        "roles": [] if set(roles) <= set(engineer.roles) else list(engineer.roles),
    }
    kept = {key: value for key, value in written.items() if value}
    return {"availability": kept} if kept else {}


def _meets(first: str, last: str, days: Sequence[date]) -> bool:
    return any(date.fromisoformat(first) <= day <= date.fromisoformat(last) for day in days)
