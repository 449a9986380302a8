"""Zendesk's trigger bodies and events become signals; a body that is not JSON still opens its ticket."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from oncall.intake.signals import Reading, Signal, SignalKind, Unreadable
from oncall.intake.zendesk import read_zendesk

TRIGGER = {
    "id": "35436",
    "title": "Checkout down",
    "priority": "Urgent",
    "status": "Open",
    "organization": "Acme Ltd",
    "plan": "business-critical",
    "tags": "vip rdp",
    "url": "https://acme.zendesk.com/agent/tickets/35436",
    "created_at": "2027-01-09T08:12:00Z",
}


def trigger(**fields: object) -> bytes:
    return json.dumps({"ticket": {**TRIGGER, **fields}}).encode()


def event(kind: str, event: object = None, **detail: object) -> bytes:
    return json.dumps(
        {
            "account_id": 22129848,
            "id": "cbe4028c-7239-495d-b020-f22348516046",
            "subject": "zen:ticket:5158",
            "time": "2027-01-09T08:13:07.672717030Z",
            "type": f"zen:event-type:ticket.{kind}",
            "zendesk_event_version": "2022-11-06",
            "event": event or {},
            "detail": {
                "id": "5158",
                "subject": "Checkout down",
                "priority": "URGENT",
                "status": "OPEN",
                "organization_id": "8447346622462",
                "tags": ["vip"],
                "requester_id": "8447388090494",
                "created_at": "2027-01-09T08:12:07Z",
                "updated_at": "2027-01-09T08:13:07Z",
                **detail,
            },
        }
    ).encode()


def signals(raw: bytes) -> tuple[Signal, ...]:
    reading = read_zendesk(raw)
    assert reading.faults == ()
    return reading.signals


def test_a_trigger_opens_a_ticket_with_its_labels() -> None:
    (signal,) = signals(trigger())
    assert (signal.kind, signal.ticket_id, signal.subject) == (SignalKind.TRIGGER, "zd-35436", "Checkout down")
    assert signal.labels == {
        "organization": "Acme Ltd",
        "plan": "business-critical",
        "priority": "Urgent",
        "tags": "vip rdp",
    }
    assert signal.at == datetime(2027, 1, 9, 8, 12, tzinfo=UTC)


@pytest.mark.parametrize("unset", ["-", "", None])
def test_a_placeholder_of_an_unset_field_counts_as_nothing(unset: str | None) -> None:
    (signal,) = signals(trigger(priority=unset, plan=unset, tags=unset))
    assert signal.labels == {"organization": "Acme Ltd"}


@pytest.mark.parametrize("body", [{"id": 35436}, {"ticket": {"id": "35436"}}, {"ticket": {"id": 35436, "new": [1]}}])
def test_a_ticket_needs_its_id_alone(body: object) -> None:
    assert signals(json.dumps(body).encode())[0].ticket_id == "zd-35436"


@pytest.mark.parametrize("status", ["Solved", "closed"])
def test_a_trigger_on_a_solved_ticket_ends_it(status: str) -> None:
    (signal,) = signals(trigger(status=status))
    assert (signal.kind, signal.ticket_id) == (SignalKind.RESOLVE, "zd-35436")


@pytest.mark.parametrize(
    "title", ['say "hello" to Bob', 'He said: "it, like, broke"', "two\nlines", 'ends with "quotes"']
)
def test_a_title_that_is_not_escaped_still_opens_the_ticket(title: str) -> None:
    raw = (
        f'{{"ticket": {{"id": "35436", "title": "{title}", "priority": "Urgent", "status": "Open",\n'
        '  "organization": "Acme Ltd", "tags": "vip"}}'
    ).encode()
    reading = read_zendesk(raw)
    (signal,) = reading.signals
    assert (signal.ticket_id, signal.subject) == ("zd-35436", title)
    assert signal.labels == {"priority": "Urgent", "organization": "Acme Ltd", "tags": "vip"}
    assert reading.faults[0].endswith("; the ticket has what could be read, so look at it in Zendesk")


def test_a_title_cannot_replace_the_priority_behind_it() -> None:
    title = 'x", "priority": "urgent'
    raw = f'{{"ticket": {{"id": "1", "title": "{title}", "priority": "Low", "status": "Open"}}}}'.encode()
    reading = read_zendesk(raw)
    assert reading.signals[0].labels == {"priority": "Low"}
    assert 'gives the key "priority" twice' in reading.faults[0]


def test_bytes_that_are_not_utf_8_still_open_the_ticket() -> None:
    reading = read_zendesk(b'{"ticket": {"id": "7", "title": "caf\xe9", "priority": "high"}}')
    assert (reading.signals[0].ticket_id, reading.signals[0].labels) == ("zd-7", {"priority": "high"})


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"hello", "the body is not JSON: line 1 column 1: Expecting value"),
        (b"[]", "the body is not a JSON object"),
        (b'{"ticket": []}', 'the body has a "ticket" that is not a JSON object'),
        (b"{}", 'the body names no ticket: it needs "id", like {"ticket": {"id": "{{ticket.id}}"}}'),
        (b'{"id": "a b"}', 'the body names no ticket: it needs "id", like {"ticket": {"id": "{{ticket.id}}"}}'),
        (b'{"type": "zen:event-type:ticket.created"}', 'the body has no "detail" with the ticket of the event'),
    ],
)
def test_a_body_that_names_no_ticket_cannot_be_understood(raw: bytes, why: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_zendesk(raw)
    assert str(refusal.value) == why


def test_a_created_event_opens_the_ticket() -> None:
    (signal,) = signals(event("created"))
    assert (signal.kind, signal.ticket_id) == (SignalKind.TRIGGER, "zd-5158")
    assert signal.labels == {"organization_id": "8447346622462", "priority": "URGENT", "tags": "vip"}
    assert signal.said_at == datetime(2027, 1, 9, 8, 13, 7, tzinfo=UTC)


def test_a_change_of_priority_says_how_the_ticket_is_now() -> None:
    (signal,) = signals(event("priority_changed", {"current": "URGENT", "previous": "NORMAL"}))
    assert (signal.kind, signal.labels["priority"], signal.is_followed) == (SignalKind.TRIGGER, "URGENT", True)


@pytest.mark.parametrize(
    ("current", "previous", "kinds"),
    [
        ("SOLVED", "OPEN", ["resolve"]),
        ("CLOSED", "SOLVED", ["resolve"]),
        ("PENDING", "OPEN", ["waiting"]),
        ("OPEN", "SOLVED", ["trigger"]),
        ("OPEN", "NEW", ["trigger"]),
        ("HOLD", "OPEN", []),
    ],
)
def test_a_change_of_status_is_an_event(current: str, previous: str, kinds: list[str]) -> None:
    found = signals(event("status_changed", {"current": current, "previous": previous}, status=current))
    assert [str(one.event["kind"]) if one.event else one.kind.value for one in found] == kinds


@pytest.mark.parametrize(
    ("comment", "kind"),
    [
        (
            {"body": "any news?", "is_public": True, "author": {"id": "8447388090494", "is_staff": False}},
            "customer_replied",
        ),
        ({"body": "on it", "is_public": True, "author": {"id": "99", "is_staff": True}}, "replied"),
        ({"body": "on it", "is_public": True, "author": {"id": "99"}}, "replied"),
        ({"body": "any news?", "is_public": True, "author": {"id": "8447388090494"}}, "customer_replied"),
        ({"body": "any news?"}, "customer_replied"),
    ],
)
def test_a_public_comment_is_a_message(comment: object, kind: str) -> None:
    (signal,) = signals(event("comment_added", {"comment": comment}))
    assert signal.event is not None
    assert (signal.event["kind"], signal.event["id"]) == (kind, "cbe4028c-7239-495d-b020-f22348516046")
    assert signal.event["at"] == "2027-01-09T08:13:07.672717+00:00"


def test_a_private_note_says_nothing() -> None:
    assert signals(event("comment_added", {"comment": {"body": "psst", "is_public": False}})) == ()


def test_a_merged_ticket_goes_into_the_other_one_or_is_over() -> None:
    merged, over = signals(event("merged", {"target_ticket_id": "77"}))
    assert merged.event is not None and (merged.event["kind"], merged.event["into"]) == ("merged", "zd-77")
    assert over.kind is SignalKind.RESOLVE


@pytest.mark.parametrize("kind", ["soft_deleted", "permanently_deleted"])
def test_a_deleted_ticket_is_over(kind: str) -> None:
    (signal,) = signals(event(kind, status="DELETED"))
    assert (signal.kind, signal.why) == (SignalKind.RESOLVE, "deleted in Zendesk")


@pytest.mark.parametrize("kind", ["zen:event-type:ticket.tags_changed", "zen:event-type:user.created", "zen:other"])
def test_an_event_of_an_unknown_kind_says_nothing(kind: str) -> None:
    assert read_zendesk(json.dumps({"type": kind, "detail": {"id": "1"}}).encode()) == Reading()
