"""CloudEvents 1.0, as the `cloudevents` package writes them: structured, binary and in batches."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from tests.web.service import Service


def event(number: str, kind: str = "com.example.alert.firing", *, subject: str = "checkout", **data: Any) -> CloudEvent:
    attributes = {"id": number, "type": kind, "source": "/probes", "subject": subject, "specversion": "1.0"}
    return CloudEvent(attributes, {"summary": "Checkout fails", "severity": "critical", **data})


def send(service: Service, message: HTTPMessage) -> list[tuple[str | None, str]]:
    answer = service.call("POST", "/webhooks/cloudevents", by="zendesk", headers=message.headers, content=message.body)
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "accepted", answer.text
    return [(one["ticket"], one["became"]) for one in answer.json()["signals"]]


@pytest.mark.parametrize("form", [to_structured_event, to_binary_event])
def test_an_event_opens_a_ticket_once_and_another_one_ends_it(shared: Service, form: Any) -> None:
    subject = f"checkout-{form.__name__}"
    first = form(event("1", subject=subject))
    ((ticket, became),) = send(shared, first)
    assert (became, ticket is not None) == ("opened", True)
    assert send(shared, first) == [(ticket, "ignored")]
    assert send(shared, form(event("1b", subject=subject))) == [(ticket, "updated")]
    assert send(shared, form(event("2", "com.example.alert.resolved", subject=subject))) == [(ticket, "resolved")]
    assert shared.ticket(str(ticket))["ticket"]["subject"] == "Checkout fails"


def test_the_status_of_the_data_counts_more_than_the_type(shared: Service) -> None:
    ((ticket, _),) = send(shared, to_structured_event(event("3", subject="status")))
    assert send(shared, to_structured_event(event("4", subject="status", status="ok"))) == [(ticket, "resolved")]


def posted(service: Service, number: str, kind: str, subject: str, **more: Any) -> list[tuple[str | None, str]]:
    document: dict[str, Any] = {
        "specversion": "1.0",
        "id": number,
        "source": "/s",
        "subject": subject,
        "type": f"com.example.{kind}",
        "data": {"severity": "critical"},
    }
    document |= more
    headers = {"content-type": "application/cloudevents+json"}
    return send(service, HTTPMessage(headers, json.dumps(document).encode()))


def test_a_retry_of_an_event_after_the_end_of_its_problem_pages_nobody(shared: Service) -> None:
    ((ticket, _),) = posted(shared, "1", "firing", "retried")
    posted(shared, "2", "resolved", "retried")
    assert posted(shared, "1", "firing", "retried") == [(ticket, "ignored")]
    assert posted(shared, "3", "firing", "retried") == [(f"{ticket}.2", "opened")]


def test_an_id_that_a_sender_uses_again_for_another_event_counts(shared: Service) -> None:
    ((ticket, _),) = posted(shared, "1", "firing", "same-id")
    assert posted(shared, "1", "resolved", "same-id") == [(ticket, "resolved")]


def test_an_event_that_is_older_than_one_before_it_changes_nothing(shared: Service) -> None:
    assert posted(shared, "2", "resolved", "late", time="2027-01-09T08:05:00Z") == [(None, "ignored")]
    assert posted(shared, "1", "firing", "late", time="2027-01-09T08:04:00Z") == [(None, "ignored")]
    ((ticket, became),) = posted(shared, "3", "firing", "late", time="2027-01-09T08:06:00Z")
    assert (became, ticket is not None) == ("opened", True)


def test_data_in_base64_is_read(shared: Service) -> None:
    encoded = base64.b64encode(b'{"summary": "Checkout fails", "severity": "critical"}').decode()
    ((ticket, _),) = posted(shared, "1", "firing", "base64", data=None, data_base64=encoded)
    stored = shared.ticket(str(ticket))["ticket"]
    assert (stored["subject"], stored["impact"]) == ("Checkout fails", "urgent")


def test_an_event_without_a_subject_is_a_problem_of_its_own(shared: Service) -> None:
    plain = {"specversion": "1.0", "source": "/s", "type": "com.example.disk.full", "data": {"message": "disk full"}}
    headers = {"content-type": "application/cloudevents+json"}
    ((first, _),) = send(shared, HTTPMessage(headers, json.dumps({**plain, "id": "a"}).encode()))
    ((second, _),) = send(shared, HTTPMessage(headers, json.dumps({**plain, "id": "b"}).encode()))
    assert first != second
    assert send(shared, HTTPMessage(headers, json.dumps({**plain, "id": "a"}).encode())) == [(first, "updated")]


def test_a_batch_is_taken_as_far_as_it_can_be_understood(shared: Service) -> None:
    good = {"specversion": "1.0", "id": "1", "source": "/batch", "type": "alert", "subject": "s", "data": {}}
    answer = shared.call(
        "POST",
        "/webhooks/cloudevents",
        by="zendesk",
        headers={"content-type": "application/cloudevents-batch+json"},
        content=json.dumps([good, {"id": "2"}]),
    )
    assert answer.status_code == 202
    body = answer.json()
    assert (body["status"], [one["became"] for one in body["signals"]]) == ("kept", ["opened"])
    assert body["faults"][0] == "event 1: the event has no source and no type"
