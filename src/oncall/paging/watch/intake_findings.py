"""Findings of `oncall doctor` about posts that could not be understood, and about jobs that have stopped calling."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from oncall.paging.ports.heartbeat_store import Heartbeat
from oncall.paging.watch.doctor_inputs import Facts, Stored
from oncall.paging.watch.finding import Finding, fine, warns
from oncall.support.wording import full_time, rough_span

UNJUDGED_AFTER = timedelta(minutes=2)
"""How long (policy time) a job may be overdue without a ticket. A running pager opens the ticket within seconds."""
MOST_NAMED = 5


def waiting_failures(facts: Facts, stored: Stored) -> Iterator[Finding]:
    """Yield a warning for each caller with posts that a person must replay or drop, or one finding that all is well."""
    for each in stored.failures:
        what = f"{each.waiting} posts" if each.waiting > 1 else "a post"
        words = f"{what} of {each.caller} could not be understood; the oldest came {_ago(facts, each.oldest)}"
        yield warns("intake", f"{words}. Tickets may be missing: see `oncall intake failures`.")
    if not stored.failures:
        yield fine("intake", "no post of a sender waits for a person.")


def silent_jobs(facts: Facts, stored: Stored) -> Iterator[Finding]:
    """Yield a warning for each job that has stopped calling, or one finding that all is well.

    Yields nothing if no job must call.
    """
    silent = [one for one in stored.heartbeats if one.ticket is not None]
    unjudged = [one for one in stored.heartbeats if one.ticket is None and facts.now - one.due_at >= UNJUDGED_AFTER]
    for one in silent[:MOST_NAMED]:
        yield warns(
            "heartbeats",
            f"{_silence(one, stored)}; its ticket is {one.ticket}. Start the job, or delete the heartbeat.",
        )
    for one in unjudged[:MOST_NAMED]:
        yield warns("heartbeats", f"{_silence(one, stored)}, and no pager has opened a ticket; see the pager's log.")
    if (more := sum(max(len(each) - MOST_NAMED, 0) for each in (silent, unjudged))) > 0:
        yield warns("heartbeats", f"{more} more jobs have stopped calling; see `oncall heartbeat list`.")
    if stored.heartbeats and not (silent or unjudged):
        yield fine("heartbeats", "no job has stopped calling.")


def _silence(one: Heartbeat, stored: Stored) -> str:
    if one.last_at is None:
        return f"the job {one.name} has never called"
    return f"the job {one.name} has not called since {full_time(one.last_at, stored.schedule.calendar.zone)}"


def _ago(facts: Facts, at: datetime) -> str:
    passed = facts.real_now - at
    return "less than a minute ago" if passed < timedelta(minutes=1) else f"{rough_span(passed)} ago"
