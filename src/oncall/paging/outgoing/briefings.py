"""Briefings: at a handoff, each engineer whose shift begins gets one text about the shift that ended."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.paging.domain.people import DESK
from oncall.paging.domain.reachability import Alert
from oncall.paging.domain.ticket import Attempt
from oncall.paging.outgoing.handoff_report import HandoffReport, report_of
from oncall.paging.outgoing.handoffs import GRACE, coming_on, last_handoff
from oncall.paging.outgoing.messages import briefing_text
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.opt_out import unreachable_by_text
from oncall.paging.outgoing.schedule_notices import changes_since
from oncall.paging.ports.store import BriefingStore
from oncall.schedule.schedule import Schedule

_LONGEST_BREAK = timedelta(days=400)
"""How far back to search for an engineer's last shift."""


@dataclass(frozen=True, slots=True)
class Briefing:
    """The facts for the texts at one handoff.

    report: the report of the shift that ended. own: by the id of each engineer whose shift begins, how their own shifts
    changed, in words; the words are empty if nothing changed.
    """

    report: HandoffReport
    own: Mapping[str, str]

    def also(self, person: str) -> str:
        """Return what a text to this person counts besides open tickets, like `paged 3, 2 notes`; empty if nothing."""
        return ", ".join(filter(None, [self.report.counts, self.own.get(person, "")]))


def briefing_at(tx: BriefingStore, now: datetime) -> Briefing | None:
    """Return the briefing at the latest handoff. now: policy time, aware UTC.

    None if the desk or nobody comes on call, or if the handoff is older than GRACE. Reads every open ticket. Run it on
    a snapshot, so that no writer waits.
    """
    schedule = tx.schedule()
    handoff = last_handoff(schedule, now)
    if handoff.to in (None, DESK) or now - handoff.at > GRACE:
        return None
    own = {person: _own_changes(tx, schedule, person, handoff.at) for person in coming_on(schedule, handoff)}
    return Briefing(report_of(tx, handoff.at, now), own)


def brief(tx: BriefingStore, context: ActionContext, briefing: Briefing | None, told: Sequence[Attempt]) -> None:
    """Write the text about the shift that ended to each engineer whose shift begins. Each gets it once for a handoff.

    told: the notices about open tickets that were just written; their recipients get no second text.
    """
    if briefing is None:
        return
    report, schedule = briefing.report, tx.schedule()
    handoff = last_handoff(schedule, context.now)
    if handoff.at != report.ended_at:
        # The schedule changed since the snapshot; the next pass makes another report.
        return
    known, opted_out, choices = {one.to for one in told}, unreachable_by_text(tx), tx.notice_choices()
    for person in coming_on(schedule, handoff):
        is_quiet = person in choices and choices[person].is_quiet
        if is_quiet or person in opted_out or not (report.is_worth_a_text or briefing.own.get(person)):
            continue
        # For an engineer who got a notice, an alert that is never sent is stored, so that no later pass writes one.
        due_at = None if person in known else context.real_now
        about, body = f"handoff {handoff.at.isoformat()} {person}", _text(tx, briefing, person, context)
        tx.add_alert(Alert(uuid.uuid4().hex, about, person, body, context.real_now, due_at))


def _text(tx: BriefingStore, briefing: Briefing, person: str, context: ActionContext) -> str:
    report, policy = briefing.report, tx.policy_at(context.now)
    first = report.pressing[0] if report.pressing else None
    stored, clock = (first.stored, first.clock) if first is not None else (None, None)
    also = briefing.also(person)
    return briefing_text(len(report.pressing), stored, clock, policy, at=report.ended_at, also=also)


def _own_changes(tx: BriefingStore, schedule: Schedule, person: str, handoff_at: datetime) -> str:
    """Return in words how an engineer's future shifts changed since their last shift began; empty if they did not.

    Changes by any version count. If the engineer had no shift yet, changes count from the first publication on; the
    first plan itself is no change.
    """
    before = schedule.assignments(handoff_at - _LONGEST_BREAK, handoff_at)
    since = max(
        [
            handoff_at - _LONGEST_BREAK,
            *(each.window.start for each in before if each.engineer == person and each.window.start < handoff_at),
            *(note.at for note in schedule.log[:1]),
        ]
    )
    if not any(since < note.at < handoff_at for note in schedule.log):
        return ""
    change = changes_since(tx, person, since, handoff_at)
    if change is None:
        return ""
    new, lost = (sum(part.window.start > handoff_at for part in parts) for parts in (change.gained, change.lost))
    counts = [
        f"have {new} new shift{'' if new == 1 else 's'}" if new else "",
        f"lost {lost} shift{'' if lost == 1 else 's'}" if lost else "",
    ]
    words = " and ".join(filter(None, counts))
    return f"you {words}" if words else ""
