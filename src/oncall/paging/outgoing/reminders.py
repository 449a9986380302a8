"""Reminders: a text to an engineer some time before a shift, as the policy says."""

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
"""How late a reminder may be sent. One for less than two days ahead may be late by at most a quarter of its time."""
_LOOK_AGAIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder that is due. before: how long before the shift the policy wants it."""

    shift: Assignment
    before: timedelta


def reminder_times(person: str, rules: Reminders, choices: Mapping[str, NoticeChoice]) -> tuple[timedelta, ...]:
    """Return how long before a shift a person is reminded: as they chose, or else as the policy says."""
    choice = choices.get(person)
    if choice is not None and choice.reminders is not None:
        return choice.reminders
    return () if person in rules.not_to else rules.before


def due_reminders(
    schedule: Schedule, policy: Policy, choices: Mapping[str, NoticeChoice], now: datetime
) -> Iterator[Reminder]:
    """Yield the reminders that are due at `now` (policy time, aware UTC): for each shift the latest one.

    An engineer who is on call within the time of a reminder gets none: they know that they are on.
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

    That time allows for every reminder that a person may choose, so a new choice never needs an earlier run.
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
    """Return the text: when the shift begins and ends, in policy time and in the engineer's own."""
    shift, zone = reminder.shift, schedule.calendar.zone
    own = schedule.people[shift.engineer].zone
    begins, ends = full_time(shift.window.start, zone), short_time(shift.window.end, zone)
    local = f" ({short_time(shift.window.start, own)} for you)" if own.key != zone.key else ""
    return (
        f"REMINDER: you are on call from {begins}{local} to {ends} as {shift.role}, in {exact_span(reminder.before)}."
    )


def _next_instant(schedule: Schedule, instants: Sequence[timedelta], now: datetime) -> datetime:
    """Return the next time at which a reminder or a request for proof may be due; at most a day from now."""
    found = _instants(schedule.assignments(now, now + max(instants) + _LOOK_AGAIN), instants)
    return min([now + _LOOK_AGAIN, *(at for at in found if at > now)])


def _instants(shifts: Iterable[Assignment], instants: Sequence[timedelta]) -> Iterator[datetime]:
    for each in shifts:
        for before in instants:
            yield each.window.start - before
