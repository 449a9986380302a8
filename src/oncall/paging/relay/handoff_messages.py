"""Writes the whole report of a shift to the team channels, once at each handoff."""

from __future__ import annotations

from datetime import datetime

from oncall.paging.outgoing.handoff_report import report_of
from oncall.paging.outgoing.handoff_view import handoff_text, handoff_view
from oncall.paging.outgoing.handoffs import GRACE, last_handoff
from oncall.paging.ports.relay import RelayMessage
from oncall.paging.ports.store import ReportingStore
from oncall.paging.relay.team_messages import words_for_channels
from oncall.support.outward import Topic
from oncall.support.policy import Policy


def due_handoff(tx: ReportingStore, policy: Policy, now: datetime) -> datetime | None:
    """Return the latest handoff (policy time) if team channels must get its report now; else None.

    It is None if no channel has the topic of handoffs, if nothing is published, if the handoff is older than GRACE, or
    if it goes to nobody.
    """
    wanted = any(Topic.HANDOFFS in channel.about for channel in policy.team_channels)
    if not wanted or tx.schedule().latest is None:
        return None
    handoff = last_handoff(tx.schedule(), now)
    return handoff.at if handoff.to is not None and now - handoff.at <= GRACE else None


def handoff_messages(
    tx: ReportingStore, policy: Policy, handoff_at: datetime, now: datetime, real_now: datetime
) -> list[RelayMessage]:
    """Return the report of the shift that ended, as a message to each team channel with the topic of handoffs.

    No message if there is nothing to report. Reads every open ticket. The messages of a handoff always have the same
    ids, so that each is stored once.
    """
    report = report_of(tx, handoff_at, now)
    if not report.is_worth_a_text:
        return []
    text = handoff_text(handoff_view(report, tx.schedule()))
    return words_for_channels(Topic.HANDOFFS, handoff_at.isoformat(), text, policy.team_channels, real_now)
