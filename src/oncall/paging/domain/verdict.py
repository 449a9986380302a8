"""Gives the verdict on a ticket (page, desk or hold) and its reasons. No other module decides this."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Protocol

from oncall.errors import Refused
from oncall.paging.domain.people import first_responder
from oncall.paging.domain.quoted_text import quoted
from oncall.paging.domain.situation import Situation
from oncall.paging.domain.ticket_answer import VerdictView
from oncall.schedule.schedule import OnCall, Schedule
from oncall.support.calendar import SupportCalendar
from oncall.support.coverage import deadline, is_covered, next_covered
from oncall.support.coverage_days import whole_days_words
from oncall.support.policy import Coverage, Impact, Metric, Policy, Promise, SupportPlan
from oncall.support.windows import WindowKind
from oncall.support.wording import full_time, span


class Action(StrEnum):
    """The verdict on a ticket: page an engineer, leave it to the desk, or hold it until its coverage begins."""

    PAGE = "page"
    DESK = "desk"
    HOLD = "hold"


class Judgeable(Protocol):
    """The fields of a ticket that a verdict reads."""

    @property
    def plan(self) -> str:
        """Return the name of the customer's support plan."""

    @property
    def impact(self) -> str:
        """Return the name of the ticket's impact."""


@dataclass(frozen=True, slots=True)
class Question:
    """A plan and an impact without a ticket, for which `oncall explain` asks for a verdict."""

    plan: str
    impact: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict at one instant. Times are aware UTC; `reasons` are sentences with policy time.

    engineer: the id of the first person to page; None for desk and hold, and if nobody can be paged. first_reply_due:
    the deadline, counted from `at`, or from `hold_until` for a held ticket.
    """

    at: datetime
    action: Action
    reasons: tuple[str, ...]
    first_reply_due: datetime
    engineer: str | None = None
    hold_until: datetime | None = None

    def as_json(self, zone: tzinfo = UTC) -> VerdictView:
        """Return the JSON of the API and of `--json`. Times have the offset of `zone`."""
        body: VerdictView = {
            "action": self.action.value,
            "reasons": list(self.reasons),
            "first_reply_due": self.first_reply_due.astimezone(zone).isoformat(),
        }
        if self.engineer is not None:
            body["engineer"] = self.engineer
        if self.hold_until is not None:
            body["hold_until"] = self.hold_until.astimezone(zone).isoformat()
        return body


def verdict(
    ticket: Judgeable,
    policy: Policy,
    schedule: Schedule,
    at: datetime,
    *,
    counts_from: datetime | None = None,
    due: datetime | None = None,
) -> Verdict:
    """Return the verdict on `ticket` received at `at` (aware UTC), with every reason.

    counts_from: when the hold ended, for a ticket that was held; its first-reply target counts from then. due: when the
    first reply is due, if the ticket's clock already runs. Raises Refused if the policy has no such plan or impact.
    """
    plan, impact = plan_named(ticket.plan, policy), impact_named(ticket.impact, policy)
    promise = plan.promises[impact.name]
    calendar = schedule.calendar_at(at)
    window = calendar.window_at(at)
    reasons = [
        f"{full_time(at, policy.zone)} is {_window_words(window.kind, policy)}, "
        f"from {full_time(window.start, policy.zone)} to {full_time(window.end, policy.zone)}.",
        f"{plan.name} covers {impact.name} {_coverage_words(promise.coverage, calendar)} ({promise.coverage.value}).",
    ]
    if counts_from is not None:
        reasons.append(f"It was held until {full_time(counts_from, policy.zone)}, and nothing is held twice.")
    elif not is_covered(promise.coverage, calendar, at):
        return _hold(promise, Situation(policy, schedule, at), reasons, due)
    due = due or deadline(promise.targets[Metric.FIRST_REPLY], promise.coverage, calendar, counts_from or at)
    due_words = _due_words(promise, policy, due)
    if window.kind is WindowKind.BUSINESS:
        reasons += [_desk_words(impact, policy), due_words]
        return Verdict(at, Action.DESK, tuple(reasons), due)
    if not impact.pages:
        reasons += [f"Nobody is paged for {impact.name}: it waits in the desk's queue.", due_words]
        return Verdict(at, Action.DESK, tuple(reasons), due)
    on_call = schedule.responders(at)
    engineer = first_responder(schedule, on_call)
    reasons += [*_on_call_words(schedule, on_call, policy), due_words]
    return Verdict(at, Action.PAGE, tuple(reasons), due, engineer=engineer)


def _coverage_words(coverage: Coverage, calendar: SupportCalendar) -> str:
    match coverage:
        case Coverage.ALWAYS:
            return "around the clock"
        case Coverage.FIVE_DAYS:
            return f"from {whole_days_words(calendar.coverage_days)}"
        case Coverage.BUSINESS:
            return "in business hours"


def plan_named(name: str, policy: Policy) -> SupportPlan:
    """Return the plan with that name. Raises Refused with the known names.

    Letter case does not matter. Blanks, dashes and underscores count as the same.
    """
    wanted = _folded(name)
    for plan in policy.plans.values():
        if wanted == _folded(plan.name):
            return plan
    raise Refused(f"{quoted(name)} is not a plan of the policy; write {_choices(policy.plans)}")


def impact_named(name: str, policy: Policy) -> Impact:
    """Return the impact with that name or alias. Raises Refused with the known names.

    Letter case does not matter. Blanks, dashes and underscores count as the same.
    """
    wanted = _folded(name)
    for impact in policy.impacts.values():
        if wanted in (_folded(known) for known in (impact.name, *impact.aliases)):
            return impact
    raise Refused(f"{quoted(name)} is not an impact of the policy; write {_choices(policy.impacts)}")


def _folded(name: str) -> str:
    return "-".join(name.lower().replace("_", " ").replace("-", " ").split())


def _choices(names: Iterable[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _hold(promise: Promise, situation: Situation, reasons: list[str], due: datetime | None) -> Verdict:
    policy, at = situation.policy, situation.now
    calendar = situation.schedule.calendar_at(at)
    until = next_covered(promise.coverage, calendar, at)
    due = due or deadline(promise.targets[Metric.FIRST_REPLY], promise.coverage, calendar, until)
    reasons += [
        f"That is outside its coverage: it is held until {full_time(until, policy.zone)} and judged again then.",
        _due_words(promise, policy, due),
    ]
    return Verdict(at, Action.HOLD, tuple(reasons), due, hold_until=until)


def _window_words(kind: WindowKind, policy: Policy) -> str:
    if kind is WindowKind.BUSINESS:
        return "in business hours"
    if kind is WindowKind.HOLIDAY:
        return f"in the on-call window of a {policy.title(kind)}"
    return f"in the {policy.title(kind)} on-call window"


def _desk_words(impact: Impact, policy: Policy) -> str:
    if not impact.pages:
        return "In business hours the support desk owns tickets."
    return (
        "In business hours the support desk owns tickets; "
        f"if nobody has taken it after {span(policy.escalation.desk_after)}, the on-call engineers are paged."
    )


def _due_words(promise: Promise, policy: Policy, due: datetime) -> str:
    target = promise.targets[Metric.FIRST_REPLY]
    return (
        f"First reply is due by {full_time(due, policy.zone)}: {span(target.within)} of {target.counting.value} time."
    )


def _on_call_words(schedule: Schedule, on_call: OnCall, policy: Policy) -> list[str]:
    words = [
        f"{role} is {duty.engineer} until {full_time(duty.until, policy.zone)}"
        + (f" (override: {duty.override.reason})." if duty.override else ".")
        for role, duty in on_call.roles.items()
    ]
    if on_call.missing:
        gap = f"The schedule has a gap: nobody is on call as {' or '.join(on_call.missing)}."
        words.append(gap if schedule.publications else "No schedule is published: nobody is on call.")
    if not on_call.roles:
        manager = schedule.manager_at(on_call.at)
        words.append(
            f"So the manager, {manager.id}, is paged at once."
            if manager
            else "No manager is known either: nobody can be paged."
        )
    return words
