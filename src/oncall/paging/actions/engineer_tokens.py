"""Checks whether an engineer's token may record events: only if its name is an id on a published roster."""

from __future__ import annotations

from oncall.schedule.schedule import Schedule
from oncall.suggestions import suggestion


def roster_fault(name: str, schedule: Schedule) -> str | None:
    """Return why an engineer's token with this name may not record events; None if it may."""
    if name in schedule.people:
        return None
    if not schedule.people:
        return f"no roster is published, so {name} is on none"
    return f"{name} is on no published roster; {suggestion(name, sorted(schedule.people))}"
