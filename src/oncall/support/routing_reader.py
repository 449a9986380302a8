"""Reads the `routing` key of a policy file: the table from labels to customer, plan and impact."""

from __future__ import annotations

import re
from collections.abc import Callable

from oncall.file_nodes import ListNode, MapNode, Node, Reader, ScalarNode, descend, shown
from oncall.file_values import Fields, line_of_text, list_of, mapping_of, one_of, scalar
from oncall.support.routing import NO_CUSTOMER, Routing, RoutingRow

_LABEL = re.compile(r"[a-z_][a-z0-9_.-]{0,99}")
MOST_ROWS = 500
_NO_SEVERITIES: dict[str, str] = {}


def routing(root: Node) -> Callable[[Node], Routing]:
    """Return a reader of the `routing` key.

    root: the document of the policy, whose plans and impacts the table names.
    """
    impact = one_of(_names(root, "impacts"), "an impact of this policy")
    plan = one_of(_names(root, "plans"), "a plan of this policy")

    def read(node: Node) -> Routing:
        fields = Fields(node)
        rows = fields.optional("rows", _rows(plan, impact), ())
        severities = fields.optional("severities", mapping_of(_severity(impact)), _NO_SEVERITIES)
        default_impact = fields.optional("default_impact", impact, None)
        default_customer = fields.optional("default_customer", _customer, NO_CUSTOMER)
        unknown_plan = fields.optional("unknown_customers", plan, None)
        fields.close()
        by_severity = {name.strip().lower(): found for name, found in severities.value.items()}
        return Routing(rows.value, by_severity, default_impact.value, default_customer.value, unknown_plan.value)

    return read


def _names(root: Node, key: str) -> list[str]:
    found = descend(root, key)
    return list(found.entries) if isinstance(found, MapNode) and found.path == key else []


def _rows(plan: Reader[str], impact: Reader[str]) -> Reader[tuple[RoutingRow, ...]]:
    def read_row(node: Node) -> RoutingRow:
        fields = Fields(node)
        match = fields.required("match", mapping_of(_pattern), example='{job: "checkout*"}')
        customer = fields.optional("customer", _customer, None)
        its_plan = fields.optional("plan", plan, None)
        its_impact = fields.optional("impact", impact, None)
        fields.close()
        if not (customer.is_given or its_plan.is_given or its_impact.is_given):
            node.note("decides nothing; write a customer, a plan or an impact")
        return RoutingRow(match.value, customer.value, its_plan.value, its_impact.value, node.line)

    def read(node: Node) -> tuple[RoutingRow, ...]:
        if isinstance(node, ListNode) and len(node.items) > MOST_ROWS:
            raise node.refuse(f"has {len(node.items)} rows; at most {MOST_ROWS} are read for each alert")
        return list_of(read_row)(node)

    return read


def _pattern(key: ScalarNode, node: Node) -> str:
    """Read the pattern of one label, in small letters."""
    if not _LABEL.fullmatch(key.text):
        key.note(f"{shown(key.text)} is not the name of a label; write small letters, digits, _ . and -")
    return line_of_text(node, most=200).lower()


def _severity(impact: Reader[str]) -> Callable[[ScalarNode, Node], str]:
    return lambda _, node: impact(node)


def _customer(node: Node) -> str:
    return line_of_text(scalar(node), most=200)
