"""The facts outside the ticket on which the pager's decision depends."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from oncall.schedule.schedule import Schedule
from oncall.support.policy import Policy


@dataclass(frozen=True, slots=True)
class Situation:
    """The policy and the schedule in force at `now` (policy time, aware UTC).

    opted_out: the ids of people who sent STOP.
    """

    policy: Policy
    schedule: Schedule
    now: datetime
    opted_out: Collection[str] = ()
