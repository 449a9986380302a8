"""A policy as customers read it: a table of what is promised, lines for the terminal, and JSON."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from oncall.support.coverage_days import DAYS_OF_WEEK, MONDAY_TO_FRIDAY, whole_days_words
from oncall.support.mail_rules import MailRules
from oncall.support.policy import (
    Counting,
    Coverage,
    Customer,
    EscalationStep,
    Limits,
    Metric,
    Policy,
    Promise,
    SmsRules,
    SupportPlan,
    TextLimit,
)
from oncall.support.policy_view_types import (
    CustomerView,
    PolicyView,
    PromiseView,
    RoutingView,
    SupportPlanView,
    TextLimitView,
)
from oncall.support.portal_table import portal_lines, portal_view
from oncall.support.reminders import Reminders, reminder_words
from oncall.support.routing import Routing
from oncall.support.text_tables import table_lines
from oncall.support.windows import WeekSpan
from oncall.support.wording import exact_span

COVERAGE_WORDS = {Coverage.ALWAYS: "24x7", Coverage.FIVE_DAYS: "24x5", Coverage.BUSINESS: "business hours"}
METRIC_WORDS = {
    Metric.FIRST_REPLY: "first reply",
    Metric.NEXT_REPLY: "next reply",
    Metric.PERIODIC_UPDATE: "update",
}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def promise_rows(policy: Policy) -> list[list[str]]:
    """Return the table of what the policy promises: the header, and one row for each plan and impact."""
    header = ["plan", "impact", "when", *(METRIC_WORDS[metric] for metric in Metric)]
    rows = [
        [plan.name, impact, COVERAGE_WORDS[promise.coverage], *(target_words(promise, metric) for metric in Metric)]
        for plan in policy.plans.values()
        for impact, promise in plan.promises.items()
    ]
    return [header, *rows]


def target_words(promise: Promise, metric: Metric) -> str:
    """Return a target in words: `1 h`, or `8 h of business hours` if only covered time counts."""
    target = promise.targets[metric]
    if target.counting is Counting.CALENDAR or promise.coverage is Coverage.ALWAYS:
        return exact_span(target.within)
    hours, rest = divmod(target.within, timedelta(hours=1))
    # In hours, not days: 24 business hours are more than two working days.
    length = exact_span(target.within) if rest else f"{hours} h"
    return f"{length} of {COVERAGE_WORDS[promise.coverage]}"


def hours_words(policy: Policy) -> list[str]:
    """Return a line for each kind of window, like `business: Mon 08:00 to 19:00, ...`. The last minute is included."""
    lines: dict[str, list[str]] = {}
    for window in policy.spans:
        lines.setdefault(_kind_words(window, policy), []).append(_span_words(window))
    return [f"{kind}: {', '.join(words)}" for kind, words in lines.items()]


def _kind_words(window: WeekSpan, policy: Policy) -> str:
    """Return the kind of a window with its display name, and whether the policy says that it is a weekend."""
    notes = [policy.titles[window.kind]] if window.kind in policy.titles else []
    if window.marked_weekend is not None:
        notes.append("a weekend" if window.marked_weekend else "no weekend")
    return f"{window.kind} ({', '.join(notes)})" if notes else str(window.kind)


def _span_words(window: WeekSpan) -> str:
    first, last = window.start_minute, window.end_minute - 1
    same_day = first // 1440 == last // 1440
    return f"{_minute_words(first)} to {_minute_words(last, with_day=not same_day)}"


def _minute_words(minute: int, *, with_day: bool = True) -> str:
    day, rest = divmod(minute % (7 * 1440), 1440)
    clock = f"{rest // 60:02}:{rest % 60:02}"
    return f"{_DAYS[day]} {clock}" if with_day else clock


def step_words(step: EscalationStep) -> str:
    """Return a step in words, like `secondary by sms after 10 min`."""
    when = exact_span(step.after) if step.after is not None else f"{step.after_percent:g}% of the first-reply time"
    return f"{step.notify} by {step.channel.value} after {when}"


def policy_lines(policy: Policy, width: int | None = None) -> list[str]:
    """Return the whole policy as lines for a terminal: hours, table, impacts and escalation.

    width: of the terminal in columns, for the table; None: the table may have any width.
    """
    rules = policy.escalation
    desk = ", ".join(policy.desk.notify)
    return [
        f"{policy.name}, all times in {policy.zone.key}",
        *(f"  {line}" for line in hours_words(policy)),
        *_coverage_day_lines(policy),
        "",
        *table_lines(promise_rows(policy), width, names=2),
        "",
        *(f"{', '.join([one.name, *one.aliases])}: {one.definition}" for one in policy.impacts.values()),
        "",
        f"Engineers are paged for {_names(one.name for one in policy.impacts.values() if one.pages)}.",
        "Periodic updates pause while a ticket waits for the customer, for "
        f"{_names(one.name for one in policy.impacts.values() if one.pause_while_waiting)}.",
        f"Escalation: {'; '.join(step_words(step) for step in rules.steps)}.",
        f"The round repeats every {exact_span(rules.repeat_every)}; a ticket leaves the desk after "
        f"{exact_span(rules.desk_after)}.",
        f"The owner of a ticket is warned at {rules.warn_share * 100:g}% of a promised time.",
        f"Limits: {limits_words(policy.limits)}.",
        f"Urgent pages: {urgent_words(policy.limits)}.",
        f"Ceiling: {ceiling_words(policy.limits)}.",
        f"Texts: {script_words(policy.sms)}; {link_words(policy.sms)}.",
        f"Replies: {bare_reply_words(policy.sms)}.",
        f"Mail: {mail_words(policy.mail)}.",
        *portal_lines(policy),
        *([f"Reminders: {reminder_words(policy.reminders)}."] if policy.reminders != Reminders() else []),
        *([f"The desk: notices of its tickets go to {desk} by {policy.desk.channel.value}."] if desk else []),
        *(f"Webhook {each.name}: {', '.join(each.events)}." for each in policy.webhooks),
        *(f"Team channel {each.name}: {', '.join(each.about)}." for each in policy.team_channels),
        *(
            f"{plan} includes {_names(extra.value.replace('_', ' ') for extra in extras)}."
            for plan, extras in policy.extras.items()
        ),
        *(
            [f"Routing: {len(policy.routing.rows)} rows for alerts; see `oncall intake explain`."]
            if policy.routing.rows
            else []
        ),
        *([f"Customers: {len(policy.customers)}, in {policy.customers_file}."] if policy.customers_file else []),
    ]


def _coverage_day_lines(policy: Policy) -> list[str]:
    """Return a line that names the days of 24x5 coverage; empty if they are Monday to Friday."""
    days = policy.coverage_days
    return [] if days == MONDAY_TO_FRIDAY else [f"  24x5: {whole_days_words(days)}"]


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"


def policy_view(policy: Policy) -> PolicyView:
    """Return the policy as JSON. Lengths of time are in seconds."""
    return {
        "name": policy.name,
        "timezone": policy.zone.key,
        "hours": hours_words(policy),
        "coverage_days": [DAYS_OF_WEEK[day].lower() for day in policy.coverage_days],
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
            "bundle_urgent_for_seconds": int(policy.limits.bundle_urgent_for.total_seconds()),
            "per_phone": _allowance_view(policy.limits.per_phone),
            "sender": _allowance_view(policy.limits.sender),
            "urgent_per_phone": _allowance_view(policy.limits.urgent_to_phone),
            "urgent_per_caller": _allowance_view(policy.limits.urgent_of_caller),
        },
        "sms": {
            "unicode": policy.sms.unicode,
            "link": policy.sms.link,
            "bare_reply_within_seconds": int(policy.sms.bare_reply_within.total_seconds()),
        },
        "mail": {
            "recipients": list(policy.mail.recipients),
            "impact": policy.mail.impact,
            "words": dict(policy.mail.words),
        },
        "portal": portal_view(policy),
        "reminders": {
            "before_seconds": [int(each.total_seconds()) for each in policy.reminders.before],
            "prove_phones": policy.reminders.prove_phones,
            "not_to": list(policy.reminders.not_to),
        },
        "desk": {"notify": list(policy.desk.notify), "channel": policy.desk.channel.value},
        "routing": _routing_view(policy.routing),
        "customers": [_customer_view(one) for one in policy.customers],
    }


def _routing_view(table: Routing) -> RoutingView:
    return {
        "rows": [
            {"match": dict(row.match), "customer": row.customer, "plan": row.plan, "impact": row.impact}
            for row in table.rows
        ],
        "severities": dict(table.severities),
        "default_impact": table.default_impact,
        "default_customer": table.default_customer,
        "unknown_customers": table.unknown_plan,
    }


def _customer_view(one: Customer) -> CustomerView:
    return {
        "name": one.name,
        "plan": one.plan,
        "account_manager": one.account_manager,
        "contacts": list(one.contacts),
        "id": one.id,
        "domains": list(one.domains),
        "organizations": list(one.organizations),
        "tags": list(one.tags),
    }


def _allowance_view(allowance: TextLimit) -> TextLimitView:
    return {"most": allowance.most, "within_seconds": int(allowance.within.total_seconds())}


def script_words(sms: SmsRules) -> str:
    """Return in words how texts show letters that GSM-7 lacks."""
    return "in a customer's own letters" if sms.unicode else "in Latin letters only"


def link_words(sms: SmsRules) -> str:
    """Return in words whether pages show the ticket's link."""
    return "pages have the ticket's link where it fits" if sms.link else "pages have no link"


def bare_reply_words(sms: SmsRules) -> str:
    """Return in words how long after a page a command without a code is accepted."""
    return f"ACK or DONE without a code counts within {exact_span(sms.bare_reply_within)} of the last page"


def mail_words(rules: MailRules) -> str:
    """Return in words which addresses open tickets, and with which impact."""
    impact = rules.impact or "the same as for an alert without a severity"
    words = "".join(f', {made} if the subject begins with "{word}"' for word, made in rules.words.items())
    return f"a mail to {' or '.join(rules.recipients)} opens a ticket; its impact is {impact}{words}"


def limits_words(limits: Limits) -> str:
    """Return the rate limits in words: `pages within 10 s go as one; at most 10 texts in 1 min to one phone, ...`."""
    waits = (
        f"pages within {exact_span(limits.bundle_for)} go as one" if limits.bundle_for else "no page waits for others"
    )
    to_one, to_all = allowance_words(limits.per_phone, "text"), allowance_words(limits.sender, "segment")
    return f"{waits}; at most {to_one} to one phone, {to_all} to all together"


def urgent_words(limits: Limits) -> str:
    """Return in words how first pages of urgent tickets go to a phone that was paged just before."""
    if not limits.bundle_urgent_for:
        return "each goes at once and alone"
    return f"the first goes at once; others to that phone within {exact_span(limits.bundle_urgent_for)} go as one"


def ceiling_words(limits: Limits) -> str:
    """Return in words how many messages a phone gets, and a caller causes, before urgent pages go as a summary."""
    phone, caller = (
        allowance_words(limits.urgent_to_phone, "message"),
        allowance_words(limits.urgent_of_caller, "message"),
    )
    return f"beyond {phone} to one phone, or {caller} from one caller, urgent pages go as one summary a minute"


def allowance_words(allowance: TextLimit, what: str) -> str:
    """Return a rate limit in words: `10 texts in 1 min`. what: the counted thing in the singular, like `text`."""
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
