"""The customers file beside the policy: each customer's plan, account manager and contacts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from oncall.errors import FileFaults
from oncall.file_nodes import AtFault, Faults, MapNode, Node, Reader, descend, shown
from oncall.file_values import Fields, line_of_text, list_of, one_of
from oncall.support.files_beside import named_file
from oncall.support.policy import Customer, folded_name
from oncall.support.value_readers import Once, slug
from oncall.yamlfile import parse_yaml, read_yaml_text


@dataclass(frozen=True, slots=True)
class CustomersFile:
    """The customers of a policy, and the text of the customers file; both empty if the policy names no such file."""

    people: tuple[Customer, ...] = ()
    text: str = ""


def customers_from_text(text: str, source: str, plans: Sequence[str] | None) -> tuple[Customer, ...]:
    """Parse the customers in the text of a customers file. source: names the file in messages.

    plans: names of the policy's plans; None if the plans have faults, so that customers' plans are not checked. Raises
    FileFaults with every fault.
    """
    faults = Faults(source)
    root = parse_yaml(text, faults)
    found: tuple[Customer, ...] = ()
    try:
        fields = Fields(root)
        example = '[{name: "Acme Ltd", plan: standard}]'
        found = fields.required("customers", list_of(_customer(plans)), example=example).value
        fields.close()
    except AtFault:
        raise faults.refusal() from None
    faults.raise_any()
    return found


def customers_beside(path: Path, root: Node) -> CustomersFile:
    """Read the customers file that the policy at `path` names. root: the document of the policy.

    Adds the faults of the file to those of the policy, so that a person sees all of them at once.
    """
    beside = named_file(path, root, "customers")
    if beside is None:
        return CustomersFile()
    plans = descend(root, "plans")
    try:
        text = read_yaml_text(beside)
        known = list(plans.entries) if _has_plans(plans) else None
        return CustomersFile(customers_from_text(text, str(beside), known), text)
    except FileFaults as refusal:
        root.faults.take_over(refusal)
        return CustomersFile()


def _has_plans(node: Node) -> TypeGuard[MapNode]:
    return isinstance(node, MapNode) and bool(node.entries) and node.path == "plans"


def _customer(plans: Sequence[str] | None) -> Reader[Customer]:
    names, ids, domains, tags = Once("name"), Once("id"), Once("domain"), Once("tag")
    organizations = Once("organization")
    plan_name = slug if plans is None else one_of(plans, "a plan of the policy")
    example = plans[0] if plans else "standard"

    def read(node: Node) -> Customer:
        fields = Fields(node)
        name = fields.required("name", _name, example='"Acme Ltd"')
        plan = fields.required("plan", plan_name, example=example)
        account_manager = fields.optional("account_manager", slug, None)
        contacts = fields.optional("contacts", list_of(line_of_text), ())
        own_id = fields.optional("id", ids.read(line_of_text), None)
        own_domains = fields.optional("domains", list_of(domains.read(_domain)), ())
        own_organizations = fields.optional("organizations", list_of(organizations.read(_name)), ())
        own_tags = fields.optional("tags", list_of(tags.read(_tag)), ())
        fields.close()
        names.claim(folded_name(name.value), name.place, owner=node.path)
        return Customer(
            name.value,
            plan.value,
            account_manager.value,
            contacts.value,
            own_id.value,
            own_domains.value,
            own_organizations.value,
            own_tags.value,
        )

    return read


def _domain(node: Node) -> str:
    text = line_of_text(node, most=253).lower()
    if not re.fullmatch(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+", text):
        found = re.search(r"(?:^|[@/]|\bwww[.])(?!www[.])((?:[a-z0-9][a-z0-9-]*\.)+[a-z0-9-]+)(?:[:/?].*|[>.]?)$", text)
        advice = f'write "{found[1]}"' if found else 'write one like "acme.example"'
        raise node.refuse(f"{shown(text)} is not a mail domain; {advice}")
    return text


def _tag(node: Node) -> str:
    text = line_of_text(node).lower()
    if " " in text or "," in text:
        words = ", ".join(word for word in re.split(r"[\s,]+", text) if word)
        raise node.refuse(f"{shown(text)} is not one tag; write a list of them: [{words}]")
    return text


def _name(node: Node) -> str:
    text = line_of_text(node, most=200)
    if not folded_name(text):
        raise node.refuse(f'{shown(text)} has no letter or digit; write a name like "Acme Ltd"')
    return text
