"""Hostile bodies at every door: each is answered as its sender's retry rules need, and none stops the next event."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.web.service import Service

DOORS: Mapping[str, tuple[str, bytes]] = {
    "native": (
        "/v1/tickets",
        b'{"id": "H-1", "customer": "Acme Ltd", "plan": "standard", "impact": "urgent", "subject": "x"}',
    ),
    "alertmanager": (
        "/webhooks/alertmanager",
        b'{"alerts": [{"labels": {"alertname": "x"}, "fingerprint": "hostile", "startsAt": "2027-01-09T08:00:00Z"}]}',
    ),
    "cloudevents": (
        "/webhooks/cloudevents",
        b'{"specversion": "1.0", "id": "hostile", "source": "s", "type": "x", "data": {}}',
    ),
    "mapping": (
        "/webhooks/json/jira",
        b'{"webhookEvent": "jira:issue_created", "issue": {"key": "HOSTILE-1", "fields": {"summary": "x"}}}',
    ),
    "pagerduty": (
        "/v2/enqueue",
        b'{"routing_key": "zendesk", "event_action": "trigger", "dedup_key": "hostile", '
        b'"payload": {"summary": "x", "source": "s", "severity": "grave"}}',
    ),
    "opsgenie": ("/v2/alerts", b'{"message": "x", "alias": "hostile", "priority": "P9"}'),
    "zendesk": ("/webhooks/zendesk", b'{"ticket": {"id": 91, "title": "x", "priority": "URGENT"}}'),
}
"""Where each kind of sender posts, and a body that it may post. Numbers stand as texts, and severities are unknown."""
HOSTILE: Mapping[str, tuple[bytes, str]] = {
    "deep JSON": (b'"x": ' + b"[" * 20_000 + b"]" * 20_000, "the body is nested too deeply"),
    "invalid UTF-8": (b'"x": "\xff"', "the body is not UTF-8 at byte"),
    "a duplicate key": (b'"x": 1, "x": 2', 'the body gives the key "x" twice'),
    "a value that is none": (b'"x": NaN', "NaN is not a value of it"),
    "an endless number": (b'"x": ' + b"9" * 5_000, "the body holds a number of more than 100 digits"),
    "a body that is cut off": (b'"x', "the body is not JSON"),
}
"""What is added to a good body, and the fault that is kept for a person."""
REFUSED = {"native": 400, "pagerduty": 400, "opsgenie": 422}
"""Doors whose own protocol has a refusal. The others keep the body and answer 202: sending it again would not help."""


def with_hostile(good: bytes, more: bytes) -> bytes:
    return good[:-1] + b", " + more + (b"}" if more != b'"x' else b"")


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_body_is_kept_or_refused_at_every_door_and_the_next_event_is_taken(
    shared: Service, kind: str
) -> None:
    more, fault = HOSTILE[kind]
    for door, (path, good) in DOORS.items():
        answer = shared.call("POST", path, by="zendesk", content=with_hostile(good, more))
        assert answer.status_code == REFUSED.get(door, 202), (door, answer.text)
        if door not in REFUSED:
            assert answer.json()["status"] == "kept", door
        if door != "native":
            (kept,) = shared.store.read(lambda tx: tx.arrivals(limit=1))
            assert fault in kept.outcome[0], door
    for door, (path, good) in DOORS.items():
        assert shared.call("POST", path, by="zendesk", content=good).status_code in (200, 202), door


def test_a_body_of_ten_mib_is_refused_at_every_door(shared: Service) -> None:
    for door, (path, good) in DOORS.items():
        answer = shared.call("POST", path, by="zendesk", content=with_hostile(good, b'"x": "%s"' % (b"a" * 10_485_760)))
        assert answer.status_code == 413, door


def test_line_breaks_and_control_characters_in_a_subject_are_no_headers(shared: Service) -> None:
    """They reach texts, mails and logs as one line."""
    injected = b"x\\r\\nBcc: all@example.com\\u0000"
    for number, (door, (path, good)) in enumerate(DOORS.items()):
        fresh = good.replace(b"ostile", b"%d" % number).replace(b"OSTILE-1", b"%d" % number)
        fresh = fresh.replace(b'"H-1"', b'"H-2"').replace(b"91", b"92").replace(b'"x"', b'"%s"' % injected)
        assert shared.call("POST", path, by="zendesk", content=fresh).status_code == 202, door
    subjects = [
        ticket["ticket"]["subject"]
        for ticket in shared.call("GET", "/v1/tickets?limit=100", by="mei").json()["tickets"]
    ]
    found = [subject for subject in subjects if "Bcc" in subject]
    assert len(found) >= len(DOORS) - 1
    assert all(subject.isprintable() for subject in found)
