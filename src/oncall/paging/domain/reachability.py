"""Opt-outs: a record of each STOP and START, and the alerts to people that belong to no ticket."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

SMS = "sms"


class Reach(StrEnum):
    """Whether a channel reaches a person. Databases hold these values."""

    OPTED_OUT = "deaf"
    """The person sent STOP: the carrier delivers no text."""
    REACHABLE = "reachable"


@dataclass(frozen=True, slots=True)
class Reachability:
    """One record of whether a channel reaches a person at a number. since: policy time, aware UTC."""

    person: str
    channel: str
    state: Reach
    since: datetime
    why: str
    phone: str = field(repr=False)


SCHEDULE_SUBJECT = "schedule "
"""The beginning of the subject of each alert about a changed schedule."""
SCHEDULE_NEWS_FOR = timedelta(hours=12)
"""How long (real time) such an alert may wait for a pager; a shift that it names may be over later."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A message to a person that belongs to no ticket. Times are real unless said otherwise, aware UTC.

    id: our delivery id. about: its subject; there is never a second alert with the same subject. due_at: when the alert
    is sent next; None once the alert is finished. sends: how often the alert was handed to its provider. sent_at:
    policy time of the last send as a text that the provider did not refuse.
    """

    id: str
    about: str
    to: str
    body: str
    written_at: datetime
    due_at: datetime | None
    sends: int = 0
    provider_id: str | None = None
    error: str | None = None
    sent_at: datetime | None = None

    def is_out_of_date(self, real_now: datetime) -> bool:
        """Return True if it is about a change of the schedule that was made too long ago to be news."""
        is_of_schedule = self.about.startswith(SCHEDULE_SUBJECT)
        return is_of_schedule and self.sends == 0 and real_now - self.written_at > SCHEDULE_NEWS_FOR
