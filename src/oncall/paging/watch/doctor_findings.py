"""What would stop a page tonight: findings from facts that were gathered elsewhere. Pure, and without any number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal, Protocol, TypedDict, runtime_checkable

from oncall.paging.domain.reachability import Alert
from oncall.paging.domain.ticket import Attempt, AttemptStatus
from oncall.paging.watch.audit import Overdue
from oncall.schedule.gaps import Gap, gaps_between
from oncall.schedule.schedule import Schedule
from oncall.support.policy import Policy
from oncall.support.wording import full_time, rough_span, span

AHEAD = timedelta(days=14)
"""How far the schedule is looked at."""
BEHIND = timedelta(days=14)
"""How old (real time) a failed try may be and still be told of."""
PAGER_IS_DEAD = timedelta(seconds=30)
MOST_SKEW = timedelta(seconds=30)
SHARED_SKEW = timedelta(seconds=4)
"""How far the clocks of pagers that share a database may differ: a send may take 16 seconds and begins only under a
lease of 20, which a pager that is further ahead would take for run out meanwhile."""
FULL, NEARLY_FULL = 50 * 2**20, 500 * 2**20
"""Bytes free under the database: below the first nothing is stored for long, below the second somebody should look."""


class Severity(StrEnum):
    """How bad a finding is."""

    STOPS = "stops"
    WARNS = "warns"
    FINE = "fine"


class FindingView(TypedDict):
    """One finding as JSON."""

    severity: Annotated[Literal["stops", "warns", "fine"], "stops: no page would go out."]
    subject: Annotated[str, "What was looked at, like `schedule` or `phones`."]
    sentence: Annotated[str, "What was found, and what to do about it."]


class DoctorReport(TypedDict):
    """Everything that was looked at, the worst first."""

    would_page: Annotated[bool, "False if any finding stops a page."]
    findings: list[FindingView]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `sentence` says what was found and, unless it is fine, what mends it."""

    severity: Severity
    subject: str
    sentence: str

    def as_json(self) -> FindingView:
        """Return the finding as JSON."""
        return {"severity": self.severity.value, "subject": self.subject, "sentence": self.sentence}


class FailureCause(StrEnum):
    """What has to change before a message that failed can go through."""

    NUMBER = "number"
    ROUTE = "route"
    CONFIGURATION = "configuration"


@runtime_checkable
class Probing(Protocol):
    """A channel that can say whether it would work, without sending anything."""

    async def probe(self) -> datetime | None:
        """What time it is (aware UTC) by the provider's clock, None when it does not say. Raises DeliveryError."""


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """A try that its provider or a carrier refused. `says`: the code in words, with its mend."""

    to: str
    at: datetime
    blame: FailureCause
    code: int | None
    says: str


@dataclass(frozen=True, slots=True)
class Provider:
    """How messages go out. name: `twilio`, `outbox`, None when nothing is set.

    trouble: why it would not work; is_lasting: and will not by waiting. skew: our clock minus its clock.
    """

    name: str | None
    trouble: str | None = None
    is_lasting: bool = True
    skew: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database says. policy_fault: why the published policy cannot be read, when it cannot.

    heartbeat: when (real time) a pager last wrote, and its channel. attempts: recent tries, the newest first; alerts:
    recent messages that belong to no ticket, likewise.
    opted_out: who gets no SMS, and why. reached: when (policy time) a message to somebody was last
    delivered, or one last came from them. skew: our clock minus the database's; None: the same clock.
    """

    schedule: Schedule
    policy: Policy | None
    policy_fault: str | None
    heartbeat: tuple[datetime, str] | None
    attempts: Sequence[Attempt] = ()
    overdue: Sequence[Overdue] = ()
    alerts: Sequence[Alert] = ()
    opted_out: Mapping[str, str] = field(default_factory=dict)
    reached: Mapping[str, datetime] = field(default_factory=dict)
    skew: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was found out. now: policy time; real_now: real time; both aware UTC.

    stored: None when the database cannot be used, which `database_fault` explains. free_bytes: under a SQLite file.
    failure_of: reads a try that failed; None for one that did not fail for good. trouble: why the provider last refused
    the pager of the process that asks; None: it did not, or that process has none.
    """

    now: datetime
    real_now: datetime
    provider: Provider
    public_url: str | None
    stored: Stored | None
    database_fault: str | None = None
    free_bytes: int | None = None
    failure_of: Callable[[Attempt], FailedAttempt | None] = field(default=lambda _: None)
    trouble: str | None = None


def findings(facts: Facts) -> list[Finding]:
    """Everything that was looked at, the worst first."""
    found = [*_database(facts), *_provider(facts), *_callbacks(facts)]
    if facts.stored is not None:
        for look in (_pager, _audit, _schedule, _manager, _policy, _senders, _alerts, _phones):
            found += look(facts, facts.stored)
    found += _clocks(facts)
    return sorted(found, key=lambda finding: list(Severity).index(finding.severity))


def report(found: Iterable[Finding]) -> DoctorReport:
    """Return the findings as JSON."""
    listed = list(found)
    return {
        "would_page": all(finding.severity is not Severity.STOPS for finding in listed),
        "findings": [finding.as_json() for finding in listed],
    }


def _stops(subject: str, sentence: str) -> Finding:
    return Finding(Severity.STOPS, subject, sentence)


def _warns(subject: str, sentence: str) -> Finding:
    return Finding(Severity.WARNS, subject, sentence)


def _fine(subject: str, sentence: str) -> Finding:
    return Finding(Severity.FINE, subject, sentence)


def _database(facts: Facts) -> Iterator[Finding]:
    if facts.database_fault is not None:
        yield _stops("database", facts.database_fault)
    else:
        yield _fine("database", "it can be read, and its tables are those of this version.")
    free = facts.free_bytes
    if free is None:
        return
    room = f"{free // 2**20} MB are free under the database"
    if free < FULL:
        yield _stops("disk", f"{room}: soon nothing can be stored; make room now.")
    elif free < NEARLY_FULL:
        yield _warns("disk", f"{room}; make room before it is full.")
    else:
        yield _fine("disk", f"{room}.")


def _provider(facts: Facts) -> Iterator[Finding]:
    provider = facts.provider
    if provider.name is None:
        words = provider.trouble or "ONCALL_SMS is not set"
        yield _stops("sms", words if words.endswith(".") else f"{words}.")
    elif provider.name == "outbox":
        yield _stops("sms", 'ONCALL_SMS is "outbox": pages are printed and reach nobody; set it to "twilio".')
    elif provider.trouble is not None:
        yield (_stops if provider.is_lasting else _warns)("sms", provider.trouble)
    else:
        yield _fine("sms", f"{provider.name} answers, and takes the credentials.")


def _callbacks(facts: Facts) -> Iterator[Finding]:
    if facts.provider.name != "twilio":
        return
    if facts.public_url is None:
        yield _warns(
            "callbacks",
            "ONCALL_PUBLIC_URL is not set: no receipt and no reply by SMS can come in; "
            "set it to the https address under which Twilio reaches `oncall serve`.",
        )
    else:
        yield _fine("callbacks", "receipts and replies have an address to come to.")


def _pager(facts: Facts, stored: Stored) -> Iterator[Finding]:
    if stored.heartbeat is None:
        yield _stops("pager", "no pager has ever run on this database; start `oncall serve`.")
        return
    at, channel = stored.heartbeat
    silent = facts.real_now - at
    if silent > PAGER_IS_DEAD:
        yield _stops("pager", f"no pager has lived for {span(silent)}; start `oncall serve`.")
    elif channel == "outbox":
        yield _stops(
            "pager", "the pager that runs prints its pages and sends nothing; restart it with ONCALL_SMS=twilio."
        )
    elif facts.trouble is not None:
        yield _stops("pager", f"one lives, and the provider refused what it sent last: {facts.trouble.rstrip('.')}.")
    else:
        yield _fine("pager", f"one lives, and sends by {channel}.")


def _audit(facts: Facts, stored: Stored) -> Iterator[Finding]:
    if not stored.overdue:
        yield _fine("audit", "everything that should have gone out by now went out.")
    for late in stored.overdue[:5]:
        yield _stops("audit", f"{late}; see `oncall tickets show {late.ticket} --timeline`.")
    if len(stored.overdue) > 5:
        yield _stops("audit", f"{len(stored.overdue) - 5} more tickets are overdue; see `oncall tickets`.")


def _schedule(facts: Facts, stored: Stored) -> Iterator[Finding]:
    schedule = stored.schedule
    if schedule.latest is None:
        yield _stops("schedule", "nothing is published, so nobody can be paged; `oncall publish` a plan.")
        return
    found = list(gaps_between(schedule, facts.now, facts.now + AHEAD))
    if not found:
        yield _fine("schedule", f"somebody holds every role for the next {AHEAD.days} days.")
        return
    empty, partial = _sorted_out(found, schedule)
    if empty:
        yield _stops("schedule", _hole_words(empty, schedule, "nobody is on call"))
    if partial:
        roles = " or ".join(dict.fromkeys(hole.role for hole in partial))
        yield _warns("schedule", _hole_words(partial, schedule, f"nobody is {roles}"))


def _sorted_out(found: Sequence[Gap], schedule: Schedule) -> tuple[list[Gap], list[Gap]]:
    """Holes in which no role is held, one for each stretch; and those that another role still covers."""
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
        yield _warns("manager", "the roster names none, so the last step of the escalation reaches nobody; add one.")
    else:
        yield _fine("manager", "the last step of the escalation reaches somebody.")


def _policy(facts: Facts, stored: Stored) -> Iterator[Finding]:
    if stored.policy_fault is not None:
        yield _stops("policy", f"the published policy cannot be read: {stored.policy_fault}; publish a mended one.")
    elif stored.policy is not None:
        yield _fine("policy", f"{stored.policy.name} can be read.")


def _failures(facts: Facts, stored: Stored) -> list[FailedAttempt]:
    return [failure for attempt in stored.attempts if (failure := facts.failure_of(attempt)) is not None]


def _senders(facts: Facts, stored: Stored) -> Iterator[Finding]:
    """Refusals that are about us. They stop pages unless something was delivered since."""
    delivered = [tried.written_at for tried in stored.attempts if tried.status is AttemptStatus.DELIVERED]
    last = max(delivered, default=None)
    seen: dict[int | None, FailedAttempt] = {}
    for failure in _failures(facts, stored):
        if failure.blame is FailureCause.CONFIGURATION:
            seen.setdefault(failure.code, failure)
    for failure in seen.values():
        is_over = last is not None and last > failure.at
        words = f"{rough_span(facts.real_now - failure.at)} ago a message was refused: {failure.says}"
        yield _warns("sender", f"{words} Others arrived since.") if is_over else _stops("sender", words)
    if not seen and not _lost(stored):
        yield _fine(
            "sender", f"no message of the last {BEHIND.days} days was refused because of the account or sender."
        )


def _lost(stored: Stored) -> list[Alert]:
    """The latest message of no ticket to each person, where it did not arrive."""
    latest: dict[str, Alert] = {}
    for alert in stored.alerts:
        latest.setdefault(alert.to, alert)
    return [alert for alert in latest.values() if alert.error is not None and alert.due_at is None]


def _alerts(facts: Facts, stored: Stored) -> Iterator[Finding]:
    """Messages of no ticket that did not arrive. Neither would a page, unless one did since."""
    for alert in _lost(stored):
        since = [one for one in stored.attempts if one.to == alert.to and one.written_at > alert.written_at]
        error = str(alert.error).rstrip(".")
        words = f"{rough_span(facts.real_now - alert.written_at)} ago a warning to {alert.to} did not arrive: {error}"
        if any(one.status is AttemptStatus.DELIVERED for one in since):
            yield _warns("alert", f"{words}. Others arrived since.")
        else:
            yield _stops("alert", f"{words}; once it is mended, `oncall drill --to {alert.to}` shows it.")


def _phones(facts: Facts, stored: Stored) -> Iterator[Finding]:
    """People whose number does not work, by their id: an on-call one stops pages, another one will."""
    soon = {turn.engineer for turn in stored.schedule.assignments(facts.now, facts.now + AHEAD)}
    manager = stored.schedule.manager_at(facts.now)
    soon |= {manager.id} if manager is not None else set()
    broken = {**_broken_phones(facts, stored), **stored.opted_out}
    for person, why in sorted(broken.items()):
        if person in soon:
            yield _stops("phone", f"{person} is on call within {AHEAD.days} days and cannot be reached: {why}")
        elif person in stored.schedule.people:
            yield _warns("phone", f"{person} cannot be reached: {why}")
    untried = [person for person in sorted(soon) if person not in broken and not _was_reached(person, stored)]
    if untried:
        words = f"nothing has ever reached {', '.join(untried)}, nor come from them, at their number of now"
        yield _warns("phone", f"{words}; `oncall drill --to {untried[0]}` tries it.")
    elif not broken and stored.schedule.latest is not None:
        yield _fine("phone", f"everybody on call within {AHEAD.days} days was reached at their number before.")


def _was_reached(person: str, stored: Stored) -> bool:
    """Whether something arrived at this person's number of now, or came from it: what proves it to be theirs."""
    at, since = stored.reached.get(person), stored.schedule.phone_since(person)
    return at is not None and since is not None and at >= since


def _broken_phones(facts: Facts, stored: Stored) -> dict[str, str]:
    """Whose newest news is that their number does not work."""
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
            yield _stops("clock", f"{words}: pages come at the wrong time; set it by NTP.")
        elif name == "the database" and abs(skew) > SHARED_SKEW:
            words = f"this machine's clock differs by {span(abs(skew))} from that of the database"
            yield _warns("clock", f"{words}: two pagers may send one page while Twilio is slow; set it by NTP.")
    is_close = all(abs(skew) <= (SHARED_SKEW if name == "the database" else MOST_SKEW) for name, skew in known.items())
    if known and is_close:
        yield _fine("clock", f"this machine's clock agrees with {' and '.join(known)}.")
