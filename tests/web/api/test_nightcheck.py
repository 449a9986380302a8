"""The doctor and the drill over HTTP; a drill never goes to the wrong phone."""

from __future__ import annotations

import pytest

from doubles.twilio_faults import refuse
from tests.paging.world import ticket_body
from tests.web.service import Service, problem


def test_the_server_says_what_would_stop_a_page_tonight(service: Service) -> None:
    service.until(lambda: service.store.read(lambda tx: tx.last_beat()) is not None)
    found = service.call("GET", "/v1/doctor").json()
    bad = {one["subject"]: one["sentence"] for one in found["findings"] if one["severity"] != "fine"}
    assert bad["callbacks"].startswith("ONCALL_PUBLIC_URL is not set")
    assert bad["phone"].startswith("no message to or from the current number of ana, ben, mei")
    assert found["would_page"] is True
    assert "+1" not in str(found)
    assert service.twilio.messages == []


def test_what_stops_a_page_is_said_on_the_server_too(service: Service) -> None:
    service.twilio.refuse_connections()
    service.twilio.account.auth_token = "changed"
    service.twilio.auth_token = "changed"
    service.twilio.accept_connections()
    found = service.call("GET", "/v1/doctor").json()
    assert found["would_page"] is False
    assert found["findings"][0] == {
        "severity": "stops",
        "subject": "sms",
        "sentence": "Twilio says: the credentials are wrong or revoked (code 20003); "
        "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.",
    }


def test_a_server_whose_pager_is_refused_does_not_say_that_it_would_page(service: Service) -> None:
    service.twilio.rule(refuse(401, 20003))
    service.post(ticket_body())
    service.until(lambda: service.call("GET", "/readyz", by=None).status_code == 503)
    found = service.call("GET", "/v1/doctor").json()
    assert found["would_page"] is False
    (sentence,) = [one["sentence"] for one in found["findings"] if one["subject"] == "pager"]
    assert sentence.startswith(
        "the pager runs, but the provider refused its last message: Twilio refused the message to "
    )
    assert sentence.endswith("(code 20003); check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.")


def test_a_drill_reaches_the_one_it_names_and_nobody_else(service: Service) -> None:
    started = service.post({"to": "chloe", "wait": 60}, by="mei", path="/v1/drills")
    assert started.status_code == 202
    answer = started.json()
    assert (answer["to"], answer["channel"]) == ("chloe", "twilio")
    (message,) = service.twilio.wait_for_messages(1)
    assert message.to == "+13055550103"
    assert message.body == (
        f"{answer['ticket']}: a test of the pager. Nothing is wrong. Please reply at once. Reply ACK {answer['code']}"
    )
    service.twilio.inbound(message.to, f"ACK {answer['code']}", f"{service.address}/webhooks/twilio/sms")
    assert service.ticket(answer["ticket"])["state"] == "resolved"
    assert len(service.twilio.messages) == 1


def test_a_drill_without_a_name_reaches_whoever_a_page_would_reach_first(service: Service) -> None:
    assert service.post({}, by="mei", path="/v1/drills").json()["to"] == "ana"
    service.twilio.wait_for_messages(1)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ([], 'drill: a JSON object is needed, like {"to": "ana"}'),
        ({"to": 5}, "to: write an engineer's id"),
        ({"to": ""}, "to: write an engineer's id"),
        ({"wait": 0}, "wait: write a number of seconds from 1 to 3600"),
        ({"wait": True}, "wait: write a number of seconds from 1 to 3600"),
        ({"to": "x" * 61, "wait": "9"}, "to: write an engineer's id; wait: write a number of seconds from 1 to 3600"),
        ({"to": "chloi"}, 'nobody on the published rosters has the id "chloi"; did you mean "chloe"?'),
    ],
)
def test_a_drill_that_cannot_be_is_refused_and_wakes_nobody(quiet: Service, body: object, detail: str) -> None:
    problem(quiet.post(body, by="mei", path="/v1/drills"), 422, detail)
    assert quiet.twilio.messages == []
