"""Lists the future gaps in the schedule, for `oncall doctor`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from oncall.schedule.gaps import gaps_between
from oncall.schedule.schedule_views import gap_view

if TYPE_CHECKING:
    from oncall.paging.watch.doctor_inputs import Facts
    from oncall.schedule.schedule_view_types import GapView

DAYS = 90
"""How many days (policy time) the list of gaps covers by default."""
MOST_DAYS = 800


def holes_ahead(facts: Facts, days: int) -> list[GapView]:
    """Return the gaps in the schedule in the next `days` days, by start; empty if nothing is published."""
    schedule = facts.stored.schedule if facts.stored is not None else None
    if schedule is None or schedule.latest is None:
        return []
    return [gap_view(gap, schedule) for gap in gaps_between(schedule, facts.now, facts.now + timedelta(days=days))]
