"""Findings of `oncall doctor`: what would stop a page tonight. Pure functions. No finding shows a phone number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, TypedDict
from zoneinfo import ZoneInfo

from oncall.paging.domain.reachability import Alert
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.ports.refusals import RefusalReason
from oncall.paging.watch.absent_findings import absent_on_call
from oncall.paging.watch.doctor_inputs import BEHIND, Facts, FailedAttempt, FailureCause, Stored
from oncall.paging.watch.finding import Finding, FindingView, Severity, fine, stops, warns
from oncall.paging.watch.holes_ahead import DAYS, holes_ahead
from oncall.paging.watch.intake_findings import silent_jobs, waiting_failures
from oncall.paging.watch.phones_tried import AHEAD, needed_soon, untried_phones
from oncall.paging.watch.proof_findings import unproven_phones
from oncall.paging.watch.refused_callers import RepeatedRefusal, repeated
from oncall.paging.watch.relay_findings import relay_findings
from oncall.paging.watch.sign_in_findings import sign_in_findings
from oncall.paging.watch.token_findings import ending_tokens
from oncall.schedule.gaps import Gap, gaps_between
from oncall.schedule.schedule import Schedule
from oncall.schedule.schedule_view_types import GapView
from oncall.support.json_types import IsoTime
from oncall.support.wording import full_time, rough_span, span

PAGER_IS_DEAD = timedelta(seconds=30)
MOST_SKEW = timedelta(seconds=30)
SHARED_SKEW = timedelta(seconds=4)
"""How far the clocks of pagers that share a database may differ. A send may take 16 s under a lease of 20 s. A pager
whose clock is further ahead would find the lease expired."""
FULL, NEARLY_FULL = 50 * 2**20, 500 * 2**20
"""Free bytes on the disk of the database. Below the first number, writes will soon fail; below the second, the doctor
warns."""


class DoctorReport(TypedDict):
    """The findings as JSON, the worst first."""

    would_page: Annotated[bool, "False if any finding stops a page."]
    findings: list[FindingView]
    holes: Annotated[list[GapView], "Every stretch of the asked days in which no person holds a role, by start."]
    timezone: Annotated[str, "The policy's zone."]
    schedule_ends: Annotated[IsoTime | None, "Where the last published plan ends; null before a publication."]


def findings(facts: Facts) -> list[Finding]:
    """Return every finding, the worst first."""
    found = [*_database(facts), *_provider(facts), *_callbacks(facts), *_callers(facts)]
    if facts.stored is not None:
        for check in (
            _pager,
            _audit,
            _schedule,
            absent_on_call,
            _manager,
            _policy,
            _senders,
            _alerts,
            _phones,
            ending_tokens,
            relay_findings,
            sign_in_findings,
            waiting_failures,
            silent_jobs,
            unproven_phones,
        ):
            found += check(facts, facts.stored)
    found += _clocks(facts)
    return sorted(found, key=lambda finding: list(Severity).index(finding.severity))


def report(facts: Facts, days: int = DAYS) -> DoctorReport:
    """Return the findings as JSON, with the gaps in the schedule of the next `days` days."""
    listed = findings(facts)
    schedule = facts.stored.schedule if facts.stored is not None else None
    ends = max((p.span.end for p in schedule.publications if p.undone_at is None), default=None) if schedule else None
    zone = schedule.calendar.zone if schedule is not None else ZoneInfo("UTC")
    return {
        "would_page": all(finding.severity is not Severity.STOPS for finding in listed),
        "findings": [finding.as_json() for finding in listed],
        "holes": holes_ahead(facts, days),
        "timezone": zone.key,
        "schedule_ends": ends.astimezone(zone).isoformat() if ends is not None else None,
    }


def _database(facts: Facts) -> Iterator[Finding]:
    if facts.database_fault is not None:
        yield stops("database", facts.database_fault)
    else:
        yield fine("database", "the database can be read and has the tables of this version.")
    free = facts.free_bytes
    if free is None:
        return
    room = f"{free // 2**20} MB are free under the database"
    if free < FULL:
        yield stops("disk", f"{room}: soon no ticket can be stored; free some space now.")
    elif free < NEARLY_FULL:
        yield warns("disk", f"{room}; free some space before the disk is full.")
    else:
        yield fine("disk", f"{room}.")


def _provider(facts: Facts) -> Iterator[Finding]:
    provider = facts.provider
    if provider.name is None:
        words = provider.trouble or "ONCALL_SMS is not set"
        yield stops("sms", words if words.endswith(".") else f"{words}.")
    elif provider.name == "outbox":
        yield stops("sms", 'ONCALL_SMS is "outbox": pages are printed and reach nobody; set it to "twilio".')
    elif provider.trouble is not None:
        yield (stops if provider.is_lasting else warns)("sms", provider.trouble)
    else:
        yield fine("sms", f"{provider.name} answers and accepts the credentials.")


def _callbacks(facts: Facts) -> Iterator[Finding]:
    refused = [one for one in _refused(facts) if one.last.reason is RefusalReason.SIGNATURE]
    for one in refused:
        yield warns("callbacks", one.words(facts.real_now, facts.public_url))
    if facts.provider.name != "twilio" or refused:
        return
    if facts.public_url is None:
        yield warns(
            "callbacks",
            "ONCALL_PUBLIC_URL is not set: no delivery receipt and no SMS reply can reach the pager; "
            "set it to the https address at which Twilio reaches `oncall serve`.",
        )
    else:
        yield fine("callbacks", "Twilio has an address for receipts and replies.")


def _callers(facts: Facts) -> Iterator[Finding]:
    if facts.stored is None:
        return
    refused = [one for one in _refused(facts) if one.last.reason is not RefusalReason.SIGNATURE]
    for one in refused:
        yield warns("callers", one.words(facts.real_now, facts.public_url))
    if not refused:
        yield fine("callers", "no caller was refused again and again in the last 24 hours.")


def _refused(facts: Facts) -> list[RepeatedRefusal]:
    return list(repeated(facts.stored.refusals, facts.real_now)) if facts.stored is not None else []


def _pager(facts: Facts, stored: Stored) -> Iterator[Finding]:
    if stored.heartbeat is None:
        yield stops("pager", "no pager has ever run on this database; start `oncall serve`.")
        return
    at, channel = stored.heartbeat
    silent = facts.real_now - at
    if silent > PAGER_IS_DEAD:
        yield stops("pager", f"no pager has run for {span(silent)}; start `oncall serve`.")
    elif channel == "outbox":
        yield stops(
            "pager", "the pager that runs prints its pages and sends nothing; restart it with ONCALL_SMS=twilio."
        )
    elif facts.trouble is not None:
        yield stops("pager", f"the pager runs, but the provider refused its last message: {facts.trouble.rstrip('.')}.")
    else:
        yield fine("pager", f"the pager runs and sends by {channel}.")


def _audit(facts: Facts, stored: Stored) -> Iterator[Finding]:
    if not stored.overdue:
        yield fine("audit", "no page is overdue.")
    for late in stored.overdue[:5]:
        yield stops("audit", f"{late}; see `oncall tickets show {late.ticket} --timeline`.")
    if len(stored.overdue) > 5:
        yield stops("audit", f"{len(stored.overdue) - 5} more tickets are overdue; see `oncall tickets`.")


def _schedule(facts: Facts, stored: Stored) -> Iterator[Finding]:
    schedule = stored.schedule
    if schedule.latest is None:
        yield stops("schedule", "nothing is published, so nobody can be paged; `oncall publish` a plan.")
        return
    found = list(gaps_between(schedule, facts.now, facts.now + AHEAD))
    if not found:
        yield fine("schedule", f"every role is held for the next {AHEAD.days} days.")
        return
    empty, partial = _sorted_out(found, schedule)
    if empty:
        yield stops("schedule", _hole_words(empty, schedule, "nobody is on call"))
    if partial:
        roles = " or ".join(dict.fromkeys(hole.role for hole in partial))
        yield warns("schedule", _hole_words(partial, schedule, f"nobody is {roles}"))


def _sorted_out(found: Sequence[Gap], schedule: Schedule) -> tuple[list[Gap], list[Gap]]:
    """Return the gaps while nobody is on call, each stretch once, and the gaps while another role has a person."""
    empty: list[Gap] = []
    partial: list[Gap] = []
    held = Counter((hole.window.start, hole.window.end) for hole in found)
    for hole in found:
        edges = (hole.window.start, hole.window.end)
        if held[edges] < len(schedule.roles_at(hole.window.start)):
            partial.append(hole)
        elif not any((known.window.start, known.window.end) == edges for known in empty):
            empty.append(hole)
    return empty, partial


def _hole_words(found: Sequence[Gap], schedule: Schedule, words: str) -> str:
    zone = schedule.calendar.zone
    first = found[0].window
    from_, to = full_time(first.start, zone), full_time(first.end, zone)
    others = len(found) - 1
    more = f" and in {others} more stretch{'es' if others > 1 else ''}" if others else ""
    return f"{words} from {from_} to {to}{more} of the next {AHEAD.days} days; publish a plan, or `oncall override`."


def _manager(facts: Facts, stored: Stored) -> Iterator[Finding]:
    if stored.schedule.latest is None:
        return
    if stored.schedule.manager_at(facts.now) is None:
        yield warns("manager", "the roster has no manager, so the last step of the escalation reaches nobody; add one.")
    else:
        yield fine("manager", "the last step of the escalation pages a person.")


def _policy(facts: Facts, stored: Stored) -> Iterator[Finding]:
    if stored.policy_fault is not None:
        yield stops(
            "policy", f"the published policy cannot be read: {stored.policy_fault}; publish a corrected policy."
        )
    elif stored.policy is not None:
        yield fine("policy", f"{stored.policy.name} can be read.")


def _failures(facts: Facts, stored: Stored) -> list[FailedAttempt]:
    return [failure for attempt in stored.attempts if (failure := facts.failure_of(attempt)) is not None]


def _senders(facts: Facts, stored: Stored) -> Iterator[Finding]:
    """Yield a finding for each error by which our account or sender was refused, or one that all is well.

    Such a refusal stops pages, unless a message was delivered after it.
    """
    delivered = [tried.written_at for tried in stored.attempts if tried.status is AttemptStatus.DELIVERED]
    last = max(delivered, default=None)
    seen: dict[int | None, FailedAttempt] = {}
    for failure in _failures(facts, stored):
        if failure.blame is FailureCause.CONFIGURATION:
            seen.setdefault(failure.code, failure)
    for failure in seen.values():
        is_over = last is not None and last > failure.at
        words = f"{rough_span(facts.real_now - failure.at)} ago a message was refused: {failure.says}"
        yield warns("sender", f"{words} Later messages were delivered.") if is_over else stops("sender", words)
    if not seen and not _lost(stored):
        yield fine("sender", f"no message of the last {BEHIND.days} days was refused because of the account or sender.")


def _lost(stored: Stored) -> list[Alert]:
    """Return the latest alert to each person, if that alert was not delivered."""
    latest: dict[str, Alert] = {}
    for alert in stored.alerts:
        latest.setdefault(alert.to, alert)
    return [alert for alert in latest.values() if alert.error is not None and alert.due_at is None]


def _alerts(facts: Facts, stored: Stored) -> Iterator[Finding]:
    """Yield the alerts that were not delivered. A page would fail as well, unless a later message was delivered."""
    for alert in _lost(stored):
        since = [one for one in stored.attempts if one.to == alert.to and one.written_at > alert.written_at]
        error = str(alert.error).rstrip(".")
        words = f"{rough_span(facts.real_now - alert.written_at)} ago an alert to {alert.to} was not delivered: {error}"
        if any(one.status is AttemptStatus.DELIVERED for one in since):
            yield warns("alert", f"{words}. Later messages were delivered.")
        else:
            yield stops("alert", f"{words}; correct the cause, then test it: `oncall drill --to {alert.to}`.")


def _phones(facts: Facts, stored: Stored) -> Iterator[Finding]:
    """Yield a finding for each person whom texts do not reach.

    It is one that stops pages (`stops`) if the person is on call within AHEAD, else a warning (`warns`). Also yields a
    warning about numbers that never had a confirmed message, or a finding that all is well.
    """
    soon = needed_soon(stored.schedule, facts.now)
    broken = {**_broken_phones(facts, stored), **stored.opted_out}
    for person, why in sorted(broken.items()):
        if person in soon:
            yield stops("phone", f"{person} is on call within {AHEAD.days} days and cannot be reached: {why}")
        elif person in stored.schedule.people:
            yield warns("phone", f"{person} cannot be reached: {why}")
    untried = [each for each in untried_phones(stored.schedule, stored.reached, facts.now) if each not in broken]
    if untried:
        words = f"no message to or from the current number of {', '.join(untried)} has ever been confirmed"
        yield warns("phone", f"{words}; test it: `oncall drill --to {untried[0]}`.")
    elif not broken and stored.schedule.latest is not None:
        yield fine(
            "phone", f"a message to or from each engineer on call within {AHEAD.days} days was confirmed before."
        )


def _broken_phones(facts: Facts, stored: Stored) -> dict[str, str]:
    """Return the people whose latest message failed because of their number: the reason, by the person's id."""
    broken: dict[str, str] = {}
    heard: set[str] = set()
    for attempt in stored.attempts:
        failure = facts.failure_of(attempt)
        if failure is not None and failure.blame is FailureCause.NUMBER and attempt.to not in heard:
            broken.setdefault(attempt.to, failure.says)
        if attempt.status is AttemptStatus.DELIVERED:
            heard.add(attempt.to)
    return broken


def _clocks(facts: Facts) -> Iterator[Finding]:
    skews = {facts.provider.name or "the provider": facts.provider.skew}
    if facts.stored is not None:
        skews["the database"] = facts.stored.skew
    known = {name: skew for name, skew in skews.items() if skew is not None}
    for name, skew in known.items():
        if abs(skew) > MOST_SKEW:
            side = "ahead of" if skew > timedelta(0) else "behind"
            words = f"this machine's clock is {span(abs(skew))} {side} that of {name}"
            yield stops("clock", f"{words}: pages come at the wrong time; set it by NTP.")
        elif name == "the database" and abs(skew) > SHARED_SKEW:
            words = f"this machine's clock differs by {span(abs(skew))} from that of the database"
            yield warns("clock", f"{words}: two pagers may send one page while Twilio is slow; set it by NTP.")
    is_close = all(abs(skew) <= (SHARED_SKEW if name == "the database" else MOST_SKEW) for name, skew in known.items())
    if known and is_close:
        yield fine("clock", f"this machine's clock agrees with {' and '.join(known)}.")
