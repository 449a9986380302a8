"""CloudEvents 1.0, as the `cloudevents` package writes them: structured, binary and in batches."""

from __future__ import annotations

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
    ((ticket, became),) = send(shared, form(event("1", subject=subject)))
    assert (became, ticket is not None) == ("opened", True)
    assert send(shared, form(event("1", subject=subject))) == [(ticket, "updated")]
    assert send(shared, form(event("2", "com.example.alert.resolved", subject=subject))) == [(ticket, "resolved")]
    assert shared.ticket(str(ticket))["ticket"]["subject"] == "Checkout fails"


def test_the_status_of_the_data_counts_more_than_the_type(shared: Service) -> None:
    ((ticket, _),) = send(shared, to_structured_event(event("3", subject="status")))
    assert send(shared, to_structured_event(event("4", subject="status", status="ok"))) == [(ticket, "resolved")]


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
