"""The customers file: who bought which plan, who looks after them, whom to contact. It lies beside the policy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeGuard

from oncall.errors import FileFaults
from oncall.suggestions import nearest
from oncall.support.policy import Customer, folded_name
from oncall.support.value_readers import Once, slug
from oncall.yamlfile import AtFault, Faults, MapNode, Node, Reader, ScalarNode, descend, parse, read_text, shown
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


def customers_beside(path: Path, root: Node) -> tuple[Customer, ...]:
    """The customers of the file that a policy names, judged also where the policy itself is at fault: a person wants
    to mend both in one go. Their faults are noted with the policy's."""
    place = descend(root, "customers")
    if not isinstance(place, ScalarNode) or place.is_empty:
        return ()
    try:
        beside = path.parent / file_beside(place)
    except AtFault:
        # Noted when the policy was read.
        return ()
    if not _is_there(beside):
        near = nearest(beside.name, [other.name for other in path.parent.glob("*.yaml") if other != path])
        mend = f'did you mean "{near}"?' if near else "write the name of one that is there, or delete this line"
        place.note(f"there is no file {shown(beside.name)} beside this one; {mend}")
        return ()
    plans = descend(root, "plans")
    try:
        return customers_from_text(read_text(beside), str(beside), list(plans.entries) if _has_plans(plans) else None)
    except FileFaults as refusal:
        place.faults.take_over(refusal)
        return ()


def _has_plans(node: Node) -> TypeGuard[MapNode]:
    return isinstance(node, MapNode) and bool(node.entries) and node.path == "plans"


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        # It may be; reading it says better why it cannot be read.
        return True


def file_beside(node: Node) -> str:
    """A file beside the policy's."""
    text = line_of_text(node)
    if "/" in text or "\\" in text or text in (".", ".."):
        raise node.refuse(f"{shown(text)} is not the name of a file beside this one; write one like customers.yaml")
    return text


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
