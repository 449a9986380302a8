"""Engineers' tokens: such a token may record events only while its name is an engineer's id on a published roster."""

from __future__ import annotations

from oncall.schedule.schedule import Schedule
from oncall.suggestions import suggestion


def roster_fault(name: str, schedule: Schedule) -> str | None:
    """Return why an engineer's token of this name may not record events; None when it may."""
    if name in schedule.people:
        return None
    if not schedule.people:
        return f"no roster is published, so {name} is on none"
    return f"{name} is on no published roster; {suggestion(name, sorted(schedule.people))}"
