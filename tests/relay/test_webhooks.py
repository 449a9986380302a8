"""Webhooks of a running service: what a help desk gets of a ticket, signed, in order, and until it is accepted."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.paging.world import ticket_body
from tests.relay.receivers import Got, Receiver
from tests.web.service import Service

SECRET = "whsec_" + base64.b64encode(b"a key of a help desk, 32 bytes.").decode()
OTHER = "whsec_" + base64.b64encode(b"the key that replaces it, soon..").decode()


def hooked(folder: Path, receiver: Receiver, *, secret: str = SECRET, more: str = "") -> Service:
    """Return a service whose policy has the webhook `helpdesk`."""
    lines = f"\nwebhooks:\n  helpdesk: {{url: {receiver.url}{more}}}\n"
    return Service(folder, policy_lines=lines, webhook_secrets={"HELPDESK": secret} if secret else {})


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def document(got: Got) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(got.body)
    return found


def listed(service: Service) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = service.call("GET", "/v1/webhooks").json()["webhooks"]
    return found


def types(requests: list[Got]) -> list[str]:
    return [document(got)["type"] for got in requests]


def test_a_help_desk_learns_who_has_a_ticket_and_can_check_that_we_said_so(tmp_path: Path, receiver: Receiver) -> None:
    with hooked(tmp_path, receiver) as service:
        service.post(ticket_body(), by="zendesk")
        receiver.wait_for(2)
        for kind in ("acknowledged", "replied", "resolved"):
            service.post({"kind": kind}, by="ana", path="/v1/tickets/T-1/events")
        requests = receiver.wait_for(5)
    verified = [Webhook(SECRET).verify(got.body, got.headers) for got in requests]
    said = [(each["type"], each["data"]["state"], each["data"]["owner"]) for each in verified]
    assert said == [
        ("ticket.accepted", "open", None),
        ("ticket.paged", "open", None),
        ("ticket.acknowledged", "acknowledged", "ana"),
        ("ticket.replied", "acknowledged", "ana"),
        ("ticket.resolved", "resolved", "ana"),
    ]
    paged = verified[1]["data"]
    assert (paged["ticket"], paged["engineer"], paged["channel"], paged["impact"]) == ("T-1", "ana", "sms", "urgent")
    assert all("+1305" not in got.body.decode() for got in requests)


def test_a_receiver_that_is_down_is_left_alone_while_other_messages_wait(
    tmp_path: Path, receiver: Receiver, capfd: pytest.CaptureFixture[str]
) -> None:
    receiver.status = lambda _: 500
    with hooked(tmp_path, receiver) as service:
        for number in range(3):
            service.post(ticket_body(id=f"T-{number}", impact="low"), by="zendesk")
        receiver.wait_for(1)
        service.until(lambda: len(listed(service)) == 3)
        # A relay that asked again at once would ask dozens of times meanwhile.
        for _ in range(50):
            listed(service)
        assert capfd.readouterr().out.count("action=relay_refused") == 1


def test_a_changed_body_or_another_secret_is_not_believed(tmp_path: Path, receiver: Receiver) -> None:
    with hooked(tmp_path, receiver) as service:
        service.post(ticket_body(impact="low"), by="zendesk")
        (got,) = receiver.wait_for(1)
    for secret, body in ((OTHER, got.body), (SECRET, got.body + b" ")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, got.headers)


def test_while_a_secret_is_replaced_both_sign(tmp_path: Path, receiver: Receiver) -> None:
    with hooked(tmp_path, receiver, secret=f"{OTHER} {SECRET}") as service:
        service.post(ticket_body(impact="low"), by="zendesk")
        (got,) = receiver.wait_for(1)
    for secret in (OTHER, SECRET):
        assert Webhook(secret).verify(got.body, got.headers)["type"] == "ticket.accepted"


def test_a_webhook_gets_only_the_events_that_it_names(tmp_path: Path, receiver: Receiver) -> None:
    with hooked(tmp_path, receiver, more=", events: [updated, resolved]") as service:
        service.post(ticket_body(), by="zendesk")
        for kind in ("acknowledged", "updated", "resolved"):
            service.post({"kind": kind}, by="ana", path="/v1/tickets/T-1/events")
        assert types(receiver.wait_for(2)) == ["ticket.updated", "ticket.resolved"]


def test_a_drill_is_no_news_for_a_help_desk(tmp_path: Path, receiver: Receiver) -> None:
    with hooked(tmp_path, receiver) as service:
        service.post({"to": "ana"}, by="mei", path="/v1/drills")
        service.post(ticket_body(impact="low"), by="zendesk")
        assert [document(got)["data"]["ticket"] for got in receiver.wait_for(1)] == ["T-1"]


def test_what_is_not_accepted_is_listed_counted_and_never_stops_a_page(tmp_path: Path) -> None:
    with Receiver(lambda _: 500) as receiver, hooked(tmp_path, receiver) as service:
        service.post(ticket_body(), by="zendesk")
        receiver.wait_for(1)
        service.until(lambda: bool(service.twilio.messages))
        service.until(lambda: any(each.get("error") == "HTTP 500" for each in listed(service)))
        assert {(each["to"], each["state"]) for each in listed(service)} == {("webhook:helpdesk", "waiting")}
        metrics = service.call("GET", "/metrics", by=None).text
        assert 'oncall_relay_messages_total{result="failed",to="webhook:helpdesk"}' in metrics


def test_without_its_secret_a_message_waits_and_the_doctor_says_so(tmp_path: Path, receiver: Receiver) -> None:
    with hooked(tmp_path, receiver, secret="") as service:
        service.post(ticket_body(impact="low"), by="zendesk")
        service.until(lambda: any("error" in each for each in listed(service)))
        words = "ONCALL_WEBHOOK_HELPDESK is not set, so the message cannot be signed; set it and restart"
        assert [each["error"] for each in listed(service)] == [words]
        found = service.call("GET", "/v1/doctor").json()["findings"]
        said = [finding["sentence"] for finding in found if finding["subject"] == "webhooks"]
        unset = "ONCALL_WEBHOOK_HELPDESK is not set, so nothing goes there; set it for `oncall serve` and restart."
        assert said == [unset]
    assert receiver.got == []
