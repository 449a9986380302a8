"""Applies the routing table: decides which customer, plan and impact the ticket of a signal gets, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oncall.errors import Refused
from oncall.paging.domain.quoted_text import clean, quoted
from oncall.paging.domain.verdict import impact_named, plan_named
from oncall.support.customer_match import customer_of
from oncall.support.policy import Policy
from oncall.support.routing import SEVERITIES, RoutingRow

LONGEST_LABEL = 200
STANDARD = "standard"


@dataclass(frozen=True, slots=True)
class Routed:
    """The customer, plan and impact that a signal's ticket gets.

    row: the row of the routing table that matched; None: no row. reasons: sentences. unknown_customer: the name of a
    customer that is not in the customers file; None if the customer is there, or if none was named.
    """

    customer: str
    plan: str
    impact: str
    reasons: tuple[str, ...]
    row: RoutingRow | None = None
    unknown_customer: str | None = None


def routed(labels: Mapping[str, str], policy: Policy) -> Routed:
    """Return the customer, plan and impact for a signal with these labels.

    No signal is refused: each part has a default.
    """
    known = {name.lower(): clean(value)[:LONGEST_LABEL] for name, value in labels.items()}
    lowered = {name: value.lower() for name, value in known.items()}
    row = next((one for one in policy.routing.rows if one.fits(lowered)), None)
    reasons = [f"Row {row.words} of the routing table matches (line {row.line})." if row else "No routing row matches."]
    if not policy.routing.rows:
        reasons.clear()
    customer, listed_plan, unknown = _customer(known, row, policy, reasons)
    plan = _plan(known, row, policy, reasons, listed=listed_plan, customer=customer)
    impact = _impact(known, row, policy, reasons)
    return Routed(customer, plan, impact, tuple(reasons), row, unknown)


def _customer(
    labels: Mapping[str, str], row: RoutingRow | None, policy: Policy, reasons: list[str]
) -> tuple[str, str | None, str | None]:
    """Return the customer, the customer's plan in the customers file (or None), and the name if it is not in that file.

    Appends to `reasons` a sentence if the labels name the customer indirectly, or name none.
    """
    if row is not None and row.customer is not None:
        listed = policy.customer(row.customer)
        return row.customer, listed.plan if listed is not None else None, None
    found = customer_of(labels, policy)
    if found is None:
        reasons.append(f"No customer is named, so it is {policy.routing.default_customer}'s.")
        listed = policy.customer(policy.routing.default_customer)
        return policy.routing.default_customer, listed.plan if listed is not None else None, None
    if found.listed is not None:
        if found.name != labels.get("customer"):
            reasons.append(f"{found.why[0].upper()}{found.why[1:]}.")
        return found.name, found.listed.plan, None
    return found.name, None, found.name


def _plan(
    labels: Mapping[str, str],
    row: RoutingRow | None,
    policy: Policy,
    reasons: list[str],
    *,
    listed: str | None,
    customer: str,
) -> str:
    if row is not None and row.plan is not None:
        return row.plan
    if labels.get("plan"):
        try:
            return plan_named(labels["plan"], policy).name
        except Refused:
            reasons.append(f"{quoted(labels['plan'])} is not a plan of the policy, so it does not count.")
    if listed is not None:
        return listed
    if (tagged := _plan_tag(labels.get("tags", ""), policy)) is not None:
        reasons.append(f"The tag {quoted(tagged[0])} names the plan {tagged[1]}.")
        return tagged[1]
    plan = unknown_plan(policy)
    if customer != policy.routing.default_customer:
        reasons.append(f"{quoted(customer)} is on no list of customers, so the plan is {plan}.")
    return plan


def _plan_tag(tags: str, policy: Policy) -> tuple[str, str] | None:
    """Return the first tag that names a plan, and that plan; None if no tag does.

    `_` counts as `-`, because help desks write tags like `business_critical`.
    """
    for tag in tags.replace(",", " ").split():
        name = tag.lower().replace("_", "-").removeprefix("plan-")
        if name in policy.plans:
            return tag, name
    return None


def unknown_plan(policy: Policy) -> str:
    """Return the plan for customers that are not in the customers file."""
    chosen = policy.routing.unknown_plan
    if chosen is not None and chosen in policy.plans:
        return chosen
    return STANDARD if STANDARD in policy.plans else next(iter(policy.plans))


def _impact(labels: Mapping[str, str], row: RoutingRow | None, policy: Policy, reasons: list[str]) -> str:
    if row is not None and row.impact is not None:
        return row.impact
    for label in ("impact", "severity", "priority"):
        word = labels.get(label, "")
        if not word:
            continue
        if (impact := impact_of(word, policy)) is not None:
            reasons.append(f"The {label} {quoted(word)} counts as {impact}.")
            return impact
        reasons.append(f"The {label} {quoted(word)} is not known, so it does not count.")
    impact = default_impact(policy)
    reasons.append(f"No known severity is given, so the impact is {impact}.")
    return impact


def impact_of(severity: str, policy: Policy) -> str | None:
    """Return the impact that a sender's severity means; None if it is unknown.

    Looks in the policy's `severities`, then among the names and aliases of impacts, then in SEVERITIES, the words that
    monitoring tools commonly use.
    """
    word = severity.strip().lower()
    if word in policy.routing.severities:
        return policy.routing.severities[word]
    try:
        return impact_named(word, policy).name
    except Refused:
        return next((impact for impact in SEVERITIES.get(word, ()) if impact in policy.impacts), None)


def default_impact(policy: Policy) -> str:
    """Return the impact for an unknown severity: the one that the policy names, or the least grave one that pages."""
    chosen = policy.routing.default_impact
    if chosen is not None and chosen in policy.impacts:
        return chosen
    paging = [impact.name for impact in policy.impacts.values() if impact.pages]
    return paging[-1] if paging else next(iter(policy.impacts))


def is_graver(impact: str, than: str, policy: Policy) -> bool:
    """Return True if `impact` is graver than `than`: the policy lists the gravest impact first."""
    order = list(policy.impacts)
    return impact in order and than in order and order.index(impact) < order.index(than)
