"""Writes messages to webhooks and team channels from the event log, in separate transactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from oncall.errors import OncallError
from oncall.paging.domain.events import Event
from oncall.paging.ports.people_store import Alerts
from oncall.paging.ports.relay import EventFeed, RelayMessage, RelayMessages
from oncall.paging.ports.schedule_store import Schedules
from oncall.paging.ports.store import ReportingStore
from oncall.paging.ports.ticket_store import Tickets
from oncall.paging.relay.handoff_messages import due_handoff, handoff_messages
from oncall.paging.relay.log_gaps import LogGaps
from oncall.paging.relay.team_messages import manager_messages
from oncall.paging.relay.ticket_messages import channel_messages, happened, webhook_messages
from oncall.support.policy import Policy

MOST_EVENTS = 500
"""The most events that one call of `Filling.find` reads, so that many events are handled in small pieces."""
ALERTS_SINCE = timedelta(hours=1)


class FillStore(EventFeed, RelayMessages, Tickets, ReportingStore, Alerts, Protocol):
    """The queries that find and write the messages to webhooks and team channels."""


@dataclass(frozen=True, slots=True)
class Round:
    """The messages that one call of `Filling.find` found. before, after: the cursor before and after they are written.

    is_full: True if more events are waiting.
    """

    before: int | None
    after: int | None
    messages: tuple[RelayMessage, ...] = ()
    is_full: bool = False
    handoff_at: datetime | None = None
    """The handoff (policy time) of which the messages have the report; None if there is none."""

    @property
    def changes_nothing(self) -> bool:
        """Return True if there is nothing to write."""
        return self.before == self.after and not self.messages


@dataclass
class Filling:
    """Finds the messages to write for the events after the stored cursor.

    seen: the number of the last event that this process has read; None: none yet. gaps: the missing numbers of the log.
    written: ids of messages that were written lately. handoff_at: the last handoff (policy time) whose report was
    written.
    """

    seen: int | None = None
    gaps: LogGaps = field(default_factory=LogGaps)
    written: set[str] = field(default_factory=set)
    handoff_at: datetime | None = None

    def find(self, tx: FillStore, *, now: datetime, real_now: datetime) -> Round:
        """Return the messages to write now. Only reads, and locks no row that the pager needs. now: policy time."""
        policy, cursor = _policy(tx), tx.relay_cursor()
        last = tx.last_event()
        if policy is None or not (policy.webhooks or policy.team_channels):
            self.seen = last
            return Round(cursor, None)
        if cursor is None:
            # Nothing was relayed so far. Events since the last round may be later than the publication.
            cursor = min(last, self.seen if self.seen is not None else last)
            return Round(None, cursor)
        events = tx.events_after(cursor, most=MOST_EVENTS) if last > cursor else []
        messages = [*_of_events(tx, events, policy, real_now), *_of_alerts(tx, policy, now, real_now)]
        handoff_at = due_handoff(tx, policy, now)
        if handoff_at is not None and handoff_at != self.handoff_at:
            reports = handoff_messages(tx, policy, handoff_at, now, real_now)
            messages += reports
            # A quiet shift leaves nothing to store, and its report is not made again.
            self.handoff_at = self.handoff_at if reports else handoff_at
        new = tuple(each for each in messages if each.id not in self.written)
        after = self.gaps.settled(cursor, [event.seq for event in events], real_now)
        return Round(cursor, after, new, is_full=len(events) == MOST_EVENTS and after != cursor, handoff_at=handoff_at)

    def store(self, tx: RelayMessages, found: Round) -> bool:
        """Write the found messages and move the cursor.

        Returns False, and writes nothing, if another relay has moved the cursor. The next `find` then reads again.
        """
        if not tx.move_relay_cursor(found.before, found.after):
            return False
        tx.add_relay_messages(found.messages)
        return True

    def stored(self, found: Round) -> None:
        """Remember that the messages of a round are written, so that `find` does not return them again."""
        self.seen = found.after if found.after is not None else self.seen
        if len(self.written) > 20 * MOST_EVENTS:
            self.written.clear()
        self.written.update(each.id for each in found.messages)
        self.handoff_at = found.handoff_at or self.handoff_at


def _of_alerts(tx: FillStore, policy: Policy, now: datetime, real_now: datetime) -> list[RelayMessage]:
    if not policy.team_channels:
        return []
    manager = tx.schedule().manager_at(now)
    told = manager.id if manager is not None else None
    alerts = tx.alerts(written_since=real_now - ALERTS_SINCE)
    return list(manager_messages(alerts, told, policy.team_channels, real_now))


def _policy(tx: Schedules) -> Policy | None:
    try:
        return tx.policy()
    except OncallError:
        # The doctor reports a policy that cannot be read.
        return None


def _of_events(tx: FillStore, events: Sequence[Event], policy: Policy, real_now: datetime) -> list[RelayMessage]:
    numbers: dict[str, list[int]] = {}
    for event in events:
        numbers.setdefault(event.ticket, []).append(event.seq)
    logs = tx.events_of(list(numbers))
    messages: list[RelayMessage] = []
    for name, wanted in numbers.items():
        stored = tx.ticket(name)
        if stored is None:
            continue
        for found in happened(stored, logs.get(name, []), wanted):
            messages += webhook_messages(found, policy.webhooks, real_now)
            messages += channel_messages(found, policy.team_channels, policy, real_now)
    return sorted(messages, key=lambda each: each.position)
