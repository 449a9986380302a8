"""Reminders: texts to engineers some time before their shifts, as the policy or the engineer chose."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.paging.domain.reachability import Alert
from oncall.paging.outgoing.handoffs import INSTANT
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.opt_out import unreachable_by_text
from oncall.paging.outgoing.phone_proofs import INSTANTS, TIME_TO_REPLY, ask_for_proof
from oncall.paging.outgoing.sms_encoding import fitted
from oncall.paging.ports.notice_choices import NoticeChoice
from oncall.paging.ports.store import ReminderStore
from oncall.schedule.schedule import Schedule
from oncall.schedule.timeline import Assignment
from oncall.support.policy import Policy
from oncall.support.reminders import CHOICES, Reminders
from oncall.support.windows import Window
from oncall.support.wording import exact_span, full_time, short_time

LATEST = timedelta(hours=12)
"""The most that a reminder may be late. A reminder for a time less than two days before a shift may be late by at most
a quarter of that time."""
_LOOK_AGAIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reminder:
    """A due reminder of a shift. before: how long before the shift it is due."""

    shift: Assignment
    before: timedelta


def reminder_times(person: str, rules: Reminders, choices: Mapping[str, NoticeChoice]) -> tuple[timedelta, ...]:
    """Return how long before a shift a person gets reminders: what they chose, or else what the policy says."""
    choice = choices.get(person)
    if choice is not None and choice.reminders is not None:
        return choice.reminders
    return () if person in rules.not_to else rules.before


def due_reminders(
    schedule: Schedule, policy: Policy, choices: Mapping[str, NoticeChoice], now: datetime
) -> Iterator[Reminder]:
    """Yield the reminders that are due at `now` (policy time, aware UTC), at most one for each shift and engineer.

    An engineer who is on call at some time between the reminder and the shift gets none, because they know the
    schedule.
    """
    longest = max([*policy.reminders.before, *CHOICES.values()])
    shifts = list(schedule.assignments(now - longest, now + longest + INSTANT))
    own: dict[str, list[Window]] = defaultdict(list)
    for each in shifts:
        own[each.engineer].append(each.window)
    for each in shifts:
        start = each.window.start
        wanted = reminder_times(each.engineer, policy.reminders, choices)
        passed = [before for before in wanted if start - before <= now < start]
        if not passed:
            continue
        before = min(passed)
        is_late = now - (start - before) > min(LATEST, before / 4)
        knows = any(other.start < start and start - before < other.end for other in own[each.engineer])
        if not is_late and not knows:
            yield Reminder(each, before)


def remind(tx: ReminderStore, context: ActionContext) -> datetime:
    """Write the reminders and requests for proof that are due, each once. Returns when (policy time) to run again.

    That time takes into account all reminders that a person can choose, so that a new choice never needs an earlier
    run.
    """
    schedule, policy, now = tx.schedule(), tx.policy_at(context.now), context.now
    rules = policy.reminders
    opted_out = unreachable_by_text(tx)
    for each in due_reminders(schedule, policy, tx.notice_choices(), now):
        shift = each.shift
        if shift.engineer in opted_out or shift.engineer not in schedule.people:
            continue
        seconds = int(each.before.total_seconds())
        about = f"reminder {shift.engineer} {shift.window.start.isoformat()} {shift.role} {seconds}"
        body = fitted(reminder_text(each, schedule))
        tx.add_alert(Alert(uuid.uuid4().hex, about, shift.engineer, body, context.real_now, context.real_now))
    is_awaited = rules.prove_phones and ask_for_proof(tx, context)
    instants = [*rules.before, *CHOICES.values(), *(INSTANTS if rules.prove_phones else ())]
    following = _next_instant(schedule, instants, now)
    return min(following, now + TIME_TO_REPLY) if is_awaited else following


def reminder_text(reminder: Reminder, schedule: Schedule) -> str:
    """Return the text of a reminder: the beginning and the end of the shift, in policy time.

    The beginning is also in the engineer's own zone, if that is another one.
    """
    shift, zone = reminder.shift, schedule.calendar.zone
    own = schedule.people[shift.engineer].zone
    begins, ends = full_time(shift.window.start, zone), short_time(shift.window.end, zone)
    local = f" ({short_time(shift.window.start, own)} for you)" if own.key != zone.key else ""
    return (
        f"REMINDER: you are on call from {begins}{local} to {ends} as {shift.role}, in {exact_span(reminder.before)}."
    )


def _next_instant(schedule: Schedule, instants: Sequence[timedelta], now: datetime) -> datetime:
    """Return the next time at which a reminder or a request for proof may be due, at most one day from `now`."""
    found = _instants(schedule.assignments(now, now + max(instants) + _LOOK_AGAIN), instants)
    return min([now + _LOOK_AGAIN, *(at for at in found if at > now)])


def _instants(shifts: Iterable[Assignment], instants: Sequence[timedelta]) -> Iterator[datetime]:
    for each in shifts:
        for before in instants:
            yield each.window.start - before
