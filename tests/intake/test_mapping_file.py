"""Mapping files: every fault at once with its place, and the signals that bodies become."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oncall.errors import FileFaults, NotFound
from oncall.intake.mapping import WebhookMapping
from oncall.intake.mapping_file import load_mapping, mapping_from_text, packaged_mappings, read_mapping
from oncall.intake.signals import SignalKind, Unreadable

SAMPLES = Path(__file__).parents[2] / "mappings" / "samples"
OWN = """
ticket:
  id: {prefix: own-, from: number}
  customer: company
  subject: short_description
  impact: {from: priority, words: {"1": urgent, "2": high}, otherwise: normal}
  updated_at: updated
opens: state != 'closed'
events:
  - when: state == 'closed'
    kind: resolved
  - {when: comment, kind: customer_replied, id: comment.id, at: comment.at, why: comment.text}
"""


def own(text: str = OWN) -> WebhookMapping:
    return mapping_from_text(text, "own.yaml", "own")


def faults_of(text: str, name: str = "own") -> list[str]:
    with pytest.raises(FileFaults) as refusal:
        mapping_from_text(text, "own.yaml", name)
    return str(refusal.value).splitlines()


def test_a_body_becomes_a_ticket() -> None:
    reading = own().read(
        {"number": 7, "company": "Acme Ltd", "short_description": "down", "priority": 1, "state": "new"}
    )
    (signal,) = reading.signals
    assert (signal.kind, signal.ticket_id, signal.subject) == (SignalKind.TRIGGER, "own-7", "down")
    assert signal.labels == {"customer": "Acme Ltd", "impact": "urgent"}


def test_an_unknown_word_has_the_impact_of_otherwise() -> None:
    (signal,) = own().read({"number": "7", "priority": "P-9"}).signals
    assert signal.labels["impact"] == "normal"


def test_a_body_of_a_closed_ticket_ends_it_and_opens_nothing() -> None:
    (signal,) = own().read({"number": 7, "state": "closed", "updated": 1799472130}).signals
    assert (signal.kind, signal.ticket_id) == (SignalKind.RESOLVE, "own-7")
    assert signal.said_at == datetime(2027, 1, 9, 5, 22, 10, tzinfo=UTC)


def test_a_comment_becomes_an_event_with_its_own_id_and_time() -> None:
    comment = {"id": 9, "at": 1799472130123, "text": "any\nnews?"}
    _, event = own().read({"number": 7, "comment": comment}).signals
    assert event.event == {
        "kind": "customer_replied",
        "id": "9",
        "at": "2027-01-09T05:22:10.123000+00:00",
        "why": "any news?",
    }


def test_a_list_gives_a_ticket_for_each_item_and_a_fault_for_each_bad_one() -> None:
    reading = own("each: alerts\n" + OWN.strip()).read({"alerts": [{"number": 1}, {"number": "a b"}, {"number": 3}]})
    assert [signal.ticket_id for signal in reading.signals] == ["own-1", "own-3"]
    assert reading.faults == ('the body has "own-a b" as ticket.id; 1 to 40 of A-Z a-z 0-9 . _ : - are needed',)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "the body has null as ticket.id; 1 to 40 of A-Z a-z 0-9 . _ : - are needed"),
        ([], "the body has null as ticket.id; 1 to 40 of A-Z a-z 0-9 . _ : - are needed"),
        ({"number": "a b"}, 'the body has "own-a b" as ticket.id; 1 to 40 of A-Z a-z 0-9 . _ : - are needed'),
    ],
)
def test_a_body_without_a_usable_id_cannot_be_understood(body: object, why: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        own().read(body)
    assert str(refusal.value) == why


def test_a_body_without_the_list_cannot_be_understood() -> None:
    mapping = own("each: alerts\n" + OWN.strip())
    with pytest.raises(Unreadable, match='the body has no list at "alerts"'):
        mapping.read({"number": 1})
    with pytest.raises(Unreadable, match="the body is about 101 tickets; 100 at most"):
        mapping.read({"alerts": [{"number": 1}] * 101})


def test_a_body_that_the_mapping_ignores_says_nothing() -> None:
    assert own("ignore: topic == 'ping'\n" + OWN.strip()).read({"topic": "ping"}).signals == ()


def test_every_fault_is_named_with_its_place() -> None:
    text = """ticket:
  id: ticket..id
  impact: {from: "shout(a)", word: {a: b}}
  colour: a
authentication: {header: "X Y"}
events: [{when: a, kind: solved}]
"""
    assert faults_of(text) == [
        'own.yaml:2:14: ticket.id: "ticket..id" is no JMESPath from here on',
        'own.yaml:3:19: ticket.impact.from: "shout(a)" calls shout, which is no function of JMESPath',
        'own.yaml:3:30: ticket.impact.word: is not a known key; did you mean "words"?',
        "own.yaml:4:3: ticket.colour: is not a known key; write one of id, customer, customer_id, organization, "
        "domain, email, tags, plan, impact, subject, url, opened_at, updated_at, contact",
        'own.yaml:5:26: authentication.header: "X Y" is not the name of a header; write one like X-Webhook-Token',
        'own.yaml:6:26: events[0].kind: "solved" is not a kind of event; did you mean "resolved"?',
    ]


def test_a_mapping_needs_a_ticket_with_an_id_and_an_impact() -> None:
    assert faults_of("about: nothing") == [
        "own.yaml:1:1: ticket: is missing; write ticket: {id: ticket.id, subject: ticket.subject, impact: ...}"
    ]
    assert [line.partition(": is missing")[0] for line in faults_of("ticket: {subject: a}")] == [
        "own.yaml:1:9: ticket.id",
        "own.yaml:1:9: ticket.impact",
    ]


def test_a_name_that_no_address_can_have_is_refused() -> None:
    assert faults_of(OWN.strip(), "My File") == [
        'own.yaml:1:1: "My File" is not the name of a mapping; name the file with small letters, digits and dashes'
    ]


def test_a_file_of_the_folder_comes_before_the_packaged_one(tmp_path: Path) -> None:
    (tmp_path / "jira.yaml").write_text(OWN, "utf-8")
    assert load_mapping("jira", tmp_path).ticket["id"].prefix == "own-"
    assert load_mapping("freshdesk", tmp_path).ticket["id"].prefix == "fd-"
    assert read_mapping(tmp_path / "jira.yaml").name == "jira"


def read_by(name: str, document: object) -> list[SignalKind]:
    return [signal.kind for signal in load_mapping(name, None).read(document).signals]


@pytest.mark.parametrize(
    ("status", "kinds"),
    [
        ("Open", ["trigger"]),
        (2, ["trigger"]),
        (None, ["trigger"]),
        ("Escalated to vendor", ["trigger"]),
        ("Waiting on Customer", []),
        (3, []),
        ("Closed", ["resolve"]),
        (5, ["resolve"]),
    ],
)
def test_every_status_of_freshdesk_opens_a_ticket_unless_it_waits_or_is_over(status: object, kinds: list[str]) -> None:
    assert read_by("freshdesk", {"freshdesk_webhook": {"ticket_id": 1, "ticket_status": status}}) == kinds


def test_jira_s_webhooks_about_other_things_are_ignored_and_a_body_of_nothing_known_is_not() -> None:
    assert read_by("jira", {"webhookEvent": "sprint_started", "sprint": {}}) == []
    assert read_by("jira", {"issue": {"key": "SUP-1", "fields": {}}}) == ["trigger"]
    documents: list[object] = [{}, [], {"key": "SUP-1", "fields": {"summary": "Down"}}]
    for document in documents:
        with pytest.raises(
            Unreadable, match=r"^the body has .* as ticket\.id; 1 to 40 of A-Z a-z 0-9 \. _ : - are needed$"
        ):
            load_mapping("jira", None).read(document)


@pytest.mark.parametrize("name", ["jra", "../jira", "", "jira.yaml"])
def test_an_unknown_mapping_is_named_with_the_nearest_one(name: str, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="has the name"):
        load_mapping(name, tmp_path)


def test_the_packaged_mappings_are_for_three_help_desks() -> None:
    assert list(packaged_mappings()) == ["freshdesk", "intercom", "jira"]


@pytest.mark.parametrize(
    ("sample", "kinds", "ticket_id", "impact"),
    [
        ("freshdesk-created", ["trigger"], "fd-1042", "urgent"),
        ("freshdesk-resolved", ["resolve"], "fd-1042", None),
        ("intercom-created", ["trigger"], "ic-215470123", "high"),
        ("intercom-closed", ["resolve"], "ic-215470123", None),
        ("jira-created", ["trigger"], "SUP-42", "urgent"),
        ("jira-comment", ["event"], "SUP-42", None),
        ("jira-done", ["resolve"], "SUP-42", None),
    ],
)
def test_each_captured_body_is_understood(sample: str, kinds: list[str], ticket_id: str, impact: str | None) -> None:
    reading = load_mapping(sample.partition("-")[0], None).read(json.loads((SAMPLES / f"{sample}.json").read_text()))
    assert [signal.kind.value for signal in reading.signals] == kinds
    assert {signal.ticket_id for signal in reading.signals} == {ticket_id}
    assert reading.signals[0].labels.get("impact") == impact
    assert reading.faults == ()


def test_the_subject_of_a_chat_is_its_text_without_html() -> None:
    body = json.loads((SAMPLES / "intercom-created.json").read_text())
    assert load_mapping("intercom", None).read(body).signals[0].subject == "Checkout is down"
