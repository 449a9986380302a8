"""Where a signal goes: the routing table, the customers file, and a default for everything that is not known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from oncall.intake.routes import routed
from oncall.intake.senders import SENDERS
from oncall.intake.signals import Signal, SignalKind, Taken
from oncall.intake.take_in import take_in
from oncall.paging.ports.callers import CallerRole, Token
from oncall.support.policy_file import packaged_policy_text, policy_from_text, with_customers
from tests.paging.world import SATURDAY_NIGHT, World
from tests.support.test_routing import CUSTOMERS

TABLE = """
routing:
  rows:
    - {match: {job: "checkout*"}, customer: Globex, impact: urgent}
    - {match: {namespace: "acme-*"}, customer: Acme Ltd}
    - {match: {team: lab}, plan: business-critical, impact: low}
  severities: {sev1: urgent}
"""
TEXT = packaged_policy_text() + TABLE
POLICY = with_customers(policy_from_text(TEXT, "p.yaml"), CUSTOMERS, "c.yaml")
PLAIN = policy_from_text(packaged_policy_text(), "p.yaml")


@pytest.mark.parametrize(
    ("labels", "goes_to"),
    [
        ({"job": "Checkout-API", "severity": "info"}, ("Globex", "business-critical", "urgent")),
        ({"namespace": "acme-prod", "severity": "SEV1"}, ("Acme Ltd", "standard", "urgent")),
        ({"team": "lab", "customer": "Acme Ltd"}, ("Acme Ltd", "business-critical", "low")),
        ({"customer": "Acme Ltd", "severity": "critical"}, ("Acme Ltd", "standard", "urgent")),
        ({"customer": "Acme Ltd", "impact": "Normal", "severity": "critical"}, ("Acme Ltd", "standard", "normal")),
        ({"tags": "vip", "priority": "P1"}, ("Acme Ltd", "standard", "urgent")),
        ({"customer": "Initech", "severity": "warning"}, ("Initech", "standard", "normal")),
        ({"customer": "Initech", "plan": "Business Critical"}, ("Initech", "business-critical", "high")),
        ({"customer": "Initech", "plan": "gold", "severity": "?"}, ("Initech", "standard", "high")),
        ({}, ("monitoring", "standard", "high")),
    ],
)
def test_the_first_row_that_matches_counts_then_the_labels_then_the_defaults(
    labels: dict[str, str], goes_to: tuple[str, str, str]
) -> None:
    way = routed(labels, POLICY)
    assert (way.customer, way.plan, way.impact) == goes_to


def test_the_reasons_name_the_row_and_its_line() -> None:
    line = TEXT.splitlines().index('    - {match: {namespace: "acme-*"}, customer: Acme Ltd}') + 1
    assert routed({"namespace": "acme-x", "severity": "odd"}, POLICY).reasons == (
        f"Row namespace=acme-* of the routing table matches (line {line}).",
        'The severity "odd" is not known, so it does not count.',
        "No known severity is given, so the impact is high.",
    )


def test_a_label_of_any_length_and_with_control_characters_is_cut_and_cleaned() -> None:
    way = routed({"customer": "A\x00b\n" + "x" * 5000}, PLAIN)
    assert way.customer.startswith("A b xxx")
    assert len(way.customer) == 200


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    opened = World(tmp_path)
    opened.publish(policy=TEXT, customers=CUSTOMERS)
    yield opened
    opened.close()


def trigger(world: World, key: str, **labels: str) -> Taken:
    caller = Token("prometheus", CallerRole.INTAKE, "", SATURDAY_NIGHT)
    context = world.engine().context("prometheus")
    signal = Signal(SignalKind.TRIGGER, key, labels, subject="Checkout down")
    origin = SENDERS["alertmanager"].origin(caller)
    return world.store.write(lambda tx: take_in(tx, signal, origin, context))


def test_the_manager_is_told_of_an_unknown_customer_once_and_at_most_once_an_hour(world: World) -> None:
    for number, customer in enumerate(["Initech", "INITECH", "Initrode", "Acme Ltd"]):
        trigger(world, f"k{number}", customer=customer, severity="info")
    told = world.store.read(lambda tx: tx.alerts(written_since=SATURDAY_NIGHT))
    assert [(one.to, one.body) for one in told] == [
        ("mei", "Customer Initech is on no list: treated as standard. Add it to the customers file.")
    ]


def test_the_verdict_says_that_the_customer_is_unknown(world: World) -> None:
    ticket = trigger(world, "k9", customer="Initech", severity="info").ticket
    stored = world.store.read(lambda tx: tx.ticket(str(ticket)))
    assert stored is not None
    assert stored.answer is not None
    assert stored.answer["verdict"]["reasons"][:3] == [
        "No routing row matches.",
        '"Initech" is on no list of customers, so the plan is standard.',
        'The severity "info" counts as low.',
    ]
