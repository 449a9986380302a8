"""The customers file: who bought which plan, who looks after them, whom to contact. It lies beside the policy."""

from __future__ import annotations

from collections.abc import Sequence

from oncall.support.policy import Customer, folded_name
from oncall.support.values import Once, slug
from oncall.yamlfile import AtFault, Faults, Node, Reader, parse, shown
from oncall.yamlvalues import Fields, line_of_text, list_of, one_of


def customers_from_text(text: str, source: str, plans: Sequence[str] | None) -> tuple[Customer, ...]:
    """Read the customers from their file's text; `source` names it in messages.

    plans: those of the policy; None when its own are at fault, so that none can be told to be wrong.

    Raises FileFaults with every fault.
    """
    faults = Faults(source)
    root = parse(text, faults)
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


def _customer(plans: Sequence[str] | None) -> Reader[Customer]:
    names = Once("name")
    plan_name = slug if plans is None else one_of(plans, "a plan of the policy")
    example = plans[0] if plans else "standard"

    def read(node: Node) -> Customer:
        fields = Fields(node)
        name = fields.required("name", _name, example='"Acme Ltd"')
        plan = fields.required("plan", plan_name, example=example)
        account_manager = fields.optional("account_manager", slug, None)
        contacts = fields.optional("contacts", list_of(line_of_text), ())
        fields.close()
        names.claim(folded_name(name.value), name.place, owner=node.path)
        return Customer(name.value, plan.value, account_manager.value, contacts.value)

    return read


def _name(node: Node) -> str:
    text = line_of_text(node, most=200)
    if not folded_name(text):
        raise node.refuse(f'{shown(text)} has no letter or digit; write a name like "Acme Ltd"')
    return text
