"""Notices of a changed schedule: an SMS to each engineer whose shifts in the next 48 hours change.

Each notice is an alert that is stored together with the version, so that a crash neither loses it nor sends it twice.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from oncall.paging.domain.reachability import SCHEDULE_SUBJECT, Alert
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.sms_encoding import encoding_for, fitted
from oncall.schedule.changes import AssignmentChange, changes_between
from oncall.schedule.schedule import Schedule
from oncall.schedule.timeline import Assignment
from oncall.schedule.versions import VersionNote
from oncall.support.policy import Policy
from oncall.support.windows import Window
from oncall.support.wording import short_time

TOLD_AT_ONCE = timedelta(hours=48)
"""A change of a shift within this time is sent by SMS. The briefing at the handoff lists changes of later shifts."""
_NAME_LENGTH = 20
_ACK = re.compile(r"\bACK\b")
"""Matches `ACK`. Only a page has it in capitals, because only a page asks for an acknowledgement."""
_ALL_AHEAD = timedelta(days=800)


class ScheduleNotices(Protocol):
    """The queries that notices of a changed schedule need."""

    def schedule(self) -> Schedule:
        """Return the published schedule with every change, as of this transaction."""

    def policy(self) -> Policy:
        """Return the policy in force."""

    def add_alert(self, alert: Alert) -> bool:
        """Store an alert, unless one with the same subject is stored. Returns True if it was stored."""


class PastSchedules(Protocol):
    """The queries that a summary of past changes needs."""

    def schedule(self) -> Schedule:
        """Return the published schedule with every change, as of this transaction."""

    def schedule_as_of(self, version: int) -> Schedule:
        """Return the schedule after the version with this number, without later versions."""


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """A version that was just added, with the assignments that each engineer gains and loses by it."""

    note: VersionNote
    changes: Sequence[AssignmentChange]


def tell_changed(tx: ScheduleNotices, change: ScheduleChange, context: ActionContext) -> tuple[str, ...]:
    """Write an alert to each engineer whose shifts in the next 48 hours change. Returns the ids of these engineers.

    Run it in the transaction of the change. The author of the version, and people on no published roster, get no alert.
    """
    schedule, told = tx.schedule(), []
    for each in soon_changed(change.changes, schedule, by=change.note.by, now=context.now):
        body = _text(schedule, each.gained, each.lost, change.note, unicode=tx.policy().sms.unicode)
        about = f"{SCHEDULE_SUBJECT}{change.note.version} {each.engineer}"
        if tx.add_alert(Alert(uuid.uuid4().hex, about, each.engineer, body, context.real_now, context.real_now)):
            told.append(each.engineer)
    return tuple(told)


def soon_changed(
    changes: Sequence[AssignmentChange], schedule: Schedule, *, by: str, now: datetime
) -> list[AssignmentChange]:
    """Return, for each engineer who gets an SMS about a version, their changes within 48 hours of `now` (aware UTC).

    schedule: the schedule after the version. by: the author of the version, who gets no SMS.
    """
    soon = Window(now, now + TOLD_AT_ONCE)
    near = [
        AssignmentChange(each.engineer, _within(soon, each.gained), _within(soon, each.lost))
        for each in changes
        if each.engineer != by and each.engineer in schedule.people
    ]
    return [each for each in near if each.gained or each.lost]


def changes_since(tx: PastSchedules, engineer: str, since: datetime, now: datetime) -> AssignmentChange | None:
    """Return how the versions after `since` changed an engineer's assignments from `now` on; None if they did not.

    Both times are aware UTC. A change that was undone in the meantime is left out.
    """
    schedule = tx.schedule()
    known = max((note.version for note in schedule.log if note.at <= since), default=0)
    if known == schedule.newest:
        return None
    before = tx.schedule_as_of(known)
    changes = changes_between(before, schedule, now, now + _ALL_AHEAD)
    return next((change for change in changes if change.engineer == engineer), None)


def _within(soon: Window, assignments: Sequence[Assignment]) -> tuple[Assignment, ...]:
    return tuple(each for each in assignments if each.window.start < soon.end and soon.start < each.window.end)


def _text(
    schedule: Schedule, gained: Sequence[Assignment], lost: Sequence[Assignment], note: VersionNote, *, unicode: bool
) -> str:
    spelt = encoding_for([note.by, note.reason], unicode=unicode)
    said = []
    if gained:
        said.append(f"You are on call as {_span(schedule, gained)}.")
    if lost:
        said.append(f"You are {'no longer' if not gained else 'not'} on call as {_span(schedule, lost)}.")
    reason = f": {spelt.spell(note.reason)}" if note.reason else ""
    words = f"{' '.join(said)} ({note.kind} by {spelt.spell(note.by)[:_NAME_LENGTH]}{reason})"
    return fitted(_ACK.sub("ack", words))


def _span(schedule: Schedule, assignments: Sequence[Assignment]) -> str:
    """Return the first assignment in words, and the number of the others."""
    first, zone = assignments[0], schedule.calendar.zone
    start = f"{first.window.start.astimezone(zone):%d %b} {short_time(first.window.start, zone)}"
    more = f" and {len(assignments) - 1} more" if len(assignments) > 1 else ""
    return f"{first.role} from {start} to {short_time(first.window.end, zone)}{more}"
