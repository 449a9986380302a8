"""The differences between two policies as sentences: what changes for customers, engineers, the desk and pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from oncall.support.coverage_days import whole_days_words
from oncall.support.policy import Customer, Impact, Limits, Metric, Policy, Promise, SmsRules, SupportPlan
from oncall.support.policy_table import (
    COVERAGE_WORDS,
    METRIC_WORDS,
    allowance_words,
    bare_reply_words,
    ceiling_words,
    hours_words,
    link_words,
    mail_words,
    policy_view,
    script_words,
    step_words,
    target_words,
    urgent_words,
)
from oncall.support.portal_form import portal_rows
from oncall.support.reminders import reminder_words
from oncall.support.wording import exact_span

T = TypeVar("T")


def changes(old: Policy, new: Policy) -> list[str]:
    """Return one sentence for each change; empty if both policies promise the same."""
    return [
        *_name_changes(old, new),
        *_hours_changes(old, new),
        *_impact_changes(old, new),
        *_plan_changes(old, new),
        *_escalation_changes(old, new),
        *_limit_changes(old.limits, new.limits),
        *_sms_changes(old.sms, new.sms),
        *_routing_changes(old, new),
        *([f"Mail: {mail_words(new.mail)}."] if old.mail != new.mail else []),
        *_portal_changes(old, new),
        *([f"Reminders: {reminder_words(new.reminders)}."] if old.reminders != new.reminders else []),
        *_customer_changes(old, new),
        *_outward_changes(old, new),
    ]


def _routing_changes(old: Policy, new: Policy) -> Iterator[str]:
    """Yield a sentence if the routing of alerts differs. It does not matter in which line of the file a row stands."""
    if policy_view(old)["routing"] != policy_view(new)["routing"]:
        yield "Alerts: the routing table is different; `oncall intake explain` shows what it does."


def _portal_changes(old: Policy, new: Policy) -> Iterator[str]:
    if portal_rows(old) != portal_rows(new):
        yield "Portal: other answers make other impacts; `oncall policy show` shows the table."
    if old.portal.answer_within != new.portal.answer_within:
        within = exact_span(new.portal.answer_within)
        yield f"Portal: the pages promise an answer within {within} on average in business hours."


def _name_changes(old: Policy, new: Policy) -> Iterator[str]:
    if old.name != new.name:
        yield f"The policy is called {new.name}, no longer {old.name}."


def _hours_changes(old: Policy, new: Policy) -> Iterator[str]:
    if old.zone.key != new.zone.key:
        yield f"Everybody: hours are in {new.zone.key}, no longer in {old.zone.key}."
    before, after = hours_words(old), hours_words(new)
    yield from (f"Everybody: new hours, {line}." for line in after if line not in before)
    yield from (f"Everybody: these hours are gone, {line}." for line in before if line not in after)
    if old.coverage_days != new.coverage_days:
        words = [whole_days_words(policy.coverage_days) for policy in (new, old)]
        yield f"Everybody: 24x5 is {words[0]}, before {words[1]}."


def _impact_changes(old: Policy, new: Policy) -> Iterator[str]:
    for name, before, after in _pairs(old.impacts, new.impacts):
        if after is None:
            yield f"Impact {name} is gone."
        elif before is None:
            paged = "engineers are paged for it" if after.pages else "no engineer is paged for it"
            updates = "pause" if after.pause_while_waiting else "continue"
            yield f"Impact {name} is new ({', '.join(after.aliases) or 'no other name'}): {after.definition}"
            yield f"Impact {name}: {paged}; periodic updates {updates} while a ticket waits for the customer."
        else:
            yield from _one_impact(name, before, after)
    yield from _order_changes("Impacts", list(old.impacts), list(new.impacts))


def _order_changes(what: str, before: list[str], after: list[str]) -> Iterator[str]:
    """Yield a sentence with the new order of names, if names that are in both files changed their order.

    what: names the list, like `Impacts`. Listings and reports follow the order of the file.
    """
    both = [name for name in after if name in before]
    if both != [name for name in before if name in after]:
        yield f"{what} are listed in the order {', '.join(after)}."


def _one_impact(name: str, before: Impact, after: Impact) -> Iterator[str]:
    if before.pages != after.pages:
        yield f"Engineers: {'paged' if after.pages else 'no longer paged'} for {name}."
    if before.pause_while_waiting != after.pause_while_waiting:
        updates = "pause" if after.pause_while_waiting else "continue"
        yield f"Every customer: periodic updates for {name} {updates} while a ticket waits for the customer."
    if before.definition != after.definition:
        yield f"Every customer: {name} has a new definition: {after.definition}"
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
            words = f"counts {new.counting.value} hours, before {old.counting.value} hours"
            yield f"{who}: {METRIC_WORDS[metric]} {words}: the same, because every hour is covered."


def _escalation_changes(old: Policy, new: Policy) -> Iterator[str]:
    before, after = old.escalation, new.escalation
    if before.steps != after.steps:
        yield f"Engineers: escalation is {'; '.join(step_words(step) for step in after.steps)}."
    if before.repeat_every != after.repeat_every:
        words = f"after {exact_span(after.repeat_every)}, before {exact_span(before.repeat_every)}"
        yield f"Engineers: the round begins again {words}."
    if before.desk_after != after.desk_after:
        words = f"after {exact_span(after.desk_after)}, before {exact_span(before.desk_after)}"
        yield f"The desk: a ticket for which engineers are paged goes on to them {words}."
    if before.warn_share != after.warn_share:
        shares = [f"{rules.warn_share * 100:g}%" for rules in (after, before)]
        yield f"Owners: warned at {shares[0]} of a promised time, before {shares[1]}."
    if old.desk != new.desk:
        yield f"The desk: notices go to {', '.join(new.desk.notify) or 'nobody'} by {new.desk.channel.value}."


def _limit_changes(old: Limits, new: Limits) -> Iterator[str]:
    if old.bundle_for != new.bundle_for:
        after = f"wait for each other for {exact_span(new.bundle_for)}" if new.bundle_for else "never wait"
        before = exact_span(old.bundle_for) if old.bundle_for else "never"
        yield f"Pages: further ones to one phone {after}, before {before}."
    if old.bundle_urgent_for != new.bundle_urgent_for:
        yield f"Urgent pages: {urgent_words(new)}, before {urgent_words(old)}."
    if ceiling_words(old) != ceiling_words(new):
        yield f"Ceiling: {ceiling_words(new)}, before {ceiling_words(old)}."
    if old.per_phone != new.per_phone:
        after, before = (allowance_words(limits.per_phone, "text") for limits in (new, old))
        yield f"Each phone: at most {after}, before {before}."
    if old.sender != new.sender:
        after, before = (allowance_words(limits.sender, "segment") for limits in (new, old))
        yield f"All phones together: at most {after}, before {before}."


def _sms_changes(old: SmsRules, new: SmsRules) -> Iterator[str]:
    if old.unicode != new.unicode:
        yield f"Texts: {script_words(new)}, before {script_words(old)}."
    if old.link != new.link:
        yield f"Texts: {link_words(new)}, before {link_words(old)}."
    if old.bare_reply_within != new.bare_reply_within:
        yield f"Replies: {bare_reply_words(new)}, before within {exact_span(old.bare_reply_within)}."


def _customer_changes(old: Policy, new: Policy) -> Iterator[str]:
    if old.status_file != new.status_file:
        names = [name or "no file" for name in (new.status_file, old.status_file)]
        yield f"The status page comes from {names[0]}, before from {names[1]}."
    if old.customers_file != new.customers_file:
        names = [name or "no file" for name in (new.customers_file, old.customers_file)]
        yield f"Customers are listed in {names[0]}, before in {names[1]}."
    before = {customer.name: customer for customer in old.customers}
    for name, was, now in _pairs(before, {customer.name: customer for customer in new.customers}):
        if now is None:
            yield f"{name}: no longer a customer."
        elif was is None:
            contacts = f", contacts {', '.join(now.contacts)}" if now.contacts else ""
            yield f"{name}: new, on {now.plan}, account manager {now.account_manager or 'none'}{contacts}."
        else:
            yield from _one_customer(was, now)


def _outward_changes(old: Policy, new: Policy) -> Iterator[str]:
    hooks = [{each.name: each for each in policy.webhooks} for policy in (old, new)]
    for name, was, now in _pairs(*hooks):
        if now is None:
            yield f"Webhook {name}: no longer told."
        elif was is None:
            yield f"Webhook {name}: new, gets {', '.join(now.events)}."
        elif was != now:
            address = "" if was.url == now.url else " at another address"
            yield f"Webhook {name}: gets {', '.join(now.events)}{address}."
    channels = [{each.name: each for each in policy.team_channels} for policy in (old, new)]
    for name, before, after in _pairs(*channels):
        if after is None:
            yield f"Team channel {name}: no longer told."
        elif before != after:
            yield f"Team channel {name}: told about {', '.join(after.about)}."


def _one_customer(was: Customer, now: Customer) -> Iterator[str]:
    if was.plan != now.plan:
        yield f"{now.name}: on {now.plan}, before {was.plan}."
    if was.account_manager != now.account_manager:
        after, before = (one.account_manager or "none" for one in (now, was))
        yield f"{now.name}: account manager {after}, before {before}."
    if was.contacts != now.contacts:
        after, before = (", ".join(one.contacts) or "none" for one in (now, was))
        yield f"{now.name}: contacts are {after}, before {before}."
    if _names_elsewhere(was) != _names_elsewhere(now):
        yield f"{now.name}: the id, domains, organizations or tags are different."


def _names_elsewhere(one: Customer) -> tuple[object, ...]:
    return one.id, one.domains, one.organizations, one.tags


def _pairs(old: Mapping[str, T], new: Mapping[str, T]) -> Iterator[tuple[str, T | None, T | None]]:
    for name in dict.fromkeys([*old, *new]):
        yield name, old.get(name), new.get(name)
