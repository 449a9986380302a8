"""A policy as the table that a customer would read, and in words what changes from one policy to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import TypeVar

from oncall.support.policy import (
    Counting,
    Coverage,
    Customer,
    EscalationStep,
    Impact,
    Limits,
    Metric,
    Policy,
    Promise,
    SupportPlan,
    TextLimit,
)
from oncall.support.policy_view_types import PolicyView, PromiseView, SupportPlanView, TextLimitView
from oncall.support.tables import table_lines
from oncall.support.windows import WeekSpan
from oncall.support.wording import exact_span

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
        return exact_span(target.within)
    hours, rest = divmod(target.within, timedelta(hours=1))
    # A day of business hours is no day: whoever reads it must not take it for one.
    length = exact_span(target.within) if rest else f"{hours} h"
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
    when = exact_span(step.after) if step.after is not None else f"{step.after_percent:g}% of the first-reply time"
    return f"{step.notify.value} by {step.channel.value} after {when}"


def policy_lines(policy: Policy, width: int | None = None) -> list[str]:
    """The whole promise for a terminal: hours, the table, what each impact means, who is told when.

    width: of the terminal, for the table; None leaves the table as wide as it is.
    """
    rules = policy.escalation
    desk = ", ".join(policy.desk.notify)
    return [
        f"{policy.name}, all times in {policy.zone.key}",
        *(f"  {line}" for line in hours_words(policy)),
        "",
        *table_lines(promise_rows(policy), width, names=2),
        "",
        *(f"{', '.join([one.name, *one.aliases])}: {one.definition}" for one in policy.impacts.values()),
        "",
        f"Engineers are woken for {_names(one.name for one in policy.impacts.values() if one.pages)}.",
        "No update is owed while the customer is waited for, for "
        f"{_names(one.name for one in policy.impacts.values() if one.pause_while_waiting)}.",
        f"Escalation: {'; '.join(step_words(step) for step in rules.steps)}.",
        f"Again every {exact_span(rules.repeat_every)}; from the desk after {exact_span(rules.desk_after)}.",
        f"Whoever holds a ticket is warned at {rules.warn_share * 100:g}% of a promised time.",
        f"Storms: {limits_words(policy.limits)}.",
        *([f"The desk: {desk} told by {policy.desk.channel.value} of each ticket that comes to it."] if desk else []),
        *(
            f"{plan} brings {_names(extra.value.replace('_', ' ') for extra in extras)}."
            for plan, extras in policy.extras.items()
        ),
        *([f"Customers: {len(policy.customers)}, in {policy.customers_file}."] if policy.customers_file else []),
    ]


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"


def policy_view(policy: Policy) -> PolicyView:
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
        "limits": {
            "bundle_for_seconds": int(policy.limits.bundle_for.total_seconds()),
            "per_phone": _allowance_view(policy.limits.per_phone),
            "sender": _allowance_view(policy.limits.sender),
        },
        "desk": {"notify": list(policy.desk.notify), "channel": policy.desk.channel.value},
        "customers": [
            {"name": one.name, "plan": one.plan, "account_manager": one.account_manager, "contacts": list(one.contacts)}
            for one in policy.customers
        ],
    }


def _allowance_view(allowance: TextLimit) -> TextLimitView:
    return {"most": allowance.most, "within_seconds": int(allowance.within.total_seconds())}


def limits_words(limits: Limits) -> str:
    """`at most 10 texts in 60 s to one phone, ...`: what a storm of tickets may send."""
    waits = (
        f"pages within {exact_span(limits.bundle_for)} go as one" if limits.bundle_for else "no page waits for others"
    )
    to_one, to_all = _allowed(limits.per_phone, "text"), _allowed(limits.sender, "segment")
    return f"{waits}; at most {to_one} to one phone, {to_all} to all together"


def _allowed(allowance: TextLimit, what: str) -> str:
    texts = what if allowance.most == 1 else f"{what}s"
    return f"{allowance.most} {texts} in {exact_span(allowance.within)}"


def _plan_view(plan: SupportPlan, policy: Policy) -> SupportPlanView:
    return {
        "short_name": plan.short_name,
        "faster_than": plan.faster_than,
        "extras": [extra.value for extra in policy.extras.get(plan.name, ())],
        "promises": {impact: _promise_view(promise) for impact, promise in plan.promises.items()},
    }


def _promise_view(promise: Promise) -> PromiseView:
    view: PromiseView = {"coverage": promise.coverage.value}
    for metric, target in promise.targets.items():
        view[metric.value] = {"seconds": int(target.within.total_seconds()), "counting": target.counting.value}
    return view


def changes(old: Policy, new: Policy) -> list[str]:
    """What changes for whom, a sentence each; empty when the policies promise the same."""
    return [
        *_name_changes(old, new),
        *_hours_changes(old, new),
        *_impact_changes(old, new),
        *_plan_changes(old, new),
        *_escalation_changes(old, new),
        *_limit_changes(old.limits, new.limits),
        *_customer_changes(old, new),
    ]


def _name_changes(old: Policy, new: Policy) -> Iterator[str]:
    if old.name != new.name:
        yield f"The policy is called {new.name}, no longer {old.name}."


def _hours_changes(old: Policy, new: Policy) -> Iterator[str]:
    if old.zone.key != new.zone.key:
        yield f"Everybody: hours are in {new.zone.key}, no longer in {old.zone.key}."
    before, after = hours_words(old), hours_words(new)
    yield from (f"Everybody: new hours, {line}." for line in after if line not in before)
    yield from (f"Everybody: these hours are gone, {line}." for line in before if line not in after)


def _impact_changes(old: Policy, new: Policy) -> Iterator[str]:
    for name, before, after in _pairs(old.impacts, new.impacts):
        if after is None:
            yield f"Impact {name} is gone."
        elif before is None:
            woken = "engineers are woken for it" if after.pages else "nobody is woken for it"
            pauses = "pause" if after.pause_while_waiting else "go on"
            yield f"Impact {name} is new ({', '.join(after.aliases) or 'no other name'}): {after.definition}"
            yield f"Impact {name}: {woken}; periodic updates {pauses} while the customer is waited for."
        else:
            yield from _one_impact(name, before, after)
    yield from _order_changes("Impacts", list(old.impacts), list(new.impacts))


def _order_changes(what: str, before: list[str], after: list[str]) -> Iterator[str]:
    """Listings and reports follow the order of the file; what is new or gone does not move the others."""
    both = [name for name in after if name in before]
    if both != [name for name in before if name in after]:
        yield f"{what} are listed in the order {', '.join(after)}."


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
        if after is None:
            yield f"Plan {name} is gone."
        elif before is None:
            yield f"Plan {name} is new, written {after.short_name} in pages{_faster_words(after)}."
            yield from (_new_promise(name, impact, promise) for impact, promise in after.promises.items())
        else:
            yield from _one_plan(name, before, after)
    yield from _order_changes("Plans", list(old.plans), list(new.plans))
    for name, had, has in _pairs(old.extras, new.extras):
        yield from (f"{name} customers: {extra.value} is new." for extra in has or () if extra not in (had or ()))
        yield from (f"{name} customers: {extra.value} is gone." for extra in had or () if extra not in (has or ()))


def _one_plan(name: str, before: SupportPlan, after: SupportPlan) -> Iterator[str]:
    for impact, was, now in _pairs(before.promises, after.promises):
        if was is not None and now is not None:
            yield from _one_promise(f"{name} customers, {impact}", was, now)
        elif now is not None:
            yield _new_promise(name, impact, now)
    if before.short_name != after.short_name:
        yield f"Pages: {name} is written {after.short_name}, no longer {before.short_name}."
    if before.faster_than != after.faster_than:
        yield f"{name} customers: {_faster_words(after).strip(', ') or 'no longer promised to be faster'}" + (
            f" (before: {before.faster_than})." if before.faster_than else "."
        )


def _faster_words(plan: SupportPlan) -> str:
    return f", promised to be faster than {plan.faster_than}" if plan.faster_than else ""


def _new_promise(plan: str, impact: str, promise: Promise) -> str:
    times = ", ".join(f"{METRIC_WORDS[metric]} within {target_words(promise, metric)}" for metric in Metric)
    return f"{plan} customers, {impact}: covered {COVERAGE_WORDS[promise.coverage]}, {times}."


def _one_promise(who: str, was: Promise, now: Promise) -> Iterator[str]:
    if was.coverage is not now.coverage:
        yield f"{who}: covered {COVERAGE_WORDS[now.coverage]}, before {COVERAGE_WORDS[was.coverage]}."
    for metric in Metric:
        before, after = target_words(was, metric), target_words(now, metric)
        old, new = was.targets[metric], now.targets[metric]
        if before != after:
            direction = " (faster)" if new.within < old.within else " (slower)" if new.within > old.within else ""
            yield f"{who}: {METRIC_WORDS[metric]} within {after}, before {before}{direction}."
        elif old.counting is not new.counting:
            words = f"is counted in {new.counting.value} hours, before in {old.counting.value} hours"
            yield f"{who}: {METRIC_WORDS[metric]} {words}: the same, as every hour is covered."


def _escalation_changes(old: Policy, new: Policy) -> Iterator[str]:
    before, after = old.escalation, new.escalation
    if before.steps != after.steps:
        yield f"Engineers: escalation is {'; '.join(step_words(step) for step in after.steps)}."
    if before.repeat_every != after.repeat_every:
        words = f"after {exact_span(after.repeat_every)}, before {exact_span(before.repeat_every)}"
        yield f"Engineers: the round begins again {words}."
    if before.desk_after != after.desk_after:
        words = f"after {exact_span(after.desk_after)}, before {exact_span(before.desk_after)}"
        yield f"The desk: a ticket that wakes engineers goes on to them {words}."
    if before.warn_share != after.warn_share:
        shares = [f"{rules.warn_share * 100:g}%" for rules in (after, before)]
        yield f"Owners: warned at {shares[0]} of a promised time, before {shares[1]}."
    if old.desk != new.desk:
        yield f"The desk: {', '.join(new.desk.notify) or 'nobody'} told by {new.desk.channel.value}."


def _limit_changes(old: Limits, new: Limits) -> Iterator[str]:
    if old.bundle_for != new.bundle_for:
        after = (
            f"wait for each other for {exact_span(new.bundle_for)}" if new.bundle_for else "never wait for each other"
        )
        before = exact_span(old.bundle_for) if old.bundle_for else "never"
        yield f"Pages: further ones to one phone {after}, before {before}."
    if old.per_phone != new.per_phone:
        yield f"Each phone: at most {_allowed(new.per_phone, 'text')}, before {_allowed(old.per_phone, 'text')}."
    if old.sender != new.sender:
        after, before = _allowed(new.sender, "segment"), _allowed(old.sender, "segment")
        yield f"All phones together: at most {after}, before {before}."


def _customer_changes(old: Policy, new: Policy) -> Iterator[str]:
    if old.customers_file != new.customers_file:
        names = [name or "no file" for name in (new.customers_file, old.customers_file)]
        yield f"Customers are listed in {names[0]}, before in {names[1]}."
    before = {customer.name: customer for customer in old.customers}
    for name, was, now in _pairs(before, {customer.name: customer for customer in new.customers}):
        if now is None:
            yield f"{name}: no longer a customer."
        elif was is None:
            contacts = f", contacts {', '.join(now.contacts)}" if now.contacts else ""
            yield f"{name}: new, on {now.plan}, looked after by {now.account_manager or 'nobody'}{contacts}."
        else:
            yield from _one_customer(was, now)


def _one_customer(was: Customer, now: Customer) -> Iterator[str]:
    if was.plan != now.plan:
        yield f"{now.name}: on {now.plan}, before {was.plan}."
    if was.account_manager != now.account_manager:
        after, before = (one.account_manager or "nobody" for one in (now, was))
        yield f"{now.name}: looked after by {after}, before {before}."
    if was.contacts != now.contacts:
        after, before = (", ".join(one.contacts) or "none" for one in (now, was))
        yield f"{now.name}: contacts are {after}, before {before}."


def _pairs(old: Mapping[str, T], new: Mapping[str, T]) -> Iterator[tuple[str, T | None, T | None]]:
    for name in dict.fromkeys([*old, *new]):
        yield name, old.get(name), new.get(name)
