"""The facts on which a decision depends, besides the ticket itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from oncall.schedule.schedule import Schedule
from oncall.support.policy import Policy


@dataclass(frozen=True, slots=True)
class Situation:
    """The policy and the schedule in force at `now` (policy time, aware UTC), and the ids of those who opted out of
    texts."""

    policy: Policy
    schedule: Schedule
    now: datetime
    opted_out: Collection[str] = ()
