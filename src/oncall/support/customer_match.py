"""Finds the customer that the labels of an alert name: by name, id, domain, organization or tag."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from oncall.support.policy import Customer, Policy, folded_name

NAMES = (
    "customer",
    "customer_name",
    "organization",
    "organisation",
    "organization_name",
    "company",
    "account",
    "tenant",
)
"""Labels whose value is the name, the organization or the id of a customer."""
IDS = ("customer_id", "organization_id", "organisation_id", "company_id", "account_id", "tenant_id")
DOMAINS = ("domain", "email", "requester_email", "from")
TAGS = ("tags", "tag")


@dataclass(frozen=True, slots=True)
class CustomerFound:
    """The customer that some labels name.

    name: as a ticket shows it. listed: the customer in the customers file; None if it is not there. why: the reason, as
    a sentence without its end.
    """

    name: str
    listed: Customer | None
    why: str


def customer_of(labels: Mapping[str, str], policy: Policy) -> CustomerFound | None:
    """Return the customer that the labels name; None if they name none. labels: their names are in small letters."""
    for label, value in _named(labels, (*NAMES, *IDS)):
        if (listed := _with_name(value, policy)) is not None:
            return CustomerFound(listed.name, listed, f'the {label} "{value}" is {listed.name}')
    for label, value in _named(labels, DOMAINS):
        domain = domain_of(value)
        if (listed := _first(policy, _has_domain(domain))) is not None:
            return CustomerFound(listed.name, listed, f"the {label} {domain} belongs to {listed.name}")
    for label, value in _named(labels, TAGS):
        tags = {tag.lower() for tag in value.replace(",", " ").split()}
        if (listed := _first(policy, _has_tag(tags))) is not None:
            return CustomerFound(listed.name, listed, f"a {label.rstrip('s')} belongs to {listed.name}")
    for _, value in _named(labels, (*NAMES, *IDS)):
        return CustomerFound(value, None, f'"{value}" is on no list of customers')
    for _, value in _named(labels, DOMAINS):
        return CustomerFound(domain_of(value), None, f"the domain {domain_of(value)} is on no list of customers")
    return None


def domain_of(address: str) -> str:
    """Return the domain of a mail address in small letters. A text without @ is taken as a domain."""
    return address.rpartition("@")[2].strip().strip("<>").rstrip(".").lower()


def _named(labels: Mapping[str, str], names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    return ((name, value) for name in names if (value := labels.get(name, "").strip()))


def _with_name(value: str, policy: Policy) -> Customer | None:
    wanted = folded_name(value)
    return policy.customer(value) or _first(
        policy,
        lambda one: one.id == value or (wanted != "" and wanted in {folded_name(each) for each in one.organizations}),
    )


def _has_domain(domain: str) -> Callable[[Customer], bool]:
    return lambda one: domain in one.domains


def _has_tag(tags: set[str]) -> Callable[[Customer], bool]:
    return lambda one: not tags.isdisjoint(one.tags)


def _first(policy: Policy, fits: Callable[[Customer], bool]) -> Customer | None:
    return next((one for one in policy.customers if fits(one)), None)
