"""Opt-outs, with a record of each STOP and START; and alerts, the messages to people that belong to no ticket."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

SMS = "sms"


class Reach(StrEnum):
    """Whether a channel reaches a person. The database stores these values."""

    OPTED_OUT = "deaf"
    """The person sent STOP: the phone company delivers no text to them."""
    REACHABLE = "reachable"


@dataclass(frozen=True, slots=True)
class Reachability:
    """A record that a channel does or does not reach a person at a number. since: policy time, aware UTC."""

    person: str
    channel: str
    state: Reach
    since: datetime
    why: str
    phone: str = field(repr=False)


SCHEDULE_SUBJECT = "schedule "
"""The beginning of the subject of each alert about a changed schedule."""
SCHEDULE_NEWS_FOR = timedelta(hours=12)
"""How long (real time) an alert about a changed schedule may wait to be sent; after that, its shifts may be over."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A message to a person that belongs to no ticket. Times are real time, aware UTC, except `sent_at`.

    id: our delivery id. about: the subject; no two alerts have the same subject. due_at: when the alert is sent next;
    None once it is finished. sends: how often the alert was handed to its provider. sent_at: policy time of the last
    send as a text that the provider did not refuse.
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
        """Return True for a never sent alert about a changed schedule, written more than SCHEDULE_NEWS_FOR ago."""
        is_of_schedule = self.about.startswith(SCHEDULE_SUBJECT)
        return is_of_schedule and self.sends == 0 and real_now - self.written_at > SCHEDULE_NEWS_FOR
