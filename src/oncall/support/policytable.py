"""A policy as the table that a customer would read, and in words what changes from one policy to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from oncall.support.policy import Counting, Coverage, EscalationStep, Impact, Metric, Policy, Promise, SupportPlan
from oncall.support.windows import WeekSpan
from oncall.support.wording import span

T = TypeVar("T")

COVERAGE_WORDS = {Coverage.ALWAYS: "24x7", Coverage.WEEKDAYS: "24x5", Coverage.BUSINESS: "business hours"}
METRIC_WORDS = {
    Metric.FIRST_REPLY: "first reply",
    Metric.NEXT_REPLY: "next reply",
    Metric.PERIODIC_UPDATE: "update",
}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def promise_rows(policy: Policy) -> list[list[str]]:
    """The header and one row for each plan and impact."""
    header = ["plan", "impact", "when", *(METRIC_WORDS[metric] for metric in Metric)]
    rows = [
        [plan.name, impact, COVERAGE_WORDS[promise.coverage], *(target_words(promise, metric) for metric in Metric)]
        for plan in policy.plans.values()
        for impact, promise in plan.promises.items()
    ]
    return [header, *rows]


def target_words(promise: Promise, metric: Metric) -> str:
    """`1 h`, or `8 h of business hours` where only the hours of coverage count."""
    target = promise.targets[metric]
    if target.counting is Counting.CALENDAR or promise.coverage is Coverage.ALWAYS:
        return span(target.within)
    hours, rest = divmod(target.within, timedelta(hours=1))
    # A day of business hours is no day: whoever reads it must not take it for one.
    length = span(target.within) if rest else f"{hours} h"
    return f"{length} of {COVERAGE_WORDS[promise.coverage]}"


def hours_words(policy: Policy) -> list[str]:
    """`business: Mon 08:00 to 19:00, ...`: one line for each kind of window, last minutes inside."""
    lines: dict[str, list[str]] = {}
    for window in policy.spans:
        lines.setdefault(window.kind.value, []).append(_span_words(window))
    return [f"{kind}: {', '.join(words)}" for kind, words in lines.items()]


def _span_words(window: WeekSpan) -> str:
    first, last = window.start_minute, window.end_minute - 1
    same_day = first // 1440 == last // 1440
    return f"{_minute_words(first)} to {_minute_words(last, with_day=not same_day)}"


def _minute_words(minute: int, *, with_day: bool = True) -> str:
    day, rest = divmod(minute % (7 * 1440), 1440)
    clock = f"{rest // 60:02}:{rest % 60:02}"
    return f"{_DAYS[day]} {clock}" if with_day else clock


def step_words(step: EscalationStep) -> str:
    """`secondary by sms after 10 min`."""
    when = span(step.after) if step.after is not None else f"{step.after_percent:g}% of the first-reply time"
    return f"{step.notify.value} by {step.channel.value} after {when}"


def policy_view(policy: Policy) -> dict[str, Any]:
    """The policy as JSON; times in seconds."""
    return {
        "name": policy.name,
        "timezone": policy.zone.key,
        "hours": hours_words(policy),
        "impacts": {
            impact.name: {
                "definition": impact.definition,
                "aliases": list(impact.aliases),
                "pages": impact.pages,
                "pause_while_waiting": impact.pause_while_waiting,
            }
            for impact in policy.impacts.values()
        },
        "plans": {plan.name: _plan_view(plan, policy) for plan in policy.plans.values()},
        "escalation": {
            "desk_after_seconds": int(policy.escalation.desk_after.total_seconds()),
            "repeat_every_seconds": int(policy.escalation.repeat_every.total_seconds()),
            "warn_at_percent": policy.escalation.warn_share * 100,
            "steps": [step_words(step) for step in policy.escalation.steps],
        },
        "desk": {"notify": list(policy.desk.notify), "channel": policy.desk.channel.value},
        "customers": [
            {"name": one.name, "plan": one.plan, "account_manager": one.account_manager, "contacts": list(one.contacts)}
            for one in policy.customers
        ],
    }


def _plan_view(plan: SupportPlan, policy: Policy) -> dict[str, Any]:
    return {
        "short_name": plan.short_name,
        "faster_than": plan.faster_than,
        "extras": [extra.value for extra in policy.extras.get(plan.name, ())],
        "promises": {
            impact: {
                "coverage": promise.coverage.value,
                **{
                    metric.value: {"seconds": int(target.within.total_seconds()), "counting": target.counting.value}
                    for metric, target in promise.targets.items()
                },
            }
            for impact, promise in plan.promises.items()
        },
    }


def changes(old: Policy, new: Policy) -> list[str]:
    """What changes for whom, a sentence each; empty when the policies promise the same."""
    return [
        *_hours_changes(old, new),
        *_impact_changes(old, new),
        *_plan_changes(old, new),
        *_escalation_changes(old, new),
        *_customer_changes(old, new),
    ]


def _hours_changes(old: Policy, new: Policy) -> Iterator[str]:
    if old.zone.key != new.zone.key:
        yield f"Everybody: hours are in {new.zone.key}, no longer in {old.zone.key}."
    before, after = hours_words(old), hours_words(new)
    yield from (f"Everybody: new hours, {line}." for line in after if line not in before)
    yield from (f"Everybody: these hours are gone, {line}." for line in before if line not in after)


def _impact_changes(old: Policy, new: Policy) -> Iterator[str]:
    for name, before, after in _pairs(old.impacts, new.impacts):
        if before is None or after is None:
            yield f"Impact {name} is {'new' if before is None else 'gone'}."
            continue
        yield from _one_impact(name, before, after)


def _one_impact(name: str, before: Impact, after: Impact) -> Iterator[str]:
    if before.pages != after.pages:
        yield f"Engineers: {'woken' if after.pages else 'no longer woken'} for {name}."
    if before.pause_while_waiting != after.pause_while_waiting:
        words = "pause" if after.pause_while_waiting else "go on"
        yield f"Every customer: periodic updates for {name} {words} while they are waited for."
    if before.definition != after.definition:
        yield f"Every customer: {name} is defined anew: {after.definition}"
    if before.aliases != after.aliases:
        yield f"Tickets: {name} is also called {', '.join(after.aliases) or 'nothing else'}."


def _plan_changes(old: Policy, new: Policy) -> Iterator[str]:
    for name, before, after in _pairs(old.plans, new.plans):
        if before is None or after is None:
            yield f"Plan {name} is {'new' if before is None else 'gone'}."
            continue
        for impact, was, now in _pairs(before.promises, after.promises):
            if was is not None and now is not None:
                yield from _one_promise(f"{name} customers, {impact}", was, now)
        if before.short_name != after.short_name:
            yield f"Pages: {name} is written {after.short_name}, no longer {before.short_name}."
    for name, had, has in _pairs(old.extras, new.extras):
        yield from (f"{name} customers: {extra.value} is new." for extra in has or () if extra not in (had or ()))
        yield from (f"{name} customers: {extra.value} is gone." for extra in had or () if extra not in (has or ()))


def _one_promise(who: str, was: Promise, now: Promise) -> Iterator[str]:
    if was.coverage is not now.coverage:
        yield f"{who}: covered {COVERAGE_WORDS[now.coverage]}, before {COVERAGE_WORDS[was.coverage]}."
    for metric in Metric:
        before, after = target_words(was, metric), target_words(now, metric)
        if before == after:
            continue
        old, new = was.targets[metric].within, now.targets[metric].within
        direction = " (faster)" if new < old else " (slower)" if new > old else ""
        yield f"{who}: {METRIC_WORDS[metric]} within {after}, before {before}{direction}."


def _escalation_changes(old: Policy, new: Policy) -> Iterator[str]:
    before, after = old.escalation, new.escalation
    if before.steps != after.steps:
        yield f"Engineers: escalation is {'; '.join(step_words(step) for step in after.steps)}."
    if before.repeat_every != after.repeat_every:
        words = f"after {span(after.repeat_every)}, before {span(before.repeat_every)}"
        yield f"Engineers: the round begins again {words}."
    if before.desk_after != after.desk_after:
        words = f"after {span(after.desk_after)}, before {span(before.desk_after)}"
        yield f"The desk: an urgent ticket goes on to the engineers {words}."
    if before.warn_share != after.warn_share:
        yield f"Owners: warned at {after.warn_share:.0%} of a promised time, before {before.warn_share:.0%}."
    if old.desk != new.desk:
        yield f"The desk: {', '.join(new.desk.notify) or 'nobody'} told by {new.desk.channel.value}."


def _customer_changes(old: Policy, new: Policy) -> Iterator[str]:
    before = {customer.name: customer for customer in old.customers}
    for name, was, now in _pairs(before, {customer.name: customer for customer in new.customers}):
        if was is None and now is not None:
            yield f"{name}: new, on {now.plan}."
        elif now is None:
            yield f"{name}: no longer a customer."
        elif was is not None and was.plan != now.plan:
            yield f"{name}: on {now.plan}, before {was.plan}."
        elif was is not None and was.account_manager != now.account_manager:
            yield f"{name}: looked after by {now.account_manager or 'nobody'}."


def _pairs(old: Mapping[str, T], new: Mapping[str, T]) -> Iterator[tuple[str, T | None, T | None]]:
    for name in dict.fromkeys([*old, *new]):
        yield name, old.get(name), new.get(name)
