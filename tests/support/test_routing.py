"""The `routing` block of a policy file, and the customers file's ways to know a customer."""

from __future__ import annotations

import pytest

from oncall.errors import FileFaults
from oncall.support.customer_match import customer_of
from oncall.support.customers import customers_from_text
from oncall.support.policy_changes import changes
from oncall.support.policy_file import packaged_policy, policy_from_text, with_customers
from oncall.support.policy_table import policy_view
from oncall.support.routing import Routing, RoutingRow
from tests.support.policy_texts import SMALL, refusal

TABLE = """\
routing:
  rows:
    - match: {job: "checkout*", Env: prod}
      customer: Acme Ltd
      impact: urgent
  severities: {Sev1: urgent}
  default_impact: low
  default_customer: our own
  unknown_customers: pro
"""
CUSTOMERS = """\
customers:
  - {name: Acme Ltd, plan: standard, id: "42", domains: [Acme.example], organizations: [ACME Holding], tags: [VIP]}
  - {name: Globex, plan: business-critical}
"""


def test_a_file_without_the_block_routes_as_the_packaged_policy_does() -> None:
    assert policy_from_text(SMALL, "p.yaml").routing == packaged_policy().routing == Routing()


def test_the_whole_block_is_read_shown_and_compared() -> None:
    usual, other = policy_from_text(SMALL, "p.yaml"), policy_from_text(SMALL + TABLE.replace("Env", "env"), "p.yaml")
    row = RoutingRow({"job": "checkout*", "env": "prod"}, "Acme Ltd", None, "urgent", len(SMALL.splitlines()) + 3)
    assert other.routing == Routing((row,), {"sev1": "urgent"}, "low", "our own", "pro")
    assert policy_view(other)["routing"]["rows"][0]["match"] == {"job": "checkout*", "env": "prod"}
    assert changes(usual, other) == [
        "Alerts: the routing table is different; `oncall intake explain` shows what it does."
    ]


@pytest.mark.parametrize(
    ("written", "column", "said"),
    [
        ("{default_impact: banana}", 27, 'routing.default_impact: "banana" is not an impact of this policy; '),
        ("{unknown_customers: gold}", 30, 'routing.unknown_customers: "gold" is not a plan of this policy; '),
        ("{rows: [{match: {job: x}}]}", 18, "routing.rows[0]: decides nothing; write a customer, a plan or an impact"),
        ("{rows: [{impact: low}]}", 18, 'routing.rows[0].match: is missing; write match: {job: "checkout*"}'),
        (
            "{rows: [{match: {Job: x}, impact: low}]}",
            27,
            'routing.rows[0].match.Job: "Job" is not the name of a label; write small letters, digits, _ . and -',
        ),
        ("{severities: {sev1: none-such}}", 30, 'routing.severities.sev1: "none-such" is not an impact of this policy'),
        ("{row: []}", 11, 'routing.row: is not a known key; did you mean "rows"?'),
    ],
)
def test_a_fault_is_named_with_its_place(written: str, column: int, said: str) -> None:
    line = len(SMALL.splitlines()) + 1
    assert refusal(SMALL + f"routing: {written}\n").startswith(f"p.yaml:{line}:{column}: {said}")


def test_a_row_fits_whatever_the_letter_case_of_the_values() -> None:
    row = RoutingRow({"job": "checkout*", "env": "prod"})
    assert row.fits({"job": "checkout-api", "env": "prod"})
    assert not row.fits({"job": "checkout-api", "env": "test"})
    assert not row.fits({"job": "checkout-api"})


@pytest.mark.parametrize(
    ("labels", "name", "why"),
    [
        ({"customer": "acme, ltd."}, "Acme Ltd", 'the customer "acme, ltd." is Acme Ltd'),
        ({"organization": "acme holding"}, "Acme Ltd", 'the organization "acme holding" is Acme Ltd'),
        ({"customer_id": "42"}, "Acme Ltd", 'the customer_id "42" is Acme Ltd'),
        ({"email": "Kim <kim@ACME.example>"}, "Acme Ltd", "the email acme.example belongs to Acme Ltd"),
        ({"domain": "acme.example."}, "Acme Ltd", "the domain acme.example belongs to Acme Ltd"),
        ({"tags": "billing, vip"}, "Acme Ltd", "a tag belongs to Acme Ltd"),
        ({"customer": "Initech"}, "Initech", '"Initech" is on no list of customers'),
        ({"email": "kim@initech.example"}, "initech.example", "the domain initech.example is on no list of customers"),
    ],
)
def test_a_customer_is_found_by_name_id_domain_organization_and_tag(
    labels: dict[str, str], name: str, why: str
) -> None:
    policy = with_customers(packaged_policy(), CUSTOMERS, "c.yaml")
    found = customer_of(labels, policy)
    assert found is not None
    assert (found.name, found.why) == (name, why)


def test_labels_that_name_no_customer_find_none() -> None:
    assert customer_of({"job": "checkout", "customer": " "}, packaged_policy()) is None


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('domains: ["acme"]', 'customers[0].domains[0]: "acme" is not a mail domain; write one like "acme.example"'),
        ("tags: [a b]", 'customers[0].tags[0]: "a b" is not one tag; write a list of them: [a, b]'),
        ("domains: [a.example, A.example]", "is already the domain of customers[0] on line 1"),
    ],
)
def test_a_customer_s_fault_is_named_with_its_place(entry: str, said: str) -> None:
    with pytest.raises(FileFaults) as refused:
        customers_from_text(f"customers: [{{name: A, plan: standard, {entry}}}]", "c.yaml", ["standard"])
    assert said in str(refused.value)
    assert str(refused.value).startswith("c.yaml:1:")
